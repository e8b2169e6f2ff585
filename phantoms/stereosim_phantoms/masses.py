"""Masses: ellipsoids of tissue that ultrasound sees darker than fat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.breast import DATA
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Array, Ellipsoids
from stereosim_phantoms.supine import SupineMap

Margin = Literal["circumscribed", "indistinct"]
MARGINS: tuple[str, ...] = get_args(Margin)


@dataclass(frozen=True)
class MassParameters:
    """What all masses have in common; see ``data/masses.toml``."""

    gland_fraction: float
    echo_db: float
    circumscribed_edge_mm: float
    indistinct_edge_mm: float
    provenance: dict[str, Parameter]


@cache
def mass_parameters() -> MassParameters:
    """Return the catalogue ``data/masses.toml``."""
    path = DATA / "masses.toml"
    raw = load_toml(path)
    return read_spec(MassParameters, raw["mass"], raw["sources"], f"{path.name}: mass")


@dataclass(frozen=True)
class Mass:
    """One mass in the breast frame.

    Attributes
    ----------
    solid : Ellipsoids
        One ellipsoid, breast frame, mm.
    margin : {"circumscribed", "indistinct"}
        BI-RADS margin; sets how soft the edge is.
    gland_fraction : float
        X-ray density as a glandular fraction; 1 is isodense with gland.
    echo_db : float
        Ultrasound echo level relative to fat, dB (assumed, see ``data/masses.toml``).
    holds_target : bool
        Whether more than half of the target's specks lie inside.
    """

    solid: Ellipsoids
    margin: str
    gland_fraction: float
    echo_db: float
    holds_target: bool

    def __post_init__(self) -> None:
        """Refuse more than one ellipsoid and unknown margins."""
        if len(self.solid) != 1:
            raise ValueError(f"a mass is one ellipsoid, not {len(self.solid)}")
        if self.margin not in MARGINS:
            raise ValueError(f"margin {self.margin!r} is none of {', '.join(MARGINS)}")

    def contains(self, points_mm: Array) -> NDArray[np.bool_]:
        """Tell for breast-frame points (n, 3) whether they lie inside."""
        local = np.linalg.solve(self.solid.axes_mm[0], (points_mm - self.solid.centres_mm[0]).T)
        inside: NDArray[np.bool_] = (local**2).sum(axis=0) <= 1.0
        return inside

    def holding(self, target_mm: Array) -> Mass:
        """Return the same mass with `holds_target` settled by the target's specks (n, 3)."""
        return replace(self, holds_target=bool(self.contains(target_mm).mean() > 0.5))

    def kernel_row(self) -> Array:
        """Return the mass as the tissue kernels read it, shape (14,)."""
        parameters = mass_parameters()
        edge = (
            parameters.indistinct_edge_mm
            if self.margin == "indistinct"
            else parameters.circumscribed_edge_mm
        )
        return np.concatenate(
            [
                self.solid.centres_mm[0],
                np.linalg.inv(self.solid.axes_mm[0]).ravel(),
                [self.gland_fraction, edge],
            ]
        )


def mass_of_supine_size(
    supine: SupineMap, centre_mm: Array, size_mm: tuple[float, float, float], margin: str
) -> Mass:
    """Return the mass that measures `size_mm` on the ultrasound table, holding nothing yet.

    Parameters
    ----------
    supine : SupineMap
        The breast's map.
    centre_mm : ndarray, shape (3,)
        Centre in the breast frame.
    size_mm : tuple of float
        Full diameters along the supine x (transverse), y (craniocaudal) and z (depth).  The axes in
        the breast frame are these carried back by the inverse Jacobian at the centre.
    margin : {"circumscribed", "indistinct"}
        BI-RADS margin.

    Raises
    ------
    ValueError
        If the centre is outside the breast.
    """
    centre = np.asarray(centre_mm, dtype=np.float64).reshape(1, 3)
    jacobian = supine.jacobian(centre)[0]
    if np.isnan(jacobian).any():
        raise ValueError(f"mass centre {np.round(centre[0], 1)} is outside the breast")
    solid = Ellipsoids(centre, (np.linalg.inv(jacobian) @ np.diag(0.5 * np.asarray(size_mm)))[None])
    parameters = mass_parameters()
    return Mass(solid, margin, parameters.gland_fraction, parameters.echo_db, False)
