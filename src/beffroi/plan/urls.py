"""Addresses of the plan."""

from django.urls import path

from beffroi.plan import views

urlpatterns = [path("programme/", views.programme, name="programme")]
