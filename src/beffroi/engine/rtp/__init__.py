"""RTP: packets to pictures for H.264 (RFC 6184) and H.265 (RFC 7798), parameter sets, time, RTCP."""
