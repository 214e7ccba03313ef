"""An ONVIF service that is anything but one: the child that asks it ends with a code, in time, and tells nobody."""

from __future__ import annotations

import functools
import gzip
import http.server
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import given

from beffroi.engine.contract import CameraMasks, MaskDriver, MaskPolygon
from beffroi.engine.onvif import soap
from beffroi.engine.onvif.asking import Asked
from beffroi.engine.onvif.setting import Refusal, set_masks
from tests.engine.hostile.shapes import hostile, many
from tests.engine.onvif.test_setting import serving

PASSWORD = "s3cret-of-the-camera"
ENVELOPE = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body>{}</s:Body></s:Envelope>'  # noqa: E501
CLOCK = ENVELOPE.format(
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
    "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time><tt:Hour>1</tt:Hour><tt:Minute>2</tt:Minute>"
    "<tt:Second>3</tt:Second></tt:Time><tt:Date><tt:Year>{year}</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day></tt:Date>"
    "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
)
SERVICES = ENVELOPE.format(
    "<tds:GetServicesResponse><tds:Service><tds:Namespace>http://www.onvif.org/ver20/media/wsdl</tds:Namespace>"
    "<tds:XAddr>{xaddr}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version></tds:Service>"
    "</tds:GetServicesResponse>"
)
PROFILES = ENVELOPE.format(
    '<tr2:GetProfilesResponse><tr2:Profiles token="p" fixed="true"><tr2:Name>n</tr2:Name><tr2:Configurations>'
    '<tr2:VideoSource token="s"><tt:Name>n</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>t</tt:SourceToken>'
    '<tt:Bounds x="0" y="0" width="9" height="9"/></tr2:VideoSource></tr2:Configurations></tr2:Profiles>'
    "</tr2:GetProfilesResponse>"
)
RIGHT = [CLOCK.format(year=2026).encode(), SERVICES.format(xaddr="http://c/media").encode(), PROFILES.encode()]
WORDS = [
    *(b"<s:Envelope>", b"<s:Body>", b"<a>", b"</a>", b"&lol;", b"&#0;", b"<!DOCTYPE a [", b"<!ENTITY lol 'x'>", b"]>"),
    *(b"<![CDATA[", b"]]>", b"<?xml version='1.0' encoding='utf-7'?>", b"NaN", b"INF", b"1e999", b"9" * 400),
]


def asked(url: str) -> Asked:
    masks = CameraMasks(
        version=1,
        driver=MaskDriver.CAMERA,
        polygons=(MaskPolygon(points=((0, 0), (9000, 0), (9000, 9000))),),
        onvif_url=url,
    )
    return Asked(masks=masks, stream_url="rtsp://127.0.0.1/stream", username="beffroi", password=PASSWORD)


@pytest.fixture(scope="module")
def fed() -> Iterator[list[bytes]]:
    """A camera whose answers are this list, one after the other; the schemas are read once."""
    answers: list[bytes] = []

    def post(self: object, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer._content = 200, answers.pop(0) if len(answers) > 1 else answers[0]
        return answer

    patch = pytest.MonkeyPatch()
    patch.setattr(soap._OneCamera, "post", post)
    client = soap.Camera("http://127.0.0.1/", "", "")._client
    patch.setattr(soap.Camera, "_client", functools.cache(lambda self, wsdl: _client(client, wsdl)))
    yield answers
    patch.undo()


@functools.cache
def _client(make: Any, wsdl: str) -> Any:
    return make(wsdl)


@many
@given(clock=hostile(RIGHT, WORDS), services=hostile(RIGHT, WORDS), rest=hostile(RIGHT, WORDS))
def test_any_answer_ends_with_a_code(fed: list[bytes], clock: bytes, services: bytes, rest: bytes) -> None:
    fed[:] = [clock, services, rest]
    assert set_masks(asked("http://127.0.0.1/")) in {*Refusal}
    fed[:] = [RIGHT[0], RIGHT[1], services, rest]
    assert set_masks(asked("http://127.0.0.1/")) in {*Refusal}


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "lol">' + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
)


@pytest.mark.parametrize(
    "answer",
    [
        LAUGHS + b"]><l>&j;</l>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "{canary}">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "{canary}"><a/>',
        b'<?xml-stylesheet href="{canary}"?><!DOCTYPE a [<!ENTITY % p SYSTEM "{canary}"> %p;]><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="{canary}"/></a>',
        b"<a>" * 100_000,
        CLOCK.format(year="9" * 5000).encode(),
        b"",
        b"\xff\xfe\0",
    ],
    ids=[
        "laughs",
        "entity",
        "external type",
        "parameter entity",
        "file",
        "inclusion",
        "deep",
        "a year",
        "nothing",
        "noise",
    ],
)
def test_no_document_makes_the_child_fetch_or_swell(answer: bytes) -> None:
    class Canary(http.server.BaseHTTPRequestHandler):
        visits = 0

        def do_GET(self) -> None:
            type(self).visits += 1
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Canary) as canary:
        content = answer.replace(b"{canary}", canary.encode())
        with serving(_saying(content)) as url:
            assert set_masks(asked(url)) in {*Refusal}
    assert Canary.visits == 0


def _saying(content: bytes, *headers: tuple[str, str]) -> type[http.server.BaseHTTPRequestHandler]:
    class Saying(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            for name, value in (("Content-Length", str(len(content))), *headers):
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Saying


def test_an_answer_of_a_hundred_megabytes_is_left_after_the_first() -> None:
    with serving(_saying(b"<a>" + b"x" * 100_000_000)) as url:
        assert set_masks(asked(url)) is Refusal.FAULT


def test_a_hundred_megabytes_that_travel_as_a_hundred_kilobytes_are_left_too() -> None:
    packed = gzip.compress(b"<a>" + b"x" * 100_000_000)
    with serving(_saying(packed, ("Content-Encoding", "gzip"))) as url:
        assert set_masks(asked(url)) is Refusal.FAULT


def test_an_answer_that_comes_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap, "QUESTION_S", 0.5)
    sent = []

    class Dripping(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            try:
                for _ in range(200):
                    self.wfile.write(b"<")
                    sent.append(1)
                    time.sleep(0.05)
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Dripping) as url:
        assert set_masks(asked(url)) is Refusal.FAULT
    assert len(sent) < 200
