"""Which role may do what. Pure.

The mayor sees figures only, the DPO the journals: neither sees an image (CSI R253-3: individually
designated and habilitated persons only).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Right(StrEnum):
    """One thing an agent may do."""

    LIVE = "live"
    REPLAY = "replay"
    EXPORT = "export"
    PTZ = "ptz"
    HEALTH = "health"  # state of cameras and nodes
    CONFIGURE = "configure"  # cameras' devices, nodes
    PROGRAMME = "programme"  # figures of the programme
    JOURNAL = "journal"  # who looked at what
    PEOPLE = "people"  # agents and roles


class Role(StrEnum):
    """A function in the town's programme."""

    OPERATOR = "operator"
    CHIEF = "chief"
    POLICE = "police"
    ADMIN = "admin"
    TECHNICAL = "technical"
    MAYOR = "mayor"
    DPO = "dpo"
    ADVISER = "adviser"
    INSPECTOR = "inspector"


_OPERATOR = frozenset({Right.LIVE, Right.REPLAY, Right.PTZ, Right.HEALTH})

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OPERATOR: _OPERATOR,
        Role.CHIEF: _OPERATOR | {Right.EXPORT, Right.PROGRAMME, Right.JOURNAL},
        Role.POLICE: frozenset({Right.LIVE}),
        Role.ADMIN: frozenset({Right.HEALTH, Right.CONFIGURE, Right.PEOPLE}),
        Role.TECHNICAL: frozenset({Right.HEALTH, Right.CONFIGURE, Right.PROGRAMME}),
        Role.MAYOR: frozenset({Right.PROGRAMME}),
        Role.DPO: frozenset({Right.JOURNAL, Right.PROGRAMME}),
        Role.ADVISER: frozenset({Right.PROGRAMME}),
        Role.INSPECTOR: frozenset({Right.PROGRAMME, Right.JOURNAL, Right.HEALTH}),
    }
)


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """The union of what `roles` may do; an unknown role gives nothing."""
    known = (RIGHTS[Role(role)] for role in roles if role in set(Role))
    return frozenset().union(*known)
