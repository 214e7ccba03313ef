"""Facts: the whole file or nothing, each row to mend by its line, a fact given twice counted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.reading import MAX_SHOWN, FolderRefused
from beffroi.journal.models import Line
from beffroi.territory import analysis, factfile, queries
from beffroi.territory.calc import lambert93
from beffroi.territory.factfile import FactFile
from beffroi.territory.models import Fact, FactImport, Town, Zone
from beffroi.territory.repeats import Alike, AlikeUndecided
from beffroi.territory.rules import FactKind, is_evidenced
from beffroi.territory.services import import_facts

pytestmark = pytest.mark.django_db

HEAD = "Référence;Nature;Date;Latitude;Longitude;Nom de la victime\n"
GOOD = "A-1;Vol à la roulotte;12/03/2025 14:05;44.05;3.06;X\n"


@pytest.fixture(autouse=True)
def zone(town: Town) -> Zone:
    square = {"type": "Polygon", "coordinates": [[[3.0, 44.0], [3.1, 44.0], [3.1, 44.1], [3.0, 44.1], [3.0, 44.0]]]}
    return Zone.objects.create(id="z1", number=1, name="Centre", shape=square, proposer="ville", purpose="safety")


def file(rows: str, *, head: str = HEAD, **more: object) -> FactFile:
    return FactFile(name="faits.csv", text=head + rows, source="Police nationale", **more)  # type: ignore[arg-type]


def refusal(rows: str, *, head: str = HEAD) -> str:
    with pytest.raises(FolderRefused) as caught:
        import_facts(file(rows, head=head), by="system")
    assert not FactImport.objects.exists()
    return str(caught.value)


def test_a_police_extract_lands_with_its_zone_and_its_town_time() -> None:
    report = import_facts(file(GOOD), by="system")
    fact = Fact.objects.get()
    assert (report.landed, report.without_zone) == (1, 0)
    assert (fact.kind, fact.zone_id, fact.reference) == ("theft-from-vehicle", "z1", "A-1")
    assert fact.from_at == datetime(2025, 3, 12, 13, 5, tzinfo=UTC)
    assert Line.objects.filter(action="facts.imported").count() == 1


def test_a_column_that_is_not_mapped_is_never_read() -> None:
    seen = factfile.preview(file(GOOD.replace(";X", ";DUPONT Jean")))
    assert "Nom de la victime" not in seen.mapping.values()
    assert seen.unread_columns == ("Nom de la victime",)
    assert seen.sample == (("A-1", "Vol à la roulotte", "12/03/2025 14:05", "44.05", "3.06"),)


def test_a_day_alone_is_a_span_of_that_day() -> None:
    import_facts(file("A-1;tag;2025-03-12;44.05;3.06;\n"), by="system")
    fact = Fact.objects.get()
    assert fact.to_at - fact.from_at == timedelta(days=1) - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A-2;Vol de nuages;2025-03-12;44.05;3.06;\n", "faits.csv, line 3, kind: 'Vol de nuages' is no kind"),
        ("A-2;tag;le 12 mars;44.05;3.06;\n", "line 3, from: 'le 12 mars' is not a date"),
        ("A-2;tag;2025-03-12;3.06;44.05;\n", "latitude and longitude are swapped; exchange them"),
        ("A-2;tag;2025-03-12;;;\n", "line 3, lat: needs a position or a zone"),
        ("A-1;tag;2025-03-12;44.05;3.06;\n", "line 3, reference: fact 'A-1' already stands at line 2"),
        ("A-2;tag;2999-03-12;44.05;3.06;\n", "line 3, from: is in the future"),
        ("A-2;tag;2025-03-12;44.05\n", "line 3: has 4 cells for 6 columns"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_changes_nothing(row: str, said: str) -> None:
    assert said in refusal(GOOD + row)


def test_an_unknown_zone_is_refused() -> None:
    head = "nature;date;zone\n"
    assert "zone: 'z9' does not exist" in refusal("tag;2025-03-12;z9\n", head=head)


def test_a_file_without_a_column_for_the_date_says_which_argument_to_give() -> None:
    with pytest.raises(InvalidInput, match=r"no column for from; name it \(in a terminal: --column from="):
        import_facts(file("tag;z1;soir\n", head="nature;zone;moment\n"), by="system")


def test_the_same_file_twice_is_refused_and_a_known_fact_counts_once() -> None:
    import_facts(file(GOOD), by="system")
    with pytest.raises(Conflict, match="was imported already"):
        import_facts(file(GOOD), by="system")
    report = import_facts(file(GOOD + "A-2;tag;2025-03-13;44.05;3.06;\n"), by="system")
    assert (report.landed, report.repeated, Fact.objects.count()) == (1, 1, 2)


TWINS = "tag;2025-03-12;z1\nrixe;2025-03-12;z1\ntag;2025-03-12;z1\n"
BARE = "nature;date;zone\n"


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_two_rows_alike_without_a_reference_wait_for_a_decision_by_row_and_nothing_lands(is_dry_run: bool) -> None:
    with pytest.raises(AlikeUndecided) as caught:
        import_facts(file(TWINS, head=BARE), by="system", is_dry_run=is_dry_run)
    assert "line 4: says the same as line 2, without a reference: say whether rows alike each" in caught.value.message
    assert "ligne 4 : dit la même chose que la ligne 2, sans référence : dites si" in caught.value.message_fr
    assert not FactImport.objects.exists() and not Fact.objects.exists()


@pytest.mark.parametrize(("alike", "landed"), [(Alike.COUNT, 3), (Alike.SKIP, 2)])
def test_rows_alike_count_or_not_as_a_person_says_and_the_journal_keeps_it(alike: Alike, landed: int) -> None:
    report = import_facts(file(TWINS, head=BARE), by="system", alike=alike)
    assert (report.landed, report.doubtful, report.repeated, Fact.objects.count()) == (landed, 1, 0, landed)
    (one,) = report.repeats
    assert (one.line, one.of_line, one.kind, one.is_left_out) == (4, 2, "twin", alike is Alike.SKIP)
    assert f'"alike":"{alike.value}","doubtful":1' in Line.objects.get(action="facts.imported").detail.replace(" ", "")


def test_rows_alike_with_references_of_their_own_are_facts_of_their_own() -> None:
    report = import_facts(file(GOOD + GOOD.replace("A-1", "A-2")), by="system")
    assert (report.landed, report.doubtful, report.repeats) == (2, 0, ())


def test_a_fact_known_already_is_left_out_and_told_by_its_row_with_file_and_day() -> None:
    import_facts(file(GOOD), by="system")
    again = FactFile(name="avril.csv", text=HEAD + "A-9;tag;2025-04-01;44.05;3.06;\n" + GOOD, source="Police nationale")
    report = import_facts(again, by="system")
    (one,) = report.repeats
    assert (one.line, one.kind, one.of_file, one.of_on) == (3, "known", "faits.csv", timezone.localdate())
    assert one.is_left_out and (report.landed, report.repeated) == (1, 1)
    assert "is a fact known from faits.csv, imported on 20" in one.messages[0]
    assert "donnez-lui sa propre référence" in one.messages[1]


def test_a_known_reference_that_tells_another_fact_is_said_so_and_the_known_one_stays() -> None:
    import_facts(file(GOOD), by="system")
    report = import_facts(file("A-1;tag;2025-03-12;44.05;3.06;\n"), by="system")
    (one,) = report.repeats
    assert (one.kind, report.landed, report.repeated) == ("changed", 0, 1)
    assert "tells otherwise: left out" in one.messages[0] and "dit autrement" in one.messages[1]
    assert Fact.objects.get().kind == "theft-from-vehicle"


def test_a_fact_that_another_source_told_already_waits_for_a_decision() -> None:
    import_facts(file(GOOD), by="system")
    other = FactFile(name="pm.csv", text=HEAD + GOOD.replace("A-1", "PM-7"), source="police nationale")
    with pytest.raises(AlikeUndecided, match="line 2: says the same as a fact of « Police nationale »"):
        import_facts(other, by="system")
    assert import_facts(other, by="system", alike=Alike.SKIP).landed == 0
    assert Fact.objects.count() == 1


def test_a_row_that_lost_its_reference_since_is_told_as_like_the_known_one() -> None:
    import_facts(file(GOOD), by="system")
    with pytest.raises(AlikeUndecided) as caught:
        import_facts(file(GOOD.replace("A-1", "")), by="system")
    assert [(one.line, one.kind) for one in caught.value.repeats] == [(2, "like")]


def test_rows_without_a_reference_are_known_again_in_the_next_file_and_only_one_more_is_doubtful() -> None:
    import_facts(file(TWINS, head=BARE), by="system", alike=Alike.COUNT)
    with pytest.raises(AlikeUndecided) as caught:
        import_facts(file(TWINS + "tag;2025-03-12;z1\n", head=BARE), by="system")
    kinds = [(one.line, one.kind) for one in caught.value.repeats]
    assert kinds == [(5, "twin"), (2, "known"), (3, "known"), (4, "known")]


def test_a_thousand_rows_alike_are_told_by_the_first_and_a_count() -> None:
    with pytest.raises(AlikeUndecided) as caught:
        import_facts(file("tag;2025-03-12;z1\n" * 1001, head=BARE), by="system")
    assert (len(caught.value.repeats), caught.value.unshown) == (MAX_SHOWN, 1000 - MAX_SHOWN)
    assert caught.value.repeats[0].line == 3


def test_a_dry_run_writes_nothing() -> None:
    assert import_facts(file(GOOD), by="system", is_dry_run=True).landed == 1
    assert not Fact.objects.exists()


def test_an_import_that_was_killed_counts_for_nothing_and_goes_at_the_next() -> None:
    begun = timezone.now() - timedelta(hours=2)
    stale = FactImport.objects.create(sha256="0" * 64, file_name="x", source="s", by="system", begun_at=begun)
    at = timezone.now() - timedelta(days=9)
    Fact.objects.create(batch=stale, source="Police nationale", reference="A-1", kind="damage", from_at=at, to_at=at,
                        zone_id="z1")  # fmt: skip
    assert not is_evidenced(queries.evidence_of("z1", timezone.localdate()))
    import_facts(file(GOOD), by="system")
    assert Fact.objects.count() == 1


def test_a_zone_is_evidenced_by_dated_facts_of_the_last_five_years() -> None:
    today = timezone.localdate()
    head = "nature;date;zone\n"
    old = today.replace(year=today.year - 6, day=1)
    import_facts(file(f"tag;{old};z1\n", head=head), by="system")
    assert not is_evidenced(queries.evidence_of("z1", today))
    import_facts(file(f"tag;{today - timedelta(days=30)};z1\n", head=head), by="system")
    found = queries.evidence_of("z1", today)
    assert is_evidenced(found)
    assert (found.counts[FactKind.DAMAGE], found.sources) == (1, ("Police nationale",))


def test_words_of_a_source_are_given_their_kind() -> None:
    rows = "A-1;Nuage;2025-03-12;44.05;3.06;\n"
    assert factfile.preview(file(rows)).unknown_kinds == (("Nuage", 1),)
    assert import_facts(file(rows, kinds={"nuage": FactKind.DAMAGE}), by="system").by_kind == {"damage": 1}


@pytest.mark.parametrize(
    "written",
    ["2025-03-12 14:05", "2025-03-12T14:05", "12/03/2025 14:05", "12/3/2025 14h05", "12.03.2025 14:05:00"],
)
def test_a_date_may_be_written_as_people_write_it(written: str) -> None:
    import_facts(file(f"A-1;tag;{written};44.05;3.06;\n"), by="system")
    assert Fact.objects.get().from_at == datetime(2025, 3, 12, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["29/02/2025", "31/04/2025", "03/25/2025", "0205-03-12", "9999-12-31", "0001-01-01", "45812", "hier"]
)
def test_what_is_no_day_is_refused_by_its_row(written: str) -> None:
    assert "line 3, from: " in refusal(GOOD + f"A-2;tag;{written};44.05;3.06;\n")


def test_the_29th_of_february_of_a_leap_year_is_a_day() -> None:
    assert import_facts(file("A-1;tag;29/02/2024;44.05;3.06;\n"), by="system").landed == 1


def test_an_end_in_the_future_is_refused_and_today_is_not() -> None:
    head = "nature;date;fin;zone\n"
    assert "line 2, to: is in the future" in refusal("tag;2025-03-12;2099-01-01;z1\n", head=head)
    today = timezone.localdate()
    assert import_facts(file(f"tag;{today};{today};z1\n", head=head), by="system").landed == 1


@pytest.mark.parametrize("spot", ["NaN;3.06", "44.05;inf", "1e99;3.06", "91;3.06", "quarante;3.06", "6333000;706000"])
def test_a_position_that_is_none_is_refused_with_the_mend(spot: str) -> None:
    assert "line 3, lat: lat and lon are not a position" in refusal(GOOD + f"A-2;tag;2025-03-12;{spot};\n")


def test_positions_in_a_declared_projection_are_kept_in_degrees() -> None:
    east, north = lambert93.to_en(3.06, 44.05)
    rows = f"A-1;tag;2025-03-12;{north:.2f};{east:.2f};\n".replace(".", ",")
    import_facts(file(rows, crs="EPSG:2154"), by="system")
    fact = Fact.objects.get()
    assert fact.lat == pytest.approx(44.05, abs=1e-6) and fact.lon == pytest.approx(3.06, abs=1e-6)
    with pytest.raises(InvalidInput, match="is not a projection"):
        import_facts(file(rows, crs="EPSG:neuf"), by="system")


@pytest.mark.parametrize("written", ["z1", "Z01", "1", "Centre", "CENTRE", "le centre"])
def test_a_zone_is_known_by_its_id_its_number_or_its_name(written: str) -> None:
    import_facts(file(f"tag;2025-03-12;{written}\n", head="nature;date;zone\n"), by="system")
    assert Fact.objects.get().zone_id == "z1"


@pytest.mark.parametrize(
    ("text", "said", "said_fr"),
    [
        ("", "it is empty", "il est vide"),
        ("nature;date;zone\n", "has a header and no row", "aucune ligne"),
        ('{"type": "FeatureCollection"}\n', "1 columns, a nature", "1 colonnes, une nature"),
        ("nature|date|zone\ntag|2025-03-12|z1\n", "the sign between is ; or ,", "le signe entre elles est ; ou ,"),
        ("nature;date;x\ntag;2025-03-12;1\n", "no column for zone; name it", "pas de colonne pour zone ; nommez-la"),
    ],
)
def test_a_file_that_holds_no_facts_is_refused_in_both_languages(text: str, said: str, said_fr: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        import_facts(file("", head=text), by="system")
    assert said in caught.value.message and said_fr in caught.value.message_fr
    assert not FactImport.objects.exists()


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_separator_is_found_and_a_mark_at_the_start_is_no_letter(sign: str) -> None:
    text = "\ufeffnature;date;zone\ntag;2025-03-12;z1\n".replace(";", sign)
    assert import_facts(file("", head=text), by="system").landed == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [("é;à\n".encode("latin-1"), "save it as « CSV UTF-8 »"), (b"PK\x03\x04xl", "is a spreadsheet or a zip")],
)
def test_a_file_that_is_no_text_says_how_to_save_it(written: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        factfile.text_of(written, "faits.xlsx")


def test_a_map_of_nothing_is_drawn_all_the_same() -> None:
    Zone.objects.all().delete()
    nothing = analysis.HotSpots(kinds=(), facts=0, held_out=0, trials=(), cells=(), dense_cells=(), zones={})
    assert analysis.drawing(nothing).paths == ()


def test_a_position_that_no_exchange_brings_near_says_to_correct_it_or_its_projection() -> None:
    assert "line 3, lat: is 4914 km" in (said := refusal(GOOD + "A-2;tag;2025-03-12;0;0;\n"))
    assert "correct the position, or the projection it is written in" in said and "swapped" not in said


def test_a_whole_file_with_latitude_and_longitude_swapped_is_told_in_one_sentence() -> None:
    said = refusal("".join(f"A-{n};tag;2025-03-12;3.06;44.05;\n" for n in range(200)))
    assert "line 2, lat: and all 200 positions of the file: latitude and longitude are swapped; exchange their" in said
    assert said.count("\n") == 1


def test_a_fact_outside_the_town_by_more_than_the_margin_is_refused_by_its_row_with_the_mend(town: Town) -> None:
    town.boundary = {
        "type": "Polygon", "coordinates": [[[3.0, 44.0], [3.1, 44.0], [3.1, 44.2], [3.0, 44.2], [3.0, 44.0]]]
    }  # fmt: skip
    town.save()
    said = refusal(GOOD + "A-2;tag;2025-03-12;44.2;3.5;\nA-3;tag;2025-03-12;44.05;3.12;\n")
    assert "line 3, lat: is 32.0 km outside the town (2 km at most); correct the position or its projection" in said
    assert "line 4" not in said
    assert import_facts(file("A-3;tag;2025-03-12;44.05;3.12;\n"), by="system").without_zone == 1


def test_a_position_elsewhere_than_in_the_zone_it_names_is_refused_by_its_row_and_which_counts_is_said() -> None:
    head, far = "nature;date;latitude;longitude;zone\n", "tag;2025-03-12;44.05;3.13;z1\n"
    near = "tag;2025-03-12;44.05;3.1005;z1\n"
    with pytest.raises(FolderRefused) as caught:
        import_facts(file(near + far, head=head), by="system")
    assert "line 3, zone: names z1, and the position is 2404 m outside it (100 m at most: the zone" in str(caught.value)
    assert "ne donnez pas de colonne à la zone, et la position compte" in caught.value.message_fr
    assert "line 2" not in str(caught.value)
    assert import_facts(file(near, head=head), by="system").without_zone == 0
    assert import_facts(file(near + far, head=head, columns={"zone": ""}), by="system").without_zone == 2


@pytest.mark.parametrize("source", ["", "  ", "x" * 121])
def test_facts_that_nobody_counted_are_refused(source: str) -> None:
    with pytest.raises(InvalidInput, match="who counted these facts"):
        import_facts(FactFile(name="f.csv", text=HEAD + GOOD, source=source), by="system")
    assert not FactImport.objects.exists()


def test_a_source_written_with_other_blanks_is_the_same_source() -> None:
    import_facts(file(GOOD), by="system")
    other = FactFile(name="g.csv", text=HEAD + GOOD + "A-2;tag;2025-03-12;44.05;3.06;\n", source=" Police  nationale ")
    assert import_facts(other, by="system").repeated == 1


@pytest.mark.parametrize(
    ("text", "said", "said_fr"),
    [
        ("nature;date;date;zone\ntag;2025-03-12;2025-03-13;z1\n", "« date » stands 2 times", "figure 2 fois"),
        ("nature;date;zone\nta\0g;2025-03-12;z1\n", "a sign that is no text", "un signe qui n'est pas du texte"),
        (
            f'nature;date;zone\n"{"x" * 140_000};2025;z1\n',
            "line 2: a cell does not end; close",
            "fermez ses guillemets",
        ),
        ("Extrait des faits\nnature;date;zone\n", "the header on its first line", "l'en-tête en première ligne"),
    ],
)
def test_a_file_that_could_be_read_two_ways_is_refused_in_both_languages(text: str, said: str, said_fr: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        import_facts(file("", head=text), by="system")
    assert said in caught.value.message and said_fr in caught.value.message_fr
    assert not FactImport.objects.exists()


def test_a_reference_too_long_is_refused_in_french_too() -> None:
    with pytest.raises(FolderRefused) as caught:
        import_facts(file("X" * 61 + ";tag;2025-03-12;44.05;3.06;\n"), by="system")
    assert "has over 60 signs; shorten it" in caught.value.message
    assert "a plus de 60 signes ; raccourcissez-le" in caught.value.message_fr
