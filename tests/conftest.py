"""For every test: cameras are on this machine, which a node asks by that setting only."""

from __future__ import annotations

import os

os.environ.setdefault("BEFFROI_NODE_CAMERAS_ON_LOOPBACK", "true")
