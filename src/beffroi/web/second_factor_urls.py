"""Addresses of the second factor: allauth's views, each with its declared access."""

from __future__ import annotations

from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from beffroi.people.permissions import public, requires

_mine = requires()

urlpatterns = [
    # Half way through a sign-in, nobody is logged in yet: allauth checks that the password was right.
    path("compte/facteur/", public(factors.AuthenticateView.as_view()), name="mfa_authenticate"),
    path("compte/cle/", public(passkeys.LoginWebAuthnView.as_view()), name="mfa_login_webauthn"),
    path("compte/facteurs/", _mine(factors.IndexView.as_view()), name="mfa_index"),
    path("compte/facteurs/confirmer/", _mine(factors.ReauthenticateView.as_view()), name="mfa_reauthenticate"),
    path("compte/facteurs/code/", _mine(totp.ActivateTOTPView.as_view()), name="mfa_activate_totp"),
    path("compte/facteurs/code/retirer/", _mine(totp.DeactivateTOTPView.as_view()), name="mfa_deactivate_totp"),
    path("compte/facteurs/cles/", _mine(passkeys.ListWebAuthnView.as_view()), name="mfa_list_webauthn"),
    path("compte/facteurs/cles/ajouter/", _mine(passkeys.AddWebAuthnView.as_view()), name="mfa_add_webauthn"),
    path(
        "compte/facteurs/cles/confirmer/",
        _mine(passkeys.ReauthenticateWebAuthnView.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("compte/facteurs/cles/<int:pk>/", _mine(passkeys.EditWebAuthnView.as_view()), name="mfa_edit_webauthn"),
    path(
        "compte/facteurs/cles/<int:pk>/retirer/",
        _mine(passkeys.RemoveWebAuthnView.as_view()),
        name="mfa_remove_webauthn",
    ),
    path("compte/facteurs/secours/", _mine(codes.ViewRecoveryCodesView.as_view()), name="mfa_view_recovery_codes"),
    path(
        "compte/facteurs/secours/nouveaux/",
        _mine(codes.GenerateRecoveryCodesView.as_view()),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "compte/facteurs/secours/fichier/",
        _mine(codes.DownloadRecoveryCodesView.as_view()),
        name="mfa_download_recovery_codes",
    ),
]
