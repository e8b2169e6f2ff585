"""How the breast lies on the support: its compression, and from which side the needle comes.

A breast compressed to k times its usual thickness keeps its volume and its place at the chest wall
and on the support: ``(x, y, z)`` of the breast frame goes to ``(x / sqrt(k), y / sqrt(k), k z)``.
The caudocranial approach then turns it by 180 degrees about y (chest wall to nipple), so that
what was below lies under the paddle: ``(-x, y, T - z)`` with its present thickness T.  The shift
comes last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.lateral import Outline, lateral_check
from stereosim.biopsy.safety import Margins, Window, safety_check
from stereosim.procedures.intents import Position
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Ellipsoids, Specks

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.geometry.units import Unit
    from stereosim.procedures.state import Seen
    from stereosim_phantoms.breast import BreastSpec
    from stereosim_phantoms.patient import VirtualPatient
    from stereosim_phantoms.referral import Referral
    from stereosim_phantoms.texture import Texture

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

_FILE = Path(__file__).parent / "data" / "compression.toml"
_TURN = np.array([-1.0, 1.0, -1.0])
# Slices of a slab: 16 of them are some 25 MB, where a whole breast can take 400 MB.
_SLICES = 16


@dataclass(frozen=True)
class Compression:
    """Thinnest and thickest compression as shares of the usual thickness."""

    thinnest: float
    thickest: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@cache
def load_compression() -> Compression:
    """Return the limits of compression."""
    table = load_toml(_FILE)
    return read_spec(
        Compression, table["compression"], table["sources"], f"{_FILE.name}: compression"
    )


@dataclass(frozen=True)
class SecondPaddle:
    """An open paddle on the support, on which the breast lies.

    Attributes
    ----------
    height_mm : float
        Of its upper face above the support.
    bulge_mm : float
        How far tissue bulges into the middle of its opening.
    """

    height_mm: float
    bulge_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@cache
def load_second_paddle() -> SecondPaddle:
    """Return the second paddle."""
    table = load_toml(_FILE)
    where = f"{_FILE.name}: second_paddle"
    return read_spec(SecondPaddle, table["second_paddle"], table["sources"], where)


def thickness_limits_mm(usual_mm: float) -> tuple[float, float]:
    """Return the least and the greatest thickness to which a breast is compressed, in 0.1 mm.

    Parameters
    ----------
    usual_mm : float
        Thickness of the breast in its usual compression, which is always within the limits.
    """
    limits = load_compression()
    least = np.ceil(10.0 * limits.thinnest * usual_mm - 1e-6) / 10.0
    most = np.floor(10.0 * limits.thickest * usual_mm + 1e-6) / 10.0
    return min(float(least), usual_mm), max(float(most), usual_mm)


def compressed_mm(usual_mm: float, position: Position) -> float:
    """Return the thickness of the breast as it is positioned."""
    return usual_mm if position.thickness_mm is None else position.thickness_mm


def turned_points(points_mm: Array, thickness_mm: float) -> Array:
    """Turn points, shape (n, 3), of a breast of this thickness by 180 degrees about y, or back."""
    turned: Array = points_mm * _TURN + np.array([0.0, 0.0, thickness_mm])
    return turned


def support_from_breast(points_mm: Array, usual_mm: float, position: Position) -> Array:
    """Return where points of the breast come to lie on the support.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        Points in the breast frame, which is that of the usual compression.
    usual_mm : float
        Thickness in the usual compression.
    position : Position
        How the breast is positioned.

    Returns
    -------
    ndarray, shape (n, 3)
        The points in the support frame.
    """
    points = points_mm * _stretch(usual_mm, position)
    if position.approach == "caudocranial":
        points = turned_points(points, compressed_mm(usual_mm, position))
    shifted: Array = points - np.array([position.shift_x_mm, position.shift_y_mm, 0.0])
    return shifted


def breast_from_support(points_mm: Array, usual_mm: float, position: Position) -> Array:
    """Undo :func:`support_from_breast`."""
    points = points_mm + np.array([position.shift_x_mm, position.shift_y_mm, 0.0])
    if position.approach == "caudocranial":
        points = turned_points(points, compressed_mm(usual_mm, position))
    stretched: Array = points / _stretch(usual_mm, position)
    return stretched


def _stretch(usual_mm: float, position: Position) -> Array:
    """Return the factors along x, y and z; all exactly 1 in the usual compression."""
    share = compressed_mm(usual_mm, position) / usual_mm
    return np.array([1.0 / np.sqrt(share), 1.0 / np.sqrt(share), share])


def position_of(seen: Seen) -> Position:
    """Return how the breast that is seen is positioned, its thickness named."""
    return Position(*seen.shift_mm, seen.approach, seen.thickness_mm, seen.second_paddle)


def outline_of(breast: BreastSpec, position: Position) -> Outline:
    """Return the outside of a breast as it is positioned, support frame."""
    wide, long, _ = _stretch(breast.thickness_mm, position)
    return Outline(
        half_width_mm=float(wide * breast.half_width_mm),
        front_mm=float(long * breast.chest_to_nipple_mm),
        edge_mm=float(wide * breast.edge_mm),
        thickness_mm=compressed_mm(breast.thickness_mm, position),
        centre_x_mm=-position.shift_x_mm,
        wall_y_mm=-position.shift_y_mm,
    )


def unit_of(seen: Seen, unit: Unit) -> Unit:
    """Return the unit as it stands about the breast that is seen: raised by a second paddle."""
    return unit.raised(load_second_paddle().height_mm) if seen.second_paddle else unit


def stand_check(device: Device, target_mm: Array, seen: Seen, unit: Unit, arm: str) -> Margins:
    """Return the margins of a needle in the unit's arm, aimed at a place of the breast seen.

    Parameters
    ----------
    device : Device
        What is to be fired.
    target_mm : ndarray, shape (3,)
        Where its aperture's centre shall come to lie, support frame.
    seen : Seen
        With the breast positioned.
    unit : Unit
        The unit in whose stand it is.
    arm : str
        How the needle is held.
    """
    if arm != "vertical":
        assert seen.outline is not None
        return lateral_check(
            device,
            target_mm,
            seen.outline,
            arm=arm,
            paddle_half_width_mm=unit.paddle_half_width_mm,
        )
    window = Window(unit.window_width_mm, unit.window_height_mm, unit.window_centre_y_mm)
    bulge = float(bulge_mm(unit, target_mm)[0]) if seen.second_paddle else 0.0
    return safety_check(device, target_mm, seen.thickness_mm, window=window, bulge_mm=bulge)


def bulge_mm(unit: Unit, points_mm: Array) -> Array:
    """Return how far tissue bulges into the opening of the second paddle at places (n, 2 or 3).

    A dome: the amount of the catalogue in the middle of the opening, nothing at its edges.  What
    fills it comes from around; the rest of the breast stays where it is.
    """
    low, high = np.array(unit.window_lo_mm), np.array(unit.window_hi_mm)
    share = (np.atleast_2d(points_mm)[:, :2] - low) / (high - low)
    dome = np.clip(4.0 * share * (1.0 - share), 0.0, 1.0)
    bulged: Array = load_second_paddle().bulge_mm * dome.prod(axis=1)
    return bulged


def usual_position(referral: Referral, unit: Unit) -> Position:
    """Return how the referral suggests to position the breast, in its usual compression.

    The needle comes from the nearer side, so the lower half of the clock is reached from below;
    the place that the referral names comes under the middle of the window, as far as the chest
    wall lets it.
    """
    below = bool(referral.supine_mm[1] < 0.0)
    return Position(
        shift_x_mm=-referral.x_mm if below else referral.x_mm,
        shift_y_mm=max(0.0, referral.y_mm - unit.window_centre_y_mm),
        approach="caudocranial" if below else "craniocaudal",
    )


def positioned_specks(patient: VirtualPatient, position: Position) -> Specks:
    """Return the patient's specks in the support frame: hard, so they move but keep their shape."""
    specks = patient.specks
    centres = support_from_breast(specks.solids.centres_mm, patient.breast.thickness_mm, position)
    axes = specks.solids.axes_mm
    if position.approach == "caudocranial":
        axes = axes * _TURN[:, None]
    return replace(specks, solids=Ellipsoids(centres, axes))


@dataclass(frozen=True)
class PositionedTissue:
    """Tissue of a positioned breast on voxels, which compression has made longer or flatter.

    Attributes
    ----------
    origin_mm : ndarray, shape (3,)
        Centre (x, y, z) of voxel [0, 0, 0], support frame.
    spacing_mm : ndarray, shape (3,)
        Edges of a voxel along x, y and z.
    gland, skin, inside : ndarray of float32, shape (nz, ny, nx)
        Volume fractions, as in :class:`~stereosim_phantoms.fields.TissueField`.
    texture : Texture, optional
        What is finer than voxels.
    """

    origin_mm: Array
    spacing_mm: Array
    gland: Volume
    skin: Volume
    inside: Volume
    texture: Texture | None = None


def positioned_tissue(
    patient: VirtualPatient, position: Position, lo_mm: Array, hi_mm: Array, spacing_mm: float
) -> PositionedTissue:
    """Return the tissue of a box of the breast frame as it lies on the support.

    The map is affine, so the voxels of the box are voxels on the support as well: nothing has to be
    interpolated.

    Parameters
    ----------
    patient : VirtualPatient
        Whose breast.
    position : Position
        How it is positioned.
    lo_mm, hi_mm : ndarray, shape (3,)
        Corners of the box, breast frame.
    spacing_mm : float
        Edge of a voxel in the usual compression.
    """
    usual = patient.breast.thickness_mm
    tissue = patient.tissue_field(lo_mm, hi_mm, spacing_mm)
    first, volumes = tissue.origin_mm, (tissue.gland, tissue.skin, tissue.inside)
    if position.approach == "caudocranial":
        # The last voxel along x and z becomes the first.
        nz, _, nx = tissue.gland.shape
        first = first + spacing_mm * np.array([nx - 1.0, 0.0, nz - 1.0])
        gland, skin, inside = (np.ascontiguousarray(v[::-1, :, ::-1]) for v in volumes)
    else:
        gland, skin, inside = volumes
    origin = support_from_breast(first[None], usual, position)[0]
    texture = tissue.texture
    if texture is not None:
        zero, one = breast_from_support(np.stack([np.zeros(3), np.ones(3)]), usual, position)
        texture = texture.placed(one - zero, zero)
    spacing = spacing_mm * _stretch(usual, position)
    return PositionedTissue(origin, spacing, gland, skin, inside, texture)


def tissue_slabs(
    usual_mm: float, position: Position, lo_mm: Array, hi_mm: Array, spacing_mm: float
) -> Iterator[tuple[Array, Array]]:
    """Cut a box of the support frame into slabs of the breast frame, lowest in the breast first.

    Parameters
    ----------
    usual_mm : float
        Thickness in the usual compression.
    position : Position
        How the breast is positioned.
    lo_mm, hi_mm : ndarray, shape (3,)
        Corners of the box, support frame.
    spacing_mm : float
        Edge of a voxel in the usual compression; the cuts run between voxels.

    Yields
    ------
    lo, hi : ndarray, shape (3,)
        Corners of a slab, breast frame.
    """
    corners = breast_from_support(np.array([lo_mm, hi_mm]), usual_mm, position)
    lo, hi = corners.min(axis=0), corners.max(axis=0)
    height = _SLICES * spacing_mm
    # A sliver thinner than a voxel's rounding is no slab.
    for k in range(int(np.ceil((hi[2] - lo[2]) / height - 1e-9))):
        below, above = lo.copy(), hi.copy()
        below[2] = lo[2] + k * height
        above[2] = min(lo[2] + (k + 1) * height, hi[2])
        yield below, above
