"""What an exposure was, the beam behind it, and the automatic exposure control."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.detectors import Detector
from stereosim.imaging.dose import mean_glandular_dose_mgy
from stereosim.imaging.materials import DATA, Array, attenuation_per_mm
from stereosim.imaging.spectra import METRE_MM, load_spectrum
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

# The order of the tissues in every array of path lengths.
TISSUES = ("adipose", "glandular", "skin")
_CM_PER_MM = 0.1


@dataclass(frozen=True)
class BeamSpec:
    """The beam's way from tube to detector (data/xray.toml, ``[beam]``)."""

    support_carbon_mm: float
    cover_polystyrene_mm: float
    scatter_window_cm: float
    scatter_coefficients: tuple[float, float, float]
    scatter_sigma_mm: float
    provenance: dict[str, Parameter]

    def scatter_to_primary(self, thickness_mm: float) -> float:
        """Scatter over primary in the middle of the field, gridless (Boone and Cooper 2000)."""
        a, b, c = self.scatter_coefficients
        thickness_cm = max(thickness_mm, 1.0) * _CM_PER_MM
        return float(1.0 / (a + b * self.scatter_window_cm**-1.5 + c * thickness_cm**-0.5))


@dataclass(frozen=True)
class ExposureSpec:
    """The automatic exposure control (data/xray.toml, ``[exposure]``)."""

    thickness_mm: tuple[float, ...]
    kilovolts: tuple[float, ...]
    absorbed_kev_per_mm2: float
    glandular_fraction: float
    skin_mm: float
    smallest_mas: float
    largest_mas: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_beam() -> BeamSpec:
    """Return the parameters of the beam's way."""
    tables = load_toml(DATA / "xray.toml")
    return read_spec(BeamSpec, tables["beam"], tables["sources"], "xray.toml: beam")


@lru_cache(maxsize=1)
def load_exposure() -> ExposureSpec:
    """Return the parameters of the automatic exposure control."""
    tables = load_toml(DATA / "xray.toml")
    return read_spec(ExposureSpec, tables["exposure"], tables["sources"], "xray.toml: exposure")


@dataclass(frozen=True)
class Exposure:
    """One setting of the generator and what it means for the patient.

    Attributes
    ----------
    kv : int
        Tube voltage.
    mas : float
        Tube current times time.
    target_filter : str
        Such as ``"W/Rh50"``.
    dose_mgy : float
        Mean glandular dose.
    air_kerma_mgy : float
        Incident air kerma at the upper surface of the breast.
    half_value_layer_mm : float
        Of the beam, mm Al.
    thickness_mm, glandular_fraction : float
        The breast that the control assumed.
    """

    kv: int
    mas: float
    target_filter: str
    dose_mgy: float
    air_kerma_mgy: float
    half_value_layer_mm: float
    thickness_mm: float
    glandular_fraction: float


@dataclass(frozen=True)
class DetectedBeam:
    """What the detector would absorb of the beam without a breast, by energy.

    Attributes
    ----------
    energies_kev : ndarray, shape (e,)
        Energies.
    absorbed_kev : ndarray, shape (e,)
        Absorbed energy in keV per mm^2 and mAs, at 1 m, at right angles.
    tissue_mu : ndarray, shape (3, e)
        Linear attenuation of `TISSUES`, 1/mm.
    """

    energies_kev: Array
    absorbed_kev: Array
    tissue_mu: Array

    def behind(self, paths_mm: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """Return the absorbed primary behind tissue and the mean energy carried per quantum.

        Parameters
        ----------
        paths_mm : ndarray of float32, shape (3, rows, columns)
            Path lengths through `TISSUES`.

        Returns
        -------
        primary : ndarray of float32, shape (rows, columns)
            keV per mm^2 and mAs at 1 m.
        quantum_kev : float
            Sum of w E over sum of w, with w the absorbed energy at E: variance over mean of
            the absorbed energy.
        """
        flat = paths_mm.reshape(len(self.tissue_mu), -1)
        passed = np.exp(-(flat.T @ self.tissue_mu.astype(np.float32)))
        primary = passed @ self.absorbed_kev.astype(np.float32)
        second = passed @ (self.absorbed_kev * self.energies_kev).astype(np.float32)
        quantum = float(second.sum(dtype=np.float64) / primary.sum(dtype=np.float64))
        return primary.reshape(paths_mm.shape[1:]), quantum


@lru_cache(maxsize=32)
def _detected(
    target_filter: str, kv: int, absorber: str, absorber_mm: float, way_mm: float, support: bool
) -> DetectedBeam:
    beam = load_beam()
    spectrum = load_spectrum(target_filter, kv).coarser().through("air", way_mm)
    spectrum = spectrum.through("polystyrene", beam.cover_polystyrene_mm)
    if support:
        spectrum = spectrum.through("carbon", beam.support_carbon_mm)
    energies = spectrum.energies_kev
    fraction = -np.expm1(-attenuation_per_mm(absorber, energies) * absorber_mm)
    tissue_mu = np.array([attenuation_per_mm(name, energies) for name in TISSUES])
    return DetectedBeam(energies, spectrum.fluence_mm2 * fraction * energies, tissue_mu)


def detected_beam(
    detector: Detector, target_filter: str, kv: int, way_mm: float, *, support: bool = True
) -> DetectedBeam:
    """Return the beam as `detector` absorbs it after `way_mm` of air, the support and the cover."""
    layer = detector.absorber_mm * detector.packing
    return _detected(target_filter, kv, detector.absorber, layer, way_mm, support)


def slab_paths(
    thickness_mm: float, glandular_fraction: float, skin_mm: float
) -> NDArray[np.float32]:
    """Path lengths (3, 1, 1) straight through a homogeneous breast with skin on both sides."""
    skin = min(2.0 * skin_mm, thickness_mm)
    inner = thickness_mm - skin
    paths = np.array([inner * (1.0 - glandular_fraction), inner * glandular_fraction, skin])
    return paths.astype(np.float32).reshape(3, 1, 1)


def automatic_exposure(
    detector: Detector,
    *,
    target_filter: str,
    sid_mm: float,
    detector_offset_mm: float,
    thickness_mm: float,
    glandular_fraction: float,
) -> Exposure:
    """Choose voltage by thickness and mAs so that the detector absorbs its target energy.

    The breast is taken as a homogeneous slab with skin; scatter counts as the detector cannot tell
    it apart.  The same mAs serves scout and pair, as it does after a scout exposure.

    Raises
    ------
    ValueError
        If the thickness is not positive or the glandular fraction is outside 0 to 1.
    """
    if not thickness_mm > 0.0 or not 0.0 <= glandular_fraction <= 1.0:
        raise ValueError("thickness_mm must be positive, glandular_fraction between 0 and 1")
    spec = load_exposure()
    kv = round(float(np.interp(thickness_mm, spec.thickness_mm, spec.kilovolts)))
    beam = detected_beam(detector, target_filter, kv, sid_mm)
    primary, _ = beam.behind(slab_paths(thickness_mm, glandular_fraction, spec.skin_mm))
    spread = (METRE_MM / sid_mm) ** 2
    scatter = load_beam().scatter_to_primary(thickness_mm)
    per_mas = float(primary[0, 0]) * spread * (1.0 + scatter)
    mas = float(np.clip(spec.absorbed_kev_per_mm2 / per_mas, spec.smallest_mas, spec.largest_mas))
    return exposure_at(
        kv,
        mas,
        target_filter=target_filter,
        focus_to_skin_mm=sid_mm - detector_offset_mm - thickness_mm,
        thickness_mm=thickness_mm,
        glandular_fraction=glandular_fraction,
    )


def exposure_at(
    kv: int,
    mas: float,
    *,
    target_filter: str,
    focus_to_skin_mm: float,
    thickness_mm: float,
    glandular_fraction: float,
) -> Exposure:
    """Return the exposure made by hand with `kv` and `mas`, with air kerma and dose.

    The dose is that of a straight view; at 15 degrees it is a few per cent lower.
    """
    spectrum = load_spectrum(target_filter, kv).through("air", focus_to_skin_mm)
    kerma = spectrum.air_kerma_mgy * mas * (METRE_MM / focus_to_skin_mm) ** 2
    layer = spectrum.half_value_layer_mm
    dose = mean_glandular_dose_mgy(kerma, layer, thickness_mm, glandular_fraction, target_filter)
    return Exposure(kv, mas, target_filter, dose, kerma, layer, thickness_mm, glandular_fraction)
