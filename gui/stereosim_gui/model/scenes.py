"""The debrief's sketch: breast, needle, specks and mark as shapes; made in the worker."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.equipment import BreastOutline
from stereosim_gui.model.sketch import Scene, Shape, ellipses

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.pose import NeedlePose
    from stereosim.geometry.units import Unit
    from stereosim.procedures.state import ProcedureState
    from stereosim_phantoms.breast import BreastSpec
    from stereosim_phantoms.patient import VirtualPatient
    from stereosim_phantoms.supine import SupineMap

Array = NDArray[np.float64]

_BASES = {
    "stereotactic": np.eye(3),
    # z leads into the breast: up is -z, and head stays to the right of the patient's right hand.
    "ultrasound": np.diag([1.0, -1.0, -1.0]),
}
# Drawn of the shaft above the aperture, and of the support beyond the nipple.
_OUTSIDE_MM = 45.0
_BEYOND_MM = 8.0
_CLOSE_MM = 18.0
# The needle's wall: sides of the tube, and length of its rings.
_SIDES, _RING_MM = 12, 5.0


def scene_of(states: Sequence[ProcedureState], patient: VirtualPatient, unit: Unit | None) -> Scene:
    """Return the sketch of an attempt.

    Parameters
    ----------
    states : sequence of ProcedureState
        From the start to the end.
    patient : VirtualPatient
        The truth.
    unit : Unit or None
        The stereotactic unit; None under ultrasound.
    """
    end = states[-1]
    fired = list(_fired(states))
    # Where the specks were when the needle was fired last: error and aperture belong to that.
    tissue = (fired[-1][0] if fired else end).truth.tissue
    places = tissue.specks.solids.centres_mm
    target, present = tissue.original.target, end.truth.tissue.present
    diameters = tissue.original.solids.diameters_mm
    focus = tissue.rest_mm[target].mean(axis=0) if target.any() else np.zeros(3)
    if unit is not None:
        outline = list(_compressed(patient.breast, end.seen.thickness_mm, end.seen.shift_mm, unit))
    else:
        outline = list(_lying(patient.breast, patient.supine))
    shapes = [*outline]
    for k, (_, pose, device) in enumerate(fired):
        shapes += _needle(pose, device, last=k == len(fired) - 1)
    for i in range(len(places)):
        role = ("target" if target[i] else "other") if present[i] else "removed"
        shapes.append(Shape("point", role, places[i][None], float(diameters[i])))
    close = _CLOSE_MM
    if end.seen.marked_mm is not None:
        shapes += _mark(end)
    if end.truth.firings:
        last = end.truth.firings[-1]
        shapes.append(Shape("line", "error", np.array([last.centre_mm, last.lesion_mm])))
        close = max(close, 1.4 * float(np.linalg.norm(last.error_mm)))
    if end.truth.clip is not None:
        shapes.append(Shape("point", "clip", end.truth.clip.drawn_mm[None]))
    everything = np.concatenate([shape.points_mm for shape in outline])
    whole = 0.8 * float(np.linalg.norm(everything - focus, axis=1).max())
    return Scene(
        tuple(shapes),
        _BASES[end.seen.guidance],
        focus,
        whole,
        close,
        tuple(zip("xyz", np.eye(3), strict=True)),
    )


def _fired(
    states: Sequence[ProcedureState],
) -> Iterator[tuple[ProcedureState, NeedlePose, Device]]:
    """Yield each firing's state right after it, with the needle's true pose."""
    seen = 0
    for state in states:
        if len(state.truth.firings) > seen:
            seen = len(state.truth.firings)
            needle = state.truth.tissue.needle
            assert needle is not None
            yield state, needle.pose, needle.device


def _needle(pose: NeedlePose, device: Device, *, last: bool) -> Iterator[Shape]:
    """Yield the needle as a tube, its aperture in a colour of its own, and its axis."""
    half = device.aperture_mm / 2.0
    tip = device.tip_offset_mm
    hub = -half - _OUTSIDE_MM
    suffix = "" if last else "-before"
    for role, start, end in (("needle", hub, -half), ("aperture", -half, half)):
        axis = pose.centre_mm + np.array([[start], [end]]) * pose.axis
        yield Shape("line", f"{role}{suffix}", axis)
        if last:
            yield from _tube(pose, device, f"{role}-wall", start, end)
    yield Shape("line", f"needle{suffix}", pose.centre_mm + np.array([[half], [tip]]) * pose.axis)
    if last:
        yield from _tube(pose, device, "needle-wall", half, tip, pointed=True)


def _tube(
    pose: NeedlePose,
    device: Device,
    role: str,
    start: float,
    end: float,
    *,
    pointed: bool = False,
) -> Iterator[Shape]:
    radius = device.outer_diameter_mm / 2.0
    hours = [pose.hour_direction(12.0 * k / _SIDES) for k in range(_SIDES + 1)]
    stops = np.linspace(start, end, max(2, round((end - start) / _RING_MM) + 1))
    for low, high in itertools.pairwise(stops):
        narrow = [radius * ((end - s) / (end - start) if pointed else 1.0) for s in (low, high)]
        for first, second in itertools.pairwise(hours):
            corners = [
                pose.centre_mm + along * pose.axis + width * side
                for along, width, side in (
                    (low, narrow[0], first),
                    (low, narrow[0], second),
                    (high, narrow[1], second),
                    (high, narrow[1], first),
                )
            ]
            yield Shape("face", role, np.array(corners))


def _mark(state: ProcedureState) -> list[Shape]:
    marked = state.seen.marked_mm
    assert marked is not None
    shapes = [Shape("point", "mark", marked[None])]
    if state.seen.target is not None:
        shapes += [
            Shape("line", "spread", outline)
            for outline in ellipses(marked, state.seen.target.covariance_mm2)
        ]
    return shapes


def _compressed(
    patients: BreastSpec, thickness_mm: float, shift_mm: tuple[float, float], unit: Unit
) -> Iterator[Shape]:
    """Yield the breast on the support, with paddle and window, support frame."""
    breast = BreastOutline.of(patients).compressed_to(thickness_mm)
    shift = np.array([*shift_mm, 0.0])
    half, top = breast.half_width_mm, thickness_mm
    # Closer together where the outline bends: at the flanks and at the rounded edges.
    x = half * np.sin(np.linspace(-np.pi / 2.0, np.pi / 2.0, 17))
    z = top / 2.0 * (1.0 + np.sin(np.linspace(-np.pi / 2.0, np.pi / 2.0, 7)))
    front = breast.front_mm(x[:, None], z[None, :])
    for i in range(len(x) - 1):
        for j in range(len(z) - 1):
            corners = ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            quad = [(x[a], front[a, b], z[b]) for a, b in corners]
            yield Shape("face", "breast", np.array(quad) - shift)
        for b in (0, len(z) - 1):
            for low, high in ((0.0, 0.5), (0.5, 1.0)):
                quad = [
                    (x[a], share * front[a, b], z[b])
                    for a, share in ((i, low), (i + 1, low), (i + 1, high), (i, high))
                ]
                yield Shape("face", "breast", np.array(quad) - shift)
    left, right = -half - shift[0], half - shift[0]
    end = breast.chest_to_nipple_mm + _BEYOND_MM - shift[1]
    start = -shift[1]
    yield Shape("face", "support", _rectangle(left, right, start, end, 0.0)[:-1])
    yield Shape("line", "paddle", _rectangle(left, right, start, end, top))
    (x0, y0), (x1, y1) = unit.window_lo_mm, unit.window_hi_mm
    yield Shape("line", "window", _rectangle(x0, x1, y0, y1, top))


def _lying(breast: BreastSpec, supine: SupineMap) -> Iterator[Shape]:
    """Yield the skin, flat as under the probe, and the chest wall, supine frame."""
    half = breast.half_width_mm
    x = half * np.sin(np.linspace(-np.pi / 2.0, np.pi / 2.0, 17))
    width = 0.5 * supine.width_mm * np.sqrt(np.sqrt(np.maximum(1.0 - (x / half) ** 2, 0.0)))
    share = np.sin(np.linspace(-np.pi / 2.0, np.pi / 2.0, 11))
    y = width[:, None] * share[None, :]
    flat = np.stack([np.broadcast_to(x[:, None], y.shape), y, np.zeros_like(y)], axis=-1)
    depth = supine.chest_wall_depth_mm(flat.reshape(-1, 3)).reshape(y.shape)
    wall = np.stack([flat[..., 0], y, depth], axis=-1)
    for i in range(len(x) - 1):
        skin = np.array([flat[i, 0], flat[i + 1, 0], flat[i + 1, -1], flat[i, -1]])
        yield Shape("face", "skin", skin)
        for j in range(len(share) - 1):
            quad = np.array([wall[i, j], wall[i + 1, j], wall[i + 1, j + 1], wall[i, j + 1]])
            yield Shape("face", "chest-wall", quad)


def _rectangle(x0: float, x1: float, y0: float, y1: float, z: float) -> Array:
    return np.array([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z), (x0, y0, z)])
