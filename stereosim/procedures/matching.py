"""From candidates on a pair of images to places in space.

Everything here works on what a detector found in pixels; nothing knows the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.triangulation import triangulate_many
from stereosim.geometry.views import View
from stereosim.imaging.detection import Candidates
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_FILE = Path(__file__).parent / "data" / "operators.toml"

# Times that the group's depth and mismatch are read off its pairs and the pairs chosen anew.
_ROUNDS = 3


@dataclass(frozen=True)
class Pairing:
    """What tells the same speck in two views (data/operators.toml, ``[pairing]``).

    Attributes
    ----------
    strength_sd, diameter_sd : float
        By how much the logarithms of strength and of diameter differ between the views of one
        speck, because of its shape and of what lies over it; noise comes on top.
    overlay_share : float
        Share of specks that look different because something lies over them in one view.
    spread : float
        Standard deviation of either logarithm over specks that have nothing to do with each other,
        where the images show too few to tell.
    mismatch_sd_mm : float
        Standard deviation of the y mismatch within a group.
    motion_sd_mm : float
        Standard deviation of a group's mismatch: what patients move along y between two exposures.
    moved_share : float
        Share of patients who move by any amount that is looked for.
    """

    strength_sd: float
    diameter_sd: float
    overlay_share: float
    spread: float
    mismatch_sd_mm: float
    motion_sd_mm: float
    moved_share: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@cache
def load_pairing() -> Pairing:
    """Return what tells the same speck in two views."""
    table = load_toml(_FILE)
    return read_spec(Pairing, table["pairing"], table["sources"], f"{_FILE.name}: pairing")


@dataclass(frozen=True)
class Matches:
    """Points in space that were found in both views.

    Attributes
    ----------
    points_mm : ndarray, shape (m, 3)
        Triangulated places, support frame.
    left_px, right_px : ndarray, shape (m, 2)
        The (column, row) in either image.
    strength : ndarray, shape (m,)
        The weaker of the two signal-to-noise ratios.
    diameters_mm : ndarray, shape (m,)
        Mean of the two diameters, in the detector plane.
    log_odds : ndarray, shape (m,)
        Natural logarithm of the odds that it is one speck and not two; their sum is that of the
        group.
    mismatch_mm : ndarray, shape (m,)
        y mismatch of the pair.
    """

    points_mm: Array
    left_px: Array
    right_px: Array
    strength: Array
    diameters_mm: Array
    log_odds: Array
    mismatch_mm: Array

    def __len__(self) -> int:
        """Return the number of matched points."""
        return len(self.points_mm)

    @property
    def centroid_mm(self) -> Array:
        """Mean place, shape (3,)."""
        centroid: Array = self.points_mm.mean(axis=0)
        return centroid

    @property
    def y_mismatch_mm(self) -> float:
        """Median y mismatch: what a patient who moved gives to all pairs alike."""
        return float(np.median(self.mismatch_mm))

    @property
    def central(self) -> int:
        """Index of the point nearest to the centroid: the one an operator marks."""
        return int(np.argmin(np.linalg.norm(self.points_mm - self.centroid_mm, axis=1)))

    def spread_order(self) -> list[int]:
        """Return all indices: the central point first, then each time the farthest from those."""
        return spread_order(self.points_mm, self.central)


def spread_order(points_mm: Array, first: int) -> list[int]:
    """Return the indices of `points_mm`, shape (n, 3): `first`, then each time the farthest."""
    order = [first]
    away = np.linalg.norm(points_mm - points_mm[first], axis=1)
    while len(order) < len(points_mm):
        order.append(int(np.argmax(away)))
        away = np.minimum(away, np.linalg.norm(points_mm - points_mm[order[-1]], axis=1))
        away[order] = -1.0
    return order


def similarity(left: Candidates, right: Candidates, spec: Pairing | None = None) -> Array:
    """Return the log likelihood ratio, one speck against two, of each pair of candidates, (n, m).

    Strength and diameter of one speck differ between the views by their error of measurement and a
    little by its shape; those of two specks differ by as much as specks do in these images.  So do
    those of one where something overlies it in one of the views.
    """
    spec = load_pairing() if spec is None else spec
    ratio = np.zeros((len(left), len(right)))
    features = (
        (np.log(left.snr), np.log(right.snr), 1.0 / left.snr, 1.0 / right.snr, spec.strength_sd),
        (
            np.log(left.diameters_mm),
            np.log(right.diameters_mm),
            left.log_diameter_sd,
            right.log_diameter_sd,
            spec.diameter_sd,
        ),
    )
    for one, other, one_sd, other_sd, shape_sd in features:
        both = np.concatenate([one, other])
        # Half of the spread that is usual, where all that is seen is alike.
        spread = max(float(both.std()) if len(both) > 4 else spec.spread, 0.5 * spec.spread)
        same = one_sd[:, None] ** 2 + other_sd[None] ** 2 + shape_sd**2
        unrelated = same + 2.0 * spread**2
        square = (one[:, None] - other[None]) ** 2
        ratio += 0.5 * (np.log(unrelated / same) - square / same + square / unrelated)
    share = spec.overlay_share
    return np.asarray(np.logaddexp(np.log1p(-share) + ratio, np.log(share)))


def match_pair(
    views: tuple[View, View],
    candidates: tuple[Candidates, Candidates],
    *,
    expected_mm: Array,
    gate_mm: float,
    place_sd_mm: float,
    depth_mm: tuple[float, float],
    radius_mm: float,
    y_tolerance_mm: float,
    similar: bool = True,
) -> Matches | None:
    """Pair candidates of the left and the right image that can be the same specks of one group.

    A pair must lie nearly on the same row (the epipolar constraint of a tube that moves in the x-z
    plane, loosened by what the patient may move), inside the breast and near the expected place.
    A speck alone can be paired with any other near its row; what tells the right pairs is that
    they look alike (:func:`similarity`) and that they agree: on the depth of the group, and on the
    y mismatch that a patient who moved gives to all of them alike.  The group is the one whose
    pairs have the most support; each candidate is used once, so that the sum of the log odds is
    largest, and pairs that are more likely two specks than one are left out.

    Parameters
    ----------
    views : (View, View)
        Left and right.
    candidates : (Candidates, Candidates)
        What was found in either image, in pixels of the whole view.
    expected_mm : ndarray, shape (2,) or (3,)
        Expected x and y, and z where it is known, support frame.
    gate_mm : float
        Largest distance from there in the x-y plane.
    place_sd_mm : float
        Standard deviation per axis of the expected place.
    depth_mm : (float, float)
        Lowest and highest z that are possible.
    radius_mm : float
        Radius of the group in space.
    y_tolerance_mm : float
        Largest y mismatch.
    similar : bool
        Whether the looks of the candidates count.

    Returns
    -------
    Matches or None
        None where no pair is possible.
    """
    pairs = _possible(views, candidates, expected_mm, gate_mm, depth_mm, y_tolerance_mm)
    if pairs is None:
        return None
    alone = similarity(*candidates)[pairs.left, pairs.right] if similar else np.zeros(len(pairs))
    alone -= pairs.log_rivals
    span = max(depth_mm[1] - depth_mm[0], radius_mm)
    group = _Group(radius_mm, span, y_tolerance_mm)
    off = np.linalg.norm(pairs.points_mm[:, : len(expected_mm)] - expected_mm, axis=1)
    near = np.exp(-0.5 * (off / place_sd_mm) ** 2)
    # Each pair in turn as the leader: every left candidate adds its best partner, if it has one.
    # That a pair agrees with itself says nothing; what it says is how far the patient has moved.
    support = np.empty(len(pairs))
    for k in range(len(pairs)):
        odds = alone + group.log_ratio(pairs, pairs.points_mm[k], pairs.mismatch_mm[k])
        best = np.zeros(int(pairs.left.max()) + 1)
        np.maximum.at(best, pairs.left, odds)
        support[k] = float(best.sum()) + group.log_motion(pairs.mismatch_mm[k])
        support[k] *= near[k] if support[k] > 0.0 else 1.0
    lead = int(np.argmax(support))
    centre, mismatch = pairs.points_mm[lead], float(pairs.mismatch_mm[lead])
    odds = alone + group.log_ratio(pairs, centre, mismatch)
    chosen = np.array([lead])
    for _ in range(_ROUNDS):
        chosen = _assign(pairs, odds)
        if len(chosen) == 0:
            chosen = np.array([lead])
        centre = np.median(pairs.points_mm[chosen], axis=0)
        mismatch = float(np.median(pairs.mismatch_mm[chosen]))
        odds = alone + group.log_ratio(pairs, centre, mismatch)
    left, right = (c.subset(k[chosen]) for c, k in zip(candidates, pairs.indices, strict=True))
    return Matches(
        points_mm=pairs.points_mm[chosen],
        left_px=left.pixels,
        right_px=right.pixels,
        strength=np.minimum(left.snr, right.snr),
        diameters_mm=0.5 * (left.diameters_mm + right.diameters_mm),
        log_odds=odds[chosen] + group.log_motion(mismatch) / len(chosen),
        mismatch_mm=pairs.mismatch_mm[chosen],
    )


@dataclass(frozen=True)
class _Pairs:
    """Pairs that geometry allows: indices of candidates, places, and who else could be meant."""

    left: Indices
    right: Indices
    points_mm: Array
    mismatch_mm: Array

    def __len__(self) -> int:
        return len(self.left)

    @property
    def indices(self) -> tuple[Indices, Indices]:
        return self.left, self.right

    @property
    def log_rivals(self) -> Array:
        """Logarithm of the number of partners that the more courted of the two could have."""
        courted = [np.bincount(k)[k] for k in self.indices]
        return np.asarray(np.log(np.maximum(*courted)))


def _possible(
    views: tuple[View, View],
    candidates: tuple[Candidates, Candidates],
    expected_mm: Array,
    gate_mm: float,
    depth_mm: tuple[float, float],
    y_tolerance_mm: float,
) -> _Pairs | None:
    left, right = (c.pixels for c in candidates)
    pitch = float(np.linalg.norm(views[0].row_mm))
    i, j = np.nonzero(np.abs(left[:, None, 1] - right[None, :, 1]) * pitch <= y_tolerance_mm)
    if len(i) == 0:
        return None
    found = triangulate_many(views[0], views[1], left[i], right[j], invalid="nan")
    points = found.target_mm
    possible = (points[:, 2] >= depth_mm[0]) & (points[:, 2] <= depth_mm[1])
    possible &= np.linalg.norm(points[:, :2] - expected_mm[:2], axis=1) <= gate_mm
    if not possible.any():
        return None
    return _Pairs(i[possible], j[possible], points[possible], found.y_mismatch_mm[possible])


@dataclass(frozen=True)
class _Group:
    """How likely a pair belongs to a group, against a pair of strangers, anywhere in the breast."""

    radius_mm: float
    span_mm: float
    tolerance_mm: float

    def log_ratio(self, pairs: _Pairs, centre_mm: Array, mismatch_mm: float) -> Array:
        """Return the log likelihood ratio of depth and mismatch; -inf far from the group."""
        away = pairs.points_mm - centre_mm
        off = (pairs.mismatch_mm - mismatch_mm) / load_pairing().mismatch_sd_mm
        ratio = self._agreement - 0.5 * (away[:, 2] / self.radius_mm) ** 2 - 0.5 * off**2
        outside = np.linalg.norm(away, axis=1) > 2.0 * self.radius_mm
        return np.where(outside, -np.inf, ratio)

    def log_motion(self, mismatch_mm: float) -> float:
        """Return what the group's own mismatch says, less the agreement of one pair with itself."""
        spec = load_pairing()
        usual = np.exp(-0.5 * (mismatch_mm / spec.motion_sd_mm) ** 2)
        usual *= 2.0 * self.tolerance_mm / (np.sqrt(2.0 * np.pi) * spec.motion_sd_mm)
        either = (1.0 - spec.moved_share) * usual + spec.moved_share
        return float(np.log(either)) - self._agreement

    @property
    def _agreement(self) -> float:
        """Log likelihood ratio of a pair that agrees with the group exactly."""
        depth = self.span_mm / (np.sqrt(2.0 * np.pi) * self.radius_mm)
        row = 2.0 * self.tolerance_mm / (np.sqrt(2.0 * np.pi) * load_pairing().mismatch_sd_mm)
        return float(np.log(depth * row))


def _assign(pairs: _Pairs, log_odds: Array) -> Indices:
    """Choose pairs with odds over 1, each candidate once, so that the sum is largest."""
    from scipy.optimize import linear_sum_assignment

    likely = np.flatnonzero(log_odds > 0.0)
    if len(likely) == 0:
        return likely
    rows, i = np.unique(pairs.left[likely], return_inverse=True)
    columns, j = np.unique(pairs.right[likely], return_inverse=True)
    gain = np.zeros((len(rows), len(columns)))
    which = np.full(gain.shape, -1)
    gain[i, j], which[i, j] = log_odds[likely], likely
    taken = which[linear_sum_assignment(gain, maximize=True)]
    chosen: Indices = taken[taken >= 0]
    return chosen
