"""Bake attenuation.csv and spectra.csv; needs xraylib and spekpy, neither of which runs with us.

Run ``python regenerate.py`` in an environment with ``xraylib==4.3`` and ``spekpy==2.5`` whenever
materials.toml or the lists below change; the result is committed.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ATTENUATION_KEV = np.arange(5.0, 40.01, 0.25)
BIN_KEV = 0.5
# Calculated in tenths of a bin and summed: a K edge inside a bin cuts the bin where it lies.
FINE_KEV = 0.05
TUBES = {  # name: target, filter, filter thickness in mm
    "W/Rh50": ("W", "Rh", 0.050),
    "W/Ag50": ("W", "Ag", 0.050),
    "W/Al700": ("W", "Al", 0.700),
    "Mo/Mo30": ("Mo", "Mo", 0.030),
    "Mo/Rh25": ("Mo", "Rh", 0.025),
    "Rh/Rh25": ("Rh", "Rh", 0.025),
}
KILOVOLTS = range(24, 36)
ANODE_ANGLE_DEG = 20.0
BERYLLIUM_MM = 1.0
# Used anodes of tungsten are rough and absorb more of their own radiation than a smooth one.  Half
# a micrometre brings six half-value layers that PTB measured (28 and 34 kV; Rh, Ag, Al) from 4 to
# 6 % above the calculated ones to 2 %; Mo and Rh anodes agree within 0.5 % as they are
# (tests/test_validation_spectra.py).
ROUGHNESS_CM = 0.5e-4
TUNGSTEN_G_CM3 = 19.3
LOWEST_KEV = 5.0
MM2_PER_CM2 = 100.0


def attenuation() -> str:
    """Return the table of mass attenuation coefficients as CSV text."""
    import spekpy  # type: ignore[import-not-found]
    import xraylib as xl

    # Not xraylib's CS_Energy: between its sparse nodes it is 30 % low for air at 20 keV.
    air = spekpy.Spek(kvp=30, physics="kqp").muen_air_data
    materials = tomllib.loads((HERE / "materials.toml").read_text(encoding="utf-8"))
    names = [name for name in materials if name != "sources"]
    lines = [
        "# Mass attenuation coefficients with coherent scatter, cm^2/g; air_absorption is the",
        f"# mass energy-absorption coefficient of air.  xraylib {xl.__version__} and spekpy 2.5.",
        ",".join(["energy_kev", *names, "air_absorption"]),
    ]

    def mixed(name: str, energy: float) -> float:
        table = materials[name]
        fractions = table["mass_fractions"]["value"]
        elements = [xl.SymbolToAtomicNumber(symbol) for symbol in table["elements"].split()]
        values = [xl.CS_Total(z, energy) for z in elements]
        return float(np.dot(fractions, values) / np.sum(fractions))

    for energy in ATTENUATION_KEV:
        row = [mixed(name, energy) for name in names]
        row.append(float(air.get_muen_over_rho_air(np.array([energy]))[0]))
        lines.append(f"{energy:.2f}," + ",".join(f"{value:.5g}" for value in row))
    return "\n".join(lines) + "\n"


def spectra() -> str:
    """Return photons per mm^2, bin and mAs at 1 m for every tube and tube voltage as CSV text."""
    import spekpy
    import xraylib as xl

    centres = np.arange(LOWEST_KEV + BIN_KEV / 2.0, max(KILOVOLTS), BIN_KEV)
    columns: dict[str, np.ndarray] = {}
    for tube, (target, metal, metal_mm) in TUBES.items():
        for kilovolt in KILOVOLTS:
            spek = spekpy.Spek(
                kvp=kilovolt,
                th=ANODE_ANGLE_DEG,
                targ=target,
                dk=FINE_KEV,
                z=100.0,
                mas=1.0,
                physics="kqp",
            )
            spek.filter("Be", BERYLLIUM_MM)
            spek.filter(metal, metal_mm)
            energies, per_cm2_kev = spek.get_spectrum(edges=False)
            use = energies > LOWEST_KEV
            index = ((energies[use] - LOWEST_KEV) / BIN_KEV).astype(int)
            photons = per_cm2_kev[use] * FINE_KEV / MM2_PER_CM2
            if target == "W":
                number = xl.SymbolToAtomicNumber(target)
                mu = [xl.CS_Total(number, float(e)) for e in energies[use]]
                photons = photons * np.exp(-np.array(mu) * TUNGSTEN_G_CM3 * ROUGHNESS_CM)
            columns[f"{tube}@{kilovolt}"] = np.bincount(index, photons, minlength=len(centres))
    lines = [
        f"# Photons per mm^2 and {BIN_KEV} keV bin at 1 m, 1 mAs; target/filter and its um @ kV.",
        f"# spekpy 2.5 (kqp), anode {ANODE_ANGLE_DEG:g} deg, {BERYLLIUM_MM:g} mm Be, no air;",
        "# W anodes rough by 0.5 um; a real tube gives less (output_scale in xray.toml).",
        ",".join(["energy_kev", *columns]),
    ]
    for i, energy in enumerate(centres):
        values = ",".join(f"{column[i]:.4g}" for column in columns.values())
        lines.append(f"{energy:.2f},{values}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "attenuation.csv").write_text(attenuation(), encoding="utf-8")
    (HERE / "spectra.csv").write_text(spectra(), encoding="utf-8")
