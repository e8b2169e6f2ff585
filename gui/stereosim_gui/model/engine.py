"""What the app has computed: runs in the worker's thread and imports the simulator when needed.

One :class:`Engine` belongs to one attempt.  Its methods are called in the worker only; what they
return is immutable and may be read anywhere.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.band import Band, Pixel, band_of
from stereosim_gui.model.display import Picture, pyramid
from stereosim_gui.model.equipment import Equipment
from stereosim_gui.model.scanner import (
    live_sonogram,
    margins_by_hand,
    prepare,
    skin_outline,
    still_picture,
)
from stereosim_gui.model.sonogram import Sonogram
from stereosim_gui.model.spec import AttemptSpec

if TYPE_CHECKING:
    from stereosim.biopsy.safety import Margins
    from stereosim.experiments.trial import Room
    from stereosim.geometry.targets import Triangulation
    from stereosim.imaging.xray import XrayImage
    from stereosim.procedures.intents import Insert, Intent, Look, Position
    from stereosim.procedures.procedure import Event, Procedure
    from stereosim.procedures.state import ProcedureState, Shot, Specimen
    from stereosim_gui.worker import Report
    from stereosim_phantoms.patient import VirtualPatient

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Marks:
    """Where the trainee has put the marks, (column, row) of the detector's pixels, not yet set."""

    left: Pixel | None = None
    right: Pixel | None = None

    @property
    def complete(self) -> bool:
        """Whether both views are marked."""
        return self.left is not None and self.right is not None

    def placed(self, view: str, pixel: Pixel | None) -> Marks:
        """Return the marks with that of `view` put to `pixel`, or taken away."""
        return replace(self, **{view: pixel})


@dataclass(frozen=True, eq=False)
class Preview:
    """What the marks would come to, before they are set.

    Attributes
    ----------
    marks : Marks
        Which marks it belongs to.
    bands : tuple of Band
        One for each view that is marked, drawn in the other view.
    target : Triangulation or None
        Where both marks put the target; None for fewer marks or where they give none.
    problem : str
        Why two marks give no target (English; for the log), else empty.
    margins : dict of str to Margins
        Of every device of the catalogue at that target.
    y_tolerance_mm : float
        The largest y mismatch that a trained reader takes for one speck.
    beside : bool
        Whether a mark is set where the beam passed beside the breast.
    """

    marks: Marks
    bands: tuple[Band, ...] = ()
    target: Triangulation | None = None
    problem: str = ""
    margins: dict[str, Margins] | None = None
    y_tolerance_mm: float = 0.0
    beside: bool = False


@dataclass(frozen=True, eq=False)
class Stepped:
    """What an intent led to: the new state, what happened, and the pictures that it made."""

    state: ProcedureState
    events: tuple[Event, ...]
    pictures: tuple[Picture, ...]


class Engine:
    """The simulator behind one attempt."""

    def __init__(self, spec: AttemptSpec) -> None:
        self.spec = spec
        self._room: Room | None = None
        self._procedure: Procedure | None = None
        self._patient: VirtualPatient | None = None
        self._equipment: Equipment | None = None

    # --- set up -----------------------------------------------------------------------------------
    @property
    def room(self) -> Room:
        """The equipment."""
        if self._room is None:
            from stereosim.experiments.trial import Room, setting_of

            self._room = Room(
                setting_of(unit=self.spec.unit or None, probe=self.spec.probe or None)
            )
        return self._room

    @property
    def patient(self) -> VirtualPatient:
        """The virtual patient: of the library, or drawn from the cohort."""
        if self._patient is None:
            if self.spec.case is not None:
                from stereosim_phantoms.cases import load_case

                self._patient = load_case(self.spec.case).patient(self.spec.seed)
            else:
                from stereosim_phantoms.cohort import draw_patient, load_cohort

                self._patient = draw_patient(load_cohort(self.spec.cohort), self.spec.seed, 0)
        return self._patient

    @property
    def equipment(self) -> Equipment:
        """What everybody in the room sees; may be read anywhere after :meth:`begin`."""
        if self._equipment is None:
            self._equipment = Equipment.of(self.room, self.patient, self.spec.guidance)
        return self._equipment

    @property
    def procedure(self) -> Procedure:
        """The procedure that the attempt runs."""
        if self._procedure is None:
            self._procedure = self._made()
        return self._procedure

    def _made(self) -> Procedure:
        from stereosim.procedures.procedure import Conditions
        from stereosim.procedures.stereotactic import StereotacticProcedure
        from stereosim.procedures.ultrasound import UltrasoundProcedure
        from stereosim_phantoms.cache import default_cache
        from stereosim_phantoms.randomness import derived_seed

        room, guidance = self.room, self.spec.guidance
        shared: dict[str, Any] = {
            "patient": self.patient,
            "devices": room.devices,
            "conditions": Conditions(True, room.placement[guidance]),
            "seed": derived_seed(self.spec.seed, "attempt", guidance),
        }
        if guidance == "ultrasound":
            return UltrasoundProcedure(
                **shared, probe=room.probe, step_mm=room.setting.sweep_step_mm
            )
        return StereotacticProcedure(
            **shared, machine=room.machine, voxel_mm=self.spec.voxel_mm, cache=default_cache()
        )

    # --- the attempt ------------------------------------------------------------------------------
    def begin(self, report: Report) -> ProcedureState:
        """Load the simulator, make the patient, return the first state."""
        from stereosim.experiments.progress import Meter

        meter = Meter("loading the simulator", 3, report)
        _ = self.room
        meter.stage = "making the patient"
        meter.advance()
        _ = self.patient
        meter.advance()
        state = self.procedure.start()
        _ = self.equipment
        meter.advance()
        return state

    def step(self, state: ProcedureState, intent: Intent) -> Stepped:
        """Carry out `intent`; raises IntentError where it does not fit."""
        new, events = self.procedure.step(state, intent)
        return Stepped(new, events, self._new_pictures(state, new))

    def look_ahead(self, state: ProcedureState) -> None:
        """Get the tissue ready that the next exposure will probably show: it takes seconds."""
        if self.spec.guidance != "stereotactic" or state.outcome is not None:
            return
        from stereosim.procedures.approach import usual_position
        from stereosim.procedures.state import Step
        from stereosim.procedures.stereotactic import StereotacticProcedure

        procedure = self.procedure
        assert isinstance(procedure, StereotacticProcedure)
        if state.step is Step.POSITION:
            state, _ = procedure.step(state, usual_position(self.patient.referral, self.room.unit))
        procedure.prepare(state)

    def preview(self, state: ProcedureState, marks: Marks) -> Preview:
        """Return what `marks` would come to: bands, target, margins of every device."""
        from stereosim.geometry.views import stereo_pair
        from stereosim.procedures.approach import unit_of
        from stereosim.procedures.marking import triangulate_marks

        tolerance = self.room.skill.y_tolerance_mm
        pair = stereo_pair(unit_of(state.seen, self.room.unit))
        views = dict(zip(("left", "right"), pair, strict=True))
        bands = tuple(
            band_of(views[view], views[other], pixel, state.seen.thickness_mm, tolerance)
            for view, other, pixel in (
                ("left", "right", marks.left),
                ("right", "left", marks.right),
            )
            if pixel is not None
        )
        if marks.left is None or marks.right is None:
            return Preview(marks, bands, y_tolerance_mm=tolerance)
        try:
            target = triangulate_marks((views["left"], views["right"]), marks.left, marks.right)
        except ValueError as error:
            return Preview(marks, bands, problem=str(error), y_tolerance_mm=tolerance)
        margins = self.margins(state, target.target_mm)
        return Preview(marks, bands, target, "", margins, tolerance, self.beside(state, marks))

    def beside(self, state: ProcedureState, marks: Marks) -> bool:
        """Whether a mark of the target pair is set where the beam passed beside the breast."""
        from stereosim.imaging.bare import bare

        try:
            images = state.seen.pair("target")
        except LookupError:
            return False
        return any(
            bool(bare(image, [pixel])[0])
            for image, pixel in zip(images, (marks.left, marks.right), strict=True)
            if pixel is not None
        )

    def margins(
        self, state: ProcedureState, target_mm: Array, arm: str = "vertical"
    ) -> dict[str, Margins]:
        """Return the safety margins of every device at `target_mm`, held so (``"vertical"``)."""
        seen = replace(state.seen, marked_mm=np.asarray(target_mm), arm=arm)
        there = replace(state, seen=seen)
        return {
            name: self.procedure.margins(there, name, np.zeros(3)) for name in self.room.devices
        }

    def margins_by_hand(self, approach: Insert, target_mm: Array) -> dict[str, Margins]:
        """Return the same for needles held by hand that enter by `approach`."""
        return margins_by_hand(self.procedure, approach, target_mm)

    def score(self, state: ProcedureState) -> dict[str, Any]:
        """Return the score of a procedure that has ended, as the attempt store keeps it."""
        from stereosim.procedures.scoring import score

        return score(state).to_dict()

    def dose_mgy(self, thickness_mm: float) -> float:
        """Return the dose that the exposure control would give a breast of this thickness."""
        breast, machine = self.patient.breast, self.room.machine
        return float(machine.exposure(thickness_mm, breast.glandular_fraction).dose_mgy)

    def repositioned(self, state: ProcedureState, pixel: Pixel) -> Position:
        """Return the position that brings `pixel` of the scout under the middle of the window.

        The depth is unknown on a scout: half the thickness is assumed.
        """
        from stereosim.geometry.projection import back_project
        from stereosim.geometry.views import scout
        from stereosim.procedures.approach import unit_of
        from stereosim.procedures.intents import Position

        unit, seen = unit_of(state.seen, self.room.unit), state.seen
        place = back_project(scout(unit), np.array([pixel]), seen.thickness_mm / 2.0)[0]
        usual = self.patient.breast.thickness_mm
        return Position(
            seen.shift_mm[0] + float(place[0]),
            max(0.0, seen.shift_mm[1] + float(place[1]) - unit.window_centre_y_mm),
            seen.approach,
            None if seen.thickness_mm == usual else seen.thickness_mm,
            seen.second_paddle,
        )

    # --- ultrasound -------------------------------------------------------------------------------
    def live(self, state: ProcedureState, look: Look) -> Sonogram:
        """Return what the ultrasound machine shows at `look`."""
        return live_sonogram(self.procedure, state, look)

    def prepare(self, look: Look) -> bool:
        """Make a piece of the tissue that the probe may come to; False when all is there."""
        return prepare(self.procedure, look)

    def skin_outline(self) -> Array:
        """Return the edge of the supine breast on the chest, supine x and y, shape (n, 2)."""
        return skin_outline(self.patient.supine.nominal)

    # --- pictures ---------------------------------------------------------------------------------
    def _new_pictures(self, old: ProcedureState, new: ProcedureState) -> tuple[Picture, ...]:
        shots = new.seen.shots[len(old.seen.shots) :]
        first = len(old.seen.shots)
        numbered = list(enumerate(shots, start=first + 1))
        with ThreadPoolExecutor(max_workers=2) as pool:  # NumPy lets both views go on at once
            made = list(pool.map(lambda at: self.xray_picture(at[1], at[0], new), numbered))
        made += [
            still_picture(still, len(old.seen.stills) + k + 1)
            for k, still in enumerate(new.seen.stills[len(old.seen.stills) :])
        ]
        made += [_film_picture(film) for film in new.seen.films[len(old.seen.films) :]]
        return tuple(made)

    def xray_picture(self, shot: Shot, number: int, state: ProcedureState) -> Picture:
        """Return an exposure as it is shown."""
        from stereosim.geometry.projection import project
        from stereosim.imaging.display import presentation

        image, unit = shot.image, self.room.unit
        half_x, half_y = unit.window_width_mm / 2.0, unit.window_height_mm / 2.0
        low, high = unit.window_centre_y_mm - half_y, unit.window_centre_y_mm + half_y
        # The opening of the paddle, which lies on the breast.
        top = state.seen.thickness_mm
        corners = [(x, y, top) for x in (-half_x, half_x) for y in (low, high)]
        pixels = project(image.view, np.array(corners, dtype=np.float64))
        outline = np.array([[*pixels.min(axis=0), *pixels.max(axis=0)]])
        return Picture(
            view=shot.view,
            phase=shot.phase,
            kind="xray",
            levels=pyramid(presentation(image)),
            pixel_mm=(image.view.pitch_mm, image.view.pitch_mm),
            number=number,
            facts=tuple(self._xray_facts(image, state).items()),
            outlines_px=outline,
        )

    def _xray_facts(self, image: XrayImage, state: ProcedureState) -> dict[str, Any]:
        return {
            "angle_deg": image.view.angle_deg,
            "side": self.patient.breast.side,
            "approach": state.seen.approach,
            "kv": image.exposure.kv,
            "mas": image.exposure.mas,
            "dose_mgy": image.exposure.dose_mgy,
        }


def _film_picture(film: Specimen) -> Picture:
    from stereosim.geometry.projection import project
    from stereosim.imaging.display import presentation

    view = film.image.view
    boxes = np.asarray(film.core_boxes_mm, dtype=np.float64)
    corners = boxes.reshape(-1, 2)
    pixels = project(view, np.column_stack([corners, np.zeros(len(corners))])).reshape(-1, 4)
    # The tray's y points up, rows point down.
    outlines = np.column_stack(
        [
            pixels[:, [0, 2]].min(axis=1),
            pixels[:, [1, 3]].min(axis=1),
            pixels[:, [0, 2]].max(axis=1),
            pixels[:, [1, 3]].max(axis=1),
        ]
    )
    return Picture(
        view="specimen",
        phase="",
        kind="specimen",
        levels=pyramid(presentation(film.image)),
        pixel_mm=(view.pitch_mm, view.pitch_mm),
        facts=(("kv", film.image.exposure.kv), ("mas", film.image.exposure.mas)),
        outlines_px=outlines,
    )
