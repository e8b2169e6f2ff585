"""Frames, units, views, projection and triangulation; all in the support frame, millimetres.

Frames, units and views are light.  What needs compiled code is imported on first use, so that a
program that only names a unit, or an app that shows its window first, does not wait for Numba.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from stereosim.geometry.frames import Positioning, Rigid
from stereosim.geometry.units import Unit, load_unit, load_units
from stereosim.geometry.views import View, scout, stereo_pair, view_at

if TYPE_CHECKING:
    from stereosim.geometry.projection import back_project, epipolar_rows, magnification, project
    from stereosim.geometry.targets import Triangulation, Triangulations
    from stereosim.geometry.triangulation import (
        pairing_p_values,
        triangulate,
        triangulate_many,
        triangulate_pair,
    )

__all__ = [
    "Positioning",
    "Rigid",
    "Triangulation",
    "Triangulations",
    "Unit",
    "View",
    "back_project",
    "epipolar_rows",
    "load_unit",
    "load_units",
    "magnification",
    "pairing_p_values",
    "project",
    "scout",
    "stereo_pair",
    "triangulate",
    "triangulate_many",
    "triangulate_pair",
    "view_at",
]

_LATE = {
    "projection": ("back_project", "epipolar_rows", "magnification", "project"),
    "targets": ("Triangulation", "Triangulations"),
    "triangulation": ("pairing_p_values", "triangulate", "triangulate_many", "triangulate_pair"),
}
_HOME = {name: module for module, names in _LATE.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what needs compiled code when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
