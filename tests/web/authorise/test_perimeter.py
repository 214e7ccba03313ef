"""Orders by perimeter: cameras stay inside, and none films where the prefect was not told.

Source: CSI R. 252-3, R. 252-17.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone, translation

from beffroi.authorise import queries, services
from beffroi.authorise.dossier import queries as dossiers
from beffroi.authorise.dossier import services as dossier_services
from beffroi.authorise.dossier.documents.notice import Letter, notice_pdf
from beffroi.authorise.dossier.pieces import Lack
from beffroi.authorise.dossier.plans import sheet_named
from beffroi.authorise.dossier.plans.words import short_day
from beffroi.authorise.models import Dossier, LocationNotice, Order
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import NewOrder, import_town, perimeter
from beffroi.authorise.services.perimeter import NewNotice
from beffroi.core.errors import BarredByLaw, BeffroiError, Conflict, InvalidInput
from beffroi.core.reading import FolderRefused
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.people.rules import Role
from beffroi.plan import services as plan
from beffroi.plan.models import Camera, CameraState
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName
from beffroi.territory.models import Town
from tests.web.authorise.test_pages import DEMO_TOWN, text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
BOX = {"type": "Polygon", "coordinates": [[[3.06, 44.09], [3.08, 44.09], [3.08, 44.11], [3.06, 44.11], [3.06, 44.09]]]}
"""About 1.6 km by 2.2 km round the camera of these tests (3.07, 44.1)."""
OUTSIDE = {"lat": 44.2, "lon": 3.07}


def new_order(**changed: Any) -> NewOrder:
    whole: dict[str, Any] = {
        "number": "P-1",
        "name": "Périmètre du centre",
        "signed_on": TODAY - timedelta(days=10),
        "ends_on": TODAY + timedelta(days=365),
        "purposes": ("safety",),
        "retention_days": 15,
        "cameras": {"c01": ()},
        "perimeter": BOX,
        "max_cameras": 2,
    }
    return NewOrder(**(whole | changed))


@pytest.fixture
def order(a_camera: Camera) -> Order:
    """An order by perimeter over c01, which is in service."""
    return services.record_order(new_order(), by="7", at=timezone.now())


def notify(order: Order, camera: str = "c01", letter: str = "L-1", **more: Any) -> LocationNotice:
    found = Camera.objects.get(pk=camera)
    told = {"sent_on": TODAY} | more
    return perimeter.notify(
        NewNotice(order=order, camera=found, letter_number=letter, **told), by="7", at=timezone.now()
    )


def shut(camera: str = "c01") -> tuple[Shut, ...]:
    return queries.gates([camera], at=timezone.now())[camera].missing


def test_no_camera_of_a_perimeter_films_before_its_notice_of_location(order: Order) -> None:
    assert shut() == (Shut.NO_NOTICE,)
    notify(order)
    assert shut() == ()
    line = Line.objects.get(action="location.notified")
    assert (line.author, line.camera, line.subject) == ("7", "c01", order.pk)


def test_a_camera_moved_without_a_sent_notice_is_shut_until_one_is_sent(order: Order, device: Device) -> None:
    notify(order)
    Camera.objects.update(lat=44.1005)  # 55 m north: an import, an edit of the plan
    assert shut() == (Shut.NO_NOTICE,)
    notify(order, letter="L-2")
    assert shut() == ()
    assert not [row for row in queries.open_drift() if row.kind == "moved"], "the notice is the new baseline"


def test_the_notice_of_a_move_moves_the_camera_on_the_plan(order: Order) -> None:
    notify(order)
    notify(order, letter="L-2", lat=44.1005, lon=3.071)
    camera = Camera.objects.get()
    assert (camera.lat, camera.lon) == (44.1005, 3.071)
    assert shut() == ()
    assert [(one.letter_number, one.lat) for one in order.notices.all()] == [("L-1", 44.1), ("L-2", 44.1005)]


@pytest.mark.parametrize(
    ("more", "kind", "field"),
    [
        (OUTSIDE, BarredByLaw, "cameras"),
        ({"lat": 44.1}, InvalidInput, "lat"),
        ({"sent_on": TODAY - timedelta(days=11)}, InvalidInput, "sent_on"),
        ({"sent_on": TODAY + timedelta(days=1)}, InvalidInput, "sent_on"),
    ],
)
def test_a_notice_that_cannot_stand_is_refused_and_moves_nothing(
    order: Order, more: dict[str, Any], kind: type[BeffroiError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        notify(order, **more)
    assert caught.value.field == field
    assert caught.value.message_fr != caught.value.message
    assert Camera.objects.get().lat == 44.1
    assert not LocationNotice.objects.exists()


def test_a_letter_is_written_down_once_for_a_camera(order: Order) -> None:
    notify(order)
    with pytest.raises(Conflict, match="already recorded"):
        notify(order)


def test_an_order_by_points_takes_no_notice(a_camera: Camera) -> None:
    with pytest.raises(InvalidInput, match="names points"):
        notify(Order.objects.get())


def test_a_camera_outside_the_perimeter_is_refused_with_the_mend(a_camera: Camera) -> None:
    Camera.objects.update(**OUTSIDE)
    with pytest.raises(BarredByLaw, match="C01: outside the perimeter of the order; move inside") as caught:
        services.record_order(new_order(), by="7", at=timezone.now())
    assert caught.value.article == "CSI R252-3"
    assert Order.objects.count() == 1


def test_a_camera_that_leaves_the_perimeter_is_shut(order: Order) -> None:
    notify(order)
    Camera.objects.update(**OUTSIDE)
    assert shut() == (Shut.OUTSIDE_PERIMETER,)


def test_a_notice_adds_a_camera_until_the_perimeter_is_full(
    order: Order, make_camera: Callable[..., Camera], town: Town
) -> None:
    CameraState.objects.create(camera=make_camera("c02", in_service=False), step=2, state="filed", on=TODAY)
    make_camera("c03", in_service=False)
    notify(order, "c02", "L-2")
    assert order.covered.get(camera="c02").purposes == ["safety"]
    assert histories(["c02"])["c02"][-1].state is StateName.AUTHORISED
    with pytest.raises(BarredByLaw, match="takes 2 cameras, this makes 3"):
        notify(order, "c03", "L-3")


def test_no_camera_is_put_up_before_its_notice(order: Order, make_camera: Callable[..., Camera]) -> None:
    make_camera("c02", in_service=False)
    services.record_order(new_order(number="P-2", cameras={"c02": ()}), by="7", at=timezone.now())
    for step, state in enumerate(("filed", "authorised"), 2):
        CameraState.objects.create(camera_id="c02", step=step, state=state, on=TODAY)
    with pytest.raises(BarredByLaw, match="send the notice of location") as caught:
        plan.record_state("c02", StateName.INSTALLED, on=TODAY)
    assert caught.value.article == "CSI R252-17"
    assert histories(["c02"])["c02"][-1].state is StateName.AUTHORISED
    notify(Order.objects.get(number="P-2"), "c02", "L-2")
    plan.record_state("c02", StateName.INSTALLED, on=TODAY)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("lat = 44.099633\nlon = 3.080852", "lat = 44.099633\nlon = 3.080852", ""),
        ("max_cameras = 4", "max_cameras = 2", "admet 2 caméras, 3 sont données"),
        ("max_cameras = 4\n", "", "dit le nombre de caméras au plus"),
        ('order = "x1"\ncamera = "c45"', 'order = "r2017"\ncamera = "c45"', "n'est pas un arrêté par périmètre"),
        ("44.0955", "44.0949", "C47 hors du périmètre"),
    ],
)
def test_a_folder_whose_perimeter_does_not_hold_is_refused(
    db: None, tmp_path: Path, before: str, after: str, said: str
) -> None:
    for path in DEMO_TOWN.iterdir():
        if path.is_file() and path.name != "buildings.csv":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    written = (tmp_path / "orders.toml").read_text()
    assert before in written
    (tmp_path / "orders.toml").write_text(written.replace(before, after))
    if not said:
        import_town(tmp_path, start_on=TODAY)
        assert LocationNotice.objects.count() == 2
        return
    with pytest.raises(FolderRefused) as caught:
        import_town(tmp_path, start_on=TODAY)
    assert said in caught.value.message_fr


# -- pages ------------------------------------------------------------------------------------------------


def test_the_clerk_asks_for_the_letter_then_writes_its_sending_down(
    order: Order, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(Role.TECHNICAL), f"/autorisations/arretes/{order.pk}/avis/"
    letter = client.post(address, {"do": "letter", "camera": "c01", "lat": "44.1005", "lon": "3.071"})
    assert letter["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(letter.content)) as pdf, pdf.open_metadata() as told:
        assert (told["pdfaid:part"], told["dc:title"]) == ("2", "Avis d'emplacement d'une caméra")
    assert not LocationNotice.objects.exists(), "a letter is not yet sent"
    unsent = client.post(address, {"do": "record", "camera": "c01"})
    assert (unsent.status_code, "obligatoire pour inscrire l'envoi" in text_of(unsent)) == (400, True)
    client.post(address, {"do": "record", "camera": "c01", "letter_number": "L-7", "sent_on": TODAY.isoformat()})
    page = text_of(client.get(f"/autorisations/arretes/{order.pk}/"))
    assert "L-7" in page
    assert "au lieu de l'avis" in page
    assert "encore possibles : 1" in page


def test_the_letter_is_french_whatever_the_readers_language(order: Order) -> None:
    letter = Letter(order=order, camera=Camera.objects.get(), place=(3.07, 44.1))
    at = timezone.now()
    with translation.override("fr"):
        french = notice_pdf(letter, made_at=at)
    with translation.override("en"):
        assert notice_pdf(letter, made_at=at) == french


def test_the_plan_of_a_perimeter_tells_each_notice_and_whose_camera_has_moved_since(order: Order) -> None:
    dossier = Dossier.objects.create(
        pk="d", name="Centre", kind="new", purposes=["safety"], retention_days=15, perimeter=BOX, max_cameras=3,
        opened_on=TODAY,
    )  # fmt: skip
    dossier.cameras.add(Camera.objects.get(pk="c01"))

    def told() -> str:
        sheet = sheet_named(dossier, "plan-de-perimetre", TODAY)
        assert sheet is not None
        return str(sheet.table.rows[0][-1])

    assert told() == "à adresser"
    notify(order)
    assert told() == short_day(TODAY)
    Camera.objects.update(lat=44.1005)
    assert told() == "à adresser"


def test_the_page_of_an_order_by_points_says_that_it_has_no_perimeter(
    a_camera: Camera, client_of: Callable[..., Client]
) -> None:
    assert "nomme des points" in text_of(client_of(Role.TECHNICAL).get("/autorisations/arretes/o1/avis/"))


def test_an_order_takes_the_perimeter_of_its_dossier(a_camera: Camera, client_of: Callable[..., Client]) -> None:
    Dossier.objects.create(
        pk="d", name="Centre", kind="new", purposes=["safety"], retention_days=15, perimeter=BOX, max_cameras=3,
        opened_on=TODAY,
    )  # fmt: skip
    typed = {
        "number": "P-9", "name": "Centre", "signed_on": TODAY.isoformat(), "retention_days": "15", "regime": "standard",
        "ends_on": (TODAY + timedelta(days=900)).isoformat(), "purposes": ["safety"], "cameras": ["c01"],
        "perimeter_of": "d",
    }  # fmt: skip
    answer = client_of(Role.TECHNICAL).post("/autorisations/arretes/ajouter/", typed)
    assert answer["Location"] == "/autorisations/arretes/p-9/"
    made = Order.objects.get(number="P-9")
    assert (made.max_cameras, made.perimeter is not None) == (3, True)


def test_a_perimeter_of_nearly_the_whole_town_blocks_the_filing(a_camera: Camera, town: Town) -> None:
    """95 % of the town's area: nearly all of it. Source: préfecture du Nord."""
    town.boundary = {
        "type": "Polygon",
        "coordinates": [[[3.06, 44.09], [3.08105, 44.09], [3.08105, 44.11], [3.06, 44.11], [3.06, 44.09]]],
    }
    town.save()
    dossier = Dossier.objects.create(
        pk="d", name="Centre", kind="new", purposes=["safety"], retention_days=15, perimeter=BOX, max_cameras=3,
        opened_on=TODAY,
    )  # fmt: skip
    dossier.cameras.add(a_camera)
    (wide,) = [one for one in dossiers.missing(dossier, TODAY) if one.lack is Lack.PERIMETER_TOO_WIDE]
    assert wide.subject == "95"
    with pytest.raises(BarredByLaw):
        dossier_services.file(dossier, on=TODAY, by="7")
    assert Dossier.objects.get().filed_on is None
