"""The contract between web and node: what it refuses, and that `ref/wire.md` tells the truth about it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from beffroi.core.errors import InvalidInput, NotAuthenticated
from beffroi.engine import contract
from beffroi.engine.contract import (
    CameraMasks,
    DesiredCamera,
    DesiredState,
    Erasure,
    GrantKind,
    Hold,
    KeptCamera,
    MaskDriver,
    MaskPolygon,
    Reason,
    StreamName,
    StreamSource,
    ViewingGrant,
    decode,
    encode,
    sign,
    verify,
)

WIRE = (Path(__file__).parents[3] / "ref" / "wire.md").read_text()
KEY = Ed25519PrivateKey.generate()
GRANT = ViewingGrant(
    id="g1",
    node="n1",
    agent="7",
    camera="c03",
    kind=GrantKind.LIVE,
    reason=Reason(code="patrol"),
    issued_at_us=1,
    ends_at_us=2,
)


def test_a_desired_state_survives_the_wire() -> None:
    source = StreamSource(stream=StreamName.MAIN, url="rtsp://10.0.0.4/live", username="u", password="é")
    polygon = MaskPolygon(points=((0, 0), (9000, 0), (0, 9000)), preset="2")
    masks = CameraMasks(version=3, driver=MaskDriver.CAMERA, polygons=(polygon,), onvif_url="http://10.0.0.4/onvif")
    camera = DesiredCamera(
        id="c03", name="Mandarous → Bonald", sources=(source,), retention_s=60, not_after_us=9, masks=masks
    )
    erasure = Erasure(camera="c09", from_at_us=1, before_at_us=2)
    kept = KeptCamera(camera="c09", holds=(Hold(id="h", from_at_us=1, to_at_us=2, until_at_us=3),))
    state = DesiredState(version="v", node="n1", cameras=(camera,), barred=("c09",), erasures=(erasure,), kept=(kept,))
    assert decode(DesiredState, encode(state)) == state


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode(Reason, b'{"code": "patrol", "sound": true}')
    assert refusal.value.field == "sound"


def test_no_grant_can_be_written_without_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        Reason(code="")


def test_a_signed_grant_is_accepted_by_its_key_alone() -> None:
    token = sign(GRANT, "k1", KEY)
    assert verify(token, {"k1": KEY.public_key()}) == GRANT
    for keys in ({}, {"k1": Ed25519PrivateKey.generate().public_key()}, {"k2": KEY.public_key()}):
        with pytest.raises(NotAuthenticated):
            verify(token, keys)


@given(st.integers(min_value=0, max_value=400), st.characters(codec="ascii"))
def test_a_grant_changed_anywhere_is_refused(place: int, letter: str) -> None:
    token = sign(GRANT, "k1", KEY)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    try:
        assert verify(changed, {"k1": KEY.public_key()}) == GRANT  # only when it says the same
    except NotAuthenticated:
        assert changed != token


def test_a_password_never_shows_in_a_representation() -> None:
    source = StreamSource(stream=StreamName.MAIN, url="rtsp://c/", username="u", password="s3cret")
    assert "s3cret" not in repr(source)


@pytest.mark.parametrize("name", ["DesiredState", "ExchangeRequest", "ExchangeReply", "ViewingGrant"])
def test_the_wire_page_names_the_types_that_travel(name: str) -> None:
    assert f"`{name}" in WIRE
    assert fields(getattr(contract, name))


def test_the_wire_page_tells_all_that_a_camera_s_masks_carry() -> None:
    told = re.search(r"`DesiredCamera\.masks`: (.*)", WIRE)
    assert told is not None
    for kind in (contract.CameraMasks, contract.MaskPolygon):
        assert all(f"`{field.name}`" in told[1] for field in fields(kind))
    for names in (contract.MaskDriver, contract.MaskState, contract.MaskVerdict):
        assert all(f"`{name.value}`" in told[1] for name in names)


def test_the_wire_page_lists_every_stream_state() -> None:
    listed = [set(re.findall(r"`(\w+)`", told)) for told in re.findall(r"`state` \(([^)]*)\)", WIRE)]
    assert {state.value for state in contract.CameraState} in listed
