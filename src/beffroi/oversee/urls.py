"""Addresses of oversight."""

from django.urls import path

from beffroi.oversee import views
from beffroi.oversee.evaluation import views as evaluation

urlpatterns = [
    path("journal/", views.journal, name="journal"),
    path("journal/exports.csv", views.exports, name="journal-exports"),
    path("journal/preuve", views.proof, name="journal-proof"),
    path("evaluation/", evaluation.evaluations, name="evaluations"),
    path("evaluation/inscrire/", evaluation.add_evaluation, name="add-evaluation"),
    path("destructions/", views.destructions, name="destructions"),
    path("destructions/<slug:camera_id>/<slug:day>/", views.certificate, name="destruction-certificate"),
]
