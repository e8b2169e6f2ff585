"""Regenerate ``data/observer.toml``: what the reader measures where there is nothing to find.

Run ``python -m stereosim.imaging.ultrasound.calibrate --patients 60 --workers 2 l14-5``.  Each
patient of the screening cohort is scanned once at the place that its referral names, without specks
and without masses; what else a breast holds, vessels and the walls of ducts, stays.  The largest
statistic of each kind goes into a Gumbel distribution (maximum likelihood).
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import stats

from stereosim.imaging.ultrasound.observer import find_foci, mass_statistic, speck_statistics
from stereosim.imaging.ultrasound.probes import DATA, load_probe
from stereosim.imaging.ultrasound.sweep import STEP_MM, Sweep, scan_box, sweep
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim_phantoms.cohort import draw_patient, load_cohort
from stereosim_phantoms.patient import NO_SPECKS, VirtualPatient
from stereosim_phantoms.provenance import load_toml

COHORT = "screening"
SEED = 90210  # of the calibration patients: no experiment should use it
EXTENT_MM = 40.0
KINDS = ("focus", "cluster", "mass")


def null_patient(seed: int, index: int) -> VirtualPatient:
    """Return patient `index` of the cohort without calcifications and without masses."""
    return replace(draw_patient(load_cohort(COHORT), seed, index), specks=NO_SPECKS, masses=())


def null_sweep(probe_name: str, seed: int, index: int) -> Sweep:
    """Scan :func:`null_patient` at the place that her referral names."""
    patient = null_patient(seed, index)
    probe = load_probe(probe_name)
    place = patient.referral.supine_mm
    lo, hi = scan_box(place[:2], EXTENT_MM, probe)
    tissue = Insonated.from_patient(patient, lo, hi)
    return sweep(tissue, place[:2], EXTENT_MM, STEP_MM, probe, seed=index, focus_mm=float(place[2]))


def null_maxima(scanned: Sweep) -> tuple[float, float, float]:
    """Return the largest focus, cluster and mass statistic of a sweep, dB."""
    specks = speck_statistics(find_foci(scanned), scanned.volume_cm3)
    mass = mass_statistic(scanned)[0]
    return (
        float(specks.focus_db.max(initial=0.0)),
        float(specks.cluster_db.max(initial=0.0)),
        float(mass.max()),
    )


def null_scan(probe_name: str, seed: int, index: int) -> tuple[float, float, float, float]:
    """Return the maxima of patient `index` as :func:`null_maxima`, and the volume scanned, cm^3."""
    scanned = null_sweep(probe_name, seed, index)
    return *null_maxima(scanned), scanned.volume_cm3


def null_scans(
    probe_name: str, seed: int, patients: int, *, workers: int = 1
) -> Iterator[tuple[float, float, float, float]]:
    """Yield :func:`null_scan` of patients 0, 1, ...; the same for any number of processes."""
    scan = partial(null_scan, probe_name, seed)
    if workers <= 1:
        yield from map(scan, range(patients))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(scan, range(patients))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the null distributions of the probes named and write them to the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("probes", nargs="+", help="names in the catalogue of probes")
    parser.add_argument("--patients", type=int, default=60, help="null scans per probe")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    path = DATA / "observer.toml"
    tables = load_toml(path) if path.exists() else {}
    for name in options.probes:
        scans = []
        for scan in null_scans(name, SEED, options.patients, workers=options.workers):
            scans.append(scan)
            measured = (f"{value:.2f}" for value in scan[:-1])
            print(name, len(scans), *measured, file=sys.stderr, flush=True)
        measures = np.array(scans)
        tables[name] = _fitted(measures[:, :-1], float(measures[-1, -1]))
        path.write_text(_written(tables))
    return 0


def _fitted(maxima: np.ndarray, volume_cm3: float) -> dict[str, dict[str, object]]:
    """Gumbel location and scale of each column of `maxima` (n, 3), as catalogue entries."""
    note = f"{len(maxima)} null scans, cohort {COHORT}, seed {SEED}"
    entry = {"source": "calibrate", "status": "measured", "note": note}
    table: dict[str, dict[str, object]] = {
        "volume_cm3": {"value": round(volume_cm3, 2), "unit": "cm^3", **entry}
    }
    for kind, values in zip(KINDS, maxima.T, strict=True):
        location, scale = stats.gumbel_r.fit(values)
        table[f"{kind}_location_db"] = {"value": round(float(location), 3), "unit": "dB", **entry}
        table[f"{kind}_scale_db"] = {"value": round(float(scale), 3), "unit": "dB", **entry}
    return table


def _written(tables: dict[str, dict[str, dict[str, object]]]) -> str:
    """Return the catalogue as TOML."""
    lines = [
        "# Null distributions of the reader's statistics.  Written by calibrate.py; do not edit.",
        "",
        "[sources]",
        'calibrate = "stereosim, python -m stereosim.imaging.ultrasound.calibrate"',
    ]
    for name in sorted(tables.keys() - {"sources"}):
        lines += ["", f"[{name}]"]
        for key, entry in tables[name].items():
            fields = ", ".join(
                f'{word} = "{value}"' if isinstance(value, str) else f"{word} = {value}"
                for word, value in entry.items()
            )
            lines.append(f"{key} = {{ {fields} }}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
