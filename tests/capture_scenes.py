"""Clusters, errors and aims for the laws of sampling: what the surrogate is fed with."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from stereosim.biopsy.needle import insert, load_placement
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.tissue import Tissue
from stereosim.procedures.matching import spread_order
from stereosim_phantoms.cohort import draw_patient, load_cohort
from stereosim_phantoms.patient import NO_SPECKS

DOWN = np.array([1.0, 1.0, -1.0])  # between support frame and needle frame, for a needle from above


@dataclass(frozen=True, eq=False)
class Clusters:
    """Target clusters of drawn women.

    `specks_mm` (n, k, 3) from each cluster's centroid in the frame of a needle from above, NaN
    where a woman has fewer; `radii_mm` (n, k) of the balls of equal volume; `middles_mm` (n, 3) and
    `thickness_mm` (n,) say where they lie.
    """

    specks_mm: np.ndarray
    radii_mm: np.ndarray
    middles_mm: np.ndarray
    thickness_mm: np.ndarray

    def __len__(self):
        return len(self.specks_mm)

    def __getitem__(self, chosen):
        parts = (self.specks_mm, self.radii_mm, self.middles_mm, self.thickness_mm)
        return Clusters(*(part[chosen] for part in parts))

    @property
    def counts(self):
        return np.isfinite(self.specks_mm[..., 0]).sum(axis=1)

    @property
    def extents_mm(self):
        """Greatest extent across the needle's axis: of x and of y the larger."""
        return (np.nanmax(self.specks_mm, 1) - np.nanmin(self.specks_mm, 1))[:, :2].max(axis=1)

    def orders(self):
        """Indices of each woman's specks: the most central first, then each time the farthest."""
        return [
            spread_order(s[:k], int(np.linalg.norm(s[:k], axis=1).argmin()))
            for s, k in zip(self.specks_mm, self.counts, strict=True)
        ]


@cache
def cohort_clusters(count, seed=1, cohort="screening"):
    women = [draw_patient(load_cohort(cohort), seed, i) for i in range(count)]
    targets = [w.specks.solids[w.specks.target] for w in women]
    most = max(map(len, targets))
    specks, radii = np.full((count, most, 3), np.nan), np.full((count, most), np.nan)
    for i, target in enumerate(targets):
        specks[i, : len(target)] = (target.centres_mm - target.centres_mm.mean(axis=0)) * DOWN
        radii[i, : len(target)] = target.diameters_mm / 2.0
    return Clusters(
        specks,
        radii,
        np.array([w.target_mm for w in women]),
        np.array([w.breast.thickness_mm for w in women]),
    )


@dataclass(frozen=True, eq=False)
class ArmErrors:
    """Where needles of the stereotactic arm lie against the tissue, from where they were aimed.

    `common_mm` (n, 3): what all insertions of a woman share, her motion between the two exposures
    of the pair; `own_mm` (n, p, 3): what each has for itself (arm, deviation, carry, click).
    """

    common_mm: np.ndarray
    own_mm: np.ndarray

    @property
    def needles_mm(self):
        return self.common_mm[:, None, :] + self.own_mm


# SD of a trained operator's mark (1 pixel), as triangulated.
CLICK_MM = np.array([0.05, 0.05, 0.16])


def arm_errors(rng, device, women, passes, scale=1.0, model=None):
    """Draw the errors of a trained operator from data/placement.toml, all times `scale`."""
    model = (model or load_placement()["stereotactic"]).scaled(scale)
    motion = rng.normal(0.0, model.motion_sd_mm, (2, women, 2))
    depth = (motion[0, :, :1] - motion[1, :, :1]) / (2.0 * np.tan(np.radians(15.0)))
    common = np.concatenate([motion.mean(axis=0), depth], axis=1)
    own = np.empty((women, passes, 3))
    aim = NeedlePose.vertical((0.0, 0.0, 0.0))
    for error in own.reshape(-1, 3):
        tissue, pose = insert(Tissue.untouched(NO_SPECKS), device, aim, errors=model, rng=rng)
        error[:] = (pose.centre_mm - tissue.needle.carried_mm) * DOWN
    return ArmErrors(common, own + scale * rng.normal(0.0, CLICK_MM, own.shape))
