"""Scenes that several tests of the biopsy share."""

import numpy as np
from scipy.spatial.transform import Rotation

from stereosim.biopsy.pose import NeedlePose
from stereosim_phantoms.solids import Ellipsoids, Specks

CENTRE = np.array([3.0, 30.0, 25.0])


def specks_at(places, diameter_mm: float = 0.3) -> Specks:
    """Round specks of the target cluster at `places`."""
    centres = np.array(places, dtype=float).reshape(-1, 3)
    n = len(centres)
    axes = np.repeat(np.eye(3)[None] * diameter_mm / 2.0, n, axis=0)
    return Specks(Ellipsoids(centres, axes), ("hydroxyapatite",) * n, np.zeros(n, dtype=np.int64))


def cloud(rng: np.random.Generator, n: int, spread_mm: float = 4.0) -> Specks:
    """Specks of several sizes and shapes strewn round CENTRE."""
    centres = CENTRE + rng.normal(0.0, spread_mm, (n, 3))
    radii = rng.uniform(0.05, 0.6, (n, 3))
    turns = Rotation.random(n, random_state=rng).as_matrix() if n else np.zeros((0, 3, 3))
    return Specks(
        Ellipsoids(centres, np.ascontiguousarray(turns * radii[:, None, :])),
        ("hydroxyapatite",) * n,
        np.zeros(n, dtype=np.int64),
    )


def turned(specks: Specks, rotation: Rotation, shift) -> Specks:
    """The same specks after a rigid motion."""
    matrix = rotation.as_matrix()
    return Specks(
        Ellipsoids(specks.solids.centres_mm @ matrix.T + shift, matrix @ specks.solids.axes_mm),
        specks.materials,
        specks.clusters,
    )


def turned_pose(pose: NeedlePose, rotation: Rotation, shift) -> NeedlePose:
    """The same needle after the same rigid motion."""
    matrix = rotation.as_matrix()
    return NeedlePose(matrix @ pose.centre_mm + shift, matrix @ pose.axis, matrix @ pose.twelve)


def oblique(rng: np.random.Generator, spread_mm: float = 1.5, tilt: float = 0.4) -> NeedlePose:
    """A needle near CENTRE, tilted from the vertical."""
    axis = np.array([0.0, 0.0, -1.0]) + tilt * rng.normal(size=3)
    return NeedlePose(CENTRE + rng.normal(0.0, spread_mm, 3), axis, np.array([0.1, 1.0, 0.0]))
