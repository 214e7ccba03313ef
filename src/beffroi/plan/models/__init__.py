"""The programme as decided, and the works that build it."""

from beffroi.plan.models.programme import (
    Camera,
    CameraKind,
    CameraState,
    Codec,
    Link,
    Phase,
    PoseSurvey,
    Programme,
    Site,
    StateChoice,
    TargetClass,
)
from beffroi.plan.models.works import (
    AcceptanceMeasure,
    AcceptanceSheet,
    BudgetEntry,
    Lot,
    Reserve,
    Task,
)

__all__ = [
    "AcceptanceMeasure",
    "AcceptanceSheet",
    "BudgetEntry",
    "Camera",
    "CameraKind",
    "CameraState",
    "Codec",
    "Link",
    "Lot",
    "Phase",
    "PoseSurvey",
    "Programme",
    "Reserve",
    "Site",
    "StateChoice",
    "TargetClass",
    "Task",
]
