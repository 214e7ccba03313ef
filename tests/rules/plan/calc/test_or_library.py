"""Set covering instances of the OR-Library, when their folder is given: they have terms of their own and stay outside.

The originals, `scp41.txt` to `scpe5.txt`, are in public mirrors too: github.com/pinam45/USCP_instances has them all.

Source: J. E. Beasley, OR-Library, `scp41.txt` to `scpe5.txt`; optima as published (Caprara, Toth, Fischetti 2000).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from beffroi.plan.calc import exact

OPTIMA = {
    "scp4": (429, 512, 516, 494, 512, 560, 430, 492, 641, 514),
    "scp5": (253, 302, 226, 242, 211, 213, 293, 288, 279, 265),
    "scp6": (138, 146, 145, 131, 161),
    "scpa": (253, 252, 232, 234, 236),
    "scpb": (69, 76, 80, 79, 72),
    "scpc": (227, 219, 243, 219, 215),
    "scpd": (60, 66, 72, 62, 61),
    "scpe": (5, 5, 5, 5, 5),
}
KNOWN = {f"{family}{number}": optimum for family, many in OPTIMA.items() for number, optimum in enumerate(many, 1)}
FOLDER = os.environ.get("OR_LIBRARY_FOLDER")


def read(path: Path) -> tuple[sparse.csr_array, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Columns' rows and costs: m n, n costs, then for each row how many columns cover it and which."""
    numbers = [int(word) for word in path.read_text().split()]
    rows, columns = numbers[:2]
    costs, at = np.array(numbers[2 : 2 + columns], dtype=np.float64), 2 + columns
    pairs: list[tuple[int, int]] = []
    for row in range(rows):
        pairs += [(column - 1, row) for column in numbers[at + 1 : at + 1 + numbers[at]]]
        at += 1 + numbers[at]
    ends = np.array(pairs)
    return sparse.csr_array((np.ones(len(pairs)), (ends[:, 0], ends[:, 1])), shape=(columns, rows)), costs


@pytest.mark.skipif(not FOLDER, reason="set OR_LIBRARY_FOLDER to a folder of the OR-Library's set covering files")
@pytest.mark.parametrize("name", sorted(KNOWN))
def test_the_published_optimum_is_found_and_proven(name: str) -> None:
    sees, costs = read(Path(FOLDER or "") / f"{name}.txt")
    found = exact.fewest(sees, costs, time_limit_s=100.0)
    assert (round(found.cost), found.is_optimum) == (KNOWN[name], True)
