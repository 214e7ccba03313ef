"""Install what the tests need from Debian when it is missing: a browser, PostgreSQL, third-party judges of our formats.

Run by `make test`. Without root it says what to install and stops.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {  # package: a command or file it brings
    "chromium": "chromium",
    "ffmpeg": "ffmpeg",
    "openssl": "openssl",
    "iproute2": "ip",
    "postgresql": "/usr/lib/postgresql/*/bin/initdb",
    "gstreamer1.0-tools": "gst-launch-1.0",
    "gstreamer1.0-plugins-base": "/usr/lib/*/gstreamer-1.0/libgstapp.so",
    "gstreamer1.0-plugins-good": "/usr/lib/*/gstreamer-1.0/libgstrtp.so",
    "gstreamer1.0-plugins-bad": "/usr/lib/*/gstreamer-1.0/libgstvideoparsersbad.so",
    "gstreamer1.0-plugins-ugly": "/usr/lib/*/gstreamer-1.0/libgstx264.so",
    "gstreamer1.0-libav": "/usr/lib/*/gstreamer-1.0/libgstlibav.so",
    "gir1.2-gst-rtsp-server-1.0": "/usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib",
    "vlc-bin": "vlc",
    "vlc-plugin-base": "/usr/lib/*/vlc/plugins/access/librtp_plugin.so",
    "python3-gi": "/usr/lib/python3/dist-packages/gi/__init__.py",
}


def is_present(mark: str) -> bool:
    """Whether a command is on PATH, or a file matches the pattern."""
    return any(Path("/").glob(mark[1:])) if mark.startswith("/") else shutil.which(mark) is not None


def main() -> int:
    missing = [package for package, mark in NEEDED.items() if not is_present(mark)]
    if not missing:
        return 0
    if os.geteuid() != 0:
        print(f"The tests need Debian packages. As root, run: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    print(f"Installing for the tests: {' '.join(missing)}", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    subprocess.run(install, check=True, env=quiet, stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
