"""Addresses of oversight."""

from django.urls import path

from beffroi.oversee import views

urlpatterns = [
    path("journal/", views.journal, name="journal"),
    path("journal/exports.csv", views.exports, name="journal-exports"),
    path("journal/preuve", views.proof, name="journal-proof"),
    path("destructions/", views.destructions, name="destructions"),
    path("destructions/<slug:camera_id>/<slug:day>/", views.certificate, name="destruction-certificate"),
]
