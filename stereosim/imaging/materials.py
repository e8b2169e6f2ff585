"""Attenuation of the materials in the beam, from a table baked by data/regenerate.py."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

Array = NDArray[np.float64]

DATA = Path(__file__).parent / "data"
_CM_PER_MM = 0.1


@dataclass(frozen=True)
class Material:
    """Composition and density of one material.

    Attributes
    ----------
    elements : str
        Chemical symbols, separated by blanks.
    mass_fractions : tuple of float
        Share of each element by mass.
    density_g_cm3 : float
        Density.
    provenance : dict of str to Parameter
        Where the numbers come from.
    """

    elements: str
    mass_fractions: tuple[float, ...]
    density_g_cm3: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_materials() -> dict[str, Material]:
    """Return the catalogue of materials by name (data/materials.toml)."""
    tables = load_toml(DATA / "materials.toml")
    sources = tables.pop("sources")
    return {
        name: read_spec(Material, table, sources, f"materials.toml: {name}")
        for name, table in tables.items()
    }


def read_table(path: Path) -> tuple[list[str], Array]:
    """Read a CSV of numbers with comment lines and one line of column names."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    return lines[0].split(","), np.array([line.split(",") for line in lines[1:]], dtype=np.float64)


@lru_cache(maxsize=1)
def _mass_attenuation() -> dict[str, Array]:
    names, values = read_table(DATA / "attenuation.csv")
    return {name: values[:, i] for i, name in enumerate(names)}


def mass_coefficient(name: str, energies_kev: Array) -> Array:
    """Return mu/rho of a material, or ``"air_absorption"``, in cm^2/g.

    Interpolated log-log between the rows of the table (0.25 keV apart, 5 to 40 keV).

    Raises
    ------
    KeyError
        If the material is not in the table.
    ValueError
        If an energy lies outside the table.
    """
    table = _mass_attenuation()
    if name not in table:
        raise KeyError(f"no material {name!r}; there are {', '.join(load_materials())}")
    grid = table["energy_kev"]
    energies = np.asarray(energies_kev, dtype=np.float64)
    if energies.size and (energies.min() < grid[0] or energies.max() > grid[-1]):
        raise ValueError(f"energies must lie between {grid[0]} and {grid[-1]} keV")
    return np.exp(np.interp(np.log(energies), np.log(grid), np.log(table[name])))


def attenuation_per_mm(name: str, energies_kev: Array) -> Array:
    """Return the linear attenuation coefficient in 1/mm at `energies_kev`, same shape."""
    density = load_materials()[name].density_g_cm3 if name in load_materials() else 1.0
    return mass_coefficient(name, energies_kev) * density * _CM_PER_MM
