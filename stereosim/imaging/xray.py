"""X-ray images: tissue path lengths, exact solids, scatter, blur and noise.

The dear part, the way of the rays through the tissue, is a :class:`Background`, once per view and
position of the breast.  An :class:`ExposureSeries` holds what an exposure makes of it; each image
of the series then costs the solids and the noise only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.units import Unit
from stereosim.geometry.views import View
from stereosim.imaging.background import (
    Background,
    VoxelTissue,
    slab_background,
    tissue_background,
)
from stereosim.imaging.detectors import Detector, add_noise, blur, load_detectors
from stereosim.imaging.exposure import (
    DetectedBeam,
    Exposure,
    automatic_exposure,
    detected_beam,
    exposure_at,
    load_beam,
    load_exposure,
)
from stereosim.imaging.fine_texture import texture_transmission
from stereosim.imaging.hardware import Hardware, paddle_factors
from stereosim.imaging.rendering import (
    block_means,
    coarse_grid,
    focal_width_mm,
    native,
    rays,
    solid_boxes,
    spread_blocks,
    transmission,
    windows,
)
from stereosim.imaging.scene import Scene, SolidArrays, solid_arrays
from stereosim.imaging.spectra import METRE_MM

Image = NDArray[np.float32]

# The blur of a solid is followed this far.
_BLUR_REACH_MM = 1.5


@dataclass(frozen=True, eq=False)
class XrayImage:
    """An image as the detector gives it, for processing.

    Attributes
    ----------
    pixels : ndarray of float32, shape (rows, columns)
        Digital numbers, linear in absorbed energy, dark offset included.
    view : View
        Geometry.
    exposure : Exposure
        Generator setting and dose.
    unit, detector : str
        Names in the catalogues.
    offset_dn : float
        Dark offset.
    """

    pixels: Image
    view: View
    exposure: Exposure
    unit: str
    detector: str
    offset_dn: float

    @property
    def pitch_mm(self) -> float:
        """Pixel pitch in the detector plane."""
        return self.view.pitch_mm


@dataclass(frozen=True, eq=False)
class XrayMachine:
    """A unit with its tube and detector.

    Attributes
    ----------
    unit : Unit
        Geometry; names the detector.
    target_filter : str, optional
        Tube; that of the detector's catalogue entry if empty.
    """

    unit: Unit
    target_filter: str = ""

    @property
    def detector(self) -> Detector:
        """The image receptor."""
        return load_detectors()[self.unit.detector]

    @property
    def tube(self) -> str:
        """Target and filter."""
        return self.target_filter or self.detector.target_filter

    def exposure(self, thickness_mm: float, glandular_fraction: float | None = None) -> Exposure:
        """Return what the automatic exposure control chooses for a breast."""
        assumed = load_exposure().glandular_fraction
        return automatic_exposure(
            self.detector,
            target_filter=self.tube,
            sid_mm=self.unit.sid_mm,
            detector_offset_mm=self.unit.detector_offset_mm,
            thickness_mm=thickness_mm,
            glandular_fraction=assumed if glandular_fraction is None else glandular_fraction,
        )

    def manual_exposure(
        self, kv: int, mas: float, thickness_mm: float, glandular_fraction: float
    ) -> Exposure:
        """Return an exposure set by hand, with its dose."""
        return exposure_at(
            kv,
            mas,
            target_filter=self.tube,
            focus_to_skin_mm=self.unit.sid_mm - self.unit.detector_offset_mm - thickness_mm,
            thickness_mm=thickness_mm,
            glandular_fraction=glandular_fraction,
        )

    def background(
        self, tissue: VoxelTissue, view: View, shift_mm: tuple[float, float] = (0.0, 0.0)
    ) -> Background:
        """Project the tissue into `view`; see :func:`.background.tissue_background`."""
        return tissue_background(tissue, view, shift_mm)

    def slab_background(
        self, view: View, thickness_mm: float, glandular_fraction: float, skin_mm: float = 0.0
    ) -> Background:
        """Return the background of a slab; see :func:`.background.slab_background`."""
        return slab_background(view, thickness_mm, glandular_fraction, skin_mm)

    def series(
        self, background: Background, exposure: Exposure, hardware: Hardware | None = None
    ) -> ExposureSeries:
        """Prepare any number of images of the same tissue with the same exposure.

        Parameters
        ----------
        background : Background
            The breast in one view.
        exposure : Exposure
            Generator setting.
        hardware : Hardware, optional
            Paddle and reference marks in the beam; nothing if None.
        """
        return ExposureSeries.prepared(self, background, exposure, hardware)

    def image(
        self,
        background: Background,
        scene: Scene,
        view: View,
        exposure: Exposure,
        *,
        rng: np.random.Generator | None,
    ) -> XrayImage:
        """Make one image; for several of the same tissue use :meth:`series`.

        Parameters
        ----------
        background : Background
            Of the same view.
        scene : Scene
            Solids in the support frame.
        view : View
            Must be that of the background.
        exposure : Exposure
            Generator setting.
        rng : numpy.random.Generator or None
            Noise; None for none.

        Raises
        ------
        ValueError
            If the background belongs to another view.
        """
        if view.name != background.view.name or view.shape != background.view.shape:
            raise ValueError(f"background is of view {background.view.name}, not {view.name}")
        return self.series(background, exposure).image(scene, rng=rng)


@dataclass(frozen=True, eq=False)
class ExposureSeries:
    """Images of the same tissue with the same exposure: only solids and noise change.

    Attributes
    ----------
    machine, background, exposure
        What it was made from.
    beam : DetectedBeam
        Beam as absorbed by the detector.
    primary, scatter : ndarray of float32, shape (rows, columns)
        Absorbed energy in keV/mm^2 without solids.
    quantum_kev : float
        Variance over mean of the absorbed energy, without the Swank factor.
    focal_fwhm_mm : float
        Width of the focal spot's image at mid-breast.
    """

    machine: XrayMachine
    background: Background
    exposure: Exposure
    beam: DetectedBeam
    primary: Image
    scatter: Image
    quantum_kev: float
    focal_fwhm_mm: float

    @classmethod
    def prepared(
        cls,
        machine: XrayMachine,
        background: Background,
        exposure: Exposure,
        hardware: Hardware | None = None,
    ) -> ExposureSeries:
        """Compute the images without solids."""
        from scipy.ndimage import gaussian_filter

        view, unit, detector = background.view, machine.unit, machine.detector
        beam = detected_beam(detector, exposure.target_filter, exposure.kv, unit.sid_mm)
        shape, place = coarse_grid(view, background.step)
        distance, slant = rays(view, shape, place)
        primary, quantum = beam.behind(background.paths_mm)
        shadow = None
        if hardware is not None and hardware.paddle is not None:
            shadow = paddle_factors(hardware, background, beam, primary, detector)
        spread = (METRE_MM / distance) ** 2 / slant
        primary = primary * (spread * exposure.mas).astype(np.float32)
        pitch = background.step * view.pitch_mm
        focal = focal_width_mm(view, 0.5 * exposure.thickness_mm)
        spec = load_beam()
        tissue = background.paths_mm.sum(axis=0) / (slant * exposure.thickness_mm)
        source = primary * np.minimum(tissue, 1.0).astype(np.float32)
        if shadow is not None:
            source *= shadow[0]
        # Scatter is wide: a sixth of its width is fine enough to compute it on.
        size = max(1, int(spec.scatter_sigma_mm / (6.0 * pitch)))
        whole = np.pad(source, [(0, -n % size) for n in source.shape], mode="edge")
        blocks = block_means(whole, size)
        wide = gaussian_filter(blocks, spec.scatter_sigma_mm / (size * pitch), mode="nearest")
        scatter = spread_blocks(wide, size, source.shape)
        scatter *= np.float32(spec.scatter_to_primary(exposure.thickness_mm))
        blurred = np.maximum(blur(primary, pitch, detector, focal_fwhm_mm=focal), 1e-3 * primary)
        fine = np.exp(native(np.log(blurred), background.step, (0, 0), view.shape))
        if background.textures:
            fine *= texture_transmission(
                background.detail_mm(), background.paths_mm, view.pitch_mm, beam, detector, focal
            )
        scattered = native(scatter, background.step, (0, 0), view.shape)
        if shadow is not None:
            fine *= shadow[1]
        series = cls(machine, background, exposure, beam, fine, scattered, quantum, focal)
        if hardware is not None:
            for ball in hardware.balls(view):
                width = focal_width_mm(view, float(ball.solids.centres_mm[0, 2]))
                series._add_solids(fine, solid_arrays(Scene(exposure.thickness_mm, ball)), width)
        return series

    def image(self, scene: Scene, *, rng: np.random.Generator | None) -> XrayImage:
        """Add the solids of `scene` (support frame) and, with `rng`, the noise."""
        detector = self.machine.detector
        view = self.background.view
        energy = self.primary + self.scatter
        solids = solid_arrays(scene)
        if len(solids):
            self._add_solids(energy, solids, self.focal_fwhm_mm)
        if rng is not None:
            add_noise(energy, view.pitch_mm, detector, self.quantum_kev, rng)
        energy *= np.float32(detector.dn_per_kev_mm2)
        energy += np.float32(detector.offset_dn)
        np.clip(energy, 0.0, detector.saturation_dn, out=energy)
        return XrayImage(
            energy,
            view,
            self.exposure,
            self.machine.unit.name,
            self.machine.unit.detector,
            detector.offset_dn,
        )

    def _add_solids(self, energy: Image, solids: SolidArrays, focal_fwhm_mm: float) -> None:
        """Put the solids into `energy`, blurred; only the parts of the image that they touch."""
        view, step = self.background.view, self.background.step
        boxes = solid_boxes(view, solids)
        reach = int(np.ceil(_BLUR_REACH_MM / view.pitch_mm))
        for numbers, window in windows(boxes, reach, view.shape):
            corner = (window[0].start, window[1].start)
            shape = (window[0].stop - corner[0], window[1].stop - corner[1])
            paths = np.stack([native(p, step, corner, shape) for p in self.background.paths_mm])
            np.maximum(paths, 0.0, out=paths)
            some = solids.subset(numbers)
            ratio = transmission(view, some, self.beam, paths, corner, boxes[numbers])
            change = self.primary[window] * (ratio - np.float32(1.0))
            energy[window] += blur(
                change,
                view.pitch_mm,
                self.machine.detector,
                focal_fwhm_mm=focal_fwhm_mm,
                edge="constant",
            )
