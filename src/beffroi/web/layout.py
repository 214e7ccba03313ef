"""What the base template shows on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.hub import OPENS
from beffroi.people.rules import Right
from beffroi.territory.queries import town


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One word of the navigation, shown to whoever holds one of `any_of`; `sections`: what it leads to besides."""

    url_name: str
    label: str | Promise
    any_of: frozenset[Right]
    sections: frozenset[str] = frozenset()


NAVIGATION = (
    Entry(url_name="console", label=_("Poste"), any_of=frozenset({Right.LIVE})),
    Entry(url_name="replay", label=_("Relecture"), any_of=frozenset({Right.REPLAY})),
    Entry(
        url_name="requisitions",
        label=_("Réquisitions"),
        any_of=frozenset({Right.LOCK, Right.EXPORT, Right.VALIDATE, Right.JOURNAL}),
    ),
    Entry(url_name="logbook", label=_("Main courante"), any_of=frozenset({Right.LOCK, Right.JOURNAL})),
    Entry(url_name="territory", label=_("Territoire"), any_of=frozenset({Right.PROGRAMME})),
    Entry(url_name="programme", label=_("Programme"), any_of=frozenset({Right.PROGRAMME})),
    Entry(
        url_name="authorisations",
        label=_("Autorisations"),
        any_of=frozenset({Right.PROGRAMME, Right.CONFIGURE}),
    ),
    Entry(url_name="dossiers", label=_("Dossiers"), any_of=frozenset({Right.PROGRAMME, Right.CONFIGURE})),
    Entry(
        url_name="cameras",
        label=_("Caméras"),
        any_of=frozenset({Right.HEALTH, Right.CONFIGURE}),
        sections=frozenset({"nodes"}),
    ),
    Entry(url_name="access", label=_("Demandes"), any_of=frozenset({Right.ACCESS})),
    Entry(url_name="oversight", label=_("Contrôle"), any_of=OPENS, sections=frozenset({"evaluations", "journal"})),
    Entry(url_name="agents", label=_("Agents"), any_of=frozenset({Right.PEOPLE})),
)


def layout(request: HttpRequest) -> dict[str, Any]:
    """Navigation of this agent, the town, whether the data are invented."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"navigation": (), "town": town()}
    entries = [entry for entry in NAVIGATION if request.user.rights & entry.any_of]
    return {"navigation": entries, "town": town()}
