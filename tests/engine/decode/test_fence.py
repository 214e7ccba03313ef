"""FFmpeg behind the fence meets the camera it is for, and nobody else."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import av
import pytest

from beffroi.engine.contract import StreamName, StreamSource, Transport
from beffroi.engine.decode.fallback_child import relay

Answer = Callable[[str, str], str]
"""From a request's method and CSeq to the head of an answer, or nothing."""


class Peer:
    """A server on loopback that answers by a function and counts who came."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._door.getsockname()[1]}/stream"
        self.visits = 0
        self.asked: list[str] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                visitor, _ = self._door.accept()
            except OSError:
                return
            self.visits += 1
            with visitor:
                self._talk(visitor)

    def _talk(self, visitor: socket.socket) -> None:
        while text := visitor.recv(4096).decode():
            method = text.split(" ", 1)[0]
            self.asked.append(method)
            sequence = text.lower().partition("cseq: ")[2].partition("\r\n")[0]
            if not (answer := self._answer(method, sequence)):
                return
            visitor.sendall(answer.encode())

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(5)


@contextmanager
def peer(answer: Answer) -> Iterator[Peer]:
    serving = Peer(answer)
    try:
        yield serving
    finally:
        serving.close()


def hang_up(method: str, sequence: str) -> str:
    return ""


def ok(sequence: str, *lines: str, body: str = "") -> str:
    return "\r\n".join(["RTSP/1.0 200 OK", f"CSeq: {sequence}", *lines, f"Content-Length: {len(body)}", "", body])


SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:{control}\r\n"


@pytest.mark.parametrize("at", ["OPTIONS", "DESCRIBE", "SETUP"])
@pytest.mark.parametrize("transport", list(Transport))
def test_a_redirect_is_never_followed(at: str, transport: Transport) -> None:
    with peer(hang_up) as elsewhere:

        def answer(method: str, sequence: str) -> str:
            if method == at:
                return f"RTSP/1.0 302 Found\r\nCSeq: {sequence}\r\nLOCATION: {elsewhere.url}\r\n\r\n"
            return ok(sequence, body=SDP.format(control="trackID=1") if method == "DESCRIBE" else "")

        with peer(answer) as camera:
            source = StreamSource(stream=StreamName.MAIN, url=camera.url, transport=transport)
            with pytest.raises((av.error.FFmpegError, OSError)):
                relay(source, io.BytesIO())
            assert camera.asked[-1] == at
        assert elsewhere.visits == 0


def test_a_track_of_another_host_is_asked_of_the_camera_itself() -> None:
    with peer(hang_up) as elsewhere:

        def answer(method: str, sequence: str) -> str:
            if method == "SETUP":
                return ""
            return ok(sequence, body=SDP.format(control=elsewhere.url) if method == "DESCRIBE" else "")

        with peer(answer) as camera:
            with pytest.raises((av.error.FFmpegError, OSError)):
                relay(StreamSource(stream=StreamName.MAIN, url=camera.url), io.BytesIO())
            assert camera.asked[-1] == "SETUP"
        assert elsewhere.visits == 0
