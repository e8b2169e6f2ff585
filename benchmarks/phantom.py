"""The tissue of a biopsy field and of a whole breast, new and from the cache.

The breast is the median one: 59 mm thick, 146 cm2 in the craniocaudal view (the cohort's medians).
The field is what scout and pair of an upright unit see at 52 mm, cut by the breast.  Voxels are of
0.2 mm.  No peer makes such phantoms, so the rows give our own time only.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from stereosim.geometry import load_unit
from stereosim.imaging.scene import field_box
from stereosim_phantoms import sampling
from stereosim_phantoms.anatomy import NO_MASSES, anatomy_of
from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.cache import Cache
from stereosim_phantoms.cohort import load_cohort
from stereosim_phantoms.fields import box_grid
from timing import Row, alone

BENCH = "phantom"
VOXEL_MM = 0.2
FIELD_THICKNESS_MM = 52.0


def measure() -> list[Row]:
    cohort = load_cohort("screening")
    reach = float(np.sqrt(200.0 * cohort.area_median_cm2 / np.pi))

    def breast(thickness_mm: float) -> BreastSpec:
        return BreastSpec(
            side="right",
            thickness_mm=thickness_mm,
            chest_to_nipple_mm=reach,
            half_width_mm=reach,
            skin_mm=1.44,
            glandular_fraction=cohort.glandular_mean,
            supine_height_mm=40.0,
            seed=1,
            edge_mm=cohort.edge_share * thickness_mm,
        )

    thin, median = breast(FIELD_THICKNESS_MM), breast(cohort.thickness_mean_mm)
    low, high = field_box(load_unit("upright-hologic"), FIELD_THICKNESS_MM)
    field = np.maximum(low, outline(thin)[0]), np.minimum(high, outline(thin)[1])
    rows = []
    for what, spec, (lo, hi) in (
        ("biopsy field", thin, field),
        ("whole breast", median, outline(median)),
    ):
        origin, shape = box_grid(lo, hi, VOXEL_MM)
        millions = f"{np.prod(shape) / 1e6:.0f} M voxels"

        def fill(spec=spec, origin=origin, shape=shape) -> None:
            sampling.tissue_volumes(spec, NO_MASSES, origin, VOXEL_MM, shape)

        def cold(spec=spec, fill=fill) -> None:
            anatomy_of.cache_clear()
            sampling.default_cache = lambda: Cache(None)
            fill()

        rows.append(Row(BENCH, f"{what}, anatomy and all ({millions})", alone(cold, repeats=3)))
        with TemporaryDirectory() as folder:
            sampling.default_cache = lambda folder=folder: Cache(Path(folder))
            rows.append(Row(BENCH, f"{what}, from the cache ({millions})", alone(fill, repeats=3)))
    return rows


def outline(spec: BreastSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the box that holds a breast with its nipple."""
    return (
        np.array([-spec.half_width_mm, 0.0, 0.0]),
        np.array([spec.half_width_mm, spec.chest_to_nipple_mm + 5.0, spec.thickness_mm]),
    )
