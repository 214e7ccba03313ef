"""The people of the demo town, invented: fourteen personas, the system's administrator, colleagues, twelve acts."""

from __future__ import annotations

import base64
import dataclasses
import secrets
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from beffroi.core import site_key

if TYPE_CHECKING:
    from beffroi.people.models import Agent

_A_YEAR = timedelta(days=365)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """An invented person. `act`: category of their habilitation; `how`: what became of it.

    Attributes:
        logs_in: False for colleagues who stand in the registers only.
    """

    username: str
    name: str
    title: str
    roles: tuple[str, ...]
    act: str = ""
    how: str = ""
    logs_in: bool = True


PERSONAS = (
    Persona(username="operateur", name="Opérateur 1", title="opérateur du CSU", roles=("operator",), act="d"),
    Persona(username="operatrice", name="Opératrice 2", title="opératrice du CSU", roles=("operator",), act="d"),
    Persona(username="cheffe", name="Cheffe du CSU", title="cheffe du CSU", roles=("chief",), act="c"),
    Persona(username="maire", name="Mme la maire", title="chiffres seulement, aucune image", roles=("mayor",)),
    Persona(username="police", name="Police municipale", title="police municipale", roles=("police",), act="c"),
    Persona(username="opj", name="OPJ désigné", title="officier de police judiciaire", roles=("opj",), act="a"),
    Persona(username="dpo", name="Déléguée DPO", title="protection des données", roles=("dpo",)),
    Persona(username="mainteneur", name="Mainteneur", title="maintenance, mire seulement", roles=("maintainer",)),
    Persona(username="installateur", name="Installateur", title="travaux, mire seulement", roles=("installer",)),
    Persona(username="technique", name="Services techniques", title="services techniques", roles=("technical",)),
    Persona(username="referent", name="Référent sûreté", title="référent sûreté", roles=("adviser",)),
    Persona(username="bureau", name="Bureau d'études", title="bureau d'études", roles=("adviser",)),
    Persona(username="coordination", name="Coordination CLSPD", title="coordination du CLSPD", roles=("coordinator",)),
    Persona(username="prefecture", name="Inspection", title="inspection de la préfecture", roles=("inspector",)),
)
OTHERS = (
    Persona(username="admin", name="Administration", title="administration du système", roles=("admin",)),
    Persona(
        username="expiree",
        name="Opératrice 3",
        title="habilitation expirée : aucune image",
        roles=("operator",),
        act="d",
        how="expired",
    ),
    Persona(
        username="suspendu",
        name="Opérateur 4",
        title="habilitation suspendue : aucune image",
        roles=("operator",),
        act="d",
        how="suspended",
    ),
    *(
        Persona(username=f"agent{n}", name=name, title=title, roles=(role,), act=act, how=how, logs_in=False)
        for n, name, title, role, act, how in (
            (5, "Opérateur 5", "opérateur du CSU, nuit", "operator", "d", ""),
            (6, "Opératrice 6", "opératrice du CSU, nuit", "operator", "d", "ending"),
            (7, "Brigadière", "police municipale", "police", "c", ""),
            (8, "Brigadier", "police municipale", "police", "c", ""),
            (9, "Adjointe de la cheffe", "adjointe au CSU", "chief", "c", ""),
        )
    ),
)
"""Who administers the system, whose act is over, and colleagues: with the personas', twelve acts."""


def add_accounts(path: Path) -> None:
    """Creates everybody once; passwords are in `path`, mode 0600, and printed at each start."""
    from beffroi.people.models import Agent

    known = {agent.username: agent for agent in Agent.objects.prefetch_related("habilitations")}
    everybody = (*PERSONAS, *OTHERS)
    missing = [one for one in everybody if one.username not in known]
    lines = path.read_text().splitlines() if path.exists() else ["Comptes de la démonstration (jeu fictif) :"]
    for number, one in enumerate(everybody, 1):
        password = _password() if one.logs_in else None
        agent = known.get(one.username) or _added(one, password)
        if one.act and not agent.habilitations.all():
            _habilitate(agent, one, number)
        if password and one in missing:
            lines.append(f"  {one.username:<12} {password}   {one.title}")
    if missing:
        path.unlink(missing_ok=True)
        site_key.write_secret(path, "\n".join([*lines, ""]).encode())


def _added(one: Persona, password: str | None) -> Agent:
    from beffroi.people import services
    from beffroi.people.rules import Role

    roles = [Role(role) for role in one.roles]
    title = f"{one.title} (jeu fictif)"
    return services.add_agent(one.username, password, roles, name=one.name, title=title, is_demo=True)


def _habilitate(agent: Agent, one: Persona, number: int) -> None:
    from beffroi.people import events, services
    from beffroi.people.rules import Category

    here = events.here()
    first_on, last_on = _span(one.how, here.today_on)
    is_approved = one.act == Category.APPROVED
    kept = services.record_habilitation(
        agent,
        services.ActForm(
            category=Category(one.act),
            number=f"FICTIF-{first_on.year}-{number:02}",
            signed_on=first_on - timedelta(days=14),
            signed_by="Le chef de service (jeu fictif)" if one.act == Category.STATE else "Le maire (jeu fictif)",
            territory=here.town,
            first_on=first_on,
            last_on=last_on,
            approval_number=f"PREF-FICTIF-{number:02}" if is_approved else "",
            approval_on=first_on - timedelta(days=30) if is_approved else None,
        ),
    )
    if one.how == "suspended":
        services.suspend_habilitation(kept, on=here.today_on - timedelta(days=3), number=f"FICTIF-S-{number:02}")


def _span(how: str, today_on: date) -> tuple[date, date]:
    """First and last day of an act, told from the first start."""
    if how == "expired":
        return today_on - 3 * _A_YEAR, today_on - timedelta(days=12)
    if how == "ending":
        return today_on - 2 * _A_YEAR, today_on + timedelta(days=40)
    return today_on - _A_YEAR, today_on + 2 * _A_YEAR


def _password() -> str:
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))
