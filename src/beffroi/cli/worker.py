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

    from beffroi.authorise import watch as authorise
    from beffroi.cli.rounds import Rounds
    from beffroi.core.clock import SystemClock
    from beffroi.evidence import watch as evidence
    from beffroi.journal import beat
    from beffroi.oversee import watch as oversee

    connection.ensure_connection()
    rounds = (
        Rounds("journal", [beat.Beat(SystemClock()).once], every_s=beat.EVERY_S),
        Rounds("gates", [authorise.gates], every_s=authorise.GATES_S),
        Rounds("drift", [authorise.drift], every_s=authorise.DRIFT_S),
        Rounds("evidence", evidence.STEPS, every_s=evidence.EVERY_S, first=evidence.FIRST),
        Rounds("oversee", oversee.STEPS, every_s=oversee.EVERY_S),
    )
    for one in rounds:
        one.start()
    try:
        call_command("db_worker", interval=2, queue_name="*", verbosity=0)
    finally:
        for one in rounds:
            one.close()
    return 0
