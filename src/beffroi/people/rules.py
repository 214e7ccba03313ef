"""Who may do what, on whose act, until when. Pure.

Three things decide: the roles held (what a function does), the habilitations in force (whose act lets a person
see pictures), and what each role is held for (cameras, replay depth, last day). Source: CSI R. 253-3 (closed
list, persons individually designated), L. 132-14-1 (approval by the prefect).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

SOON_DAYS = 60
"""A habilitation that ends within so many days is shown as ending."""


class Right(StrEnum):
    """One thing an agent may do."""

    LIVE = "live"
    REPLAY = "replay"
    PTZ = "ptz"
    LOCK = "lock"
    EXPORT = "export"
    VALIDATE = "validate"  # another's export
    PATTERN = "pattern"  # a camera's test pattern
    HEALTH = "health"  # state of cameras and nodes
    CONFIGURE = "configure"  # cameras' devices, nodes
    PROGRAMME = "programme"  # figures of the programme
    JOURNAL = "journal"  # who looked at what
    PEOPLE = "people"  # agents, roles, habilitations
    ACCESS = "access"  # requests of filmed people: register, answers, covered copies
    REVIEW = "review"  # signs the monthly review of the journal
    ETHICS = "ethics"  # the charter, its committee: who sits, what is asked, what it says
    CONVENE = "convene"  # names who sits in the CLSPD's working groups


IMAGE_RIGHTS = frozenset({Right.LIVE, Right.REPLAY, Right.PTZ, Right.LOCK, Right.EXPORT, Right.VALIDATE})
"""Rights that exist only on days with a habilitation in force."""


class Role(StrEnum):
    """A function in the town's programme."""

    OPERATOR = "operator"
    CHIEF = "chief"
    POLICE = "police"
    OPJ = "opj"
    ADMIN = "admin"
    TECHNICAL = "technical"
    MAINTAINER = "maintainer"
    INSTALLER = "installer"
    MAYOR = "mayor"
    MAYOR_WITH_PICTURES = "mayor-pictures"
    DPO = "dpo"
    ADVISER = "adviser"
    COORDINATOR = "coordinator"
    INSPECTOR = "inspector"
    PARTNER = "partner"  # a service elsewhere, held by a link alone (CSI L. 252-3)


_OPERATOR = frozenset({Right.LIVE, Right.REPLAY, Right.PTZ, Right.LOCK, Right.HEALTH})
_FIGURES = frozenset({Right.PROGRAMME})

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OPERATOR: _OPERATOR,
        Role.CHIEF: _OPERATOR | {Right.EXPORT, Right.VALIDATE, Right.PROGRAMME, Right.ACCESS, Right.ETHICS},
        Role.POLICE: frozenset({Right.LIVE}),
        Role.OPJ: frozenset({Right.LIVE, Right.REPLAY}),
        Role.ADMIN: frozenset({Right.PATTERN, Right.HEALTH, Right.CONFIGURE, Right.PEOPLE}),
        Role.TECHNICAL: frozenset({Right.PATTERN, Right.HEALTH, Right.CONFIGURE, Right.PROGRAMME}),
        Role.MAINTAINER: frozenset({Right.PATTERN, Right.HEALTH}),
        Role.INSTALLER: frozenset({Right.PATTERN, Right.HEALTH, Right.PROGRAMME}),
        Role.MAYOR: _FIGURES | {Right.ETHICS, Right.CONVENE},
        Role.MAYOR_WITH_PICTURES: frozenset({Right.LIVE, Right.REPLAY}),
        Role.DPO: frozenset({Right.JOURNAL, Right.PROGRAMME, Right.ACCESS, Right.REVIEW, Right.ETHICS}),
        Role.ADVISER: _FIGURES,
        Role.COORDINATOR: _FIGURES,
        Role.INSPECTOR: frozenset({Right.PROGRAMME, Right.JOURNAL, Right.HEALTH}),
        Role.PARTNER: frozenset({Right.LIVE}),
    }
)
SEEING = frozenset(role for role, rights in RIGHTS.items() if rights & IMAGE_RIGHTS)
"""Roles whose holder sees pictures, once habilitated."""


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """The union of what `roles` give to somebody habilitated; an unknown role gives nothing."""
    known = (RIGHTS[Role(role)] for role in roles if role in set(Role))
    return frozenset().union(*known)


class Category(StrEnum):
    """Who the law lets see pictures of the public road. Source: CSI R. 253-3 II, 1° and 2°, a to e."""

    STATE = "a"  # police, gendarmerie, customs, fire and rescue: named by their chief
    MAYOR = "b"  # mayor, deputies and councillors who hold a delegation of police
    MUNICIPAL_POLICE = "c"  # named by the mayor
    APPROVED = "d"  # other agents of the town: approved by the prefect
    AUTHORITY = "e"  # agents of the other public authorities in charge


_OF_TOWN = frozenset({Category.MUNICIPAL_POLICE, Category.APPROVED, Category.AUTHORITY})
CATEGORIES: Mapping[Role, frozenset[Category]] = MappingProxyType(
    {
        Role.OPERATOR: _OF_TOWN,
        Role.CHIEF: _OF_TOWN,
        Role.POLICE: frozenset({Category.MUNICIPAL_POLICE}),
        Role.OPJ: frozenset({Category.STATE}),
        Role.PARTNER: frozenset({Category.STATE}),
        Role.MAYOR_WITH_PICTURES: frozenset({Category.MAYOR}),
    }
)
"""The categories whose act makes a role see."""


def _after(last_on: date | None) -> date | None:
    return last_on + timedelta(days=1) if last_on else None


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


# -- kept apart -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Roles that one person does not hold together; a small town turns one pair off by an act."""

    code: str
    one: frozenset[Role]
    other: frozenset[Role]


INCOMPATIBLE = (
    Apart(code="admin-pictures", one=frozenset({Role.ADMIN}), other=SEEING),
    Apart(code="works-pictures", one=frozenset({Role.MAINTAINER, Role.INSTALLER}), other=SEEING),
    Apart(code="dpo-pictures", one=frozenset({Role.DPO}), other=SEEING),
    Apart(code="dpo-people", one=frozenset({Role.DPO}), other=frozenset({Role.ADMIN})),
)


def clashes(roles: Iterable[Role], waived: Iterable[str] = ()) -> list[Apart]:
    """The pairs that `roles` break, those waived by an act left out."""
    held, off = frozenset(roles), frozenset(waived)
    return [pair for pair in INCOMPATIBLE if held & pair.one and held & pair.other and pair.code not in off]


# -- habilitation -----------------------------------------------------------------------------------------


class Standing(StrEnum):
    """What a habilitation is worth on a day."""

    VALID = "valid"
    ENDING = "ending"  # valid, within SOON_DAYS of its last day
    FUTURE = "future"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    UNAPPROVED = "unapproved"  # category d without the prefect's approval
    ELSEWHERE = "elsewhere"  # another town's
    MISSING = "missing"  # there is no act at all


IN_FORCE = frozenset({Standing.VALID, Standing.ENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A habilitation as the rules see it. `last_on` is its last day; the others, the first day of what they say."""

    category: Category
    territory: str
    first_on: date
    last_on: date
    is_approved: bool = True
    approval_last_on: date | None = None
    suspended_on: date | None = None
    withdrawn_on: date | None = None

    @property
    def until_on(self) -> date:
        """The first day on which it is not in force any more."""
        ends = [_after(self.last_on), _after(self.approval_last_on), self.suspended_on, self.withdrawn_on]
        return min(day for day in ends if day is not None)

    def standing(self, on: date, *, here: str) -> Standing:
        """What it is worth on a day in the town `here` (its INSEE code; empty when no town is known yet)."""
        if here and self.territory != here:
            return Standing.ELSEWHERE
        if self.withdrawn_on is not None and on >= self.withdrawn_on:
            return Standing.WITHDRAWN
        if self.suspended_on is not None and on >= self.suspended_on:
            return Standing.SUSPENDED
        if on < self.first_on:
            return Standing.FUTURE
        if on >= self.until_on:
            return Standing.EXPIRED
        if not self.is_approved:
            return Standing.UNAPPROVED
        return Standing.ENDING if (self.until_on - on).days <= SOON_DAYS else Standing.VALID


# -- what results -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A role held. `cameras` None: every camera; `replay_days` None: as far back as the order keeps."""

    role: Role
    cameras: frozenset[str] | None = None
    replay_days: int | None = None
    last_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One right over cameras, so far back, until the day `until_on` begins (None: nothing known ends it)."""

    cameras: frozenset[str] | None = None
    replay_days: int | None = None
    until_on: date | None = None

    def covers(self, camera: str) -> bool:
        """True when `camera` is within."""
        return self.cameras is None or camera in self.cameras


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A role that would see pictures, and what is wrong with the best of its acts."""

    role: Role
    standing: Standing
    since_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """All that an agent may do on one day. `lacks`: roles that see nothing today, and why."""

    scopes: Mapping[Right, tuple[Scope, ...]] = field(default_factory=dict)
    lacks: tuple[Lack, ...] = ()

    @property
    def rights(self) -> frozenset[Right]:
        """What this agent may do somewhere."""
        return frozenset(self.scopes)

    def over(self, right: Right, camera: str) -> tuple[Scope, ...]:
        """The scopes that give `right` over `camera`; none when it is not given."""
        return tuple(scope for scope in self.scopes.get(right, ()) if scope.covers(camera))

    def replay_days(self, right: Right, camera: str) -> int | None:
        """How far back; None: as far as the order keeps. Several scopes add up."""
        depths = [scope.replay_days for scope in self.over(right, camera)]
        return None if None in depths else max((days for days in depths if days is not None), default=0)

    def until_on(self, right: Right, camera: str) -> date | None:
        """The day at whose beginning a grant must end: the first on which any of what gives it ends."""
        return _earliest(*(scope.until_on for scope in self.over(right, camera)))

    def lacking(self, right: Right) -> Lack | None:
        """Why `right`, which a role gives, is not given today; None when no role gives it."""
        return next((lack for lack in self.lacks if right in RIGHTS[lack.role]), None)


NOTHING = Permit()


def permit(held: Iterable[Held], acts: Iterable[Act], on: date, *, here: str) -> Permit:
    """What roles and acts give on a day."""
    acts = tuple(acts)
    scopes: dict[Right, list[Scope]] = {}
    lacks = []
    for one in held:
        if one.last_on is not None and on > one.last_on:
            continue
        fitting = [act for act in acts if act.category in CATEGORIES.get(one.role, ())]
        ends = [act.until_on for act in fitting if act.standing(on, here=here) in IN_FORCE]
        for right in RIGHTS[one.role]:
            if right not in IMAGE_RIGHTS:
                scope = Scope(cameras=one.cameras, until_on=_after(one.last_on))
                scopes.setdefault(right, []).append(scope)
            elif ends:
                until_on = _earliest(max(ends), _after(one.last_on))
                scope = Scope(cameras=one.cameras, replay_days=one.replay_days, until_on=until_on)
                scopes.setdefault(right, []).append(scope)
        if one.role in SEEING and not ends:
            lacks.append(_lack(one.role, fitting, on, here=here))
    return Permit(scopes={right: tuple(found) for right, found in scopes.items()}, lacks=tuple(lacks))


_NEAREST = tuple(Standing)
"""Of several acts that do not stand, the one nearest to standing is told."""


def _lack(role: Role, acts: Iterable[Act], on: date, *, here: str) -> Lack:
    known = sorted(((act.standing(on, here=here), act) for act in acts), key=lambda one: _NEAREST.index(one[0]))
    if not known:
        return Lack(role=role, standing=Standing.MISSING)
    standing, act = known[0]
    since = {Standing.SUSPENDED: act.suspended_on, Standing.WITHDRAWN: act.withdrawn_on, Standing.FUTURE: act.first_on}
    return Lack(role=role, standing=standing, since_on=since.get(standing, act.until_on))
