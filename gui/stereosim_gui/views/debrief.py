"""The debrief: the truth, what went wrong and why, the score, and the other guidance."""

from __future__ import annotations

from stereosim_gui.views.part import Part


class Debrief(Part):
    """The last page."""
