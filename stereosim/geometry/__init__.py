"""Frames, units, views, projection and triangulation; all in the support frame, millimetres."""

from stereosim.geometry.frames import Positioning, Rigid
from stereosim.geometry.projection import back_project, epipolar_rows, magnification, project
from stereosim.geometry.targets import Triangulation, Triangulations
from stereosim.geometry.triangulation import (
    pairing_p_values,
    triangulate,
    triangulate_many,
    triangulate_pair,
)
from stereosim.geometry.units import Unit, load_unit, load_units
from stereosim.geometry.views import View, scout, stereo_pair, view_at

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
