"""Addresses of the territory."""

from django.urls import path

from beffroi.territory import views

urlpatterns = [
    path("territoire/", views.territory, name="territory"),
    path("territoire/zones/<slug:zone_id>/", views.zone, name="zone"),
    path("territoire/zones/<slug:zone_id>/modifier/", views.change_zone, name="change-zone"),
    path("territoire/zones/<slug:zone_id>/retirer/", views.drop_zone, name="remove-zone"),
    path("territoire/points-chauds/", views.hot_spots, name="hot-spots"),
    path("territoire/faits/importer/", views.bring_facts, name="bring-facts"),
]
