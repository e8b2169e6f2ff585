"""The tissue of one breast as arrays for the compiled kernels, built once per breast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.breast import AnatomyParameters, BreastSpec, anatomy_parameters
from stereosim_phantoms.ducts import DuctTree, grow_ducts
from stereosim_phantoms.kernels import tissue as kernel
from stereosim_phantoms.noise import Tile, band_variance, power_law_tile, random_affine
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Array

COARSE_SIDE, FINE_SIDE, BAND_SIDE = 64, 128, 64
CELL_MM, CELL_MARGIN_MM = 2.0, 0.8
# The breast in which the fat layers of the catalogue hold: near the means of Yaffe 2009.
REFERENCE_THICKNESS_MM, REFERENCE_GLANDULAR_FRACTION = 59.0, 0.2
NO_MASSES = np.zeros((0, 14))


@dataclass(frozen=True)
class Anatomy:
    """All that the kernels need to know of one breast (arrays: :mod:`.kernels.tissue`)."""

    shape: Array
    affines: Array
    coarse: Tile
    fine: Tile
    band: Tile
    ducts: DuctTree
    capsules: Array
    starts: NDArray[np.int32]
    items: NDArray[np.int32]
    cells: Array
    counts: NDArray[np.int64]

    def evaluate(self, points_mm: Array, spacing_mm: float, masses: Array = NO_MASSES) -> Array:
        """Return (n, 8) at breast points (n, 3), columns as in ``kernels.tissue.tissue_points``."""
        points = np.ascontiguousarray(points_mm, dtype=np.float64)
        result = np.zeros((len(points), 8))
        kernel.tissue_points(points, float(spacing_mm), self.arrays, masses, result)
        return result

    def fill_box(
        self,
        origin_mm: Array,
        spacing_mm: float,
        masses: Array,
        gland: Tile,
        skin: Tile,
        inside: Tile,
    ) -> None:
        """Fill the (z, y, x) arrays of a box whose first voxel centre is `origin_mm`."""
        kernel.tissue_box(origin_mm, float(spacing_mm), self.arrays, masses, gland, skin, inside)

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """Return the arrays in the order in which every kernel takes them."""
        return (
            self.shape, self.affines, self.coarse, self.fine, self.band,
            self.capsules, self.starts, self.items, self.cells, self.counts,
        )  # fmt: skip


@lru_cache(maxsize=4)
def anatomy_of(breast: BreastSpec) -> Anatomy:
    """Build the anatomy of `breast`, or return the one built lately (about 17 MB each)."""
    parameters = anatomy_parameters()
    if breast.parenchyma == "homogeneous":
        return _plain(breast)
    coarse_mm, fine_mm = parameters.coarse_period_mm, parameters.fine_period_mm
    join_mm, exponent = parameters.join_wavelength_mm, parameters.noise_exponent
    rng = stream(breast.seed, "parenchyma")
    coarse = power_law_tile(COARSE_SIDE, exponent, 0.9, coarse_mm / join_mm, rng=rng)
    fine = power_law_tile(FINE_SIDE, exponent, fine_mm / join_mm, 0.5 * FINE_SIDE, rng=rng)
    # The ligaments' tile repeats after eight wavelengths; its band is two octaves wide.
    band = power_law_tile(BAND_SIDE, 3.0, 4.5, 18.0, rng=rng)
    band_mm = 8.0 * parameters.ligament_wavelength_mm
    along = (1.0, 1.35, 1.0)  # features are drawn out toward the nipple
    affines = np.stack(
        [
            random_affine(COARSE_SIDE / coarse_mm, along, rng=rng),
            random_affine(FINE_SIDE / fine_mm, along, rng=rng),
            random_affine(BAND_SIDE / band_mm, (1.0, 1.5, 1.0), rng=rng),
            random_affine(BAND_SIDE / band_mm, (1.0, 1.0, 6.0), rng=rng),
        ]
    )
    # Strands keep their own axes: directions from the nipple, and slowly the distance from it.
    affines[3, :, :3] = np.diag(
        [BAND_SIDE / band_mm, BAND_SIDE / band_mm, BAND_SIDE / band_mm / 4.0]
    )
    ducts = grow_ducts(breast, parameters)
    anatomy = Anatomy(
        _textured_shape(breast, parameters),
        affines,
        coarse,
        fine,
        band,
        ducts,
        *_cell_lists(breast, ducts.kernel_rows()),
    )
    return _calibrated(anatomy, breast)


def _textured_shape(breast: BreastSpec, parameters: AnatomyParameters) -> Array:
    """Return the kernels' shape array with the texture entries filled, the threshold still open."""
    p = parameters
    finest_mm = 2.0 * p.fine_period_mm / FINE_SIDE
    slow = band_variance(p.noise_exponent, p.coarse_period_mm, p.join_wavelength_mm)
    fast = band_variance(p.noise_exponent, p.join_wavelength_mm, finest_mm)
    share = (1.0 - p.strand_share) / (slow + fast)
    # Dense breasts have thin layers of fat: without this they had no room for their gland.
    lean = (1.0 - breast.glandular_fraction) / (1.0 - REFERENCE_GLANDULAR_FRACTION)
    scale = breast.thickness_mm / REFERENCE_THICKNESS_MM * lean**2
    shape = breast.shape_array()
    shape[kernel.NIPPLE] = p.nipple_mm
    shape[kernel.THRESHOLD] = 1e9
    shape[kernel.SOFT] = p.softness
    shape[kernel.S_COARSE] = np.sqrt(share * slow)
    shape[kernel.S_FINE] = np.sqrt(share * fast)
    shape[kernel.S_STRAND] = np.sqrt(p.strand_share)
    shape[kernel.PRIOR] = p.prior_weight
    shape[kernel.SUBCUTANEOUS] = p.subcutaneous_mm * scale
    shape[kernel.RETRO] = p.retromammary_mm * scale
    shape[kernel.SCALLOP] = p.scallop
    shape[kernel.LIGAMENT] = p.ligament_mm
    shape[kernel.LIGAMENT_SLOPE] = 2.0 * np.pi / p.ligament_wavelength_mm
    shape[kernel.STRAND_MM] = 3.0 * p.ligament_wavelength_mm
    shape[kernel.LATERAL] = 0.1 * breast.half_width_mm * breast.lateral
    return shape


def _cell_lists(
    breast: BreastSpec, capsules: Array
) -> tuple[Array, NDArray[np.int32], NDArray[np.int32], Array, NDArray[np.int64]]:
    """Return the capsules, and their lists by the cells of a grid over the breast."""
    low = np.array([-breast.half_width_mm, 0.0, 0.0])
    size = np.array([2.0 * breast.half_width_mm, breast.chest_to_nipple_mm, breast.thickness_mm])
    counts = np.ceil(size / CELL_MM).astype(np.int64)
    cells = np.append(low, CELL_MM)
    starts = np.zeros(int(counts.prod()) + 1, dtype=np.int32)
    # The margin holds the soft edge of a duct on voxels of up to 1 mm.
    none = np.zeros(0, dtype=np.int32)
    total = kernel.duct_cells(capsules, CELL_MARGIN_MM, cells, counts, starts, none)
    items = np.zeros(max(total, 1), dtype=np.int32)
    kernel.duct_cells(capsules, CELL_MARGIN_MM, cells, counts, starts, items)
    return capsules, starts, items, cells, counts


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
    """Return the anatomy of a homogeneous breast: no noise, no ducts."""
    tile = np.zeros((1, 1, 1), dtype=np.float32)
    none = DuctTree(np.zeros((0, 8)), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_))
    return Anatomy(
        breast.shape_array(), np.zeros((4, 3, 4)), tile, tile, tile, none, none.kernel_rows(),
        np.zeros(2, dtype=np.int32), np.zeros(1, dtype=np.int32),
        np.array([0.0, 0.0, 0.0, CELL_MM]), np.zeros(3, dtype=np.int64),
    )  # fmt: skip
