"""What the beam meets: the supine breast as scatterers, attenuation, interfaces and specks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from stereosim.imaging.ultrasound.acoustics import Acoustics, load_acoustics
from stereosim.imaging.ultrasound.beam import Beam, Grid, form_beam
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
        """Volume fraction of the masses."""

    @property
    def inside(self) -> Volume:
        """Volume fraction of the breast; what is left of a voxel is chest wall."""

    @property
    def mass_echo_db(self) -> float:
        """Scattered power of the masses against fat, dB."""


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
        Scattered power against fat at the same frequency.
    attenuation : float32 ndarray (nz, ny, nx)
        One way, dB/(cm MHz^y).
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
    attenuation: Volume
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
        return cls(
            origin_mm=np.asarray(tissue.origin_mm, np.float64),
            spacing_mm=float(tissue.spacing_mm),
            backscatter=backscatter_of(tissue, parts, constants, seed),
            attenuation=attenuation_of(parts),
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


class Part(NamedTuple):
    """One kind of tissue: its volume fraction, power against fat, attenuation, dB/(cm MHz^y)."""

    fraction: Volume
    power: float
    attenuation: float


class Parts(NamedTuple):
    """What a supine field is made of."""

    fat: Part
    gland: Part
    skin: Part
    ligament: Part
    mass: Part
    muscle: Part


def tissue_parts(tissue: SupineTissue, a: Acoustics) -> Parts:
    """Return the parts of a supine field.

    What is not breast is pectoral muscle; the fascia between them is a sheet like a ligament.
    """
    gland, skin, mass, inside = tissue.gland, tissue.skin, tissue.mass, tissue.inside
    muscle = np.clip(1.0 - inside, 0.0, 1.0)
    fascia = np.clip(4.0 * inside * muscle, 0.0, 1.0) * min(1.0, a.fascia_mm / tissue.spacing_mm)
    muscle -= np.minimum(fascia, muscle)
    ligament = tissue.ligament + fascia
    fat = np.clip(1.0 - gland - skin - ligament - mass - muscle, 0.0, 1.0)
    return Parts(
        Part(fat, 1.0, a.fat_attenuation),
        Part(gland, _level(a.gland_db), a.gland_attenuation),
        Part(skin, _level(a.skin_db), a.skin_attenuation),
        Part(ligament, _level(a.ligament_db), a.ligament_attenuation),
        Part(mass, _level(tissue.mass_echo_db), a.mass_attenuation),
        Part(muscle, _level(a.muscle_db), a.muscle_attenuation),
    )


def attenuation_of(parts: Parts) -> Volume:
    """Return the attenuation of each voxel, one way, dB/(cm MHz^y)."""
    return np.asarray(sum(part.fraction * part.attenuation for part in parts), np.float32)


def backscatter_of(tissue: SupineTissue, parts: Parts, a: Acoustics, seed: int) -> Volume:
    """Return the scattered power of each voxel against fat at the same frequency."""
    specular = _level(a.ligament_specular_db) * _facing(
        parts.ligament.fraction, a.specular_acceptance_deg
    )
    power = sum(part.fraction * part.power for part in parts[:-1])
    power += parts.ligament.fraction * specular
    grain = np.full(3, a.texture_mm)
    power *= _texture(derived_seed(seed, "texture"), tissue, grain, a.texture_db)
    fibres = np.array([a.fibre_length_mm, a.fibre_length_mm, a.texture_mm])
    power += (parts.muscle.fraction * parts.muscle.power) * _texture(
        derived_seed(seed, "fibres"), tissue, fibres, a.muscle_texture_db
    )
    return np.asarray(power, np.float32)


def skin_thickness_mm(tissue: SupineTissue) -> NDArray[np.float32]:
    """Return the thickness of the skin (ny, nx), mm."""
    return np.asarray(tissue.skin.sum(axis=0) * tissue.spacing_mm, np.float32)


def _facing(sheet: Volume, acceptance_deg: float) -> Volume:
    """How squarely thin sheets face the beam, 0 to 1.

    The structure tensor of the sheet's fraction gives the tilt of its normal; an echo within the
    acceptance angle comes back to the array.
    """
    if not sheet.any():
        return np.zeros_like(sheet)
    smooth = ndimage.gaussian_filter(sheet, 0.7)
    gz, gy, gx = np.gradient(smooth)
    along = ndimage.gaussian_filter(gz * gz, 1.0)
    across = ndimage.gaussian_filter(gx * gx + gy * gy, 1.0)
    tilt = np.degrees(np.arctan2(np.sqrt(across), np.sqrt(along) + 1e-9))
    return np.asarray(np.exp(-((tilt / acceptance_deg) ** 2)), np.float32)


def _profiles(tissue: Insonated) -> tuple[Array, Array]:
    """Return the depth of each slice of voxels and its mean attenuation."""
    depth = tissue.origin_mm[2] + np.arange(tissue.attenuation.shape[0]) * tissue.spacing_mm
    return depth, tissue.attenuation.mean(axis=(1, 2), dtype=np.float64)


def _beam(tissue: Insonated, probe: Probe, grid: Grid, focus_mm: float | None) -> Beam:
    """Compute the beam in the mean tissue."""
    voxel_depth, profile = _profiles(tissue)
    rows_mm = np.arange(grid.rows) * grid.row_mm
    mean = np.interp(rows_mm, voxel_depth, profile)
    return form_beam(probe, tissue.acoustics, mean, grid, focus_mm)


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
        amplitude=np.sqrt(tissue.backscatter * float(np.prod(CELL_MM))) * gain,
        skin_mm=tissue.skin_mm,
        speck_mm=tissue.speck_mm,
        speck_radius_mm=tissue.speck_radius_mm,
        seed=tissue.seed,
        acoustics=a,
        slant=slant,
    )
