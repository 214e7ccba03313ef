"""The journal's codes in words. An action without words is shown as its code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from beffroi.evidence.access.words import STEPS
from beffroi.journal.rules import Register
from beffroi.operate.rules import REASONS
from beffroi.oversee.models import Visit

REGISTERS: Mapping[Register, str | Promise] = MappingProxyType(
    {
        Register.COLLECTION: _("Enregistrement"),
        Register.CONFIGURATION: _("Configuration"),
        Register.VIEWING: _("Visionnage en direct"),
        Register.REPLAY: _("Relecture"),
        Register.PTZ: _("Pilotage"),
        Register.LOCK: _("Verrous"),
        Register.EXPORT: _("Exports"),
        Register.COMMUNICATION: _("Communication"),
        Register.ERASURE: _("Destruction"),
        Register.HABILITATION: _("Habilitations et accès"),
        Register.GAP: _("Lacunes"),
        Register.CLOCK: _("Horloges"),
        Register.FOOTAGE: _("Stockage"),
        Register.JOURNAL: _("Journal"),
    }
)
_ACCESS = "access-request."
ACTIONS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "grant.given": _("droit de voir donné"),
        "grant.refused": _("droit de voir refusé"),
        "conformity.made": _("rapport de conformité établi"),
        "share.written": _("déport inscrit"),
        "share.on": _("déport ouvert"),
        "share.off": _("déport fermé"),
        "training.recorded": _("formation inscrite"),
        "visit.in": _("entrée d'une visite au CSU"),
        "visit.out": _("sortie d'une visite"),
        "visit.read": _("registre des visites lu"),
        "visit.purged": _("visites arrivées à leur terme effacées"),
        "breach.recorded": _("violation de données inscrite"),
        "breach.changed": _("violation de données complétée"),
        "breach.notified": _("violation notifiée à la CNIL"),
        "breach.people": _("information des personnes décidée"),
        "breach.late": _("72 heures passées sans notification"),
        "charter.adopted": _("charte adoptée"),
        "charter.signed": _("charte signée"),
        "committee.seated": _("siège du comité d'éthique inscrit"),
        "committee.left": _("siège du comité d'éthique quitté"),
        "referral.received": _("saisine du comité d'éthique inscrite"),
        "referral.answered": _("saisine du comité d'éthique complétée"),
        "group.founded": _("groupe de travail du CLSPD inscrit"),
        "group.named": _("membre d'un groupe de travail nommé"),
        "group.left": _("membre d'un groupe de travail retiré"),
        "group.pledged": _("engagement de confidentialité d'un groupe signé"),
        "group.noted": _("réunion d'un groupe de travail inscrite"),
        "group.read": _("échanges d'un groupe de travail lus"),
        "inspection.asked": _("dossier de contrôle demandé"),
        "inspection.made": _("dossier de contrôle établi"),
        "inspection.failed": _("dossier de contrôle en échec"),
        "inspection.fetched": _("dossier de contrôle pris"),
        "inspection.destroyed": _("copie d'un dossier de contrôle détruite"),
        "review.drawn": _("revue mensuelle établie"),
        "review.signed": _("revue mensuelle signée"),
        "review.late": _("revue mensuelle non faite à temps"),
        "view.opened": _("vue ouverte"),
        "view.ended": _("vue fermée"),
        "hold.made": _("verrou posé"),
        "access-request.fetched": _("copie couverte prise"),
        "certificate.made": _("certificat de destruction établi"),
        "dossier.built": _("dossier composé"),
        "dossier.filed": _("dossier déposé"),
        "dossier.receipt": _("récépissé du dossier inscrit"),
        "access-request.copies-destroyed": _("copies d'une demande d'accès détruites"),
        "contact.written": _("contact inscrit"),
        "dossier.attached": _("pièce jointe au dossier"),
        "dossier.decided": _("décision sur un dossier"),
        "dossier.detached": _("pièce retirée du dossier"),
        "dossier.opened": _("dossier ouvert"),
        "dossier.revised": _("dossier repris"),
        "dossier.written": _("pièce du dossier écrite"),
        "assessment.opened": _("version de l'analyse d'impact ouverte"),
        "assessment.written": _("rubrique de l'analyse d'impact écrite"),
        "assessment.approved": _("analyse d'impact validée"),
        "assessment.asked": _("CNIL saisie de l'analyse d'impact"),
        "assessment.answered": _("avis de la CNIL inscrit"),
        "assessment.framework": _("doctrine-cadre jointe"),
        "lot.added": _("lot ajouté"),
        "lot.changed": _("lot modifié"),
        "task.added": _("tâche ajoutée"),
        "task.changed": _("tâche modifiée"),
        "task.removed": _("tâche retirée"),
        "link.dated": _("liaison datée"),
        "phase.expected": _("mise en service réestimée"),
        "camera.measured": _("débit mesuré d'une caméra inscrit"),
        "camera.stepped": _("étape d'une caméra inscrite"),
        "sum.entered": _("somme inscrite au budget"),
        "sign.checked": _("affiche vérifiée"),
        "sign.placed": _("affiche posée"),
        "base.imported": _("base communale importée"),
        "evaluation.registered": _("évaluation inscrite"),
        "facts.imported": _("faits importés"),
        "accesses.changed": _("accès de bâtiments relevés"),
        "layer.imported": _("couche de carte importée"),
        "mask.drawn": _("masque tracé"),
        "mask.looked-at": _("masque vérifié"),
        "stream.measured": _("images enregistrées mesurées"),
        "mask.state": _("état d'un masque"),
        "node.mask-slots": _("places de floutage de l'enregistreur"),
        "network.designed": _("réseau de fibre conçu"),
        "network.adopted": _("réseau de fibre repris au programme"),
        "reserve.added": _("réserve inscrite"),
        "reserve.lifted": _("réserve levée"),
        "models.imported": _("modèles de caméras importés"),
        "model.added": _("modèle de caméra ajouté"),
        "model.changed": _("modèle de caméra corrigé"),
        "model.removed": _("modèle de caméra retiré"),
        "scenario.optimised": _("optimum d'un scénario demandé"),
        "scenario.adopted": _("scénario du plan retenu"),
        "scenario.saved": _("scénario du plan enregistré"),
        "paper.issued": _("procès-verbal ou ouvrages exécutés établis"),
        "paper.signed": _("exemplaire signé joint"),
        "sheet.measured": _("mesure de réception inscrite"),
        "sheet.opened": _("fiche de réception ouverte"),
        "task.dated": _("tâche datée"),
        "hold.changed": _("verrou modifié"),
        "hold.released": _("verrou levé"),
        "requisition.called": _("appel noté"),
        "requisition.locked": _("images verrouillées"),
        "requisition.extended": _("verrou prolongé"),
        "requisition.released": _("verrous levés"),
        "requisition.called-back": _("rappel par le standard"),
        "requisition.received": _("réquisition reçue"),
        "requisition.piece": _("pièce inscrite"),
        "requisition.piece-read": _("pièce lue"),
        "requisition.chosen": _("caméras choisies"),
        "requisition.replayed": _("relecture notée"),
        "requisition.attended": _("consultation sur place par un OPJ"),
        "requisition.attended-end": _("fin d'une consultation sur place"),
        "requisition.result": _("résultat noté"),
        "requisition.validated": _("validée par une deuxième personne"),
        "requisition.alone": _("sortie sans deuxième personne"),
        "requisition.validation-late": _("validation du lendemain non faite"),
        "requisition.dispensed": _("export décidé malgré une pièce manquante"),
        "requisition.pack-asked": _("pack demandé"),
        "requisition.handed-over": _("remise à un destinataire"),
        "requisition.closed": _("réquisition close"),
        "requisition.feedback": _("retour de l'enquête"),
        "recipient.added": _("destinataire inscrit"),
        "recipient.ended": _("destinataire retiré"),
        "logbook.noted": _("ligne de main courante"),
        "logbook.corrected": _("ligne de main courante corrigée"),
        "logbook.told": _("OPJ avisé d'un fait vu"),
        "logbook.purged": _("vieilles lignes de main courante effacées"),
        "pack.asked": _("export d'une caméra demandé"),
        "pack.made": _("pack fait"),
        "pack.failed": _("pack en échec"),
        "pack.destroyed": _("copie de travail détruite"),
        "gap.found": _("lacune constatée"),
        "footage.destroyed": _("images détruites"),
        "footage.head": _("tête des images enregistrées"),
        "camera.state": _("état d'une caméra"),
        "node.started": _("enregistreur démarré"),
        "node.stopped": _("enregistreur arrêté"),
        "node.added": _("enregistreur ajouté"),
        "node.changed": _("enregistreur modifié"),
        "node.code-made": _("code d'inscription fait"),
        "node.enrolled": _("enregistreur inscrit"),
        "device.added": _("caméra raccordée"),
        "device.changed": _("raccordement modifié"),
        "device.removed": _("caméra retirée"),
        "disk.pressure": _("disque presque plein"),
        "vault.mirror": _("second coffre des clés, en échec ou revenu"),
        "clock.state": _("état de l'horloge d'un enregistreur"),
        "clock.camera": _("écart d'horloge d'une caméra"),
        "clock.jump": _("horloge d'un enregistreur déréglée"),
        "clock.step-back": _("horloge revenue en arrière"),
        "facts.dropped": _("comptes rendus perdus"),
        "witness.split": _("un témoin connaît une autre tête du journal"),
        "town.imported": _("dossier de la ville importé"),
        "zone.added": _("zone versée au territoire"),
        "zone.changed": _("fiche d'une zone modifiée"),
        "zone.removed": _("zone retirée du territoire"),
        "session.opened": _("connexion"),
        "session.closed": _("déconnexion"),
        "account.locked-out": _("compte bloqué après cinq échecs"),
        "agent.added": _("compte créé"),
        "agent.opened": _("compte rouvert"),
        "agent.closed": _("compte fermé"),
        "password.set": _("mot de passe remplacé"),
        "password.changed": _("mot de passe changé"),
        "factor.added": _("second facteur ajouté"),
        "factor.removed": _("second facteur retiré"),
        "factor.dropped": _("second facteur perdu, effacé"),
        "identity.linked": _("identité externe liée"),
        "identity.unlinked": _("identité externe déliée"),
        "role.given": _("rôle donné"),
        "role.ended": _("rôle retiré"),
        "session.ended": _("session fermée d'office"),
        "group.put": _("groupe de caméras défini"),
        "separation.waived": _("cumul de fonctions admis"),
        "separation.restored": _("cumul de fonctions terminé"),
        "agreement.recorded": _("convention de mutualisation inscrite"),
        "agreement.ended": _("convention de mutualisation finie"),
        "habilitation.recorded": _("habilitation inscrite"),
        "habilitation.resumed": _("habilitation rétablie"),
        "habilitation.suspended": _("habilitation suspendue"),
        "habilitation.withdrawn": _("habilitation retirée"),
        "order.recorded": _("arrêté inscrit"),
        "order.changed": _("arrêté modifié"),
        "order.suspended": _("arrêté suspendu"),
        "order.resumed": _("arrêté rétabli"),
        "order.withdrawn": _("arrêté retiré"),
        "order.event-over": _("événement de l'arrêté provisoire terminé"),
        "precaution.laid-down": _("précaution de l'arrêté inscrite"),
        "precaution.ended": _("précaution de l'arrêté levée"),
        "location.notified": _("avis d'emplacement inscrit"),
        "prefect-request.recorded": _("demande du préfet inscrite"),
        "prefect-request.voted": _("délibération sur la demande du préfet inscrite"),
        "prefect-request.agreed": _("convention de financement inscrite"),
        "undertaking.recorded": _("engagement CNIL inscrit"),
        "receipt.recorded": _("récépissé CNIL inscrit"),
        "declaration.recorded": _("déclaration de mise en service inscrite"),
        "window.opened": _("essai ouvert"),
        "window.closed": _("essai fermé"),
        "gate.opened": _("porte ouverte"),
        "gate.shut": _("porte fermée"),
        "drift.raised": _("écart constaté"),
        "drift.cleared": _("écart levé"),
        "journal.read": _("journal lu"),
        "journal.export": _("journal exporté"),
        "journal.prune": _("lignes arrivées à leur terme détruites"),
        "head.stamp": _("horodatage par un tiers"),
    }
)

DETAILS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "from_at_us": _("début"),
        "to_at_us": _("fin"),
        "ends_at_us": _("jusqu'à"),
        "until_at_us": _("jusqu'à"),
        "kind": _("nature"),
        "stream": _("flux"),
        "files": _("fichiers"),
        "bytes": _("octets"),
        "method": _("procédé"),
        "frames": _("images"),
        "cause": _("cause"),
        "reason": _("cause"),
        "lines": _("lignes"),
        "node": _("enregistreur"),
        "cameras": _("caméras"),
        "days": _("jours"),
        "roles": _("rôles"),
        "due_on": _("au plus tard le"),
        "month": _("mois"),
        "count": _("nombre"),
        "remarks": _("remarques"),
        "afterwards": _("après coup"),
    }
)


_PURPOSES = dict(Visit.PURPOSES)


def register(code: str) -> str:
    """The register's name."""
    return str(REGISTERS[Register(code)]) if code in set(Register) else code


def action(code: str) -> str:
    """What was done."""
    if code.startswith(_ACCESS) and code not in ACTIONS:
        steps = {did.value: label for did, label in STEPS.items()}
        done = code.removeprefix(_ACCESS)
        return f"{gettext('demande d’une personne filmée')} : {steps.get(done, done)}"
    return str(ACTIONS.get(code, code))


def detail(key: str) -> str:
    """What a number or code of the details is."""
    return str(DETAILS.get(key, key))


def reason(code: str) -> str:
    """Why, in the reader's language."""
    french = translation.get_language() == "fr"
    labels = {one.code: one.label_fr if french else one.label_en for one in REASONS}
    return labels.get(code) or str(_PURPOSES.get(code, code))
