"""The virtual patient: one breast with its calcifications, whose truth is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from stereosim_phantoms.anatomy import NO_MASSES, THREADS, anatomy_of
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.calcifications import SEDIMENT
from stereosim_phantoms.fields import VOLUMES, SupineField, TissueField, box_grid
from stereosim_phantoms.masses import BLOOD, Mass, mass_kinds
from stereosim_phantoms.referral import Referral, write_referral
from stereosim_phantoms.sampling import tissue_volumes
from stereosim_phantoms.solids import Array, Ellipsoids, Specks
from stereosim_phantoms.supine import SupineMap, supine_map
from stereosim_phantoms.texture import sampled_texture
from stereosim_phantoms.vessels import vessel_parameters

# Points of a supine field that a thread computes at a time.
AT_ONCE = 8_000


@dataclass(frozen=True)
class VirtualPatient:
    """A patient whose breast, lesion and referral belong together.

    Attributes
    ----------
    label : str
        Name of the case or cohort and index.
    seed : int
        The seed that made the patient.
    breast : BreastSpec
        The compressed breast.
    specks : Specks
        All calcifications, breast frame; cluster 0 is the target.
    masses : tuple of Mass
        Masses, cysts and dilated ducts, breast frame.
    referral : Referral
        What the work-up reports.
    supine : SupineMap
        The way to the ultrasound table.
    morphology, distribution : str
        BI-RADS words for the target.
    """

    label: str
    seed: int
    breast: BreastSpec
    specks: Specks
    masses: tuple[Mass, ...]
    referral: Referral
    supine: SupineMap
    morphology: str
    distribution: str

    def tissue_field(self, lo_mm: Array, hi_mm: Array, spacing_mm: float) -> TissueField:
        """Sample the tissue in the breast-frame box from `lo_mm` to `hi_mm`, (3,) each.

        The anatomy is a function of position: overlapping boxes at any spacing agree, but for
        the rounding of large ones (see :mod:`.sampling`).
        """
        origin, shape = box_grid(lo_mm, hi_mm, spacing_mm)
        masses = self._mass_rows()
        gland, skin, inside = tissue_volumes(self.breast, masses, origin, spacing_mm, shape)
        texture = sampled_texture(self.breast, lo_mm, hi_mm, masses)
        return TissueField(origin, float(spacing_mm), gland, skin, inside, texture)

    def supine_field(self, lo_mm: Array, hi_mm: Array, spacing_mm: float) -> SupineField:
        """Sample the tissue in the supine-frame box from `lo_mm` to `hi_mm`, (3,) each.

        Each voxel centre is carried back to the compressed breast.  Skin does not stretch as
        fat does: it is laid as a sheet of the breast's skin thickness under z = 0, and what the
        map would make thicker counts as fat; so does what lies within the map's half dome but
        beside the compressed breast, whose rim is rounder at its ends.
        """
        origin, shape = box_grid(lo_mm, hi_mm, spacing_mm)
        volumes = {name: np.zeros(shape, dtype=np.float32) for name in VOLUMES}
        anatomy, rows = anatomy_of(self.breast), self._mass_rows()
        blood = mass_kinds()[BLOOD]
        z, y, x = (origin[a] + spacing_mm * np.arange(shape[2 - a]) for a in (2, 1, 0))
        # Some slices at a time: for all points at once would take 70 MB.
        count = max(1, AT_ONCE // (len(x) * len(y)))

        def fill(first: int) -> None:
            """Fill some slices from `first` on."""
            part = slice(first, first + count)
            grid = np.meshgrid(z[part], y, x, indexing="ij")
            places = np.stack([side.ravel() for side in reversed(grid)], axis=1)
            places = self.supine.breast_from_supine(places)
            found = np.ascontiguousarray(anatomy.evaluate(places, spacing_mm, rows).T)
            breast, skin, gland, ligament, mass, _, _, _, fluid, vessel, power, loss, walled = found
            inside = np.where((breast == 0.0) & np.isfinite(places[:, 0]), 1.0, breast)
            covered = np.clip((self.breast.skin_mm - grid[0].ravel()) / spacing_mm + 0.5, 0.0, 1.0)
            # A vessel takes the place of gland, ligament and fat.
            blooded = (breast - skin - mass) * vessel
            parts = {
                "gland": gland * (1.0 - vessel),
                "ligament": ligament * (1.0 - vessel),
                "mass": mass - fluid,
                "fluid": fluid + blooded,
                "mass_power": power + blood.power * blooded,
                "mass_attenuation": loss + blood.attenuation * blooded,
                "walled": walled,
            }
            for name, value in parts.items():
                volumes[name][part] = ((1.0 - covered) * value).reshape(grid[0].shape)
            volumes["inside"][part] = inside.reshape(grid[0].shape)
            volumes["skin"][part] = (covered * inside).reshape(grid[0].shape)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fill, range(0, shape[0], count)))
        tubes = self._tubes_near(origin, origin + spacing_mm * np.array(shape[::-1]))
        return SupineField(origin, float(spacing_mm), **volumes, tubes=tubes)

    def _tubes_near(self, lo_mm: Array, hi_mm: Array) -> Array:
        """Return the ducts and vessels (n, 7) that come near a supine box; see `SupineField`."""
        tubes = self._supine_tubes
        reach = tubes[:, 6:] + 1.0
        near = (np.maximum(tubes[:, :3], tubes[:, 3:6]) > lo_mm - reach).all(axis=1)
        near &= (np.minimum(tubes[:, :3], tubes[:, 3:6]) < hi_mm + reach).all(axis=1)
        found: Array = tubes[near]
        return found

    @cached_property
    def _supine_tubes(self) -> Array:
        """All ducts and vessels on the ultrasound table: ends are mapped, lumina stay."""
        anatomy = anatomy_of(self.breast)
        capsules = np.concatenate([anatomy.ducts.capsules, anatomy.vessels.capsules])
        ends = (self.supine.supine_from_breast(capsules[:, a : a + 3]) for a in (0, 3))
        shares = anatomy_parameters().duct_lumen_share, vessel_parameters().course.lumen_share
        share = np.repeat(shares, (len(anatomy.ducts.capsules), len(anatomy.vessels.capsules)))
        tubes = np.column_stack([*ends, share * 0.5 * (capsules[:, 6] + capsules[:, 7])])
        kept: Array = tubes[np.isfinite(tubes).all(axis=1)]
        return kept

    def supine_specks(self) -> Specks:
        """Return the specks on the ultrasound table: places mapped, axes only turned.

        Sediment settles anew: it lies level there too, at the place of its cyst (less than a
        millimetre from where it would lie).
        """
        places = self.supine.supine_from_breast(self.specks.solids.centres_mm)
        axes = self.specks.solids.axes_mm
        turned = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]) @ axes
        # Level in the compressed breast, level on the table: z is vertical in both.
        level = np.array([kind == SEDIMENT for kind in self.specks.kinds], dtype=np.bool_)
        if self.morphology == SEDIMENT:
            level |= self.specks.target
        return replace(
            self.specks,
            solids=Ellipsoids(places, np.where(level[:, None, None], axes, turned)),
        )

    @property
    def target_mm(self) -> Array:
        """Centroid of the target's specks, breast frame, shape (3,)."""
        middle: Array = self.specks.solids.centres_mm[self.specks.target].mean(axis=0)
        return middle

    def _mass_rows(self) -> Array:
        """Return the parts of the masses as the kernels read them, shape (n, 18)."""
        return np.concatenate([NO_MASSES, *(mass.kernel_rows() for mass in self.masses)])


NO_SPECKS = Specks(
    Ellipsoids(np.zeros((0, 3)), np.zeros((0, 3, 3))), (), np.zeros(0, dtype=np.int64)
)


def plain_patient(
    *,
    thickness_mm: float = 50.0,
    specks: Specks | None = None,
    glandular_fraction: float = 0.25,
    chest_to_nipple_mm: float = 100.0,
    half_width_mm: float = 90.0,
    supine_height_mm: float = 40.0,
    supine_displacement_mm: float = 0.0,
    masses: tuple[Mass, ...] = (),
    side: str = "right",
    seed: int = 0,
) -> VirtualPatient:
    """Return a patient with a homogeneous breast without skin, for tests.

    Every voxel wholly inside has exactly the glandular fraction asked for, and inside 1.  Without
    target specks the referral names the middle of the breast.
    """
    breast = BreastSpec(
        side=side,  # type: ignore[arg-type]  # checked by BreastSpec itself
        thickness_mm=thickness_mm,
        chest_to_nipple_mm=chest_to_nipple_mm,
        half_width_mm=half_width_mm,
        skin_mm=0.0,
        glandular_fraction=glandular_fraction,
        supine_height_mm=supine_height_mm,
        seed=seed,
        parenchyma="homogeneous",
        supine_displacement_mm=supine_displacement_mm,
    )
    specks = NO_SPECKS if specks is None else specks
    supine = supine_map(breast)
    target = specks.solids.centres_mm[specks.target]
    if not len(target):
        target = np.array([[0.0, 0.5 * chest_to_nipple_mm, 0.5 * thickness_mm]])
    referral = write_referral(breast, supine, target, "punctate", "grouped")
    return VirtualPatient(
        "plain", seed, breast, specks, masses, referral, supine, "punctate", "grouped"
    )
