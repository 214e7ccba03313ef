"""Only the competent authority films the road: another's camera comes with its own authorisation or not at all.

Source: CSI L. 251-2, L. 223-1.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from beffroi.authorise import queries, services
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import import_town
from beffroi.core.errors import BarredByLaw
from beffroi.core.reading import FolderRefused
from beffroi.plan.models import Camera
from tests.web.authorise.test_orders import new_order
from tests.web.authorise.test_pages import DEMO_TOWN

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo town, to be changed, without its buildings."""
    for path in DEMO_TOWN.iterdir():
        if path.is_file() and path.name != "buildings.csv":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def of(folder: Path, camera: str, controller: str, own_authorisation: str = "") -> None:
    """That camera is somebody's."""
    head, *lines = (folder / "cameras.csv").read_text().splitlines()
    said = {True: f",{controller},{own_authorisation}", False: ",,"}
    rows = [f"{line}{said[line.startswith(f'{camera},')]}" for line in lines]
    (folder / "cameras.csv").write_text("\n".join([f"{head},controller,own_authorisation", *rows]) + "\n")


def shut(camera: str) -> tuple[Shut, ...]:
    return queries.gates([camera], at=timezone.now())[camera].missing


def test_a_shops_camera_without_its_own_authorisation_is_refused(folder: Path) -> None:
    of(folder, "c48", "Pharmacie du Mandarous")
    with pytest.raises(FolderRefused) as caught:
        import_town(folder, start_on=TODAY)
    (problem,) = caught.value.problems
    assert (problem.file, problem.field) == ("cameras.csv", "own_authorisation")
    assert "Pharmacie du Mandarous is not Commune de Millau: it films under its own order" in problem.message
    assert "donnez son numéro, ou retirez la caméra" in problem.message_fr
    assert not Camera.objects.exists()


def test_the_towns_own_authority_by_its_name_is_nobody_else(folder: Path) -> None:
    of(folder, "c48", "commune de millau")
    import_town(folder, start_on=TODAY)
    assert Camera.objects.get(pk="c48").controller == ""


def test_a_shops_camera_stands_under_its_own_order_and_never_under_the_towns(folder: Path) -> None:
    of(folder, "c48", "Pharmacie du Mandarous", "2026-PH-1")
    import_town(folder, start_on=TODAY)
    camera = Camera.objects.get(pk="c48")
    assert (camera.controller, camera.own_authorisation) == ("Pharmacie du Mandarous", "2026-PH-1")
    of_the_town = new_order(number="2026-77", cameras={"c48": ()})
    with pytest.raises(BarredByLaw, match="another controller's camera, under its own order") as caught:
        services.record_order(of_the_town, by="7", at=timezone.now())
    assert (caught.value.article, caught.value.field) == ("CSI L251-2", "cameras")


def test_an_order_of_the_folder_that_covers_anothers_camera_is_refused(folder: Path) -> None:
    of(folder, "c47", "Bailleur", "2026-BA-1")
    with pytest.raises(FolderRefused) as caught:
        import_town(folder, start_on=TODAY)
    assert "C47: another controller's, under its own order" in caught.value.problems[0].message


def test_a_camera_that_passes_to_another_controller_is_shut(a_camera: Camera) -> None:
    assert shut("c01") == ()
    Camera.objects.update(controller="Bailleur", own_authorisation="2026-BA-1")
    assert shut("c01") == (Shut.NO_ORDER,)


def test_the_database_holds_no_others_camera_without_its_authorisation(a_camera: Camera) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Camera.objects.update(controller="Bailleur")
