"""A thread a camera around PyAV: demux and remux into one-minute files, as Home Assistant records."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import av

SEGMENT_S = 60
_stop = threading.Event()


def _record(url: str, folder: Path, number: int) -> None:
    options = {"rtsp_transport": "tcp"}
    output = None
    with av.open(url, options=options, timeout=10) as source:
        stream = source.streams.video[0]
        started_s, files = 0.0, 0
        for packet in source.demux(stream):
            if packet.dts is None or _stop.is_set():
                if _stop.is_set():
                    break
                continue
            at_s = float(packet.dts * (stream.time_base or 1))
            if output is None or (packet.is_keyframe and at_s - started_s >= SEGMENT_S):
                if output is not None:
                    output.close()
                path = folder / f"cam{number}-{files:03}.mp4"
                output = av.open(str(path), "w", options={"movflags": "frag_keyframe+empty_moov"})
                copy = output.add_stream_from_template(stream)
                started_s, files = at_s, files + 1
            packet.stream = copy
            output.mux(packet)
    if output is not None:
        output.close()


def main() -> None:
    signal.signal(signal.SIGINT, lambda *_: _stop.set())
    folder = Path(sys.argv[1])
    threads = [threading.Thread(target=_record, args=(url, folder, number)) for number, url in enumerate(sys.argv[2:])]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        _stop.wait(0.2)
        for thread in threads:
            thread.join(0.2 if _stop.is_set() else 0.0)


if __name__ == "__main__":
    main()
