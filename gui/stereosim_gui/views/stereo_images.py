"""Scout, stereo pair and post-fire pair with their marks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.arrangement import SCOUT_STAGES, positioned_before, shown_at
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.band import Band
from stereosim_gui.model.display import Picture, Series, series_of
from stereosim_gui.model.engine import Preview
from stereosim_gui.model.stages import Stage, needle_in
from stereosim_gui.views.exposure_strip import ExposureStrip
from stereosim_gui.views.image_tools import ImageTools
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import fill
from stereosim_gui.views.part import Part
from stereosim_gui.views.stereo_pane import StereoPane

# Where the images are what is worked at, they get the keyboard when the page is turned to.
_FOCUS_STAGES = (Stage.SCOUT, Stage.PAIR, Stage.TARGET)
_OTHER = {"left": "right", "right": "left"}


class StereoImages(Part):
    """The images of the stereotactic unit, arranged for the stage.

    Attributes
    ----------
    scout : StereoPane
        Alone and large until the pair has been made.
    rows : tuple of dict of str to StereoPane
        Left and right view of the reference, and of the post-fire pair under it.
    tools : ImageTools
        Buttons and keys.
    strip : ExposureStrip
        All exposures.
    """

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        self.scout = StereoPane(app.windows, "scout")
        self.rows = tuple(
            {view: StereoPane(app.windows, view) for view in ("left", "right")} for _ in range(2)
        )
        self.panes = (self.scout, *(pane for row in self.rows for pane in row.values()))
        self.tools = ImageTools(self, app.windows, self.panes, "xray")
        self.strip = ExposureStrip()
        self._stage: Stage | None = None
        self._series: tuple[Series, ...] = ()
        # What the user wants to see instead of what belongs to the stage.
        self._chosen: int | None = None
        # Kept until the worker has the next one, so that the band does not flicker.
        self._preview: Preview | None = None
        # Whether the magnifier was switched by hand: then it stays as it is.
        self._magnifier_chosen = False
        self._add_tools()
        self._lay_out()
        for pane in self.panes:
            pane.placed.connect(partial(self._place, pane))
            pane.taken_away.connect(partial(self._take_away, pane))
        self.strip.chosen.connect(self._choose)
        bind(self, "earlier", partial(self._step, -1), context=Qt.ShortcutContext.WindowShortcut)
        bind(self, "later", partial(self._step, 1), context=Qt.ShortcutContext.WindowShortcut)
        for signal in (
            attempt.marks_changed,
            attempt.preview_changed,
            attempt.marking_changed,
            attempt.scout_picked,
            app.settings_changed,
        ):
            self.hear(signal, self._show_marks)

    def _add_tools(self) -> None:
        tools = self.tools
        tip = self.tr(
            "While this is on, a click places the mark of that view and the arrows move it; "
            "otherwise the marks are locked (M)"
        )
        self.mark_switch = tools.add_switch(self.tr("Mark"), "mark", self._set_marking, tip)
        tip = self.tr(
            "Show the detector's pixels at the cursor, or at the mark that is moved by keys, "
            "four times as large (Z)"
        )
        self.magnifier_switch = tools.add_switch(
            self.tr("Magnifier"), "magnifier", self._magnify, tip
        )
        self.magnifier_switch.clicked.connect(self._choose_magnifier)
        tools.add_usual()
        bind(self, "place", self._place_in_middle, context=Qt.ShortcutContext.WindowShortcut)
        bind(self, "unmark", self._take_active_away)

    def _lay_out(self) -> None:
        pairs = _Pairs()
        grid = pairs.grid
        for number, row in enumerate(self.rows):
            for place, pane in enumerate(row.values()):
                grid.addWidget(pane, number, place)
        self._centre = QStackedWidget()
        self._centre.addWidget(self.scout)
        self._centre.addWidget(pairs)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self.tools)
        whole.addWidget(self._centre, 1)
        whole.addWidget(self.strip)

    # --- what is shown ----------------------------------------------------------------------------
    def show_stage(self, stage: Stage) -> None:
        """Show what belongs to `stage`, or what the user chose since the page was turned to."""
        if not self.attempt.started:
            return
        series = series_of(self.attempt.pictures)
        turned = stage is not self._stage
        if turned or _numbers(series) != _numbers(self._series):
            self._chosen = None
        if series and not self._series:
            self.app.windows.fit(series[-1].pictures[-1])
        self._stage, self._series = stage, series
        if turned:
            self.attempt.set_marking(self._can_mark)
            if not self._magnifier_chosen:
                # A click alone is not exact enough to mark with.
                self.magnifier_switch.setChecked(self._can_mark)
        self._arrange()
        if turned and stage in _FOCUS_STAGES:
            self.tools.active.setFocus()

    @property
    def shown(self) -> tuple[int, ...]:
        """Indices of the series in the panes, a row each."""
        if self._stage is None:
            return ()
        usual = shown_at(self._stage, self.attempt.state, self._series)
        if self._chosen is None:
            return usual
        below = usual[1:] if self._series[self._chosen].phase != "scout" else ()
        return (self._chosen, *(number for number in below if number != self._chosen))

    @property
    def _can_mark(self) -> bool:
        """Whether marks may be placed: at the stage for it, and with no needle in the way."""
        attempt = self.attempt
        return self._stage is Stage.TARGET and not attempt.ended and not needle_in(attempt.state)

    def _arrange(self) -> None:
        shown = [self._series[number] for number in self.shown]
        pairs = bool(shown) and shown[0].phase != "scout"
        if pairs:
            for row, one in zip(self.rows, [*shown, None], strict=False):
                for view, pane in row.items():
                    fresh = not pane.isVisibleTo(self)
                    pane.setVisible(one is not None)
                    pane.show_picture(None if one is None else one.view(view))
                    if fresh and row is self.rows[1] and self.tools.link.isChecked():
                        pane.look_like(self.rows[0][view])
        else:
            scout = shown[0].view("scout") if shown else None
            self.scout.show_picture(scout, self._invitation())
        self._centre.setCurrentIndex(1 if pairs else 0)
        self.strip.setVisible(len(self._series) > 1)
        old = positioned_before(self.attempt.state, self._series)
        self.strip.show_series(self._series, self.shown, old)
        self._show_marks()

    def _invitation(self) -> str:
        """Return what to do where there is no image yet."""
        if Stage.SCOUT in self.app.reachable:
            return self.tr("The breast is positioned. Make a scout to see where the target lies.")
        return self.tr("No image yet. Position the breast, then make a scout.")

    # --- comparing --------------------------------------------------------------------------------
    def _choose(self, number: int) -> None:
        if 0 <= number < len(self._series):
            self._chosen = number
            self._arrange()

    def _step(self, by: int) -> None:
        """Compare the exposure before or after the one that is shown."""
        shown = self.shown
        if shown:
            self._choose(min(max(shown[0] + by, 0), len(self._series) - 1))

    # --- marks ------------------------------------------------------------------------------------
    def _show_marks(self, *_: object) -> None:
        attempt = self.attempt
        if not attempt.started:
            return
        can_mark = self._can_mark
        self.mark_switch.setEnabled(can_mark)
        self.mark_switch.blockSignals(True)
        self.mark_switch.setChecked(can_mark and attempt.marking)
        self.mark_switch.blockSignals(False)
        if attempt.preview is not None or attempt.busy:
            self._preview = attempt.preview
        for pane, present in self._panes_with_pictures():
            if not present:
                pane.show_marks(None, marking=False)
            elif pane.view == "scout":
                picks = self._stage in SCOUT_STAGES and not attempt.seen.passes
                pane.show_marks(attempt.scout_pixel, marking=picks)
            else:
                pane.show_marks(
                    getattr(attempt.marks, pane.view),
                    marking=can_mark and attempt.marking,
                    band=self._band(pane.view),
                    warning=self._warning(),
                )

    def _panes_with_pictures(self) -> Iterator[tuple[StereoPane, bool]]:
        """Panes, and whether their picture shows the breast as it is positioned now."""
        newest = self.attempt.picture("scout")
        for pane in self.panes:
            if pane is self.scout:
                yield pane, pane.picture is not None and pane.picture is newest
            else:
                yield pane, _is_present(pane.picture, self.attempt)

    def _band(self, view: str) -> Band | None:
        """Return the band to be drawn in `view`; never in an exam."""
        marked = getattr(self.attempt.marks, _OTHER[view]) is not None
        if not (marked and self.attempt.marking and self.app.hints_on and self._preview):
            return None
        return next((band for band in self._preview.bands if band.view == view), None)

    def _warning(self) -> str:
        preview = self.attempt.preview
        if preview is None or not preview.marks.complete:
            return ""
        if preview.target is None:
            return self.tr("These two marks give no target:\nare they the same point?")
        mismatch = abs(float(preview.target.y_mismatch_mm))
        if mismatch <= preview.y_tolerance_mm:
            return ""
        return fill(
            self.tr("y mismatch {y:.1f} mm, over {limit:.1f} mm:\nis it the same point?"),
            y=mismatch,
            limit=preview.y_tolerance_mm,
        )

    def _place(self, pane: StereoPane, column: float, row: float) -> None:
        if pane is self.scout:
            self.attempt.pick_on_scout((column, row))
        else:
            self.attempt.mark(pane.view, (column, row))

    def _take_away(self, pane: StereoPane) -> None:
        if pane is self.scout:
            self.attempt.pick_on_scout(None)
        else:
            self.attempt.mark(pane.view, None)

    def _place_in_middle(self) -> None:
        pane = self.tools.active
        if isinstance(pane, StereoPane):
            pane.setFocus()
            pane.place_in_middle()

    def _take_active_away(self) -> None:
        pane = self.tools.active
        if isinstance(pane, StereoPane):
            pane.take_away()

    def _set_marking(self, on: bool) -> None:
        self.attempt.set_marking(on and self._can_mark)

    def _choose_magnifier(self) -> None:
        self._magnifier_chosen = True

    def _magnify(self, on: bool) -> None:
        for pane in self.panes:
            pane.magnify(on)

    def let_go(self) -> None:
        """Have the panes listen to nothing any more either."""
        for pane in self.panes:
            pane.let_go()
        super().let_go()


class _Pairs(QWidget):
    """Lays panes out two by two, all of exactly one size: fitted, they have the same scale."""

    def __init__(self) -> None:
        super().__init__()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(4)
        for column in range(2):
            self.grid.setColumnStretch(column, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the odd pixel out."""
        self.grid.setContentsMargins(0, 0, self.width() % 2, self.height() % 2)


def _numbers(series: tuple[Series, ...]) -> list[int]:
    return [number for one in series for number in one.numbers]


def _is_present(picture: Picture | None, attempt: Attempt) -> bool:
    return picture is not None and picture.number > attempt.seen.first_shot
