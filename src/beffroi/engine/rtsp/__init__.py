"""RTSP 1.0 client (RFC 2326): addresses, messages, authentication, SDP, connection, requests."""
