"""A million surrogate procedures, against the same law in NumPy and core by core.

An 11G vacuum device, twelve cores all round, fifteen round specks of 0.1 to 0.6 mm about the
target, a needle that lies 0.6 mm (SD per axis) beside it.  The NumPy twin of the kernel treats all
specks of its procedures at once; it and `take_core` do a few thousand and a few tens, and their
times are scaled to a million.  What bounds it is arithmetic: of the 180 meetings of a core and a
speck in a procedure some 50 need the law, each about a hundred operations and an arc tangent.
"""

import os
import sys
from pathlib import Path

import numpy as np

from stereosim.biopsy.capture import BALL, take_core
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.surrogate import plan_sampling, sample_many
from stereosim.biopsy.tissue import Tissue
from stereosim_phantoms.solids import Ellipsoids, Specks
from timing import Row, interleaved

sys.path.append(str(Path(__file__).resolve().parents[1]))

from tests.reference.batch_capture import capture_batch

BENCH = "capture"
CORES = os.cpu_count() or 1
MILLION, SPECKS = 1_000_000, 15
TWIN, SINGLY = 4000, 20  # procedures of the slow ones


def measure() -> list[Row]:
    rng = np.random.default_rng(1)
    plan = plan_sampling(load_devices()["vab-11g"])
    errors = rng.normal(0.0, 0.6, (MILLION, 3))
    specks = rng.normal(0.0, 2.5, (MILLION, SPECKS, 3))
    radii = np.exp(rng.uniform(np.log(0.05), np.log(0.3), (MILLION, SPECKS)))

    def ours(threads: int = CORES) -> object:
        return sample_many(plan, errors, specks, radii, threads=threads)

    def twin() -> tuple[np.ndarray, np.ndarray]:
        shares, held = np.empty((TWIN, SPECKS)), np.empty((TWIN, len(plan)), np.int16)
        needles = np.repeat(errors[:TWIN, None], len(plan), axis=1)
        out = (shares, held, np.empty((0, SPECKS, 3)))
        capture_batch(specks[:TWIN], radii[:TWIN], needles, *plan.sector, BALL, *out)
        return shares, held

    def singly() -> None:
        for error, places, sizes in zip(errors[:SINGLY], specks, radii, strict=False):
            solids = Ellipsoids(places * [1.0, 1.0, -1.0], np.eye(3) * sizes[:, None, None])
            tissue = Tissue.untouched(
                Specks(solids, ("hydroxyapatite",) * SPECKS, np.zeros(SPECKS, np.int64))
            )
            pose = NeedlePose.vertical(error * [1.0, 1.0, -1.0])
            for hour in plan.hours:
                tissue, _ = take_core(tissue, plan.device, pose, hour)

    found, (shares, held) = ours(), twin()
    same = np.isclose(found.shares[:TWIN], shares, atol=1e-9).all()
    assert same and (found.held[:TWIN] == held).all(), "the two disagree"

    what = f"1,000,000 procedures of 12 cores and 15 specks, {CORES} threads"
    rows = []
    for name, peer, count in (
        (f"NumPy twin, {TWIN:,} scaled", twin, TWIN),
        (f"take_core core by core, {SINGLY} scaled", singly, SINGLY),
    ):
        ours_s, peer_s = interleaved(ours, peer, repeats=5)
        rows.append(Row(BENCH, what, ours_s, name, peer_s * MILLION / count))
    ours_s, peer_s = interleaved(lambda: ours(1), twin, repeats=3)
    twin_s = peer_s * MILLION / TWIN
    rows.append(Row(BENCH, "the same, one thread", ours_s, rows[0].peer, twin_s))
    return rows
