"""gunicorn's threads, kept from clients that are slow on purpose.

Of itself a thread waits five seconds for the first byte of every new connection and for ever for the rest, and whoever
does not hang up holds the loop for two seconds: eight sockets that say nothing would close the town's pages. Here a
connection waits for its first byte and for its end without a thread, its request has a deadline, and one address holds
a share of the connections only.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_S: Final = 10.0
"""From a request's first byte to the end of its head, a TLS handshake included."""
BODY_BYTES_A_S: Final = 256 << 10
"""And of what it sends: 66 MB in four minutes."""
STALL_S: Final = 30.0
"""Without a byte taken of an answer."""
LINGER_S: Final = 2.0
"""For the client to take the end of an answer and hang up. Source: RFC 9112 §9.6."""
CONNECTIONS_MAX: Final = 1000
OF_ADDRESS_MAX: Final = 128
"""A post has some six a tab."""
ADDRESSES_SLOW: Final = 8
"""So many addresses may be slow at once with all their requests before anybody else waits. A thread that waits costs
nothing but its stack."""


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker of threads that no client can hold."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: Counter[str] = Counter()
        self._due_s: dict[TConn, float] = {}
        self._leaving_s: dict[socket.socket, float] = {}
        self._busy: Counter[str] = Counter()
        self._queues: defaultdict[str, deque[TConn]] = defaultdict(deque)

    def get_thread_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.cfg.threads * ADDRESSES_SLOW)

    def accept(self, listener: socket.socket) -> None:
        """A new connection, turned away when its address has its share; without a thread until it speaks."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        host = str(address[0])
        if self._held[host] >= OF_ADDRESS_MAX:
            sock.close()
            return
        self._held[host] += 1
        self.nr_conns += 1
        conn = _Conn(self.cfg, sock, address, listener.getsockname(), worker=self)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def left(self, host: str) -> None:
        """One connection of this address is closed."""
        self._held[host] -= 1
        if not self._held[host]:
            del self._held[host]

    def linger(self, sock: socket.socket) -> None:
        """Say that no more comes, and close when the client hangs up, or a moment later."""
        plain = socket.socket(fileno=sock.detach())
        plain.setblocking(False)
        try:
            plain.shutdown(socket.SHUT_WR)
            self.poller.register(plain, EVENT_READ, self._drain)
            self._leaving_s[plain] = time.monotonic() + LINGER_S
        except OSError:  # gone already
            plain.close()

    def _drain(self, sock: socket.socket) -> None:
        try:
            is_over = not sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            is_over = True
        if is_over:
            self._hang_up(sock)

    def _hang_up(self, sock: socket.socket) -> None:
        del self._leaving_s[sock]
        self.poller.unregister(sock)
        sock.close()

    def enqueue_req(self, conn: TConn) -> None:
        """To a thread, once the address has fewer than `web.threads` of them."""
        host = str(conn.client[0])
        if self._busy[host] >= self.cfg.threads:
            self._queues[host].append(conn)
            return
        self._busy[host] += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """In the loop: the thread is free again."""
        host = str(conn.client[0])
        self._busy[host] -= 1
        super().finish_request(conn, fs)
        if queue := self._queues[host]:
            self.enqueue_req(queue.popleft())
        else:
            del self._queues[host]
        if not self._busy[host]:
            del self._busy[host]

    def handle(self, conn: TConn) -> Any:
        """In a thread: one request of a connection that has something to read."""
        self._due_s[conn] = time.monotonic() + HEAD_S
        try:
            return super().handle(conn)
        finally:
            self._due_s.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Its head is whole: there is more time for what follows."""
        length = next((value for name, value in req.headers if name.upper() == "CONTENT-LENGTH"), "0")
        self._due_s[conn] = time.monotonic() + HEAD_S + min(int(length), 1 << 30) / BODY_BYTES_A_S
        conn.sock.settimeout(STALL_S)
        return super().handle_request(req, conn)

    def notify(self) -> None:
        """Called every second or oftener: what is overdue is read no more, and its thread goes on."""
        super().notify()
        now_s = time.monotonic()
        for sock in [sock for sock, until_s in self._leaving_s.items() if now_s > until_s]:
            self._hang_up(sock)
        for conn, due_s in list(self._due_s.items()):
            if now_s > due_s:
                self._due_s.pop(conn, None)
                with contextlib.suppress(OSError):
                    # not SSLSocket's own, which would also take its state away under the thread that waits in it
                    socket.socket.shutdown(conn.sock, socket.SHUT_RD)


class _Conn(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection that is counted, and closed without anybody waiting for it. Closed in the loop's own thread."""

    def __init__(self, *args: Any, worker: PatientWorker) -> None:
        super().__init__(*args)
        self._worker = worker
        self._is_open = True

    def close(self, graceful: bool = False) -> None:
        if self._is_open:
            self._is_open = False
            self._worker.left(str(self.client[0]))
        if graceful and self.sock.fileno() >= 0:
            self._worker.linger(self.sock)
        else:
            super().close()
