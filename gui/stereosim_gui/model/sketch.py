"""A sketch in three dimensions: its shapes, the eye that looks at it, the order to paint it in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# The eye never passes the poles, where left and right would change sides.
_STEEPEST_DEG = 89.0
# A long line is sorted piece by piece, or a needle would lie wholly before or behind the breast.
_PIECE_MM = 4.0
_ZOOMS = (0.25, 40.0)


@dataclass(frozen=True, eq=False)
class Shape:
    """One thing in the sketch.

    Attributes
    ----------
    kind : str
        ``"face"`` (one flat polygon), ``"line"`` or ``"point"`` (each point by itself).
    role : str
        What it stands for: the view chooses colour, width and symbol by it.
    points_mm : ndarray, shape (n, 3)
        In the frame of the scene.
    size_mm : float
        True diameter of a point; it is drawn no smaller than the eye can see.
    """

    kind: str
    role: str
    points_mm: Array
    size_mm: float = 0.0


@dataclass(frozen=True, eq=False)
class Scene:
    """What is sketched.

    Attributes
    ----------
    shapes : tuple of Shape
        Everything in it.
    basis : ndarray, shape (3, 3)
        Rows: the scene's right, away and up for an eye at azimuth 0, proper (not mirrored).
    focus_mm : ndarray of 3
        What the eye turns about: the target.
    whole_mm, close_mm : float
        Half the extent of everything, and of the surroundings of the target.
    axes : tuple of (str, ndarray of 3)
        Directions to be named in the corner: a key and its unit vector.
    """

    shapes: tuple[Shape, ...]
    basis: Array
    focus_mm: Array
    whole_mm: float
    close_mm: float
    axes: tuple[tuple[str, Array], ...] = ()


@dataclass(frozen=True)
class Eye:
    """From where a scene is looked at, from far away (parallel projection).

    Attributes
    ----------
    azimuth_deg : float
        0 looks along the basis' second row; it grows as the eye walks counter-clockwise, seen from
        above.
    elevation_deg : float
        Above the horizon.
    zoom : float
        1 shows the whole scene.

    Examples
    --------
    At azimuth 0 on the horizon one sees x to the right and z up, and y goes away from the eye.

    >>> eye = Eye(0.0, 0.0)
    >>> eye.seen(np.eye(3), np.eye(3)).round(6).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]
    """

    azimuth_deg: float = 205.0
    elevation_deg: float = 22.0
    zoom: float = 1.0

    @property
    def rows(self) -> Array:
        """Screen right, screen up and toward the eye, in the basis of the scene, shape (3, 3)."""
        a, e = np.radians([self.azimuth_deg, self.elevation_deg])
        toward = np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
        right = np.array([np.cos(a), np.sin(a), 0.0])
        rows: Array = np.array([right, np.cross(toward, right), toward])
        return rows

    def seen(self, points: Array, basis: Array) -> Array:
        """Return points (n, 3), relative to the focus, as right, up and nearness (n, 3)."""
        looked: Array = points @ basis.T @ self.rows.T
        return looked

    def turned(self, azimuth_deg: float, elevation_deg: float) -> Eye:
        """Return the eye after walking round and up."""
        return replace(
            self,
            azimuth_deg=(self.azimuth_deg + azimuth_deg) % 360.0,
            elevation_deg=float(
                np.clip(self.elevation_deg + elevation_deg, -_STEEPEST_DEG, _STEEPEST_DEG)
            ),
        )

    def zoomed(self, factor: float) -> Eye:
        """Return the eye with everything larger by `factor`."""
        return replace(self, zoom=float(np.clip(self.zoom * factor, *_ZOOMS)))


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a shape as it is painted: mm right and up of the focus; the nearer, the later."""

    shape: Shape
    xy_mm: Array
    nearness_mm: float


def pieces(scene: Scene, eye: Eye) -> list[Piece]:
    """Return everything in `scene` cut into pieces, the farthest first."""
    made: list[Piece] = []
    for shape in scene.shapes:
        looked = eye.seen(shape.points_mm - scene.focus_mm, scene.basis)
        for part in _parts(shape.kind, looked):
            made.append(Piece(shape, part[:, :2], float(part[:, 2].mean())))
    # A stable sort: what is equally near is painted in the order of the scene.
    return sorted(made, key=lambda piece: piece.nearness_mm)


def _parts(kind: str, looked: Array) -> Iterable[Array]:
    if kind == "face":
        yield looked
    elif kind == "point":
        yield from looked[:, None, :]
    else:
        for start, end in itertools.pairwise(looked):
            count = max(1, int(np.ceil(np.linalg.norm(end - start) / _PIECE_MM)))
            stops = np.linspace(start, end, count + 1)
            for k in range(count):
                yield stops[k : k + 2]


def ellipses(centre_mm: Array, covariance_mm2: Array, *, sds: float = 2.0) -> list[Array]:
    """Return the three principal outlines, (n, 3) each, of the ellipsoid of `sds` deviations."""
    values, vectors = np.linalg.eigh(covariance_mm2)
    half = vectors * (sds * np.sqrt(np.maximum(values, 0.0)))
    turn = np.linspace(0.0, 2.0 * np.pi, 49)[:, None]
    return [
        centre_mm + np.cos(turn) * half[:, i] + np.sin(turn) * half[:, j]
        for i, j in ((0, 1), (1, 2), (0, 2))
    ]
