"""A process that writes a journal on a file until it is killed. Usage: victim.py DATA MODE; it says READY.

`write`: appends, signs and prunes for ever. `age`: lines that are pruned a year later; prints the salts that went
and, after a blank line, those that stayed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from beffroi.cli import civil
from beffroi.core import site_key
from beffroi.core.clock import FakeClock

MONTH_S = 31 * 24 * 3600


def main() -> None:
    folder = Path(sys.argv[1])
    site_key.make(folder / "keys")
    civil.configured(folder)
    civil.open_civil()
    civil.migrate()
    from beffroi.journal.services import entries

    clock = FakeClock()
    if sys.argv[2] == "age":
        entries.clock = clock
        _age(clock)
    else:
        _write()


def _age(clock: FakeClock) -> None:
    from beffroi.journal.models import Line
    from beffroi.journal.services import prune, sign_head
    from tests.web.journal.conftest import write

    write(clock, 60)
    gone = {bytes(line.salt) for line in Line.objects.all()}
    clock.advance(14 * MONTH_S)
    write(clock, 40)
    prune(clock.now_us())
    sign_head(clock.now_us())
    kept = {bytes(line.salt) for line in Line.objects.all()}
    print("\n".join(sorted(salt.hex() for salt in gone - kept)))
    print()
    print("\n".join(sorted(salt.hex() for salt in kept)))


def _write() -> None:
    import time

    from beffroi.journal.services import append_all, prune, sign_head
    from tests.web.journal.conftest import an_entry

    print("READY", flush=True)
    number = 0
    while True:
        append_all([an_entry(number + more) for more in range(3)])
        number += 3
        now_us = time.time_ns() // 1000
        sign_head(now_us)
        if number % 30 == 0:
            # A year and a half ahead: everything under a head goes.
            prune(now_us + 18 * MONTH_S * 1_000_000)


if __name__ == "__main__":
    main()
