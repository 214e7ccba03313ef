"""Agents, the roles they hold, the acts that let them see pictures, their sessions."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from beffroi.core.dates import DateSpan
from beffroi.core.ids import new_id
from beffroi.people import events, rules
from beffroi.people.rules import Category, Held, Permit, Right, Role


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
        """Codes of the roles held."""
        return sorted({row.role for row in self.assignments.all()})

    @cached_property
    def permit(self) -> Permit:
        """All this agent may do today, read once a request; nothing once inactive."""
        if not self.is_active:
            return rules.NOTHING
        held = [row.held for row in self.assignments.select_related("group")]
        acts = [row.act for row in self.habilitations.all()]
        here = events.here()
        return rules.permit(held, acts, here.today_on, here=here.town)

    @property
    def categories(self) -> frozenset[Category]:
        """Categories of R. 253-3 II of the acts in force today."""
        here = events.here()
        acts = [row.act for row in self.habilitations.all()]
        return frozenset(act.category for act in acts if act.standing(here.today_on, here=here.town) in rules.IN_FORCE)

    @property
    def rights(self) -> frozenset[Right]:
        """All this agent may do somewhere today."""
        return self.permit.rights

    def may(self, right: Right) -> bool:
        """True when this agent has `right` somewhere today."""
        return right in self.rights

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__.pop("permit", None)
        super().refresh_from_db(*args, **kwargs)


class CameraGroup(models.Model):
    """Cameras that roles are given for: a district, a building, the town's entrances."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    cameras: models.JSONField[list[str], list[str]] = models.JSONField(_("caméras"), default=list)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """An agent holds a role: over which cameras, how far back, until when."""

    ROLES: ClassVar = [
        (Role.OPERATOR.value, _("opérateur ou opératrice du CSU")),
        (Role.CHIEF.value, _("chef ou cheffe du CSU")),
        (Role.POLICE.value, _("police municipale")),
        (Role.OPJ.value, _("officier de police judiciaire désigné")),
        (Role.ADMIN.value, _("administration du système")),
        (Role.TECHNICAL.value, _("services techniques")),
        (Role.MAINTAINER.value, _("mainteneur (mire seulement)")),
        (Role.INSTALLER.value, _("installateur (mire seulement)")),
        (Role.MAYOR.value, _("maire (chiffres)")),
        (Role.MAYOR_WITH_PICTURES.value, _("maire, avec images")),
        (Role.DPO.value, _("protection des données")),
        (Role.ADVISER.value, _("référent sûreté ou bureau d'études")),
        (Role.COORDINATOR.value, _("coordination du CLSPD")),
        (Role.INSPECTOR.value, _("contrôle de la préfecture")),
        (Role.PARTNER.value, _("service destinataire d’un déport, en direct")),
    ]

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="assignments")
    role = models.CharField(_("rôle"), max_length=20, choices=ROLES)
    group = models.ForeignKey(
        CameraGroup,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assignments",
        verbose_name=_("groupe"),
    )
    replay_days = models.PositiveSmallIntegerField(_("relecture, en jours"), null=True, blank=True)
    last_on = models.DateField(_("dernier jour"), null=True, blank=True)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["role", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent", "role"], name="role_once_for_the_town", condition=models.Q(group__isnull=True)
            ),
            models.UniqueConstraint(fields=["agent", "role", "group"], name="role_once_for_a_group"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.role}"

    @property
    def held(self) -> Held:
        """As the rules see it."""
        cameras = frozenset(self.group.cameras) if self.group else None
        return Held(role=Role(self.role), cameras=cameras, replay_days=self.replay_days, last_on=self.last_on)


class Agreement(models.Model):
    """An authority and the town share cameras or agents: the agreement between them, and the one with the State.

    Without one, nothing of another authority enters. Never deleted. Source: CSI L. 132-14.
    """

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    authority = models.CharField(_("autre autorité"), max_length=120)
    """As its cameras name their controller."""
    town_number = models.CharField(_("convention avec la commune"), max_length=60)
    town_on = models.DateField(_("signée le"))
    state_number = models.CharField(_("convention avec l'État"), max_length=60)
    state_on = models.DateField(_("signée le"))
    last_on = models.DateField(_("dernier jour"))
    ended_on = models.DateField(_("finie avant terme le"), null=True, blank=True)
    end_number = models.CharField(_("acte qui y met fin"), max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["authority", "-town_on", "pk"]
        verbose_name = _("convention de mutualisation")

    def __str__(self) -> str:
        return f"{self.authority} · {self.town_number}"

    @property
    def span(self) -> DateSpan:
        """The days on which both stand."""
        last = self.last_on + timedelta(days=1)
        return DateSpan(
            from_on=max(self.town_on, self.state_on), until_on=min(last, self.ended_on) if self.ended_on else last
        )


class Habilitation(models.Model):
    """The act that lets a person see pictures. Never deleted; it ends, or is suspended or withdrawn by an act.

    Source: CSI R. 253-3 II; L. 132-14-1 for the approval of category d.
    """

    CATEGORIES: ClassVar = [
        (Category.STATE.value, _("a · police, gendarmerie, douanes, secours")),
        (Category.MAYOR.value, _("b · maire, élu délégué à la police")),
        (Category.MUNICIPAL_POLICE.value, _("c · police municipale")),
        (Category.APPROVED.value, _("d · agent agréé par le préfet")),
        (Category.AUTHORITY.value, _("e · autre autorité publique")),
    ]

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="habilitations")
    category = models.CharField(_("catégorie"), max_length=1, choices=CATEGORIES)
    number = models.CharField(_("numéro de l'acte"), max_length=60)
    signed_on = models.DateField(_("signé le"))
    signed_by = models.CharField(_("signataire"), max_length=120)
    territory = models.CharField(_("territoire"), max_length=5)
    first_on = models.DateField(_("premier jour"))
    last_on = models.DateField(_("dernier jour"))
    approval_number = models.CharField(_("numéro de l'agrément"), max_length=60, blank=True)
    approval_on = models.DateField(_("agréé le"), null=True, blank=True)
    approval_last_on = models.DateField(_("dernier jour de l'agrément"), null=True, blank=True)
    agreement = models.ForeignKey(
        Agreement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="habilitations",
        verbose_name=_("convention"),
    )
    """Of category e: the agreement under which another authority's agent works here."""
    suspended_on = models.DateField(_("suspendue le"), null=True, blank=True)
    withdrawn_on = models.DateField(_("retirée le"), null=True, blank=True)
    end_number = models.CharField(_("acte de suspension ou de retrait"), max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-first_on", "pk"]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.category} {self.number}"

    @property
    def act(self) -> rules.Act:
        """As the rules see it."""
        category = Category(self.category)
        return rules.Act(
            category=category,
            territory=self.territory,
            first_on=self.first_on,
            last_on=self.last_on,
            is_approved=category is not Category.APPROVED or bool(self.approval_number),
            approval_last_on=self.approval_last_on,
            suspended_on=self.suspended_on,
            withdrawn_on=self.withdrawn_on,
        )


class Waiver(models.Model):
    """An act by which a small town lets one person hold both sides of a pair of `rules.INCOMPATIBLE`."""

    pair = models.CharField(primary_key=True, max_length=24)
    number = models.CharField(_("numéro de l'acte"), max_length=60)
    signed_on = models.DateField(_("signé le"))
    signed_by = models.CharField(_("signataire"), max_length=120)

    def __str__(self) -> str:
        return self.pair


class Revocation(models.Model):
    """Grants given to `agent` up to `at_us` are dead. Rows older than the longest grant are swept away."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="revocations")
    at_us = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.at_us}"


class Identity(models.Model):
    """An agent as an OpenID Connect provider names them: by issuer and subject, never by an address."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} at {self.issuer}"


class AgentSession(models.Model):
    """One open session: from where, since when, last seen (to the minute)."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    key = models.CharField(max_length=40, unique=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="sessions")
    address = models.CharField(max_length=45)
    browser = models.CharField(max_length=200)
    since_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-last_at"]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.address}"
