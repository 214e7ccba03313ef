"""What the facts show: ranks with their doubt, hot cells where facts were put, repeats that were put there, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker
from shapely.geometry import shape

import beffroi
from beffroi.authorise.services import import_town
from beffroi.core.errors import InvalidInput
from beffroi.people.rules import Role
from beffroi.territory import analysis
from beffroi.territory.factfile import FactFile
from beffroi.territory.models import Fact, TownFigure, Zone
from beffroi.territory.rules import FactKind
from beffroi.territory.services import add_zone, import_base, import_facts
from beffroi.territory.services.zones import ZoneSheet
from beffroi.territory.views import today

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
START = date(2026, 11, 23)
ClientOf = Callable[..., Client]
BASE = (
    '"CODGEO_2026";"annee";"indicateur";"unite_de_compte";"nombre";"taux_pour_mille";"est_diffuse";"insee_pop";'
    '"insee_pop_millesime";"insee_log";"insee_log_millesime";"complement_info_nombre";"complement_info_taux"\n'
    '"12145";2025;"Cambriolages de logement";"Infraction";"84";"6,1";"diff";"21000";2022;"13700";2022;"NA";"NA"\n'
    '"12145";2025;"Vols violents sans arme";"Infraction";"NA";"NA";"ndiff";"21000";2022;"13700";2022;"3,2";"0,4"\n'
    '"12202";2025;"Cambriolages de logement";"Infraction";"150";"7";"diff";"24000";2022;"15000";2022;"NA";"NA"\n'
)


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town and its facts, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=START)
        text = (DEMO_TOWN / "facts.csv").read_text(encoding="utf-8")
        import_facts(FactFile(name="facts.csv", text=text, source="jeu fictif"), by="system")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def town(landed: None, db: None) -> None:
    """The town in the database of one test."""


@pytest.mark.usefixtures("town")
def test_zones_are_ranked_with_the_ranks_that_they_may_have() -> None:
    lines = analysis.zone_lines(START)
    assert len(lines) == 16
    assert all(line.rate.rank_low <= line.rate.rank <= line.rate.rank_high for line in lines)
    assert any(line.rate.rank_low < line.rate.rank_high for line in lines)


@pytest.mark.usefixtures("town")
def test_hot_cells_lie_where_facts_were_put_and_foretell_the_held_out_year() -> None:
    found = analysis.hot_spots(START)
    zones = [shape(zone.shape).buffer(0.003) for zone in Zone.objects.all()]
    assert all(any(zone.contains(shape(cell).centroid) for zone in zones) for cell in found.cells)
    assert min(one.foretold.pai for one in found.trials) > 5


@pytest.mark.usefixtures("town")
def test_thefts_from_vehicles_follow_each_other_as_they_were_drawn() -> None:
    found = analysis.follow_each_other(START, kinds=[FactKind.THEFT_FROM_VEHICLE])
    assert found.table.p[0, 0] <= 0.05
    assert found.table.ratio[0, 0] > found.table.ratio[3, 2]
    assert found.facts == found.placed


@pytest.mark.usefixtures("town")
def test_pairs_beyond_what_a_page_may_count_leave_the_oldest_facts_out_and_say_so(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "MAX_PAIRS", 2_000)
    found = analysis.follow_each_other(START, kinds=[FactKind.THEFT_FROM_VEHICLE])
    assert analysis.LEAST_FACTS <= found.facts < found.placed
    assert found.table.pairs.sum() <= 2_000
    assert "derniers faits placés" in client_of(Role.MAYOR).get("/territoire/points-chauds/").content.decode()


@pytest.mark.usefixtures("town")
def test_a_map_of_a_handful_of_facts_is_refused() -> None:
    Fact.objects.exclude(kind="arson").delete()
    with pytest.raises(InvalidInput, match="a map of so few shows chance"):
        analysis.hot_spots(START, kinds=[FactKind.DRUGS])


@pytest.mark.usefixtures("town")
def test_the_sheet_of_a_zone_tells_its_rate_with_the_doubt_there_is(client_of: ClientOf) -> None:
    page = client_of(Role.MAYOR).get("/territoire/zones/z04/").content.decode()
    assert re.search(r"\d+ faits par kilomètre de rue et par an, entre \d+ et \d+\.", page)


@pytest.mark.usefixtures("town")
def test_what_lies_in_the_zones_adds_up_to_no_more_than_the_towns() -> None:
    hot, pairs = analysis.hot_spots(START), analysis.followed(START)
    held = hot.zones.values()
    assert 0 < sum(one.hot_cells for one in held) <= len(hot.cells)
    assert 0 < sum(one.facts for one in held) <= hot.facts and sum(one.later for one in held) <= hot.held_out
    assert all(one.dense_facts <= one.facts and one.dense_m2 <= one.area_m2 * 1.0001 for one in held)
    assert sum(one.dense_m2 for one in held) <= len(hot.dense_cells) * 2500
    assert 0 < sum(one.inside for one in pairs.zones.values()) <= pairs.town.inside
    assert hot is analysis.hot_spots(START) and pairs is analysis.followed(START), "kept"


@pytest.mark.usefixtures("town")
def test_a_zone_that_joins_and_facts_that_come_make_another_reading() -> None:
    before = analysis.hot_spots(START)
    sheet = ZoneSheet(name="Larzac", proposer="ville", purpose="safety", expected_effect="")
    ring = [[3.09, 44.08], [3.091, 44.08], [3.091, 44.081], [3.09, 44.081], [3.09, 44.08]]
    joined = add_zone(sheet, {"type": "Polygon", "coordinates": [ring]}, by="system").zone
    after = analysis.hot_spots(START)
    assert set(after.zones) - set(before.zones) == {joined.pk} and analysis.followed(START).zones[joined.pk].inside == 0
    row = "reference;kind;from;lat;lon\nN-1;arson;2024-03-12;44.0805;3.0905\n"
    import_facts(FactFile(name="n.csv", text=row, source="ville"), by="system")
    assert analysis.hot_spots(START).zones[joined.pk].facts == after.zones[joined.pk].facts + 1


@pytest.mark.usefixtures("town")
def test_the_sheet_of_a_zone_tells_what_of_the_hot_spots_lies_in_it(client_of: ClientOf) -> None:
    heat, pairs = analysis.hot_spots(today()).zones["z04"], analysis.followed(today()).zones["z04"]
    page = client_of(Role.MAYOR).get("/territoire/zones/z04/").content.decode()
    assert f"{heat.dense_facts} de ses {heat.facts} faits y sont" in page
    assert f"{heat.dense_later} des {heat.later} faits de la dernière année" in page
    assert f"{heat.hot_cells} carrés de 50 m plus touchés que le hasard" in page
    assert f"{pairs.inside} paires à moins de 100 m et de 7 jours, et {pairs.across} avec" in page
    assert f"Le hasard en donne de {pairs.low:.0f} à {pairs.high:.0f} (rapport" in page


@pytest.mark.usefixtures("town")
def test_a_zone_of_few_facts_has_no_ratio_and_a_town_of_few_has_no_map(client_of: ClientOf) -> None:
    browser = client_of(Role.MAYOR)
    Fact.objects.filter(zone="z15").exclude(pk__in=Fact.objects.filter(zone="z15").values("pk")[:12]).delete()
    assert "Trop peu de faits pour les comparer au hasard." in browser.get("/territoire/zones/z15/").content.decode()
    Fact.objects.exclude(kind="arson").delete()
    Fact.objects.exclude(pk__in=Fact.objects.values("pk")[:20]).delete()
    page = browser.get("/territoire/zones/z04/").content.decode()
    assert "si peu de faits ne montrent que le hasard" in page and "Surface dense" not in page


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("path", ["/territoire/", "/territoire/zones/z04/", "/territoire/points-chauds/"])
def test_the_mayor_reads_the_territory(path: str, client_of: ClientOf) -> None:
    page = client_of(Role.MAYOR).get(path)
    assert page.status_code == 200
    assert "Capelle" in page.content.decode()


@pytest.mark.usefixtures("town")
def test_a_file_is_shown_as_it_is_read_before_anything_is_written(client_of: ClientOf) -> None:
    browser = client_of(Role.TECHNICAL)
    before = Fact.objects.count()
    rows = "Réf;Nature;Date;Zone;Nom\nX-1;tag;2025-03-12;z01;MARTIN\nX-2;grabuge;2025-03-13;z01;PETIT\n"
    given = {"source": "ville", "file": SimpleUploadedFile("f.csv", rows.encode())}
    seen = browser.post("/territoire/faits/importer/", given)
    shown = seen.content.decode().partition("<textarea")[0]
    assert "2025-03-13" in shown and "grabuge" in seen.content.decode()
    assert "jamais lues : Nom." in shown and "MARTIN" not in shown
    assert Fact.objects.count() == before
    mapping = {"column-reference": "Réf", "column-kind": "Nature", "column-from": "Date", "column-zone": "Zone"}
    second = {"name": "f.csv", "source": "ville", "text": rows, "kind-grabuge": "nuisance", **mapping}
    tried = browser.post("/territoire/faits/importer/", second | {"check": "1"}).content.decode()
    assert "Faits à importer : 2" in tried and not Fact.objects.filter(source="ville").exists()
    assert browser.post("/territoire/faits/importer/", second).status_code == 302
    assert Fact.objects.filter(source="ville").count() == 2
    assert not any(
        "MARTIN" in str(value) for row in Fact.objects.filter(source="ville").values() for value in row.values()
    )


@pytest.mark.usefixtures("town")
def test_rows_that_say_a_fact_again_are_named_on_the_page_and_wait_for_a_choice(client_of: ClientOf) -> None:
    browser, address = client_of(Role.TECHNICAL), "/territoire/faits/importer/"
    mapping = {"column-reference": "Réf", "column-kind": "Nature", "column-from": "Date", "column-zone": "Zone"}
    rows = "Réf;Nature;Date;Zone\n;tag;2025-03-12;z01\n;tag;2025-03-12;z01\nX-1;tag;2025-03-13;z01\n"
    second = {"name": "f.csv", "source": "ville", "text": rows, **mapping}
    checked = browser.post(address, second | {"check": "1"})
    assert checked.status_code == 400 and "rien n&#x27;est importé avant" in (tried := checked.content.decode())
    assert "Dit la même chose que la ligne 2, sans référence" in tried and 'name="alike"' in tried
    undecided = browser.post(address, second)
    assert undecided.status_code == 400 and "rien n&#x27;est importé avant" in undecided.content.decode()
    assert not Fact.objects.filter(source="ville").exists()
    landed = browser.post(address, second | {"alike": "count"}).content.decode()
    assert "Faits importés : 3" in landed and "comptée comme un fait de plus" in landed
    later = second | {"name": "g.csv", "text": rows + "X-2;tag;2025-03-14;z01\n"}
    known = browser.post(address, later).content.decode()
    assert "Faits importés : 1 ; déjà connus : 3" in known
    assert known.count("Est un fait déjà connu par f.csv, importé le ") == 3


@pytest.mark.usefixtures("town")
def test_the_states_base_keeps_its_three_states_and_its_two_bases(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_text(BASE, encoding="utf-8")
    assert import_base(path, by="system") == 2
    burglary, robbery = TownFigure.objects.order_by("indicator")
    assert (burglary.base, round(burglary.per_thousand or 0, 2)) == ("dwellings", 6.13)
    assert (robbery.diffusion, robbery.count, robbery.withheld_mean) == ("withheld", None, 3.2)
    path.write_text(BASE.replace("12145", "99999"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="holds nothing of Millau"):
        import_base(path, by="system")


@pytest.mark.usefixtures("town")
def test_another_column_for_the_nature_asks_for_its_words_and_every_refused_row_is_a_line(client_of: ClientOf) -> None:
    browser = client_of(Role.TECHNICAL)
    rows = "Réf;Nature;Libellé;Date;Zone\nX-1;tag;grabuge;2025-03-12;z01\nX-2;tag;foin;29/02/2025;z99\n"
    second = {"name": "f.csv", "source": "ville", "text": rows, "column-reference": "Réf", "column-kind": "Libellé",
              "column-from": "Date", "column-zone": "Zone"}  # fmt: skip
    asked = browser.post("/territoire/faits/importer/", second)
    assert asked.status_code == 400
    assert all(f'name="kind-{word}"' in asked.content.decode() for word in ("grabuge", "foin"))
    answered = second | {"kind-grabuge": "nuisance", "kind-foin": "nuisance"}
    refused = browser.post("/territoire/faits/importer/", answered).content.decode()
    assert refused.count("<li>Ligne 3, ") == 2 and "Ligne 3, Date, ou début" in refused
    assert not Fact.objects.filter(source="ville").exists()
    assert (
        "Choisissez la colonne de la zone, ou"
        in browser.post("/territoire/faits/importer/", answered | {"column-zone": ""}).content.decode()
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda text: text + text.splitlines()[1] + "\n", "stands already at row"),
        (lambda text: text.replace(";2025;", ";-2025;"), "annee: '-2025' is not what the base holds"),
        (lambda text: "x\0\n" + text, "is missing; download"),
        (lambda text: "", "holds nothing of Millau"),
        (lambda text: "\n".join([text.splitlines()[0], '"12145";"2024";"Vols"']), "is not what the base holds"),
    ],
)
@pytest.mark.usefixtures("town")
def test_a_base_that_is_spoilt_is_refused_and_the_figures_stay(
    tmp_path: Path, changed: Callable[[str], str], said: str
) -> None:
    path = tmp_path / "base.csv"
    path.write_text(BASE, encoding="utf-8")
    import_base(path, by="system")
    path.write_text(changed(BASE), encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        import_base(path, by="system")
    path.write_bytes(BASE.encode("utf-16"))
    with pytest.raises(InvalidInput, match="is no CSV file in UTF-8"):
        import_base(path, by="system")
    assert TownFigure.objects.count() == 2
