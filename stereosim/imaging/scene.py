"""What stands in the beam besides the tissue: specks, needles, clips; all exact solids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.projection import back_project
from stereosim.geometry.units import Unit
from stereosim.geometry.views import scout, stereo_pair
from stereosim.imaging.materials import DATA
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Array, Specks

_RIM_MM = 1.0


@dataclass(frozen=True)
class Notch:
    """The open aperture of a needle: metal missing on one side of the axis.

    Attributes
    ----------
    near_mm, far_mm : float
        Distances of its two ends back from the tip.
    direction : ndarray, shape (3,)
        Unit vector, square to the axis, to which it opens.
    floor_mm : float
        Distance of its floor from the axis along `direction`; 0 leaves half the needle.
    """

    near_mm: float
    far_mm: float
    direction: Array
    floor_mm: float = 0.0


@dataclass(frozen=True)
class Needle:
    """A straight rod: a needle, a cannula, a clip.

    Attributes
    ----------
    tip_mm : ndarray, shape (3,)
        The tip, support frame.
    axis : ndarray, shape (3,)
        Unit vector toward the tip.
    length_mm, diameter_mm : float
        Length from the tip back, and outer diameter.
    material : str
        Name in the catalogue of materials.
    point_mm : float
        Length of the conical point; 0 for a flat end.
    notch : Notch, optional
        The open aperture.
    bore_mm : float
        Inner diameter of a tube, hollow from the base of its point to the back end; 0 if solid.
    """

    tip_mm: Array
    axis: Array
    length_mm: float
    diameter_mm: float
    material: str = "steel"
    point_mm: float = 0.0
    notch: Notch | None = None
    bore_mm: float = 0.0

    @property
    def row(self) -> Array:
        """The sixteen numbers that the kernel takes (kernels/chords.py)."""
        axis = np.asarray(self.axis, dtype=np.float64)
        axis = axis / np.linalg.norm(axis)
        size = [self.length_mm, 0.5 * self.diameter_mm, self.point_mm]
        notch = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        if self.notch is not None:
            n = self.notch
            notch = [n.near_mm, n.far_mm, n.floor_mm, *map(float, n.direction)]
        numbers = [*self.tip_mm, *axis, *size, *notch, 0.5 * self.bore_mm]
        return np.array(numbers, dtype=np.float64)


@dataclass(frozen=True)
class ClipShape:
    """A marker clip as a rod (data/xray.toml, ``[clip]``)."""

    length_mm: float
    diameter_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_clip_shape() -> ClipShape:
    """Return the shape of a clip."""
    tables = load_toml(DATA / "xray.toml")
    return read_spec(ClipShape, tables["clip"], tables["sources"], "xray.toml: clip")


def marker_clip(position_mm: Array, *, axis: Array | None = None) -> Needle:
    """Return a titanium marker clip centred at `position_mm`, lying along `axis` (default x)."""
    shape = load_clip_shape()
    direction = np.array([1.0, 0.0, 0.0]) if axis is None else np.asarray(axis, dtype=np.float64)
    tip = np.asarray(position_mm, dtype=np.float64) + 0.5 * shape.length_mm * direction
    return Needle(tip, direction, shape.length_mm, shape.diameter_mm, material="titanium")


@dataclass(frozen=True)
class Soaked:
    """Ellipsoids of tissue that a fluid has soaked into.

    Attributes
    ----------
    fluids : Specks
        Places, shapes and the fluid's material.
    shares : ndarray, shape (n,)
        Share of the volume that is fluid; negative to take back where another solid displaces the
        fluid together with its tissue.
    """

    fluids: Specks
    shares: Array


@dataclass(frozen=True)
class Scene:
    """The solids of one exposure, support frame.

    Attributes
    ----------
    thickness_mm : float
        Compressed thickness.
    specks : Specks, optional
        Calcifications.
    needles, clips : tuple of Needle
        Metal.
    cavities : Specks, optional
        Any other ellipsoids of a catalogued material: pockets of ``"air"``, ``"blood"``.
    soaked : Soaked, optional
        Fluid in the tissue, such as local anaesthetic.
    """

    thickness_mm: float
    specks: Specks | None = None
    needles: tuple[Needle, ...] = ()
    clips: tuple[Needle, ...] = ()
    cavities: Specks | None = None
    soaked: Soaked | None = None

    @property
    def ellipsoids(self) -> tuple[Specks, ...]:
        """All ellipsoids, those that have soaked in last."""
        fluids = None if self.soaked is None else self.soaked.fluids
        return tuple(some for some in (self.specks, self.cavities, fluids) if some is not None)


@dataclass(frozen=True)
class SolidArrays:
    """The solids of a scene as the kernels take them; see kernels/chords.py."""

    centres: Array
    inverses: Array
    rods: Array
    materials: tuple[str, ...]
    kinds: NDArray[np.int64]
    shares: Array
    lower: Array
    upper: Array

    def __len__(self) -> int:
        """Return the number of solids."""
        return len(self.kinds)

    def subset(self, chosen: NDArray[np.int64]) -> SolidArrays:
        """Return the solids of these numbers, which must be in ascending order."""
        round_ = chosen[chosen < len(self.centres)]
        rods = chosen[chosen >= len(self.centres)] - len(self.centres)
        return SolidArrays(
            self.centres[round_],
            self.inverses[round_],
            self.rods[rods],
            self.materials,
            self.kinds[chosen],
            self.shares[chosen],
            self.lower[chosen],
            self.upper[chosen],
        )


def solid_arrays(scene: Scene) -> SolidArrays:
    """Turn the solids of `scene` into arrays with their bounding boxes (s, 3)."""
    rods = [*scene.needles, *scene.clips]
    names = [name for some in scene.ellipsoids for name in some.materials]
    names += [rod.material for rod in rods]
    materials = tuple(dict.fromkeys(names))
    centres, axes = np.empty((0, 3)), np.empty((0, 3, 3))
    for some in scene.ellipsoids:
        centres = np.concatenate([centres, some.solids.centres_mm])
        axes = np.concatenate([axes, some.solids.axes_mm])
    shares = np.ones(len(names))
    if scene.soaked is not None:
        shares[len(centres) - len(scene.soaked.shares) : len(centres)] = scene.soaked.shares
    half = np.sqrt((axes**2).sum(axis=2))
    rows = np.array([rod.row for rod in rods]) if rods else np.empty((0, 16))
    ends = np.stack([rows[:, :3], rows[:, :3] - rows[:, 3:6] * rows[:, 6:7]])
    # A disc of radius r square to the unit axis a reaches r sqrt(1 - a_i^2) along i.
    disc = rows[:, 7:8] * np.sqrt(np.clip(1.0 - rows[:, 3:6] ** 2, 0.0, 1.0))
    return SolidArrays(
        centres,
        np.ascontiguousarray(np.linalg.inv(axes)) if len(axes) else axes,
        rows,
        materials,
        np.array([materials.index(name) for name in names], dtype=np.int64),
        shares,
        np.concatenate([centres - half, ends.min(axis=0) - disc]),
        np.concatenate([centres + half, ends.max(axis=0) + disc]),
    )


def field_box(
    unit: Unit, thickness_mm: float, shift_mm: tuple[float, float] = (0.0, 0.0)
) -> tuple[Array, Array]:
    """Return the box of tissue that the scout and the pair of a unit see.

    Parameters
    ----------
    unit : Unit
        Whose image field is meant.
    thickness_mm : float
        Compressed thickness; the box reaches from z = 0 to here.
    shift_mm : (float, float)
        How the breast was moved: p_support = p_breast - (shift_x, shift_y, 0).

    Returns
    -------
    lo, hi : ndarray, shape (3,)
        Corners in the breast frame, 1 mm wider than the field.
    """
    corners = []
    for view in (scout(unit), *stereo_pair(unit)):
        rows, columns = view.shape
        ends = np.array(
            [[0.0, 0.0], [columns - 1.0, 0.0], [0.0, rows - 1.0], [columns - 1.0, rows - 1.0]]
        )
        corners += [back_project(view, ends, z) for z in (0.0, thickness_mm)]
    points = np.concatenate(corners)
    shift = np.array([*shift_mm, 0.0])
    rim = np.array([_RIM_MM, _RIM_MM, 0.0])
    return points.min(axis=0) + shift - rim, points.max(axis=0) + shift + rim
