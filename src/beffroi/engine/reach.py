"""Where a node looks for cameras: where a person wrote that one is; never where no camera can be.

A camera's name is resolved by somebody's server: a node could be sent to ask the database beside it, or the address of
a cloud that gives out keys. What is judged is the number that is then connected to, so a name cannot change in between.
This machine is asked only when the address says so itself (a relay, a trial): no name leads to it.
Source: OWASP ASVS 5.0 §1.3.6, RFC 6890.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit, urlunsplit

from beffroi.engine.rtsp import refusals


def check(number: str, host: str) -> None:
    """Nothing, when a camera may be at the address `number`; `host` is how the person wrote it.

    Errors: Barred.
    """
    if is_barred(number, host):
        raise refusals.barred(host, number)


def is_barred(number: str, host: str) -> bool:
    """Whether no camera may be asked at this address when a person wrote `host`."""
    address = _address(number)
    if address.is_loopback or _is_ours(str(address)):
        return not _says(host, address)
    return address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved


def _address(number: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(number.strip("[]").partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _says(host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """True when `host` is this very address, not a name that somebody resolves."""
    if host.lower() == "localhost":
        return address.is_loopback
    try:
        return _address(host) == address
    except ValueError:
        return False


def _is_ours(number: str) -> bool:
    """Whether the address is one of this machine's. A connected UDP socket sends nothing."""
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((number, 9))
        except OSError:  # no route: nobody's
            return False
        return str(probe.getsockname()[0]) == number


def numbers(host: str, port: int) -> list[str]:
    """The addresses of `host`, in the resolver's order. Blocking.

    Errors: OSError for an unknown name, Barred.
    """
    found = [str(answer[4][0]) for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for number in found:
        check(number, host)
    return found


def pinned(url: str) -> str:
    """`url` with its host's number in place of its name. Blocking.

    Errors: OSError for an unknown name, ValueError for no address, Barred.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    number = numbers(parts.hostname, parts.port or 80)[0]
    host = f"[{number}]" if ":" in number else number
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))
