"""What is filed is one whole build of today's data: kept as it was, whatever changes and is made afterwards."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from beffroi.authorise.dossier import building, keeping, making, services, tasks
from beffroi.authorise.models import Dossier
from beffroi.authorise.models.dossiers import PieceChoice
from beffroi.cli.answers import DossierBuilt
from beffroi.core.errors import Conflict
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.pdf_words import words_of
from tests.web.landed import START, landed_demo


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with landed_demo(django_db_blocker):
        yield


@pytest.fixture
def draft(landed: None, db: None) -> Dossier:
    """Of one camera, and complete."""
    found = Dossier.objects.get(pk="renouvellement-1-2")
    found.cameras.set(Camera.objects.filter(pk="c01"))
    services.write_text(found, "retention-reason", "Quinze jours : le temps des plaintes.", by="system")
    services.attach(found, PieceChoice.CONFORMITY, name="Attestation", content=b"%PDF-1.7", by="system")
    return found


@pytest.fixture
def folder(draft: Dossier) -> Iterator[Path]:
    """Where the page's papers are made; empty before and after."""
    folder = keeping.folder_of(draft)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)
    making.end(draft)


@pytest.fixture
def technician(landed: None, db: None, client_of: Callable[..., Client]) -> Client:
    return client_of(Role.TECHNICAL)


def printed(content: bytes) -> str:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return " ".join(one.text for page in pdf.pages for one in words_of(page))


@pytest.mark.usefixtures("folder")
def test_what_is_filed_is_one_whole_build_of_todays_data_and_stays_as_it_was(
    draft: Dossier, technician: Client, tmp_path: Path
) -> None:
    """A camera re-aimed after the build bars the filing, and after the filing changes nothing of what was filed."""
    with pytest.raises(Conflict, match="make all the papers"):
        services.file(draft, on=START, by="system")
    tasks.build_papers.func(draft.pk, "system")
    Camera.objects.filter(pk="c01").update(bearing_deg=200.0)
    with pytest.raises(Conflict, match="make all the papers"):
        services.file(draft, on=START, by="system")
    tasks.build_papers.func(draft.pk, "system")
    services.file(draft, on=START, by="system")
    address = f"/dossier/{draft.pk}/documents/06-fiches-cameras/"
    filed = technician.get(address).content
    assert filed == (keeping.folder_of(draft) / "06-fiches-cameras.pdf").read_bytes()
    assert "Documents déposés" in technician.get(f"/dossier/{draft.pk}/").content.decode()
    Camera.objects.filter(pk="c01").update(bearing_deg=20.0)
    tasks.build_papers.func(draft.pk, "system")
    later = technician.get(f"{address}?apres-depot").content
    assert technician.get(address).content == filed != later
    assert "pour comparaison" in printed(later) and "pour comparaison" not in printed(filed)
    assert "n'en remplace" in printed((keeping.folder_of(draft) / "04-plans-de-detail.pdf").read_bytes())
    rows = building.write_filed(draft, tmp_path)
    assert (tmp_path / "06-fiches-cameras.pdf").read_bytes() == filed and len(rows) > 20
    DossierBuilt.model_validate_json((tmp_path / "index.json").read_text())


def test_a_paper_changed_by_another_hand_is_not_filed(draft: Dossier, folder: Path) -> None:
    tasks.build_papers.func(draft.pk, "system")
    (folder / "08-securite.pdf").write_bytes(b"%PDF-1.7 autre")
    with pytest.raises(Conflict, match="make all the papers"):
        services.file(draft, on=START, by="system")
