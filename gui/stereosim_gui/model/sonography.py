"""The ultrasound machine of an attempt: probe, knobs, the live image and what is drawn on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from stereosim.procedures.intents import (
    Adjust,
    Fire,
    Insert,
    Look,
    MarkEcho,
    Sample,
    Steer,
    Withdraw,
)
from stereosim_gui.model.freehand import Freehand
from stereosim_gui.model.skin import Skin, place_of
from stereosim_gui.model.sonogram import Array, Display, Point, Sonogram
from stereosim_gui.model.texts import Text
from stereosim_gui.signals import Signal

if TYPE_CHECKING:
    from stereosim.experiments.progress import Cancel
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.model.attempt import Attempt

DEPTH_MM = (20.0, 60.0)
FOCUS_MM = (5.0, 55.0)
# What a hand does with comfort: less than what the procedure takes.
TILT_DEG, PRESSURE_PERCENT = 40.0, 30.0
FIRST_LOOK = Look(0.0, 0.0, 180.0, 40.0, 15.0)
# After these the image is another: a frozen one goes on.
_MOVES = (Insert, Steer, Fire, Adjust, Sample, Withdraw)


class Tool(StrEnum):
    """What a click in the image does."""

    NONE = "none"
    CALIPER = "caliper"
    MARK = "mark"
    AIM = "aim"


class Sonography:
    """State of the ultrasound machine and the only place that changes it.

    Everything here is called in the thread of the window.  There is never more than one frame asked
    for: while the probe moves, the next is asked for when the last has come, at the probe's place
    of that moment.

    Parameters
    ----------
    attempt : Attempt
        The attempt that the machine belongs to.
    """

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self.look = FIRST_LOOK
        self.display = Display()
        self.sonogram: Sonogram | None = None
        self.frozen = False
        self.tool = Tool.NONE
        # What a click does while nothing is measured: it belongs to the stage.
        self.usual_tool = Tool.NONE
        self.caliper: tuple[Point, ...] = ()
        self.draft: Point | None = None
        self.reason = ""
        self.skin: Skin | None = None
        # The probe was moved or the machine set: the image follows.
        self.moved: Signal[[]] = Signal()
        # Another image, or the same one shown or frozen otherwise.
        self.image_changed: Signal[[]] = Signal()
        # Something that is drawn over the image: tool, caliper, draft, approach, guide.
        self.drawing_changed: Signal[[]] = Signal()
        self._watched = False
        self._asked: Cancel | None = None
        self._answered: tuple[ProcedureState, Look] | None = None
        # Round which place all the tissue has been made; its focus does not count.
        self._prepared: Look | None = None
        self._moves = 0
        self.needle = Freehand(attempt, self)
        attempt.changed.connect(self._follow)

    # --- the probe --------------------------------------------------------------------------------
    def move_to(self, x_mm: float, y_mm: float) -> None:
        """Put the middle of the probe there, or as far that way as the breast goes."""
        if self.skin is not None:
            x_mm, y_mm = self.skin.held(x_mm, y_mm)
        self._set_look(replace(self.look, x_mm=round(float(x_mm), 2), y_mm=round(float(y_mm), 2)))

    def move(self, x_mm: float, y_mm: float) -> None:
        """Move the probe over the skin."""
        self.move_to(self.look.x_mm + x_mm, self.look.y_mm + y_mm)

    def turn(self, by_deg: float) -> None:
        """Turn the probe: clockwise for who faces the patient."""
        angle = round((self.look.angle_deg + by_deg) % 360.0, 2)
        self._set_look(replace(self.look, angle_deg=angle))

    def tilt(self, to_deg: float) -> None:
        """Lean the probe by so much: the image plane fans about the array."""
        self._set_look(replace(self.look, tilt_deg=float(np.clip(to_deg, -TILT_DEG, TILT_DEG))))

    def press(self, percent: float) -> None:
        """Press so that the tissue under the probe is thinner by `percent`."""
        strain = round(float(np.clip(percent, 0.0, PRESSURE_PERCENT)) / 100.0, 4)
        self._set_look(replace(self.look, strain=strain))

    @property
    def place(self) -> Text:
        """Where the probe is, in words."""
        return place_of(self.look)

    # --- the machine ------------------------------------------------------------------------------
    def set_depth(self, depth_mm: float) -> None:
        """Show the breast down to there; the focus stays in the image."""
        depth = float(np.clip(depth_mm, *DEPTH_MM))
        self._set_look(
            replace(self.look, depth_mm=depth, focus_mm=min(self.look.focus_mm, depth - 5.0))
        )

    def set_focus(self, focus_mm: float) -> None:
        """Put the transmit focus there."""
        deepest = min(FOCUS_MM[1], self.look.depth_mm - 5.0)
        self._set_look(replace(self.look, focus_mm=float(np.clip(focus_mm, FOCUS_MM[0], deepest))))

    def _set_look(self, look: Look) -> None:
        if look == self.look or self.frozen:
            return
        self.look = look
        self.moved.emit()
        self._ask()

    def show_with(self, display: Display) -> None:
        """Turn gain, dynamic range or time-gain compensation."""
        if display != self.display:
            self.display = display
            self.image_changed.emit()

    def fit_gain(self) -> None:
        """Set the gain to the image."""
        if self.sonogram is not None:
            self.show_with(self.sonogram.fitted(self.display))

    # --- frozen or live ---------------------------------------------------------------------------
    def freeze(self) -> None:
        """Hold the image that is shown; the probe is where it was taken."""
        if self.sonogram is None or self.frozen:
            return
        self.frozen = True
        self._drop_request()
        if self.look != self.sonogram.look:
            self.look = self.sonogram.look
            self.moved.emit()
        self.image_changed.emit()

    def go_on(self) -> None:
        """Show the live image again; what was measured or drafted on the frozen one goes."""
        if not self.frozen:
            return
        self.frozen = False
        self._answered = None
        # There is nothing to be measured in an image that moves.
        self.tool = self.usual_tool
        self._clear_drawing()
        self.image_changed.emit()
        self._ask()

    def toggle_freeze(self) -> None:
        """Freeze, or go on."""
        if self.frozen:
            self.go_on()
        else:
            self.freeze()

    def recall(self, index: int) -> None:
        """Show a frame that was kept, frozen, with the probe where it was."""
        stills = self._attempt.seen.stills
        looks = [i for i in self._attempt.state.intents if isinstance(i, Look)]
        if not 0 <= index < min(len(stills), len(looks)):
            return
        self._drop_request()
        self.frozen = True
        self.look = looks[index]
        self.sonogram = Sonogram.of(stills[index].frame, looks[index])
        self._clear_drawing()
        self.moved.emit()
        self.image_changed.emit()

    @property
    def kept(self) -> bool:
        """Whether the frozen image is among the frames kept since the needle moved last."""
        if self.sonogram is None or not self._attempt.started:
            return False
        for intent in reversed(self._attempt.state.intents):
            if isinstance(intent, _MOVES):
                return False
            if intent == self.sonogram.look:
                return True
        return False

    def keep(self) -> bool:
        """Keep the frozen image; return whether that was taken up."""
        if not self.frozen or self.sonogram is None or self.kept:
            return False
        return self._attempt.send(self.sonogram.look)

    # --- on the image -----------------------------------------------------------------------------
    def take(self, tool: Tool) -> None:
        """Take a tool in hand; a caliper freezes the image."""
        if tool is Tool.CALIPER:
            self.freeze()
        if tool is not self.tool:
            self.tool = tool
            self.drawing_changed.emit()

    def usually(self, tool: Tool) -> None:
        """Take the tool in hand that belongs to the stage."""
        self.usual_tool = tool
        self.take(tool)

    def toggle_caliper(self) -> None:
        """Take the caliper, or put it down."""
        self.take(self.usual_tool if self.tool is Tool.CALIPER else Tool.CALIPER)

    def click(self, point: Point) -> None:
        """Use the tool in hand at `point` (u, z) of the image."""
        if self.sonogram is None:
            return
        if self.tool is Tool.CALIPER:
            self.freeze()
            self.caliper = (*self.caliper, point) if len(self.caliper) == 1 else (point,)
        elif self.tool is Tool.MARK:
            self.freeze()
            self.draft = point
        elif self.tool is Tool.AIM:
            self.needle.aim(point)
            return
        else:
            return
        self.drawing_changed.emit()

    def nudge(self, u_mm: float, z_mm: float) -> bool:
        """Move what was placed last on the frozen image; return whether there is such a thing."""
        if not self.frozen or self.sonogram is None:
            return False
        half, depth = 0.5 * self.sonogram.width_mm, self.sonogram.depth_mm

        def moved(point: Point) -> Point:
            u, z = point[0] + u_mm, point[1] + z_mm
            return min(max(u, -half), half), min(max(z, 0.0), depth)

        if self.tool is Tool.CALIPER and self.caliper:
            self.caliper = (*self.caliper[:-1], moved(self.caliper[-1]))
        elif self.tool is Tool.MARK and self.draft is not None:
            self.draft = moved(self.draft)
        else:
            return False
        self.drawing_changed.emit()
        return True

    @property
    def distance_mm(self) -> float | None:
        """What the caliper measures; None before its second point."""
        if len(self.caliper) < 2:
            return None
        (u0, z0), (u1, z1) = self.caliper
        return float(np.hypot(u1 - u0, z1 - z0))

    def give_reason(self, reason: str) -> None:
        """Say why the drafted place is taken for the target."""
        self.reason = reason
        self.drawing_changed.emit()

    def mark(self) -> bool:
        """Set the drafted place as the target; return whether that was taken up."""
        if self.sonogram is None or self.draft is None or not self.reason:
            return False
        return self._attempt.send(MarkEcho(self.sonogram.supine_mm(self.draft), self.reason))

    def _clear_drawing(self) -> None:
        self.caliper, self.draft = (), None
        self.drawing_changed.emit()

    # --- frames -----------------------------------------------------------------------------------
    def watch(self, watched: bool) -> None:
        """Say whether anybody looks at the image: no frame is made for nobody."""
        self._watched = watched
        if watched:
            self._ask()
        else:
            self._drop_request()

    @property
    def waiting(self) -> bool:
        """Whether the image is still to follow the probe."""
        if not self._watched or self.frozen or not self._attempt.started:
            return False
        return not self._is_answered(self._attempt.state, self.look)

    def _follow(self) -> None:
        """Another state of the procedure: the tissue or the needle may be elsewhere."""
        if not self._attempt.started:
            return
        intents = self._attempt.state.intents
        if self.sonogram is None and self.look == FIRST_LOOK:
            # An attempt that goes on: the probe is put where it was last.
            looks = [i for i in intents if isinstance(i, Look)]
            self.look = looks[-1] if looks else FIRST_LOOK
        moves = sum(isinstance(i, _MOVES) for i in intents)
        if moves != self._moves:
            self._moves = moves
            self.go_on()
        self.drawing_changed.emit()
        self.needle.weigh()
        self.needle.go_on()
        self._ask()

    def _drop_request(self) -> None:
        if self._asked is not None:
            self._asked.set()
            self._asked = None

    def _ask(self) -> None:
        """Ask for the frame of now if it is another one, else for tissue that may come next."""
        attempt = self._attempt
        if self._asked is not None or not self._watched:
            return
        if not attempt.started or attempt.busy:
            return
        if not self.frozen and not self._is_answered(attempt.state, self.look):
            self._ask_frame(attempt.state, self.look)
        elif self._prepared != replace(self.look, focus_mm=0.0):
            self._ask_tissue(self.look)

    def _is_answered(self, state: ProcedureState, look: Look) -> bool:
        known = self._answered
        return known is not None and known[0] is state and known[1] == look

    def _ask_frame(self, state: ProcedureState, look: Look) -> None:
        engine, outline_known = self._attempt.engine, self.skin is not None

        def work() -> Iterator[Sonogram | Array | Exception]:
            # A frame that cannot be made must not be asked for again and again: it is answered.
            try:
                if not outline_known:
                    yield engine.skin_outline()
                yield engine.live(state, look)
            except Exception as error:
                yield error

        def receive(answer: Sonogram | Array | Exception) -> None:
            if isinstance(answer, np.ndarray):
                self.skin = Skin(answer)
                self.moved.emit()
                return
            self._asked = None
            self._answered = (state, look)
            if isinstance(answer, Exception):
                self._attempt.failed.emit(answer)
            elif self._attempt.started and self._attempt.state is state:
                self._show(answer)
            self._ask()

        self._asked = self._attempt.compute(lambda cancel, report: work(), receive)

    def _ask_tissue(self, look: Look) -> None:
        """Have a piece of the tissue near the probe made while nothing else is to be done."""
        engine = self._attempt.engine

        def work() -> Iterator[bool | Exception]:
            try:
                yield engine.prepare(look)
            except Exception as error:
                yield error

        def receive(more: bool | Exception) -> None:
            self._asked = None
            if isinstance(more, Exception):
                self._attempt.failed.emit(more)
            if more is not True:
                self._prepared = replace(look, focus_mm=0.0)
            self._ask()

        self._asked = self._attempt.compute(lambda cancel, report: work(), receive)

    def _show(self, sonogram: Sonogram) -> None:
        self.sonogram = sonogram
        if self.skin is not None:
            self.skin.scanned(sonogram)
        self.needle.weigh()
        self.image_changed.emit()
