"""Tools of a group of image panes: buttons and keys for zoom, window, overlays and linking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from stereosim_gui.model.display import PRESETS, Windows
from stereosim_gui.model.texts import say
from stereosim_gui.views.flow import FlowLayout
from stereosim_gui.views.image_pane import ZOOM_STEP, ImagePane
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import spoken

# While the window is dragged, panes follow one another within this time or wait for the release.
_FRAME_S = 0.040
_WINDOW_STEP = 0.05


class ImageTools(QWidget):
    """A row of buttons over image panes, and their keys.

    Zoom and pan are shared by the panes that are seen while they are linked; the window is shared
    by all pictures of a kind anyway.

    Parameters
    ----------
    owner : QWidget
        For which, and for what is in it, the keys are bound.
    windows : Windows
        The model's windows.
    panes : sequence of ImagePane
        The group, in the order in which Tab goes through it.
    kind : str
        What kind of pictures they show: presets differ.
    """

    def __init__(
        self, owner: QWidget, windows: Windows, panes: Sequence[ImagePane], kind: str
    ) -> None:
        super().__init__(owner)
        self.windows = windows
        self.panes = tuple(panes)
        self.kind = kind
        self._owner = owner
        self._active = self.panes[0]
        self._row = FlowLayout(self)
        for pane in self.panes:
            pane.activated.connect(partial(self._activate, pane))
            pane.zoomed.connect(partial(self._follow_zoom, pane))
            pane.moved.connect(partial(self._follow_move, pane))
            pane.window_dragged.connect(partial(self._hold_others, pane))

    def add_usual(self) -> None:
        """Add the buttons that every group has, after those that the owner has added."""
        tip = self.tr("Fit the paddle's window into the view; again: the whole image (Ctrl+0)")
        self.add(self.tr("Fit"), "fit", self.fit, tip)
        tip = self.tr("One pixel of the image for each pixel of the screen (Ctrl+1)")
        self.add(self.tr("1:1"), "actual", self.actual_size, tip)
        # A minus sign as wide as the plus.
        self.add("\u2212", "zoom_out", partial(self._zoom, 1 / ZOOM_STEP), self.tr("Zoom out (-)"))
        self.add("+", "zoom_in", partial(self._zoom, ZOOM_STEP), self.tr("Zoom in (+)"))
        self._add_windows()
        tip = self.tr("Captions, scale, band and outlines over the image (S)")
        self.overlays = self.add_switch(
            self.tr("Overlays"), "overlays", self._show_overlays, tip, on=True
        )
        tip = self.tr("The views zoom and move together (L)")
        self.link = self.add_switch(self.tr("Link"), "link", self._link, tip, on=True)
        self.link.setVisible(len(self.panes) > 1)
        for name, act in (
            ("wider", partial(self._drag, _WINDOW_STEP, 0.0)),
            ("narrower", partial(self._drag, -_WINDOW_STEP, 0.0)),
            ("brighter", partial(self._drag, 0.0, -_WINDOW_STEP)),
            ("darker", partial(self._drag, 0.0, _WINDOW_STEP)),
            ("auto", self.auto),
            ("invert", self.invert),
        ):
            bind(self._owner, name, act, context=Qt.ShortcutContext.WindowShortcut)
        # Numbers and Esc mean other things elsewhere on the page.
        for number in range(1, 6):
            bind(self._owner, f"preset{number}", partial(self.preset, number))
        bind(self._owner, "reset", self.reset)

    def add(self, text: str, key: str, act: Callable[[], Any], tip: str) -> QToolButton:
        """Add a button, and bind the key called `key` to the same."""
        button = self._button(text, tip)
        button.clicked.connect(lambda: act())
        bind(self._owner, key, act, context=Qt.ShortcutContext.WindowShortcut)
        return button

    def add_switch(
        self, text: str, key: str, act: Callable[[bool], Any], tip: str, *, on: bool = False
    ) -> QToolButton:
        """Add a button that stays down, and bind the key called `key` to press it."""
        button = self._button(text, tip)
        button.setCheckable(True)
        button.setChecked(on)
        button.toggled.connect(act)
        bind(self._owner, key, button.click, context=Qt.ShortcutContext.WindowShortcut)
        return button

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip if len(text) < 3 else text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row.addWidget(button)
        return button

    def _add_windows(self) -> None:
        tip = self.tr("Presets 1 to 5, A auto, I invert; or drag with the right button")
        button = self._button(self.tr("Contrast"), tip)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for number, (key, _, _) in enumerate(PRESETS[self.kind], start=1):
            menu.addAction(f"{number}  {spoken(say(key))}", partial(self.preset, number))
        menu.addSeparator()
        menu.addAction(self.tr("A  Fitted to the image"), self.auto)
        menu.addAction(self.tr("I  Invert black and white"), self.invert)
        button.setMenu(menu)

    # --- which panes ------------------------------------------------------------------------------
    @property
    def shown(self) -> tuple[ImagePane, ...]:
        """The panes that are seen and show a picture."""
        return tuple(p for p in self.panes if p.isVisibleTo(self._owner) and p.picture is not None)

    @property
    def active(self) -> ImagePane:
        """The pane that the keys are for: where the keyboard is, or was last."""
        shown = self.shown
        return self._active if self._active in shown or not shown else shown[0]

    def _activate(self, pane: ImagePane) -> None:
        self._active = pane

    def _linked_to(self, pane: ImagePane) -> list[ImagePane]:
        return [other for other in self.shown if self.link.isChecked() and other is not pane]

    def _follow_zoom(self, pane: ImagePane, x: float, y: float) -> None:
        for other in self._linked_to(pane):
            # Seen at the zoom that the other has still.
            point = other.partner_point(pane, x, y)
            other.zoom_quietly(pane.viewport.scale / other.viewport.scale, point)

    def _follow_move(self, pane: ImagePane, x: float, y: float) -> None:
        for other in self._linked_to(pane):
            other.pan_quietly(x, y)

    # --- zoom -------------------------------------------------------------------------------------
    def fit(self) -> None:
        """Fit the paddle's window, and where that is done, the whole image."""
        to = "whole" if self.active.fitted == "box" else "box"
        for pane in (self.active, *self._linked_to(self.active)):
            pane.fit(to)

    def actual_size(self) -> None:
        """One pixel of the image for each pixel of the screen."""
        self.active.actual_size()

    def _zoom(self, factor: float) -> None:
        self.active.zoom_by(factor)

    def reset(self) -> None:
        """Zoom, pan and window as at first, in all panes."""
        for pane in self.panes:
            pane.fit(pane.first_fit)
        self.windows.reset(self.kind)
        self.auto()

    def _link(self, on: bool) -> None:
        """Give the others the scale of the active pane; where they look stays their own."""
        if on and self.active.picture is not None:
            self._follow_zoom(self.active, self.active.width() / 2, self.active.height() / 2)

    def _show_overlays(self, on: bool) -> None:
        for pane in self.panes:
            pane.show_overlays(on)

    # --- window -----------------------------------------------------------------------------------
    def preset(self, number: int) -> None:
        """Apply a preset."""
        self.windows.apply_preset(self.kind, number)

    def auto(self) -> None:
        """Fit the window to the picture of the active pane."""
        if self.active.picture is not None:
            self.windows.fit(self.active.picture)

    def invert(self) -> None:
        """Exchange black and white."""
        self.windows.invert(self.kind)

    def _drag(self, width_by: float, level_by: float) -> None:
        self.windows.drag(self.kind, width_by, level_by)

    def _hold_others(self, pane: ImagePane, dragged: bool) -> None:
        slow = sum(shown.frame_s for shown in self.shown) > _FRAME_S
        for other in self.panes:
            other.held = dragged and slow and other is not pane
            if not dragged:
                other.update()
