"""What the beam meets: the supine breast as scatterers, attenuation, interfaces and specks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.imaging.ultrasound.acoustics import Acoustics, load_acoustics
from stereosim.imaging.ultrasound.beam import Beam, Grid, form_beam
from stereosim.imaging.ultrasound.interfaces import Sheets, facing_tubes, sheets_in, wall_fraction
from stereosim.imaging.ultrasound.medium import (
    CELL_MM,
    LEVEL,
    Medium,
    Slant,
    loss_per_slice,
    speck_shadows,
    spread_loss_db,
)
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.kernels.ultrasound import lattice_noise
from stereosim_phantoms.randomness import derived_seed

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

VOXEL_MM = 0.4
_MEDIA_KEPT = 6


class SupineTissue(Protocol):
    """What is asked of a supine field: see ``stereosim_phantoms``."""

    @property
    def origin_mm(self) -> Any:
        """Centre of voxel [0, 0, 0] as (x, y, z), supine mm."""

    @property
    def spacing_mm(self) -> float:
        """Voxel size."""

    @property
    def gland(self) -> Volume:
        """Volume fraction of fibroglandular tissue, (nz, ny, nx)."""

    @property
    def skin(self) -> Volume:
        """Volume fraction of skin."""

    @property
    def ligament(self) -> Volume:
        """Volume fraction of Cooper's ligaments."""

    @property
    def mass(self) -> Volume:
        """Volume fraction of solid masses."""

    @property
    def fluid(self) -> Volume:
        """Volume fraction of what fills cysts, dilated ducts and vessels."""

    @property
    def mass_power(self) -> Volume:
        """Scattered power of masses and fluid against fat, times their fraction."""

    @property
    def mass_attenuation(self) -> Volume:
        """Attenuation of masses and fluid, dB/(cm MHz^y), times their fraction."""

    @property
    def walled(self) -> Volume:
        """Volume fraction of what has a wall: it lies where this changes."""

    @property
    def inside(self) -> Volume:
        """Volume fraction of the breast; what is left of a voxel is chest wall."""

    @property
    def tubes(self) -> Any:
        """Ducts and vessels (n, 7), supine mm: start (3), end (3), radius of the lumen."""


@dataclass(frozen=True)
class Insonated:
    """The part of a supine breast that is scanned.

    Build it with :meth:`from_patient` or :meth:`from_field`.

    Attributes
    ----------
    origin_mm : ndarray (3,)
        Centre of voxel [0, 0, 0] as (x, y, z), supine frame.
    spacing_mm : float
        Voxel size.
    backscatter : float32 ndarray (nz, ny, nx)
        Scattered power against fat at the same frequency, for a level probe.
    sheets : Sheets
        What of it a probe that leans or presses hears otherwise.
    attenuation : float32 ndarray (nz, ny, nx)
        One way, dB/(cm MHz^y).
    gland : ndarray (nz,)
        Mean volume fraction of gland in each slice: what aberrates the beam.
    skin_mm : float32 ndarray (ny, nx)
        Thickness of the skin; 0 where there is none.
    speck_mm : ndarray (n, 3)
        Centres of the calcifications, supine frame.
    speck_radius_mm : ndarray (n,)
        Radii of spheres of equal volume.
    seed : int
        Which scatterers: the same tissue gives the same speckle.
    acoustics : Acoustics
        Constants.
    """

    origin_mm: Array
    spacing_mm: float
    backscatter: Volume
    sheets: Sheets
    attenuation: Volume
    gland: Array
    skin_mm: NDArray[np.float32]
    speck_mm: Array
    speck_radius_mm: Array
    seed: int
    acoustics: Acoustics
    _media: dict[tuple[Probe, Grid, float | None, Slant], Medium] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def from_patient(
        cls, patient: Any, lo_mm: ArrayLike, hi_mm: ArrayLike, *, acoustics: Acoustics | None = None
    ) -> Insonated:
        """Return what is heard in the box `lo_mm` to `hi_mm` (supine frame) of a virtual patient.

        Parameters
        ----------
        patient : stereosim_phantoms VirtualPatient
            Asked for ``supine_field``, ``supine_specks`` and ``seed``.
        lo_mm, hi_mm : array_like (3,)
            Corners as (x, y, z); leave half an element height around the planes to be scanned.
        acoustics : Acoustics, optional
            Constants; those of the catalogue where none are given.
        """
        specks = patient.supine_specks()
        return cls.from_field(
            patient.supine_field(np.asarray(lo_mm, float), np.asarray(hi_mm, float), VOXEL_MM),
            specks.solids.centres_mm,
            0.5 * specks.solids.diameters_mm,
            seed=derived_seed(patient.seed, "scatterers"),
            acoustics=acoustics,
        )

    @classmethod
    def from_field(
        cls,
        tissue: SupineTissue,
        speck_mm: ArrayLike = (),
        speck_radius_mm: ArrayLike = (),
        *,
        seed: int,
        acoustics: Acoustics | None = None,
    ) -> Insonated:
        """Return what is heard in a supine field with specks of centres (n, 3) and radii (n,)."""
        constants = load_acoustics() if acoustics is None else acoustics
        parts = tissue_parts(tissue, constants)
        backscatter, sheets = backscatter_of(tissue, parts, constants, seed)
        return cls(
            origin_mm=np.asarray(tissue.origin_mm, np.float64),
            spacing_mm=float(tissue.spacing_mm),
            backscatter=backscatter,
            sheets=sheets,
            attenuation=attenuation_of(parts),
            gland=np.asarray(tissue.gland.mean(axis=(1, 2), dtype=np.float64)),
            skin_mm=skin_thickness_mm(tissue),
            speck_mm=np.asarray(speck_mm, np.float64).reshape(-1, 3),
            speck_radius_mm=np.asarray(speck_radius_mm, np.float64).reshape(-1),
            seed=seed,
            acoustics=constants,
        )

    def with_specks(self, speck_mm: ArrayLike, speck_radius_mm: ArrayLike) -> Insonated:
        """Return the same tissue with other specks, for instance after sampling."""
        return replace(
            self,
            speck_mm=np.asarray(speck_mm, np.float64).reshape(-1, 3),
            speck_radius_mm=np.asarray(speck_radius_mm, np.float64).reshape(-1),
            _media={},
        )

    def medium(
        self, probe: Probe, grid: Grid, focus_mm: float | None = None, slant: Slant = LEVEL
    ) -> Medium:
        """Return (and keep) this tissue as `probe` hears it along beams of this slant."""
        heard = (probe, grid, focus_mm)
        if (*heard, slant) not in self._media:
            # The machine's beam and gain are those of the level probe, however it leans later.
            beam = next((m.beam for key, m in self._media.items() if key[:3] == heard), None)
            beam = _beam(self, *heard) if beam is None else beam
            while len(self._media) >= _MEDIA_KEPT:
                del self._media[next(iter(self._media))]
            self._media[*heard, slant] = _listen(self, beam, slant)
        return self._media[*heard, slant]


def _texture(seed: int, tissue: SupineTissue, grain_mm: Array, sd_db: float) -> Volume:
    """Log-normal factor of mean 1 on the scattered power: the fine structure within a tissue."""
    noise = np.empty(tissue.gland.shape, np.float32)
    lattice_noise(
        seed, np.asarray(tissue.origin_mm, np.float64), float(tissue.spacing_mm), grain_mm, noise
    )
    sd = sd_db * math.log(10.0) / 10.0
    return np.asarray(np.exp(sd * noise - 0.5 * sd * sd), np.float32)


def _level(db: float) -> float:
    """Power ratio of a level in dB."""
    return float(10.0 ** (db / 10.0))


class Parts(NamedTuple):
    """What a supine field is made of, by volume fraction; power and attenuation are summed.

    `power` is what is scattered in all directions, against fat, without the muscle's; attenuation
    is in dB/(cm MHz^y).
    """

    power: Volume
    attenuation: Volume
    ligament: Volume
    wall: Volume
    muscle: Volume


def tissue_parts(tissue: SupineTissue, a: Acoustics) -> Parts:
    """Return the parts of a supine field.

    What is not breast is pectoral muscle; the fascia between them is a sheet like a ligament.  The
    wall of a mass, cyst or dilated duct is another, where its fraction changes: the amount of wall
    is the same however soft the edge.
    """
    gland, skin, inside = tissue.gland, tissue.skin, tissue.inside
    muscle = np.clip(1.0 - inside, 0.0, 1.0)
    fascia = np.clip(4.0 * inside * muscle, 0.0, 1.0) * min(1.0, a.fascia_mm / tissue.spacing_mm)
    muscle -= np.minimum(fascia, muscle)
    ligament = tissue.ligament + fascia
    wall = wall_fraction(tissue.walled, tissue.spacing_mm, a.wall_mm)
    rest = 1.0 - gland - skin - ligament - wall - tissue.mass - tissue.fluid - muscle
    fat = np.clip(rest, 0.0, 1.0)
    fibrous = ligament + wall
    power = fat + _level(a.gland_db) * gland + _level(a.skin_db) * skin
    power += _level(a.ligament_db) * fibrous + tissue.mass_power
    attenuation = a.fat_attenuation * fat + a.gland_attenuation * gland + a.skin_attenuation * skin
    attenuation += a.ligament_attenuation * fibrous + a.muscle_attenuation * muscle
    attenuation += tissue.mass_attenuation
    return Parts(
        np.asarray(power, np.float32), np.asarray(attenuation, np.float32), ligament, wall, muscle
    )


def attenuation_of(parts: Parts) -> Volume:
    """Return the attenuation of each voxel, one way, dB/(cm MHz^y)."""
    return parts.attenuation


def backscatter_of(
    tissue: SupineTissue, parts: Parts, a: Acoustics, seed: int
) -> tuple[Volume, Sheets]:
    """Return the scattered power of each voxel against fat at the same frequency, and its sheets.

    The power is what a level probe hears; that of another one follows from the sheets.
    """
    specular = _level(a.ligament_specular_db) * parts.ligament
    specular += _level(a.wall_specular_db) * parts.wall
    sheets = sheets_in(parts.ligament + parts.wall, specular, a.specular_acceptance_deg)
    power = parts.power.copy()
    power.ravel()[sheets.voxel] += sheets.power * sheets.level
    tubes = facing_tubes(tissue.tubes, tissue.gland.shape, tissue.origin_mm, tissue.spacing_mm, a)
    # No duct or vessel of its own runs through a mass or a cyst.
    power += _level(a.tube_specular_db) * tubes * (1.0 - np.maximum(tissue.mass, tissue.walled))
    grain = np.full(3, a.texture_mm)
    texture = _texture(derived_seed(seed, "texture"), tissue, grain, a.texture_db)
    power *= texture
    sheets = sheets._replace(power=sheets.power * texture.ravel()[sheets.voxel])
    fibres = np.array([a.fibre_length_mm, a.fibre_length_mm, a.texture_mm])
    power += (parts.muscle * _level(a.muscle_db)) * _texture(
        derived_seed(seed, "fibres"), tissue, fibres, a.muscle_texture_db
    )
    return np.asarray(power, np.float32), sheets


def skin_thickness_mm(tissue: SupineTissue) -> NDArray[np.float32]:
    """Return the thickness of the skin (ny, nx), mm."""
    return np.asarray(tissue.skin.sum(axis=0) * tissue.spacing_mm, np.float32)


def _profiles(tissue: Insonated) -> tuple[Array, Array]:
    """Return the depth of each slice of voxels and its mean attenuation."""
    depth = tissue.origin_mm[2] + np.arange(tissue.attenuation.shape[0]) * tissue.spacing_mm
    return depth, tissue.attenuation.mean(axis=(1, 2), dtype=np.float64)


def _beam(tissue: Insonated, probe: Probe, grid: Grid, focus_mm: float | None) -> Beam:
    """Compute the beam in the mean tissue."""
    voxel_depth, profile = _profiles(tissue)
    rows_mm = np.arange(grid.rows) * grid.row_mm
    mean = np.interp(rows_mm, voxel_depth, profile)
    gland = np.interp(rows_mm, voxel_depth, tissue.gland)
    return form_beam(probe, tissue.acoustics, mean, grid, focus_mm, gland)


def _turned(tissue: Insonated, slant: Slant) -> Volume:
    """Return the scattered power of each voxel along a slanting beam."""
    if slant == LEVEL:
        return tissue.backscatter
    power, sheets = tissue.backscatter.copy(), tissue.sheets
    power.ravel()[sheets.voxel] += sheets.gained(slant, tissue.acoustics.specular_acceptance_deg)
    return np.maximum(power, 0.0, out=power)


def _listen(tissue: Insonated, beam: Beam, slant: Slant) -> Medium:
    """Compute the echoes that attenuation leaves along the beam."""
    h, a = tissue.spacing_mm, tissue.acoustics
    voxel_depth, profile = _profiles(tissue)
    along_beam = voxel_depth * slant.path
    frequency = np.interp(
        along_beam, np.arange(beam.grid.rows) * beam.grid.row_mm, beam.frequency_mhz
    )
    loss_db = spread_loss_db(
        tissue.attenuation,
        np.interp(along_beam, voxel_depth, profile),
        loss_per_slice(frequency, h * slant.path, a),
        speck_shadows(
            tissue.speck_mm, tissue.speck_radius_mm, tissue.origin_mm, h, tissue.attenuation.shape
        ),
        h,
        above=int((voxel_depth < 0.0).sum()),
        slant=slant,
    )
    gain = np.asarray(10.0 ** (-loss_db / 20.0), np.float32)
    return Medium(
        beam=beam,
        origin_mm=tissue.origin_mm,
        spacing_mm=h,
        gain=gain,
        amplitude=np.sqrt(_turned(tissue, slant) * float(np.prod(CELL_MM))) * gain,
        skin_mm=tissue.skin_mm,
        speck_mm=tissue.speck_mm,
        speck_radius_mm=tissue.speck_radius_mm,
        seed=tissue.seed,
        acoustics=a,
        slant=slant,
    )
