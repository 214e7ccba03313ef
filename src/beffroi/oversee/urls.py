"""Addresses of oversight."""

from django.urls import path

from beffroi.oversee import hub, views
from beffroi.oversee.breaches import views as breaches
from beffroi.oversee.council import views as council
from beffroi.oversee.ethics import views as ethics
from beffroi.oversee.evaluation import views as evaluation
from beffroi.oversee.groups import views as groups
from beffroi.oversee.inspection import views as inspection
from beffroi.oversee.reviews import views as reviews
from beffroi.oversee.selfcheck import views as selfcheck
from beffroi.oversee.sharing import views as sharing
from beffroi.oversee.training import views as training
from beffroi.oversee.visits import views as visits

urlpatterns = [
    path("journal/", views.journal, name="journal"),
    path("journal/exports.csv", views.exports, name="journal-exports"),
    path("journal/preuve", views.proof, name="journal-proof"),
    path("evaluation/", evaluation.evaluations, name="evaluations"),
    path("evaluation/inscrire/", evaluation.add_evaluation, name="add-evaluation"),
    path("controle/", hub.oversight, name="oversight"),
    path("controle/exposition/", hub.exposure, name="exposure"),
    path("controle/revues/", reviews.reviews, name="reviews"),
    path("controle/revues/<slug:month>/", reviews.review, name="review"),
    path("controle/revues/<slug:month>/etablir/", reviews.draw, name="draw-review"),
    path("controle/revues/<slug:month>/signer/", reviews.sign, name="sign-review"),
    path("controle/revues/<slug:month>/pdf/", reviews.paper, name="review-paper"),
    path("controle/inspection/", inspection.inspection, name="inspection"),
    path("controle/inspection/etablir/", inspection.ask, name="ask-inspection"),
    path("controle/inspection/<slug:pack_id>/", inspection.fetch, name="fetch-inspection"),
    path("controle/violations/", breaches.breaches, name="breaches"),
    path("controle/violations/inscrire/", breaches.add_breach, name="add-breach"),
    path("controle/violations/<slug:breach_number>/", breaches.breach, name="breach"),
    path("controle/violations/<slug:breach_number>/completer/", breaches.change_breach, name="change-breach"),
    path("controle/violations/<slug:breach_number>/notifier/", breaches.notify_breach, name="notify-breach"),
    path("controle/violations/<slug:breach_number>/personnes/", breaches.tell_people, name="tell-people"),
    path("controle/violations/<slug:breach_number>/pdf/", breaches.notice, name="breach-notice"),
    path("controle/verifications/", selfcheck.checks, name="checks"),
    path("controle/verifications/conformite/", selfcheck.conformity, name="conformity"),
    path("controle/visites/", visits.visits, name="visits"),
    path("controle/visites/entree/", visits.come_in, name="visit-in"),
    path("controle/visites/<slug:visit_id>/sortie/", visits.go_out, name="visit-out"),
    path("controle/formations/", training.trainings, name="trainings"),
    path("controle/formations/inscrire/", training.add_training, name="add-training"),
    path("controle/deports/", sharing.links, name="links"),
    path("controle/deports/inscrire/", sharing.add_link, name="add-link"),
    path("controle/deports/<slug:link_id>/ouvrir/", sharing.turn_on, name="link-on"),
    path("controle/deports/<slug:link_id>/fermer/", sharing.turn_off, name="link-off"),
    path("controle/clspd/", council.council, name="council"),
    path("controle/clspd/pdf/", council.paper, name="council-paper"),
    path("controle/charte/", ethics.charter, name="charter"),
    path("controle/charte/signer/", ethics.sign_charter, name="sign-charter"),
    path("controle/charte/pdf/", ethics.charter_paper, name="charter-paper"),
    path("controle/charte/engagement/", ethics.my_pledge, name="my-pledge"),
    path("controle/charte/adopter/", ethics.adopt_charter, name="adopt-charter"),
    path("controle/ethique/", ethics.ethics, name="ethics"),
    path("controle/ethique/rapport/", ethics.report, name="ethics-report"),
    path("controle/ethique/sieges/inscrire/", ethics.add_seat, name="add-seat"),
    path("controle/ethique/sieges/<int:seat_id>/quitter/", ethics.end_seat, name="end-seat"),
    path("controle/ethique/saisines/inscrire/", ethics.add_referral, name="add-referral"),
    path("controle/ethique/saisines/<slug:referral_number>/", ethics.answer_referral, name="answer-referral"),
    path("controle/groupes/", groups.groups, name="groups"),
    path("controle/groupes/inscrire/", groups.add_group, name="add-group"),
    path("controle/groupes/<slug:exchange_id>/", groups.group, name="group"),
    path("controle/groupes/<slug:exchange_id>/engagement/", groups.pledge, name="pledge-group"),
    path("controle/groupes/<slug:exchange_id>/noter/", groups.add_note, name="add-group-note"),
    path("controle/groupes/<slug:convened_id>/membres/", groups.name_member, name="name-member"),
    path(
        "controle/groupes/<slug:convened_id>/membres/<int:membership_id>/retirer/",
        groups.end_member,
        name="end-member",
    ),
    path("destructions/", views.destructions, name="destructions"),
    path("destructions/<slug:camera_id>/<slug:day>/", views.certificate, name="destruction-certificate"),
]
