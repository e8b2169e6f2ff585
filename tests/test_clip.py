"""The clip: closed forms of each step, and limits that need no number of the model."""

from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy import needle
from stereosim.biopsy.capture import Tissue, take_core
from stereosim.biopsy.clip import Clip, deploy_clip, load_clip_models
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.needle import load_placement
from stereosim.biopsy.pose import NeedlePose
from stereosim_phantoms.provenance import SpecError
from tests.biopsy_scenes import CENTRE, specks_at

POSE = NeedlePose.vertical(CENTRE)
ELEVEN = load_devices()["vab-11g"]
MODEL = load_clip_models()["stereotactic"]
STILL = replace(MODEL, drag_mm=0.0, expansion=1.0)
THICKNESS = 2.0 * CENTRE[2]


def sampled(cores: int = 12, pose: NeedlePose = POSE) -> Tissue:
    """Return tissue with a target in the middle of the bore, and cores taken all round."""
    tissue = Tissue.untouched(specks_at([CENTRE]))
    for k in range(cores):
        tissue, _ = take_core(tissue, ELEVEN, pose, 12.0 * k / cores or 12.0)
    return tissue


def clips(tissue: Tissue, count: int = 2000, **changes) -> list[Clip]:
    rng = np.random.default_rng(2)
    asked = {"thickness_mm": THICKNESS, "model": STILL} | changes
    return [deploy_clip(tissue, POSE, rng=rng, **asked) for _ in range(count)]


def places(found: list[Clip], name: str) -> np.ndarray:
    return np.array([getattr(clip, name) for clip in found])


def test_it_lies_anywhere_along_an_open_cavity():
    tissue = sampled()
    local = POSE.needle_from_points(places(clips(tissue), "drawn_mm"))
    half = ELEVEN.aperture_mm / 2.0
    assert np.abs(local[:, 2]).max() <= half
    # A uniform law has SD a / sqrt 12; its estimate from 2000 is good to 1.4 %.
    assert local[:, 2].std() == pytest.approx(ELEVEN.aperture_mm / np.sqrt(12.0), rel=0.05)
    # Even in volume: the mean of rho^2 is half of the void's.
    square = (local[:, :2] ** 2).sum(axis=1)
    void = tissue.bores[-1].void_mm2
    assert square.mean() == pytest.approx((void**2).sum() / (2.0 * void.sum()), rel=0.05)
    assert square.max() <= void.max()


def test_it_lies_on_the_side_that_was_sampled():
    tissue = Tissue.untouched(specks_at([CENTRE]))
    for _ in range(4):
        tissue, _ = take_core(tissue, load_devices()["vab-7g"], POSE, 3.0)
    drawn = places(clips(tissue), "drawn_mm")
    assert (drawn[:, 0] > CENTRE[0]).all(), "three o'clock is +x"


def test_a_cavity_that_has_closed_holds_it():
    gun = load_devices()["ncb-14g"]
    tissue, _ = take_core(Tissue.untouched(specks_at([CENTRE])), gun, POSE, 12.0)
    closed = replace(STILL, drag_mm=5.0)
    assert tissue.bores[-1].cavity_mm3 / gun.aperture_mm < np.pi / 4.0 * closed.width_mm**2
    found = clips(tissue, 20, model=closed)
    np.testing.assert_allclose(places(found, "settled_mm") - CENTRE, 0.0, atol=1e-12)
    # And where nothing has been cut there is no cavity.
    away = POSE.moved([20.0, 0.0, 0.0])
    clip = deploy_clip(
        tissue, away, thickness_mm=THICKNESS, model=MODEL, rng=np.random.default_rng(1)
    )
    np.testing.assert_allclose(clip.drawn_mm, away.centre_mm)


def test_the_needle_takes_it_along_its_track_by_the_stated_law():
    tissue, dragged = sampled(), replace(STILL, drag_mm=3.0)
    way = places(clips(tissue, model=dragged), "drawn_mm") - places(clips(tissue), "drawn_mm")
    assert np.abs(way[:, :2]).max() < 1e-9
    assert (way[:, 2] >= 0.0).all(), "toward the needle's entry"
    assert way[:, 2].mean() == pytest.approx(3.0, rel=0.08)
    assert np.mean(way[:, 2] > 3.0) == pytest.approx(np.exp(-1.0), abs=0.04)
    far = places(clips(tissue, model=replace(STILL, drag_mm=500.0)), "drawn_mm")
    assert far[:, 2].max() == pytest.approx(THICKNESS), "no farther than the skin"


def test_release_stretches_along_the_compression_and_keeps_the_volume():
    tissue = sampled()
    wide = replace(STILL, expansion=1.6)
    for axis in ((0.0, 0.0, 1.0), (2.0, 0.0, 0.0)):
        found = clips(tissue, 200, model=wide, compression_axis=axis)
        before = places(found, "drawn_mm") - places(found, "target_mm")
        after = np.array([clip.miss_mm for clip in found])
        along = np.array(axis) > 0
        np.testing.assert_allclose(after[:, along], 1.6 * before[:, along])
        np.testing.assert_allclose(after[:, ~along], before[:, ~along] / np.sqrt(1.6))
        stretch = np.linalg.lstsq(before, after, rcond=None)[0]
        assert np.linalg.det(stretch) == pytest.approx(1.0)


def test_the_supine_breast_has_nothing_to_release():
    supine = load_clip_models()["ultrasound"]
    for clip in clips(sampled(), 20, model=supine):
        np.testing.assert_allclose(clip.settled_mm, clip.drawn_mm)


def test_a_needle_that_is_in_lies_beside_it_and_gives_its_carry_back():
    errors = replace(load_placement()["stereotactic"].perfect(), push_mm=4.0, recoil=0.0)
    rng = np.random.default_rng(1)
    tissue = Tissue.untouched(specks_at([CENTRE]))
    tissue, pose = needle.insert(tissue, ELEVEN, POSE, errors=errors, rng=rng)
    for hour in (3.0, 6.0, 9.0, 12.0):
        tissue, _ = take_core(tissue, ELEVEN, pose, hour)
    assert tissue.needle is not None
    carried = tissue.needle.carried_mm
    assert abs(carried[2]) == pytest.approx(4.0), "no recoil"
    for clip in clips(tissue, 50):
        local = pose.needle_from_points(clip.deployed_mm[None])[0]
        assert np.hypot(local[0], local[1]) >= ELEVEN.outer_diameter_mm / 2.0 - 1e-9
        # The tissue goes back, and the clip with it.
        np.testing.assert_allclose(clip.drawn_mm[2], clip.deployed_mm[2] - carried[2])
        out = needle.withdraw(tissue)
        np.testing.assert_allclose(clip.target_mm, out.rest_mm.mean(axis=0))


def test_the_same_chance_gives_the_same_clip_and_four_numbers_are_drawn():
    for tissue in (sampled(), sampled(1), Tissue.untouched(specks_at([CENTRE]))):
        rng = np.random.default_rng(5)
        deploy_clip(tissue, POSE, thickness_mm=THICKNESS, model=MODEL, rng=rng)
        other = np.random.default_rng(5)
        other.random(4)
        assert rng.random() == other.random()


def test_nothing_of_the_model_is_fitted_to_what_it_is_compared_with():
    for model in load_clip_models().values():
        for name, parameter in model.provenance.items():
            assert parameter.status in ("assumed", "derived"), name
            assert "uematsu" not in parameter.source.lower()
    with pytest.raises(SpecError, match="clip"):
        replace(MODEL, expansion=0.0)
