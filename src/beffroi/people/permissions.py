"""Every view says who may call it; what says nothing is refused (see `web.middleware.DeclaredAccess`).

@requires(Right.LIVE)        an agent with this right
@requires()                  any agent logged in
@public                      anybody: the login page
@by_node                     a recording node; the view itself checks the signature
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from beffroi.core.errors import NotAuthenticated
from beffroi.people.rules import Right
from beffroi.people.words import refusal

if TYPE_CHECKING:
    from django.http import HttpRequest

    from beffroi.people.models import Agent

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may call a view; of `any_of`, one right is enough, and none asks for a login only."""

    who: Literal["agent", "public", "node"]
    any_of: frozenset[Right] = frozenset()
    fresh: bool = False
    """Asks for the second factor again when it is older than five minutes, where one is set."""


def requires(*any_of: Right) -> Callable[[View], View]:
    """Only agents logged in, holding one of `any_of` when given."""
    return _declare(Access(who="agent", any_of=frozenset(any_of)))


def with_fresh_factor(view: View) -> View:
    """Above `requires`: the second factor, where one is set, was given in the last five minutes."""
    access = declared(view)
    assert access is not None, "declare who may call the view first"
    return _declare(replace(access, fresh=True))(view)


def public(view: View) -> View:
    """Anybody."""
    return _declare(Access(who="public"))(view)


def by_node(view: View) -> View:
    """A recording node; the view checks its signature."""
    return _declare(Access(who="node"))(view)


def declared(view: object) -> Access | None:
    """What a view declared, None when it said nothing."""
    access = getattr(view, "access", None)
    return access if isinstance(access, Access) else None


def check(access: Access, request: HttpRequest) -> None:
    """Nothing, when the request may call the view.

    Errors: NotAuthenticated without a login, NotPermitted without a role that gives the right, BarredByLaw without
    the act.
    """
    if access.who != "agent":
        return
    if not request.user.is_authenticated:
        raise NotAuthenticated("Log in first.", message_fr="Connectez-vous d'abord.")
    if access.any_of and not access.any_of & request.user.rights:
        permit = request.user.permit
        lacking = sorted(right for right in access.any_of if permit.lacking(right))
        raise refusal(permit, (lacking or sorted(access.any_of))[0])


def agent_of(request: HttpRequest) -> Agent:
    """The agent of a request that passed `check`."""
    if not request.user.is_authenticated:
        raise NotAuthenticated("Log in first.", message_fr="Connectez-vous d'abord.")
    return request.user


def _declare(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]  # a function carries its declaration
        return view

    return mark
