"""Agents and their roles."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from beffroi.core.ids import new_id
from beffroi.people.rules import Right, Role, rights_of


class AgentStore(BaseUserManager["Agent"]):
    """Finds agents for Django's login; creating them belongs to `services`."""

    def get_by_natural_key(self, username: str | None) -> Agent:
        return self.get(username__iexact=username)


class Agent(AbstractBaseUser):
    """A person who logs in. Never deleted: journals name it; `is_active` ends its access."""

    LANGUAGES: ClassVar = [("fr", "français"), ("en", "English")]

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    username = models.CharField(_("identifiant"), max_length=60, unique=True)
    email = models.EmailField(_("adresse électronique"), blank=True)
    name = models.CharField(_("nom affiché"), max_length=120)
    title = models.CharField(_("fonction"), max_length=120, blank=True)
    language = models.CharField(_("langue"), max_length=2, choices=LANGUAGES, default="fr")
    is_active = models.BooleanField(_("peut se connecter"), default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    objects: ClassVar[AgentStore] = AgentStore()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("username"), name="agent_username_once"),
            models.UniqueConstraint(Lower("email"), name="agent_email_once", condition=~models.Q(email="")),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """Name shown; asked for by allauth."""
        return self.name

    @property
    def role_codes(self) -> list[str]:
        """Codes of the roles held, read once a request."""
        held: list[str] | None = self.__dict__.get("_role_codes")
        if held is None:
            held = self.__dict__["_role_codes"] = [row.role for row in self.roles.all()]
        return held

    @property
    def rights(self) -> frozenset[Right]:
        """All this agent may do; nothing once inactive."""
        return rights_of(self.role_codes) if self.is_active else frozenset()

    def may(self, right: Right) -> bool:
        """True when a role of this agent carries `right`."""
        return right in self.rights

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__.pop("_role_codes", None)
        super().refresh_from_db(*args, **kwargs)


class AgentRole(models.Model):
    """An agent holds a role."""

    ROLES: ClassVar = [
        (Role.OPERATOR.value, _("opérateur ou opératrice du CSU")),
        (Role.CHIEF.value, _("chef ou cheffe du CSU")),
        (Role.POLICE.value, _("police municipale")),
        (Role.ADMIN.value, _("administration du système")),
        (Role.TECHNICAL.value, _("services techniques")),
        (Role.MAYOR.value, _("maire")),
        (Role.DPO.value, _("protection des données")),
        (Role.ADVISER.value, _("référent sûreté ou bureau d'études")),
        (Role.INSPECTOR.value, _("contrôle de la préfecture")),
    ]

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=ROLES)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["agent", "role"], name="agent_role_once")]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.role}"
