"""Metal in an image: where it is, and where the tip of the needle is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.projection import back_project, project
from stereosim.imaging.density import density
from stereosim.imaging.materials import DATA, Array
from stereosim.imaging.rendering import block_means, spread_blocks
from stereosim.imaging.xray import XrayImage
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

# The surroundings are read on blocks of about this size.
_BLOCK_MM = 2.0
# Length over which a needle's direction in the image is judged.
_LENGTH_MM = 20.0
# Toward the shaft of a needle that stands upright.
_UP = np.array([0.0, 0.0, 1.0])
# A needle is longer than this many widths, or it is seen end on.
_ELONGATED = 1.3
# Within this angle of the image of a line along the shaft the needle is taken to lie so.
_KNOWN_COSINE = 0.9
# The end of a slanting cylinder is a wedge, half transparent over the first 0.02 mm: its edge lies
# where the signal has fallen by less than half.
_END_LEVEL = 0.35


@dataclass(frozen=True)
class MetalSpec:
    """What counts as metal (data/detection.toml, ``[metal]``)."""

    density: float
    area_mm2: float
    rim_mm: float
    neighbourhood_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_metal() -> MetalSpec:
    """Return the parameters."""
    tables = load_toml(DATA / "detection.toml")
    return read_spec(MetalSpec, tables["metal"], tables["sources"], "detection.toml: metal")


def surroundings(dense: Image, pitch_mm: float) -> Image:
    """Return the median density of the wide neighbourhood of each pixel."""
    from scipy.ndimage import median_filter

    size = max(1, min(round(_BLOCK_MM / pitch_mm), min(dense.shape) // 4))
    window = 2 * round(0.5 * load_metal().neighbourhood_mm / (size * pitch_mm)) + 1
    return spread_blocks(
        median_filter(block_means(dense, size), window, mode="nearest"), size, dense.shape
    )


def metal_mask(dense: Image, pitch_mm: float) -> tuple[Mask, Image]:
    """Find metal in an image of log density.

    Returns
    -------
    mask : ndarray of bool, shape (rows, columns)
        Pixels of connected dense areas that are large enough.
    around : ndarray of float32, shape (rows, columns)
        Density of the surroundings.
    """
    from scipy.ndimage import label

    spec = load_metal()
    around = surroundings(dense, pitch_mm)
    mask = dense - around > np.float32(spec.density)
    least = spec.area_mm2 / pitch_mm**2
    if np.count_nonzero(mask) < least:
        return np.zeros_like(mask), around
    labels, _ = label(mask)
    large = np.bincount(labels.ravel()) >= least
    large[0] = False
    return large[labels], around


def find_needle_tip(
    image: XrayImage,
    *,
    point_mm: float = 0.0,
    height_mm: float = 20.0,
    shaftward: Array = _UP,
) -> tuple[float, float] | None:
    """Find the tip of the needle in an image.

    The needle is the largest piece of metal.  The shaft of one that stands upright leads away from
    the tip toward the source: in a view at 15 degrees that is along the columns, to one side.  It
    ends in the disc of its shoulder and the point below it, which at 15 degrees hardly shows under
    the disc: the known length of the point then says where it ends.

    Parameters
    ----------
    image : XrayImage
        With its view, which the console knows.
    point_mm : float
        Length of the tapering point, from the catalogue; 0 for a flat end.
    height_mm : float
        About where the tip is above the support: 5 mm change the place by 0.02 mm.
    shaftward : ndarray, shape (3,)
        Unit vector from the tip along the shaft, about; up unless the arm holds it otherwise.

    Returns
    -------
    (column, row) or None
        Pixel coordinates of the centre of the tip; None if there is no metal.
    """
    from scipy.ndimage import label, map_coordinates

    dense = density(image)
    mask, around = metal_mask(dense, image.pitch_mm)
    labels, count = label(mask)
    if count == 0:
        return None
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    rows, columns = np.nonzero(labels == int(sizes.argmax()))
    points = np.column_stack([columns, rows]).astype(np.float64)
    centre = points.mean(axis=0)
    spread, axes = np.linalg.eigh(np.cov((points - centre).T))
    if spread[1] < _ELONGATED**2 * spread[0]:
        return float(centre[0]), float(centre[1])
    expected = _image_of(image, centre, height_mm, shaftward, _LENGTH_MM)
    expected = expected / max(float(np.linalg.norm(expected)), 1e-9)
    shaft = _toward_shaft(axes[:, 1], expected, points, image.view.shape)
    known = float(shaft @ expected) > _KNOWN_COSINE
    if known:
        # The image of a line along the shaft is known better than the long axis of a notched one.
        shaft = expected
    across = np.array([-shaft[1], shaft[0]])
    along = (points - centre) @ shaft
    # 0 in tissue, 1 in metal, linear in the signal: half of it marks the edge.
    metal = float(np.median(dense[rows, columns]))
    outside = np.exp(-float(around[round(centre[1]), round(centre[0])]))

    def level(offsets: Array) -> Array:
        marks = centre + offsets
        values = map_coordinates(dense, marks.T[::-1], order=1, mode="nearest")
        return np.asarray((outside - np.exp(-values)) / (outside - np.exp(-metal)))

    near, far = float(along.min()), float(along.max())
    width = np.sqrt(12.0 * float(spread[0]))
    pointed = _image_of(image, centre + near * shaft, height_mm, shaftward, point_mm)
    ahead = float(np.linalg.norm(pointed))
    shoulder = min(near + max(0.5 * width, ahead), far)
    offset, width = _edges(level, shaft, across, shoulder, width)
    steps = np.arange(near - width, min(near + width, far), 0.1)
    profile = np.zeros(len(steps))
    lanes = np.linspace(-0.3, 0.3, 7) * width
    fronts = _fronts(lanes, 0.5 * width, ahead)
    front = float(fronts.max())
    for lane, reach in zip(lanes, fronts, strict=True):
        # Each lane is moved by what the end recedes there, so that all rise at the same step.
        bulge = front - reach if known else 0.0
        profile += level((steps + bulge)[:, None] * shaft + (lane + offset) * across) / len(lanes)
    end = _crossing(steps, profile, _END_LEVEL)
    if end is None:
        return None
    tip = centre + (end + (front - ahead if known else 0.0)) * shaft + offset * across
    return float(tip[0]), float(tip[1])


def _image_of(
    image: XrayImage, pixel: Array, height_mm: float, shaftward: Array, length_mm: float
) -> Array:
    """Return the step in the image, pixels, of a way along the shaft from what lies at `pixel`."""
    start = back_project(image.view, pixel[None], height_mm)[0]
    marks = project(image.view, np.array([start, start + length_mm * shaftward]))
    return np.asarray(marks[1] - marks[0])


def _fronts(lanes: Array, radius: float, ahead: float) -> Array:
    """How far the shadow of a disc and of a point `ahead` of its centre reaches in each lane."""
    disc = np.sqrt(np.maximum(radius**2 - lanes**2, 0.0))
    if ahead <= radius:
        return np.asarray(disc)
    # The sides of the point's shadow touch the disc.
    slope = np.sqrt(ahead**2 - radius**2) / radius
    touched = np.abs(lanes) < radius * np.sqrt(1.0 - (radius / ahead) ** 2)
    return np.where(touched, ahead - np.abs(lanes) * slope, disc)


def _toward_shaft(axis: Array, expected: Array, points: Array, shape: tuple[int, int]) -> Array:
    """Orient the long axis from the tip to the shaft."""
    edge = np.array([shape[1] - 1.0, shape[0] - 1.0])
    cut = (points <= 0.0).any(axis=1) | (points >= edge).any(axis=1)
    if cut.any() and not cut.all():
        direction = points[cut].mean(axis=0) - points[~cut].mean(axis=0)
    else:
        direction = expected
    return np.asarray(axis if float(axis @ direction) >= 0.0 else -axis)


def _edges(
    level: Callable[[Array], Array], shaft: Array, across: Array, station: float, width: float
) -> tuple[float, float]:
    """Return how far beside the long axis the needle's middle runs, and its width, at `station`."""
    lateral = np.arange(-width, width, 0.1)
    profile = np.zeros(len(lateral))
    stations = station + np.linspace(-0.1, 0.1, 5) * width
    for place in stations:
        profile += level(place * shaft + lateral[:, None] * across) / len(stations)
    low = _crossing(lateral, profile, 0.5)
    high = _crossing(-lateral[::-1], profile[::-1], 0.5)
    if low is None or high is None:
        return 0.0, width
    return 0.5 * (low - high), -high - low


def _crossing(place: Array, profile: Array, level: float) -> float | None:
    """First place where `profile` rises through `level`, or None."""
    rising = np.flatnonzero((profile[:-1] < level) & (profile[1:] >= level))
    if len(rising) == 0:
        return None
    k = int(rising[0])
    share = (level - profile[k]) / (profile[k + 1] - profile[k])
    return float(place[k] + share * (place[k + 1] - place[k]))
