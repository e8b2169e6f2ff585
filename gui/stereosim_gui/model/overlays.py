"""The truth over each picture of an attempt, in its pixels; made in the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.intents import MarkPair
from stereosim_gui.model.display import Picture, pyramid

if TYPE_CHECKING:
    from stereosim.geometry.views import View
    from stereosim.imaging.ultrasound.frame import Frame
    from stereosim.procedures.procedure import Procedure
    from stereosim.procedures.state import ProcedureState

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Around the outermost speck of the group.
GROUP_MARGIN_MM = 1.0
# What lies farther beside the plane of an ultrasound frame has nothing to do with it.
_BESIDE_MM = 6.0
# Drawn of the shaft above the aperture, as far as it lies in front of the source.
_SHAFT_MM = 60.0


@dataclass(frozen=True, eq=False)
class Overlay:
    """The truth over one picture; points are (column, row).

    Attributes
    ----------
    picture : Picture
        What it is over.
    specks_px : ndarray, shape (n, 2)
        The specks that were there.
    target : ndarray of bool, shape (n,)
        Those of the target.
    beside_mm : ndarray, shape (n,)
        How far out of an ultrasound plane they lie; 0 on X-ray images.
    group_px : (column, row, radius) or None
        A circle round the target's specks.
    shaft_px, aperture_px : ndarray, shape (2, 2), or None
        Ends of the needle as it truly lay, point last, and of its aperture.
    marks_px : tuple of (column, row)
        The marks that were set in this picture, the last ones.
    aim_px : (column, row) or None
        Where the middle of the aperture had been told to go.
    """

    picture: Picture
    specks_px: Array
    target: Flags
    beside_mm: Array
    group_px: tuple[float, float, float] | None = None
    shaft_px: Array | None = None
    aperture_px: Array | None = None
    marks_px: tuple[tuple[float, float], ...] = field(default=())
    aim_px: tuple[float, float] | None = None


def overlays(
    procedure: Procedure, states: Sequence[ProcedureState], pictures: Sequence[Picture]
) -> Iterator[Overlay]:
    """Yield the truth over each of `pictures`, which the attempt made on its way through `states`.

    Parameters
    ----------
    procedure : Procedure
        That of the attempt.
    states : sequence of ProcedureState
        From the start to the end, one for each step.
    pictures : sequence of Picture
        In the order in which they were made.
    """
    marks = dict(_marks(states))
    film = 0
    for picture in pictures:
        if picture.kind == "xray":
            k = picture.number - 1
            state = _after(states, lambda s, k=k: len(s.seen.shots) > k)  # type: ignore[misc]
            yield _over_xray(procedure, state, k, picture, marks.get(k))
        elif picture.kind == "ultrasound":
            k = picture.number - 1
            state = _after(states, lambda s, k=k: len(s.seen.stills) > k)  # type: ignore[misc]
            yield over_frame(state, state.seen.stills[k].frame, picture)
        else:
            k, film = film, film + 1
            state = _after(states, lambda s, k=k: len(s.seen.films) > k)  # type: ignore[misc]
            yield _over_film(state, k, picture)


def _after(
    states: Sequence[ProcedureState], done: Callable[[ProcedureState], bool]
) -> ProcedureState:
    return next(state for state in states if done(state))


def _marks(states: Sequence[ProcedureState]) -> Iterator[tuple[int, tuple[float, float]]]:
    """Yield the exposure and the mark of every pair that was set; later ones count."""
    for state in states:
        last = state.intents[-1] if state.intents else None
        if not isinstance(last, MarkPair):
            continue
        newest = {shot.view: k for k, shot in enumerate(state.seen.shots) if shot.phase == "target"}
        yield newest["left"], last.left_px
        yield newest["right"], last.right_px


def _over_xray(
    procedure: Procedure,
    state: ProcedureState,
    exposure: int,
    picture: Picture,
    mark: tuple[float, float] | None,
) -> Overlay:
    from stereosim.geometry.projection import magnification
    from stereosim.procedures.debriefing import shot_truth

    view = state.seen.shots[exposure].image.view
    truth = shot_truth(procedure, state, exposure)
    tissue = state.truth.tissue
    group = None
    if tissue.original.target.any():
        middle = tissue.specks.solids.centres_mm[tissue.original.target].mean(axis=0)
        scale = view.pitch_mm / float(magnification(view, middle[None])[0])
        group = circle(truth.pixels[truth.target], GROUP_MARGIN_MM / scale)
    shaft, aperture = _needle_px(state, view)
    aim = None
    if tissue.needle is not None and state.seen.commanded is not None:
        aim = _pair(_project(view, state.seen.commanded.centre_mm[None])[0])
    return Overlay(
        picture,
        truth.pixels,
        truth.target,
        np.zeros(len(truth.pixels)),
        group,
        shaft,
        aperture,
        () if mark is None else (mark,),
        aim,
    )


def over_frame(state: ProcedureState, frame: Frame, picture: Picture) -> Overlay:
    """Return the truth over an ultrasound frame: what lies beside its plane is told by how far."""
    tissue = state.truth.tissue
    specks = tissue.visible_specks()
    shown = squared(picture)
    rows, columns = shown.shape
    pitch = shown.pixel_mm[1]

    def pixels(points: Array) -> tuple[Array, Array]:
        u, v, w = frame.pose.image_mm(points).T
        return np.stack([0.5 * (columns - 1) + u / pitch, w / pitch], axis=1), v

    places, beside = pixels(specks.solids.centres_mm)
    seen = (np.abs(beside) <= _BESIDE_MM) & (places >= 0.0).all(axis=1)
    seen &= (places <= [columns - 1, rows - 1]).all(axis=1)
    shaft = aperture = None
    if tissue.needle is not None:
        shaft, aperture = (pixels(ends)[0] for ends in _needle_ends(state))
    marks: tuple[tuple[float, float], ...] = ()
    if state.seen.marked_mm is not None:
        marks = (_pair(pixels(state.seen.marked_mm[None])[0][0]),)
    return Overlay(
        shown,
        places[seen],
        specks.target[seen],
        np.abs(beside)[seen],
        shaft_px=shaft,
        aperture_px=aperture,
        marks_px=marks,
    )


def squared(picture: Picture) -> Picture:
    """Return an ultrasound picture with pixels as wide as they are high, its middle column kept."""
    width, height = picture.pixel_mm
    pixels = picture.levels[0]
    old = pixels.shape[1]
    new = round((old - 1) * width / height) + 1
    middle = 0.5 * (old - 1)
    at = middle + (np.arange(new) - 0.5 * (new - 1)) * height / width
    left = np.clip(np.floor(at).astype(int), 0, old - 2)
    share = np.clip(at - left, 0.0, 1.0).astype(np.float32)
    between = pixels[:, left] * (1.0 - share) + pixels[:, left + 1] * share
    return replace(picture, levels=pyramid(between), pixel_mm=(height, height))


def _over_film(state: ProcedureState, film: int, picture: Picture) -> Overlay:
    """Return the specks in the cores on the tray."""
    from stereosim.biopsy.specimen import lay_out

    tissue = state.truth.tissue
    tray = lay_out(tissue.cores, tissue.original)
    view = state.seen.films[film].image.view
    places = _project(view, tray.specks.solids.centres_mm)
    return Overlay(picture, places, tray.specks.target, np.zeros(len(places)))


def _needle_ends(state: ProcedureState) -> tuple[Array, Array]:
    """Return the ends of the shaft, point last, and those of the aperture, (2, 3) each."""
    needle = state.truth.tissue.needle
    assert needle is not None
    pose, device = needle.pose, needle.device
    half = device.aperture_mm / 2.0 * pose.axis
    back = pose.centre_mm - half - _SHAFT_MM * pose.axis
    return (
        np.array([back, pose.tip_mm(device)]),
        np.array([pose.centre_mm - half, pose.centre_mm + half]),
    )


def _needle_px(state: ProcedureState, view: View) -> tuple[Array | None, Array | None]:
    if state.truth.tissue.needle is None:
        return None, None
    shaft, aperture = _needle_ends(state)
    return _project(view, shaft), _project(view, aperture)


def _project(view: View, points: Array) -> Array:
    from stereosim.geometry.projection import project

    return project(view, points) if len(points) else np.empty((0, 2))


def circle(pixels: Array, margin: float) -> tuple[float, float, float] | None:
    """Return column, row and radius of a circle round points, (n, 2); None for none."""
    if not len(pixels):
        return None
    middle = 0.5 * (pixels.min(axis=0) + pixels.max(axis=0))
    radius = float(np.linalg.norm(pixels - middle, axis=1).max()) + margin
    return float(middle[0]), float(middle[1]), radius


def _pair(point: Array) -> tuple[float, float]:
    return float(point[0]), float(point[1])
