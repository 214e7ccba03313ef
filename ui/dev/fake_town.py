"""A pretend web server and node in one, to draw and look at the console without either. Never shipped.

    .venv/bin/python ui/dev/fake_town.py PORT

Cameras come from the demo town's CSV; every one shows the same generated clip, a counter on it. Grants are not checked.
Recorded footage is the clip repeated for ever, with a hole of three and a half minutes in each hour.
"""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import struct
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import uvicorn
from PIL import Image, ImageDraw, ImageFont
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

REPO = Path(__file__).resolve().parents[2]
TOWN = REPO / "src/beffroi/demo_town"
CONSOLE = REPO / "src/beffroi/web/static/console"
FPS, FRAMES = 12, 96
GOP = 24
FRAME_US = 1_000_000 // FPS
SIZES = {"main": (1280, 720), "sub": (640, 360)}
HOUR_US = 3_600_000_000
GAP = (20 * 60_000_000, 23 * 60_000_000 + 30_000_000)
RETENTION_S = 15 * 86_400


@dataclass(frozen=True, slots=True)
class Clip:
    """Samples with 4-byte lengths, parameter sets apart."""

    avcc: bytes
    samples: tuple[tuple[bool, bytes], ...]
    width_px: int
    height_px: int


def now_us() -> int:
    return time.time_ns() // 1000


@lru_cache
def clip(stream: str) -> Clip:
    width, height = SIZES[stream]
    out = io.BytesIO()
    container = av.open(out, "w", format="mp4")
    track = container.add_stream("libx264", rate=FPS, options={"g": str(GOP), "bf": "0", "preset": "ultrafast"})
    track.width, track.height, track.pix_fmt = width, height, "yuv420p"
    packets = []
    for i in range(FRAMES):
        frame = av.VideoFrame.from_image(scene(i, width, height))
        packets += track.encode(frame)
    packets += track.encode(None)
    for packet in packets:
        container.mux(packet)
    container.close()
    source = av.open(io.BytesIO(out.getvalue()))
    record = bytes(source.streams.video[0].codec_context.extradata or b"")
    samples = tuple((p.is_keyframe, bytes(p)) for p in source.demux(video=0) if p.size)
    return Clip(record, samples, width, height)


def scene(i: int, width: int, height: int) -> Image.Image:
    rows = np.linspace(60, 150, height)[:, None]
    picture = np.dstack([rows.repeat(width, 1) * k for k in (0.9, 0.95, 1.0)]).astype(np.uint8)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.62, width, height), fill=(92, 92, 96))
    for k in range(6):
        left = width * k / 6
        draw.rectangle((left + 6, height * 0.2, left + width / 6 - 8, height * 0.62), fill=(150 + 8 * k, 136, 112))
    x = (i / FRAMES) * width
    draw.rectangle((x, height * 0.66, x + width * 0.12, height * 0.8), fill=(178, 54, 42))
    font = ImageFont.load_default(size=height // 16)
    draw.text((12, 8), "JEU D'ESSAI", fill="white", font=font)
    draw.text((width - height // 3, height - height // 11), f"{i:03d}", fill="white", font=font)
    return image


@lru_cache
def cameras() -> list[dict[str, object]]:
    with (TOWN / "cameras.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [camera(row, i) for i, row in enumerate(rows)]


def camera(row: dict[str, str], i: int) -> dict[str, object]:
    streams = [
        {"stream": name, "codec": "h264", "width_px": w, "height_px": h, "fallback": False}
        for name, (w, h) in SIZES.items()
    ]
    given = {k: float(row[k]) for k in ("lat", "lon", "bearing_deg", "hfov_deg")}
    words = {k: row[k] for k in ("id", "number", "name", "short_name", "site", "zone", "kind")}
    return {
        **words,
        **given,
        "approximate": True,
        "range_m": 60,
        "node": "n1",
        "node_url": "",
        "streams": streams,
        "workshop": False,
        "retention_s": RETENTION_S,
        "replay_days": None,
        **condition(row["id"], i),
    }


def condition(camera_id: str, i: int) -> dict[str, object]:
    is_silent = i in (17, 30)
    return {
        "id": camera_id,
        "state": "silent" if is_silent else "recording",
        "since_at_us": now_us() - 3_900_000_000,
        "last_at_us": now_us(),
        "message": "Connexion refusée par 10.0.0.17 : vérifiez l'alimentation." if is_silent else "",
        "clock_offset_ms": 40_000 if i == 21 else 40,
    }


async def page(request: Request) -> Response:
    view = request.url.path.strip("/")
    entry = json.loads((CONSOLE / ".vite/manifest.json").read_text())["src/console/main.tsx"]
    styles = "".join(f'<link rel="stylesheet" href="/static/console/{css}">' for css in entry["css"])
    language = request.query_params.get("l", "fr")
    body = (
        f'<!doctype html><html lang="{language}" data-theme="room"><head><meta charset="utf-8"><title>Beffroi</title>'
        f'{styles}<script type="module" src="/static/console/{entry["file"]}"></script></head>'
        f'<body><div id="console" data-view="{view}" data-language="{language}"></div></body></html>'
    )
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
        "connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:"
    )
    return HTMLResponse(body, headers={"Content-Security-Policy": policy})


async def me(request: Request) -> Response:
    agent = {"id": "a1", "name": "Claire Vidal", "title": "opératrice", "language": "fr"}
    town = {"name": "Millau", "time_zone": "Europe/Paris", "fictional": True}
    return JSONResponse(
        {"agent": agent, "town": town, "rights": ["live", "replay", "lock", "export"], "console": {"version": "dev"}}
    )


def own_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def list_cameras(request: Request) -> Response:
    return JSONResponse({"cameras": [{**one, "node_url": own_url(request)} for one in cameras()]})


async def state(request: Request) -> Response:
    rows = [condition(str(one["id"]), i) for i, one in enumerate(cameras())]
    node = {"id": "n1", "name": "Enregistreur 1", "url": "", "state": "up", "at_us": now_us()}
    return JSONResponse(
        {"now_at_us": now_us(), "cameras": rows, "nodes": [{**node, "disk_free_bytes": 412_000_000_000}], "visitors": 0}
    )


async def reasons(request: Request) -> Response:
    labels = {
        "patrol": "Ronde vidéo",
        "incident": "Suivi d'un incident",
        "requisition": "Réquisition",
        "fault": "Panne",
    }
    return JSONResponse({"reasons": [{"code": code, "label": label} for code, label in labels.items()]})


async def town_map(request: Request) -> Response:
    streets = json.loads((TOWN / "streets.geojson").read_text())
    water = json.loads((TOWN / "water.geojson").read_text())
    with (TOWN / "sites.csv").open(newline="") as file:
        places = [{"name": r["name"], "lat": float(r["lat"]), "lon": float(r["lon"])} for r in csv.DictReader(file)]
    return JSONResponse({"streets": streets, "water": water, "places": places, "approximate": True})


async def places(request: Request) -> Response:
    asked = request.query_params["q"].lower()
    found = []
    for feature in json.loads((TOWN / "streets.geojson").read_text())["features"]:
        name = feature["properties"]["name"]
        if asked in name.lower():
            lon, lat = feature["geometry"]["coordinates"][1]
            found.append({"name": name, "kind": "street", "lat": lat, "lon": lon})
    return JSONResponse({"places": found[:12]})


HELD: list[dict[str, object]] = []


async def holds(request: Request) -> Response:
    return JSONResponse({"holds": [one for one in HELD if one["camera"] == request.query_params["camera"]]})


async def lock(request: Request) -> Response:
    body = await request.json()
    until = body["from_at_us"] + RETENTION_S * 1_000_000
    made = [
        {"id": f"h{len(HELD)}{camera}", "camera": camera, "kind": body["kind"], "until_at_us": until}
        | {name: body[name] for name in ("from_at_us", "to_at_us")}
        for camera in body["cameras"]
    ]
    HELD.extend(made)
    return JSONResponse({"requisition": "", "holds": made}, status_code=201)


FACTOR = {"is_fresh": False}


async def factor_given(request: Request) -> Response:
    FACTOR["is_fresh"] = True
    return HTMLResponse('<script>new BroadcastChannel("beffroi.factor").postMessage("given"); window.close()</script>')


async def grants(request: Request) -> Response:
    body = await request.json()
    at = now_us()
    if not FACTOR["is_fresh"] and any(one["kind"] == "export" for one in body["requests"]):
        said = {"kind": "not-authenticated", "message": "Again.", "message_fr": "Encore.", "field": "second_factor"}
        return JSONResponse({"error": said}, status_code=401)
    answers = [
        {
            "camera": one["camera"],
            "kind": one["kind"],
            "token": "t",
            "node_url": own_url(request),
            "open_before_us": at + 60_000_000,
            "ends_at_us": at + 900_000_000,
        }
        for one in body["requests"]
    ]
    return JSONResponse({"grants": answers})


def frame_header(tile: int, index: int, at_us: int, payload: bytes, is_key: bool) -> bytes:
    return struct.pack(">BBHIqqq", 1, int(is_key), tile, len(payload), index * 7500, at_us, now_us())


async def live(socket: WebSocket) -> None:
    await socket.accept(subprotocol="beffroi.live.1")
    tiles: dict[int, asyncio.Task[None]] = {}
    try:
        while True:
            message = json.loads(await socket.receive_text())
            if message["type"] == "ping":
                await socket.send_json({"type": "pong", "sent_ms": message["sent_ms"], "at_us": now_us()})
            elif message["type"] == "subscribe":
                tiles[message["tile"]] = asyncio.create_task(feed(socket, message))
            elif message["type"] == "unsubscribe" and message["tile"] in tiles:
                tiles.pop(message["tile"]).cancel()
    except WebSocketDisconnect:
        pass
    finally:
        for task in tiles.values():
            task.cancel()


async def feed(socket: WebSocket, message: dict[str, object]) -> None:
    tile, stream, camera_id = int(str(message["tile"])), str(message["stream"]), str(message["camera"])
    shown = clip(stream)
    status = next(condition(camera_id, i) for i, one in enumerate(cameras()) if one["id"] == camera_id)
    config = {"tile": tile, "camera": camera_id, "stream": stream, "codec": f"avc1.{shown.avcc[1:4].hex()}"}
    size = {"width_px": shown.width_px, "height_px": shown.height_px}
    record = base64.b64encode(shown.avcc).decode()
    await socket.send_json({"type": "stream", **config, **size, "description": record, "transcoded": False})
    told = {k: status[k] for k in ("state", "since_at_us", "clock_offset_ms")}
    cause = "" if told["state"] == "recording" else "connect"
    await socket.send_json({"type": "state", "tile": tile, "cause": cause, **told})
    if cause:
        return
    index = now_us() // FRAME_US
    first = index - index % GOP
    while True:
        at_us = first * FRAME_US
        wait_s = (at_us - now_us()) / 1e6
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        is_key, sample = shown.samples[first % FRAMES]
        await socket.send_bytes(frame_header(tile, first, at_us, sample, is_key) + sample)
        first += 1


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def init_segment(shown: Clip) -> bytes:
    entry = bytearray(78)
    struct.pack_into(">HH", entry, 24, shown.width_px, shown.height_px)
    stsd = box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"avc1", bytes(entry), box(b"avcC", shown.avcc)))
    mdhd = box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 90_000, 0, 0, 0))
    mdia = box(b"mdia", mdhd, box(b"minf", box(b"stbl", stsd)))
    trex = box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 0, 0, 0x10000))
    tkhd = box(b"tkhd", struct.pack(">IIII", 0, 0, 0, 1))
    return box(b"moov", box(b"trak", tkhd, mdia), box(b"mvex", trex))


def fragment(shown: Clip, first: int) -> bytes:
    samples = [shown.samples[(first + i) % FRAMES][1] for i in range(GOP)]
    ntp = ((first * FRAME_US + 2_208_988_800_000_000) << 32) // 1_000_000
    prft = box(b"prft", struct.pack(">IIQQ", 0x01000000, 1, ntp, 0))
    rows = b"".join(struct.pack(">II", 7500, len(sample)) for sample in samples)
    head = struct.pack(">IIII", 0x000305, GOP, 8 + 16 + 8 + 16 + 20 + 24 + len(rows) + 8, 0x2000000)
    tfhd, tfdt = box(b"tfhd", struct.pack(">II", 0x20000, 1)), box(b"tfdt", struct.pack(">IQ", 0x01000000, 0))
    traf = box(b"traf", tfhd, tfdt, box(b"trun", head, rows))
    return prft + box(b"moof", box(b"mfhd", bytes(8)), traf) + box(b"mdat", *samples)


def span(request: Request) -> tuple[int, int]:
    return int(request.query_params["from_at_us"]), int(request.query_params["to_at_us"])


def is_filmed(at_us: int) -> bool:
    return not GAP[0] <= at_us % HOUR_US < GAP[1]


async def media(request: Request) -> Response:
    from_us, to_us = span(request)
    shown = clip(request.path_params["stream"])
    first = from_us // FRAME_US // GOP * GOP
    last = min(to_us, now_us()) // FRAME_US
    parts = [fragment(shown, i) for i in range(first, last, GOP) if is_filmed(i * FRAME_US)]
    if not parts:
        return JSONResponse({"error": {"kind": "not-found", "message": "No footage.", "message_fr": "Rien."}}, 404)
    return Response(init_segment(shown) + b"".join(parts), media_type="video/mp4")


async def coverage(request: Request) -> Response:
    from_us, to_us = span(request)
    oldest = now_us() - 9 * 86_400_000_000
    spans, gaps, at = [], [], max(from_us, oldest)
    to_us = min(to_us, now_us())
    while at < to_us:
        hour = at // HOUR_US * HOUR_US
        start, end = hour + GAP[0], hour + GAP[1]
        if start <= at < end:
            gaps.append({"from_at_us": at, "to_at_us": min(end, to_us), "cause": "connect"})
            at = end
        else:
            until = start if at < start else start + HOUR_US
            spans.append({"from_at_us": at, "to_at_us": min(until, to_us)})
            at = until
    return JSONResponse({"spans": spans, "gaps": gaps, "oldest_at_us": oldest, "newest_at_us": now_us()})


async def thumbnail(request: Request) -> Response:
    index = int(request.query_params["at_us"]) // FRAME_US % FRAMES
    out = io.BytesIO()
    scene(index, 320, 180).save(out, "jpeg")
    return Response(out.getvalue(), media_type="image/jpeg")


async def export(request: Request) -> Response:
    request.path_params["stream"] = "main"
    return await media(request)


async def manifest(request: Request) -> Response:
    return JSONResponse({"camera": request.path_params["camera"], "frames": 1, "gaps": [], "sha256": "0" * 64})


ROUTES = [
    *(Route(path, page) for path in ("/poste/", "/mur/", "/relecture/")),
    Route("/api/me", me),
    Route("/api/cameras", list_cameras),
    Route("/api/state", state),
    Route("/api/reasons", reasons),
    Route("/api/map", town_map),
    Route("/api/places", places),
    Route("/api/grants", grants, methods=["POST"]),
    Route("/api/holds", holds),
    Route("/api/locks", lock, methods=["POST"]),
    Route("/compte/facteurs/donne/", factor_given),
    WebSocketRoute("/live", live),
    Route("/replay/{camera}/{stream}/media", media),
    Route("/replay/{camera}/{stream}/coverage", coverage),
    Route("/thumbnail/{camera}", thumbnail),
    Route("/export/{camera}", export),
    Route("/export/{camera}/manifest", manifest),
    Mount("/static/console", StaticFiles(directory=CONSOLE)),
]

if __name__ == "__main__":
    for name in SIZES:
        clip(name)
    uvicorn.run(Starlette(routes=ROUTES), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
