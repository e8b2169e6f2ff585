"""What exact solids leave of a polyenergetic beam."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit
from stereosim.kernels.chords import _ellipsoid_chord, _rod_chord

# Under this spread of attenuation over a pixel, one evaluation at the mean chord does: the error is
# half its square, 2e-4.
SMOOTH = 0.02
# Solids that leave less than exp(-14) = 1e-6 leave nothing; no breast leaves so little.
OPAQUE = 14.0
# Pixels of a row that are looked at together before any of them.
RUN = 4


@njit
def _direction(frame: NDArray[np.float64], row: float, column: float) -> tuple[float, float, float]:
    """Return the unit vector from the source to a fractional pixel (frame: `transmit_solids`)."""
    dx = frame[1, 0] + row * frame[3, 0] + column * frame[2, 0] - frame[0, 0]
    dy = frame[1, 1] + row * frame[3, 1] + column * frame[2, 1] - frame[0, 1]
    dz = frame[1, 2] + row * frame[3, 2] + column * frame[2, 2] - frame[0, 2]
    unit = 1.0 / np.sqrt(dx * dx + dy * dy + dz * dz)
    return dx * unit, dy * unit, dz * unit


@njit
def _resized(rods: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Return cylinders round all that is within `margin` of the rods; if negative, that deep.

    Cone, notch and bore are filled where the margin is positive and left out where it is negative.
    """
    other = np.zeros_like(rods)
    for j in range(rods.shape[0]):
        ahead = margin if margin > 0.0 else margin - rods[j, 8]
        other[j, 0:3] = rods[j, 0:3] + ahead * rods[j, 3:6]
        other[j, 3:6] = rods[j, 3:6]
        other[j, 6] = max(rods[j, 6] + ahead + margin, 0.0)
        other[j, 7] = max(rods[j, 7] + margin, 0.0)
        if margin < 0.0 and rods[j, 10] > rods[j, 9]:
            other[j, 9] = rods[j, 9] + ahead + margin
            other[j, 10] = rods[j, 10] + ahead - margin
            other[j, 11] = rods[j, 11] + margin
            other[j, 12:15] = rods[j, 12:15]
        if margin < 0.0 and rods[j, 15] > 0.0:
            other[j, 15] = rods[j, 15] - margin
    return other


@njit
def _pixel_chords(
    frame: NDArray[np.float64], row: int, column: int, offsets: NDArray[np.float64],
    centres: NDArray[np.float64], inverses: NDArray[np.float64], rods: NDArray[np.float64],
    materials: NDArray[np.int64], shares: NDArray[np.float64], here: NDArray[np.int64],
    rays: NDArray[np.float64], chords: NDArray[np.float64],
) -> bool:  # fmt: skip
    """Fill `chords` (ray, material) of the solids `here` at a pixel; tell whether there are any."""
    n = centres.shape[0]
    sx, sy, sz = frame[0, 0], frame[0, 1], frame[0, 2]
    chords[:] = 0.0
    touches, known = False, False
    for m in range(here.shape[0]):
        j = here[m]
        kind = materials[j]
        if shares[j] != 1.0:
            dx, dy, dz = _direction(frame, float(row), float(column))
            chord = _ellipsoid_chord(sx, sy, sz, dx, dy, dz, centres, inverses, j)
            if chord > 0.0:
                chords[:, kind] += shares[j] * chord
                touches = True
            continue
        if not known:
            for i in range(offsets.shape[0]):
                rays[i] = _direction(frame, row + offsets[i, 0], column + offsets[i, 1])
            known = True
        for i in range(offsets.shape[0]):
            dx, dy, dz = rays[i, 0], rays[i, 1], rays[i, 2]
            if j < n:
                chord = _ellipsoid_chord(sx, sy, sz, dx, dy, dz, centres, inverses, j)
            else:
                chord = _rod_chord(sx, sy, sz, dx, dy, dz, rods, j - n)
            if chord > 0.0:
                chords[i, kind] += chord
                touches = True
    return touches


@njit
def _covered(
    frame: NDArray[np.float64], row: int, column: int, here: NDArray[np.int64], n: int,
    deep: NDArray[np.float64], materials: NDArray[np.int64], least_mu: NDArray[np.float64],
) -> bool:  # fmt: skip
    """Whether the rods among the solids `here` let nothing through anywhere in a pixel."""
    dx, dy, dz = _direction(frame, float(row), float(column))
    sx, sy, sz = frame[0, 0], frame[0, 1], frame[0, 2]
    total, needed = 0.0, OPAQUE
    for m in range(here.shape[0]):
        j = here[m]
        if j >= n:
            chord = _rod_chord(sx, sy, sz, dx, dy, dz, deep, j - n)
            total += max(chord * least_mu[materials[j]], 0.0)
        elif least_mu[materials[j]] < 0.0:
            # What is lighter than tissue gives back no more than the tissue took.
            needed = 2.0 * OPAQUE
    return total > needed


@njit
def _decay(x: float) -> float:
    """Return exp(-x), x up to 64, in a form that the compiler computes side by side."""
    # exp(-x) = exp(-x / 64)^64, by the series to the sixth power: 1e-8 off at x = 8, 1e-6 at 16.
    t = min(x, 64.0) * (-1.0 / 64.0)
    p = 1.0 + t * (1.0 + t * (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t * (1 / 720))))))
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    return p * p


@njit(fastmath={"reassoc", "contract", "nsz"})
def _signal(fluence: NDArray[np.float64], depth: NDArray[np.float64]) -> float:
    """Sum over the energies what an attenuation `depth` leaves."""
    total = 0.0
    for e in range(fluence.shape[0]):
        total += fluence[e] * _decay(depth[e])
    return total


@njit
def _deepen(
    depth: NDArray[np.float64],
    way: float,
    solid_mu: NDArray[np.float64],
    chords: NDArray[np.float64],
    i: int,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` with the attenuation where the chords of ray `i` displace tissue along `way`."""
    taken = 0.0
    for k in range(solid_mu.shape[0]):
        taken += chords[i, k]
    rest = 1.0
    if way > 0.0:
        rest = 1.0 - min(taken / way, 1.0)
    for e in range(out.shape[0]):
        out[e] = rest * depth[e]
    for k in range(solid_mu.shape[0]):
        chord = chords[i, k]
        if chord != 0.0:
            for e in range(out.shape[0]):
                out[e] += solid_mu[k, e] * chord


@njit
def transmit_solids(
    frame: NDArray[np.float64],
    corner: NDArray[np.int64],
    centres: NDArray[np.float64],
    inverses: NDArray[np.float64],
    rods: NDArray[np.float64],
    materials: NDArray[np.int64],
    shares: NDArray[np.float64],
    boxes: NDArray[np.int64],
    fluence: NDArray[np.float64],
    tissue_mu: NDArray[np.float64],
    solid_mu: NDArray[np.float64],
    paths: NDArray[np.float32],
    subpixels: int,
    out: NDArray[np.float32],
) -> None:
    """Ratio of the detected primary with the solids to that without them, pixel by pixel.

    A solid takes the place of the tissue along its chord: the tissue's attenuation shrinks
    by the chord's share of the ray's way through tissue.  What has soaked in takes a share of its
    chord only.  The intensities of `subpixels` squared
    rays are averaged over each pixel.

    Parameters
    ----------
    frame : ndarray, shape (4, 3)
        Source, centre of pixel (0, 0), step of a column, step of a row.
    corner : ndarray of int64, shape (2,)
        Row and column of the detector at ``out[0, 0]``.
    centres, inverses, rods : ndarray
        Solids as in :func:`.chords.solid_chords`.
    materials : ndarray of int64, shape (s,)
        Row of `solid_mu` of each solid, ellipsoids first.
    shares : ndarray, shape (s,)
        How much of its chord each solid takes: 1 what is solid; less an ellipsoid of fluid that has
        soaked in, which is large and faint: the ray through the pixel's middle stands for all.
        Below 0 it takes back what another one has taken in the same place.
    boxes : ndarray of int64, shape (s, 4)
        (row from, row to, column from, column to) in `out` that a solid can touch, half open.
    fluence : ndarray, shape (e,)
        Detected signal per energy without any tissue; only ratios matter.
    tissue_mu, solid_mu : ndarray, shapes (t, e) and (k, e)
        Linear attenuation of the tissues and of the solids' materials.
    paths : ndarray of float32, shape (t, rows, columns)
        Path lengths of the tissues without solids.
    subpixels : int
        Rays per pixel and axis.
    out : ndarray of float32, shape (rows, columns)
        Receives the ratios; 1 where there is no solid.
    """
    rows, columns = out.shape
    solids, n = boxes.shape[0], centres.shape[0]
    kinds, energies = solid_mu.shape
    count = subpixels * subpixels
    sx, sy, sz = frame[0, 0], frame[0, 1], frame[0, 2]
    # A ray of a run or a pixel is nowhere further than this from the ray to its middle.
    step, rise = np.sqrt((frame[2] ** 2).sum()), np.sqrt((frame[3] ** 2).sum())
    wide = _resized(rods, 0.5 * (RUN * step + rise))
    deep = _resized(rods, -0.5 * (step + rise))
    least_mu, largest_mu = np.empty(kinds), np.empty(kinds)
    for k in range(kinds):
        largest_mu[k] = np.abs(solid_mu[k] - tissue_mu[0]).max()
        least_mu[k] = np.inf
        for e in range(energies):
            least_mu[k] = min(least_mu[k], solid_mu[k, e] - tissue_mu[:, e].max())
    active, here = np.empty(solids, np.int64), np.empty(solids, np.int64)
    offsets, rays, chords = np.empty((count, 2)), np.empty((count, 3)), np.empty((count, kinds))
    for i in range(count):
        offsets[i, 0] = (i // subpixels + 0.5) / subpixels - 0.5
        offsets[i, 1] = (i % subpixels + 0.5) / subpixels - 0.5
    depth, more = np.empty(energies), np.empty(energies)
    out[:] = np.float32(1.0)
    for r in range(rows):
        actives = 0
        for j in range(solids):
            if boxes[j, 0] <= r < boxes[j, 1] and boxes[j, 2] < boxes[j, 3]:
                active[actives] = j
                actives += 1
        for first in range(0, columns if actives else 0, RUN):
            last = min(first + RUN, columns)
            met = 0
            for m in range(actives):
                j = active[m]
                if boxes[j, 2] >= last or boxes[j, 3] <= first:
                    continue
                if j >= n:
                    middle = corner[1] + first + 0.5 * (RUN - 1)
                    dx, dy, dz = _direction(frame, float(corner[0] + r), middle)
                    if _rod_chord(sx, sy, sz, dx, dy, dz, wide, j - n) <= 0.0:
                        continue
                here[met] = j
                met += 1
            for c in range(first, last if met else first):
                if _covered(
                    frame, corner[0] + r, corner[1] + c, here[:met], n, deep, materials, least_mu
                ):
                    out[r, c] = np.float32(0.0)
                    continue
                if not _pixel_chords(
                    frame, corner[0] + r, corner[1] + c, offsets,
                    centres, inverses, rods, materials, shares, here[:met], rays, chords,
                ):  # fmt: skip
                    continue
                way = 0.0
                depth[:] = 0.0
                for t in range(tissue_mu.shape[0]):
                    way += paths[t, r, c]
                    for e in range(energies):
                        depth[e] += tissue_mu[t, e] * paths[t, r, c]
                spread = 0.0
                for k in range(kinds):
                    low, high = chords[0, k], chords[0, k]
                    for i in range(1, count):
                        low, high = min(low, chords[i, k]), max(high, chords[i, k])
                    spread += (high - low) * largest_mu[k]
                evaluations = count
                if spread < SMOOTH:
                    evaluations = 1
                    for k in range(kinds):
                        chords[0, k] = chords[:, k].mean()
                passed = 0.0
                for i in range(evaluations):
                    taken = 0.0
                    for k in range(kinds):
                        taken += chords[i, k] * least_mu[k]
                    if taken > OPAQUE:
                        continue
                    _deepen(depth, way, solid_mu, chords, i, more)
                    passed += _signal(fluence, more)
                out[r, c] = np.float32(passed / (evaluations * _signal(fluence, depth)))
