"""HiGHS as we use it: silent, one thread.

HiGHS 1.16 writes one notice on standard output when the first solver of a program is made, whatever it is told; a
command that prints a document on standard output computes under `cli.plan`'s guard.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np


def silent() -> highspy.Highs:
    """A solver of one thread: HiGHS has one scheduler a program, and refuses to run with another count of threads."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call,unused-ignore]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def linear_programme(costs: Any) -> highspy.Highs:
    """A programme of variables between 0 and 1 with these costs, shape (n,), and no row yet."""
    solver = silent()
    count = len(costs)
    solver.addVars(count, np.zeros(count), np.ones(count))
    solver.changeColsCost(count, np.arange(count, dtype=np.int32), np.asarray(costs, dtype=np.float64))
    return solver


def make_whole(solver: highspy.Highs) -> None:
    """Every variable is 0 or 1 from now on."""
    count = solver.getNumCol()
    whole = np.full(count, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), whole)


def run(solver: highspy.Highs, seconds: float) -> bool:
    """Solves; True when the optimum was reached within the seconds."""
    solver.setOptionValue("time_limit", solver.getRunTime() + max(0.1, seconds))
    solver.run()
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)
