"""Viewing grants: who may look at what, why, for how long. Source: ref/wire.md §2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from pydantic import ConfigDict

from beffroi.authorise.queries import tests_closed_to
from beffroi.authorise.words import both
from beffroi.core.dates import day_starts_at
from beffroi.core.errors import BarredByLaw, BeffroiError, InvalidInput, NotFound, NotPermitted, Unavailable
from beffroi.core.instants import from_us, to_us
from beffroi.engine.contract import GrantKind, Reason, ViewingGrant, sign
from beffroi.operate import queries, rules, services, words
from beffroi.operate.gates import Gate, gates
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.people.words import refusal
from beffroi.territory.queries import town_zone

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One view asked for."""

    __pydantic_config__ = _STRICT
    camera: str
    kind: GrantKind
    from_at_us: int = 0
    to_at_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenReason:
    """Why; the same for every view of one request."""

    __pydantic_config__ = _STRICT
    code: str
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsAsked:
    """Body of `POST /api/grants`."""

    __pydantic_config__ = _STRICT
    requests: tuple[Wanted, ...]
    reason: GivenReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A grant, its token, and where it opens."""

    grant: ViewingGrant
    token: str
    node_url: str


def give(agent: Agent, asked: GrantsAsked, now_us: int) -> list[Given | BeffroiError]:
    """A grant or the error for each view, in the order asked. Every grant is in the log before it leaves.

    Errors: InvalidInput when the reason does not stand, or too much is asked at once.
    """
    if not 0 < len(asked.requests) <= rules.GRANTS_MAX:
        raise InvalidInput(
            f"Ask for 1 to {rules.GRANTS_MAX} views at once.",
            message_fr=f"Demandez de 1 à {rules.GRANTS_MAX} vues à la fois.",
            field="requests",
        )
    reason = rules.checked_reason(asked.reason.code, asked.reason.reference)
    devices = {device.pk: device for device in queries.devices_for(agent)}
    open_gates = gates(devices.values(), now_us)
    answers: list[Given | BeffroiError] = []
    for wanted in asked.requests:
        try:
            _check_some_right(agent, wanted.kind)
            known = devices.get(wanted.camera)
            rules.check_reason_for(wanted.kind, reason, is_workshop=known is not None and known.is_workshop)
            device = _known(devices, wanted.camera)
            answers.append(_grant(agent, _Case(wanted, asked.reason, device, open_gates[device.pk]), now_us))
        except BeffroiError as error:
            answers.append(error)
    services.keep_grants([answer.grant for answer in answers if isinstance(answer, Given)])
    services.tell_refusals(agent.pk, reason.code, [answer for answer in answers if isinstance(answer, BeffroiError)])
    return answers


@dataclass(frozen=True, slots=True)
class _Case:
    wanted: Wanted
    reason: GivenReason
    device: Device
    gate: Gate


def _known(devices: dict[str, Device], camera: str) -> Device:
    if camera not in devices:
        raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="camera")
    return devices[camera]


def _check_some_right(agent: Agent, kind: GrantKind) -> None:
    """What an agent may do with no camera at all is said before whether the camera exists."""
    if not agent.rights & {rules.RIGHT_FOR[kind], Right.CONFIGURE}:
        raise refusal(agent.permit, rules.RIGHT_FOR[kind])


def _right(agent: Agent, case: _Case) -> Right:
    """The right by which this camera is opened. Whoever configures may look at a workshop camera: no public road."""
    wanted = rules.RIGHT_FOR[case.wanted.kind]
    if agent.permit.over(wanted, case.device.pk):
        return wanted
    if case.device.is_workshop and case.wanted.kind in rules.WORKSHOP_KINDS and agent.may(Right.CONFIGURE):
        return Right.CONFIGURE
    raise refusal(agent.permit, wanted)


def _permit_ends_at_us(agent: Agent, right: Right, camera: str) -> int:
    until_on = agent.permit.until_on(right, camera)
    return to_us(day_starts_at(until_on, town_zone())) if until_on else rules.NEVER_US


def _grant(agent: Agent, case: _Case, now_us: int) -> Given:
    right = _right(agent, case)
    _check_open(case)
    _check_test(agent, case, now_us)
    _check_precautions(agent, case)
    from_at_us, to_at_us = rules.checked_span(case.wanted.kind, case.wanted.from_at_us, case.wanted.to_at_us)
    if to_at_us:
        rules.check_depth(from_at_us, now_us, agent.permit.replay_days(right, case.device.pk))
    grant = ViewingGrant(
        id=services.new_grant_id(),
        node=case.device.node_id,
        agent=agent.pk,
        camera=case.device.pk,
        kind=case.wanted.kind,
        reason=Reason(code=case.reason.code, reference=case.reason.reference.strip()),
        issued_at_us=now_us,
        ends_at_us=rules.grant_ends_at_us(
            now_us, case.gate.not_after_us, _permit_ends_at_us(agent, right, case.device.pk)
        ),
        from_at_us=from_at_us,
        to_at_us=to_at_us,
    )
    key = settings.SITE_KEY
    return Given(grant=grant, token=sign(grant, key.grant_key_id, key.grant_key), node_url=case.device.node.url)


def _check_open(case: _Case) -> None:
    if not case.gate.is_open:
        cause, mend, article = words.barred(case.gate.message)
        (cause_en, cause_fr), (mend_en, mend_fr) = both(cause), both(mend)
        raise BarredByLaw(
            f"This camera may not be watched. {cause_en} {mend_en}",
            message_fr=f"Cette caméra ne peut pas être regardée. {cause_fr} {mend_fr}",
            article=article,
            field="camera",
        )
    if not case.device.node.url:
        raise Unavailable(
            "The recorder of this camera has not enrolled yet.",
            message_fr="L'enregistreur de cette caméra n'est pas encore inscrit.",
            field="camera",
        )


def _check_test(agent: Agent, case: _Case, now_us: int) -> None:
    """A camera under test is for the agents of its window alone."""
    if case.gate.is_test and case.device.pk in tests_closed_to(agent.pk, at=from_us(now_us)):
        raise NotPermitted(
            "This camera is under test, and its test window does not name you; ask whoever opened it.",
            message_fr="Cette caméra est en essai, et sa fenêtre d'essai ne vous nomme pas ; demandez à la personne "
            "qui l'a ouverte.",
            field="camera",
        )


def _check_precautions(agent: Agent, case: _Case) -> None:
    """What the order lays down on turning and on staff. Source: CSI L. 252-2."""
    if case.gate.is_turning_barred and case.wanted.kind is GrantKind.PTZ:
        raise BarredByLaw(
            "The order of this camera forbids turning it; look at it where it points.",
            message_fr="L'arrêté de cette caméra interdit de la piloter ; regardez-la où elle vise.",
            article="CSI L252-2",
            field="camera",
        )
    staff = case.gate.staff
    if staff is not None and case.wanted.kind is not GrantKind.TEST_PATTERN and not staff & agent.categories:
        named = ", ".join(sorted(staff))
        raise BarredByLaw(
            f"The order of this camera keeps its pictures for categories {named} of R. 253-3; ask one of them.",
            message_fr=f"L'arrêté de cette caméra réserve ses images aux catégories {named} de R. 253-3 ; demandez à "
            "l'une d'elles.",
            article="CSI L252-2",
            field="camera",
        )


def given_form(given: Given) -> dict[str, Any]:
    """A grant as the console reads it."""
    return {
        "camera": given.grant.camera,
        "kind": given.grant.kind,
        "token": given.token,
        "node_url": given.node_url,
        "open_before_us": given.grant.open_before_us,
        "ends_at_us": given.grant.ends_at_us,
    }
