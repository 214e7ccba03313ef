"""The programme as decided, the works that build it, the scenarios beside it, the town's own camera models."""

from beffroi.plan.models.camera_model import TownCameraModel
from beffroi.plan.models.design import NetworkDesign
from beffroi.plan.models.programme import (
    Camera,
    CameraKind,
    CameraState,
    Codec,
    GroundChoice,
    Link,
    MeasuredWeek,
    NightLight,
    Phase,
    PoseSurvey,
    Programme,
    Site,
    StateChoice,
    TargetClass,
)
from beffroi.plan.models.scenario import TOWN_PLAN, Scenario, ScenarioProposal, ScenarioVersion
from beffroi.plan.models.works import (
    AcceptanceMeasure,
    AcceptanceSheet,
    BudgetEntry,
    IssuedPaper,
    Lot,
    Reserve,
    SignedCopy,
    Task,
)

__all__ = [
    "TOWN_PLAN",
    "AcceptanceMeasure",
    "AcceptanceSheet",
    "BudgetEntry",
    "Camera",
    "CameraKind",
    "CameraState",
    "Codec",
    "GroundChoice",
    "IssuedPaper",
    "Link",
    "Lot",
    "MeasuredWeek",
    "NetworkDesign",
    "NightLight",
    "Phase",
    "PoseSurvey",
    "Programme",
    "Reserve",
    "Scenario",
    "ScenarioProposal",
    "ScenarioVersion",
    "SignedCopy",
    "Site",
    "StateChoice",
    "TargetClass",
    "Task",
    "TownCameraModel",
]
