"""Where a detector was exposed past the breast: what is black beside the skin line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.geometry.frames import as_pixels
from stereosim.imaging.detectors import load_detectors
from stereosim.imaging.exposure import detected_beam
from stereosim.imaging.materials import DATA
from stereosim.imaging.spectra import METRE_MM
from stereosim.imaging.xray import XrayImage
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec


@dataclass(frozen=True)
class BareSpec:
    """What counts as bare (data/detection.toml, ``[bare]``).

    Attributes
    ----------
    share : float
        Share of the open beam's signal from which on nothing can have been in the way.
    patch_mm : float
        Side of the square over which the signal is taken.
    """

    share: float
    patch_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_bare() -> BareSpec:
    """Return the parameters."""
    tables = load_toml(DATA / "detection.toml")
    return read_spec(BareSpec, tables["bare"], tables["sources"], "detection.toml: bare")


def bare(image: XrayImage, pixels: ArrayLike) -> NDArray[np.bool_]:
    """Tell at which pixels the beam has passed beside the breast.

    The open beam's signal is known from the generator's setting; a breast of a centimetre takes
    more than half of it away, the paddle's plate does not.  Where the detector is saturated, a rim
    of the breast up to that thickness cannot be told from air and counts as bare.

    Parameters
    ----------
    image : XrayImage
        For processing.
    pixels : (n, 2) array_like
        Column and row; they may lie outside the image, where nothing is known and nothing is bare.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    spec = load_bare()
    detector = load_detectors()[image.detector]
    view = image.view
    places = as_pixels(pixels, "pixels")
    rays = view.support_from_pixel(places) - view.source_mm
    distance = np.linalg.norm(rays, axis=1)
    normal = np.cross(view.column_mm, view.row_mm)
    slant = np.abs(rays @ normal) / (np.linalg.norm(normal) * distance)
    exposure = image.exposure
    beam = detected_beam(detector, exposure.target_filter, exposure.kv, METRE_MM)
    energy = beam.absorbed_kev.sum() * exposure.mas * (METRE_MM / distance) ** 2 * slant
    open_dn = spec.share * energy * detector.dn_per_kev_mm2
    full_dn = 0.99 * (detector.saturation_dn - detector.offset_dn)
    half = max(1, round(0.5 * spec.patch_mm / view.pitch_mm))
    found = np.zeros(len(places), dtype=np.bool_)
    rows, columns = view.shape
    for k, (column, row) in enumerate(np.rint(places).astype(int)):
        if not (0 <= row < rows and 0 <= column < columns):
            continue
        patch = image.pixels[
            max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1
        ]
        signal = float(np.median(patch)) - image.offset_dn
        found[k] = signal >= min(open_dn[k], full_dn)
    return found
