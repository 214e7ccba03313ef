"""Footage from the node that has it, for an agent who may export it. The worker reads no node's disk."""

from __future__ import annotations

import http.client
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from beffroi.core.clock import Clock
from beffroi.core.errors import BeffroiError, NotFound
from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import GrantKind
from beffroi.operate.calling import fetched
from beffroi.operate.grants import GivenReason, GrantsAsked, Wanted, give
from beffroi.operate.models import Device
from beffroi.people.models import Agent

DEADLINE_S = 60.0
"""Without a byte."""
RENEW_AFTER_S = 120
"""A grant serves a quarter of an hour: what is left of it suffices for a day of one camera."""
EVIDENCE_MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageOrder:
    """Whose images, of when, asked by whom, for which requisition."""

    agent: Agent
    camera: str
    from_at_us: int
    to_at_us: int
    reference: str
    reason: str = "requisition"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFootage:
    """An opened export grant: what the node tells and gives under it."""

    order: FootageOrder
    node: str
    url: str
    given_at_us: int
    token: str = field(repr=False)

    def fresh(self, clock: Clock) -> NodeFootage:
        """This grant, or a new one when it would end in the middle of a long file.

        Errors: those of a viewing grant.
        """
        is_young = clock.now_us() - self.given_at_us < RENEW_AFTER_S * US_PER_S
        return self if is_young else granted(self.order, clock)

    def evidence(self, folder: str, size: int) -> dict[str, Any]:
        """What the originals are, with proofs under a head that the node told.

        Errors: Unavailable while the footage is not sealed, NotPermitted, BarredByLaw, InvalidInput.
        """
        with self._get("evidence", folder=folder, size=size) as reply:
            told: dict[str, Any] = json.loads(reply.read(EVIDENCE_MAX_BYTES))
        return told

    def original(self, number: int) -> AbstractContextManager[http.client.HTTPResponse]:
        """The bytes of one of them, to read."""
        return self._get("original", number=number)

    def manifest(self) -> dict[str, Any]:
        """What one file of the whole span holds: its first instant, its digest."""
        with self._get("manifest") as reply:
            told: dict[str, Any] = json.loads(reply.read(EVIDENCE_MAX_BYTES))
        return told

    def file(self) -> AbstractContextManager[http.client.HTTPResponse]:
        """The bytes of that file, to read."""
        return self._get("")

    def _get(self, door: str, **query: object) -> AbstractContextManager[http.client.HTTPResponse]:
        span = {"from_at_us": self.order.from_at_us, "to_at_us": self.order.to_at_us}
        path = f"/export/{self.order.camera}/{door}".rstrip("/")
        return fetched(self.url, path, span | query, token=self.token, deadline_s=DEADLINE_S)


def node_of(camera: str) -> str:
    """The node that records a camera.

    Errors: NotFound.
    """
    device = Device.objects.filter(pk=camera).first()
    if device is None:
        raise NotFound(
            f"No recorder has the camera {camera}.",
            message_fr=f"Aucun enregistreur n'a la caméra {camera}.",
            field="camera",
        )
    return device.node_id


def granted(order: FootageOrder, clock: Clock) -> NodeFootage:
    """A grant to export, in the journal before it leaves.

    Errors: those of a viewing grant.
    """
    wanted = Wanted(camera=order.camera, kind=GrantKind.EXPORT, from_at_us=order.from_at_us, to_at_us=order.to_at_us)
    reason = GivenReason(code=order.reason, reference=order.reference)
    (given,) = give(order.agent, GrantsAsked(requests=(wanted,), reason=reason), clock.now_us())
    if isinstance(given, BeffroiError):
        raise given
    return NodeFootage(
        order=order,
        node=given.grant.node,
        url=given.node_url,
        given_at_us=given.grant.issued_at_us,
        token=given.token,
    )
