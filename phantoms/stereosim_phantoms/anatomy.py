"""The tissue of one breast as arrays for the compiled kernels, built once per breast.

Slow fields (noise down to JOIN_MM, layers of fat, ligaments) lie on a lattice over the breast and
do not repeat.  The texture, down to ``finest_mm``, is a tile that does, every 160 mm along x and,
shifted and bent, every 10 mm across.  Both are fixed in the breast and read by quadratic splines,
so the anatomy is a smooth function of position.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy import ndimage

from stereosim_phantoms.breast import AnatomyParameters, BreastSpec, anatomy_parameters
from stereosim_phantoms.ducts import DuctTree, grow_ducts, tube_rows
from stereosim_phantoms.kernels import tissue as kernel
from stereosim_phantoms.kernels import tubes
from stereosim_phantoms.noise import Volume, band_variance, power_law_noise
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Array
from stereosim_phantoms.vessels import VesselTree, grow_vessels, vessel_parameters

# Samples per wavelength: 2.9 at JOIN_MM on the lattice, 2.5 at finest_mm in the texture.  Along y,
# toward the nipple, everything is drawn out by STRETCH.
LATTICE_MM, JOIN_MM, STRETCH = 1.5625, 4.5, 1.35
TEXTURE_SIDES, TEXELS_PER_WAVE, BEND = (64, 64, 1024), 2.5, 0.007
STRAND_SIDE, STRAND_MM = 64, 2.5
CELL_MM, CELL_MARGIN_MM = 2.0, 0.8
# Slices that a thread fills at a time: few, so that the memory they take is used again.  Boxes of
# up to ALONE slices are filled by the caller's thread, which may be one of several.
SLAB, ALONE, THREADS = 4, 16, 2
# The breast in which the fat layers of the catalogue hold: near the means of Yaffe 2009.
REFERENCE_THICKNESS_MM, REFERENCE_GLANDULAR_FRACTION = 59.0, 0.2
NO_MASSES = np.zeros((0, kernel.MASS_COLUMNS))


def slab_by_slab(slices: int, work: Callable[[slice], None]) -> None:
    """Call `work` for every slab of so many slices, in threads where there are many.

    The slabs are the same for any number of threads, and so is what each call does.
    """
    slabs = [slice(k, min(k + SLAB, slices)) for k in range(0, slices, SLAB)]
    if slices <= ALONE:
        for part in slabs:
            work(part)
        return
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, slabs))


@dataclass(frozen=True)
class Anatomy:
    """All that the kernels need to know of one breast (arrays: :mod:`.kernels.tissue`)."""

    shape: Array
    lattice: Volume
    frame: Array
    texture: Volume
    weave: Array
    ducts: DuctTree
    vessels: VesselTree
    tubes: Array
    starts: NDArray[np.int32]
    items: NDArray[np.int32]
    cells: Array
    counts: NDArray[np.int64]

    def evaluate(self, points_mm: Array, spacing_mm: float, masses: Array = NO_MASSES) -> Array:
        """Return (n, 13) at breast points (n, 3), columns as in ``kernels.tissue_points``."""
        points = np.ascontiguousarray(points_mm, dtype=np.float64)
        result = np.empty((len(points), kernel.POINT_COLUMNS))
        kernel.tissue_points(points, float(spacing_mm), self.arrays, masses, result)
        return result

    def fill_box(
        self,
        origin_mm: Array,
        spacing_mm: float,
        masses: Array,
        gland: Volume,
        skin: Volume,
        inside: Volume,
    ) -> None:
        """Fill the (z, y, x) arrays, zeros, of a box whose first voxel centre is `origin_mm`."""

        def fill(part: slice) -> None:
            """Fill one slab."""
            lo = origin_mm + np.array([0.0, 0.0, part.start * spacing_mm])
            kernel.tissue_box(
                lo, float(spacing_mm), self.arrays, masses, gland[part], skin[part], inside[part]
            )

        slab_by_slab(len(gland), fill)

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """Return the arrays in the order in which every kernel takes them."""
        return (
            self.shape, self.lattice, self.frame, self.texture, self.weave,
            self.tubes, self.starts, self.items, self.cells, self.counts,
        )  # fmt: skip


def drive_variance(parameters: AnatomyParameters, short_mm: float, long_mm: float) -> float:
    """Return the variance of the drive's power-law noise between two wavelengths.

    Noise and strands together have the variance 1.  Below ``finest_mm``, which voxels do not carry,
    the same law goes on.
    """
    p = parameters
    whole = band_variance(p.noise_exponent, p.longest_mm, p.finest_mm)
    return (1.0 - p.strand_share) * band_variance(p.noise_exponent, long_mm, short_mm) / whole


@lru_cache(maxsize=4)
def anatomy_of(breast: BreastSpec) -> Anatomy:
    """Build the anatomy of `breast`, or return the one built lately (3 to 8 MB each)."""
    parameters = anatomy_parameters()
    if breast.parenchyma == "homogeneous":
        return _plain(breast)
    lattice, frame = _lattice(breast, parameters)
    texture = _tile(parameters.noise_exponent, parameters.finest_mm)
    weave = _weave(breast, parameters)
    ducts, vessels = grow_ducts(breast, parameters), grow_vessels(breast, vessel_parameters())
    rows = np.concatenate([tube_rows(ducts.capsules), tube_rows(vessels.capsules)])
    shape = _textured_shape(breast, parameters, len(ducts.capsules))
    anatomy = Anatomy(
        shape, lattice, frame, texture, weave, ducts, vessels, *_cell_lists(breast, rows)
    )
    return _calibrated(anatomy, breast)


def _textured_shape(breast: BreastSpec, parameters: AnatomyParameters, ducts: int) -> Array:
    """Return the kernels' shape array with the texture entries filled, the threshold still open."""
    p = parameters
    shape = breast.shape_array()
    shape[kernel.NIPPLE] = p.nipple_mm
    shape[kernel.THRESHOLD] = 1e9
    shape[kernel.SOFT] = p.softness
    shape[kernel.S_TEXTURE] = np.sqrt(drive_variance(p, p.finest_mm, JOIN_MM))
    shape[kernel.LIGAMENT] = p.ligament_mm
    shape[kernel.LIGAMENT_SLOPE] = 2.0 * np.pi / p.ligament_wavelength_mm
    shape[kernel.DUCTS] = ducts
    return shape


def _lattice(breast: BreastSpec, parameters: AnatomyParameters) -> tuple[Volume, Array]:
    """Return the slow fields on the nodes of a lattice over the breast, and its frame."""
    p, rng = parameters, stream(breast.seed, "parenchyma")
    pitch = LATTICE_MM * np.array([1.0, STRETCH, 1.0])
    low = np.array([-breast.half_width_mm, 0.0, 0.0])
    size = np.array([2.0 * breast.half_width_mm, breast.chest_to_nipple_mm, breast.thickness_mm])
    nx, ny, nz = (int(n) for n in np.ceil(size / pitch) + 7)
    corner = low - 3.0 * pitch
    # Noise repeats: its box is no shorter than its longest wave, and no smaller than the breast.
    least = int(np.ceil(p.longest_mm / LATTICE_MM))
    bz, by, bx = (scipy.fft.next_fast_len(max(n, least), real=True) for n in (nz, ny, nx))
    box = (bz, by, bx + bx % 2)
    cut = np.s_[:nz, :ny, :nx]
    slow = power_law_noise(box, LATTICE_MM, p.noise_exponent, JOIN_MM, p.longest_mm, rng=rng)[cut]
    # The ligaments' band is two octaves wide.
    waves = np.array([0.45, 1.8]) * p.ligament_wavelength_mm
    sheet = power_law_noise(box, LATTICE_MM, 3.0, *waves, rng=rng)[cut]
    tile = power_law_noise(3 * (STRAND_SIDE,), STRAND_MM, 3.0, *waves, rng=rng)
    x, y, z = (corner[a] + pitch[a] * np.arange(n) for a, n in enumerate((nx, ny, nz)))
    y, z = y[:, None], z[:, None, None]
    # Strands run along directions from the nipple, and change slowly with the distance from it.
    before, above = breast.chest_to_nipple_mm + 5.0 - y, z - 0.5 * breast.thickness_mm
    r = np.maximum(np.sqrt(x * x + before**2 + above**2), 1.0)
    turn = 3.0 * p.ligament_wavelength_mm / r
    places = np.stack([0.25 * r, turn * above, turn * x]) / STRAND_MM
    strand = ndimage.map_coordinates(tile, places, order=1, mode="grid-wrap")

    # Gland is drawn to the middle; dense breasts have thin fat, or they had no room for it.
    a = (x - 0.1 * breast.half_width_mm * breast.lateral) / (0.8 * breast.half_width_mm)
    b = (y - 0.48 * breast.chest_to_nipple_mm) / (0.55 * breast.chest_to_nipple_mm)
    c = above / (0.5 * breast.thickness_mm)
    lean = (1.0 - breast.glandular_fraction) / (1.0 - REFERENCE_GLANDULAR_FRACTION)
    scale = breast.thickness_mm / REFERENCE_THICKNESS_MM * np.sqrt(lean)
    sigma = np.sqrt(drive_variance(p, JOIN_MM, p.longest_mm))
    drive = sigma * slow + np.sqrt(p.strand_share) * strand
    drive -= p.prior_weight * (a * a + b * b + 0.5 * c * c)
    # Where a ligament meets the gland it draws it to the skin (Duret's crests): fat is thinnest
    # there.  |sheet| of a normal field has the mean 0.8.
    crest = np.minimum(np.abs(sheet), 2.0) - 0.8
    fat = p.subcutaneous_mm * scale * lean**1.5 * (1.0 + p.scallop * (1.5 * crest + 0.7 * strand))
    back = p.retromammary_mm * scale * (1.0 + a * a) * np.exp(1.3 * p.scallop * (crest - strand))
    fields = (drive, fat, np.minimum(y / np.maximum(back, 1.0), 4.0), sheet)
    lattice = np.stack([ndimage.spline_filter(f, 2, np.float32, "mirror") for f in fields])
    return np.ascontiguousarray(lattice.transpose(1, 2, 3, 0)), np.concatenate([corner, pitch])


@lru_cache(maxsize=2)
def _tile(exponent: float, finest_mm: float) -> Volume:
    """Return the tile of fine noise; breasts differ in how it is woven into them."""
    return power_law_noise(
        TEXTURE_SIDES, finest_mm / TEXELS_PER_WAVE, exponent, finest_mm, JOIN_MM,
        rng=stream(0, "texture"), twist=(kernel.TWIST_B, kernel.TWIST_C), spline=True,
    )  # fmt: skip


def _weave(breast: BreastSpec, parameters: AnatomyParameters) -> Array:
    """Return the way from mm to texels of the fine noise: a turn about x, and a slight bend."""
    rng = stream(breast.seed, "texture")
    angle = rng.uniform(0.0, 2.0 * np.pi)
    sine, cosine = np.sin(angle), np.cos(angle)
    weave = np.zeros((3, 7))
    weave[:, :3] = [[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]]
    weave[:, 1] /= STRETCH
    # Unbent, a repeat shows in projection where it lies at nearly the same height.  The bend shears
    # the texture by its slope times the distance from the middle, 0.3 at the ends.
    yy, yz, zz = rng.choice([-1.0, 1.0], (3, 3)) * rng.uniform(0.5, 1.0, (3, 3)) * BEND
    y, z = 0.5 * breast.chest_to_nipple_mm, 0.5 * breast.thickness_mm
    weave[:, 1] -= yy * y + yz * z
    weave[:, 2] -= yz * y + zz * z
    weave[:, 4:] = np.stack([0.5 * yy, yz, 0.5 * zz], axis=1)
    weave *= TEXELS_PER_WAVE / parameters.finest_mm
    weave[:, 3] = rng.uniform(0.0, 1024.0, 3)
    return weave


def _cell_lists(
    breast: BreastSpec, rows: Array
) -> tuple[Array, NDArray[np.int32], NDArray[np.int32], Array, NDArray[np.int64]]:
    """Return the tubes, and their lists by the cells of a grid over the breast."""
    low = np.array([-breast.half_width_mm, 0.0, 0.0])
    size = np.array([2.0 * breast.half_width_mm, breast.chest_to_nipple_mm, breast.thickness_mm])
    counts = np.ceil(size / CELL_MM).astype(np.int64)
    cells = np.append(low, CELL_MM)
    starts = np.zeros(int(counts.prod()) + 1, dtype=np.int32)
    # The margin holds the soft edge of a tube on voxels of up to 1 mm.
    none = np.zeros(0, dtype=np.int32)
    total = tubes.tube_cells(rows, CELL_MARGIN_MM, cells, counts, starts, none)
    items = np.zeros(max(total, 1), dtype=np.int32)
    tubes.tube_cells(rows, CELL_MARGIN_MM, cells, counts, starts, items)
    return rows, starts, items, cells, counts


def _calibrated(anatomy: Anatomy, breast: BreastSpec) -> Anatomy:
    """Set the threshold so that the breast without skin holds the glandular fraction asked.

    The fractions are sampled at about 40,000 places in the breast, which settles the mean to
    about 0.2 % of the volume; below the volume of ducts and ligaments the threshold ends at
    its upper stop.
    """
    rng = stream(breast.seed, "calibration")
    low = np.array([-breast.half_width_mm, 0.0, 0.0])
    size = np.array([2.0 * breast.half_width_mm, breast.chest_to_nipple_mm, breast.thickness_mm])
    counts = np.maximum(np.rint(size / np.cbrt(size.prod() / 50_000.0)), 1.0).astype(np.int64)
    cells = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), axis=-1).reshape(-1, 3)
    # One random place in each cell: a plain grid errs by 2 % where its planes meet the fat layers.
    points = low + (cells + rng.uniform(size=cells.shape)) * size / counts
    # At the spacing of a fine voxel, so that thin features enter with their true volume.
    sample = anatomy.evaluate(points, 0.35)
    sample = sample[sample[:, 0] - sample[:, 1] > 0.5]
    core = sample[:, 0] - sample[:, 1]
    duct = sample[:, 2] / core
    ligament = sample[:, 3] / core / np.maximum(1.0 - duct, 1e-6)
    drive, envelope = sample[:, 6], sample[:, 7]
    soft = anatomy.shape[kernel.SOFT]

    def fraction(threshold: float) -> float:
        """Return the glandular fraction at `threshold`."""
        t = np.maximum((drive - threshold) / soft + 0.5, 0.0)
        fat = (1.0 - envelope * t**2 / (t**2 + 1.0)) * (1.0 - duct) * (1.0 - ligament)
        return float(np.average(1.0 - fat, weights=core))

    least, most = float(drive.min()) - soft, float(drive.max()) + soft
    for _ in range(24):
        middle = 0.5 * (least + most)
        if fraction(middle) > breast.glandular_fraction:
            least = middle
        else:
            most = middle
    shape = anatomy.shape.copy()
    shape[kernel.THRESHOLD] = 0.5 * (least + most)
    return replace(anatomy, shape=shape)


def _plain(breast: BreastSpec) -> Anatomy:
    """Return the anatomy of a homogeneous breast: no noise, no tubes."""
    nothing = np.zeros((0, 8))
    none = np.zeros(0, dtype=np.int64)
    return Anatomy(
        breast.shape_array(), np.zeros((4, 4, 4, 4), dtype=np.float32), np.ones(6),
        np.zeros((1, 1, 2), dtype=np.float32), np.zeros((3, 7)),
        DuctTree(nothing, none, np.zeros(0, dtype=np.bool_)), VesselTree(nothing, none, ()),
        np.zeros((0, 9)), np.zeros(2, dtype=np.int32), np.zeros(1, dtype=np.int32),
        np.array([0.0, 0.0, 0.0, CELL_MM]), np.zeros(3, dtype=np.int64),
    )  # fmt: skip
