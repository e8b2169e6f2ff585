"""Calibration from marks: OpenCV, Monte Carlo, and what a mis-set unit does to targets."""

import cv2
import numpy as np
import pytest
from scipy.optimize import least_squares

from stereosim.geometry import (
    load_unit,
    load_units,
    project,
    scout,
    stereo_pair,
    triangulate_many,
    triangulate_pair,
)
from stereosim.geometry.calibration import (
    calibrate_view,
    target_covariance_from_calibration,
    target_sd_from_calibration,
)
from stereosim.geometry.marks import calibration_block, reference_marks
from stereosim.geometry.misalignment import Misalignment, misaligned
from tests.geometry_scenes import images_of, seen_by_the_console

every = pytest.mark.parametrize("unit", load_units().values(), ids=lambda u: u.name)
HOLOGIC = load_unit("upright-hologic")
OFF = Misalignment(
    gantry_deg=1.0, stereo_deg=-0.3, pivot_mm=(2.0, -1.0, 2.0), detector_mm=(1.0, -0.5)
)
SIGMA = 0.2


def marks_of(unit, thickness=50.0):
    marks = reference_marks(unit, thickness)
    return (marks if len(marks) else calibration_block(unit)).centres_mm


def true_pair(unit, off=OFF):
    return tuple(misaligned(view, unit, off) for view in stereo_pair(unit))


def parameters(view, nominal):
    """Source and shift of the detector of a view."""
    return np.concatenate([view.source_mm, (view.origin_mm - nominal.origin_mm)[:2]])


def estimates(unit, rng, sigma=SIGMA, off=OFF):
    """Both views of the pair, estimated from noisy marks."""
    marks = marks_of(unit)
    return [
        calibrate_view(
            nominal,
            marks,
            project(true, marks) + rng.normal(0, sigma, (len(marks), 2)),
            sigma_px=sigma,
        )
        for nominal, true in zip(stereo_pair(unit), true_pair(unit, off), strict=True)
    ]


@every
def test_exact_marks_give_back_the_true_view(unit):
    marks = marks_of(unit)
    for nominal in (*stereo_pair(unit), scout(unit)):
        true = misaligned(nominal, unit, OFF)
        found = calibrate_view(nominal, marks, project(true, marks), sigma_px=SIGMA)
        # Pixels are exact to 1e-12; the source is known a hundred thousand times worse.
        assert found.view.source_mm == pytest.approx(true.source_mm, abs=1e-5)
        assert found.view.origin_mm == pytest.approx(true.origin_mm, abs=1e-7)
        assert found.view.name == nominal.name and found.view.shape == nominal.shape
        assert found.chi2 == pytest.approx(0.0, abs=1e-10)
        assert (found.dof, found.p_value) == (2 * len(marks) - 5, pytest.approx(1.0))


@every
def test_the_source_is_that_of_a_direct_linear_transform(unit):
    """Eleven free numbers by singular vectors, taken apart by OpenCV: no model of ours."""
    block = calibration_block(unit).centres_mm
    nominal = stereo_pair(unit)[0]
    pixels = project(misaligned(nominal, unit, OFF), block)
    centre, scale = block.mean(axis=0), 20.0
    points = np.column_stack([(block - centre) / scale, np.ones(len(block))])
    rows = []
    for x, (c, r) in zip(points, pixels / 500.0, strict=True):
        rows += [[*x, 0, 0, 0, 0, *(-c * x)], [0, 0, 0, 0, *x, *(-r * x)]]
    matrix = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 4)
    homogeneous = cv2.decomposeProjectionMatrix(matrix)[2][:, 0]
    source = homogeneous[:3] / homogeneous[3] * scale + centre
    found = calibrate_view(nominal, block, pixels, sigma_px=SIGMA)
    assert found.view.source_mm == pytest.approx(source, abs=1e-3)


@every
def test_estimate_and_covariance_are_those_of_a_fit_of_opencvs_camera(unit):
    """A camera that looks down: focal length the source's height, principal point its foot."""
    rng = np.random.default_rng(41)
    marks, nominal = marks_of(unit), stereo_pair(unit)[1]
    pixels = project(misaligned(nominal, unit, OFF), marks) + rng.normal(0, SIGMA, (len(marks), 2))
    down = np.diag([1.0, -1.0, -1.0])
    turn = cv2.Rodrigues(down)[0]

    def residuals(p):
        focal = (p[2] + unit.detector_offset_mm) / unit.pitch_mm
        foot = nominal.pixel_from_detector([p[:2] - p[3:]])[0]
        camera = np.array([[focal, 0, foot[0]], [0, focal, foot[1]], [0, 0, 1.0]])
        images, _ = cv2.projectPoints(marks, turn, -down @ p[:3], camera, None)
        return (images[:, 0] - pixels).ravel() / SIGMA

    start = np.concatenate([nominal.source_mm, [0.0, 0.0]])
    fit = least_squares(residuals, start, method="lm", x_scale=[10, 10, 10, 1, 1], xtol=1e-14)
    found = calibrate_view(nominal, marks, pixels, sigma_px=SIGMA)
    assert parameters(found.view, nominal) == pytest.approx(fit.x, abs=1e-3)
    assert found.chi2 == pytest.approx(2.0 * fit.cost, rel=1e-6)
    covariance = np.linalg.inv(fit.jac.T @ fit.jac)
    assert found.covariance_mm2 == pytest.approx(covariance, rel=1e-3, abs=1e-6)


def whitened(errors, covariance):
    unit_errors = np.linalg.solve(np.linalg.cholesky(covariance), errors.T)
    return unit_errors @ unit_errors.T / len(errors)


@every
def test_covariance_and_p_value_agree_with_monte_carlo(unit):
    rng = np.random.default_rng(42)
    marks, nominal = marks_of(unit), stereo_pair(unit)[0]
    true = misaligned(nominal, unit, OFF)
    exact = project(true, marks)
    n = 1500
    found = [
        calibrate_view(nominal, marks, exact + rng.normal(0, SIGMA, exact.shape), sigma_px=SIGMA)
        for _ in range(n)
    ]
    errors = np.array([parameters(f.view, nominal) - parameters(true, nominal) for f in found])
    stated = calibrate_view(nominal, marks, exact, sigma_px=SIGMA).covariance_mm2
    # Five standard errors of an entry of a covariance of n.
    assert whitened(errors, stated) == pytest.approx(np.eye(5), abs=5.0 * np.sqrt(2.0 / n))
    chi2 = np.array([f.chi2 for f in found])
    dof = found[0].dof
    assert chi2.mean() == pytest.approx(dof, abs=5.0 * np.sqrt(2.0 * dof / n))
    alarms = np.mean([f.p_value < 0.01 for f in found])
    assert alarms == pytest.approx(0.01, abs=5.0 * np.sqrt(0.01 / n))


@every
def test_what_the_calibration_adds_to_a_targets_error_agrees_with_monte_carlo(unit):
    rng = np.random.default_rng(43)
    point = np.array([4.0, 40.0, 25.0])
    pixels = [project(view, [point])[0] for view in true_pair(unit)]
    found = [estimates(unit, rng) for _ in range(800)]
    targets = [
        triangulate_pair(*(c.view for c in pair), *pixels, sigma_px=1.0).target_mm for pair in found
    ]
    errors = np.array(targets) - point
    stated = target_covariance_from_calibration(found[0], point)
    assert whitened(errors, stated) == pytest.approx(np.eye(3), abs=5.0 * np.sqrt(2.0 / len(found)))
    sd = target_sd_from_calibration(found[0], point)
    assert sd == pytest.approx(np.sqrt(np.diagonal(stated)))
    assert (sd < 0.03).all()


CASES = {
    "as believed": Misalignment(),
    "gantry": Misalignment(gantry_deg=1.0),
    "swing": Misalignment(stereo_deg=0.5),
    "pivot": Misalignment(pivot_mm=(2.0, -1.0, 2.0)),
    "detector": Misalignment(detector_mm=(1.0, 1.0)),
    "all": OFF,
}


@every
@pytest.mark.parametrize("case", CASES)
def test_a_mis_set_unit_misplaces_targets_by_the_closed_form_until_it_is_calibrated(unit, case):
    rng = np.random.default_rng(44)
    off = CASES[case]
    points = rng.uniform([-8.0, 20.0, 5.0], [8.0, 50.0, 40.0], (50, 3))
    pixels = [project(view, points) for view in true_pair(unit, off)]
    believed = triangulate_many(*stereo_pair(unit), *pixels).target_mm
    assert believed == pytest.approx(seen_by_the_console(unit, off, points), abs=1e-9)
    views = [one.view for one in estimates(unit, rng, off=off)]
    calibrated = triangulate_many(*views, *pixels).target_mm
    assert np.abs(calibrated - points).max() < 0.1
    if case not in ("as believed", "swing"):
        assert np.abs(believed - points).max() > 0.1


def test_errors_of_setting_have_the_signs_and_sizes_of_the_first_order():
    """At height h above the detector of the 700 mm unit, source at H = 676 mm."""
    points = np.array([[3.0, 30.0, 15.0], [3.0, 30.0, 45.0]])
    high = 700.0 * np.cos(np.radians(15.0))
    share = (points[:, 2] + 25.0) / high

    def error(off):
        pixels = [project(view, points) for view in true_pair(HOLOGIC, off)]
        return triangulate_many(*stereo_pair(HOLOGIC), *pixels).target_mm - points

    # The pivot lies in the detector: a ray that turns by one degree about it slides over a target
    # at height h by h / cos^2 15 deg of the angle.
    gantry = error(Misalignment(gantry_deg=1.0))
    turned = np.radians(1.0) / np.cos(np.radians(15.0)) ** 2
    assert gantry[:, 0] == pytest.approx(-turned * high * share, rel=0.02)
    assert np.abs(gantry[:, 0]).max() > 1.0  # out of tolerance by itself
    # So does a shift of the pivot; a shift of the detector goes with the images.
    pivot = error(Misalignment(pivot_mm=(2.0, 0.0, 0.0)))
    assert pivot == pytest.approx(np.outer(share, [-2.0, 0.0, 0.0]), abs=1e-9)
    detector = error(Misalignment(detector_mm=(1.0, 0.5)))
    assert detector == pytest.approx(np.outer(1.0 - share, [-1.0, -0.5, 0.0]), abs=1e-9)
    # A wider swing makes more parallax, taken for height: dz = (H - h) h db / (b H).
    swing = error(Misalignment(stereo_deg=0.5))
    wider = np.radians(0.5) / np.tan(np.radians(15.0))
    assert swing[:, 2] == pytest.approx(wider * high * share * (1.0 - share), rel=0.15)


def test_a_unit_set_as_believed_is_left_alone():
    for view in stereo_pair(HOLOGIC):
        assert misaligned(view, HOLOGIC, Misalignment()) is view
    assert Misalignment().is_none and not OFF.is_none
    points = np.array([[1.0, 30.0, 20.0]])
    left, right = stereo_pair(HOLOGIC)
    flat = np.hstack([v.detector_from_pixel(project(v, points)) for v in (left, right)])
    assert flat == pytest.approx(images_of(HOLOGIC, points), abs=1e-9)


def test_a_mark_that_was_not_found_does_not_count():
    rng = np.random.default_rng(45)
    marks, nominal = marks_of(HOLOGIC), stereo_pair(HOLOGIC)[0]
    pixels = project(nominal, marks) + rng.normal(0, SIGMA, (len(marks), 2))
    lost = pixels.copy()
    lost[[1, 6]] = np.nan
    found = calibrate_view(nominal, marks, lost, sigma_px=SIGMA)
    kept = [0, 2, 3, 4, 5, 7]
    alone = calibrate_view(nominal, marks[kept], pixels[kept], sigma_px=SIGMA)
    assert found.view.source_mm == pytest.approx(alone.view.source_mm, abs=1e-9)
    assert np.isnan(found.residuals_px).any(axis=1).tolist() == [i in (1, 6) for i in range(8)]
    assert (found.dof, found.chi2) == (alone.dof, pytest.approx(alone.chi2))


def test_a_speck_taken_for_a_mark_shows_in_the_p_value():
    rng = np.random.default_rng(46)
    marks, nominal = marks_of(HOLOGIC), stereo_pair(HOLOGIC)[0]
    pixels = project(nominal, marks) + rng.normal(0, SIGMA, (len(marks), 2))
    pixels[2] += [12.0, -9.0]
    found = calibrate_view(nominal, marks, pixels, sigma_px=SIGMA)
    assert found.p_value < 1e-9
    assert np.argmax(np.linalg.norm(found.residuals_px, axis=1)) == 2


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (slice(0, 4), "marks_mm: marks at one height"),
        (slice(0, 2), "marks_px: 2 marks were found, 3 are needed"),
        ([0, 0, 0, 0], "marks_mm: marks at one height"),
    ],
)
def test_marks_that_do_not_tell_are_refused(choose, message):
    marks, nominal = marks_of(HOLOGIC)[choose], stereo_pair(HOLOGIC)[0]
    with pytest.raises(ValueError, match=message):
        calibrate_view(nominal, marks, project(nominal, marks), sigma_px=SIGMA)


def test_marks_that_tell_next_to_nothing_are_refused_with_the_figure():
    marks, nominal = marks_of(HOLOGIC).copy(), stereo_pair(HOLOGIC)[0]
    marks[:, 2] = [0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1, 0.1]
    with pytest.raises(ValueError, match=r"marks_mm: leave the source uncertain by \d+ mm"):
        calibrate_view(nominal, marks, project(nominal, marks), sigma_px=SIGMA)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v, m, p: calibrate_view(v, m, p[:3], sigma_px=1.0), "marks_px: must have shape"),
        (lambda v, m, p: calibrate_view(v, m, p, sigma_px=0.0), "sigma_px: must be positive"),
        (lambda v, m, p: calibrate_view(v, m * np.nan, p, sigma_px=1.0), "marks_mm: point 0"),
        (lambda v, m, p: calibrate_view(v, m, p * np.inf, sigma_px=1.0), "marks_px: pixel 0"),
        (
            lambda v, m, p: calibrate_view(v, m + np.array([0, 0, 900]), p, sigma_px=1.0),
            "is not in front",
        ),
        (
            lambda v, m, p: target_covariance_from_calibration(
                [calibrate_view(v, m, p, sigma_px=1.0)], [0.0, 30.0, 20.0]
            ),
            "calibrated: at least two views",
        ),
        (lambda v, m, p: Misalignment(gantry_deg=np.nan), "gantry_deg: is not finite"),
        (lambda v, m, p: Misalignment(pivot_mm=(0.0, 1.0)), "pivot_mm: must have shape"),
        (lambda v, m, p: misaligned(v, HOLOGIC, Misalignment(gantry_deg=-80.0)), "stand at -95"),
        (
            lambda v, m, p: misaligned(v, HOLOGIC, Misalignment(pivot_mm=(0.0, 0.0, -800.0))),
            "pivot_mm: the source would lie below",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    marks, view = marks_of(HOLOGIC), stereo_pair(HOLOGIC)[0]
    with pytest.raises(ValueError, match=message):
        call(view, marks, project(view, marks))


def test_images_of_other_marks_are_refused():
    marks, nominal = marks_of(HOLOGIC), stereo_pair(HOLOGIC)[0]
    with pytest.raises(ValueError, match=r"marks_(px|mm): "):
        calibrate_view(nominal, marks, project(nominal, marks)[::-1] * 40.0, sigma_px=SIGMA)
