"""Hints that teach, below the images."""

from __future__ import annotations

from stereosim_gui.views.part import Part


class HintBar(Part):
    """Says what a teacher at the elbow would say; silent in exam mode."""
