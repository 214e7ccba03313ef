"""Addresses of the requests of filmed people."""

from django.urls import path

from beffroi.evidence.access import views

urlpatterns = [
    path("vos-droits/", views.rights, name="rights"),
    path("demandes/", views.access, name="access"),
    path("demandes/inscrire/", views.add_access, name="add-access"),
    path("demandes/<slug:number>/", views.access_request, name="access-request"),
    path("demandes/<slug:number>/acte/", views.access_act, name="access-act"),
    path("demandes/<slug:number>/lettre/<slug:letter>/", views.access_letter, name="access-letter"),
    path("demandes/<slug:number>/couvrir/<slug:camera_id>/", views.access_cover, name="access-cover"),
    path("demandes/<slug:number>/copie/<slug:camera_id>/", views.access_copy, name="access-copy"),
]
