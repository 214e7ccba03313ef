"""Addresses of the operation: nodes, the console's JSON, pages."""

from django.urls import path

from beffroi.operate import api

urlpatterns = [
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
