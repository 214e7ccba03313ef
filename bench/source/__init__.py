"""The load generator: an RTSP server in a process of its own, cheap enough to leave room for what it measures."""
