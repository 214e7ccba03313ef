"""What operate tells the journal: grants, views, what nodes report, devices and nodes. Pure; codes and ids only.

The words of a message and the free reference of a reason stay out: a grant's line names the grant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from beffroi.engine.contract import EngineFact, FactKind, GrantKind, ViewingGrant
from beffroi.journal.rules import Entry, Register, as_code, as_reason

_REGISTER_OF: Mapping[str, Register] = MappingProxyType(
    {
        GrantKind.REPLAY: Register.REPLAY,
        GrantKind.COVERAGE: Register.REPLAY,
        GrantKind.THUMBNAILS: Register.REPLAY,
        GrantKind.EXPORT: Register.EXPORT,
        GrantKind.PTZ: Register.PTZ,
    }
)
_TOLD: Mapping[FactKind, tuple[Register, str]] = MappingProxyType(
    {
        FactKind.NODE_STARTED: (Register.COLLECTION, "node.started"),
        FactKind.NODE_STOPPED: (Register.COLLECTION, "node.stopped"),
        FactKind.CAMERA_STATE: (Register.COLLECTION, "camera.state"),
        FactKind.GAP: (Register.GAP, "gap.found"),
        FactKind.FOOTAGE_DESTROYED: (Register.ERASURE, "footage.destroyed"),
        FactKind.FOOTAGE_HEAD: (Register.FOOTAGE, "footage.head"),
        FactKind.DISK_PRESSURE: (Register.FOOTAGE, "disk.pressure"),
        FactKind.CLOCK_JUMP: (Register.CLOCK, "clock.jump"),
        FactKind.CLOCK_STATE: (Register.CLOCK, "clock.state"),
        FactKind.CAMERA_CLOCK: (Register.CLOCK, "clock.camera"),
        FactKind.MASK_PROOF: (Register.FOOTAGE, "mask.looked-at"),
        FactKind.MASK_STATE: (Register.COLLECTION, "mask.state"),
        FactKind.VAULT_MIRROR: (Register.FOOTAGE, "vault.mirror"),
        FactKind.STREAM_MEASURED: (Register.FOOTAGE, "stream.measured"),
        FactKind.FACTS_DROPPED: (Register.GAP, "facts.dropped"),
    }
)
_VIEWS = MappingProxyType({FactKind.VIEW_OPENED: "view.opened", FactKind.VIEW_ENDED: "view.ended"})
_NOT_KEPT = frozenset({"message", "message_fr", "grant", "agent", "reason"})


def of_grant(grant: ViewingGrant) -> Entry:
    """Who was let see which camera, of when, why."""
    detail: dict[str, int | str] = {"kind": grant.kind.value, "node": grant.node, "ends_at_us": grant.ends_at_us}
    if grant.to_at_us:
        detail |= {"from_at_us": grant.from_at_us, "to_at_us": grant.to_at_us}
    return Entry(
        register=_REGISTER_OF.get(grant.kind, Register.VIEWING),
        action="grant.given",
        author=grant.agent,
        reason=grant.reason.code,
        camera=grant.camera,
        subject=grant.id,
        detail=detail,
    )


def of_refusals(agent: str, reason: str, causes: Mapping[str, int]) -> list[Entry]:
    """What an agent asked to see and was refused: one line for each kind of refusal, never a camera."""
    return [
        Entry(
            register=Register.VIEWING,
            action="grant.refused",
            author=agent,
            reason=as_reason(reason),
            detail={"cause": cause, "count": count},
        )
        for cause, count in sorted(causes.items())
    ]


def of_fact(node: str, fact: EngineFact) -> Entry:
    """What a node reported. The author of a view is its agent, of everything else the node."""
    detail: dict[str, int | bool | str] = {"fact_at_us": fact.at_us, "seq": fact.seq, "node": node}
    detail |= dict(_kept(fact))
    if fact.kind in _VIEWS:
        return Entry(
            register=_REGISTER_OF.get(str(fact.detail.get("kind", "")), Register.VIEWING),
            action=_VIEWS[fact.kind],
            author=as_code(fact.detail.get("agent")) or f"node:{node}",
            reason=as_reason(fact.detail.get("reason")),
            camera=as_code(fact.camera),
            subject=as_code(fact.detail.get("grant")),
            detail=detail,
        )
    register, action = _TOLD.get(fact.kind, (Register.FOOTAGE, f"fact.{fact.kind.value}"))
    return Entry(
        register=register,
        action=action,
        author=f"node:{node}",
        reason=as_reason(fact.detail.get("reason")),
        camera=as_code(fact.camera),
        detail=detail,
    )


def _kept(fact: EngineFact) -> Iterator[tuple[str, int | bool | str]]:
    """What of a node's words is a number or a code; a node cannot put anything else in the journal."""
    for key, value in fact.detail.items():
        if key in _NOT_KEPT or not as_code(key) or not key.islower():
            continue
        if (isinstance(value, int) and abs(value) < 1 << 62) or (isinstance(value, str) and as_code(value)):
            yield key, value


def of_change(action: str, by: str, subject: str, **detail: int | str) -> Entry:
    """A device or a node was put, changed or taken off."""
    return Entry(register=Register.CONFIGURATION, action=action, author=by, subject=subject, detail=detail)


def of_masks(camera: str, by: str, reason: str, *, detail: dict[str, int | str]) -> Entry:
    """What a camera may not show was drawn anew."""
    return Entry(
        register=Register.CONFIGURATION, action="mask.drawn", author=by, reason=reason, camera=camera, detail=detail
    )
