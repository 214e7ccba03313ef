"""Addresses of the authorisations."""

from django.urls import include, path

from beffroi.authorise import views

urlpatterns = [
    path("", include("beffroi.authorise.dossier.urls")),
    path("autorisations/", views.authorisations, name="authorisations"),
    path("autorisations/arretes/ajouter/", views.add_order, name="add-order"),
    path("autorisations/arretes/<slug:order_id>/", views.order, name="order"),
    path("autorisations/arretes/<slug:order_id>/suspendre/", views.suspend_order, name="suspend-order"),
    path("autorisations/arretes/<slug:order_id>/lever/", views.resume_order, name="resume-order"),
    path("autorisations/arretes/<slug:order_id>/retirer/", views.withdraw_order, name="withdraw-order"),
    path("autorisations/engagement/", views.add_undertaking, name="add-undertaking"),
    path("autorisations/declarations/ajouter/", views.add_declaration, name="add-declaration"),
    path("autorisations/essais/ouvrir/", views.open_window, name="open-window"),
    path("autorisations/essais/<int:window_id>/fermer/", views.close_window, name="close-window"),
]
