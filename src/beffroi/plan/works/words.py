"""Sentences about works: what is wanting, then what to do."""

from __future__ import annotations

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.plan.calc.arms import FibreState
from beffroi.plan.models import Camera, GroundChoice, Link, Site, StateChoice, Task
from beffroi.plan.models.works import ItemChoice
from beffroi.plan.rules import StateName
from beffroi.plan.works.rules import Progress, Want, Wanting

PROGRESS: dict[Progress, str | Promise] = {
    Progress.TO_COME: _("à venir"),
    Progress.UNDER_WAY: _("en cours"),
    Progress.DONE: _("fait"),
    Progress.LATE: _("en retard"),
    Progress.BLOCKED: _("bloquée"),
}
FIBRE: dict[FibreState, str | Promise] = {
    FibreState.PLANNED: _("prévue"),
    FibreState.LAID: _("posée"),
    FibreState.LIT: _("allumée"),
}
KINDS: dict[str, str | Promise] = {
    "staff": _("agents"),
    "camera": _("caméras"),
    "trench": _("tranchées"),
    "cable": _("câble"),
    "mast": _("mâts"),
    "centre": _("salle"),
    "storage": _("enregistreurs et disques"),
    "study": _("études"),
    "maintenance": _("entretien"),
    "energy": _("énergie"),
}
SOURCES: dict[str, str | Promise] = {
    "staff": _("agents : saisis ; leur coût : table"),
    "camera": _("nombre : plan ; prix : table"),
    "trench": _("longueurs : plan ; prix : table"),
    "cable": _("longueurs : plan ; prix : table"),
    "mast": _("emplacements : plan ; prix : table"),
    "centre": _("plan ; prix : table"),
    "study": _("part de ce qui est construit : table"),
    "maintenance": _("part de ce qui est construit : table"),
    "energy": _("nombre : plan ; prix : table"),
}
"""Where the figure of a kind of money comes from; that of storage depends on what was measured."""
ITEMS: dict[str, str | Promise] = {
    "camera": _("Caméra"),
    "mast": _("Mât et coffret"),
    "recorder": _("Enregistreur"),
    "disk-tb": _("Disque, par To"),
    "centre": _("Salle"),
    **dict(GroundChoice.choices),
    "cable": _("Câble tiré et soudé"),
}
WANTS: dict[Want, str | Promise] = {
    Want.NO_CAMERA: _("Aucune caméra : retenez un scénario de l'éditeur du plan, ou importez le programme."),
    Want.NO_SHEET: _("%(site)s : ouvrir la fiche de réception."),
    Want.NOT_MEASURED: _("%(where)s : mesurer « %(item)s »."),
    Want.FAILED: _("%(where)s : « %(item)s » n'est pas conforme ; corriger, puis mesurer de nouveau."),
    Want.RESERVE: _("%(site)s : lever la réserve « %(subject)s »."),
    Want.LINK_NOT_LIT: _("%(link)s : poser et allumer la liaison (%(ground)s)."),
    Want.TASK_NOT_DONE: _("%(task)s : finir la tâche."),
    Want.CAMERA_STATE: _("%(camera)s est « %(state)s » : %(next)s."),
    Want.GATE: _("%(camera)s : %(subject)s"),
    Want.REPORT_NOT_ISSUED: _("Établir le procès-verbal de réception, une fois toutes les fiches passées."),
    Want.REPORT_NOT_SIGNED: _("Joindre l'exemplaire signé du procès-verbal de réception."),
    Want.AS_BUILT_NOT_ISSUED: _("Établir le dossier des ouvrages exécutés, une fois toutes les fiches passées."),
}
SUBJECTS: dict[Want, str | Promise] = {
    Want.NO_CAMERA: _("Travaux"),
    Want.TASK_NOT_DONE: _("Travaux"),
    Want.LINK_NOT_LIT: _("Travaux"),
    Want.CAMERA_STATE: _("Caméras"),
    Want.NO_SHEET: _("Réception"),
    Want.NOT_MEASURED: _("Réception"),
    Want.FAILED: _("Réception"),
    Want.RESERVE: _("Réception"),
    Want.GATE: _("Papiers"),
    Want.REPORT_NOT_ISSUED: _("Procès-verbal"),
    Want.REPORT_NOT_SIGNED: _("Procès-verbal"),
    Want.AS_BUILT_NOT_ISSUED: _("Procès-verbal"),
}
NEXT_STEP: dict[str, str | Promise] = {
    "": _("l'inscrire au programme"),
    StateName.PLANNED: _("monter et déposer son dossier"),
    StateName.FILED: _("attendre l'arrêté du préfet, puis l'inscrire"),
    StateName.AUTHORISED: _("la poser, puis l'écrire ici"),
    StateName.INSTALLED: _("déclarer la mise en service de la phase au préfet"),
    StateName.DECLARED: _("ouvrir une fenêtre d'essai"),
    StateName.IN_TEST: _("la réceptionner"),
    StateName.ACCEPTED: _("la mettre en service, une fois ses papiers là"),
    StateName.EXPIRED: _("renouveler son arrêté"),
}
"""What brings a camera one step further."""


def sentence(want: Wanting) -> str:
    """One thing that is wanting, in the language of the reader."""
    site = Site.objects.filter(pk=want.site).first() if want.site else None
    camera = Camera.objects.filter(pk=want.camera).first() if want.camera else None
    link = Link.objects.filter(pk=want.subject).first() if want.want is Want.LINK_NOT_LIT else None
    named = f"{camera.number} · {camera.name}" if camera else ""
    words = {
        "site": str(site or ""),
        "camera": named,
        "where": named or str(site or ""),
        "subject": want.subject,
        "item": ItemChoice(want.subject).label if want.subject in ItemChoice.values else want.subject,
        "state": StateChoice(want.subject).label if want.subject in StateChoice.values else want.subject,
        "next": NEXT_STEP.get(want.subject, ""),
        "link": str(link or want.subject),
        "ground": link.lies_in.lower() if link else "",
        "task": _task(want.subject) if want.want is Want.TASK_NOT_DONE else "",
    }
    return str(WANTS[want.want]) % words


def address(want: Wanting) -> str:
    """The page where it is mended, or where the way there is told."""
    match want.want:
        case Want.TASK_NOT_DONE:
            return reverse("task", args=[want.subject])
        case Want.LINK_NOT_LIT:
            return reverse("plan-link", args=[want.subject])
        case Want.NO_CAMERA:
            return reverse("planner")
        case Want.REPORT_NOT_ISSUED | Want.REPORT_NOT_SIGNED | Want.AS_BUILT_NOT_ISSUED:
            return reverse("phase", args=[want.subject]) + "#papiers"
        case Want.CAMERA_STATE | Want.GATE:
            return reverse("camera-steps", args=[want.camera])
    return reverse("sheet", args=[want.site])


def _task(key: str) -> str:
    return str(Task.objects.filter(pk=key).first() or key)
