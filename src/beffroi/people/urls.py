"""Addresses of the pages about agents."""

from django.urls import path

from beffroi.people import oidc_views, views

urlpatterns = [
    path("agents/", views.agents, name="agents"),
    path("agents/ajouter/", views.add_agent, name="add-agent"),
    path("agents/groupes/", views.groups, name="camera-groups"),
    path("agents/groupes/ajouter/", views.add_group, name="add-camera-group"),
    path("agents/groupes/<slug:group_id>/", views.change_group, name="change-camera-group"),
    path("agents/separation/", views.separations, name="separations"),
    path("agents/separation/<slug:pair>/", views.waive, name="waive"),
    path("agents/separation/<slug:pair>/retablir/", views.restore, name="restore-separation"),
    path("agents/<slug:agent_id>/", views.agent, name="agent"),
    path("agents/<slug:agent_id>/compte/", views.change_agent, name="change-agent"),
    path("agents/<slug:agent_id>/role/", views.give_role, name="give-role"),
    path("agents/<slug:agent_id>/role/<int:assignment_id>/fin/", views.end_role, name="end-role"),
    path("agents/<slug:agent_id>/facteurs/retirer/", views.drop_factors, name="drop-factors"),
    path("agents/<slug:agent_id>/habilitation/", views.add_habilitation, name="add-habilitation"),
    path("agents/<slug:agent_id>/session/<slug:session_id>/fin/", views.end_session, name="end-session"),
    path("habilitations/", views.register, name="habilitations"),
    path("habilitations/<slug:habilitation_id>/suspendre/", views.suspend, name="suspend-habilitation"),
    path("habilitations/<slug:habilitation_id>/retablir/", views.resume, name="resume-habilitation"),
    path("habilitations/<slug:habilitation_id>/retirer/", views.withdraw, name="withdraw-habilitation"),
    path("conventions/", views.agreements, name="agreements"),
    path("conventions/inscrire/", views.add_agreement, name="add-agreement"),
    path("conventions/<slug:agreement_id>/finir/", views.end_agreement, name="end-agreement"),
    path("compte/oidc/", oidc_views.sign_in, name="oidc"),
    path("compte/oidc/retour/", oidc_views.come_back, name="oidc-back"),
    path("compte/oidc/lier/", oidc_views.link, name="oidc-link"),
    path("compte/oidc/delier/", oidc_views.unlink, name="oidc-unlink"),
    path("compte/", views.my_account, name="my-account"),
    path("compte/session/<slug:session_id>/fin/", views.end_my_session, name="end-my-session"),
]
