"""Sentences about what retaining a scenario would do, and what bars it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.plan.editor.changes import Act, Bar

ACTS: dict[Act, str | Promise] = {
    Act.ADD: _("ajoutée"),
    Act.MOVE: _("modifiée"),
    Act.DROP: _("abandonnée"),
}
BARS: dict[Bar, str | Promise] = {
    Bar.NOT_PLANNED: _("Elle n'est plus « prévue » : c'est une modification de l'autorisation, par un dossier."),
    Bar.NO_PHASE: _("Elle n'a pas de phase ; donnez-lui la sienne dans l'éditeur."),
    Bar.PHASE_DONE: _("Sa phase est en service ; donnez-lui une phase à venir."),
    Bar.NO_ZONE: _("Son emplacement n'est dans aucune zone ; versez d'abord sa zone au territoire."),
    Bar.OFF_SITE: _("Elle est à plus de 30 m de son emplacement ; donnez-lui en un autre, ou déplacez tout le mât."),
    Bar.OUTSIDE: _("Elle est hors de la limite communale ; déplacez-la."),
}
