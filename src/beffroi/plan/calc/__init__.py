"""Planning by calculation: no Django, no I/O, no clock. Lambert-93 metres in; arrays and polygons out.

`from beffroi.plan import calc`, then `calc.optics.hfov_deg(5.37, 2.8)`: its modules load when they are first named.
Design: `design/coverage.md`.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

_MODULES = frozenset(module.name for module in pkgutil.iter_modules(__path__))


def __getattr__(name: str) -> ModuleType:
    if name not in _MODULES:
        raise AttributeError(name)
    return importlib.import_module(f"{__name__}.{name}")
