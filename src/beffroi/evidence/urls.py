"""Addresses of evidence."""

from django.urls import path

from beffroi.evidence import api
from beffroi.evidence.views import answering, board, treating

_ONE = "requisitions/<slug:register_number>/"

urlpatterns = [
    path("api/locks", api.locks, name="api-locks"),
    path("requisitions/", board.requisitions, name="requisitions"),
    path("requisitions/appel/", treating.call, name="requisition-call"),
    path("requisitions/registre/", board.register, name="requisition-register"),
    path("requisitions/destinataires/", answering.recipients, name="recipients"),
    path("requisitions/destinataires/inscrire/", answering.add_recipient, name="recipient-add"),
    path("requisitions/destinataires/<slug:recipient_id>/retirer/", answering.end_recipient, name="recipient-end"),
    path(_ONE, board.requisition, name="requisition"),
    path(f"{_ONE}consultations/", board.consultations, name="requisition-trail"),
    path(f"{_ONE}verrouiller/", treating.lock, name="requisition-lock"),
    path(f"{_ONE}rappel/", treating.call_back, name="requisition-call-back"),
    path(f"{_ONE}recue/", treating.receive, name="requisition-receive"),
    path(f"{_ONE}prolonger/", treating.extend, name="requisition-extend"),
    path(f"{_ONE}cameras/", treating.cameras, name="requisition-cameras"),
    path(f"{_ONE}relecture/", treating.replay, name="requisition-replay"),
    path(f"{_ONE}resultat/", treating.result, name="requisition-result"),
    path(f"{_ONE}pieces/", treating.piece, name="requisition-piece"),
    path(f"{_ONE}pieces/<slug:scan_id>/", treating.scan, name="requisition-scan"),
    path(f"{_ONE}opj/", treating.attend, name="requisition-attend"),
    path(f"{_ONE}opj/fin/", treating.attend_end, name="requisition-attend-end"),
    path(f"{_ONE}valider/", answering.validate, name="requisition-validate"),
    path(f"{_ONE}seul/", answering.alone, name="requisition-alone"),
    path(f"{_ONE}sans-piece/", answering.dispense, name="requisition-dispense"),
    path(f"{_ONE}pack/", answering.pack, name="requisition-pack"),
    path(f"{_ONE}remise/", answering.hand_over, name="requisition-hand-over"),
    path(f"{_ONE}clore/", answering.close, name="requisition-close"),
    path(f"{_ONE}retour/", answering.feedback, name="requisition-feedback"),
    path(f"{_ONE}reponse.pdf", answering.answer_document, name="requisition-answer"),
    path(f"{_ONE}recepisse.pdf", answering.receipt_document, name="requisition-receipt"),
]
