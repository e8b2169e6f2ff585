"""Finding a needle in a frame: its line, its point, and whether it is there at all.

The reader knows what a person at the machine knows: where the needle goes through the skin, at
about which angle it is held, and how thick it is; not where it lies.  Lines near the one expected
are tried.  Along each, the light over what lies just above and below is summed, and part of the
darkness behind, less what a bright line of speckle or a septum would give: the largest sum of any
stretch is the statistic, and its end is the end of the needle.  A needle that crosses the plane
ends where it leaves it, and the reader cannot tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from stereosim.imaging.ultrasound.probes import DATA
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

if TYPE_CHECKING:
    from stereosim.imaging.ultrasound.frame import Frame

Array = NDArray[np.float64]

_CANDIDATES = 40  # lines that are tried with a point
_AFTER_MM = 3.0  # how far beyond the point light speaks against it


@dataclass(frozen=True)
class NeedleReader:
    """Habits of the reader, ``data/needle_reading.toml``; units in the names.

    Attributes
    ----------
    angle_deg, depth_mm
        How far from the line expected a needle is looked for: turned, and moved along the depth.
    beside_mm
        Nearest and farthest row, above and below, with which the line is compared.
    shadow_db, shadow_share
        Step from the tissue above to the shadow that is not yet one, and how much of more counts.
    needle_db, most_db
        Contrast that the sum is taken over, and the largest that counts.
    skin_mm
        Nothing is read above it.
    threshold_db_mm : float
        Statistic from which on there is a needle; the catalogue says how often frames without one
        exceed it.
    """

    angle_deg: float
    depth_mm: float
    beside_mm: tuple[float, float]
    shadow_db: float
    shadow_share: float
    needle_db: float
    most_db: float
    skin_mm: float
    threshold_db_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)


@lru_cache(maxsize=1)
def load_needle_reader() -> NeedleReader:
    """Return the reader of the catalogue."""
    path = DATA / "needle_reading.toml"
    table = load_toml(path)
    return read_spec(NeedleReader, table["reader"], table["sources"], f"{path.name}: reader")


@dataclass(frozen=True, eq=False)
class ExpectedNeedle:
    """What the person at the machine knows of the needle, supine frame.

    Attributes
    ----------
    entry_mm : ndarray (3,)
        Where it goes through the skin.
    axis : ndarray (3,)
        Unit vector in which it is held, toward the point.
    diameter_mm, taper_mm : float
        Outer diameter, and length over which the point widens to it.
    """

    entry_mm: Array
    axis: Array
    diameter_mm: float
    taper_mm: float


@dataclass(frozen=True, eq=False)
class NeedleReading:
    """What a frame shows of a needle.

    Attributes
    ----------
    tip_mm : ndarray (3,)
        Where the needle's axis ends, supine frame (at rest), in the image plane.
    axis : ndarray (3,)
        Unit vector toward the point as the image shows it, supine frame.
    statistic, threshold : float
        What was measured, and what the reader asks for; dB mm.
    visible_mm : float
        Length of the bright stretch.
    """

    tip_mm: Array
    axis: Array
    statistic: float
    threshold: float
    visible_mm: float

    @property
    def seen(self) -> bool:
        """Whether this is a needle."""
        return self.statistic > self.threshold


def read_needle(
    frame: Frame, expected: ExpectedNeedle, *, reader: NeedleReader | None = None
) -> NeedleReading | None:
    """Look for a needle in `frame`.

    Parameters
    ----------
    frame : Frame
        The image.
    expected : ExpectedNeedle
        What is known of the needle without it.
    reader : NeedleReader, optional
        That of the catalogue where none is given.

    Returns
    -------
    NeedleReading or None
        The best line, whether it is a needle or not; None where no needle could be seen, because it
        would cross the plane as a dot or lie beside the image.
    """
    reader = reader or load_needle_reader()
    pose = frame.pose
    entry = pose.image_mm(expected.entry_mm)
    way = pose.matrix @ expected.axis
    if abs(way[0]) < 0.5 * np.linalg.norm(way) or way[2] <= 0.0:
        return None
    side = math.copysign(1.0, way[0])
    angle = math.atan2(way[2], abs(way[0]))
    image = _Ridges(frame, entry, side, reader)
    if image.along.size < 8:
        return None
    slope, depth, begin, tip, statistic = _best_needle(image, angle, expected, reader)
    w = depth + slope * tip + 0.5 * expected.diameter_mm * math.hypot(1.0, slope)
    direction = np.linalg.solve(pose.matrix, np.array([side, 0.0, slope]))
    return NeedleReading(
        tip_mm=pose.supine_mm(np.array([entry[0] + side * tip, 0.0, w])),
        axis=direction / np.linalg.norm(direction),
        statistic=statistic,
        threshold=reader.threshold_db_mm,
        visible_mm=(tip - begin) * math.hypot(1.0, slope),
    )


class _Ridges:
    """How far each pixel stands out over what lies above and below it, along the needle's way.

    Attributes
    ----------
    along : ndarray (n,)
        Way along the skin from the entry to each column that is read, mm.
    columns : ndarray (n,)
        Those columns, in the order of the way.
    ridge, level : ndarrays (rows, columns)
        Contrast (of the shadow too), dB, and level, dB.
    """

    def __init__(self, frame: Frame, entry: Array, side: float, reader: NeedleReader) -> None:
        columns = frame.envelope.shape[1]
        self.row_mm = frame.row_mm
        self.step_mm = 2.0 * frame.column_mm
        smooth = ndimage.gaussian_filter(
            frame.envelope**2, (0.06 / frame.row_mm, 0.15 / frame.column_mm), truncate=2.5
        )
        self.level = 10.0 * np.log10(np.maximum(smooth, 1e-2))
        near, far = reader.beside_mm
        # Above twice: the lines of the tail have the shaft over them, some of them far over.
        above = np.maximum(self._band(near, far), self._band(far, 2.0 * far + near))
        ridge = self.level - np.maximum(above, self._band(-far, -near))
        # Its shadow is as much a sign of it: dark below an edge.
        shadow = above - self._band(-3.0 * far, -near) - reader.shadow_db
        ridge = ridge + reader.shadow_share * np.clip(shadow, 0.0, reader.most_db)
        self.ridge = np.clip(ridge, -reader.most_db, reader.most_db)
        self.ridge[: round(reader.skin_mm / frame.row_mm)] = 0.0
        column = np.arange(0, columns, 2)
        u = (column - 0.5 * (columns - 1)) * frame.column_mm
        along = side * (u - entry[0])
        order = np.argsort(along)
        order = order[along[order] > 0.0]
        self.along, self.columns = along[order], column[order]

    def _band(self, near_mm: float, far_mm: float) -> NDArray[np.float32]:
        """Return the mean level between these distances above each pixel (below: negative)."""
        near, far = round(near_mm / self.row_mm), round(far_mm / self.row_mm)
        mean = ndimage.uniform_filter1d(self.level, far - near + 1, axis=0, mode="nearest")
        shift = (near + far) // 2
        at = np.clip(np.arange(mean.shape[0]) - shift, 0, mean.shape[0] - 1)
        return np.asarray(mean[at])

    @staticmethod
    def edge(slope: Any, depth: Any, tip: Any, at: Array, expected: ExpectedNeedle) -> Array:
        """Return the depth of the bright edge at distances `at` from the entry, mm."""
        long = np.hypot(1.0, slope)
        bend = 1.0 - np.clip((tip - at) * long / expected.taper_mm, 0.0, 1.0)
        return np.asarray(depth + slope * at + 0.5 * expected.diameter_mm * long * bend)

    def rows(self, depth_mm: Array) -> NDArray[np.int64]:
        """Return the rows at these depths; those beyond the image are the last."""
        index = np.rint(depth_mm / self.row_mm).astype(np.int64)
        return np.clip(index, 0, self.level.shape[0] - 1)


def _best_needle(
    image: _Ridges, angle: float, expected: ExpectedNeedle, reader: NeedleReader
) -> tuple[float, float, float, float, float]:
    """Return slope, depth at the entry, ends along the skin, and the statistic of the best needle.

    Straight lines first; those that are nearly the best are tried with a point, where the bright
    edge bends onto the axis and after which there is nothing.
    """
    turn = math.radians(reader.angle_deg)
    angles = np.arange(max(0.02, angle - turn), min(1.3, angle + turn) + 1e-9, math.radians(0.5))
    moved = np.arange(-reader.depth_mm, reader.depth_mm + 1e-9, 0.2)
    slopes, depths = (x.ravel() for x in np.meshgrid(np.tan(angles), moved, indexing="ij"))
    # The bright edge is that which faces the probe.
    depths = depths - 0.5 * expected.diameter_mm * np.hypot(1.0, slopes)
    stretch = _stretches(image, depths[:, None] + slopes[:, None] * image.along, slopes, reader)[0]
    ends = image.along[stretch.argmax(axis=1)]
    best = np.argsort(-stretch.max(axis=1))[:_CANDIDATES]

    taper = expected.taper_mm / np.hypot(1.0, slopes[best])
    share = np.linspace(-1.0, 1.4, 33)
    tips = ends[best][:, None] + share * taper[:, None]
    slope, depth = (np.repeat(x[best], share.size) for x in (slopes, depths))
    tip = tips.ravel()
    at = image.edge(slope[:, None], depth[:, None], tip[:, None], image.along, expected)
    stretch, lowest = _stretches(image, at, slope, reader)
    last = np.searchsorted(image.along, tip) - 1
    after = np.minimum(np.searchsorted(image.along, tip + _AFTER_MM), image.along.size) - 1
    rank = np.arange(tip.size)
    ridge = np.maximum(image.ridge[image.rows(at), image.columns], 0.0)
    light = np.cumsum(ridge, axis=1)
    beyond = light[rank, np.maximum(after, 0)] - light[rank, np.maximum(last, 0)]
    score = np.where(last >= 0, stretch[rank, last], 0.0) - beyond * image.step_mm
    k = int(score.argmax())
    begin = float(image.along[int(lowest[k, max(last[k], 0)])])
    return float(slope[k]), float(depth[k]), begin, float(tip[k]), float(max(score[k], 0.0))


def _stretches(
    image: _Ridges, at_mm: Array, slope: Array, reader: NeedleReader
) -> tuple[Array, NDArray[np.int64]]:
    """Return the largest sum of contrast of any stretch that ends at each column, and its start.

    `at_mm` (lines, n) are the depths of the lines, which the image ends below.
    """
    ridge = image.ridge[image.rows(at_mm), image.columns]
    inside = at_mm < image.row_mm * (image.level.shape[0] - 1)
    gain = np.where(inside, ridge - reader.needle_db, -reader.most_db)
    gain = gain * (image.step_mm * np.hypot(1.0, slope))[:, None]
    summed = np.cumsum(gain, axis=1)
    before = summed - gain
    lowest = np.minimum.accumulate(before, axis=1)
    index = np.where(before == lowest, np.arange(at_mm.shape[1]), 0)
    return summed - lowest, np.maximum.accumulate(index, axis=1)
