"""What the right column offers at each stage of either guidance."""

from __future__ import annotations

from stereosim_gui.model.stages import Stage
from stereosim_gui.views.controls import sonography, sonography_needle
from stereosim_gui.views.controls.imaging import PairControls, ScoutControls
from stereosim_gui.views.controls.needle import NeedleControls
from stereosim_gui.views.controls.position import PositionControls
from stereosim_gui.views.controls.prefire import PrefireControls
from stereosim_gui.views.controls.sample import SampleControls
from stereosim_gui.views.controls.specimen import ClipControls, SpecimenControls
from stereosim_gui.views.controls.target import TargetControls
from stereosim_gui.views.part import Controls

CONTROLS: dict[str, dict[Stage, type[Controls]]] = {
    "stereotactic": {
        Stage.POSITION: PositionControls,
        Stage.SCOUT: ScoutControls,
        Stage.PAIR: PairControls,
        Stage.TARGET: TargetControls,
        Stage.NEEDLE: NeedleControls,
        Stage.PREFIRE: PrefireControls,
        Stage.SAMPLE: SampleControls,
        Stage.SPECIMEN: SpecimenControls,
        Stage.CLIP: ClipControls,
    },
    "ultrasound": {
        Stage.SEARCH: sonography.SearchControls,
        Stage.TARGET: sonography.TargetControls,
        Stage.NEEDLE: sonography_needle.NeedleControls,
        Stage.PREFIRE: sonography_needle.PrefireControls,
        Stage.SAMPLE: SampleControls,
        Stage.SPECIMEN: SpecimenControls,
        Stage.CLIP: ClipControls,
    },
}
