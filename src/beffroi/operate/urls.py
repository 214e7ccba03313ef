"""Addresses of the operation: nodes, the console's JSON, pages."""

from django.urls import path

from beffroi.operate import acceptance_views, api, mask_views, views, week_views
from beffroi.operate.logbook import views as logbook

urlpatterns = [
    path("", views.home, name="home"),
    path("cameras/", views.cameras, name="cameras"),
    path("cameras/ajouter/", views.add_camera, name="add-camera"),
    path("cameras/<slug:camera_id>/", views.camera, name="camera"),
    path("cameras/<slug:camera_id>/modifier/", views.change_camera, name="change-camera"),
    path("cameras/<slug:camera_id>/masques/", mask_views.camera_masks, name="camera-masks"),
    path("cameras/<slug:camera_id>/reception/", acceptance_views.camera_acceptance, name="camera-acceptance"),
    path("cameras/<slug:camera_id>/retirer/", views.remove_camera, name="remove-camera"),
    path("enregistreurs/", views.nodes, name="nodes"),
    path("enregistreurs/ajouter/", views.add_node, name="add-node"),
    path("enregistreurs/<slug:node_id>/", views.node, name="node"),
    path("semaines/", week_views.weeks, name="weeks"),
    path("main-courante/", logbook.logbook, name="logbook"),
    path("main-courante/noter/", logbook.add_line, name="logbook-add"),
    path("main-courante/<slug:line_number>/corriger/", logbook.correct_line, name="logbook-correct"),
    path("main-courante/<slug:line_number>/opj/", logbook.tell_opj, name="logbook-tell"),
    path("node/exchange", api.exchange, name="node-exchange"),
    path("node/enrol", api.enrol, name="node-enrol"),
    path("api/me", api.me, name="api-me"),
    path("api/cameras", api.cameras, name="api-cameras"),
    path("api/state", api.state, name="api-state"),
    path("api/reasons", api.reasons, name="api-reasons"),
    path("api/map", api.base_map, name="api-map"),
    path("api/places", api.places, name="api-places"),
    path("api/grants", api.give_grants, name="api-grants"),
]
