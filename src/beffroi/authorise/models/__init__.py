"""The papers a gate asks for, and the dossiers that ask the prefect for them."""

from beffroi.authorise.models.assessments import Assessment, Framework
from beffroi.authorise.models.dossiers import Attachment, BuiltDocument, Contact, Dossier, DossierText, Sign
from beffroi.authorise.models.papers import (
    Declaration,
    Drift,
    GateLine,
    Order,
    OrderCamera,
    TestedCamera,
    TestWindow,
    Undertaking,
)
from beffroi.authorise.models.terms import LocationNotice, Precaution, PrefectRequest

__all__ = [
    "Assessment",
    "Attachment",
    "BuiltDocument",
    "Contact",
    "Declaration",
    "Dossier",
    "DossierText",
    "Drift",
    "Framework",
    "GateLine",
    "LocationNotice",
    "Order",
    "OrderCamera",
    "Precaution",
    "PrefectRequest",
    "Sign",
    "TestWindow",
    "TestedCamera",
    "Undertaking",
]
