"""Breasts that the tests of the phantoms share."""

import numpy as np

from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.solids import Ellipsoids


def breast(**changes: object) -> BreastSpec:
    """A medium breast; any field may be changed."""
    fields: dict[str, object] = {
        "side": "right",
        "thickness_mm": 55.0,
        "chest_to_nipple_mm": 90.0,
        "half_width_mm": 95.0,
        "skin_mm": 1.44,
        "glandular_fraction": 0.2,
        "supine_height_mm": 40.0,
        "seed": 7,
        "edge_mm": 22.0,
        "supine_displacement_mm": 10.0,
    }
    return BreastSpec(**{**fields, **changes})  # type: ignore[arg-type]


def places(spec: BreastSpec, count: int, depth_mm: float, seed: int = 0) -> np.ndarray:
    """Random places inside, at least `depth_mm` under the skin and off the chest wall."""
    rng = np.random.default_rng(seed)
    low = (-spec.half_width_mm, depth_mm, 0.0)
    high = (spec.half_width_mm, spec.chest_to_nipple_mm, spec.thickness_mm)
    points = rng.uniform(low, high, (3 * count + 50, 3))
    points = points[spec.skin_distance_mm(points) > depth_mm][:count]
    assert len(points) == count
    return points


def share_a_point(solids: Ellipsoids, count: int = 400) -> bool:
    """Whether a point of one solid's surface lies in another: dense sampling, no formula."""
    k = np.arange(count) + 0.5
    z, turn = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    ball = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z])
    inverse = np.linalg.inv(solids.axes_mm)
    for i in range(len(solids)):
        surface = solids.centres_mm[i] + (solids.axes_mm[i] @ ball).T
        local = np.einsum("nij,nkj->nki", inverse, surface[None] - solids.centres_mm[:, None])
        inside = ((local**2).sum(axis=2) < 1.0).any(axis=1)
        inside[i] = False
        if inside.any():
            return True
    return False
