"""Addresses of the plan."""

from django.urls import path

from beffroi.plan import views
from beffroi.plan.camera_models import views as library
from beffroi.plan.designing import views as designing
from beffroi.plan.editor import api
from beffroi.plan.editor import views as editor
from beffroi.plan.works import views as works

urlpatterns = [
    path("programme/", views.programme, name="programme"),
    path("programme/point-mensuel.pdf", views.monthly, name="monthly-sheet"),
    path("programme/phases/<slug:phase_id>/", works.phase, name="phase"),
    path("programme/phases/<slug:phase_id>/lots/ajouter/", works.add_lot, name="add-lot"),
    path("programme/phases/<slug:phase_id>/taches/ajouter/", works.add_task, name="add-task"),
    path("programme/phases/<slug:phase_id>/sommes/ajouter/", works.add_sum, name="add-sum"),
    path("programme/phases/<slug:phase_id>/proces-verbal.pdf", works.acceptance_report, name="acceptance-report"),
    path("programme/phases/<slug:phase_id>/ouvrages-executes.pdf", works.as_built_file, name="as-built-file"),
    path("programme/phases/<slug:phase_id>/etablir/", works.issue_paper, name="issue-paper"),
    path("programme/documents/<int:paper_id>/", works.issued_paper, name="issued-paper"),
    path("programme/documents/<int:paper_id>/signature/", works.join_signed, name="join-signed"),
    path("programme/exemplaires/<int:copy_id>/", works.signed_copy, name="signed-copy"),
    path("programme/phases/<slug:phase_id>/estimation/", works.expect_phase, name="expect-phase"),
    path("programme/lots/<slug:lot_id>/", works.change_lot, name="change-lot"),
    path("programme/taches/<slug:task_id>/", works.task, name="task"),
    path("programme/liaisons/<slug:fibre_id>/", works.link, name="plan-link"),
    path("programme/cameras/<slug:camera_id>/", works.camera_steps, name="camera-steps"),
    path("programme/sites/<slug:site_id>/reception/", works.sheet, name="sheet"),
    path("programme/sites/<slug:site_id>/reception/ouvrir/", works.open_sheet, name="open-sheet"),
    path("programme/images-de-reference/", works.references, name="references"),
    path("programme/reserves/<int:reserve_id>/lever/", works.lift_reserve, name="lift-reserve"),
    path("programme/fibre/", views.network, name="plan-network"),
    path("programme/fibre/concevoir/", designing.design, name="design-network"),
    path("programme/fibre/conceptions/<int:design_id>/", designing.network_design, name="network-design"),
    path("programme/fibre/conceptions/<int:design_id>/abandonner/", designing.cancel, name="cancel-network-design"),
    path("programme/fibre/conceptions/<int:design_id>/reprendre/", designing.take_over, name="take-network-design"),
    path("programme/fibre/conceptions/<int:design_id>/reseau.json", designing.network_json, name="network-json"),
    path("programme/fibre/conceptions/<int:design_id>/scenario.json", designing.scenario_json, name="network-scenario"),
    path("programme/fibre/conceptions/<int:design_id>/bordereau.csv", designing.bill_csv, name="network-bill"),
    path("programme/cout/", views.cost, name="plan-cost"),
    path("programme/modeles/", library.models, name="camera-models"),
    path("programme/modeles/modeles.toml", library.models_file, name="camera-models-file"),
    path("programme/modeles/importer/", library.bring_models, name="bring-models"),
    path("programme/modeles/ajouter/", library.add_model, name="add-model"),
    path("programme/modeles/<slug:model_id>/", library.model, name="camera-model"),
    path("programme/modeles/<slug:model_id>/retirer/", library.remove_model, name="remove-model"),
    path("programme/couverture/", editor.coverage, name="plan-coverage"),
    path("programme/plan/scenarios/<slug:scenario_id>/verser/", editor.pour_zone, name="pour-zone"),
    path("programme/plan/scenarios/<slug:scenario_id>/retenir/", editor.adopt, name="adopt-scenario"),
    path("api/plan/ground", api.ground, name="api-plan-ground"),
    path("api/plan/scenarios", api.scenarios, name="api-plan-scenarios"),
    path("api/plan/scenarios/<slug:scenario_id>", api.scenario, name="api-plan-scenario"),
    path("api/plan/scenarios/<slug:scenario_id>/proposal", api.proposal, name="api-plan-proposal"),
    path("api/plan/scenarios/<slug:scenario_id>/propose", api.propose, name="api-plan-propose"),
    path("api/plan/scenarios/<slug:scenario_id>/cancel", api.cancel, name="api-plan-cancel"),
    path("api/plan/scenarios/<slug:scenario_id>/spots", api.scenario_spots, name="api-plan-spots"),
    path("api/plan/camera", api.camera, name="api-plan-camera"),
    path("api/plan/coverage", api.coverage, name="api-plan-coverage"),
    path("api/plan/masks", api.masks, name="api-plan-masks"),
    path("api/plan/save", api.save, name="api-plan-save"),
]
