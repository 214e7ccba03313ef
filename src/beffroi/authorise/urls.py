"""Addresses of the authorisations."""

from django.urls import include, path

from beffroi.authorise import request_views, term_views, views

urlpatterns = [
    path("", include("beffroi.authorise.dossier.urls")),
    path("", include("beffroi.authorise.assessment.urls")),
    path("autorisations/", views.authorisations, name="authorisations"),
    path("autorisations/arretes/ajouter/", views.add_order, name="add-order"),
    path("autorisations/arretes/<slug:order_id>/", views.order, name="order"),
    path("autorisations/arretes/<slug:order_id>/suspendre/", views.suspend_order, name="suspend-order"),
    path("autorisations/arretes/<slug:order_id>/lever/", views.resume_order, name="resume-order"),
    path("autorisations/arretes/<slug:order_id>/retirer/", views.withdraw_order, name="withdraw-order"),
    path("autorisations/arretes/<slug:order_id>/suite/", term_views.open_next, name="open-next"),
    path("autorisations/arretes/<slug:order_id>/fini/", term_views.end_event, name="end-event"),
    path("autorisations/arretes/<slug:order_id>/avis/", term_views.add_notice, name="add-notice"),
    path("autorisations/arretes/<slug:order_id>/precautions/", term_views.add_precaution, name="add-precaution"),
    path("autorisations/precautions/<int:precaution_id>/lever/", term_views.end_precaution, name="end-precaution"),
    path("systemes/", term_views.public_systems, name="public-systems"),
    path("autorisations/demandes/ajouter/", request_views.add_prefect_request, name="add-prefect-request"),
    path(
        "autorisations/demandes/<slug:request_id>/deliberation/",
        request_views.prefect_request_vote,
        name="prefect-request-vote",
    ),
    path(
        "autorisations/demandes/<slug:request_id>/convention/",
        request_views.prefect_request_agreement,
        name="prefect-request-agreement",
    ),
    path("autorisations/engagement/", views.add_undertaking, name="add-undertaking"),
    path("autorisations/declarations/ajouter/", views.add_declaration, name="add-declaration"),
    path("autorisations/essais/ouvrir/", views.open_window, name="open-window"),
    path("autorisations/essais/<int:window_id>/fermer/", views.close_window, name="close-window"),
]
