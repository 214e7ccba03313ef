"""`beffroi worker`: the background jobs, the journal's heads, the watches on gates and on what ends by itself."""

from __future__ import annotations

import argparse

from beffroi.cli import civil


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi worker`."""
    civil.add_data_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Works until a signal; returns the exit code."""
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    from django.core.management import call_command
    from django.db import connection

    from beffroi.authorise.watch import Watch
    from beffroi.evidence.watch import EvidenceWatch
    from beffroi.journal.beat import Beat
    from beffroi.oversee.watch import OverseeWatch

    connection.ensure_connection()
    threads = (Beat(), Watch(), EvidenceWatch(), OverseeWatch())
    for thread in threads:
        thread.start()
    try:
        call_command("db_worker", interval=2, queue_name="*", verbosity=0)
    finally:
        for thread in threads:
            thread.close()
    return 0
