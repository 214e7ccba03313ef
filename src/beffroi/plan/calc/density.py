"""Density scales: what a picture of so many pixels a metre allows. The figures are files (`plan/catalogue`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beffroi.core.errors import InvalidInput

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityClass:
    """One level. `least_px_m` None: the standard's figure is not known to us."""

    id: str
    name: str
    name_fr: str
    least_px_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Classes from the coarsest to the finest. `unusable_because`: why some figures are missing."""

    id: str
    source: str
    classes: tuple[DensityClass, ...]
    unusable_because: str = ""
    unusable_because_fr: str = ""

    @property
    def thresholds_px_m(self) -> Floats:
        """Least densities, rising, one a class.

        Errors: InvalidInput when a figure is missing.
        """
        found = [one.least_px_m for one in self.classes if one.least_px_m is not None]
        if len(found) != len(self.classes) or not found:
            raise InvalidInput(
                f"The scale {self.id} cannot be used: {self.unusable_because}",
                message_fr=f"L'échelle {self.id} ne peut servir : {self.unusable_because_fr}",
                field="scale",
            )
        return np.array(found)

    def levels(self, densities_px_m: Floats) -> npt.NDArray[np.int8]:
        """For each density the number of classes reached: 0 below the first, n at the finest."""
        return np.searchsorted(self.thresholds_px_m, densities_px_m, side="right").astype(np.int8)
