"""Texture below the voxels: the power law goes on, at the right heights, in the gland only."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.fft

from stereosim.geometry import load_unit, project, scout, stereo_pair, triangulate
from stereosim.imaging.background import (
    Background,
    cached_backgrounds,
    slab_background,
    tissue_background,
)
from stereosim.imaging.detection import find_specks
from stereosim.imaging.detectors import load_detectors
from stereosim.imaging.exposure import detected_beam
from stereosim.imaging.fine_texture import fine_detail, texture_transmission
from stereosim.imaging.rendering import native
from stereosim.imaging.scene import Scene, field_box
from stereosim.imaging.xray import XrayMachine
from stereosim.kernels.fine_texture import add_sheet
from stereosim.procedures.approach import positioned_tissue, support_from_breast
from stereosim.procedures.intents import Position
from stereosim_phantoms.anatomy import anatomy_of
from stereosim_phantoms.cache import Cache
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.cohort import draw_patient, load_cohort
from stereosim_phantoms.kernels import tissue as kernel
from stereosim_phantoms.patient import plain_patient
from stereosim_phantoms.texture import SHEET_MM, Texture, sampled_texture
from tests.reference import fine_texture as reference

UNIT = load_unit("upright-hologic")
SCOUT, LEFT, RIGHT = scout(UNIT), *stereo_pair(UNIT)
EXPONENT = 3.17


def texture(slopes=None, first=6, power=1e-4, **others):
    """Texture of even slopes over all that the views see."""
    if slopes is None:
        slopes = np.ones((25, 60, 120), np.float32)
    corner = (-96.0, -8.0)
    return Texture(5, EXPONENT, power, 0.4, 1.0, first, corner, slopes, **others)


def one_sheet(number):
    return texture(np.ones((1, 60, 120), np.float32), first=number)


def place_in(view, image, points):
    """Values of a native image at points of the support frame, to the nearest pixel."""
    columns, rows = np.rint(project(view, points)).astype(int).T
    return image[rows, columns]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([[-1.0, 0.21], [-5.0, 1.3]], [[0.5, 0.1], [3.0, 0.9]]),
        ([[6.0, -0.3], [100.2, -0.7]], [[9.0, -0.2], [31.0, -2.3]]),
    ],
)
def test_the_sheet_agrees_with_the_twin(rows, columns):
    rng = np.random.default_rng(3)
    amplitude = rng.random((6, 8), dtype=np.float32)
    amplitude[:, :2] = amplitude[4:] = 0.0  # what is not gland is passed over
    tile = rng.standard_normal((16, 16), dtype=np.float32)
    ours, slow = np.ones((30, 50), np.float32), np.ones((30, 50), np.float32)
    arguments = (amplitude, tile, np.array(rows), np.array(columns))
    add_sheet(*arguments, ours)
    reference.add_sheet(*arguments, slow)
    assert ours == pytest.approx(slow, abs=1e-5)
    assert slow.std() > 0.1


def power_spectrum(image, pitch):
    """Radial power spectrum of the middle of an image, and its frequencies."""
    r, c = (n // 2 for n in image.shape)
    part = image[r - 350 : r + 350, c - 450 : c + 450].astype(float)
    part = (part - part.mean()) * np.hanning(700)[:, None] * np.hanning(900)
    weight = (np.hanning(700) ** 2).sum() * (np.hanning(900) ** 2).sum()
    power = np.abs(np.fft.rfft2(part)) ** 2 * pitch**2 / weight
    k = np.hypot(np.fft.fftfreq(700, pitch)[:, None], np.fft.rfftfreq(900, pitch))
    band = np.digitize(k.ravel(), np.geomspace(0.2, 7.0, 41))
    count = np.bincount(band, minlength=42)[1:41]
    means = [np.bincount(band, a.ravel(), 42)[1:41] / np.maximum(count, 1) for a in (k, power)]
    return means[0][count > 0], means[1][count > 0]


def slope_between(k, power, low, high):
    chosen = (k > low) & (k < high)
    return np.polyfit(np.log(k[chosen]), np.log(power[chosen]), 1)[0]


@dataclass(frozen=True)
class Field:
    origin_mm: np.ndarray
    spacing_mm: float
    gland: np.ndarray
    skin: np.ndarray
    inside: np.ndarray
    texture: Texture | None


@pytest.mark.parametrize("spacing", [0.3, 0.5])
@pytest.mark.parametrize("view", [SCOUT, LEFT], ids=["scout", "left"])
def test_the_power_law_goes_on_below_the_voxels(view, spacing):
    """Noise on voxels and the texture make one spectrum, down to 0.2 mm, as put in.

    The noise of the voxels is made here, with the same law, from wavelengths above 0.4 mm.
    """
    power, depth = 1e-4, SHEET_MM * 25
    shape = [scipy.fft.next_fast_len(int(s / spacing), real=True) for s in (2 * depth, 66, 120)]
    f = [np.fft.fftfreq(n, spacing).astype(np.float32) for n in shape]
    f[2] = np.fft.rfftfreq(shape[2], spacing).astype(np.float32)
    square = f[0][:, None, None] ** 2 + f[1][:, None] ** 2 + f[2] ** 2
    square[0, 0, 0] = np.inf
    law = power * square ** (-EXPONENT / 2) / spacing**3
    law[(square > 0.4**-2) | (square < 1 / 40**2)] = 0.0
    white = np.random.default_rng(1).standard_normal(shape, dtype=np.float32)
    noise = scipy.fft.irfftn(scipy.fft.rfftn(white) * np.sqrt(law), s=shape).astype(np.float32)
    gland = 0.25 + noise[: round(depth / spacing)]
    origin = np.array([-60.0, 0.0, 6 * SHEET_MM + spacing / 2])
    field = Field(
        origin, spacing, gland, np.zeros_like(gland), np.ones_like(gland), texture(power=power)
    )
    found = tissue_background(field, view)
    voxels = native(found.paths_mm[1], found.step, (0, 0), view.shape)
    middle = origin[2] + depth / 2
    pitch = view.pitch_mm * (view.source_mm[2] - middle) / (view.source_mm[2] - view.origin_mm[2])
    k, whole = power_spectrum(voxels + found.detail_mm(), pitch)
    # The aperture of a pixel is part of the texture; turning about the centre averages it.
    aperture = np.sinc(k * pitch / np.sqrt(2)) ** 4
    whole /= aperture
    join = 1 / (2.5 * spacing)
    for low, high in ((0.5 * join, 2 * join), (join, 5.0), (2.0, 5.0)):
        assert slope_between(k, whole, low, high) == pytest.approx(-EXPONENT, abs=0.3), (low, high)
    expected = power * depth * k**-EXPONENT
    seen = (k > 0.5) & (k < 5.0)
    assert np.median(whole[seen] / expected[seen]) == pytest.approx(1.0, abs=0.1)
    _, without = power_spectrum(voxels, pitch)
    assert slope_between(k, without, 0.5 * join, 1.2 * join) < -EXPONENT - 0.8, "needless"


def matching_shift(first, second):
    """By how many columns and rows the second image is moved, by correlation, below a pixel."""
    spectra = [np.fft.fft2(image - image.mean()) for image in (first, second)]
    match = np.fft.fftshift(np.fft.ifft2(spectra[1] * np.conj(spectra[0])).real)
    r, c = np.unravel_index(np.argmax(match), match.shape)

    def vertex(before, at, after):
        return 0.5 * (before - after) / (before - 2 * at + after)

    fine = [vertex(*match[r, c - 1 : c + 2]), vertex(*match[r - 1 : r + 2, c])]
    return np.array([c, r]) + fine - np.array(match.shape[::-1]) // 2


@pytest.mark.parametrize("number", [3, 17, 30])
def test_what_lies_in_a_sheet_is_found_at_its_height(number):
    height = SHEET_MM * (number + 0.5)
    views = (LEFT, RIGHT, SCOUT)
    images = [fine_detail([one_sheet(number)], 0.3, view) for view in views]
    place = np.array([[4.0, 34.0, height + 3.0]])  # we do not know the height beforehand
    corners = [np.rint(project(view, place)[0]).astype(int) - 128 for view in views]
    parts = [a[r : r + 256, c : c + 256] for a, (c, r) in zip(images, corners, strict=True)]
    shifts = [matching_shift(parts[0], part) for part in parts]
    marks = [corner + 128 + shift for corner, shift in zip(corners, shifts, strict=True)]
    found = triangulate(views, marks, sigma_px=0.5)
    assert found.target_mm[2] == pytest.approx(height, abs=0.15)
    assert np.abs(found.residuals_px).max() < 0.3


def test_sheets_lie_where_the_breast_was_put():
    """Turned and shifted, each place of the breast keeps its texture."""
    usual = 61.0
    for position in (
        Position(shift_x_mm=7.0, shift_y_mm=5.0, approach="craniocaudal"),
        Position(shift_x_mm=-6.0, shift_y_mm=3.0, approach="caudocranial"),
    ):
        rng = np.random.default_rng(4)
        places = np.stack(
            [rng.uniform(-20, 20, 400), rng.uniform(25, 55, 400), np.full(400, 20.5 * SHEET_MM)], 1
        )
        untouched = fine_detail([one_sheet(20)], 0.3, SCOUT)
        moved = support_from_breast(places, usual, position)
        zero, one = support_from_breast(np.array([np.zeros(3), np.ones(3)]), usual, position)
        scale = one - zero
        image = fine_detail([one_sheet(20).placed(1.0 / scale, -zero / scale)], 0.3, SCOUT)
        before, after = place_in(SCOUT, untouched, places), place_in(SCOUT, image, moved)
        # To the nearest pixel, half a pixel of texture is lost.
        assert np.corrcoef(before, after)[0, 1] > 0.8


def test_compression_takes_the_texture_along():
    patient = load_case("case-1").patient(1)
    usual = patient.breast.thickness_mm
    lo, hi = np.array([-20.0, 25.0, 0.0]), np.array([20.0, 50.0, usual])
    points = np.random.default_rng(2).uniform([-15, 30, 1], [15, 45, usual - 1], (50, 3))
    for approach in ("craniocaudal", "caudocranial"):
        position = Position(3.0, 2.0, approach, 0.9 * usual)
        tissue = positioned_tissue(patient, position, lo, hi, 2.0)
        scale, offset = np.array(tissue.texture.scale), np.array(tissue.texture.offset_mm)
        assert scale * support_from_breast(points, usual, position) + offset == pytest.approx(
            points, abs=1e-9
        )


def test_slabs_add_up_to_the_whole():
    patient = load_case("case-1").patient(1)
    lo, hi = np.array([-15.0, 30.0, 0.0]), np.array([15.0, 50.0, patient.breast.thickness_mm])
    whole = tissue_background(patient.tissue_field(lo, hi, 1.0), LEFT)
    cuts = [0.0, 16.0, 33.0, float(hi[2])]
    parts = []
    for below, above in pairwise(cuts):
        low, high = np.array([*lo[:2], below]), np.array([*hi[:2], above])
        parts.append(tissue_background(patient.tissue_field(low, high, 1.0), LEFT))
    together = parts[0] + parts[1] + parts[2]
    assert together.detail_mm() == pytest.approx(whole.detail_mm(), abs=1e-4)
    assert together.paths_mm == pytest.approx(whole.paths_mm, abs=1e-3)
    assert whole.detail_mm().std() > 0.05


def test_strength_is_how_gland_answers_to_its_drive():
    """Against the tissue itself with a threshold moved to both sides."""
    patient = load_case("case-1").patient(1)
    lo, hi = np.array([-12.0, 30.0, 8.0]), np.array([12.0, 50.0, 24.0])
    found = sampled_texture(patient.breast, lo, hi)
    n, ny, nx = found.slopes.shape
    z, y, x = np.meshgrid(
        SHEET_MM * (found.first + np.arange(n) + 0.5),
        found.corner_mm[1] + SHEET_MM * np.arange(ny),
        found.corner_mm[0] + SHEET_MM * np.arange(nx),
        indexing="ij",
    )
    places = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    assert places.min(axis=0) == pytest.approx(lo, abs=SHEET_MM)
    assert places.max(axis=0) == pytest.approx(hi, abs=SHEET_MM)
    anatomy = anatomy_of(patient.breast)
    gland, step = [], 1e-3
    for sign in (-1, 1):
        shape = anatomy.shape.copy()
        shape[kernel.THRESHOLD] += sign * step
        sample = replace(anatomy, shape=shape).evaluate(places, 0.35)
        gland.append(sample[:, 2])
    plain = np.abs(sample[:, 3]) < 1e-9  # ligaments cover a part; so do ducts, which are few
    change = ((gland[0] - gland[1]) / (2 * step))[plain]
    slopes = found.slopes.ravel()[plain]
    assert np.median(np.abs(slopes - change)) < 1e-3
    assert np.mean(np.abs(slopes - change) > 0.02) < 0.05
    assert slopes.max() > 1.0 and slopes.min() >= 0.0


def test_skin_and_fat_have_no_texture():
    patient = load_case("case-1").patient(1)
    breast = patient.breast
    lo, hi = np.array([-60.0, 0.0, 0.0]), np.array([60.0, 100.0, breast.thickness_mm])
    found = sampled_texture(breast, lo, hi)
    n, ny, nx = found.slopes.shape
    z, y, x = np.meshgrid(
        SHEET_MM * (found.first + np.arange(n) + 0.5),
        found.corner_mm[1] + SHEET_MM * np.arange(ny),
        found.corner_mm[0] + SHEET_MM * np.arange(nx),
        indexing="ij",
    )
    depth = breast.skin_distance_mm(np.stack([x, y, z], axis=-1).reshape(-1, 3))
    outside = (depth < breast.skin_mm).reshape(found.slopes.shape)
    assert found.slopes[outside].max() == 0.0
    assert outside.sum() > 1000
    assert sampled_texture(plain_patient().breast, lo, hi) is None


def test_transmission_is_that_of_more_gland_and_less_fat():
    detector = load_detectors()[UNIT.detector]
    beam = detected_beam(detector, detector.target_filter, 30, UNIT.sid_mm)
    paths = np.empty((3, 2, 2), np.float32)
    paths[:] = np.array([30.0, 20.0, 3.0])[:, None, None]
    changed = paths + np.array([-0.5, 0.5, 0.0], np.float32)[:, None, None]
    exact = beam.behind(changed)[0] / beam.behind(paths)[0]
    detail = np.full((64, 64), 0.5, np.float32)
    ours = texture_transmission(detail, paths, 0.07, beam, detector, 0.1)
    assert np.log(ours) == pytest.approx(float(np.log(exact[0, 0])), rel=0.01)
    assert ours[0, 0] < 0.99


def test_texture_is_subtle_beside_quantum_noise():
    patient = load_case("case-1").patient(1)
    thickness = patient.breast.thickness_mm
    lo, hi = np.array([-70.0, -2.0, 0.0]), np.array([70.0, 70.0, thickness])
    tissue = patient.tissue_field(lo, hi, 0.5)
    machine = XrayMachine(UNIT)
    exposure = machine.exposure(thickness, patient.breast.glandular_fraction)
    background = machine.background(tissue, SCOUT)
    coarse = machine.series(replace(background, textures=()), exposure)
    fine = machine.series(background, exposure)
    empty = Scene(thickness_mm=thickness)
    plain, grain = (s.image(empty, rng=None).pixels for s in (coarse, fine))
    noisy = fine.image(empty, rng=np.random.default_rng(1)).pixels
    middle = (slice(400, 700), slice(800, 1150))
    texture_sd = np.log(grain / plain)[middle].std()
    noise_sd = np.log(noisy / grain)[middle].std()
    assert 0.05 * noise_sd < texture_sd < 0.6 * noise_sd
    beside = background.paths_mm.sum(axis=0) < 1e-3
    air = native(beside.astype(np.float32), background.step, (0, 0), SCOUT.shape) > 0.999
    assert air.sum() > 1000
    assert np.abs(np.log(grain / plain)[air]).max() < 1e-3


def test_backgrounds_come_back_from_the_disk(tmp_path):
    made = []
    textures = (texture(), one_sheet(3).placed(np.array([-1.0, 1.0, 0.9]), np.ones(3)))

    def make():
        made.append(1)
        return [replace(slab_background(v, 50.0, 0.3), textures=textures) for v in (LEFT, RIGHT)]

    cache = Cache(tmp_path)
    for _ in range(2):
        found = cached_backgrounds((LEFT, RIGHT), ("slab", 50.0), make, cache=cache)
        for ours, theirs in zip(found, make(), strict=True):
            assert isinstance(ours, Background)
            assert (ours.view.name, ours.step) == (theirs.view.name, theirs.step)
            assert np.array_equal(ours.paths_mm, theirs.paths_mm)
            for one, other in zip(ours.textures, textures, strict=True):
                assert np.array_equal(one.slopes, other.slopes)
                assert str(replace(one, slopes=None)) == str(replace(other, slopes=None))
    assert len(made) == 3
    cached_backgrounds((LEFT, RIGHT), ("slab", 51.0), make, cache=cache)
    moved = replace(LEFT, source_mm=LEFT.source_mm + 1e-6)
    cached_backgrounds((moved, RIGHT), ("slab", 50.0), make, cache=cache)
    assert len(made) == 5


@pytest.mark.slow
def test_texture_makes_no_false_specks():
    """Candidates in breasts without specks: no more with the texture than without it."""
    cohort, machine, found = load_cohort("screening"), XrayMachine(UNIT), {True: [], False: []}
    for index in (1, 4, 5):
        patient = draw_patient(cohort, 1, index)
        breast = patient.breast
        tissue = patient.tissue_field(*field_box(UNIT, breast.thickness_mm), 0.5)
        exposure = machine.exposure(breast.thickness_mm, breast.glandular_fraction)
        for k, view in enumerate((SCOUT, LEFT, RIGHT)):
            with_texture = machine.background(tissue, view)
            for background in (with_texture, replace(with_texture, textures=())):
                series = machine.series(background, exposure)
                rng = np.random.default_rng((index, k))
                image = series.image(Scene(thickness_mm=breast.thickness_mm), rng=rng)
                found[bool(background.textures)].append(len(find_specks(image)))
    # The search allows 0.5 a picture; both are counts of few, so that they differ by chance.
    assert sum(found[True]) <= sum(found[False]) + 6
    assert np.mean(found[True]) < 2.0
