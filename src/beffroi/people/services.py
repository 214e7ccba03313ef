"""Writes about agents: each is one transaction with its line in the journal.

What takes something away also revokes: grants already given die, the sockets they opened are cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.core.ids import checked_slug
from beffroi.journal.services import Entry, Register, append
from beffroi.people import events, queries, rules
from beffroi.people.models import (
    Agent,
    AgentSession,
    Agreement,
    Assignment,
    CameraGroup,
    Habilitation,
    Identity,
    Revocation,
    Waiver,
)
from beffroi.people.rules import Category, Role

SYSTEM = "system"
_SEEN_EVERY = timedelta(minutes=1)
_SESSIONS_LIVE = timedelta(days=1)
clock: Clock = SystemClock()
"""Dates revocations; tests put another."""


# -- accounts ---------------------------------------------------------------------------------------------


def add_agent(
    username: str,
    password: str | None,
    roles: Iterable[Role],
    *,
    name: str,
    title: str = "",
    email: str = "",
    language: str = "fr",
    is_demo: bool = False,
    by: str = SYSTEM,
) -> Agent:
    """A new agent with these roles over the whole town; without a password, nobody logs in under that name yet.

    Errors: InvalidInput naming `password` when it is too weak, Conflict when the name or address is taken or the
    roles are kept apart.
    """
    agent = Agent(username=username, name=name, title=title, email=email, language=language, is_demo=is_demo)
    if password is not None:
        check_password(password, agent)
    agent.set_password(password)
    wanted = list(dict.fromkeys(roles))
    _check_apart(wanted)
    try:
        with transaction.atomic():
            agent.save(force_insert=True)
            Assignment.objects.bulk_create(Assignment(agent=agent, role=role) for role in wanted)
            _tell("agent.added", agent, by, roles="+".join(wanted))
    except IntegrityError:
        raise Conflict(
            f"The name {username!r} or its e-mail address is taken; choose another.",
            message_fr=f"Le nom {username!r} ou son adresse est déjà pris ; choisissez-en un autre.",
            field="username",
        ) from None
    return agent


def set_password(agent: Agent, password: str, *, by: str = SYSTEM) -> None:
    """A new password; every session of the agent ends, what it had opened too."""
    check_password(password, agent)
    with transaction.atomic():
        agent.set_password(password)
        agent.save(update_fields=["password"])
        end_sessions(agent)
        _revoke(agent)
        _tell("password.set", agent, by)


def keep_password_change(agent: Agent) -> None:
    """The agent changed its own password: what was opened under the old one ends; this session goes on."""
    with transaction.atomic():
        _revoke(agent)
        _tell("password.changed", agent, agent.pk)


def keep_factor(agent: Agent, how: str, kind: str) -> None:
    """A second factor was added, removed or reset by its owner."""
    with transaction.atomic():
        _tell(f"factor.{how}", agent, agent.pk, kind=kind.replace("_", "-"))


def drop_factors(agent: Agent, *, by: str) -> None:
    """Every factor of an agent who lost them all; the next sign-in asks for new ones where they are required."""
    from allauth.mfa.models import Authenticator

    with transaction.atomic():
        Authenticator.objects.filter(user=agent).delete()
        end_sessions(agent)
        _revoke(agent)
        _tell("factor.dropped", agent, by)


def change_agent(agent: Agent, *, title: str, is_active: bool, by: str = SYSTEM) -> None:
    """Function and access. Who is closed loses sessions, sockets and downloads at once.

    Errors: Conflict when nobody could manage agents afterwards.
    """
    with transaction.atomic():
        was_active = Agent.objects.select_for_update().get(pk=agent.pk).is_active
        agent.title, agent.is_active = title, is_active
        agent.save(update_fields=["title", "is_active"])
        _check_administrator_left()
        if was_active and not is_active:
            end_sessions(agent)
            _revoke(agent)
        if was_active != is_active:
            _tell("agent.opened" if is_active else "agent.closed", agent, by)


def keep_language(agent: Agent, language: str) -> None:
    """The language of this agent's pages: `fr` or `en`."""
    agent.language = language
    agent.save(update_fields=["language"])


def link_identity(agent: Agent, *, issuer: str, subject: str) -> None:
    """Who the provider names so is this agent from now on.

    Errors: Conflict when another agent is.
    """
    try:
        with transaction.atomic():
            Identity.objects.create(agent=agent, issuer=issuer, subject=subject)
            _tell("identity.linked", agent, agent.pk)
    except IntegrityError:
        raise Conflict(
            "This identity is linked to an account already.",
            message_fr="Cette identité est déjà liée à un compte.",
            field="oidc",
        ) from None


def unlink_identities(agent: Agent) -> None:
    """No provider signs this agent in any more."""
    with transaction.atomic():
        if agent.identities.all().delete()[0]:
            _tell("identity.unlinked", agent, agent.pk)


# -- roles ------------------------------------------------------------------------------------------------


def give_role(
    agent: Agent,
    role: Role,
    *,
    group: CameraGroup | None = None,
    replay_days: int | None = None,
    last_on: date | None = None,
    by: str = SYSTEM,
) -> Assignment:
    """The agent holds `role` over a group of cameras (None: every one), so far back, until that day.

    Errors: Conflict when it is held already there, or kept apart from a role held.
    """
    with transaction.atomic():
        Agent.objects.select_for_update().get(pk=agent.pk)
        held = agent.assignments.filter(role=role, group=group)
        if held.exists():
            raise Conflict(
                "This role is already held over these cameras; end it first.",
                message_fr="Ce rôle est déjà tenu sur ces caméras ; mettez-y fin d'abord.",
                field="role",
            )
        _check_apart([*(Role(code) for code in agent.role_codes), role])
        given = agent.assignments.create(role=role, group=group, replay_days=replay_days, last_on=last_on)
        detail = {
            "role": role.value,
            "group": group.pk if group else "",
            "until": last_on.isoformat() if last_on else "",
        }
        _tell("role.given", agent, by, **detail)
    return given


def end_role(assignment: Assignment, *, by: str = SYSTEM) -> None:
    """The role is not held any more; what it had opened is cut.

    Errors: Conflict when nobody could manage agents afterwards.
    """
    agent = assignment.agent
    with transaction.atomic():
        detail = {"role": assignment.role, "group": assignment.group_id or ""}
        assignment.delete()
        _check_administrator_left()
        _revoke(agent)
        _tell("role.ended", agent, by, **detail)


def put_group(group_id: str, *, name: str, cameras: Iterable[str], by: str = SYSTEM) -> CameraGroup:
    """A group of cameras, new or changed; whoever loses cameras by it is revoked."""
    checked_slug(group_id, field="group")
    wanted = sorted(set(cameras))
    with transaction.atomic():
        before = CameraGroup.objects.select_for_update().filter(pk=group_id).first()
        group, _ = CameraGroup.objects.update_or_create(pk=group_id, defaults={"name": name, "cameras": wanted})
        if before and set(before.cameras) - set(wanted):
            for agent in Agent.objects.filter(assignments__group=group).distinct():
                _revoke(agent)
        detail = {"cameras": len(wanted)}
        append(Entry(register=Register.HABILITATION, action="group.put", author=by, subject=group_id, detail=detail))
    return group


def waive(pair: str, *, number: str, signed_on: date, signed_by: str, by: str = SYSTEM) -> Waiver:
    """One pair of roles may be held by one person from now on, by this act.

    Errors: InvalidInput when there is no such pair.
    """
    if pair not in {one.code for one in rules.INCOMPATIBLE}:
        raise InvalidInput("There is no such pair.", message_fr="Cette paire n'existe pas.", field="pair")
    with transaction.atomic():
        form = {"number": number, "signed_on": signed_on, "signed_by": signed_by}
        waiver, _ = Waiver.objects.update_or_create(pair=pair, defaults=form)
        append(Entry(register=Register.HABILITATION, action="separation.waived", author=by, subject=pair))
    return waiver


def restore_separation(pair: str, *, by: str = SYSTEM) -> None:
    """The pair is kept apart again.

    Errors: Conflict while somebody holds both sides.
    """
    with transaction.atomic():
        Waiver.objects.filter(pair=pair).delete()
        for agent in Agent.objects.filter(is_active=True).prefetch_related("assignments"):
            _check_apart(Role(code) for code in agent.role_codes)
        append(Entry(register=Register.HABILITATION, action="separation.restored", author=by, subject=pair))


# -- habilitations ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ActForm:
    """What an act says."""

    category: Category
    number: str
    signed_on: date
    signed_by: str
    territory: str
    first_on: date
    last_on: date
    approval_number: str = ""
    approval_on: date | None = None
    approval_last_on: date | None = None
    agreement_id: str | None = None
    """Of category e."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementForm:
    """What the two agreements of a sharing say; see `models.Agreement`."""

    authority: str
    town_number: str
    town_on: date
    state_number: str
    state_on: date
    last_on: date


def record_agreement(form: AgreementForm, *, by: str = SYSTEM) -> Agreement:
    """Another authority and the town share cameras or agents. Source: CSI L. 132-14.

    Errors: InvalidInput naming the field: an agreement without its number, an end before both are signed.
    """
    for name in ("authority", "town_number", "state_number"):
        if not getattr(form, name).strip():
            raise InvalidInput(
                "Sharing stands on two agreements, with the town and with the State (CSI L. 132-14).",
                message_fr="Une mutualisation repose sur deux conventions, avec la commune et avec l'État (CSI L. "
                "132-14).",
                field=name,
            )
    if form.last_on < max(form.town_on, form.state_on):
        raise InvalidInput(
            "The last day comes before both are signed.",
            message_fr="Le dernier jour précède la signature des deux.",
            field="last_on",
        )
    with transaction.atomic():
        kept = Agreement.objects.create(**{name: _stripped(value) for name, value in asdict(form).items()})
        _tell_agreement("agreement.recorded", kept, by, until=form.last_on.isoformat())
    return kept


def end_agreement(kept: Agreement, *, on: date, number: str, by: str = SYSTEM) -> None:
    """It ends before its term: the acts that stood on it are withdrawn that day. Errors: Conflict."""
    if kept.ended_on is not None:
        raise Conflict("This agreement is ended already.", message_fr="Cette convention est déjà finie.")
    with transaction.atomic():
        kept.ended_on, kept.end_number = on, number
        kept.save(update_fields=["ended_on", "end_number"])
        _tell_agreement("agreement.ended", kept, by, on=on.isoformat())
        for act in kept.habilitations.filter(withdrawn_on__isnull=True):
            withdraw_habilitation(act, on=on, number=number, by=by)


def _stripped(value: str | date) -> str | date:
    return value.strip() if isinstance(value, str) else value


def _tell_agreement(action: str, kept: Agreement, by: str, **detail: str) -> None:
    append(Entry(register=Register.HABILITATION, action=action, author=by, subject=kept.pk, detail=detail))


def record_habilitation(agent: Agent, form: ActForm, *, by: str = SYSTEM) -> Habilitation:
    """Keeps the act that lets this agent see pictures.

    Errors: InvalidInput naming the field that is missing or does not fit.
    """
    _check_act(form)
    _check_shared(form)
    with transaction.atomic():
        kept: Habilitation = agent.habilitations.create(**asdict(form))
        _tell_act("habilitation.recorded", kept, by, until=form.last_on.isoformat())
    return kept


def suspend_habilitation(kept: Habilitation, *, on: date, number: str, by: str = SYSTEM) -> None:
    """Not in force from that day on (today: at once). Source: CSI L. 132-14-1."""
    _end_act(kept, "suspended", on, number=number, by=by)


def withdraw_habilitation(kept: Habilitation, *, on: date, number: str, by: str = SYSTEM) -> None:
    """Ended by an act before its last day."""
    _end_act(kept, "withdrawn", on, number=number, by=by)


def resume_habilitation(kept: Habilitation, *, number: str, by: str = SYSTEM) -> None:
    """A suspension is lifted by an act."""
    with transaction.atomic():
        kept.suspended_on, kept.end_number = None, number
        kept.save(update_fields=["suspended_on", "end_number"])
        _tell_act("habilitation.resumed", kept, by)


def _end_act(kept: Habilitation, how: str, on: date, *, number: str, by: str) -> None:
    with transaction.atomic():
        setattr(kept, f"{how}_on", on)
        kept.end_number = number
        kept.save(update_fields=[f"{how}_on", "end_number"])
        _revoke(kept.agent)
        _tell_act(f"habilitation.{how}", kept, by, on=on.isoformat())


def _check_act(form: ActForm) -> None:
    if form.last_on < form.first_on:
        raise InvalidInput(
            "The last day is before the first.",
            message_fr="Le dernier jour est avant le premier.",
            field="last_on",
        )
    for name in ("number", "signed_by", "territory"):
        if not getattr(form, name).strip():
            raise InvalidInput(
                "An act has a number, a signatory and a territory (CSI R253-3).",
                message_fr="Un acte a un numéro, un signataire et un territoire (CSI R253-3).",
                field=name,
            )


def _check_shared(form: ActForm) -> None:
    """Another authority's agent sees pictures here only under both agreements, and no longer than they."""
    if form.category is not Category.AUTHORITY:
        return
    found = Agreement.objects.filter(pk=form.agreement_id or "").first()
    if found is None or form.first_on not in found.span or form.last_on not in found.span:
        raise BarredByLaw(
            "An agent of another authority enters under an agreement with the town and one with the State, in force "
            "from the first day to the last; record them first.",
            message_fr="L'agent d'une autre autorité entre sous une convention avec la commune et une avec l'État, en "
            "vigueur du premier jour au dernier ; inscrivez-les d'abord.",
            article="CSI L132-14",
            field="agreement_id",
        )


# -- sessions ---------------------------------------------------------------------------------------------


def keep_session(agent: Agent, key: str, *, address: str, browser: str) -> None:
    """Session `key` was seen now; written at most once a minute."""
    now = timezone.now()
    seen = AgentSession.objects.filter(key=key).first()
    if seen is None:
        form = {"agent": agent, "address": address[:45], "browser": browser[:200], "since_at": now, "last_at": now}
        AgentSession.objects.filter(last_at__lt=now - _SESSIONS_LIVE).delete()
        AgentSession.objects.get_or_create(key=key, defaults=form)
    elif now - seen.last_at > _SEEN_EVERY:
        AgentSession.objects.filter(key=key).update(last_at=now)


def end_session(session: AgentSession, *, by: str = SYSTEM) -> None:
    """This session is over, and what its agent had opened with it."""
    with transaction.atomic():
        Session.objects.filter(pk=session.key).delete()
        session.delete()
        _revoke(session.agent)
        _tell("session.ended", session.agent, by)


def end_sessions(agent: Agent) -> None:
    """Logs the agent out everywhere. Sessions are few (one a post); each is read once."""
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(agent.pk):
            session.delete()
    agent.sessions.all().delete()


# -- what they share --------------------------------------------------------------------------------------


def _revoke(agent: Agent) -> None:
    now_us = clock.now_us()
    Revocation.objects.filter(at_us__lt=now_us - queries.REVOCATIONS_LIVE_US).delete()
    Revocation.objects.create(agent=agent, at_us=now_us)
    agent.__dict__.pop("permit", None)
    events.revoked()


def _tell(action: str, agent: Agent, by: str, **detail: str) -> None:
    """Last in its transaction: the journal is locked from then on."""
    append(Entry(register=Register.HABILITATION, action=action, author=by, subject=agent.pk, detail=detail))


def _tell_act(action: str, kept: Habilitation, by: str, **detail: str) -> None:
    _tell(action, kept.agent, by, habilitation=kept.pk, category=kept.category, **detail)


def check_password(password: str, agent: Agent) -> None:
    """Nothing, when `password` may be that of `agent`.

    Errors: InvalidInput naming `password` when it is too weak.
    """
    try:
        validate_password(password, agent)
    except ValidationError as error:
        with override("en"):
            text = " ".join(error.messages)
        with override("fr"):
            raise InvalidInput(text, message_fr=" ".join(error.messages), field="password") from None


def _check_apart(roles: Iterable[Role]) -> None:
    broken = rules.clashes(roles, Waiver.objects.values_list("pair", flat=True))
    if broken:
        raise Conflict(
            "One person does not hold these roles together; a small town waives the pair by an act.",
            message_fr="Une même personne ne tient pas ces rôles ensemble ; une petite ville lève la séparation par "
            "un acte.",
            field="roles",
        )


def _check_administrator_left() -> None:
    if not Assignment.objects.filter(role=Role.ADMIN, agent__is_active=True).exists():
        raise Conflict(
            "One active administrator must remain.",
            message_fr="Il faut qu'il reste une personne active chargée de l'administration.",
            field="roles",
        )
