"""The specimen radiograph with the cores on the tray."""

from __future__ import annotations

from stereosim_gui.views.part import Part


class SpecimenView(Part):
    """The newest film."""
