"""How images are shown: pictures, windows (level and width) and their presets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP
from stereosim_gui.signals import Signal

Image = NDArray[np.float32]
Grey = NDArray[np.uint8]
Box = tuple[float, float, float, float]

# Rows that are turned to grey at a time: what is worked on stays in the processor's cache.
_BLOCK = 64


@dataclass(frozen=True, eq=False)
class Picture:
    """One image, ready to be shown.

    Attributes
    ----------
    view : str
        ``"scout"``, ``"left"``, ``"right"``, ``"ultrasound"`` or ``"specimen"``.
    phase : str
        ``"scout"``, ``"target"``, ``"prefire"``, ``"postfire"``, ``"postclip"``; empty for a film.
    kind : str
        ``"xray"``, ``"ultrasound"`` or ``"specimen"``; pictures of a kind share their window.
    levels : tuple of ndarray of float32, shape (rows, columns)
        Display values, 0 black to 1 white: as the detector's pixels, then halved, quartered ...
        by means, so that a speck is not lost between the pixels of the screen.
    pixel_mm : (float, float)
        Width and height of a pixel of ``levels[0]``.
    number : int
        Exposure number, from 1.
    facts : dict
        What the overlay says, as plain values: ``angle_deg``, ``approach``, ``kv``, ``mas``,
        ``dose_mgy``, ``side``, ``depth_mm`` ... as far as they apply.
    outlines_px : ndarray, shape (n, 4)
        Boxes in the image, left, top, right, bottom (columns and rows): the paddle's window on an
        X-ray image, the cores on a film.
    """

    view: str
    phase: str
    kind: str
    levels: tuple[Image, ...]
    pixel_mm: tuple[float, float]
    number: int = 0
    facts: tuple[tuple[str, Any], ...] = ()
    outlines_px: NDArray[np.float64] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the full image."""
        rows, columns = self.levels[0].shape
        return rows, columns

    @property
    def anchor(self) -> tuple[float, float]:
        """Column and row that panes have in common: the middle of the paddle's window."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    @property
    def box(self) -> Box:
        """Left, top, right, bottom of what matters most: the paddle's window, or all of it."""
        if self.kind == "xray" and self.outlines_px is not None:
            left, top, right, bottom = (float(v) for v in self.outlines_px[0])
            return left, top, right, bottom
        return self.whole

    @property
    def whole(self) -> Box:
        """Left, top, right, bottom of the image, at the outer edges of its pixels."""
        rows, columns = self.shape
        return -0.5, -0.5, columns - 0.5, rows - 0.5

    def level_for(self, scale: float) -> int:
        """Return the level to be drawn where an image pixel takes `scale` pixels of the screen.

        The one whose pixels are nearest in size to those of the screen, at least 0.71 of them.
        Drawn by interpolation the weakest that a single pixel can get is the same on both sides
        of that limit, and the finer level is the sharper.
        """
        coarser = math.floor(0.5 - math.log2(max(scale, 1e-9)))
        return min(max(coarser, 0), len(self.levels) - 1)

    def fact(self, name: str, default: Any = None) -> Any:
        """Return one of the facts."""
        return dict(self.facts).get(name, default)


def pyramid(pixels: Image, smallest: int = 200) -> tuple[Image, ...]:
    """Return `pixels` and its halves by 2 x 2 means, down to `smallest` rows or columns."""
    levels = [np.ascontiguousarray(pixels, dtype=np.float32)]
    while min(levels[-1].shape) >= 2 * smallest:
        last = levels[-1]
        rows, columns = (n // 2 * 2 for n in last.shape)
        cut = last[:rows, :columns]
        half = 0.25 * (cut[::2, ::2] + cut[1::2, ::2] + cut[::2, 1::2] + cut[1::2, 1::2])
        levels.append(np.ascontiguousarray(half, dtype=np.float32))
    return tuple(levels)


@dataclass(frozen=True)
class Window:
    """Which display values are shown from black to white.

    Attributes
    ----------
    level, width : float
        Middle and extent, in display values.
    inverted : bool
        Whether white and black are exchanged.
    """

    level: float = 0.5
    width: float = 1.0
    inverted: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """Values shown at the two ends of the grey scale."""
        return self.level - self.width / 2, self.level + self.width / 2


def grey(pixels: Image, window: Window, out: Grey) -> None:
    """Write `pixels` as seen through `window` into `out`, 0 black to 255 white; NaN is black."""
    low, high = window.limits
    slope = np.float32(255.0 / max(high - low, 1e-6))
    for start in range(0, len(pixels), _BLOCK):
        block = pixels[start : start + _BLOCK] - np.float32(low)
        block *= slope
        # Unlike clip, fmax takes the number where the other is NaN.
        np.fmax(block, np.float32(0.0), out=block)
        np.fmin(block, np.float32(255.0), out=block)
        if window.inverted:
            np.subtract(np.float32(255.0), block, out=block)
        block += np.float32(0.5)
        out[start : start + _BLOCK] = block


# Key -> name, level, width. The first shows everything, the others favour one tissue each.
PRESETS: dict[str, tuple[tuple[tuple[str, str], float, float], ...]] = {
    "xray": (
        (QT_TRANSLATE_NOOP("Presets", "Full range"), 0.50, 1.00),
        (QT_TRANSLATE_NOOP("Presets", "Fat"), 0.35, 0.50),
        (QT_TRANSLATE_NOOP("Presets", "Gland"), 0.60, 0.60),
        (QT_TRANSLATE_NOOP("Presets", "Dense gland"), 0.75, 0.50),
        (QT_TRANSLATE_NOOP("Presets", "Calcifications"), 0.80, 0.30),
    ),
    "ultrasound": (
        (QT_TRANSLATE_NOOP("Presets", "Full range"), 0.50, 1.00),
        (QT_TRANSLATE_NOOP("Presets", "Soft"), 0.45, 1.20),
        (QT_TRANSLATE_NOOP("Presets", "Contrast"), 0.50, 0.70),
        (QT_TRANSLATE_NOOP("Presets", "Dark masses"), 0.35, 0.50),
        (QT_TRANSLATE_NOOP("Presets", "Bright specks"), 0.75, 0.45),
    ),
}
PRESETS["specimen"] = PRESETS["xray"]

# Narrower than this a window is a threshold; wider, the picture is grey all over.
_WIDTHS = (0.02, 4.0)
_LEVELS = (-1.0, 2.0)
# The open beam and the probe's far field are black and say nothing about the tissue.
_DARK = 0.02
# How much further than the whitest tissue the fitted window goes.
_ROOM = 1.25
# Nothing that grows in a breast is as white.
_METAL = 0.995


class Windows:
    """The window of each kind of picture."""

    def __init__(self) -> None:
        self._windows = {kind: Window() for kind in PRESETS}
        self.changed: Signal[[str]] = Signal()

    def __getitem__(self, kind: str) -> Window:
        """Return the window of a kind."""
        return self._windows[kind]

    def drag(self, kind: str, width_by: float, level_by: float) -> None:
        """Widen and shift the window of a kind, in fractions of the grey scale."""
        window = self._windows[kind]
        self._set(
            kind,
            replace(
                window,
                width=float(np.clip(window.width + width_by, *_WIDTHS)),
                level=float(np.clip(window.level + level_by, *_LEVELS)),
            ),
        )

    def apply_preset(self, kind: str, number: int) -> None:
        """Apply preset `number`, counted from 1 as on the keyboard."""
        _, level, width = PRESETS[kind][number - 1]
        self._set(kind, replace(self._windows[kind], level=level, width=width))

    def fit(self, picture: Picture) -> None:
        """Fit the window of its kind to `picture`."""
        rows, columns = picture.shape
        left, top, right, bottom = (round(edge) for edge in picture.box)
        cut = picture.levels[0][max(top, 0) : min(bottom, rows), max(left, 0) : min(right, columns)]
        # Every third pixel along each axis is enough for a percentile.
        shown = cut[::3, ::3]
        shown = shown[(shown > _DARK) & (shown < _METAL)]
        if shown.size == 0:
            return
        # The middle of the tissue becomes middle grey and the whitest of it nearly white, as far as
        # there is anything dark enough to be black.
        low, middle, high = (float(v) for v in np.percentile(shown, (1.0, 50.0, 99.9)))
        reach = _ROOM * (high - middle)
        low, high = max(low, middle - reach), middle + reach
        width = max(high - low, _WIDTHS[0])
        window = self._windows[picture.kind]
        self._set(picture.kind, replace(window, level=(low + high) / 2, width=width))

    def reset(self, kind: str) -> None:
        """Show the full range again, white on black."""
        self._set(kind, Window())

    def invert(self, kind: str) -> None:
        """Exchange black and white."""
        self._set(kind, replace(self._windows[kind], inverted=not self._windows[kind].inverted))

    def _set(self, kind: str, window: Window) -> None:
        self._windows[kind] = window
        self.changed.emit(kind)


@dataclass(frozen=True, eq=False)
class Series:
    """What one press of the exposure button made: a scout, or the two views of a pair.

    Attributes
    ----------
    phase : str
        Of its pictures.
    pictures : tuple of Picture
        In the order of their numbers.
    """

    phase: str
    pictures: tuple[Picture, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Exposure numbers."""
        return tuple(picture.number for picture in self.pictures)

    def view(self, name: str) -> Picture | None:
        """Return the picture of a view, if there is one."""
        return next((p for p in self.pictures if p.view == name), None)


def series_of(pictures: Sequence[Picture]) -> tuple[Series, ...]:
    """Return the X-ray exposures of a patient as series, oldest first."""
    made: list[Series] = []
    for picture in pictures:
        if picture.kind != "xray":
            continue
        last = made[-1] if made else None
        if last and picture.view == "right" and last.pictures[-1].view == "left":
            made[-1] = Series(last.phase, (*last.pictures, picture))
        else:
            made.append(Series(picture.phase, (picture,)))
    return tuple(made)
