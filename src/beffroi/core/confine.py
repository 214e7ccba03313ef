"""A process that decodes what a camera sent gives up, before it does, what it does not need: files and other hosts.

Landlock: no privilege is needed, and nothing gives it back. On a kernel older than 5.13 nothing is given up, on one
older than 6.7 no host is. Source: Linux, Documentation/userspace-api/landlock.rst, include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # Source: system calls, the same numbers on every architecture
_ASK_VERSION, _BENEATH, _PORT = 1, 1, 2
_NO_NEW_PRIVILEGES: Final = 38  # Source: prctl(2)
_FS_BITS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
"""Rights on files that each version knows; 16 from the fifth on."""
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _MAKE_REG, _REMOVE_FILE, _TRUNCATE = (
    1 << bit for bit in (0, 1, 2, 3, 8, 5, 14)
)
_CONNECT: Final = 2
_NET_SINCE, _SCOPE_SINCE = 4, 6
_READS: Final = _READ_FILE | _READ_DIR | _EXECUTE
_WRITES: Final = _READ_FILE | _READ_DIR | _WRITE_FILE | _MAKE_REG | _REMOVE_FILE | _TRUNCATE
_ALWAYS: Final = ("/usr", "/lib", "/lib64", "/sys/devices/system/cpu", "/proc/cpuinfo", "/dev/null", "/dev/urandom")
"""Programs, their libraries, what they ask of the processor."""


def version() -> int:
    """What the kernel knows of Landlock; 0: nothing."""
    return max(0, int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))))


def confine(*, reads: Iterable[Path] = (), writes: Iterable[Path] = (), ports: Iterable[int] = ()) -> bool:
    """From now on this process reads programs and `reads`, writes in `writes`, connects by TCP to `ports` alone.

    For good, and for its children. What is open stays open. False when the kernel does not know how.
    Errors: OSError when it knows and refuses.
    """
    known = version()
    if not known:
        return False
    libc, handled = _libc(), (1 << _FS_BITS.get(known, 16)) - 1
    net = 3 if known >= _NET_SINCE else 0
    attributes = struct.pack("QQQ", handled, net, 3 if known >= _SCOPE_SINCE else 0)
    size = 8 if known < _NET_SINCE else 16 if known < _SCOPE_SINCE else 24
    rules = _checked(libc.syscall(_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0)))
    try:
        programs = {*_ALWAYS, sys.prefix, sys.base_prefix, *(path for path in sys.path if path)}
        for path in (*map(Path, programs), *reads):
            _allow(rules, path, _READS & handled)
        for path in writes:
            _allow(rules, path, _WRITES & handled)
        for port in ports if net else ():
            rule = struct.pack("QQ", _CONNECT, port)
            _checked(libc.syscall(_ADD, rules, _PORT, rule, ctypes.c_uint32(0)))
        _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(libc.syscall(_RESTRICT, rules, ctypes.c_uint32(0)))
    finally:
        os.close(rules)
    return True


def _allow(rules: int, path: Path, rights: int) -> None:
    """Below a folder, or of one file, for which only a file's rights have a meaning."""
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this machine
        return
    try:
        if not path.is_dir():
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
        rule = struct.pack("=Qi", rights, beneath)
        _checked(_libc().syscall(_ADD, rules, _BENEATH, rule, ctypes.c_uint32(0)))
    finally:
        os.close(beneath)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
