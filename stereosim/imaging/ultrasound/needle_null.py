"""Measure the threshold of :mod:`needle_reading` in frames in which there is no needle.

Run ``python -m stereosim.imaging.ultrasound.needle_null --patients 60`` and copy the 0.98 quantile
to ``data/needle_reading.toml``.  Each patient of the screening cohort is looked at where the
referral says, as if a needle came in from the side; both thicknesses of needle are looked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.live import LiveTissue
from stereosim.imaging.ultrasound.needle_reading import ExpectedNeedle, read_needle
from stereosim.imaging.ultrasound.probes import DEFAULT_PROBE, load_probe
from stereosim_phantoms.cohort import draw_patient, load_cohort

COHORT = "screening"
SEED = 90210  # of the calibration patients: no experiment should use it
AWAY_MM = 35.0  # from above the place to where a needle would enter
BELOW_MM = 15.0
NEEDLES = ((2.11, 5.0), (3.05, 7.0))  # diameter and taper: 14G gun, 11G vacuum


def null_statistics(
    patients: int, *, probe_name: str = DEFAULT_PROBE, seed: int = SEED
) -> Iterator[float]:
    """Yield the statistic of each needle looked for in each patient, dB mm."""
    probe = load_probe(probe_name)
    for index in range(patients):
        patient = draw_patient(load_cohort(COHORT), seed, index)
        x, y, z = (float(v) for v in patient.referral.supine_mm)
        side = 1.0 if x >= 0.0 else -1.0
        entry = np.array([x + side * AWAY_MM, y, 0.0])
        axis = np.array([-side * AWAY_MM, 0.0, z]) / np.hypot(AWAY_MM, z)
        specks = patient.supine_specks().solids
        frame = LiveTissue(patient, probe).frame(
            ProbePose(x + side * (0.5 * probe.width_mm - 10.0), y),
            specks.centres_mm,
            0.5 * specks.diameters_mm,
            seed=index,
            grid=Grid(depth_mm=max(35.0, z + BELOW_MM)),
            focus_mm=z,
        )
        for diameter, taper in NEEDLES:
            reading = read_needle(frame, ExpectedNeedle(entry, axis, diameter, taper))
            yield 0.0 if reading is None else reading.statistic


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the quantiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=60)
    options = parser.parse_args(arguments)
    statistics = np.array(list(null_statistics(options.patients)))
    sys.stdout.write(f"{statistics.size} readings\n")
    for share in (0.9, 0.95, 0.98):
        sys.stdout.write(f"quantile {share}: {np.quantile(statistics, share):.1f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
