"""The demo's four requisitions: negative, to validate, locked by telephone, waiting for its pack."""

from __future__ import annotations

from pathlib import Path

import pytest

import beffroi
from beffroi.authorise.services import import_town
from beffroi.cli import demo_people, demo_requisitions
from beffroi.evidence.models import Hold, Requisition, Step
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Act, Lane, lane, next_act
from beffroi.operate.models import Node
from beffroi.operate.services import DeviceForm, put_devices
from beffroi.plan.models import Camera

pytestmark = pytest.mark.django_db
TOWN = Path(beffroi.__file__).parent / "demo_town"


@pytest.fixture
def demo(tmp_path: Path, db: None) -> None:
    import_town(TOWN)
    Node.objects.create(id="n1", name="Enregistreur")
    form = DeviceForm(node="n1", main_url="rtsp://127.0.0.1:5/x/main")
    put_devices(dict.fromkeys(Camera.objects.values_list("pk", flat=True), form))
    demo_people.add_accounts(tmp_path / "accounts")
    demo_requisitions.Requisitions(TOWN).load()


def test_the_four_stand_where_they_should_and_loaded_again_nothing_is_added(demo: None) -> None:
    stands = []
    for row in Requisition.objects.order_by("rank"):
        case = cases.facts_of(row)
        stands.append((row.facts, lane(case), next_act(case)))
    assert stands == [
        ("Véhicule recherché", Lane.CLOSED, None),
        ("Cambriolage", Lane.TO_VALIDATE, Act.VALIDATE),
        ("Dégradation d'un banc", Lane.TO_TREAT, Act.RECEIVE),
        ("Incendie de conteneurs", Lane.TO_DELIVER, Act.PACK),
    ]
    assert all(row.lat for row in Requisition.objects.all()), "each place is in the gazetteer"
    called = Requisition.objects.get(facts="Dégradation d'un banc")
    held = Hold.objects.filter(requisition=called, kind="telephone").values_list("camera_id", flat=True)
    assert {"c02", "c03"} <= set(held), "every camera that could see the square"
    before = Step.objects.count()
    demo_requisitions.Requisitions(TOWN).load()
    assert (Step.objects.count(), Requisition.objects.count()) == (before, 4)
