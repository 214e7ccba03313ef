"""What steps and awaited acts are called on pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from beffroi.evidence.access.rules import Did, Found, Next, Way

STEPS = {
    Did.RECEIVED: _("reçue"),
    Did.RECEIPT: _("récépissé envoyé"),
    Did.IDENTIFIED: _("identité confirmée"),
    Did.EXTENDED: _("délai prolongé de deux mois"),
    Did.LOCKED: _("images mises à l’abri"),
    Did.LIMITED: _("limitation signée par le DPO"),
    Did.LOOKED: _("images relues"),
    Did.GRANTED: _("accordée"),
    Did.REFUSED: _("refusée"),
    Did.APPOINTED: _("rendez-vous donné"),
    Did.WATCHED: _("images regardées sur place"),
    Did.DRAWN: _("rectangles tracés"),
    Did.COVERED: _("copie couverte faite"),
    Did.FAILED: _("copie impossible"),
    Did.CHECKED: _("copie relue par une seconde personne"),
    Did.HANDED: _("copie remise"),
    Did.CLOSED: _("close"),
    Did.FORGOTTEN: _("nom et adresse oubliés"),
}
NEXT = {
    Next.RECEIPT: _("envoyer le récépissé"),
    Next.IDENTIFY: _("confirmer l’identité"),
    Next.LOOK: _("relire les images"),
    Next.DECIDE: _("décider"),
    Next.APPOINT: _("donner un rendez-vous"),
    Next.WATCH: _("recevoir la personne"),
    Next.COVER: _("couvrir les autres personnes"),
    Next.CHECK: _("relire la copie, par une seconde personne"),
    Next.HAND: _("remettre la copie"),
    Next.CLOSE: _("clore"),
    Next.NOTHING: _("rien"),
}
FOUND = {
    Found.ALONE: _("la personne y est, et nul autre n’est reconnaissable"),
    Found.WITH_OTHERS: _("la personne y est, avec d’autres"),
    Found.NOTHING: _("rien qui la concerne, ou images détruites"),
}
WAYS = {
    Way.WATCHED: _("regarder les images sur place"),
    Way.COPY: _("recevoir une copie, toute autre personne couverte"),
    Way.ANSWER: _("réponse écrite"),
}
