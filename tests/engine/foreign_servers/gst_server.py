"""GStreamer's RTSP server, run by the system's Python (`gi` comes from Debian): `/PATH` serves FOLDER/PATH.mp4.

Usage: gst_server.py FOLDER none|basic|digest. Prints its port; ends with its standard input.
"""

import importlib
import sys
import threading
from pathlib import Path
from typing import Any

USER, PASSWORD = "operateur", "Beffroi-2026"
# With is-live the server leaves a track that nobody sets up alone; without, it may never start the other one.
TRACKS = {
    "h264": "filesrc location={path} ! qtdemux ! h264parse ! rtph264pay name=pay{number} pt=96 ",
    "h265": "filesrc location={path} ! qtdemux ! h265parse ! rtph265pay name=pay{number} pt=97 ",
    "audio": "audiotestsrc is-live=true ! audio/x-raw,rate=8000 ! alawenc ! rtppcmapay name=pay{number} ",
}


def _factory(gst: Any, path: Path) -> Any:
    codec = "h265" if "h265" in path.stem else "h264"
    tracks = ["audio", codec] if "audio-first" in path.stem else [codec, "audio"]
    pipeline = "".join(TRACKS[track].format(path=path, number=number) for number, track in enumerate(tracks))
    factory = gst.RTSPMediaFactory.new()
    factory.set_launch(f"( {pipeline})")
    return factory


def _guard(gst: Any, server: Any, scheme: str) -> None:
    auth = gst.RTSPAuth.new()
    token = gst.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    rtsp = importlib.import_module("gi.repository.GstRtsp")
    if scheme == "digest":
        auth.set_supported_methods(rtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USER, PASSWORD, token)
    else:
        auth.set_supported_methods(rtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(gst.RTSPAuth.make_basic(USER, PASSWORD), token)
    server.set_auth(auth)


def main() -> None:
    gi: Any = importlib.import_module("gi")
    for name in ("Gst", "GstRtsp", "GstRtspServer"):
        gi.require_version(name, "1.0")
    importlib.import_module("gi.repository.Gst").init(None)
    gst: Any = importlib.import_module("gi.repository.GstRtspServer")
    loop = importlib.import_module("gi.repository.GLib").MainLoop()
    folder, scheme = Path(sys.argv[1]), sys.argv[2]
    server = gst.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    if scheme != "none":
        _guard(gst, server, scheme)
    for path in folder.glob("*.mp4"):
        factory = _factory(gst, path)
        if scheme != "none":
            factory.add_role_from_structure(_role())
        server.get_mount_points().add_factory(f"/{path.stem}", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


def _role() -> Any:
    gst = importlib.import_module("gi.repository.Gst")
    permissions = "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
    return gst.Structure.new_from_string(permissions)


if __name__ == "__main__":
    main()
