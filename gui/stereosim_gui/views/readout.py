"""Always in sight: target, mismatch, depth, margins with their drawing, exposures, dose, time."""

from __future__ import annotations

from stereosim_gui.views.part import Part


class Readout(Part):
    """The read-outs of the console."""
