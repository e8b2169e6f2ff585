"""Quality assurance of a stereotactic unit: zero-alignment, gelatin phantom, calibration.

A :class:`Bench` is a unit that may be mis-set.  Its images are made with the true geometry and bear
the nominal one, which is all that a console knows; a calibrated console replaces that by the
geometry which it estimates from its reference marks, or from the calibration block where the unit
carries none.  What passes is within the tolerance on every axis.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.calibration import CalibratedView
from stereosim.geometry.marks import calibration_block, load_block, paddle, reference_marks
from stereosim.geometry.misalignment import Misalignment, misaligned
from stereosim.geometry.triangulation import triangulate_many
from stereosim.geometry.views import View, scout, stereo_pair
from stereosim.imaging.detection import find_needle_tip, find_specks
from stereosim.imaging.hardware import Hardware
from stereosim.imaging.scene import Needle, Scene
from stereosim.imaging.xray import XrayImage, XrayMachine
from stereosim.procedures.quality_spec import load_quality
from stereosim.procedures.quality_views import estimate_view
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Ellipsoids, Specks

Array = NDArray[np.float64]

# The shaft ends beyond the field.
_ROD_MM = 300.0


@dataclass(frozen=True, eq=False)
class Comparison:
    """Where targets are and where the unit puts them.

    Attributes
    ----------
    true_mm, found_mm : ndarray, shape (n, 3)
        Support frame; NaN for a target that was not found.
    sd_mm : ndarray, shape (n, 3)
        Standard deviations that the console states for what it found.
    tolerance_mm : float
        Largest error on each axis that passes.
    """

    true_mm: Array
    found_mm: Array
    sd_mm: Array
    tolerance_mm: float

    @property
    def errors_mm(self) -> Array:
        """Found minus true, shape (n, 3)."""
        return np.asarray(self.found_mm - self.true_mm)

    @property
    def within(self) -> NDArray[np.bool_]:
        """Whether each target (n,) was found, and within the tolerance on every axis."""
        # A comparison with NaN is false.
        return np.asarray((np.abs(self.errors_mm) <= self.tolerance_mm).all(axis=1))

    @property
    def passed(self) -> bool:
        """Whether all targets are."""
        return bool(self.within.all())


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the marks say about a unit, beside what is true.

    Attributes
    ----------
    views : dict of str to CalibratedView
        Scout, left and right as estimated.
    true, nominal : dict of str to View
        As they are, and as the console believes without calibration.
    source : {"marks", "block"}
        Where the marks were.
    """

    views: dict[str, CalibratedView]
    true: dict[str, View]
    nominal: dict[str, View]
    source: str


@dataclass(frozen=True)
class Bench:
    """A unit under test.

    Attributes
    ----------
    machine : XrayMachine
        The unit.
    misalignment : Misalignment
        How it is mis-set.
    seed : int
        Of the noise.
    """

    machine: XrayMachine
    misalignment: Misalignment = field(default_factory=Misalignment)
    seed: int = 0

    @property
    def nominal(self) -> dict[str, View]:
        """The views that the console believes in."""
        views = (scout(self.machine.unit), *stereo_pair(self.machine.unit))
        return {view.name: view for view in views}

    @property
    def true(self) -> dict[str, View]:
        """The views with which images are made."""
        unit = self.machine.unit
        return {n: misaligned(v, unit, self.misalignment) for n, v in self.nominal.items()}

    def expose(self, name: str, scene: Scene, purpose: str, hardware: Hardware) -> XrayImage:
        """Make one image of solids in gelatin; its view is the nominal one.

        Parameters
        ----------
        name : str
            "scout", "left" or "right".
        scene : Scene
            The solids; its thickness is that of the gelatin.
        purpose : str
            Names the noise.
        hardware : Hardware
            Paddle and marks.
        """
        fraction = load_quality().phantom.glandular_fraction
        background = self.machine.slab_background(self.true[name], scene.thickness_mm, fraction)
        exposure = self.machine.exposure(scene.thickness_mm, fraction)
        series = self.machine.series(background, exposure, hardware)
        image = series.image(scene, rng=stream(self.seed, "quality", purpose, name))
        return replace(image, view=self.nominal[name])

    def calibrate(self) -> Calibration:
        """Estimate all views from the unit's marks, or from the block where it carries none.

        Raises
        ------
        ValueError
            If the unit is mis-set so far that its marks are not recognised.
        """
        return self._calibration

    @cached_property
    def _calibration(self) -> Calibration:
        unit, quality = self.machine.unit, load_quality()
        marks, source = reference_marks(unit, quality.tests.paddle_height_mm), "marks"
        scene = Scene(quality.alignment.sheet_mm)
        if len(marks) == 0:
            marks, source = calibration_block(unit), "block"
            scene = Scene(load_block().thickness_mm)
        hardware = Hardware(paddle(unit, quality.tests.paddle_height_mm), marks)
        views = {}
        for name in self.nominal:
            image = self.expose(name, scene, "calibration", hardware)
            try:
                views[name] = estimate_view(image, marks)
            except ValueError as error:
                raise ValueError(f"calibration of the {name} view: {error}") from error
        return Calibration(views, self.true, self.nominal, source)

    def console(self, *, calibrated: bool) -> tuple[View, View]:
        """Return the left and the right view with which the console computes targets."""
        if not calibrated:
            return self.nominal["left"], self.nominal["right"]
        views = self.calibrate().views
        return views["left"].view, views["right"].view


def zero_alignment(bench: Bench, *, calibrated: bool = False) -> Comparison:
    """Drive the needle's tip to a known place and see where the pair has it.

    Parameters
    ----------
    bench : Bench
        The unit.
    calibrated : bool
        Whether the console computes with the views estimated from the marks.

    Returns
    -------
    Comparison
        Of one target, the tip.

    Raises
    ------
    ValueError
        If the calibration fails.
    """
    unit, quality = bench.machine.unit, load_quality()
    spec = quality.alignment
    tip = np.array([0.0, unit.window_centre_y_mm, spec.tip_z_mm])
    needle = Needle(tip, np.array([0.0, 0.0, -1.0]), _ROD_MM, spec.needle_mm)
    scene = Scene(spec.sheet_mm, needles=(needle,))
    hardware = Hardware.of(unit, quality.tests.paddle_height_mm)
    views = bench.console(calibrated=calibrated)
    marks = [
        find_needle_tip(bench.expose(view.name, scene, "zero-alignment", hardware))
        for view in views
    ]
    seen = [np.full((1, 2), np.nan) if mark is None else np.array([mark]) for mark in marks]
    found = triangulate_many(*views, *seen, sigma_px=spec.tip_sd_px, invalid="nan")
    return Comparison(tip[None], found.target_mm, found.sd_mm, quality.tests.tolerance_mm)


def phantom_test(bench: Bench, *, calibrated: bool = False) -> Comparison:
    """Image specks at known places in gelatin, find them, pair them and triangulate them.

    Parameters
    ----------
    bench : Bench
        The unit.
    calibrated : bool
        Whether the console computes with the views estimated from the marks.

    Returns
    -------
    Comparison
        Of all targets of the phantom.

    Raises
    ------
    ValueError
        If the calibration fails.
    """
    unit, quality = bench.machine.unit, load_quality()
    spec = quality.phantom
    targets = phantom_targets_mm(bench)
    scene = Scene(spec.thickness_mm, specks=_specks(targets, spec.diameter_mm))
    hardware = Hardware.of(unit, quality.tests.paddle_height_mm)
    views = bench.console(calibrated=calibrated)
    left, right = (
        find_specks(bench.expose(view.name, scene, "phantom", hardware)).pixels for view in views
    )
    pitch = float(np.linalg.norm(views[0].row_mm))
    i, j = _paired(left[:, 1] * pitch, right[:, 1] * pitch, spec.pair_mm)
    found = triangulate_many(*views, left[i], right[j], sigma_px=spec.speck_sd_px, invalid="nan")
    places, sds = _assigned(targets, found.target_mm, found.sd_mm, spec.reach_mm)
    return Comparison(targets, places, sds, quality.tests.tolerance_mm)


def phantom_targets_mm(bench: Bench) -> Array:
    """Return where the phantom's specks are, shape (n, 3), when it lies under the window."""
    spec = load_quality().phantom
    y = bench.machine.unit.window_centre_y_mm + np.array(spec.y_mm)
    return np.column_stack([spec.x_mm, y, spec.z_mm])


def _specks(centres: Array, diameter_mm: float) -> Specks:
    n = len(centres)
    axes = np.broadcast_to(0.5 * diameter_mm * np.eye(3), (n, 3, 3)).copy()
    return Specks(Ellipsoids(centres, axes), ("calcite",) * n, np.zeros(n, np.int64))


def _paired(
    left_mm: Array, right_mm: Array, most_mm: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair all candidates of the two images whose rows come near: the epipolar constraint."""
    left, right = np.nonzero(np.abs(left_mm[:, None] - right_mm[None]) <= most_mm)
    return left, right


def _assigned(targets: Array, places: Array, sds: Array, reach_mm: float) -> tuple[Array, Array]:
    """Give each target the place that belongs to it, all in all with the least distance."""
    from scipy.optimize import linear_sum_assignment

    found, spread = np.full_like(targets, np.nan), np.full_like(targets, np.nan)
    usable = np.flatnonzero(~np.isnan(places).any(axis=1))
    away = np.linalg.norm(targets[:, None] - places[usable][None], axis=2)
    # A place out of reach costs as much as none, and none must never win by being left over.
    for t, p in zip(*linear_sum_assignment(np.minimum(away, reach_mm)), strict=True):
        if away[t, p] < reach_mm:
            found[t], spread[t] = places[usable[p]], sds[usable[p]]
    return found, spread
