"""What web and node say to each other. The bytes are fixed in `ref/wire.md`; a test compares the two.

Everything is a frozen dataclass; `decode()` is the only way in from JSON and refuses unknown fields,
`encode()` the only way out. Instants are `core.instants` microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from beffroi.core.base64url import b64, unb64
from beffroi.core.errors import InvalidInput, NotAuthenticated

if TYPE_CHECKING:  # a recorder that reads no message pays for neither: 8 MB
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from pydantic import ConfigDict, TypeAdapter

GRANT_OPEN_S = 60
"""A grant must be opened within this time of its issue."""
GRANT_LIVE_S = 15 * 60
"""An opened grant serves at most this long; web renews it while it is up."""

_STRICT: ConfigDict = {"extra": "forbid"}


class StreamName(StrEnum):
    """The two streams of a camera. There is no audio stream."""

    MAIN = "main"
    SUB = "sub"


class Transport(StrEnum):
    """How RTP travels: interleaved in the RTSP connection, or UDP."""

    TCP = "tcp"
    UDP = "udp"


class CameraState(StrEnum):
    """What a camera's stream does this minute (not its dated administrative state)."""

    RECORDING = "recording"
    SILENT = "silent"
    REFUSED = "refused"
    BARRED = "barred"


class MaskDriver(StrEnum):
    """Who blackens what a mask covers: the camera itself (ONVIF Media2), or the node, which decodes and encodes."""

    CAMERA = "camera"
    NODE = "node"


class MaskState(StrEnum):
    """What a node does about a camera's masks this minute."""

    PENDING = "pending"  # no proof yet: neither shown nor recorded
    PROVED = "proved"  # the camera's own masks are in the picture
    BURNT = "burnt"  # the node burns them in
    WITHHELD = "withheld"  # neither proved nor burnt: neither shown nor recorded


class MaskVerdict(StrEnum):
    """What a decoded picture says of the masks."""

    PROVED = "proved"
    UNPROVED = "unproved"  # no picture could be decoded, or it is one colour all over
    FAILED = "failed"  # something shows inside a mask


class MirrorState(StrEnum):
    """The second copy of a node's footage keys."""

    NONE = "none"  # the town asked for none
    WHOLE = "whole"
    FAILED = "failed"  # it misses keys: recording goes on, nothing is destroyed


class GapCause(StrEnum):
    """Why there is no footage for a span."""

    CONNECT = "connect"  # the camera cannot be reached
    REFUSED = "refused"  # it answers but refuses: password, path, redirect, codec
    SILENT = "silent"  # connected, no packet within the deadline
    LOSS = "loss"  # packets missing: frames dropped up to the next key frame
    MALFORMED = "malformed"  # packets or NAL units that cannot be used
    DISK_STALLED = "disk-stalled"  # the stall pool was full
    DISK_FULL = "disk-full"
    CLOCK = "clock"  # the node's clock jumped
    RESTART = "restart"  # the node was not running
    CLOSED = "closed"  # the node was stopped, or the camera taken out of the desired state
    MASK = "mask"  # privacy masks neither proved nor burnt
    CORRUPT = "corrupt"  # footage was written but cannot be read back


class GrantKind(StrEnum):
    """What a grant opens."""

    LIVE = "live"
    REPLAY = "replay"
    COVERAGE = "coverage"  # where footage exists and why not; no picture
    EXPORT = "export"
    SNAPSHOT = "snapshot"
    THUMBNAILS = "thumbnails"
    PTZ = "ptz"
    TEST_PATTERN = "test-pattern"


class FactKind(StrEnum):
    """What a node owes to web; delivered at least once, in order, from a durable outbox."""

    NODE_STARTED = "node-started"
    NODE_STOPPED = "node-stopped"
    CAMERA_STATE = "camera-state"
    GAP = "gap"
    FOOTAGE_DESTROYED = "footage-destroyed"
    FOOTAGE_HEAD = "footage-head"  # of a disk's Merkle log
    DISK_PRESSURE = "disk-pressure"
    CLOCK_JUMP = "clock-jump"
    CLOCK_STATE = "clock-state"  # hourly
    CAMERA_CLOCK = "camera-clock"  # a camera passes the second, or comes back
    VIEW_OPENED = "view-opened"
    VIEW_ENDED = "view-ended"
    MASK_PROOF = "mask-proof"
    MASK_STATE = "mask-state"
    VAULT_MIRROR = "vault-mirror"
    STREAM_MEASURED = "stream-measured"
    FACTS_DROPPED = "facts-dropped"  # the outbox was full and the oldest facts were let go


_LOOK = frozenset({"grant", "agent", "kind"})
FACT_DETAILS: Mapping[FactKind, frozenset[str]] = MappingProxyType(
    {
        FactKind.NODE_STARTED: frozenset({"version"}),
        FactKind.NODE_STOPPED: frozenset(),
        FactKind.CAMERA_STATE: frozenset({"state", "cause", "message", "message_fr"}),
        FactKind.GAP: frozenset({"stream", "from_at_us", "to_at_us", "cause"}),
        FactKind.FOOTAGE_DESTROYED: frozenset(
            {"stream", "from_at_us", "to_at_us", "files", "bytes", "reason", "method", "first_leaf", "last_leaf"}
        ),
        FactKind.FOOTAGE_HEAD: frozenset({"folder", "size", "root"}),
        FactKind.DISK_PRESSURE: frozenset({"free_bytes", "oldest_at_us", "below_minimum", "failing", "error"}),
        FactKind.CLOCK_JUMP: frozenset({"by_us", "destruction_suspended"}),
        FactKind.CLOCK_STATE: frozenset({"state", "cameras", "worst_camera_ms", "error_us", "offset_us"}),
        FactKind.CAMERA_CLOCK: frozenset({"offset_ms", "is_astray"}),
        FactKind.VIEW_OPENED: _LOOK | {"reason", "reference"},
        FactKind.VIEW_ENDED: _LOOK | {"cause", "frames", "bytes"},
        FactKind.MASK_PROOF: frozenset(
            {"stream", "version", "driver", "verdict", "cause", "levels", "sha256", "before_sha256", "before_at_us"}
        ),
        FactKind.MASK_STATE: frozenset({"state", "version", "driver", "cause"}),
        FactKind.VAULT_MIRROR: frozenset({"state", "cause"}),  # cause: full, gone, error
        FactKind.STREAM_MEASURED: frozenset(
            {"stream", "width_px", "height_px", "frames", "repeated", "fps_thousandths", "true_fps_thousandths"}
        ),
        FactKind.FACTS_DROPPED: frozenset({"count"}),
    }
)
"""All that a fact may say: of devices, footage and agents who look, never of who is filmed. Web keeps nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """Where one stream comes from. `url` holds no credentials; they stand apart and are never logged."""

    __pydantic_config__ = _STRICT
    stream: StreamName
    url: str
    transport: Transport = Transport.TCP
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"StreamSource({self.stream}, {self.url}, {self.transport})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A span of one camera kept beyond its retention, until `until_at_us`."""

    __pydantic_config__ = _STRICT
    id: str
    from_at_us: int
    to_at_us: int
    until_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskPolygon:
    """Corners in 0..10,000 of width and height from the top left; `preset`: of a PTZ camera, empty for always."""

    __pydantic_config__ = _STRICT
    points: tuple[tuple[int, int], ...]
    preset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMasks:
    """What a camera may not show. `onvif_url`: its device service, asked with the credentials of its streams."""

    __pydantic_config__ = _STRICT
    version: int
    driver: MaskDriver
    polygons: tuple[MaskPolygon, ...]
    onvif_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredCamera:
    """A camera whose gate is open: record it until `not_after_us`, destroy after `retention_s`."""

    __pydantic_config__ = _STRICT
    id: str
    name: str
    sources: tuple[StreamSource, ...]
    retention_s: int
    not_after_us: int
    minimum_retention_s: int = 0
    holds: tuple[Hold, ...] = ()
    masks: CameraMasks | None = None
    """With masks a camera is never opened but proved or burnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCamera:
    """A camera that streams no more here, and all the holds that stand on its footage; none: they were released."""

    __pydantic_config__ = _STRICT
    camera: str
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Footage of a camera that starts in [from, before) must not exist: whatever its retention and its holds."""

    __pydantic_config__ = _STRICT
    camera: str
    from_at_us: int
    before_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantKey:
    """A public key whose grants the node accepts: 32 bytes, base64url without padding."""

    __pydantic_config__ = _STRICT
    id: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredState:
    """All a node needs to know. `version` changes with any change; equal versions are equal states.

    `origins`: the exact web origins whose pages may call the gateway.
    `barred`: cameras the node must know of but not open (gate closed), with their ids only.
    `revoked_agents`: by agent, an instant; grants issued up to it are dead, what they opened ends now.
    `erasures`: footage of tests that are over, of cameras open or not.
    `kept`: holds on footage of barred cameras, whose retention stays what it was.
    """

    __pydantic_config__ = _STRICT
    version: str
    node: str
    cameras: tuple[DesiredCamera, ...]
    barred: tuple[str, ...] = ()
    grant_keys: tuple[GrantKey, ...] = ()
    origins: tuple[str, ...] = ()
    revoked_agents: dict[str, int] = field(default_factory=dict)
    footage_max_bytes: int = 0
    """0: only the disk limits."""
    erasures: tuple[Erasure, ...] = ()
    kept: tuple[KeptCamera, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFact:
    """One thing that happened on a node. `seq` grows by one per fact and never restarts on a node."""

    __pydantic_config__ = _STRICT
    seq: int
    kind: FactKind
    at_us: int
    camera: str = ""
    detail: dict[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHealth:
    """Counters of one stream since the node started; `state` and `last_at_us` are of this moment."""

    __pydantic_config__ = _STRICT
    stream: StreamName
    state: CameraState
    since_at_us: int
    last_at_us: int = 0
    message: str = ""
    """Why it is not recording, for people; empty when it is."""
    message_fr: str = ""
    """The same in French; empty when there is none."""
    codec: str = ""
    width_px: int = 0
    height_px: int = 0
    fps: float = 0.0
    bit_s: int = 0
    frames: int = 0
    lost_packets: int = 0
    malformed: int = 0
    reconnections: int = 0
    clock_offset_ms: int | None = None
    """Camera clock minus node clock, from RTCP sender reports; None when never measured."""
    viewers: int = 0
    fallback: bool = False
    """True when PyAV stands in for our own RTSP client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHealth:
    """State of a camera: that of its main stream."""

    __pydantic_config__ = _STRICT
    id: str
    state: CameraState
    since_at_us: int
    last_at_us: int
    streams: tuple[StreamHealth, ...] = ()
    masks: MaskState | None = None
    """None: nothing to mask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHealth:
    """The one health document of a node."""

    __pydantic_config__ = _STRICT
    node: str
    version: str
    started_at_us: int
    at_us: int
    desired_version: str
    disk_free_bytes: int
    disk_total_bytes: int
    footage_bytes: int
    oldest_at_us: int
    pool_bytes: int
    pool_max_bytes: int
    rss_bytes: int
    cpu_s: float
    outbox_facts: int
    clock_state: str = ""
    """`synchronised`, `unsynchronised`, `unknown`; empty from a node that does not say."""
    clock_error_ms: float | None = None
    """At most this far off, when synchronised."""
    mask_slots: int = 0
    """How many cameras this node may burn at once."""
    mask_slots_free: int = 0
    vault_mirror: MirrorState = MirrorState.NONE
    cameras: tuple[CameraHealth, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRequest:
    """What a node posts to web every 2 s, or at once when web says the state changed."""

    __pydantic_config__ = _STRICT
    health: NodeHealth
    facts: tuple[EngineFact, ...]
    have_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeReply:
    """`acked_seq`: facts up to it are stored; `desired` is present when the node's version is not current."""

    __pydantic_config__ = _STRICT
    acked_seq: int
    desired: DesiredState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why someone looks: a code from a closed list and the reference it belongs to (incident, task)."""

    __pydantic_config__ = _STRICT
    code: str
    reference: str = ""

    def __post_init__(self) -> None:
        if not self.code:
            raise ValueError("no viewing without a reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingGrant:
    """Permission for one agent to open one thing on one camera; see `sign()` and `verify()`.

    `from_at_us`/`to_at_us` bound replay, coverage, export, snapshots and thumbnails; both 0 for live.
    `ends_at_us` is when an opened grant stops serving.
    """

    __pydantic_config__ = _STRICT
    id: str
    node: str
    agent: str
    camera: str
    kind: GrantKind
    reason: Reason
    issued_at_us: int
    ends_at_us: int
    from_at_us: int = 0
    to_at_us: int = 0

    @property
    def open_before_us(self) -> int:
        """The last instant at which this grant can be opened."""
        return self.issued_at_us + GRANT_OPEN_S * 1_000_000


T = TypeVar("T")


def encode(message: Any) -> bytes:
    """UTF-8 JSON of a contract dataclass, keys in declaration order, no spaces."""
    return json.dumps(asdict(message), ensure_ascii=False, separators=(",", ":")).encode()


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
"""Built once a kind: building costs milliseconds, a hundred times the validation."""


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def decode(kind: type[T], payload: bytes | str) -> T:
    """A `kind` from its JSON.

    Errors: InvalidInput naming the first field that does not fit; unknown fields are refused.
    """
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(payload)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{kind.__name__}: {where or 'message'}: {first['msg']}.",
            message_fr=f"{kind.__name__} : {where or 'message'} ne convient pas ({first['type']}).",
            field=where,
        ) from None


def sign(grant: ViewingGrant, key_id: str, key: Ed25519PrivateKey) -> str:
    """The grant's token: `key id . payload . signature`, the last two base64url.

    The signature covers the ASCII text `beffroi-grant.key id.payload`.
    """
    signed = f"{key_id}.{b64(encode(grant))}"
    return f"{signed}.{b64(key.sign(b'beffroi-grant.' + signed.encode()))}"


def verify(token: str, keys: dict[str, Ed25519PublicKey]) -> ViewingGrant:
    """The grant inside `token` when a key of `keys` signed it. Time and camera are for the caller to check.

    Errors: NotAuthenticated; the message never repeats the token.
    """
    from cryptography.exceptions import InvalidSignature

    refusal = NotAuthenticated(
        "This viewing grant is not valid; ask for a new one.",
        message_fr="Cette autorisation de visionnage n'est pas valable ; demandez-en une nouvelle.",
    )
    try:
        key_id, payload, signature = token.split(".")
        keys[key_id].verify(unb64(signature), f"beffroi-grant.{key_id}.{payload}".encode())
        return decode(ViewingGrant, unb64(payload))
    except (ValueError, KeyError, InvalidSignature, InvalidInput):
        raise refusal from None


def public_key(key: GrantKey) -> Ed25519PublicKey:
    """The verifying key of a `GrantKey`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(unb64(key.public))


def grant_key(key_id: str, key: Ed25519PublicKey) -> GrantKey:
    """The `GrantKey` that carries a verifying key."""
    return GrantKey(id=key_id, public=b64(key.public_bytes_raw()))
