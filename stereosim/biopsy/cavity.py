"""The cavity as solids that a radiograph shows: air above, blood below; and anaesthetic.

Each bore's open volume is taken as an ellipsoid with the place, the direction and the length of
the void: it lies on the side that was sampled, along the aperture.  Bores that would overlap are
one cavity.  The ellipsoid is cut in two across its most upright axis: the upper part is air, the
lower one blood, which has soaked some way into the tissue round it.  The blood in a bore is what
the bleeding has left in it; of a bore of which no blood is recorded, the catalogue's share is air.

Where solids overlap: cavities never do.  A cavity whose middle lies in a ball of anaesthetic takes
its place, which :func:`soaked_solids` says by a negative share; it does so in whole, so the small
part of a cavity that pokes out of its ball gets back some water that is not there.  Balls that
overlap add up, for so do their fluids.  A speck that a cavity or a ball reaches keeps its own
attenuation, and the fluid's chord is too long by the speck's: under 4 % of what the speck takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stereosim.biopsy.fluids import bores_now, plug_mm2
from stereosim.biopsy.pose import Array, Vector, unit_vector
from stereosim.biopsy.tissue import Bore, Tissue
from stereosim.kernels.capture import BINS
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec
from stereosim_phantoms.solids import Ellipsoids, Specks, clashes

CATALOGUE = Path(__file__).parent / "data" / "cavity.toml"


@dataclass(frozen=True)
class CavityModel:
    """What fills a cavity; the numbers come from ``data/cavity.toml``.

    Attributes
    ----------
    air_share : float
        Share of the open volume that is air, 0 to 1, where no blood is recorded.
    haematoma_mm : float
        How far blood has soaked into the tissue round the fluid.
    """

    air_share: float
    haematoma_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no share and no distance."""
        if not 0.0 <= self.air_share <= 1.0 or not self.haematoma_mm >= 0.0:
            raise SpecError("cavity: air_share must be from 0 to 1, haematoma_mm at least 0")


@cache
def usual_cavity_model() -> CavityModel:
    """Return the catalogue's model, read once."""
    raw = load_toml(CATALOGUE)
    return read_spec(CavityModel, raw["cavity"], raw["sources"], f"{CATALOGUE.name}: cavity")


class _Void(NamedTuple):
    """Volume of an open space and of the air in it, its centroid and covariance."""

    volume: float
    air: float
    mean: Array
    covariance: Array


def cavity_solids(
    tissue: Tissue, *, up: Vector = (0.0, 0.0, 1.0), model: CavityModel | None = None
) -> Specks:
    """Return the cavities of `tissue` as ellipsoids of ``"air"`` and ``"blood"``.

    Parameters
    ----------
    tissue : Tissue
        With its bores; a needle that is in one of them fills its part of it.
    up : sequence of float, length 3
        Against gravity, in the frame of the tissue: +z in the support frame of a breast that is
        compressed from above.
    model : CavityModel, optional
        That of the catalogue if not given.

    Returns
    -------
    Specks
        None of which overlap; of no cluster; empty where nothing has been sampled.
    """
    model = model or usual_cavity_model()
    above = unit_vector(up, "up")
    voids = [_void(bore, tissue, model) for bore in bores_now(tissue)]
    groups = [void for void in voids if void.volume > 1e-9]
    parts = [_parts(void, above, model) for void in groups]
    # Merging makes a solid larger, which may then meet another one: until nothing meets.
    k = 1
    while k < len(parts):
        met = next((i for i in range(k) if _meet(parts[i], parts[k])), None)
        if met is None:
            k += 1
            continue
        groups[met] = _merged(groups[met], groups.pop(k))
        parts.pop(k)
        parts[met] = _parts(groups[met], above, model)
        k = max(met, 1)
    pieces = [piece for some in parts for piece in some]
    if not pieces:
        return Specks(Ellipsoids(np.empty((0, 3)), np.empty((0, 3, 3))), (), np.empty(0, np.int64))
    return Specks(
        _solids(pieces), tuple(p.material for p in pieces), np.full(len(pieces), -1, np.int64)
    )


def soaked_solids(tissue: Tissue, cavities: Specks) -> tuple[Specks, Array]:
    """Return the anaesthetic in the tissue as ellipsoids of ``"water"``.

    Parameters
    ----------
    tissue : Tissue
        With its infiltrations.
    cavities : Specks
        Those of the same tissue.

    Returns
    -------
    Specks
        One ball for each infiltration, and one ellipsoid for each cavity in a ball.
    ndarray, shape (n,)
        Share of each that is fluid; negative for a cavity, which holds none of the anaesthetic.
    """
    centres = [some.centre_mm for some in tissue.infiltrations]
    axes = [some.radius_mm * np.eye(3) for some in tissue.infiltrations]
    shares = [some.share for some in tissue.infiltrations]
    for some in tissue.infiltrations:
        way = np.linalg.norm(cavities.solids.centres_mm - some.centre_mm, axis=1)
        for i in np.flatnonzero(way < some.radius_mm):
            centres.append(cavities.solids.centres_mm[i])
            axes.append(cavities.solids.axes_mm[i])
            shares.append(-some.share)
    solids = Ellipsoids(np.array(centres).reshape(-1, 3), np.array(axes).reshape(-1, 3, 3))
    n = len(shares)
    return Specks(solids, ("water",) * n, np.full(n, -1, np.int64)), np.array(shares)


def _void(bore: Bore, tissue: Tissue, model: CavityModel) -> _Void:
    """Return what is open of a bore, from its sectors of one degree."""
    # A needle in it takes the place of air, and pushes blood outward.
    inner = np.full(BINS, plug_mm2(tissue, bore))
    outer = np.maximum(bore.void_mm2 - bore.distended_mm2, inner) + bore.distended_mm2
    angle = np.radians(np.arange(BINS) + 0.5)
    # The clock runs from 12 toward the right: that is the second axis toward the first.
    direction = np.column_stack([np.sin(angle), np.cos(angle), np.zeros(BINS)])
    area = (outer - inner) * np.pi / BINS
    volume = float(area.sum()) * bore.aperture_mm
    if volume <= 0.0:
        return _Void(0.0, 0.0, bore.pose.centre_mm, np.eye(3))
    air = model.air_share * volume
    if bore.blood_mm3 > 0.0:
        air = max(0.0, volume - bore.blood_mm3)
    first = (outer**1.5 - inner**1.5) * (2.0 * np.pi / BINS / 3.0)
    second = (outer**2 - inner**2) * (np.pi / BINS / 2.0)
    mean = first @ direction / area.sum()
    square = np.einsum("i,ij,ik->jk", second, direction, direction) / area.sum()
    covariance = square - np.outer(mean, mean)
    covariance[2, 2] = bore.aperture_mm**2 / 12.0
    frame = bore.pose.frame
    return _Void(volume, air, bore.pose.centre_mm + mean @ frame, frame.T @ covariance @ frame)


def _merged(a: _Void, b: _Void) -> _Void:
    """Return two open spaces as one."""
    volume = a.volume + b.volume
    share = a.volume / volume
    apart = a.mean - b.mean
    mean = share * a.mean + (1.0 - share) * b.mean
    covariance = share * a.covariance + (1.0 - share) * b.covariance
    covariance = covariance + share * (1.0 - share) * np.outer(apart, apart)
    return _Void(volume, a.air + b.air, mean, covariance)


class _Piece(NamedTuple):
    """One ellipsoid."""

    centre: Array
    axes: Array
    material: str


def _parts(void: _Void, up: Array, model: CavityModel) -> list[_Piece]:
    """Return the air and the blood of one cavity, which touch but do not overlap."""
    variance, axes = np.linalg.eigh(void.covariance)
    variance = np.maximum(variance, 1e-6)
    # As long as the void (whose variance is that of a line of 2 sqrt(3 variance)); the other two
    # keep their ratio and make the volume right.
    half = np.sqrt(3.0 * variance)
    half[:2] *= np.sqrt(void.volume / (4.0 / 3.0 * np.pi * half.prod()))
    k = int(np.abs(axes.T @ up).argmax())
    upward = axes[:, k] * np.sign(axes[:, k] @ up)
    top = void.mean + half[k] * upward
    pieces = []
    air_share = void.air / void.volume
    if air_share < 1e-9:
        air_share = 0.0
    air = half.copy()
    air[k] *= air_share
    if air_share > 0.0:
        pieces.append(_Piece(top - air[k] * upward, axes * air, "air"))
    if air_share < 1.0:
        blood = half + model.haematoma_mm
        blood[k] = half[k] * (1.0 - air_share) + model.haematoma_mm
        level = top - 2.0 * air[k] * upward
        pieces.append(_Piece(level - blood[k] * upward, axes * blood, "blood"))
    return pieces


def _meet(some: list[_Piece], others: list[_Piece]) -> bool:
    """Whether any two solids of two cavities overlap or nearly touch."""
    return bool(clashes(_solids(some), _solids(others)).any())


def _solids(pieces: list[_Piece]) -> Ellipsoids:
    return Ellipsoids(np.array([p.centre for p in pieces]), np.array([p.axes for p in pieces]))
