"""The marker clip: where it comes to lie, and where it is once the breast has been released.

It leaves through the aperture and comes to lie anywhere in the space that the cores have left open.
A cavity that has closed on it holds it; in an open one the needle may carry it along when it is
withdrawn.  On release the breast regains its thickness: distances from the target grow along the
direction of the compression and shrink across it, so that no volume is gained (accordion effect).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from stereosim.biopsy.pose import Array, NeedlePose, Vector, unit_vector
from stereosim.biopsy.tissue import Bore, Tissue
from stereosim.kernels.capture import BINS
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec

CATALOGUE = Path(__file__).parent / "data" / "clip.toml"


@dataclass(frozen=True)
class ClipModel:
    """What moves a clip; the numbers come from ``data/clip.toml``.

    Attributes
    ----------
    label : str
        For tables.
    width_mm : float
        Width of the clip: a cavity that is narrower holds it.
    drag_mm : float
        Mean distance by which the needle carries a free clip on its way out; exponential law.
    expansion : float
        Thickness of the released breast over the compressed one.
    """

    label: str
    width_mm: float
    drag_mm: float
    expansion: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no distance and no ratio."""
        if not (self.width_mm >= 0.0 and self.drag_mm >= 0.0 and self.expansion > 0.0):
            raise SpecError("clip: width_mm, drag_mm must be at least 0, expansion above 0")


@dataclass(frozen=True, eq=False)
class Clip:
    """A marker clip; places of shape (3,), mm, frame of the arm.

    Attributes
    ----------
    deployed_mm : ndarray
        Where it was left, the needle still in.
    drawn_mm : ndarray
        Where it lies once the needle is out, the breast still compressed.
    settled_mm : ndarray
        Where it lies when the breast is released, the target's middle kept where it was.
    target_mm : ndarray
        The target's middle, needle out: the mean place of all its specks, each that was taken where
        it last lay.
    """

    deployed_mm: Array
    drawn_mm: Array
    settled_mm: Array
    target_mm: Array

    @property
    def miss_mm(self) -> Array:
        """Clip minus target in the released breast, shape (3,)."""
        miss: Array = self.settled_mm - self.target_mm
        return miss


@cache
def load_clip_models(path: Path = CATALOGUE) -> dict[str, ClipModel]:
    """Return the model for each guidance, ``"stereotactic"`` and ``"ultrasound"``."""
    raw = load_toml(path)
    models: dict[str, ClipModel] = {}
    for name in ("stereotactic", "ultrasound"):
        if name not in raw:
            raise SpecError(f"{path.name}: missing [{name}]")
        sources = raw.get("sources", {})
        models[name] = read_spec(ClipModel, raw[name], sources, f"{path.name}.{name}")
    return models


def deploy_clip(
    tissue: Tissue,
    pose: NeedlePose,
    *,
    thickness_mm: float,
    model: ClipModel,
    compression_axis: Vector = (0.0, 0.0, 1.0),
    rng: np.random.Generator,
) -> Clip:
    """Leave a clip through the aperture, withdraw the needle and release the breast.

    Parameters
    ----------
    tissue : Tissue
        With its bores; the needle in it or out.
    pose : NeedlePose
        Of the needle whose aperture the clip leaves.
    thickness_mm : float
        How far the breast reaches along `compression_axis` from 0: no clip is drawn out of it.
    model : ClipModel
        What moves it.
    compression_axis : sequence of float, length 3
        Along which the breast is held; only its direction counts.
    rng : numpy.random.Generator
        Four numbers are drawn from it, whatever happens.
    """
    axis = unit_vector(compression_axis, "compression_axis")
    along, around, outward, withdrawn = rng.random(4)
    carried = np.zeros(3) if tissue.needle is None else tissue.needle.carried_mm
    bore = _open_bore(tissue, pose, model.width_mm)
    left, drag = pose.centre_mm, 0.0
    deployed = left
    if bore is not None:
        local = _in_void(bore, along, around, outward)
        left = bore.pose.points_from_needle(local[None])[0]
        deployed = _beside_needle(tissue, left)
        drag = -model.drag_mm * float(np.log1p(-withdrawn))
    drag = min(drag, _way_out(left, -pose.axis, axis, thickness_mm))
    drawn = left - carried - drag * pose.axis
    target = tissue.original.target
    middle = tissue.rest_mm[target].mean(axis=0) - carried if target.any() else drawn
    return Clip(deployed, drawn, _released(drawn, middle, axis, model.expansion), middle)


def _open_bore(tissue: Tissue, pose: NeedlePose, width_mm: float) -> Bore | None:
    """Return the newest bore in which the aperture's centre lies, if it is wider than the clip."""
    for bore in reversed(tissue.bores):
        x, y, z = bore.pose.needle_from_points(pose.centre_mm[None])[0]
        degree = int(np.floor(np.degrees(np.arctan2(x, y)))) % BINS
        if abs(z) <= bore.aperture_mm / 2.0 and x * x + y * y <= max(bore.void_mm2[degree], 1e-6):
            section = bore.cavity_mm3 / bore.aperture_mm
            return bore if section >= np.pi / 4.0 * width_mm**2 else None
    return None


def _in_void(bore: Bore, along: float, around: float, outward: float) -> Array:
    """Return a place, needle frame, shape (3,): uniform numbers give places even in volume."""
    share = np.cumsum(bore.void_mm2)
    degree = int(np.searchsorted(share, around * share[-1], side="right").clip(0, BINS - 1))
    rho = np.sqrt(outward * bore.void_mm2[degree])
    angle = np.radians(degree + 0.5)
    return np.array([rho * np.sin(angle), rho * np.cos(angle), (along - 0.5) * bore.aperture_mm])


def _beside_needle(tissue: Tissue, place_mm: Array) -> Array:
    """Return a place in the cavity, shape (3,), pushed out of a needle that is in."""
    if tissue.needle is None:
        return place_mm
    pose, radius = tissue.needle.pose, tissue.needle.device.outer_diameter_mm / 2.0
    local = pose.needle_from_points(place_mm[None])[0]
    rho = float(np.hypot(local[0], local[1]))
    local[:2] = local[:2] * max(radius / rho, 1.0) if rho > 1e-9 else (0.0, radius)
    return np.asarray(pose.points_from_needle(local[None])[0])


def _way_out(place_mm: Array, way: Array, axis: Array, thickness_mm: float) -> float:
    """Return how far it is along the unit vector `way` to where the breast ends along `axis`."""
    height, rise = float(place_mm @ axis), float(way @ axis)
    if abs(rise) < 1e-9:
        return np.inf
    return max(0.0, ((thickness_mm if rise > 0.0 else 0.0) - height) / rise)


def _released(place_mm: Array, fixed_mm: Array, axis: Array, expansion: float) -> Array:
    """Return where a place comes to lie when the breast regains its thickness."""
    away = place_mm - fixed_mm
    along = (away @ axis) * axis
    settled: Array = fixed_mm + expansion * along + (away - along) / np.sqrt(expansion)
    return settled
