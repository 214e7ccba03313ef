from __future__ import annotations

import hashlib
import json
import time

import pytest

from beffroi.core.base64url import b64
from tests.engine.node.town import NODE, Answer, Town, free_port

PATH = "/control/probe"


def asked(town: Town, body: bytes, *, key: str = "k1", at_us: int = 0, path: str = PATH) -> dict[str, str]:
    at_us = at_us or time.time_ns() // 1000
    text = f"beffroi-web.{NODE}.POST.{path}.{at_us}.{hashlib.sha256(body).hexdigest()}"
    return {"Authorization": f"Beffroi-Web key={key}, at={at_us}, sig={b64(town.key.sign(text.encode()))}"}


def source(port: int) -> bytes:
    return json.dumps({"stream": "main", "url": f"rtsp://127.0.0.1:{port}/x", "transport": "tcp"}).encode()


def probe(town: Town, body: bytes, headers: dict[str, str]) -> Answer:
    return town.ask("POST", PATH, headers=headers, body=body)


def test_a_camera_that_does_not_answer_is_said_in_the_error_form(running: Town) -> None:
    body = source(free_port())
    answer = probe(running, body, asked(running, body))
    assert answer.status == 503 and answer.json["error"]["message_fr"]


def test_a_signature_serves_once(running: Town) -> None:
    body = source(free_port())
    headers = asked(running, body)
    assert probe(running, body, headers).status == 503
    assert probe(running, body, headers).status == 401


def test_a_signature_serves_once_however_it_is_spelled(running: Town) -> None:
    body = source(free_port())
    headers = asked(running, body)
    assert probe(running, body, headers).status == 503
    text = headers["Authorization"]
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        assert probe(running, body, {"Authorization": text[:-1] + letter}).status == 401


def test_a_request_for_another_node_is_refused(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that hears web cannot make another one try a camera with its password."""
    monkeypatch.setattr("tests.engine.gateway.test_probing.NODE", "node-2")
    body = source(free_port())
    assert probe(running, body, asked(running, body)).status == 401


@pytest.mark.parametrize("bad", ["key", "old", "body", "path", "none"])
def test_only_web_may_probe(running: Town, bad: str) -> None:
    body = source(1)
    headers = {
        "key": asked(running, body, key="k2"),
        "old": asked(running, body, at_us=time.time_ns() // 1000 - 301_000_000),
        "body": asked(running, body + b" "),
        "path": asked(running, body, path="/control/nudge"),
        "none": {},
    }[bad]
    assert probe(running, body, headers).status == 401


def test_what_is_no_address_is_refused_by_field(running: Town) -> None:
    body = json.dumps({"stream": "main", "url": "file:///etc/passwd"}).encode()
    answer = probe(running, body, asked(running, body))
    assert answer.status == 400 and answer.json["error"]["field"] == "url"


def test_a_body_too_long_is_refused(running: Town) -> None:
    body = json.dumps({"url": "x" * 9000}).encode()
    assert probe(running, body, asked(running, body)).status == 400
