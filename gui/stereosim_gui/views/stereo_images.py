"""Scout, stereo pair and post-fire pair with their marks."""

from __future__ import annotations

from stereosim_gui.views.part import Part


class StereoImages(Part):
    """The images of the stereotactic unit, arranged for the stage."""
