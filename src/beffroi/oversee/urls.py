"""Addresses of oversight."""

from django.urls import path

from beffroi.oversee import hub, views
from beffroi.oversee.breaches import views as breaches
from beffroi.oversee.council import views as council
from beffroi.oversee.evaluation import views as evaluation
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
    path("destructions/", views.destructions, name="destructions"),
    path("destructions/<slug:camera_id>/<slug:day>/", views.certificate, name="destruction-certificate"),
]
