"""The catalogue of image receptors: what they absorb, how they blur, how they add noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.materials import DATA, Array, attenuation_per_mm
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec

# Full width at half maximum of a Gaussian over its standard deviation, 2 sqrt(2 ln 2).
_FWHM_PER_SIGMA = 2.3548200450309493

# Transforms of more samples than this share their transfer, which takes as long to make.
_LARGE = 2**17


@dataclass(frozen=True)
class Detector:
    """One image receptor (data/detectors.toml).

    Attributes
    ----------
    label : str
        What a user reads.
    target_filter : str
        The tube that it comes with.
    absorber : str
        Material of the absorbing layer.
    transfer : {"gaussian", "power"}
        Form of the transfer without the pixel aperture.
    indirect : bool
        Whether light carries the signal, so that blur takes hold of the quantum noise as well.
    absorber_mm, packing : float
        Thickness of the layer and the share of it that is filled.
    transfer_shape : tuple of float
        ``(f0, exponent)`` of the Gaussian form or ``(H, p)`` of the power form.
    swank : float
        Swank factor: loss of signal to noise by the spread of gain per quantum.
    electronic_noise_kev : float
        Standard deviation per pixel.
    dn_per_kev_mm2, offset_dn, saturation_dn : float
        Digital numbers per absorbed keV/mm^2, dark offset and full scale.
    provenance : dict of str to Parameter
        Where the numbers come from.
    """

    label: str
    target_filter: str
    absorber: str
    transfer: str
    indirect: bool
    absorber_mm: float
    packing: float
    transfer_shape: tuple[float, ...]
    swank: float
    electronic_noise_kev: float
    dn_per_kev_mm2: float
    offset_dn: float
    saturation_dn: float
    provenance: dict[str, Parameter]

    def absorbed_fraction(self, energies_kev: Array) -> Array:
        """Share of the photons at each energy that the layer absorbs."""
        mu = attenuation_per_mm(self.absorber, energies_kev)
        return -np.expm1(-mu * self.absorber_mm * self.packing)

    def layer_transfer(self, frequency_per_mm: Array) -> Array:
        """Modulation transfer of the absorbing layer, without aperture and focal spot."""
        return _layer_transfer(self.transfer, self.transfer_shape, frequency_per_mm)

    def presampling_transfer(self, frequency_per_mm: Array, pitch_mm: float) -> Array:
        """Modulation transfer along a pixel axis with the square aperture of `pitch_mm`."""
        return self.layer_transfer(frequency_per_mm) * np.abs(np.sinc(frequency_per_mm * pitch_mm))


@lru_cache(maxsize=1)
def load_detectors() -> dict[str, Detector]:
    """Return the catalogue of detectors by name.

    Raises
    ------
    SpecError
        If the catalogue is not as it should be.
    """
    tables = load_toml(DATA / "detectors.toml")
    sources = tables.pop("sources")
    detectors = {}
    for name, table in tables.items():
        detectors[name] = read_spec(Detector, table, sources, f"detectors.toml: {name}")
        if detectors[name].transfer not in ("gaussian", "power"):
            raise SpecError(f"detectors.toml: {name}.transfer: must be gaussian or power")
    return detectors


def frequencies(shape: tuple[int, int], pitch_mm: float) -> Array:
    """Radial frequency in 1/mm of each sample of ``scipy.fft.rfft2`` of an image of `shape`."""
    fy = np.fft.fftfreq(shape[0], pitch_mm)[:, None]
    fx = np.fft.rfftfreq(shape[1], pitch_mm)[None, :]
    return np.asarray(np.hypot(fy, fx))


def focal_transfer(frequency_per_mm: Array, focal_fwhm_mm: float) -> Array:
    """Modulation transfer of a Gaussian focal spot whose image is `focal_fwhm_mm` wide."""
    sigma = focal_fwhm_mm / _FWHM_PER_SIGMA
    return np.asarray(np.exp(-2.0 * (np.pi * sigma * frequency_per_mm) ** 2))


def blur(
    image: NDArray[np.float32],
    pitch_mm: float,
    detector: Detector,
    *,
    focal_fwhm_mm: float = 0.0,
    edge: str = "reflect",
) -> NDArray[np.float32]:
    """Blur an image by the detector's layer and by a Gaussian focal spot.

    Parameters
    ----------
    image : ndarray of float32, shape (rows, columns)
        Image, sampled at `pitch_mm`.
    pitch_mm : float
        Sample distance in the detector plane.
    detector : Detector
        Whose layer transfer is applied.
    focal_fwhm_mm : float
        Full width at half maximum of the focal spot's image in the detector plane.
    edge : {"reflect", "constant", "wrap"}
        What lies beyond the edge: the mirror image, zero, or the other side.
    """
    from scipy import fft

    rows, columns = image.shape
    pad = 0 if edge == "wrap" else int(np.ceil(2.0 / pitch_mm))
    pad_rows, pad_columns = min(pad, rows - 1), min(pad, columns - 1)
    wide = image
    if edge != "wrap":
        widths = ((pad_rows, pad_rows), (pad_columns, pad_columns))
        wide = np.pad(image, widths, mode="reflect") if edge == "reflect" else np.pad(image, widths)
    shape = wide.shape
    if edge != "wrap":
        shape = (fft.next_fast_len(shape[0], real=True), fft.next_fast_len(shape[1], real=True))
    # Small windows come in many sizes: kept, they would drive out the large ones.
    made = _transfer if shape[0] * shape[1] > _LARGE else _transfer.__wrapped__
    transfer = made(detector.transfer, detector.transfer_shape, shape, pitch_mm, focal_fwhm_mm)
    spectrum = fft.rfft2(wide, s=shape)
    spectrum *= transfer
    blurred: NDArray[np.float32] = fft.irfft2(spectrum, s=shape)
    inner = blurred[pad_rows : pad_rows + rows, pad_columns : pad_columns + columns]
    return np.ascontiguousarray(inner, dtype=np.float32)


def _layer_transfer(form: str, parameters: tuple[float, ...], frequency_per_mm: Array) -> Array:
    """Modulation transfer of a layer of the given form (see :class:`Detector`)."""
    a, p = parameters
    if form == "gaussian":
        return np.exp(-((frequency_per_mm / a) ** p))
    return 1.0 / (1.0 + a * frequency_per_mm**p)


@lru_cache(maxsize=8)
def _transfer(
    form: str,
    parameters: tuple[float, ...],
    shape: tuple[int, int],
    pitch_mm: float,
    focal_fwhm_mm: float,
) -> NDArray[np.float32]:
    """Return the transfer on the grid of rfft2; the last few are kept: a pair shares them."""
    # The lower half of the rows mirrors the upper one.
    half = shape[0] // 2 + 1
    f = frequencies(shape, pitch_mm)[:half]
    focal = focal_transfer(f, focal_fwhm_mm)
    upper = (_layer_transfer(form, parameters, f) * focal).astype(np.float32)
    return np.concatenate([upper, upper[(shape[0] - 1) // 2 : 0 : -1]])


def add_noise(
    energy: NDArray[np.float32],
    pitch_mm: float,
    detector: Detector,
    quantum_kev: float,
    rng: np.random.Generator,
) -> None:
    """Add quantum and electronic noise to the absorbed energy, in place.

    Quanta are many hundred per pixel, so that Gaussian numbers stand in for Poisson ones.  A
    direct detector's quantum noise is white; light spreads that of an indirect one.

    Parameters
    ----------
    energy : ndarray of float32, shape (rows, columns)
        Mean absorbed energy in keV/mm^2.
    pitch_mm : float
        Pixel pitch.
    detector : Detector
        Swank factor, electronic noise and, if indirect, blur.
    quantum_kev : float
        Variance over mean of the absorbed energy.
    rng : numpy.random.Generator
        Source of the noise.
    """
    area = pitch_mm**2
    per_signal = np.float32(quantum_kev / (detector.swank * area))
    electronic = detector.electronic_noise_kev / area
    np.maximum(energy, 0.0, out=energy)
    white = rng.standard_normal(energy.shape, dtype=np.float32)
    if detector.indirect:
        energy += blur(np.sqrt(energy * per_signal) * white, pitch_mm, detector)
        energy += np.float32(electronic) * rng.standard_normal(energy.shape, dtype=np.float32)
    else:
        energy += np.sqrt(energy * per_signal + np.float32(electronic**2)) * white
