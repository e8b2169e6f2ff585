"""Masses, cysts and dilated ducts: unions of ellipsoids that X-rays and ultrasound both meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.breast import DATA
from stereosim_phantoms.kernels import tissue as kernel
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Array, Ellipsoids

Margin = Literal["circumscribed", "indistinct"]
Kind = Literal["oval", "irregular", "cyst", "dilated duct"]
MARGINS: tuple[str, ...] = get_args(Margin)
KINDS: tuple[str, ...] = get_args(Kind)
BLOOD = "blood"


@dataclass(frozen=True)
class MassKind:
    """What a kind of mass, or blood, is made of; see ``data/masses.toml``.

    Attributes
    ----------
    fluid : bool
        Whether it is filled with fluid.
    gland_fraction : float
        X-ray density as a glandular fraction; 1 is isodense with gland.
    echo_db : float
        Scattered power against fat, dB.
    attenuation : float
        One way, dB/(cm MHz^y).
    """

    fluid: bool
    gland_fraction: float
    echo_db: float
    attenuation: float
    provenance: dict[str, Parameter]

    @property
    def power(self) -> float:
        """Scattered power against fat, as a ratio."""
        return float(10.0 ** (0.1 * self.echo_db))


@dataclass(frozen=True)
class MassForm:
    """Edges and shapes of masses; see ``data/masses.toml``."""

    circumscribed_edge_mm: float
    indistinct_edge_mm: float
    lobes: tuple[int, int]
    lobe_share: tuple[float, float]
    spicules: tuple[int, int]
    spicule_share: tuple[float, float]
    spicule_mm: tuple[float, float]
    upright_share: float
    provenance: dict[str, Parameter]


@cache
def mass_kinds() -> dict[str, MassKind]:
    """Return the kinds of mass, and blood, by name."""
    path = DATA / "masses.toml"
    raw = load_toml(path)
    return {
        name: read_spec(MassKind, raw[name], raw["sources"], f"{path.name}: {name}")
        for name in (*KINDS, BLOOD)
    }


@cache
def mass_form() -> MassForm:
    """Return edges and shapes from ``data/masses.toml``."""
    path = DATA / "masses.toml"
    raw = load_toml(path)
    return read_spec(MassForm, raw["form"], raw["sources"], f"{path.name}: form")


@dataclass(frozen=True)
class Mass:
    """One mass in the breast frame.

    Attributes
    ----------
    kind : {"oval", "irregular", "cyst", "dilated duct"}
        What it is; decides echo and attenuation (:func:`mass_kinds`).
    solid : Ellipsoids
        Its parts, breast frame, mm; what lies in any of them is mass.  The first is its body.
    margin : {"circumscribed", "indistinct"}
        BI-RADS margin; sets how soft the edge is.
    holds_target : bool
        Whether more than half of the target's specks lie inside.
    """

    kind: str
    solid: Ellipsoids
    margin: str
    holds_target: bool = False

    def __post_init__(self) -> None:
        """Refuse a mass without parts and unknown words."""
        if not len(self.solid):
            raise ValueError("a mass has at least one ellipsoid")
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.margin not in MARGINS:
            raise ValueError(f"margin {self.margin!r} is none of {', '.join(MARGINS)}")

    @property
    def middle_mm(self) -> Array:
        """Mean of the parts' centres, weighted with their volumes, breast frame, shape (3,)."""
        middle: Array = np.average(self.solid.centres_mm, axis=0, weights=self.solid.volumes_mm3)
        return middle

    def contains(self, points_mm: Array) -> NDArray[np.bool_]:
        """Tell for breast-frame points (n, 3) whether they lie inside."""
        offset = points_mm[None] - self.solid.centres_mm[:, None]
        local = np.linalg.solve(self.solid.axes_mm, offset.transpose(0, 2, 1))
        inside: NDArray[np.bool_] = ((local**2).sum(axis=1) <= 1.0).any(axis=0)
        return inside

    def holding(self, target_mm: Array) -> Mass:
        """Return the same mass with `holds_target` settled by the target's specks (n, 3)."""
        return replace(self, holds_target=bool(self.contains(target_mm).mean() > 0.5))

    def kernel_rows(self) -> Array:
        """Return the parts as the tissue kernels read them, shape (n, MASS_COLUMNS)."""
        kind, form = mass_kinds()[self.kind], mass_form()
        walled = self.margin == "circumscribed"
        edge = form.circumscribed_edge_mm if walled else form.indistinct_edge_mm
        rows = np.zeros((len(self.solid), kernel.MASS_COLUMNS))
        rows[:, :3] = self.solid.centres_mm
        rows[:, 3:12] = np.linalg.inv(self.solid.axes_mm).reshape(-1, 9)
        rows[:, 12:] = (kind.gland_fraction, edge, kind.power, kind.attenuation, kind.fluid, walled)
        return rows
