"""Addresses of the pages about agents."""

from django.urls import path

from beffroi.people import views

urlpatterns = [
    path("agents/", views.agents, name="agents"),
    path("agents/ajouter/", views.add_agent, name="add-agent"),
    path("agents/<slug:agent_id>/", views.change_agent, name="change-agent"),
]
