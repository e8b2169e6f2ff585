"""How a needle comes to lie: aiming error, tissue carried along, deviation on firing.

An insertion has two halves, as at the machine.  :func:`advance` brings the needle to the pre-fire
place, one throw short, with the aiming error of the arm or the hand, and carries the tissue along
the axis.  :func:`fire` drives it home: it deviates sideways along a parabola over the throw, and
part of the carry springs back.  :func:`insert` does both.  On :func:`withdraw` the rest of the
carry is undone.

A hand under ultrasound goes another way: :func:`pierce` brings the point through the skin, where
the hand meant it but not quite in the direction that it meant, and :func:`steer` moves on from
there, by nearly what was meant; on the way in, the point wanders.

The tissue near the needle is carried as a whole; that the carry fades over centimetres is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from stereosim.biopsy.devices import Device
from stereosim.biopsy.pose import Array, NeedlePose, unit_vector
from stereosim.biopsy.tissue import NeedleInPlace, Tissue
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec

__all__ = [
    "NeedlePose",
    "PlacementModel",
    "adjust",
    "advance",
    "fire",
    "insert",
    "load_placement",
    "patient_motion",
    "pierce",
    "push_home",
    "steer",
    "withdraw",
]

CATALOGUE = Path(__file__).parent / "data" / "placement.toml"


@dataclass(frozen=True)
class PlacementModel:
    """Errors of one kind of guidance; the numbers come from ``data/placement.toml``.

    Attributes
    ----------
    name, label : str
        ``"stereotactic"`` or ``"freehand"``, and a name for tables.
    aim_sd_mm : tuple of float, length 3
        SD of where the needle goes against where it was aimed: right, twelve, axis.
    novice_factor : float
        What an untrained hand multiplies its errors by: `aim_sd_mm` and the four that follow.
    direction_sd_deg : tuple of float, length 2
        SD of the direction in which a hand goes through the skin: sideways, and in tilt.
    steer_share_sd : float
        SD of the angle by which a hand steers, as a share of what it meant.
    advance_sd_mm : float
        SD of how far a hand moves the needle along; of short ways at most `steer_share_sd` of them.
    wander_deg_per_root_mm : float
        SD of the needle's turn about its entry per root of the way in: a random walk.
    push_mm, push_sd_mm : float
        Carry of the tissue along the axis on the way in (normal; a negative draw counts as none).
    recoil : float
        Fraction of the carry that springs back on firing.
    deviation_factor : float
        Scales the device's side deviation (firmness of the tissue).
    hand_carry : float
        Further carry per mm of way where the needle is pushed home by hand.
    motion_sd_mm : float
        SD per axis of the patient's motion between two exposures or looks.
    entry_distance_mm : float
        Along the skin from above the target to where the needle enters; 0 for a vertical needle.
    """

    name: str
    label: str
    aim_sd_mm: tuple[float, float, float]
    novice_factor: float
    direction_sd_deg: tuple[float, float]
    steer_share_sd: float
    advance_sd_mm: float
    wander_deg_per_root_mm: float
    push_mm: float
    push_sd_mm: float
    recoil: float
    deviation_factor: float
    hand_carry: float
    motion_sd_mm: float
    entry_distance_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)

    def novice(self, share: float = 1.0) -> PlacementModel:
        """Return the model for a hand that is untrained by `share`: 0 trained, 1 untrained."""
        return self._hand(1.0 + share * (self.novice_factor - 1.0))

    def scaled(self, factor: float) -> PlacementModel:
        """Return the model with every error multiplied by `factor`, for sweeps."""
        return replace(
            self._hand(factor),
            push_mm=self.push_mm * factor,
            push_sd_mm=self.push_sd_mm * factor,
            deviation_factor=self.deviation_factor * factor,
            hand_carry=self.hand_carry * factor,
            motion_sd_mm=self.motion_sd_mm * factor,
        )

    def _hand(self, factor: float) -> PlacementModel:
        x, y, z = self.aim_sd_mm
        sideways, tilt = self.direction_sd_deg
        return replace(
            self,
            aim_sd_mm=(x * factor, y * factor, z * factor),
            direction_sd_deg=(sideways * factor, tilt * factor),
            steer_share_sd=self.steer_share_sd * factor,
            advance_sd_mm=self.advance_sd_mm * factor,
            wander_deg_per_root_mm=self.wander_deg_per_root_mm * factor,
        )

    def perfect(self) -> PlacementModel:
        """Return the model without any error."""
        return self.scaled(0.0)


def load_placement(path: Path = CATALOGUE) -> dict[str, PlacementModel]:
    """Read the placement models ``"stereotactic"`` and ``"freehand"``."""
    raw = load_toml(path)
    models: dict[str, PlacementModel] = {}
    for name in ("stereotactic", "freehand"):
        if name not in raw:
            raise SpecError(f"{path.name}: missing [{name}]")
        sources: Mapping[str, str] = raw.get("sources", {})
        model = read_spec(
            PlacementModel, {"name": name, **raw[name]}, sources, f"{path.name}.{name}"
        )
        if np.shape(model.aim_sd_mm) != (3,):
            raise SpecError(f"{path.name}.{name}.aim_sd_mm: must have three values")
        if np.shape(model.direction_sd_deg) != (2,):
            raise SpecError(f"{path.name}.{name}.direction_sd_deg: must have two values")
        models[name] = model
    return models


def advance(
    tissue: Tissue,
    device: Device,
    aim: NeedlePose,
    *,
    errors: PlacementModel,
    rng: np.random.Generator,
) -> tuple[Tissue, NeedlePose]:
    """Bring the needle to the pre-fire place of `aim`.

    Parameters
    ----------
    tissue : Tissue
        Without a needle in it.
    device : Device
        What is inserted.
    aim : NeedlePose
        Where the aperture's centre should be after firing.
    errors : PlacementModel
        Aiming error and carry.
    rng : numpy.random.Generator
        Four numbers are drawn from it, whatever the model.

    Returns
    -------
    Tissue
        Carried along the axis and pushed aside by the shaft.
    NeedlePose
        The true pre-fire pose: its centre is the aperture's, one throw short of the place aimed at.

    Raises
    ------
    ValueError
        When a needle is already in.
    """
    if tissue.needle is not None:
        raise ValueError("a needle is already in: withdraw it first")
    error = rng.standard_normal(3) * np.asarray(errors.aim_sd_mm)
    push = max(0.0, errors.push_mm + errors.push_sd_mm * float(rng.standard_normal()))
    pose = aim.moved(error @ aim.frame).prefire(device)
    carry = push * pose.axis
    return replace(tissue.moved(carry), needle=NeedleInPlace(pose, device, carry)), pose


def push_home(
    tissue: Tissue, way_mm: float, *, errors: PlacementModel
) -> tuple[Tissue, NeedlePose]:
    """Push the needle on by hand, `way_mm` from its pre-fire place, instead of firing it.

    Slow: it goes straight and nothing springs back.  The tissue stays carried and is carried on.
    """
    if tissue.needle is None:
        raise ValueError("no needle is in: advance it first")
    placed = tissue.needle
    pose = placed.pose.moved_along(way_mm)
    further = errors.hand_carry * way_mm * pose.axis
    needle = NeedleInPlace(pose, placed.device, placed.carried_mm + further)
    return replace(tissue.moved(further), needle=needle), pose


def fire(
    tissue: Tissue, *, errors: PlacementModel, rng: np.random.Generator
) -> tuple[Tissue, NeedlePose]:
    """Fire the needle that is in; return the tissue and the true post-fire pose.

    The point's side deviation over the throw L is ``L tan(delta)``, delta the size of a normal
    number of the device's SD, in any direction across the axis with equal chance.  The path is a
    parabola; the needle is then drawn straight along the path's direction at the aperture.

    Parameters
    ----------
    tissue : Tissue
        With the needle at its pre-fire place.
    errors : PlacementModel
        Recoil and firmness.
    rng : numpy.random.Generator
        Two numbers are drawn from it, whatever the model.

    Raises
    ------
    ValueError
        When no needle is in.
    """
    if tissue.needle is None:
        raise ValueError("no needle is in: advance it first")
    device, start = tissue.needle.device, tissue.needle.pose
    spread = device.side_deviation_deg * errors.deviation_factor
    slope = float(np.tan(np.radians(abs(rng.standard_normal()) * spread)))
    direction = start.hour_direction(12.0 * float(rng.random()))
    # The aperture's centre lies behind the point: it has come only so far along the curved part.
    share = max(0.0, 1.0 - device.tip_offset_mm / device.throw_mm) if device.throw_mm else 0.0
    home = start.moved_along(device.throw_mm).moved(device.throw_mm * slope * share**2 * direction)
    axis = unit_vector(home.axis + 2.0 * slope * share * direction, "axis")
    pose = NeedlePose(home.centre_mm, axis, home.twelve)
    back = -errors.recoil * tissue.needle.carried_mm
    carried = tissue.needle.carried_mm + back
    return replace(tissue.moved(back), needle=NeedleInPlace(pose, device, carried)), pose


def insert(
    tissue: Tissue,
    device: Device,
    aim: NeedlePose,
    *,
    errors: PlacementModel,
    rng: np.random.Generator,
) -> tuple[Tissue, NeedlePose]:
    """Advance and fire: return the tissue with the needle in and the true post-fire pose."""
    tissue, _ = advance(tissue, device, aim, errors=errors, rng=rng)
    return fire(tissue, errors=errors, rng=rng)


def adjust(tissue: Tissue, along_mm: float) -> tuple[Tissue, NeedlePose]:
    """Move the needle that is in along its axis, positive toward the tip, without firing."""
    if tissue.needle is None:
        raise ValueError("no needle is in: advance it first")
    needle = replace(tissue.needle, pose=tissue.needle.pose.moved_along(along_mm))
    return replace(tissue, needle=needle), needle.pose


def pierce(
    tissue: Tissue,
    device: Device,
    aim: NeedlePose,
    *,
    errors: PlacementModel,
    rng: np.random.Generator,
) -> tuple[Tissue, NeedlePose]:
    """Bring a needle through the skin by hand, supine frame.

    The hand sees where it enters; what it misjudges is the direction.

    Parameters
    ----------
    tissue : Tissue
        Without a needle in it.
    device : Device
        What is inserted.
    aim : NeedlePose
        How the hand means it to lie now: not one throw further on.
    errors : PlacementModel
        Error of the direction, and carry.
    rng : numpy.random.Generator
        Four numbers are drawn from it, whatever the model.

    Returns
    -------
    Tissue
        Carried along the axis and pushed aside by the shaft.
    NeedlePose
        How it truly lies: same entry, same length inside.  The error takes no more than half of the
        tilt, or the needle would not have gone through the skin.

    Raises
    ------
    ValueError
        When a needle is already in.
    """
    if tissue.needle is not None:
        raise ValueError("a needle is already in: withdraw it first")
    spread = np.tan(np.radians(errors.direction_sd_deg))
    right, twelve = rng.standard_normal(3)[:2] * spread
    push = max(0.0, errors.push_mm + errors.push_sd_mm * float(rng.standard_normal()))
    twelve = min(twelve, np.tan(np.radians(0.5 * aim.tilt_deg)))
    axis = unit_vector(aim.axis + right * aim.right + twelve * aim.twelve, "axis")
    entry = aim.skin_mm
    pose = NeedlePose(entry + (aim.centre_mm - entry) @ aim.axis * axis, axis, aim.twelve)
    carry = push * pose.axis
    return replace(tissue.moved(carry), needle=NeedleInPlace(pose, device, carry)), pose


def steer(
    tissue: Tissue,
    aim: NeedlePose,
    *,
    along_mm: float,
    azimuth_deg: float,
    tilt_deg: float,
    errors: PlacementModel | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[Tissue, NeedlePose]:
    """Move the needle that is in by hand: about its entry through the skin, then along its axis.

    Parameters
    ----------
    tissue : Tissue
        With the needle in.
    aim : NeedlePose
        How the hand means it to lie now, supine frame.
    along_mm : float
        Along the axis, positive toward the tip.
    azimuth_deg, tilt_deg : float
        Changes of the angles of :meth:`NeedlePose.from_angles`.
    errors : PlacementModel, optional
        The hand's errors and the needle's wandering; none where it is left out.
    rng : numpy.random.Generator, optional
        Given with `errors`; five numbers are drawn from it.

    Returns
    -------
    Tissue
        The needle moved as the hand moves; the skin keeps it from lying flatter than half of the
        tilt that the hand means.
    NeedlePose
        How the hand means it to lie after this.

    Raises
    ------
    ValueError
        When no needle is in.
    """
    if tissue.needle is None:
        raise ValueError("no needle is in: pierce the skin first")
    pose = tissue.needle.pose
    meant = aim.turned(aim.skin_mm, aim.turn(azimuth_deg, tilt_deg))
    by = np.array([azimuth_deg, tilt_deg, along_mm])
    wander = np.zeros(2)
    if errors is not None and rng is not None:
        by, wander = _unsteady(by, errors, rng)
    level = max(float(np.cos(np.radians(pose.tilt_deg))), 0.1)
    entry = pose.skin_mm
    turn = aim.turn(float(by[0] + wander[0] / level), float(by[1] + wander[1]))
    moved = pose.turned(entry, turn)
    short = 0.5 * meant.tilt_deg - moved.tilt_deg
    if short > 0.0:
        moved = moved.turned(entry, moved.turn(0.0, short))
    moved = moved.moved_along(float(by[2]))
    return replace(tissue, needle=replace(tissue.needle, pose=moved)), meant.moved_along(along_mm)


def _unsteady(
    meant: Array, errors: PlacementModel, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return what the hand does of azimuth, tilt and way, and how the needle turns of itself."""
    spread = errors.steer_share_sd * np.abs(meant)
    spread[2] = min(spread[2], errors.advance_sd_mm)
    done = meant + spread * rng.standard_normal(3)
    way = max(0.0, float(done[2]))
    return done, errors.wander_deg_per_root_mm * np.sqrt(way) * rng.standard_normal(2)


def withdraw(tissue: Tissue) -> Tissue:
    """Pull the needle out: what it pushed aside comes back, and so does the rest of the carry."""
    if tissue.needle is None:
        return tissue
    return replace(tissue.moved(-tissue.needle.carried_mm), needle=None)


def patient_motion(errors: PlacementModel, *, rng: np.random.Generator) -> Array:
    """Draw the patient's motion between two exposures, mm, shape (3,), for :meth:`Tissue.moved`."""
    return rng.standard_normal(3) * errors.motion_sd_mm
