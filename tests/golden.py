"""Golden screens: what a widget looks like is compared with an image that was looked at.

Tolerance: at most `SHARE` of the pixels may differ by more than `STEP` of 255 in any colour.  That
lets through the last bit of a blend or of a float in an image, and no moved line, changed word or
other colour.  ``APPROVE=1`` writes the images anew: look at every one before it is committed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "golden_images"
STEP = 24
# Greys are kept in steps of this: at most half of it off, far below STEP.
ROUND = 16
SHARE = 0.002
MOST = 40


POINTS = 10.0


@cache
def plain_font() -> Any:
    """A font that every machine with matplotlib has, without hinting: letters alike everywhere."""
    import matplotlib
    from PySide6.QtGui import QFont, QFontDatabase

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in ("DejaVuSans-Bold.ttf", "DejaVuSans.ttf"):
        number = QFontDatabase.addApplicationFont(str(file / name))
        assert number >= 0, file
    font = QFont(QFontDatabase.applicationFontFamilies(number)[0])
    font.setPointSizeF(POINTS)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
    return font


@contextmanager
def in_plain_font(qt: Any) -> Iterator[None]:
    """Have everything that is dressed from here on use the plain font."""
    before, points = qt.font(), qt.property("usual_points")
    qt.setFont(plain_font())
    qt.setProperty("usual_points", POINTS)
    try:
        yield
    finally:
        qt.setFont(before)
        qt.setProperty("usual_points", points)


def pixels_of(widget: Any) -> NDArray[np.uint8]:
    """Return what `widget` looks like, shape (rows, columns, 3)."""
    from PySide6.QtGui import QImage

    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def share_that_differs(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the share of pixels that differ by more than `STEP`; 1 for other sizes."""
    if one.shape != other.shape:
        return 1.0
    apart = np.abs(one.astype(np.int16) - other.astype(np.int16)).max(axis=2)
    return float((apart > STEP).mean())


def save_small(pixels: NDArray[np.uint8], file: Path) -> None:
    """Write an image with its greys rounded to `ROUND`: noise takes half the room."""
    from PIL import Image

    rounded = np.minimum((pixels.astype(np.int16) + ROUND // 2) // ROUND * ROUND, 255)
    grey = (pixels == pixels[:, :, :1]).all(axis=2, keepdims=True)
    Image.fromarray(np.where(grey, rounded.astype(np.uint8), pixels)).save(file, optimize=True)


def compare(widget: Any, name: str, kept: Path) -> str:
    """Compare `widget` with the golden image `name`; return what is wrong, empty for nothing.

    What it looks like now is put into `kept` where it differs.
    """
    from PIL import Image

    now = pixels_of(widget)
    file = FOLDER / f"{name}.png"
    if os.environ.get("APPROVE"):
        FOLDER.mkdir(exist_ok=True)
        save_small(now, file)
        return ""
    if not file.is_file():
        return f"{file.name} is missing: APPROVE=1 writes it"
    with Image.open(file) as image:
        golden = np.asarray(image.convert("RGB"))
    share = share_that_differs(now, golden)
    if share <= SHARE:
        return ""
    Image.fromarray(now).save(kept / f"{name}.png")
    return f"{name}: {share:.2%} of the pixels differ; it looks like {kept / name}.png now"
