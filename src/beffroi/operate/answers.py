"""What web's JSON answers hold; `ref/openapi-web.json` is made from it. Source: ref/wire.md §2, §8."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from beffroi.core.openapi import ErrorForm
from beffroi.engine.contract import CameraState, GrantKind, StreamName
from beffroi.operate.rules import NodeState


class Enrolled(TypedDict):
    """The node that enrolled."""

    node: str


class AgentForm(TypedDict):
    """Who is logged in."""

    id: str
    name: str
    title: str
    language: str


class TownForm(TypedDict):
    """Where."""

    name: str
    time_zone: str
    fictional: bool


class Console(TypedDict):
    """The program that answers."""

    version: str


class Me(TypedDict):
    """Who is logged in, where, with which rights."""

    agent: AgentForm
    town: TownForm
    rights: list[str]
    console: Console


class StreamForm(TypedDict):
    """One stream of a camera."""

    stream: StreamName
    codec: str
    width_px: int
    height_px: int
    fallback: bool


class ConditionForm(TypedDict):
    """The part of a camera that changes from minute to minute."""

    id: str
    state: CameraState
    since_at_us: int
    last_at_us: int
    message: str
    clock_offset_ms: int | None


class CameraForm(ConditionForm):
    """All that an agent may know of a camera."""

    number: str
    name: str
    short_name: str
    site: str
    zone: str
    lat: float
    lon: float
    approximate: bool
    bearing_deg: float
    hfov_deg: float
    range_m: float
    kind: Literal["fixed", "ptz"]
    node: str
    node_url: str
    workshop: bool
    retention_s: int
    replay_days: int | None
    streams: list[StreamForm]


class Cameras(TypedDict):
    """The cameras of an agent."""

    cameras: list[CameraForm]


class NodeForm(TypedDict):
    """A recorder."""

    id: str
    name: str
    url: str
    state: NodeState
    at_us: int
    disk_free_bytes: int


class State(TypedDict):
    """The changing part of the cameras, and the recorders."""

    now_at_us: int
    cameras: list[ConditionForm]
    nodes: list[NodeForm]
    visitors: int


class ReasonChoice(TypedDict):
    """A reason of the closed list."""

    code: str
    label: str


class Reasons(TypedDict):
    """The closed list of reasons."""

    reasons: list[ReasonChoice]


class Spot(TypedDict):
    """A place that has a name."""

    name: str
    lat: float
    lon: float


class BaseMap(TypedDict):
    """The base map; streets and water are GeoJSON."""

    streets: dict[str, Any]
    water: dict[str, Any]
    places: list[Spot]
    approximate: bool


class PlaceFound(Spot):
    """An answer to "where?"."""

    kind: str


class Places(TypedDict):
    """Answers to "where?"."""

    places: list[PlaceFound]


class GrantAnswer(TypedDict):
    """A grant, or why there is none."""

    camera: str
    kind: GrantKind
    token: NotRequired[str]
    node_url: NotRequired[str]
    open_before_us: NotRequired[int]
    ends_at_us: NotRequired[int]
    error: NotRequired[ErrorForm]


class Grants(TypedDict):
    """Grants, in the order asked."""

    grants: list[GrantAnswer]
