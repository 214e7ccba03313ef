"""Reads of the authorisations: gates, tests, orders and their alerts, drift."""

from beffroi.authorise.queries.camera_gates import (
    CameraGate,
    camera_files,
    gates,
    is_where,
    precautions_of,
    retention_on,
)
from beffroi.authorise.queries.drift import findings, open_drift, pose_of
from beffroi.authorise.queries.orders import OrderView, alerts, orders_on, systems_on
from beffroi.authorise.queries.testing import is_test_footage, tests_closed_to, windows

__all__ = [
    "CameraGate",
    "OrderView",
    "alerts",
    "camera_files",
    "findings",
    "gates",
    "is_test_footage",
    "is_where",
    "open_drift",
    "orders_on",
    "pose_of",
    "precautions_of",
    "retention_on",
    "systems_on",
    "tests_closed_to",
    "windows",
]
