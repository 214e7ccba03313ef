"""Django's settings, from the configuration tree and the site key."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from beffroi.core import config as config_tree
from beffroi.core import site_key
from beffroi.core.errors import InvalidInput
from beffroi.web.databases import database

BEFFROI = config_tree.load()
_HERE = Path(__file__).parent

try:
    SITE_KEY = site_key.load(BEFFROI.keys)
except InvalidInput:
    # Tests, type checks and `beffroi init` load the settings before there is a key; `beffroi web` refuses to.
    SITE_KEY = site_key.SiteKey(secrets.token_bytes(32))

SECRET_KEY = SITE_KEY.django_secret
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *BEFFROI.web.names]
if not config_tree.is_loopback(BEFFROI.web.host) and BEFFROI.web.host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared
    ALLOWED_HOSTS.append(BEFFROI.web.host)
APPEND_SLASH = True
ROOT_URLCONF = "beffroi.web.urls"
WSGI_APPLICATION = "beffroi.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database(BEFFROI)}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "beffroi.journal",
    "beffroi.people",
    "beffroi.territory",
    "beffroi.plan",
    "beffroi.authorise",
    "beffroi.operate",
    "beffroi.evidence",
    "beffroi.oversee",
    "beffroi.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "beffroi.web.middleware.PrivateAnswers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "beffroi.web.middleware.BoundedBodies",
    "beffroi.web.middleware.SeenSessions",
    "beffroi.web.middleware.AgentLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "beffroi.web.middleware.ErrorAnswers",
    "beffroi.web.middleware.DeclaredAccess",
    "beffroi.people.second_factor.SecondFactorFirst",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "beffroi.web.layout.layout",
            ]
        },
    }
]

# Accounts: no sign-up, no default account, argon2 (library defaults), lock-out by account and address.
AUTH_USER_MODEL = "people.Agent"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "beffroi.people.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# Failed logins are counted once, by axes; this one only slows a machine that tries many accounts.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": False}
# Second factor: passkeys (verified by the device's own lock), one-time codes, recovery codes; secrets are sealed.
MFA_ADAPTER = "beffroi.people.second_factor.SecondFactors"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = "Beffroi"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "beffroi.people.accounts.locked_name"
AXES_LOCKOUT_CALLABLE = "beffroi.people.accounts.locked_out"
AXES_CLIENT_IP_CALLABLE = "beffroi.people.accounts.address_of"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

# Sessions live in the database, so that ending one ends it everywhere.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEFFROI.has_tls
# Cookies do not know ports: another program on localhost must not overwrite ours.
SESSION_COOKIE_NAME = f"beffroi_session_{BEFFROI.web.port}"
CSRF_COOKIE_NAME = f"beffroi_csrf_{BEFFROI.web.port}"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "beffroi.web.views.csrf_failure"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if BEFFROI.has_tls else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF, "blob:"],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 2**20  # a scan, 10 MB at most, never lies on a disk before it is sealed
BODY_MAX_BYTES = 66_000_000  # of somebody logged in: a file of facts has 64 MB at most

# French is the source; town time is shown, UTC is stored.
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("français")), ("en", _("anglais"))]
LOCALE_PATHS = [_HERE / "locale"]
LANGUAGE_COOKIE_NAME = "beffroi_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "/static/"
STATICFILES_DIRS = [_HERE / "static"]
# Served from the package itself: nothing to collect at installation; the console's file names carry their hash.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/console/assets/.+-[A-Za-z0-9_-]{8,}\.\w+$"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "beffroi": {"level": "INFO"},
        # A refused form or a wrong password is no fault of the server.
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
    },
}
