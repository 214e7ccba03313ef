"""A town, a real node with footage of half an hour ago, and a requisition to answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import FactKind, grant_key
from beffroi.evidence.packs.contract import PackCamera, PackOrder, PackPerson
from beffroi.evidence.packs.making import make_pack
from beffroi.journal.services import append
from beffroi.operate import registers, services
from beffroi.operate.services import DeviceForm
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.engine.node.past import record
from tests.engine.node.town import NODE, Town, answers, wait_for
from tests.web.authority import timestamping

S = 1_000_000
RUN_S = 80


@dataclass
class Served:
    """A node whose c01 recorded two runs of 80 s, 10 s apart, from `start` on."""

    town: Town
    start: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.town.port}"


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("packs-node")
    start = (time.time_ns() // 1000 // S - 1800) * S
    record(folder, "c01", start, start + (RUN_S + 10) * S)
    town = Town(folder, ("c01",))
    site = django_settings.SITE_KEY
    town.change_before_start(grant_keys=(grant_key(site.grant_key_id, site.grant_key.public_key()),))
    try:
        town.start()
        wait_for(lambda: answers(town))
        wait_for(lambda: town.web.facts_of(FactKind.FOOTAGE_HEAD), seconds=20)
        yield Served(town, start)
    finally:
        town.close()


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with timestamping(tmp_path_factory.mktemp("packs-tsa")) as made:
        yield made


@pytest.fixture
def configured(settings: Any, tmp_path: Path) -> Callable[..., None]:
    """Sets `[journal]` for one test; the data folder is the test's own."""
    (tmp_path / "keys").mkdir(mode=0o700)

    def configure(**journal: Any) -> None:
        config = settings.BEFFROI
        settings.BEFFROI = replace(config, data=tmp_path, journal=replace(config.journal, **journal))

    configure()
    return configure


@pytest.fixture
def chief(agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.CHIEF)


@pytest.fixture
def order(
    served: Served, configured: Callable[..., None], make_camera: Callable[..., Camera], chief: Agent
) -> PackOrder:
    """A requisition of 60 s around the gap between the two runs, ready to be made."""
    services.add_node(NODE, name="Enregistreur", url=served.url, public="A" * 43)
    camera = make_camera("c01")
    services.put_device(camera.pk, DeviceForm(node=NODE, main_url="rtsp://127.0.0.1:5/c01/main"))
    told = [registers.of_fact(NODE, fact) for fact in served.town.web.facts_of(FactKind.FOOTAGE_HEAD)]
    append(told[-1])
    return PackOrder(
        id="p1",
        number="R-2026-039",
        frame="60-1",
        article="CPP, art. 60-1 (flagrance)",
        procedure="2026/01234",
        requester=PackPerson(name="Adj. Martin", quality="OPJ", unit="Brigade de recherches"),
        recipient=PackPerson(name="Gend. Petit", quality="APJ", unit="Brigade de recherches"),
        chooser=PackPerson(name="Claire Roux", quality="cheffe du CSU", id=chief.pk),
        validator=PackPerson(name="Jean Vidal", quality="responsable adjoint", id="someone-else"),
        cameras=(PackCamera(id="c01", number="C01", name="Place du Mandarous", place="place du Mandarous"),),
        from_at_us=served.start + 63 * S,
        to_at_us=served.start + (RUN_S + 20) * S,
        received_at_us=SystemClock().now_us() - 600 * S,
    )


@pytest.fixture
def pack(order: PackOrder) -> Path:
    return make_pack(order).folder
