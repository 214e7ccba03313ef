"""Every address of web. A view without a declared access is refused by the middleware and by a test."""

from __future__ import annotations

from allauth.account import views as account
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from beffroi.evidence import held
from beffroi.people.permissions import public, requires
from beffroi.web import views
from beffroi.web.second_factor_urls import urlpatterns as second_factor_urls

handler404 = views.not_found
handler500 = views.server_error


def provider() -> dict[str, str]:
    """The identity provider that the sign-in page offers, if any."""
    people = settings.BEFFROI.people
    return {"provider": people.oidc_name if people.oidc_issuer else ""}


urlpatterns: list[URLPattern | URLResolver] = [
    path("compte/connexion/", public(account.LoginView.as_view(extra_context=provider())), name="account_login"),
    path("compte/deconnexion/", public(account.LogoutView.as_view()), name="account_logout"),
    path("compte/mot-de-passe/", requires()(account.PasswordChangeView.as_view()), name="account_change_password"),
    path("compte/confirmer/", requires()(account.ReauthenticateView.as_view()), name="account_reauthenticate"),
    *second_factor_urls,
    path("compte/inactif/", public(account.AccountInactiveView.as_view()), name="account_inactive"),
    # Names that allauth asks for; there is no sign-up and no reset by mail.
    path("compte/aide/", views.no_sign_up, name="account_signup"),
    path("compte/aide/", views.no_sign_up, name="account_reset_password"),
    path("compte/aide/", views.no_sign_up, name="account_email"),
    path("compte/facteurs/donne/", views.factor_given, name="factor-given"),
    path("compte/langue/", views.set_language, name="set_language"),
    path("health", views.health, name="health"),
    path("polices.css", views.fonts, name="fonts"),
    path("poste/", views.post, name="console"),
    path("mur/", views.wall, name="wall"),
    path("relecture/", views.replay, name="replay"),
    path("programme/plan/", views.planner, name="planner"),
    path("api/holds", held.holds, name="api-holds"),
    path("", include("beffroi.territory.urls")),
    path("", include("beffroi.plan.urls")),
    path("", include("beffroi.authorise.urls")),
    path("", include("beffroi.operate.urls")),
    path("", include("beffroi.people.urls")),
    path("", include("beffroi.evidence.access.urls")),
    path("", include("beffroi.evidence.urls")),
    path("", include("beffroi.oversee.urls")),
]
