"""A synthetic control: the mix of untreated places that went as the treated one did before.

Source: Abadie, Diamond & Hainmueller, JASA 105 (2010).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from beffroi.core.errors import InvalidInput

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic:
    """The mix (`weights` ≥ 0, sum 1, shape (controls,)), its course, and how well it fits before.

    `p`: rank of the treated place's after ÷ before error among all places taken in its stead. With n controls it is
    never below 1 ÷ (n + 1).
    """

    weights: Floats
    course: Floats
    error_before: float
    error_after: float
    p: float


def synthetic_control(treated: Floats, controls: Floats, start: int) -> Synthetic:
    """treated: shape (periods,); controls: shape (controls, periods); `start`: first treated period.

    Errors: InvalidInput with fewer than two controls, or no period on one side.
    """
    if controls.ndim != 2 or len(controls) < 2 or controls.shape[1] != treated.size or not 0 < start < treated.size:
        raise InvalidInput(
            "A synthetic control needs two control places, and periods before and after; complete them.",
            message_fr="Un témoin synthétique demande deux lieux témoins, et des périodes avant et après ; "
            "complétez-les.",
            field="controls",
        )
    weights = _weights(treated, controls, start)
    before, after = _errors(treated, weights @ controls, start)
    places = np.vstack((treated, controls))
    ratios = []
    for at in range(len(places)):
        others = np.delete(places, at, axis=0)
        one, other = _errors(places[at], _weights(places[at], others, start) @ others, start)
        ratios.append(other / one if one else math.inf)
    p = sum(ratio >= ratios[0] for ratio in ratios) / len(ratios)
    return Synthetic(weights=weights, course=weights @ controls, error_before=before, error_after=after, p=p)


def _weights(treated: Floats, controls: Floats, start: int) -> Floats:
    """Non-negative least squares on the periods before, the sum held at 1 by a heavy row."""
    heavy = 1e4 * max(1.0, float(np.abs(controls[:, :start]).max()))
    rows = np.vstack((controls[:, :start].T, np.full((1, len(controls)), heavy)))
    weights, _ = scipy.optimize.nnls(rows, np.append(treated[:start], heavy))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _errors(treated: Floats, course: Floats, start: int) -> tuple[float, float]:
    """Root mean square gaps before and after."""
    gaps = (treated - course) ** 2
    return math.sqrt(gaps[:start].mean()), math.sqrt(gaps[start:].mean())
