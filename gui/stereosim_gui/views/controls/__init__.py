"""What the right column offers at each stage of either guidance."""

from __future__ import annotations

from stereosim_gui.model.stages import STAGES, Stage
from stereosim_gui.views.part import Controls

CONTROLS: dict[str, dict[Stage, type[Controls]]] = {
    guidance: dict.fromkeys(stages, Controls) for guidance, stages in STAGES.items()
}
