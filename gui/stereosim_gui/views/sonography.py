"""Ultrasound: live image, probe on the breast, freehand needle."""

from __future__ import annotations

from stereosim_gui.views.part import Part


class Sonography(Part):
    """The screen of the ultrasound machine and the breast under the probe."""
