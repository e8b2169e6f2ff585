"""From candidates on images to places in space: choosing the group, pairing it across views.

Everything here works on what a detector found in pixels; nothing knows the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.triangulation import triangulate_many
from stereosim.geometry.views import View

Array = NDArray[np.float64]

# Specks of one pair of exposures share the patient's motion, so their y mismatches differ only by
# the centroids' error: a pixel or two.
_SAME_MISMATCH_MM = 0.15


@dataclass(frozen=True)
class Group:
    """A group of candidates in one image.

    Attributes
    ----------
    centre_mm : ndarray, shape (2,)
        Strength-weighted centre.
    members : ndarray of int
        Indices of the candidates that belong to it.
    """

    centre_mm: Array
    members: NDArray[np.int64]


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
    """

    points_mm: Array
    left_px: Array
    right_px: Array
    strength: Array

    def __len__(self) -> int:
        """Return the number of matched points."""
        return len(self.points_mm)

    @property
    def centroid_mm(self) -> Array:
        """Mean place, shape (3,)."""
        centroid: Array = self.points_mm.mean(axis=0)
        return centroid

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


def choose_group(
    points_mm: Array, strength: Array, expected_mm: Array, *, gate_mm: float, radius_mm: float
) -> Group | None:
    """Choose the densest group of candidates near the expected place.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 2)
        Candidates in the image plane, brought to mid-breast scale.
    strength : ndarray, shape (n,)
        Their signal-to-noise ratios.
    expected_mm : ndarray, shape (2,)
        Where the referral puts the finding.
    gate_mm : float
        Candidates farther from there are not considered; inside, nearer is only mildly better.
    radius_mm : float
        Radius of the group looked for: half the extent that the referral reports.

    Returns
    -------
    Group or None
        None where nothing lies inside the gate.
    """
    away = np.linalg.norm(points_mm - expected_mm, axis=1)
    near = np.flatnonzero(away <= gate_mm)
    if len(near) == 0:
        return None
    inside = points_mm[near]
    weight = strength[near]
    between = np.linalg.norm(inside[:, None] - inside[None], axis=2)
    support = (weight * (between <= radius_mm)).sum(axis=1) * np.exp(
        -0.5 * (away[near] / gate_mm) ** 2
    )
    seed = int(np.argmax(support))
    members = between[seed] <= radius_mm
    for _ in range(3):  # let the group settle on its own centre
        centre = np.average(inside[members], axis=0, weights=weight[members])
        settled = np.linalg.norm(inside - centre, axis=1) <= radius_mm
        if not settled.any() or (settled == members).all():
            break
        members = settled
    return Group(np.asarray(centre), near[members])


def match_pair(
    views: tuple[View, View],
    pixels: tuple[Array, Array],
    strengths: tuple[Array, Array],
    *,
    expected_mm: Array,
    gate_mm: float,
    depth_mm: tuple[float, float],
    radius_mm: float,
    y_tolerance_mm: float,
) -> Matches | None:
    """Pair candidates of the left and the right image that can be the same specks.

    A pair must lie nearly on the same row (the epipolar constraint of a tube that moves in the x-z
    plane, loosened by what the patient may move), inside the breast and near the expected place.
    A speck alone can be paired with any other near its row; what tells the right pairs is that
    they agree: on the depth of the whole group, and on the y mismatch that a patient who moved
    gives to all of them alike.  The pair with the strongest support by others leads, and each
    candidate is used once.

    Parameters
    ----------
    views : (View, View)
        Left and right.
    pixels : (ndarray (n, 2), ndarray (m, 2))
        Candidates, (column, row).
    strengths : (ndarray (n,), ndarray (m,))
        Their signal-to-noise ratios.
    expected_mm : ndarray, shape (2,)
        Expected x and y, support frame.
    gate_mm : float
        Largest distance from there in the x-y plane.
    depth_mm : (float, float)
        Lowest and highest z that are possible.
    radius_mm : float
        Radius of the group in space.
    y_tolerance_mm : float
        Largest y mismatch.

    Returns
    -------
    Matches or None
        None where no pair is possible.
    """
    left, right = pixels
    pitch = float(np.linalg.norm(views[0].row_mm))
    i, j = np.nonzero(np.abs(left[:, None, 1] - right[None, :, 1]) * pitch <= y_tolerance_mm)
    if len(i) == 0:
        return None
    found = triangulate_many(views[0], views[1], left[i], right[j], invalid="nan")
    points, mismatch = found.target_mm, found.y_mismatch_mm
    possible = (points[:, 2] >= depth_mm[0]) & (points[:, 2] <= depth_mm[1])
    possible &= np.linalg.norm(points[:, :2] - expected_mm, axis=1) <= gate_mm
    i, j, points, mismatch = i[possible], j[possible], points[possible], mismatch[possible]
    if len(i) == 0:
        return None
    weaker = np.minimum(strengths[0][i], strengths[1][j])
    stronger = np.maximum(strengths[0][i], strengths[1][j])
    likeness = weaker * (weaker / stronger)
    near = np.exp(-0.5 * (np.linalg.norm(points[:, None] - points[None], axis=2) / radius_mm) ** 2)
    near *= np.exp(-0.5 * ((mismatch[:, None] - mismatch[None]) / _SAME_MISMATCH_MM) ** 2)
    # A candidate cannot be two specks: pairs that share one do not support each other.
    rival = (i[:, None] == i[None]) | (j[:, None] == j[None])
    np.fill_diagonal(rival, val=False)
    support = np.where(rival, 0.0, near * likeness[None]).sum(axis=1)
    best = int(np.argmax(support))
    order = np.argsort(-support * near[best])
    chosen: list[int] = []
    used_left: set[int] = set()
    used_right: set[int] = set()
    for k in order:
        too_far = np.linalg.norm(points[k] - points[best]) > 2.0 * radius_mm
        if too_far or i[k] in used_left or j[k] in used_right:
            continue
        chosen.append(int(k))
        used_left.add(int(i[k]))
        used_right.add(int(j[k]))
    return Matches(points[chosen], left[i[chosen]], right[j[chosen]], weaker[chosen])
