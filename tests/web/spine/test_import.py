"""The import: every problem at once, in words that say the mend; all or nothing; again, by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from beffroi.authorise.models import Order, OrderCamera
from beffroi.authorise.services import import_town
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.reading import FolderRefused
from beffroi.plan.models import Camera, CameraState, Phase, Site
from beffroi.plan.rules import StateName
from beffroi.plan.services import record_state
from beffroi.plan.works import issuing
from beffroi.plan.works.rules import PaperName
from beffroi.territory.models import Building, Street, Town, Zone
from tests.web.conftest import pass_sheet

START = date(2026, 11, 23)
Edit = Callable[[str, str, str], None]

pytestmark = pytest.mark.django_db


def refusal(folder: Path) -> FolderRefused:
    with pytest.raises(FolderRefused) as caught:
        import_town(folder, start_on=START)
    assert not Town.objects.exists()
    assert not Camera.objects.exists()
    return caught.value


SPOILT = [
    ("works.toml", 'after = ["x-b-trench"]', 'after = ["x-b-fibre"]', "task x-b-fibre waits for itself"),
    ("works.toml", 'lot = "x-civil"', 'lot = "x-sky"', "lot: 'x-sky' does not exist"),
    ("works.toml", 'link = "f69"', 'link = "f999"', "link: 'f999' does not exist"),
    (
        "works.toml",
        'planned_to_on = "start - 21 days"',
        'planned_to_on = "start - 90 days"',
        "comes before planned_from_on",
    ),
    ("dossiers.toml", 'replaces = "r2017"', 'replaces = "r9"', "replaces: 'r9' is no order"),
    ("dossiers.toml", '"c01", "c02"', '"c99", "c02"', "cameras: c99 not in cameras.csv"),
    ("dossiers.toml", "retention_days = 15", "retention_days = 31", "retention_days: 31 must be ≤ 30"),
    ("dossiers.toml", 'opened_on = "start - 90 days"', 'opened_on = "start"', "days are not in order"),
    (
        "dossiers.toml",
        'opened_on = "start - 20 days"',
        'opened_on = "start - 20 days"\nattached = { conformity = "A" }',
        "name papers of filed requests alone",
    ),
    ("dossiers.toml", "premises =", "poetry =", "'poetry' is no section"),
    ("signs.csv", "p-s01,s01", "p-s01,s99", "site: 's99' does not exist"),
    (
        "cameras.csv",
        ",118,10,6.8,57,",
        ",418,10,6.8,57,",
        "cameras.csv, line 4, bearing_deg: '418' must be < 360",
    ),
    ("cameras.csv", ",118,10,6.8,57,", ",east,10,6.8,57,", "line 4, bearing_deg: 'east' is not a number with a point"),
    ("cameras.csv", ",118,10,6.8,57,", ",,10,6.8,57,", "line 4, bearing_deg: is missing; fill it in"),
    ("cameras.csv", "44.100091,3.077712,118", "3.077712,44.100091,118", "line 4, lat: is 56"),
    (
        "cameras.csv",
        "44.100091,3.077712,118",
        "44.25,3.30,118",
        "m outside the town's boundary; correct the position or the boundary",
    ),
    (
        "cameras.csv",
        "s01,z01,p1,44.100091,3.077712,118",
        "s99,z01,p1,44.100091,3.077712,118",
        "site: 's99' does not exist",
    ),
    (
        "cameras.csv",
        "s01,z01,p1,44.100091,3.077712,118",
        "s01,z02,p1,44.100091,3.077712,118",
        "zone: its site s01 is in z01",
    ),
    ("cameras.csv", "fixed,h265", "fixed,mjpeg", "codec: 'mjpeg' is not one of 'h264' or 'h265'"),
    ("cameras.csv", "c02,C02", "c01,C02", "id: 'c01' already stands at 2"),
    ("cameras.csv", "c02,C02", "C02,C02", "id: 'C02' has a sign that cannot stand here"),
    ("cameras.csv", "bearing_deg", "cap", "line 1, bearing_deg: column is missing; add it"),
    ("cameras.csv", "bearing_deg", "bearing_deg,extra", "line 1, extra: is not known here"),
    ("sites.csv", '"Quai Sully-Chaliès, est"', "Quai Sully-Chaliès, est", "has 8 cells for 7 columns"),
    ("sites.csv", "z01,p1", "z77,p1", "zone: 'z77' does not exist; add it or mend the id"),
    (
        "states.csv",
        "c01,filed,2016-10-10",
        "c01,in-service,2016-10-10",
        "in-service cannot follow planned; allowed: filed",
    ),
    ("states.csv", "c01,filed,2016-10-10", "c01,filed,2015-10-10", "line 3, on: 2015-10-10 comes before 2016-06-30"),
    ("states.csv", "c01,filed,2016-10-10", "c01,filed,10/10/2016", "on: '10/10/2016' is not a date; write 2017-06-12"),
    ("states.csv", "c01,filed,2016-10-10", "c01,filed,start + soon", "is not a date"),
    ("states.csv", "c48,planned", "c48,removed", "filed cannot follow removed"),
    (
        "orders.toml",
        "retention_days = 15",
        "retention_days = 31",
        "line 4: retention_days is 31, over one month (CSI L. 252-5)",
    ),
    (
        "orders.toml",
        'ends_on = "2022-04-28"',
        'ends_on = "2022-04-29"',
        "over five years after the signature (CSI L. 252-4)",
    ),
    ("orders.toml", '"c01"', '"c00"', "line 4, cameras: c00 not in cameras.csv"),
    ("orders.toml", '"traffic"', '"faces"', "purposes.1: 'faces' is not one of"),
    ("orders.toml", 'name = "Programme, phases 1 et 2"', "name = ", "orders.toml, line 7: is not TOML"),
    (
        "programme.toml",
        'id = "p2"\nprogramme = "main"',
        'id = "p2"\nprogramme = "other"',
        "programme: 'other' does not exist",
    ),
    ("town.toml", "Europe/Paris", "Europe/Millau", "time_zone: 'Europe/Millau' is not a time zone; write Europe/Paris"),
    ("town.toml", "[town]", "[village]", "town.toml: needs one [town]"),
    ("zones.geojson", '"purpose":"safety"', '"purpose":"appearance"', "zones.geojson, line 2, purpose"),
    ("zones.geojson", '"type":"Polygon"', '"type":"Circle"', "geometry: is not a GeoJSON Polygon or MultiPolygon"),
    ("zones.geojson", '"number":2', '"number":1', "number: 1 already stands at 2"),
    ("streets.geojson", '{"type":"FeatureCollection"', "{", "streets.geojson: is not a GeoJSON FeatureCollection"),
    ("links.geojson", '"from_end":"j-', '"from_end":"x-', "does not exist"),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), SPOILT)
def test_what_cannot_be_read_is_named_with_its_mend(
    folder: Path, edit: Edit, file: str, old: str, new: str, said: str
) -> None:
    edit(file, old, new)
    error = refusal(folder)
    assert said in error.message
    assert error.message_fr.startswith("Rien n'est importé. À corriger :")
    assert len(error.message_fr.splitlines()) == len(error.message.splitlines())


def test_a_crossed_outline_is_refused(folder: Path) -> None:
    path = folder / "zones.geojson"
    bow = '"coordinates":[[[3.07,44.1],[3.08,44.11],[3.08,44.1],[3.07,44.11],[3.07,44.1]]]'
    path.write_text(re.sub(r'"coordinates":\[\[.*?\]\]\]', bow, path.read_text(), count=1))
    assert "line 2, geometry: crosses itself or is empty; redraw it" in refusal(folder).message


def test_a_spoilt_row_is_said_once_not_again_by_all_that_refer_to_it(folder: Path, edit: Edit) -> None:
    edit("cameras.csv", ",118,10,6.8,57,", ",418,10,6.8,57,")
    edit("zones.geojson", '"purpose":"safety"', '"purpose":"appearance"')
    assert len(refusal(folder).problems) == 2


def test_a_footprint_that_is_not_wkt_is_refused(folder: Path) -> None:
    (folder / "buildings.csv").write_text("id,height_m,footprint\nh1,9.5,a square\n")
    assert "buildings.csv, line 2, footprint: is not a WKT polygon" in refusal(folder).message


def test_all_problems_are_listed_at_once(folder: Path, edit: Edit) -> None:
    edit("cameras.csv", ",118,10,6.8,57,", ",418,10,6.8,57,")
    edit("sites.csv", "z01,p1", "z77,p1")
    edit("orders.toml", "retention_days = 15", "retention_days = 45")
    edit("town.toml", "44.0986", "440986")
    (folder / "states.csv").unlink()
    error = refusal(folder)
    assert {"cameras.csv", "sites.csv", "orders.toml", "town.toml", "states.csv"} <= {p.file for p in error.problems}
    assert "states.csv: is missing; put it in the folder" in error.message
    assert "states.csv : manque ; placez-le dans le dossier" in error.message_fr


def test_a_thousand_problems_do_not_make_a_thousand_lines(folder: Path) -> None:
    (folder / "buildings.csv").write_text("id,height_m,footprint\n" + "h1,tall,POINT(1 1)\n" * 1000)
    error = refusal(folder)
    assert len(error.problems) > 1000
    assert error.message.splitlines()[-1].endswith("more")


def test_bytes_that_are_not_text_are_refused(folder: Path) -> None:
    (folder / "sites.csv").write_bytes(b"id,name\xff\xfe\n")
    assert "sites.csv: is not UTF-8; save it as UTF-8" in refusal(folder).message


def test_a_spreadsheets_byte_order_mark_is_no_problem(folder: Path) -> None:
    path = folder / "sites.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    import_town(folder, start_on=START)
    assert Camera.objects.count() == 48


def test_what_is_not_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not a folder; give the one"):
        import_town(tmp_path / "absent")


def test_a_dry_run_counts_and_writes_nothing(folder: Path) -> None:
    report = import_town(folder, start_on=START, is_dry_run=True)
    assert report.is_dry_run
    assert {table.table: table.created for table in report.tables}["plan.camera"] == 48
    assert not Town.objects.exists()
    assert not Order.objects.exists()


def test_a_second_import_updates_by_key_and_doubles_nothing(folder: Path, edit: Edit) -> None:
    import_town(folder, start_on=START)
    counts = [model.objects.count() for model in (Zone, Street, Camera, CameraState, Order, OrderCamera)]
    edit("cameras.csv", "MANDAROUS > BONALD", "MANDAROUS > BD BONALD")
    report = import_town(folder)
    assert all(table.created == 0 for table in report.tables)
    assert [model.objects.count() for model in (Zone, Street, Camera, CameraState, Order, OrderCamera)] == counts
    assert Camera.objects.get(pk="c03").short_name == "MANDAROUS > BD BONALD"


def test_a_town_keeps_its_first_day(folder: Path) -> None:
    import_town(folder, start_on=START)
    report = import_town(folder, start_on=date(2030, 1, 1))
    assert report.start_on == START
    assert Order.objects.get(pk="r2017").ends_on == date(2027, 4, 23)


def test_what_the_folder_no_longer_names_stays(folder: Path) -> None:
    import_town(folder, start_on=START)
    path = folder / "places.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    report = import_town(folder)
    assert {table.table: table.untouched for table in report.tables}["territory.place"] == 1


def test_a_recorded_history_is_continued_but_never_rewritten(folder: Path, edit: Edit) -> None:
    import_town(folder, start_on=START)
    record_state("c45", StateName.IN_SERVICE, on=START)
    import_town(folder)  # the folder stops short of what was recorded since: nothing changes
    assert CameraState.objects.filter(camera="c45").last().state == StateName.IN_SERVICE  # type: ignore[union-attr]
    edit("states.csv", "c48,filed,start - 70 days", "c48,filed,start - 71 days")
    with pytest.raises(FolderRefused, match="is recorded as filed on 2026-09-14; history is not rewritten"):
        import_town(folder)


def test_another_towns_folder_is_refused(folder: Path, edit: Edit) -> None:
    import_town(folder, start_on=START)
    edit("town.toml", "12145", "12202")
    with pytest.raises(Conflict, match=r"that of Millau \(12145\); use another data folder"):
        import_town(folder)
    assert Town.objects.get().pk == "12145"


def test_a_failure_while_writing_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("beffroi.authorise.services.papers._land_papers", fail)
    with pytest.raises(RuntimeError):
        import_town(folder, start_on=START)
    assert not Camera.objects.exists()


@pytest.mark.slow
def test_twenty_thousand_buildings_land(folder: Path) -> None:
    square = "POLYGON(({0} 44.1,{0}5 44.1,{0}5 44.1005,{0} 44.1005,{0} 44.1))"
    rows = (f'h{n},9.5,2,true,"{square.format(f"3.0{n:05}")}"' for n in range(20_000))
    (folder / "buildings.csv").write_text("id,height_m,floors,is_dwelling,footprint\n" + "\n".join(rows) + "\n")
    import_town(folder, start_on=START)
    assert Building.objects.count() == 20_000


def test_the_command_says_what_it_did(folder: Path) -> None:
    out = StringIO()
    call_command("import_town", str(folder), "--start", "2026-11-23", "--dry-run", stdout=out)
    assert re.search(r"plan\.camera +\+48 ~0 =0", out.getvalue())
    assert "nothing was written" in out.getvalue()


def test_the_command_refuses_with_the_list(folder: Path, edit: Edit) -> None:
    edit("cameras.csv", ",118,10,6.8,57,", ",418,10,6.8,57,")
    with pytest.raises(CommandError, match=r"cameras\.csv, (line|ligne) 4, bearing_deg") as caught:
        call_command("import_town", str(folder))
    assert caught.value.returncode == 2


def test_a_step_out_of_turn_is_refused(folder: Path) -> None:
    import_town(folder, start_on=START)
    with pytest.raises(InvalidInput, match="cannot go from filed to in-service; allowed: authorised, planned, removed"):
        record_state("c48", StateName.IN_SERVICE, on=START)
    with pytest.raises(InvalidInput, match="is filed since 2026-09-14; give a later day"):
        record_state("c48", StateName.AUTHORISED, on=date(2026, 9, 1))


def test_a_phase_is_dated_by_its_last_camera(folder: Path) -> None:
    import_town(folder, start_on=START)
    Order.objects.update(perimeter=None, max_cameras=None)  # no notice of location before a camera goes up
    steps = [StateName.IN_SERVICE]
    for site in ("sa", "sb"):
        pass_sheet(site, date(2026, 12, 1))
    for camera, rest in {
        "c45": steps,
        "c46": [StateName.ACCEPTED, *steps],
        "c47": [StateName.INSTALLED, StateName.DECLARED, StateName.IN_TEST, StateName.ACCEPTED, *steps],
        "c48": [StateName.REMOVED],
    }.items():
        for state in rest:
            assert Camera.objects.get(pk=camera).phase.in_service_on is None
            record_state(camera, state, on=date(2026, 12, 18))
    phase = Phase.objects.get(pk="px")
    assert phase.in_service_on is None  # every camera is in service or gone; its report is not issued
    issuing.issue(PaperName.REPORT, phase, at=datetime(2026, 12, 18, 9, tzinfo=UTC), by="system")
    phase.refresh_from_db()
    assert phase.in_service_on == date(2026, 12, 18)
    import_town(folder)
    phase.refresh_from_db()
    assert phase.in_service_on == date(2026, 12, 18), "a folder that does not say it leaves it"


def test_a_folder_calls_no_phase_in_service_while_one_of_its_cameras_is_not(folder: Path, edit: Edit) -> None:
    name = 'id = "px"'
    edit("programme.toml", name, f'{name}\nin_service_on = "start"')
    with pytest.raises(FolderRefused, match=r"in_service_on.*leave the day out"):
        import_town(folder, start_on=START)
    assert not Phase.objects.exists()


def test_a_folder_calls_no_phase_in_service_that_was_measured_here_and_has_no_report(folder: Path, edit: Edit) -> None:
    import_town(folder, start_on=START)
    Phase.objects.filter(pk="p1").update(in_service_on=None)
    site = Site.objects.filter(phase="p1").first()
    assert site is not None
    site.sheets.get_or_create(opened_on=START)
    with pytest.raises(InvalidInput, match=r"p1: no acceptance report was issued by 2017-06-12"):
        import_town(folder)


def test_an_access_far_from_every_facade_of_the_folder_is_refused_by_its_line(folder: Path) -> None:
    square = "POLYGON((3.07 44.1,3.0701 44.1,3.0701 44.1001,3.07 44.1001,3.07 44.1))"
    (folder / "buildings.csv").write_text(f'id,height_m,footprint\nh1,9.5,"{square}"\n')
    (folder / "accesses.csv").write_text("id,lat,lon\na1,44.1,3.07\na2,44.1,3.072\n")
    with pytest.raises(FolderRefused) as refused:
        import_town(folder, start_on=START, is_dry_run=True)
    assert "accesses.csv, line 3, lat: is 152 m from the nearest façade" in refused.value.message
    assert "ligne 3, lat : est à 152 m de la façade la plus proche" in refused.value.message_fr
    assert "line 2" not in refused.value.message
