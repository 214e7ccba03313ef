"""Addresses of the plan."""

from django.urls import path

from beffroi.plan import views
from beffroi.plan.works import views as works

urlpatterns = [
    path("programme/", views.programme, name="programme"),
    path("programme/phases/<slug:phase_id>/", works.phase, name="phase"),
    path("programme/taches/<slug:task_id>/", works.task, name="task"),
    path("programme/sites/<slug:site_id>/reception/", works.sheet, name="sheet"),
    path("programme/sites/<slug:site_id>/reception/ouvrir/", works.open_sheet, name="open-sheet"),
    path("programme/reserves/<int:reserve_id>/lever/", works.lift_reserve, name="lift-reserve"),
]
