"""The batch surrogate is sampling itself, many times over: against take_core and its twin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.biopsy.capture import BALL, Tissue, take_core
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.surrogate import plan_sampling, sample_many
from stereosim.kernels import batch_capture as kernel
from stereosim_phantoms.solids import Ellipsoids, Specks
from tests.capture_scenes import DOWN
from tests.reference import batch_capture as reference

DEVICES = load_devices()
ELEVEN, GUN = DEVICES["vab-11g"], DEVICES["ncb-14g"]
SEEDS = st.integers(0, 2**32 - 1)


def scene(rng, n, k):
    """Specks from grains to lumps that every core cuts, and needles beside their middle."""
    specks = rng.normal(0.0, 2.5, (n, k, 3)) * [1.0, 1.0, 2.5]
    radii = np.exp(rng.uniform(np.log(0.05), np.log(0.9), (n, k)))
    return rng.normal(0.0, 1.0, (n, 3)), specks, radii


def core_by_core(plan, needles, places, radii):
    """One procedure by take_core: the tissue, and the number of specks in each core."""
    k = len(places)
    solids = Ellipsoids(places * DOWN, np.eye(3) * radii[:, None, None])
    tissue = Tissue.untouched(Specks(solids, ("hydroxyapatite",) * k, np.zeros(k, np.int64)))
    held = []
    for hour, needle in zip(plan.hours, needles, strict=True):
        tissue, core = take_core(tissue, plan.device, NeedlePose.vertical(needle * DOWN), hour)
        held.append(len(core.specks))
    return tissue, held


def same_as_core_by_core(plan, errors, specks, radii):
    """Compare every procedure; return the result."""
    result = sample_many(plan, errors, specks, radii, keep_places=True)
    for i in range(len(specks)):
        tissue, held = core_by_core(plan, errors[i] + plan.offsets_mm, specks[i], radii[i])
        np.testing.assert_array_equal(result.held[i], held)
        np.testing.assert_allclose(result.shares[i], tissue.share_left, atol=1e-9)
        np.testing.assert_array_equal(result.shares[i] > 0.0, tissue.present)
        np.testing.assert_allclose(result.places_mm[i] * DOWN, tissue.rest_mm, atol=1e-7)
    return result


@pytest.mark.parametrize("name", DEVICES)
def test_a_usual_insertion_takes_cuts_and_moves_what_take_core_does(name):
    errors, specks, radii = scene(np.random.default_rng(7), 150, 12)
    result = same_as_core_by_core(plan_sampling(DEVICES[name]), errors, specks, radii)
    whole, gone = (result.shares == 1.0).sum(), (result.shares == 0.0).sum()
    assert whole > 0 and gone > 0 and result.shares.size - whole - gone > 0


@given(SEEDS, st.sampled_from(sorted(DEVICES)), st.integers(1, 14))
@settings(max_examples=60)
def test_any_order_of_hours_takes_what_take_core_does(seed, name, cores):
    rng = np.random.default_rng(seed)
    errors, specks, radii = scene(rng, 10, 8)
    plan = plan_sampling(DEVICES[name], rng.uniform(0.0, 12.0, cores))
    same_as_core_by_core(plan, errors, specks, radii)


def test_a_pattern_of_bores_takes_what_take_core_does():
    """A gun goes across its own earlier tracks, beside the first one, and twice into the last."""
    errors, specks, radii = scene(np.random.default_rng(3), 100, 12)
    offsets = [[0, 0, 0], [0.5, 1, 0], [-1, 0.5, 3], [0.1, 0.2, 0], [0.1, 0.2, 0]]
    plan = plan_sampling(GUN, [12, 3, 7, 12, 12], offsets)
    assert plan.masses_mg[4] < 0.95 * plan.masses_mg[0]
    same_as_core_by_core(plan, errors, specks, radii)


@pytest.mark.parametrize("name", ["ncb-14g", "vab-11g", "vab-7g-half"])
def test_capture_batch_equals_its_twin(name):
    rng = np.random.default_rng(11)
    device = DEVICES[name]
    n, k, hours = 300, 15, rng.uniform(0.0, 12.0, 9)
    plan = plan_sampling(device, hours)
    errors, specks, radii = scene(rng, n, k)
    specks[rng.random((n, k)) < 0.1] = np.nan
    results = []
    for function in (kernel.capture_batch, reference.capture_batch):
        shares, held, places = np.empty((n, k)), np.empty((n, 9), np.int16), np.empty((n, k, 3))
        function(
            specks,
            radii,
            np.repeat(errors[:, None], 9, axis=1),
            *plan.sector,
            BALL,
            shares,
            held,
            places,
        )
        results.append((shares, held, places))
    (shares, held, places), twin = results
    np.testing.assert_allclose(shares, twin[0], atol=1e-9)
    np.testing.assert_array_equal(held, twin[1])
    left = shares > 0.0
    np.testing.assert_allclose(places[left], twin[2][left], atol=1e-7)
    assert (np.isnan(shares) == np.isnan(specks[..., 0])).all()


def test_threads_and_chunks_change_nothing():
    errors, specks, radii = scene(np.random.default_rng(5), 9000, 4)
    plan = plan_sampling(ELEVEN)
    one = sample_many(plan, errors, specks, radii, threads=1)
    three = sample_many(plan, errors, specks, radii, threads=3)
    part = sample_many(plan, errors[4000:5000], specks[4000:5000], radii[4000:5000], threads=2)
    np.testing.assert_array_equal(one.shares, three.shares)
    np.testing.assert_array_equal(one.held, three.held)
    np.testing.assert_array_equal(one.shares[4000:5000], part.shares)


def test_errors_for_each_core_are_those_of_the_whole_where_they_are_equal():
    errors, specks, radii = scene(np.random.default_rng(6), 50, 6)
    plan = plan_sampling(ELEVEN, [12, 4, 8])
    whole = sample_many(plan, errors, specks, radii)
    each = sample_many(plan, np.repeat(errors[:, None], 3, axis=1), specks, radii)
    np.testing.assert_array_equal(whole.shares, each.shares)
    aside = sample_many(plan, errors[:, None] + [[0, 0, 0], [0, 0, 0], [99, 0, 0]], specks, radii)
    np.testing.assert_array_equal(aside.held[:, :2], whole.held[:, :2])
    assert aside.held[:, 2].sum() == 0


def test_tracks_that_cross_hardly_change_what_a_gun_finds():
    """Errors of each core leave the planned inflow as it is: against take_core in one tissue."""
    rng = np.random.default_rng(8)
    _, specks, radii = scene(rng, 400, 12)
    needles = rng.normal(0.0, 0.6, (400, 5, 3))
    apart = plan_sampling(GUN, [12.0] * 5, np.arange(5)[:, None] * [50.0, 0.0, 0.0])
    result = sample_many(apart, needles - apart.offsets_mm, specks, radii)
    held = [
        core_by_core(apart, needle, *rest)[1]
        for needle, *rest in zip(needles, specks, radii, strict=True)
    ]
    cores, differ = np.array(held) > 0, result.held > 0
    assert abs(cores.mean() - differ.mean()) < 0.005
    assert (cores != differ).mean() < 0.03


def test_no_procedure_and_no_speck():
    plan = plan_sampling(ELEVEN)
    none = sample_many(plan, np.zeros((0, 3)), np.zeros((0, 5, 3)), 0.1)
    assert none.shares.shape == (0, 5) and none.retrieved.shape == (0,)
    empty = sample_many(plan, np.zeros((2, 3)), np.full((2, 1, 3), np.nan), 0.1)
    assert not empty.retrieved.any() and np.isnan(empty.fraction_removed).all()


def test_what_does_not_fit_together_is_refused():
    plan = plan_sampling(ELEVEN, [12, 6])
    for offsets, hours in (([[0, 0, 0]], [12, 6]), ([[0, 0, np.nan]], [12]), (None, [])):
        with pytest.raises(ValueError, match="offsets_mm"):
            plan_sampling(ELEVEN, hours, offsets)
    with pytest.raises(ValueError, match="specks_mm"):
        sample_many(plan, np.zeros((1, 3)), np.zeros((1, 3)), 0.1)
    for shape in ((2, 3), (1, 3, 3), (3,)):
        with pytest.raises(ValueError, match="errors_mm"):
            sample_many(plan, np.zeros(shape), np.zeros((1, 4, 3)), 0.1)


def test_fraction_removed_is_the_mean_over_specks():
    coarse = replace(ELEVEN, piece_mm=0.05)
    plan = plan_sampling(coarse, [12])
    end = ELEVEN.aperture_mm / 2.0
    specks = [[[0, 1, 0], [0, 1, end], [0, -1, 0], [np.nan, 0, 0]]]
    result = sample_many(plan, np.zeros((1, 3)), specks, 0.3)
    np.testing.assert_allclose(result.shares, [[0.0, 0.5, 1.0, np.nan]])
    np.testing.assert_allclose(result.fraction_removed, [0.5])
    assert result.held.tolist() == [[2]]
