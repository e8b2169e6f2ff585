"""Where images are sampled: the coarse grid of the tissue, the pixels, the solids in between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.views import View
from stereosim.imaging.exposure import DetectedBeam
from stereosim.imaging.materials import Array, attenuation_per_mm
from stereosim.imaging.scene import SolidArrays
from stereosim.imaging.spectra import load_tube
from stereosim.kernels.solids import transmit_solids
from stereosim.kernels.xray import enlarge

Image = NDArray[np.float32]

# Samples of the coarse grid beyond the image on each side: cubic interpolation reaches for two.
RIM = 2
# Rays per pixel and axis through solids; 4 x 4 find the edge of a needle within 1/8 pixel.
SUBPIXELS = 4


def coarse_grid(view: View, step: float) -> tuple[tuple[int, int], Array]:
    """Return the shape of the coarse grid and where it lies, as the projector takes it."""
    column, row = np.asarray(view.column_mm), np.asarray(view.row_mm)
    if abs(column[1]) + abs(column[2]) + abs(row[0]) + abs(row[2]) > 1e-9:
        raise ValueError("the detector's columns and rows must run along x and y")
    rows, columns = (int(np.ceil((n - 1) / step)) + 1 + 2 * RIM for n in view.shape)
    du, dv = float(column[0]) * step, float(row[1]) * step
    origin = view.origin_mm
    place = np.array([origin[0] - RIM * du, du, origin[1] - RIM * dv, dv, origin[2]])
    return (rows, columns), place


def rays(view: View, shape: tuple[int, int], detector: Array) -> tuple[Array, Array]:
    """Distance from focus to each coarse sample in mm, and slant (1 at right angles)."""
    u0, du, v0, dv, z = detector
    x = u0 + du * np.arange(shape[1]) - view.source_mm[0]
    y = v0 + dv * np.arange(shape[0]) - view.source_mm[1]
    height = float(view.source_mm[2] - z)
    distance = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2 + height**2)
    return distance, distance / height


def focal_width_mm(view: View, z_mm: float) -> float:
    """Full width at half maximum of the focal spot's image of what lies at height `z_mm`."""
    source, plane = float(view.source_mm[2]), float(view.origin_mm[2])
    return load_tube().focal_spot_mm * (z_mm - plane) / (source - z_mm)


def native(coarse: Image, step: float, corner: tuple[int, int], shape: tuple[int, int]) -> Image:
    """Interpolate a coarse image at the pixels of a window of the detector."""
    out = np.empty(shape, dtype=np.float32)
    enlarge(
        np.ascontiguousarray(coarse, dtype=np.float32),
        RIM + corner[0] / step,
        1.0 / step,
        RIM + corner[1] / step,
        1.0 / step,
        out,
    )
    return out


def solid_boxes(view: View, solids: SolidArrays) -> NDArray[np.int64]:
    """Return the pixels that each solid can touch, (s, 4): row from, to, column from, to."""
    choice = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, -1).T
    bounds = np.stack([solids.lower, solids.upper], axis=1)
    corners = bounds[:, choice, np.arange(3)]
    matrix = view.projection_matrix
    scaled = corners @ matrix[:, :3].T + matrix[:, 3]
    # What reaches up to the focus and beyond is cut just below it.
    marks = scaled[..., :2] / np.maximum(scaled[..., 2:], 1e-3)
    low = np.floor(marks.min(axis=1) - 1.0)
    high = np.ceil(marks.max(axis=1) + 2.0)
    rows, columns = view.shape
    limits = np.array([rows, rows, columns, columns])
    boxes = np.stack([low[:, 1], high[:, 1], low[:, 0], high[:, 0]], axis=1)
    return np.asarray(np.clip(boxes, 0, limits), dtype=np.int64)


def windows(
    boxes: NDArray[np.int64], reach: int, shape: tuple[int, int]
) -> list[tuple[NDArray[np.int64], tuple[slice, slice]]]:
    """Group boxes that come within twice `reach` pixels of each other.

    Parameters
    ----------
    boxes : ndarray of int64, shape (s, 4)
        Row from, to, column from, to; boxes without area are left out.
    reach : int
        By how much each box is widened on all sides.
    shape : (int, int)
        Rows and columns of the image, within which the windows stay.

    Returns
    -------
    list of (ndarray of int64, (slice, slice))
        The numbers of the boxes of each group, ascending, and the rectangle that holds the widened
        boxes.  Rectangles of different groups do not overlap.
    """
    grow = np.array([-reach, reach, -reach, reach])
    groups: list[tuple[list[int], NDArray[np.int64]]] = []
    for number in np.flatnonzero((boxes[:, 1] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 2])):
        members, window = [int(number)], boxes[number] + grow
        apart = False
        while not apart:
            apart = True
            for k, (others, rectangle) in enumerate(groups):
                low = np.maximum(window[::2], rectangle[::2])
                if (low < np.minimum(window[1::2], rectangle[1::2])).all():
                    members += others
                    window[::2] = np.minimum(window[::2], rectangle[::2])
                    window[1::2] = np.maximum(window[1::2], rectangle[1::2])
                    groups.pop(k)
                    apart = False
                    break
        groups.append((members, window))
    limits = np.repeat(shape, 2)
    found = []
    for members, window in groups:
        r0, r1, c0, c1 = (int(v) for v in np.clip(window, 0, limits))
        found.append((np.array(sorted(members)), (slice(r0, r1), slice(c0, c1))))
    return found


def transmission(
    view: View,
    solids: SolidArrays,
    beam: DetectedBeam,
    paths_mm: Image,
    corner: tuple[int, int],
    boxes: NDArray[np.int64],
    subpixels: int = SUBPIXELS,
) -> Image:
    """Ratio of the primary with to that without the solids in a window of the detector.

    Parameters
    ----------
    view : View
        Geometry.
    solids : SolidArrays
        Solids, support frame.
    beam : DetectedBeam
        Beam as absorbed by the detector.
    paths_mm : ndarray of float32, shape (3, rows, columns)
        Tissue in the window.
    corner : (int, int)
        Row and column of the window's first pixel.
    boxes : ndarray of int64, shape (s, 4)
        Pixels of the whole image that each solid can touch.
    subpixels : int
        Rays per pixel and axis.
    """
    shape = paths_mm.shape[1:]
    if len(solids) == 0:
        return np.ones(shape, dtype=np.float32)
    local = boxes - np.array([corner[0], corner[0], corner[1], corner[1]])
    local = np.clip(local, 0, np.array([shape[0], shape[0], shape[1], shape[1]]))
    mu = np.array([attenuation_per_mm(name, beam.energies_kev) for name in solids.materials])
    frame = np.array([view.source_mm, view.origin_mm, view.column_mm, view.row_mm])
    out = np.empty(shape, dtype=np.float32)
    transmit_solids(
        np.ascontiguousarray(frame, dtype=np.float64),
        np.array(corner, dtype=np.int64),
        solids.centres,
        solids.inverses,
        np.ascontiguousarray(solids.rods),
        solids.kinds,
        solids.shares,
        np.ascontiguousarray(local, dtype=np.int64),
        beam.absorbed_kev,
        beam.tissue_mu,
        mu,
        np.ascontiguousarray(paths_mm, dtype=np.float32),
        subpixels,
        out,
    )
    return out


def block_means(image: Image, size: int) -> Image:
    """Return the means of size x size blocks; a part of a block at the far edges is left out."""
    rows, columns = (n // size for n in image.shape)
    blocks = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    means: Image = blocks.mean(axis=(1, 3))
    return means


def spread_blocks(blocks: Image, size: int, shape: tuple[int, int]) -> Image:
    """Interpolate values at the centres of blocks at every pixel of an image of `shape`."""
    out = np.empty(shape, dtype=np.float32)
    start = -0.5 * (size - 1) / size
    enlarge(np.ascontiguousarray(blocks, np.float32), start, 1 / size, start, 1 / size, out)
    return out
