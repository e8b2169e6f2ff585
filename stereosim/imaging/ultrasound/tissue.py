"""What the beam meets: the supine breast as scatterers, attenuation, interfaces and specks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from stereosim.imaging.ultrasound.acoustics import (
    Acoustics,
    calcification_cross_section_mm2,
    load_acoustics,
)
from stereosim.imaging.ultrasound.beam import Beam, Grid, form_beam
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.kernels.ultrasound import lattice_noise
from stereosim_phantoms.randomness import derived_seed

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

VOXEL_MM = 0.4
CELL_MM = np.array([0.25, 0.25, 0.05])  # one scatterer per cell: 320 per mm^3
_SHADOW_BLUR = 0.35  # sd of the sideways spread of a shadow, mm per root mm: see _attenuated


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
class Medium:
    """An :class:`Insonated` tissue as one probe hears it.

    Attributes
    ----------
    beam : Beam
        Beam in the mean of the tissue.
    amplitude : float32 ndarray (nz, ny, nx)
        Echo of one scatterer per voxel, against fat, after time-gain compensation.
    speck_amplitude : ndarray (n,)
        Echo of each speck on the same scale (root mm^3).
    """

    beam: Beam
    amplitude: Volume
    speck_amplitude: Array


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
    _media: dict[tuple[Probe, Grid, float | None], Medium] = field(
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
        origin = np.asarray(tissue.origin_mm, np.float64)
        parts = _parts(tissue, constants)
        attenuation = sum(fraction * loss for fraction, _, loss in parts)
        grain = np.full(3, constants.texture_mm)
        power = sum(fraction * level for fraction, level, _ in parts[:-1])
        power *= _texture(derived_seed(seed, "texture"), tissue, grain, constants.texture_db)
        fibres = np.array(
            [constants.fibre_length_mm, constants.fibre_length_mm, constants.texture_mm]
        )
        power += (parts[-1][0] * parts[-1][1]) * _texture(
            derived_seed(seed, "fibres"), tissue, fibres, constants.muscle_texture_db
        )
        return cls(
            origin_mm=origin,
            spacing_mm=float(tissue.spacing_mm),
            backscatter=np.asarray(power, np.float32),
            attenuation=np.asarray(attenuation, np.float32),
            skin_mm=np.asarray(tissue.skin.sum(axis=0) * tissue.spacing_mm, np.float32),
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

    def medium(self, probe: Probe, grid: Grid, focus_mm: float | None = None) -> Medium:
        """Return (and keep) this tissue as `probe` hears it."""
        key = (probe, grid, focus_mm)
        if key not in self._media:
            self._media[key] = _listen(self, probe, grid, focus_mm)
        return self._media[key]


def _texture(seed: int, tissue: SupineTissue, grain_mm: Array, sd_db: float) -> Volume:
    """Log-normal factor of mean 1 on the scattered power: the fine structure within a tissue."""
    noise = np.empty(tissue.gland.shape, np.float32)
    lattice_noise(
        seed, np.asarray(tissue.origin_mm, np.float64), float(tissue.spacing_mm), grain_mm, noise
    )
    sd = sd_db * math.log(10.0) / 10.0
    return np.asarray(np.exp(sd * noise - 0.5 * sd * sd), np.float32)


def _level(db: float | Array) -> Any:
    """Power ratio of a level in dB."""
    return 10.0 ** (np.asarray(db) / 10.0)


def _parts(tissue: SupineTissue, a: Acoustics) -> list[tuple[Volume, Any, float]]:
    """Return (fraction, power against fat, attenuation) of each tissue, the muscle last.

    What is not breast is pectoral muscle; the fascia between them is a sheet like a ligament.
    """
    gland, skin, mass, inside = tissue.gland, tissue.skin, tissue.mass, tissue.inside
    muscle = np.clip(1.0 - inside, 0.0, 1.0)
    fascia = np.clip(4.0 * inside * muscle, 0.0, 1.0) * min(1.0, a.fascia_mm / tissue.spacing_mm)
    muscle -= np.minimum(fascia, muscle)
    ligament = tissue.ligament + fascia
    fat = np.clip(1.0 - gland - skin - ligament - mass - muscle, 0.0, 1.0)
    specular = _level(a.ligament_specular_db) * _facing(ligament, a.specular_acceptance_deg)
    return [
        (fat, 1.0, a.fat_attenuation),
        (gland, _level(a.gland_db), a.gland_attenuation),
        (skin, _level(a.skin_db), a.skin_attenuation),
        (ligament, _level(a.ligament_db) + specular, a.ligament_attenuation),
        (mass, _level(tissue.mass_echo_db), a.mass_attenuation),
        (muscle, _level(a.muscle_db), a.muscle_attenuation),
    ]


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


def _listen(tissue: Insonated, probe: Probe, grid: Grid, focus_mm: float | None) -> Medium:
    """Compute the beam in the mean tissue and the echoes that attenuation leaves."""
    a = tissue.acoustics
    h = tissue.spacing_mm
    nz = tissue.attenuation.shape[0]
    voxel_depth = tissue.origin_mm[2] + np.arange(nz) * h
    rows_mm = np.arange(grid.rows) * grid.row_mm
    profile = tissue.attenuation.mean(axis=(1, 2), dtype=np.float64)
    beam = form_beam(probe, a, np.interp(rows_mm, voxel_depth, profile), grid, focus_mm)
    frequency = np.interp(voxel_depth, rows_mm, beam.frequency_mhz)
    gain = _attenuated(tissue, profile, frequency, beam)

    at = np.clip(np.rint((tissue.speck_mm - tissue.origin_mm) / h).astype(np.int64), 0, None)
    at = np.minimum(at, np.array(gain.shape)[::-1] - 1)
    rows = np.clip(np.rint(tissue.speck_mm[:, 2] / grid.row_mm).astype(np.int64), 0, grid.rows - 1)
    heard = beam.frequency_mhz[rows]
    section = calcification_cross_section_mm2(tissue.speck_radius_mm, heard, a)
    above = np.maximum(at[:, 2] - 1, 0)  # not in its own shadow
    return Medium(
        beam=beam,
        amplitude=np.sqrt(tissue.backscatter * float(np.prod(CELL_MM))) * gain,
        speck_amplitude=np.sqrt(section / a.fat_backscatter_per_mm(heard))
        * gain[above, at[:, 1], at[:, 0]],
    )


def _attenuated(tissue: Insonated, profile: Array, frequency: Array, beam: Beam) -> Volume:
    """Amplitude that is left per voxel, after the time-gain compensation for the mean tissue.

    The loss above each voxel is summed downward, slice by slice.  Between slices it is blurred
    sideways, for a focused beam passes around small things: their shadows fill up with depth.  The
    spread after d mm is ``_SHADOW_BLUR * sqrt(d)``, at 10 mm half of the width that an aperture of
    f/2 spans there.
    """
    h = tissue.spacing_mm
    exponent = tissue.acoustics.attenuation_exponent
    excess = np.zeros(tissue.attenuation.shape[1:])
    out = np.empty_like(tissue.attenuation)
    shadows = _speck_shadows(tissue, beam)
    blur = _SHADOW_BLUR / math.sqrt(h)
    for k in range(out.shape[0]):
        if tissue.origin_mm[2] + k * h < 0.0:
            out[k] = 1.0
            continue
        here = 2.0 * (tissue.attenuation[k] - profile[k]) * 0.1 * h * frequency[k] ** exponent
        excess += 0.5 * here
        out[k] = 10.0 ** (-excess / 20.0)
        excess += 0.5 * here
        for j, i, loss_db in shadows.get(k, []):
            excess[j, i] += loss_db
        excess = ndimage.gaussian_filter(excess, blur, mode="nearest", truncate=3.0)
    return out


def _speck_shadows(tissue: Insonated, beam: Beam) -> dict[int, list[tuple[int, int, float]]]:
    """Two-way loss (dB) behind each speck, by slice: its disc against the voxel's area.

    A speck takes its geometric cross-section out of the beam on the way in and again on the way
    back; narrower than the beam it casts hardly a shadow once the blur has spread the loss.
    """
    found: dict[int, list[tuple[int, int, float]]] = {}
    nz, ny, nx = tissue.attenuation.shape
    for centre, radius in zip(tissue.speck_mm, tissue.speck_radius_mm, strict=True):
        i, j, k = np.rint((centre - tissue.origin_mm) / tissue.spacing_mm).astype(int)
        if 0 <= i < nx and 0 <= j < ny and 0 <= k < nz:
            loss = 2.0 * 10.0 / math.log(10.0) * math.pi * radius**2 / tissue.spacing_mm**2
            found.setdefault(int(k), []).append((int(j), int(i), loss))
    return found
