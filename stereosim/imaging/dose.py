"""Mean glandular dose by the method of Dance: incident air kerma times g, c and s."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stereosim.imaging.materials import DATA, Array
from stereosim_phantoms.provenance import Parameter, load_toml, read_parameters

_AVERAGE_PERCENT = 50.0


@dataclass(frozen=True)
class DanceTables:
    """The tables of data/dance.toml as arrays.

    Attributes
    ----------
    half_value_layer_mm, thickness_mm : ndarray
        Axes of `g`.
    g : ndarray, shape (thickness, half-value layer)
        Dose over air kerma for 50 % gland.
    c_thickness_mm, c_slope : ndarray
        Decrease of ln c per per cent of gland, by thickness.
    s : dict of str to float
        Spectral factor by target and filter.
    provenance : dict of str to Parameter
        Where the numbers come from.
    """

    half_value_layer_mm: Array
    thickness_mm: Array
    g: Array
    c_thickness_mm: Array
    c_slope: Array
    s: dict[str, float]
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_dance() -> DanceTables:
    """Return the tables."""
    tables = load_toml(DATA / "dance.toml")
    sources = tables["sources"]
    values = read_parameters(tables["tables"], sources, "dance.toml: tables")
    spectrum = read_parameters(tables["spectrum"], sources, "dance.toml: spectrum")
    thickness = np.array(values["thickness_mm"].value, dtype=np.float64)
    percent = np.array(values["c_glandular_percent"].value, dtype=np.float64)
    return DanceTables(
        np.array(values["half_value_layer_mm"].value),
        thickness,
        np.array([values[f"g_{t:.0f}"].value for t in thickness]),
        np.array(values["c_thickness_mm"].value, dtype=np.float64),
        np.log(np.array(values["c_average"].value)) / (_AVERAGE_PERCENT - percent),
        {name: float(parameter.value) for name, parameter in spectrum.items()},
        {**values, **spectrum},
    )


def mean_glandular_dose_mgy(
    air_kerma_mgy: float,
    half_value_layer_mm: float,
    thickness_mm: float,
    glandular_fraction: float,
    target_filter: str,
) -> float:
    """Mean glandular dose of one exposure.

    Parameters
    ----------
    air_kerma_mgy : float
        Incident air kerma at the breast's upper surface, without backscatter.
    half_value_layer_mm : float
        Of the beam that meets the breast, mm Al.
    thickness_mm : float
        Compressed thickness.
    glandular_fraction : float
        Share of gland in the central breast by mass, 0 to 1.
    target_filter : str
        Such as ``"W/Rh50"``.

    Notes
    -----
    g is interpolated linearly in both its axes and held at the ends of the tables.  For c the
    published averages by thickness are carried to other glandularities by taking ln c as linear in
    the glandular percentage, which meets c = 1 at 50 %.

    Raises
    ------
    KeyError
        If there is no spectral factor for the tube.
    """
    tables = load_dance()
    by_thickness = [np.interp(half_value_layer_mm, tables.half_value_layer_mm, g) for g in tables.g]
    g = float(np.interp(thickness_mm, tables.thickness_mm, by_thickness))
    slope = float(np.interp(thickness_mm, tables.c_thickness_mm, tables.c_slope))
    c = float(np.exp(slope * (_AVERAGE_PERCENT - 100.0 * glandular_fraction)))
    return air_kerma_mgy * g * c * tables.s[target_filter]
