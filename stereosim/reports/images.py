"""Example images that a report shows, as arrays or as PNG bytes."""

from __future__ import annotations

import base64
import io
import re
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class ReportImage:
    """One image of a patient.

    Attributes
    ----------
    name : str
        File name without ending: lower-case letters, digits and hyphens.
    png : bytes
        The picture.
    caption : str
        What the reader should see in it.
    alt : str
        What it shows, for those who do not see it.
    group : str
        Heading under which it stands, e.g. "Stereotactic".
    pixel_aspect : float
        Height of a pixel over its width; a B-mode frame is seldom square.
    """

    name: str
    png: bytes
    caption: str
    alt: str
    group: str = ""
    pixel_aspect: float = 1.0

    def __post_init__(self) -> None:
        """Refuse names that are no file names, and bytes that are no PNG."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.name):
            raise ValueError(f"name {self.name!r}: use lower-case letters, digits and hyphens")
        if not self.png.startswith(_PNG_SIGNATURE):
            raise ValueError(f"image {self.name}: not PNG bytes")
        if not self.alt:
            raise ValueError(f"image {self.name}: needs an alt text")

    @classmethod
    def from_array(
        cls,
        name: str,
        pixels: ArrayLike,
        caption: str,
        alt: str,
        *,
        group: str = "",
        pixel_aspect: float = 1.0,
    ) -> ReportImage:
        """Make an image from pixels, shape (row, column), 0 black to 1 white."""
        return cls(name, grey_png(pixels), caption, alt, group, pixel_aspect)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as the PNG header says."""
        width, height = struct.unpack(">II", self.png[16:24])
        return int(height), int(width)

    @property
    def css_aspect(self) -> str:
        """Width over height as it is to be shown."""
        rows, columns = self.shape
        return f"{columns / (rows * self.pixel_aspect):.5f}"

    @property
    def uri(self) -> str:
        """The picture as a data address."""
        return png_uri(self.png)


def png_uri(png: bytes) -> str:
    """Return PNG bytes as a data address, so that an HTML file needs no other file."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def grey_png(pixels: ArrayLike) -> bytes:
    """Return a greyscale PNG of pixels in [0, 1], shape (row, column).

    Raises
    ------
    ValueError
        For another shape, or a value that is not finite.
    """
    from PIL import Image

    grey = np.asarray(pixels, dtype=np.float64)
    if grey.ndim != 2 or grey.size == 0 or not np.isfinite(grey).all():
        raise ValueError(f"pixels of shape {grey.shape}: need finite values, (row, column)")
    bytes8 = np.round(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(bytes8).save(stream, format="PNG", optimize=False, compress_level=6)
    return stream.getvalue()
