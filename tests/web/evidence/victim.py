"""A process that locks for ever on a file until it is killed. Usage: victim.py DATA; it says READY.

Each call locks two cameras under a new number; a number without both of its locks would be half a lock.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import beffroi
from beffroi.cli import civil
from beffroi.core import site_key

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"


def main() -> None:
    folder = Path(sys.argv[1])
    site_key.make(folder / "keys")
    os.environ["BEFFROI_DATA"] = str(folder)
    civil.configured(folder)
    civil.open_civil()
    civil.migrate()
    from beffroi.authorise.services import import_town
    from beffroi.cli import demo_people
    from beffroi.evidence.services import Call, note_call
    from beffroi.evidence.services.steps import clock
    from beffroi.people.models import Agent

    if not Agent.objects.exists():
        town = folder / "town"
        shutil.copytree(DEMO_TOWN, town, ignore=shutil.ignore_patterns("buildings.csv", "facts*"))
        import_town(town)
        demo_people.add_accounts(folder / "accounts")
    operator = Agent.objects.get(username="operateur")
    is_ready = False
    while True:
        end = clock.now_us()
        call = Call(facts="Essai", place="Place", cameras=("c01", "c02"), from_at_us=end - 600_000_000, to_at_us=end)
        note_call(call, by=operator)
        if not is_ready:
            print("READY", flush=True)
            is_ready = True


if __name__ == "__main__":
    main()
