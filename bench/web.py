"""A web of two pages for the benches: the built console, and the JSON it asks for, with grants signed here.

The console's code and the node are the real ones; what is left out is Django, which no picture passes through.
Source: ref/wire.md §2 and §8.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from beffroi.engine.contract import GrantKind
from beffroi.engine.stream import CodecConfig
from bench.children import ROOT, MeasureFailed
from bench.node import NODE, BenchNode, Span

CONSOLE = ROOT / "src" / "beffroi" / "web" / "static" / "console"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".woff": "font/woff"}
REASON = {"code": "bench", "label": "bench"}


class BenchWeb:
    """Serves on loopback from a thread, as a context manager. Its origin is known before the node starts."""

    def __init__(self, cameras: list[str], config: CodecConfig) -> None:
        self.cameras, self.config = cameras, config
        self.node: BenchNode | None = None
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = web.answer(self.path)
                self._send(kind, body)

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._send("application/json", json.dumps(web.grants(asked["requests"])).encode())

            def _send(self, kind: str, body: bytes) -> None:
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Silent: the bench prints figures only."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> BenchWeb:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[str, bytes]:
        """Content type and body of a GET; an empty body is a 404."""
        route = path.partition("?")[0]
        if route in ("/mur/", "/relecture/"):
            return "text/html; charset=utf-8", _page(route.strip("/"))
        if route.startswith("/console/"):
            asset = CONSOLE / "assets" / Path(route).name
            return _TYPES.get(asset.suffix, "application/octet-stream"), asset.read_bytes() if asset.exists() else b""
        replies: dict[str, Callable[[], dict[str, Any]]] = {
            "/api/me": self._me,
            "/api/cameras": lambda: {"cameras": [self._camera(name) for name in self.cameras]},
            "/api/state": self._state,
            "/api/reasons": lambda: {"reasons": [REASON]},
            "/api/holds": lambda: {"holds": []},
            "/api/map": lambda: {
                "streets": {"features": []},
                "water": {"features": []},
                "places": [],
                "approximate": True,
            },
        }
        reply = replies.get(route)
        return "application/json", json.dumps(reply()).encode() if reply else b""

    def grants(self, asked: list[dict[str, Any]]) -> dict[str, Any]:
        """As `POST /api/grants`."""
        assert self.node is not None
        given = []
        for one in asked:
            span = Span(int(one["from_at_us"]), int(one["to_at_us"]))
            token, grant = self.node.grant(one["camera"], GrantKind(one["kind"]), span)
            limits = {"open_before_us": grant.open_before_us, "ends_at_us": grant.ends_at_us}
            given.append(
                {"camera": grant.camera, "kind": grant.kind, "token": token, "node_url": self.node.url, **limits}
            )
        return {"grants": given}

    def _me(self) -> dict[str, Any]:
        return {
            "agent": {"id": "bench", "name": "Bench", "title": "", "language": "en"},
            "town": {"name": "Bench", "time_zone": "UTC", "fictional": True},
            "rights": [kind.value for kind in GrantKind],
            "console": {"version": "0"},
        }

    def _camera(self, name: str) -> dict[str, Any]:
        assert self.node is not None
        words = dict.fromkeys(("site", "zone"), "") | {"number": name.upper(), "name": name, "short_name": name}
        place = {"lat": 44.1, "lon": 3.08, "approximate": True, "bearing_deg": 0, "hfov_deg": 60, "range_m": 30}
        stream = {"stream": "main", "codec": self.config.mime_codec, "fallback": False}
        size = {"width_px": self.config.width_px, "height_px": self.config.height_px}
        rest = {"kind": "fixed", "node": NODE, "node_url": self.node.url, "workshop": False}
        rest |= {"retention_s": 30 * 86_400, "replay_days": None}
        return {**_status(name), **words, **place, **rest, "streams": [{**stream, **size}]}

    def _state(self) -> dict[str, Any]:
        assert self.node is not None
        now_us = time.time_ns() // 1000
        node = {
            "id": NODE,
            "name": NODE,
            "url": self.node.url,
            "state": "up",
            "at_us": now_us,
            "disk_free_bytes": 1 << 40,
        }
        return {"now_at_us": now_us, "cameras": [_status(name) for name in self.cameras], "nodes": [node]}


def _status(name: str) -> dict[str, Any]:
    now_us = time.time_ns() // 1000
    return {
        "id": name,
        "state": "recording",
        "since_at_us": 1,
        "last_at_us": now_us,
        "message": "",
        "clock_offset_ms": None,
    }


def _page(view: str) -> bytes:
    manifest = CONSOLE / ".vite" / "manifest.json"
    if not manifest.exists():
        raise MeasureFailed("the console is not built: run make setup")
    entry = next(one for one in json.loads(manifest.read_text()).values() if one.get("isEntry"))
    styles = "".join(f'<link rel="stylesheet" href="/console/{style}">' for style in entry.get("css", ()))
    script = f'<script type="module" src="/console/{entry["file"]}"></script>'
    page = f'<!doctype html><html lang="en"><head><meta charset="utf-8">{styles}{script}</head>'
    return f'{page}<body><div id="console" data-view="{view}" data-language="en"></div></body></html>'.encode()
