"""Addresses of the impact assessment."""

from django.urls import path

from beffroi.authorise.assessment import views

urlpatterns = [
    path("analyse-d-impact/", views.assessments, name="assessments"),
    path("analyse-d-impact/ouvrir/", views.open_assessment, name="open-assessment"),
    path("analyse-d-impact/cadre/", views.framework, name="assessment-framework"),
    path("analyse-d-impact/cadre/joindre/", views.join_framework, name="join-framework"),
    path("analyse-d-impact/<int:assessment_number>/", views.assessment, name="assessment"),
    path("analyse-d-impact/<int:assessment_number>/valider/", views.approve, name="approve-assessment"),
    path("analyse-d-impact/<int:assessment_number>/cnil/", views.consultation, name="consult-assessment"),
    path("analyse-d-impact/<int:assessment_number>/avis/", views.opinion, name="assessment-opinion"),
    path("analyse-d-impact/<int:assessment_number>/<slug:section>/", views.section, name="assessment-section"),
]
