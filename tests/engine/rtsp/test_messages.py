"""Messages, descriptions, challenges and addresses, as cameras write them and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.engine.contract import GapCause
from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtsp import refusals
from beffroi.engine.rtsp.address import parse_address, resolve_control
from beffroi.engine.rtsp.auth import Credentials, best_challenge, unknown_scheme
from beffroi.engine.rtsp.message import MessageReader, Response, ServerRequest, parse_message
from beffroi.engine.rtsp.refusals import InvalidAddress
from beffroi.engine.rtsp.sdp import parse_sdp

SDP = """v=0\r
o=- 0 0 IN IP4 127.0.0.1\r
s=Caméra²\r
a=control:rtsp://10.0.0.1/all\r
m=audio 0 RTP/AVP 0\r
a=control:audio\r
m=video 0 RTP/AVP 96\r
a=rtpmap:96 h265/90000\r
a=fmtp:96 sprop-vps=QAE=; sprop-sps=QgE=; sprop-pps=RAE=\r
a=control:video\r
m=application 0 RTP/AVP 107\r
a=rtpmap:107 vnd.onvif.metadata/90000\r
"""


def test_an_answer_is_read_whatever_its_spelling() -> None:
    raw = b"RTSP/1.0 200 OK\r\ncseq:  7\r\n"
    raw += b"WWW-Authenticate: Basic realm=a\r\n folded=1\r\nwww-authenticate: x\r\n\r\nbody"
    answer = parse_message(raw)
    assert isinstance(answer, Response)
    assert (answer.status, answer.sequence, answer.body) == (200, 7, b"body")
    assert answer.headers.all("WWW-Authenticate") == ["Basic realm=a folded=1", "x"]


def test_a_request_of_the_server_is_told_from_an_answer() -> None:
    request = parse_message(b"ANNOUNCE rtsp://h/ RTSP/1.0\r\nCSeq: 3\r\n\r\n")
    assert isinstance(request, ServerRequest) and request.method == "ANNOUNCE"


@given(st.binary(max_size=300))
def test_noise_is_malformed_and_nothing_else(noise: bytes) -> None:
    for raw in (noise, b"RTSP/1.0 " + noise, b"RTSP/1.0 200 OK\r\nCSeq: " + noise):
        try:
            message = parse_message(raw)
            assert isinstance(message, ServerRequest) or message.sequence >= -1
        except Malformed:
            pass
        try:
            MessageReader().feed(raw)
        except Malformed:
            pass


def test_an_absurd_length_is_malformed() -> None:
    with pytest.raises(Malformed):
        MessageReader().feed(b"RTSP/1.0 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")


@given(st.integers(1, 40))
def test_messages_are_cut_wherever_the_network_cuts_them(step: int) -> None:
    raw = b"RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc\r\n$\x00\x00\x02xxOPTIONS * RTSP/1.0\r\n\r\n"
    reader = MessageReader()
    found = [message for at in range(0, len(raw), step) for message in reader.feed(raw[at : at + step])]
    assert [message[:4] for message in found] == [b"RTSP", b"OPTI"]
    assert found[0].endswith(b"abc")


def test_a_description_gives_tracks_and_sets() -> None:
    described = parse_sdp(SDP.encode())
    assert described.control == "rtsp://10.0.0.1/all"
    assert [track.label for track in described.tracks] == ["audio", "video H265", "application VND.ONVIF.METADATA"]
    video = described.tracks[1]
    assert (video.codec, video.control) == ("h265", "video")
    assert video.parameter_sets() == (b"\x40\x01", b"\x42\x01", b"\x44\x01")
    assert described.tracks[2].codec is None


@pytest.mark.parametrize("parameter", ["packetization-mode=2", "sprop-max-don-diff=3"])
def test_interleaved_packetisation_is_not_ours(parameter: str) -> None:
    described = parse_sdp(f"v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 {parameter}\n".encode())
    assert described.tracks[0].codec is None


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_description_is_read_or_malformed(noise: bytes) -> None:
    head = b"v=0\r\nm=video 0 RTP/AVP 96\r\n"
    tails = (b"", b"a=rtpmap:96 H264/", b"a=fmtp:96 sprop-parameter-sets=", b"m=", b"m=video 0 x ")
    for tail in tails:
        try:
            for track in parse_sdp(head + tail + noise).tracks:
                assert track.codec in (None, "h264", "h265")
                track.parameter_sets()
        except Malformed:
            pass


def test_a_challenge_we_cannot_answer_is_none() -> None:
    assert best_challenge(['Digest realm="a", nonce="b", algorithm=SHA-512-256', "Negotiate"]) is None
    assert best_challenge(['Digest realm="a", nonce="b", qop="auth-int"']) is None


@pytest.mark.parametrize(
    ("value", "name"),
    [("Negotiate", "Negotiate"), ('Digest realm="a", nonce="b", algorithm=SHA-512-256', "Digest SHA-512-256")],
)
def test_an_authentication_we_do_not_know_is_named(value: str, name: str) -> None:
    assert unknown_scheme([value]) == name
    refusal = refusals.unknown_authentication(f"{name}\x1b]0;x")
    assert f"does not know: {name}" in refusal.message and f"ne connaît pas : {name}" in refusal.message_fr
    assert refusal.message.isprintable() and refusal.cause is GapCause.REFUSED
    assert unknown_scheme([value, 'Basic realm="a"']) == unknown_scheme([]) == ""


def test_the_example_of_rfc_2617() -> None:
    credentials = Credentials("Mufasa", "Circle Of Life")
    challenge = best_challenge(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
    assert challenge is not None
    credentials.accept(challenge)
    value = credentials.authorization("GET", "/dir/index.html")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in value
    assert "Circle" not in value + repr(credentials.__dict__.keys())


@given(st.text(max_size=300))
def test_any_challenge_is_read_or_left(value: str) -> None:
    best_challenge([value, f"Digest {value}", f"Basic {value}"])


@given(st.text(max_size=100))
def test_any_address_is_read_or_refused(text: str) -> None:
    for url in (text, f"rtsp://{text}", f"rtsp://host:{text}"):
        try:
            parse_address(url)
        except InvalidAddress:
            pass


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:2121/x", "http://camera:80/x", "//camera:554/x", "camera:554/x"])
def test_only_rtsp_addresses_are_taken_even_with_a_port(url: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(url)


def test_a_camera_cannot_write_to_the_terminal() -> None:
    attack = "\x1b[2J\x9b31m\x07\u202eevil" + "x" * 500
    (track,) = parse_sdp(f"v=0\nm={attack} 0 RTP/AVP 0\n".encode()).tracks
    refusal = refusals.refused_request("SETUP", 500, attack)
    for text in (track.label, refusal.message, refusal.message_fr):
        assert text.isprintable() and "evil" in text and len(text) < 150


@pytest.mark.parametrize(
    ("base", "control", "url"),
    [
        ("rtsp://h/a/", "track1", "rtsp://h/a/track1"),
        ("rtsp://h/a?x=1", "track1", "rtsp://h/a?x=1/track1"),
        ("rtsp://h/a", "/track1", "rtsp://h/a/track1"),
        ("rtsp://h/a", "RTSP://h/b", "RTSP://h/b"),
        ("rtsp://h/a", "*", "rtsp://h/a"),
        ("rtsp://h/a", "", "rtsp://h/a"),
    ],
)
def test_control_attributes(base: str, control: str, url: str) -> None:
    assert resolve_control(base, control) == url


def test_a_quote_in_a_user_name_does_not_end_it() -> None:
    credentials = Credentials('a"b\\c', "secret")
    challenge = best_challenge(['Digest realm="camera", nonce="n"'])
    assert challenge is not None
    credentials.accept(challenge)
    assert credentials.authorization("DESCRIBE", "rtsp://h/").startswith(r'Digest username="a\"b\\c", realm="camera"')
