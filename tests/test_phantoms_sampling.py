"""Boxes of tissue: threads, the cache and its rounding, detail, repeats, vessels."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.ndimage import gaussian_filter

from stereosim_phantoms import anatomy, sampling
from stereosim_phantoms.anatomy import JOIN_MM, NO_MASSES, anatomy_of, drive_variance
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.cache import Cache
from stereosim_phantoms.noise import Volume
from tests.phantom_scenes import breast

Box = tuple[Volume, Volume, Volume]
LO = np.array([-12.1, 20.1, 10.1])


def box(spec: BreastSpec, shape: tuple[int, int, int] = (40, 30, 50), spacing: float = 0.4) -> Box:
    return sampling.tissue_volumes(spec, NO_MASSES, LO, spacing, shape)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every box counts as large, and is kept here."""
    monkeypatch.setattr(sampling, "KEPT_VOXELS", 1)
    monkeypatch.setattr(sampling, "default_cache", lambda: Cache(tmp_path))
    return tmp_path


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_do_not_change_a_box(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    alone = box(breast())
    monkeypatch.setattr(anatomy, "THREADS", threads)
    monkeypatch.setattr(anatomy, "ALONE", 1)
    for volume, same in zip(box(breast()), alone, strict=True):
        assert (volume == same).all()


def test_a_box_is_the_same_new_and_from_the_cache(kept: Path) -> None:
    new = box(breast())
    (entry,) = kept.glob("*.npz")
    before = entry.stat().st_mtime_ns
    again = box(breast())
    assert all((a == b).all() for a, b in zip(new, again, strict=True))
    assert [path.name for path in kept.glob("*.npz")] == [entry.name]
    assert entry.stat().st_size < 1.1 * 3 * new[0].size  # a byte a fraction
    assert entry.stat().st_mtime_ns >= before


def test_rounding_keeps_fractions_of_large_boxes_fractions(kept: Path) -> None:
    spec = breast()
    lo, shape = np.array([-20.0, 60.0, -1.0]), (30, 20, 40)
    gland, skin, inside = sampling.tissue_volumes(spec, NO_MASSES, lo, 2.0, shape)
    exact = [np.zeros(shape, dtype=np.float32) for _ in range(3)]
    anatomy_of(spec).fill_box(lo, 2.0, NO_MASSES, *exact)
    assert list(kept.iterdir())
    assert_allclose(inside, exact[2], atol=0.501 / sampling.STEPS)
    assert_allclose(skin, exact[1], atol=0.501 / sampling.STEPS)
    assert_allclose(gland, exact[0], atol=1.51 / sampling.STEPS)
    assert (inside - skin - gland).min() >= -1e-6
    assert abs(gland.mean() - exact[0].mean()) < 2e-4


def test_what_makes_a_box_another_box_misses_the_cache(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = box(breast())
    for changes in ({"seed": 8}, {"glandular_fraction": 0.21}, {"thickness_mm": 55.5}):
        assert (box(breast(**changes))[0] != first[0]).any()
    box(breast(), spacing=0.41)
    assert len(list(kept.iterdir())) == 5
    other = dataclasses.replace(anatomy_parameters(), ligament_mm=0.4)
    monkeypatch.setattr(sampling, "anatomy_parameters", lambda: other)
    box(breast())
    assert len(list(kept.iterdir())) == 6


@pytest.mark.parametrize("damage", [b"", b"no archive"])
def test_a_damaged_entry_is_made_anew(kept: Path, damage: bytes) -> None:
    new = box(breast())
    (entry,) = kept.glob("*.npz")
    size = entry.stat().st_size
    entry.write_bytes(damage)
    assert all((a == b).all() for a, b in zip(new, box(breast()), strict=True))
    assert entry.stat().st_size == size


def test_homogeneous_and_small_boxes_are_not_kept(kept: Path) -> None:
    spec = breast(parenchyma="homogeneous", skin_mm=0.0)
    gland, _, _ = box(spec)
    assert gland.max() == np.float32(0.2)
    assert not list(kept.iterdir())


def test_there_is_detail_down_to_two_voxels_of_a_fifth_of_a_millimetre() -> None:
    """Along z, the octave that ends at 0.4 mm holds what the law of the noise says; below, little.

    Measured on the drive, whose octaves the gland's soft threshold mixes.
    """
    spec = breast()
    parameters, found = anatomy_parameters(), anatomy_of(spec)
    rng, step, n = np.random.default_rng(2), 0.05, 512
    shape = found.shape.copy()
    shape[anatomy.kernel.THRESHOLD] = 1e9  # texture everywhere
    bare = dataclasses.replace(found, shape=shape)
    power = np.zeros(n // 2 + 1)
    window = np.hanning(n)
    for x, y in rng.uniform((-30, 20), (30, 60), (60, 2)):
        line = np.column_stack([np.full(n, x), np.full(n, y), 12.0 + step * np.arange(n)])
        drive = bare.evaluate(line, 0.2)[:, 6]
        drive -= np.polyval(np.polyfit(line[:, 2], drive, 3), line[:, 2])
        power += np.abs(np.fft.rfft(drive * window)) ** 2
    k = np.fft.rfftfreq(n, step)
    power *= 2.0 * step / (60 * (window**2).sum())  # per 1/mm, one-sided

    def expected(k: np.ndarray) -> np.ndarray:
        """One-dimensional spectrum of the isotropic law: 2 pi A times the integral of q^(1 - b)."""
        b, last = parameters.noise_exponent, 1.0 / parameters.finest_mm
        low = 1.0 / JOIN_MM
        whole = 4.0 * np.pi * (last ** (3 - b) - low ** (3 - b)) / (3 - b)
        scale = drive_variance(parameters, parameters.finest_mm, JOIN_MM) / whole
        return 4.0 * np.pi * scale * (last ** (2 - b) - k ** (2 - b)) / (2 - b)

    for low, high in ((0.5, 0.9), (0.9, 1.4), (1.4, 2.0)):
        ring = (k >= low) & (k < high)
        assert abs(power[ring].mean() / expected(k[ring]).mean() - 1.0) < 0.25
    assert power[(k > 3.2) & (k < 8.0)].mean() < 0.02 * power[(k > 1.4) & (k < 2.0)].mean()


def test_fine_texture_does_not_repeat_in_projection() -> None:
    """No shift beyond 3 mm makes the fine part of a projection resemble itself."""
    spec = breast(glandular_fraction=0.5, thickness_mm=50.0, edge_mm=20.0)
    arrays = [np.zeros((220, 280, 560), dtype=np.float32) for _ in range(3)]
    anatomy_of(spec).fill_box(np.array([-56.0, 12.0, 3.0]), 0.2, NO_MASSES, *arrays)
    image = arrays[0].sum(axis=0)
    fine = image - gaussian_filter(image, 4.0)
    fine /= np.sqrt(gaussian_filter(fine**2, 20.0))
    size = (640, 1280)
    power = np.abs(np.fft.fft2(fine, s=size)) ** 2
    shared = np.fft.ifft2(np.abs(np.fft.fft2(np.ones_like(fine), s=size)) ** 2).real
    likeness = np.fft.ifft2(power).real / np.maximum(shared, 0.1 * fine.size)
    likeness /= likeness[0, 0]
    y, x = (np.minimum(np.arange(n), n - np.arange(n)) for n in size)
    assert likeness[np.hypot(y[:, None], x) > 15].max() < 0.2


def test_vessels_are_gland_to_x_rays_and_nothing_to_ultrasound() -> None:
    spec = breast(glandular_fraction=0.05)
    found = anatomy_of(spec)
    rows = found.vessels.capsules
    middles = 0.5 * (rows[:, :3] + rows[:, 3:6])[rows[:, 6] > 0.5]
    without = dataclasses.replace(found, tubes=found.tubes.copy())
    without.tubes[len(found.ducts.capsules) :, 7:] = 0.0
    with_vessels, bare = found.evaluate(middles, 0.2), without.evaluate(middles, 0.2)
    assert len(middles) > 50
    assert (with_vessels[:, 5] > 0.98).all()  # a thin one is fainter by the voxel's edge
    assert np.median(bare[:, 5]) < 0.1
    assert (with_vessels[:, :5] == bare[:, :5]).all()


@pytest.mark.parametrize(
    ("fraction", "density"),
    [(0.05, "a"), (0.15, "b"), (0.34, "c"), (0.60, "d"), (0.087, "b"), (0.452, "d")],
)
def test_density_is_that_of_victre(fraction: float, density: str) -> None:
    assert breast(glandular_fraction=fraction).density == density


def test_drive_variance_adds_up() -> None:
    """Noise down to the finest wavelength has what the strands leave; halves of it add up."""
    p = anatomy_parameters()
    whole = drive_variance(p, p.finest_mm, p.longest_mm)
    assert_allclose(whole, 1.0 - p.strand_share)
    parts = drive_variance(p, p.finest_mm, 5.0) + drive_variance(p, 5.0, p.longest_mm)
    assert_allclose(parts, whole)
    below = [drive_variance(p, short, p.finest_mm) for short in (0.2, 0.1, 0.0)]
    assert 0.0 < below[0] < below[1] < below[2] < whole


def test_the_rim_is_round_at_the_ends_as_in_front() -> None:
    """At the level of the support the breast is as much narrower as it is shorter."""
    spec = breast()
    x = np.arange(0.0, spec.half_width_mm + 1.0, 0.05)
    zero = np.zeros_like(x)

    def reach(points: np.ndarray) -> float:
        return float(x[spec.skin_distance_mm(points) > 0.0].max())

    for height in (3.0, 27.5):
        level = zero + height
        wide = reach(np.column_stack([x, zero, level]))
        long = reach(np.column_stack([zero, np.minimum(x, 200.0), level]))
        assert_allclose(spec.half_width_mm - wide, spec.chest_to_nipple_mm - long, atol=0.11)
    # One skin thickness inward from the lateral end the distance is the skin's.
    inward = np.array([[spec.half_width_mm - 1.44, 0.0, 27.5]])
    assert_allclose(spec.skin_distance_mm(inward), 1.44, rtol=1e-6)
