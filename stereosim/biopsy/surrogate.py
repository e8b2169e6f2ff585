"""Many samplings of drawn clusters at once: the surrogate for sweeps and laws.

What a core makes of its bore (how much tissue goes, how much comes in, at each clock hour) does
not depend on the specks.  :func:`plan_sampling` therefore runs
:func:`~stereosim.biopsy.capture.take_core` once, on tissue without specks; :func:`sample_many` then
follows the specks of each procedure through that plan by the same compiled law of one speck, so
that an insertion gives what `take_core` gives core by core.

Everything is in the frame of the needle as it was aimed: right (3 o'clock), twelve, along (toward
the tip), mm.  Specks are balls.  Left out are bleeding, the tilt of a needle that deviates, and
tissue that is carried along: put a carry into the errors.

>>> from stereosim.biopsy.devices import load_devices
>>> from stereosim.biopsy.surrogate import plan_sampling, sample_many
>>> plan = plan_sampling(load_devices()["vab-11g"])
>>> result = sample_many(plan, [[0.0, 0.0, 0.0], [0.0, 9.0, 0.0]], [[[1.0, 0.0, 2.0]]] * 2, 0.15)
>>> result.retrieved.tolist()
[True, False]
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.biopsy.capture import BALL, take_core
from stereosim.biopsy.devices import Device, sector_start
from stereosim.biopsy.pose import Array, NeedlePose
from stereosim.biopsy.tissue import Tissue
from stereosim.kernels.batch_capture import capture_batch
from stereosim.kernels.capture import BINS
from stereosim_phantoms.solids import Ellipsoids, Specks

__all__ = ["BatchResult", "SamplingPlan", "plan_sampling", "sample_many"]

CHUNK = 4096  # procedures at a time: their specks stay in the cache, and threads share the rest


@dataclass(frozen=True, eq=False)
class SamplingPlan:
    """A sequence of cores, and what each makes of its bore.

    Attributes
    ----------
    device : Device
        What takes them.
    hours : ndarray, shape (c,)
        Where the aperture looks.
    offsets_mm : ndarray, shape (c, 3)
        Where the aperture's centre lies, from the first aim.
    masses_mg : ndarray, shape (c,)
        Mass of each core.
    void_mm2, inflow_mm2 : ndarray, shape (c, 360)
        Per degree of the clock, in rho^2: empty before the core, and what comes in after it.
    """

    device: Device
    hours: Array
    offsets_mm: Array
    masses_mg: Array
    void_mm2: Array
    inflow_mm2: Array

    def __len__(self) -> int:
        """Return the number of cores."""
        return len(self.hours)

    @property
    def sector(self) -> tuple[Array, float, float, float, float, float, Array, Array]:
        """What the kernel needs of it, in its order; angles in rad."""
        device = self.device
        half = int(device.capture_angle_deg) / 2.0
        first = [sector_start(hour, device.capture_angle_deg) for hour in self.hours]
        return (
            np.radians(np.array(first) + half),
            float(np.radians(half)),
            device.aperture_mm / 2.0,
            device.reach_mm**2,
            (device.outer_diameter_mm / 2.0) ** 2,
            device.piece_mm,
            self.void_mm2,
            self.inflow_mm2,
        )


@dataclass(frozen=True, eq=False)
class BatchResult:
    """What many procedures took.

    Attributes
    ----------
    shares : ndarray, shape (n, k)
        Of each speck's volume, what is left in the tissue: 1 whole, 0 gone; NaN where there was no
        speck.
    held : ndarray of int16, shape (n, c)
        In each core, the number of specks of which it holds at least a piece.
    places_mm : ndarray, shape (n, k, 3), or None
        Where the specks lie in the end (a taken one: where it was taken).
    """

    shares: Array
    held: NDArray[np.int16]
    places_mm: Array | None = None

    @property
    def retrieved(self) -> NDArray[np.bool_]:
        """Procedures in which some core holds a speck, shape (n,)."""
        found: NDArray[np.bool_] = np.count_nonzero(self.held, axis=1) > 0
        return found

    @property
    def fraction_removed(self) -> Array:
        """Mean over the specks of what was taken of each, shape (n,); NaN without a speck."""
        there = np.isfinite(self.shares)
        gone = np.where(there, 1.0 - self.shares, 0.0).sum(axis=1)
        count = there.sum(axis=1)
        fraction = np.full(len(gone), np.nan)
        np.divide(gone, count, out=fraction, where=count > 0)
        return fraction


def plan_sampling(
    device: Device, hours: Sequence[float] | None = None, offsets_mm: ArrayLike | None = None
) -> SamplingPlan:
    """Plan an insertion, or a pattern of bores.

    Parameters
    ----------
    device : Device
        What samples.
    hours : sequence of float, optional
        Clock hour of each core; a usual insertion all round where it is left out.
    offsets_mm : array_like, shape (c, 3), optional
        Where the aperture's centre lies for each core, in the needle frame; a change begins a new
        bore.  All 0 where it is left out: one insertion.

    Raises
    ------
    ValueError
        Where there is no core, or not one offset for each, or a number is not finite.
    """
    hours = device.usual_hours if hours is None else tuple(hours)
    offsets = np.zeros((len(hours), 3))
    if offsets_mm is not None:
        offsets = np.array(offsets_mm, dtype=np.float64)
    if not hours or offsets.shape != (len(hours), 3) or not np.isfinite(offsets).all():
        raise ValueError(f"offsets_mm must be {len(hours)} (one or more) finite places")
    tissue = Tissue.untouched(_NO_SPECKS)
    masses, voids, inflows = [], [], []
    for hour, offset in zip(hours, offsets, strict=True):
        pose = NeedlePose.vertical(offset * [1.0, 1.0, -1.0])
        bore = tissue.current_bore(pose)
        before = (
            (np.zeros(BINS), np.zeros(BINS)) if bore is None else (bore.void_mm2, bore.shift_mm2)
        )
        tissue, core = take_core(tissue, device, pose, hour)
        masses.append(core.mass_mg)
        voids.append(before[0])
        inflows.append(tissue.bores[-1].shift_mm2 - before[1])
    return SamplingPlan(
        device,
        np.array(hours, dtype=np.float64),
        offsets,
        np.array(masses),
        np.array(voids),
        np.array(inflows),
    )


def sample_many(
    plan: SamplingPlan,
    errors_mm: ArrayLike,
    specks_mm: ArrayLike,
    radii_mm: ArrayLike,
    *,
    threads: int | None = None,
    keep_places: bool = False,
) -> BatchResult:
    """Carry out a plan in many procedures.

    Parameters
    ----------
    plan : SamplingPlan
        From :func:`plan_sampling`.
    errors_mm : array_like, shape (n, 3) or (n, c, 3)
        Where the needle lies against where it was aimed: of the whole plan, or of each core.  Bores
        that lie otherwise to each other than planned keep the planned inflow of tissue.
    specks_mm : array_like, shape (n, k, 3)
        Centres of the specks; rows of NaN where a procedure has fewer than k.
    radii_mm : array_like, shape (n, k) or what broadcasts to it
        Their radii.
    threads : int, optional
        All cores where it is left out; the result does not depend on it.
    keep_places : bool
        Whether the places after sampling are returned.

    Raises
    ------
    ValueError
        For shapes that do not fit together.
    """
    specks = np.ascontiguousarray(specks_mm, dtype=np.float64)
    if specks.ndim != 3 or specks.shape[2] != 3:
        raise ValueError(f"specks_mm must have the shape (n, k, 3), not {specks.shape}")
    n, k = specks.shape[:2]
    cores = len(plan)
    errors = np.asarray(errors_mm, dtype=np.float64)
    if errors.shape not in ((n, 3), (n, cores, 3)):
        raise ValueError(f"errors_mm must have the shape {(n, 3)} or {(n, cores, 3)}")
    errors = np.broadcast_to(errors if errors.ndim == 3 else errors[:, None, :], (n, cores, 3))
    radii = np.broadcast_to(np.asarray(radii_mm, dtype=np.float64), (n, k))
    shares, held = np.empty((n, k)), np.empty((n, cores), np.int16)
    sector = plan.sector
    places = np.empty((n if keep_places else 0, k, 3))

    def run(start: int) -> None:
        part = slice(start, start + CHUNK)
        needles = np.ascontiguousarray(errors[part] + plan.offsets_mm)
        sizes = np.array(radii[part], order="C")  # a broadcast array would be read-only
        capture_batch(
            specks[part], sizes, needles, *sector, BALL, shares[part], held[part], places[part]
        )

    starts = range(0, n, CHUNK)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        list(pool.map(run, starts))
    return BatchResult(shares, held, places if keep_places else None)


_NO_SPECKS = Specks(
    Ellipsoids(np.zeros((0, 3)), np.zeros((0, 3, 3))), (), np.zeros(0, dtype=np.int64)
)
