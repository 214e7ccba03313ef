"""Addresses of the dossiers, the contacts and the notices."""

from django.urls import path

from beffroi.authorise.dossier import access_views, views

urlpatterns = [
    path("dossiers/", views.dossiers, name="dossiers"),
    path("dossiers/ouvrir/", views.add_dossier, name="add-dossier"),
    path("dossier/<slug:dossier_id>/", views.dossier, name="dossier"),
    path("dossier/<slug:dossier_id>/demande/", views.dossier_edit, name="dossier-edit"),
    path("dossier/<slug:dossier_id>/zones-et-couts/", views.dossier_trace, name="dossier-trace"),
    path("dossier/<slug:dossier_id>/1996/", views.dossier_of_1996, name="dossier-1996"),
    path("dossier/<slug:dossier_id>/textes/<slug:key>/", views.dossier_text, name="dossier-text"),
    path("dossier/<slug:dossier_id>/joindre/", views.dossier_attach, name="dossier-attach"),
    path("dossier/<slug:dossier_id>/jointes/<int:attachment_id>/", views.dossier_attachment, name="dossier-attachment"),
    path("dossier/<slug:dossier_id>/jointes/<int:attachment_id>/retirer/", views.dossier_detach, name="dossier-detach"),
    path("dossier/<slug:dossier_id>/etablir/", views.dossier_build, name="dossier-build"),
    path("dossier/<slug:dossier_id>/documents/<slug:document>/", views.dossier_document, name="dossier-document"),
    path("dossier/<slug:dossier_id>/plans/<slug:name>.svg", views.dossier_plan, name="dossier-plan"),
    path("dossier/<slug:dossier_id>/acces/", access_views.sites, name="dossier-accesses"),
    path("dossier/<slug:dossier_id>/acces/<slug:site_id>/", access_views.site, name="dossier-site-accesses"),
    path("dossier/<slug:dossier_id>/deposer/", views.dossier_file, name="dossier-file"),
    path("dossier/<slug:dossier_id>/recepisse/", views.dossier_receipt, name="dossier-receipt"),
    path("dossier/<slug:dossier_id>/decision/", views.dossier_decision, name="dossier-decision"),
    path("dossiers/contacts/", views.contacts, name="dossier-contacts"),
    path("dossiers/contacts/<slug:role>/", views.contact, name="dossier-contact"),
    path("dossiers/affiches/", views.signs, name="dossier-signs"),
    path("dossiers/affiches/ajouter/", views.add_sign, name="add-sign"),
    path("dossiers/affiches/<slug:sign_id>/vue/", views.check_sign, name="check-sign"),
]
