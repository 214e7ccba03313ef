"""GStreamer's RTSP server with test pictures, run by the system's Python (which has gi). Prints its port.

Usage: gst_server.py CODEC FRAMES_PER_S USER:PASSWORD AUDIO(0|1) B_FRAMES. Ends with its standard input.
"""

import sys
from importlib import import_module
from typing import Any

gi: Any = import_module("gi")
for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
GLib, Gst, GstRtsp, GstRtspServer = (
    import_module(f"gi.repository.{name}") for name in ("GLib", "Gst", "GstRtsp", "GstRtspServer")
)

ENCODERS = {
    "h264": "x264enc tune={tune} rc-lookahead=4 bframes={b} b-adapt=false key-int-max=20 speed-preset=veryfast "
    "! video/x-h264,profile={profile} ! rtph264pay name=pay0 pt=96",
    "h265": "x265enc tune=zerolatency key-int-max=20 speed-preset=ultrafast ! rtph265pay name=pay0 pt=96",
    "jpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def main() -> None:
    codec, fps, account, audio, b_frames = sys.argv[1:6]
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
    encoder = ENCODERS[codec].format(
        tune="zerolatency" if b_frames == "0" else 0, b=b_frames, profile="high" if b_frames != "0" else "baseline"
    )
    height = 240 if codec == "jpeg" else 180  # RFC 2435 counts in blocks of 8
    launch = (
        f"videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height={height},framerate={fps}/1 ! {encoder}"
    )
    if audio == "1":
        launch += " audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay1 pt=8"
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {launch} )")
    factory.set_shared(True)
    if account != ":":
        user, password = account.split(":")
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        auth.add_digest(user, password, token)
        roles = GstRtspServer.RTSPPermissions()
        roles.add_permission_for_role("user", "media.factory.access", True)
        roles.add_permission_for_role("user", "media.factory.construct", True)
        factory.set_permissions(roles)
        server.set_auth(auth)
    server.get_mount_points().add_factory("/stream", factory)
    loop = GLib.MainLoop()
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP, lambda *_: loop.quit())
    loop.run()


main()
