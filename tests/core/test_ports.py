"""The ports that processes listen on are read from the kernel."""

from __future__ import annotations

import os
import socket

from beffroi.core.ports import Listening, family, listening, parent, running


def test_a_port_is_told_with_its_address_while_it_is_open() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        assert port not in {found.port for found in listening([os.getpid()])}
        held.listen()
        assert Listening(port=port, address="127.0.0.1") in listening([os.getpid()])
    assert port not in {found.port for found in listening([os.getpid()])}


def test_an_address_of_version_six_is_read_too() -> None:
    with socket.socket(socket.AF_INET6) as held:
        held.bind(("::1", 0))
        held.listen()
        assert Listening(port=held.getsockname()[1], address="::1") in listening([os.getpid()])


def test_a_family_is_its_root_and_what_came_from_it() -> None:
    assert os.getpid() in family(os.getppid())
    assert parent(os.getpid()) == os.getppid()
    assert parent(2**22 + 1) == 0
    assert running("no such word as this one") == set()
