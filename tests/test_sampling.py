"""How an operator samples: the clock against the needle's own, the pattern of passes, the film."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereosim.biopsy.capture import take_core
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.specimen import lay_out
from stereosim.biopsy.tissue import Tissue
from stereosim.experiments.runner import Comparison
from stereosim.imaging.specimen_film import specimen_film
from stereosim.procedures.matching import spread_order
from stereosim.procedures.operators.sampling import (
    cores_with_calcification,
    hours_towards,
    pass_pattern,
    read_film,
)
from stereosim.procedures.operators.skill import load_search
from stereosim.procedures.state import Specimen
from stereosim_phantoms.patient import NO_SPECKS
from stereosim_phantoms.solids import Ellipsoids, Specks


def clock_distance(a: float, b: float) -> float:
    return abs((a - b + 6.0) % 12.0 - 6.0)


@given(st.floats(0.0, 2 * np.pi), st.floats(1.5, 8.0), st.integers(6, 15))
def test_half_of_the_cores_look_to_the_side_of_the_lesion(
    angle: float, away: float, cores: int
) -> None:
    miss = np.array([away * np.cos(angle), away * np.sin(angle), 1.0])
    hours = hours_towards(miss, cores)
    side = NeedlePose.vertical((0.0, 0.0, 0.0)).hour_of(miss)
    assert len(hours) == cores
    assert all(0.0 < hour <= 12.0 for hour in hours)
    fan = load_search().fan_hours
    assert all(clock_distance(h, side) <= fan + 1e-9 for h in hours[: cores // 2])
    assert max(clock_distance(h, side) for h in hours) > 3.0, "the other side is sampled too"


@pytest.mark.parametrize("miss", [None, np.array([0.3, -0.4, 3.0])])
def test_a_centred_lesion_is_sampled_all_round(miss: np.ndarray | None) -> None:
    hours = sorted(hours_towards(miss, 12))
    assert hours == pytest.approx(np.arange(1.0, 13.0))


def test_passes_go_straight_to_each_aim_first_and_never_twice_the_same_way() -> None:
    for aims in (1, 3, 5):
        pattern = pass_pattern(10, aims)
        assert all(np.allclose(spot, 0.0) for spot, _ in pattern[:aims])
        ways = {(k % aims, *np.round(spot, 6)) for k, (spot, _) in enumerate(pattern)}
        assert len(ways) == 10
    assert all(spot[2] == 0.0 for spot, _ in pass_pattern(10, 1))


@given(st.integers(1, 12), st.integers(0, 1000))
def test_spread_order_takes_all_and_the_farthest_next(n: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(0.0, 3.0, (n, 3))
    order = spread_order(points, n // 2)
    assert order[0] == n // 2
    assert sorted(order) == list(range(n))
    if n > 1:
        away = np.linalg.norm(points - points[n // 2], axis=1)
        assert order[1] == np.argmax(away)


def tray(specks: Specks) -> Specimen:
    """Return the noisy film of three cores, 18 mm long, side by side."""
    boxes = np.array([[[x, -9.0, 0.0], [x + 2.0, 9.0, 2.0]] for x in (-7.0, -1.0, 5.0)])
    film = specimen_film(specks, boxes, rng=np.random.default_rng(4))
    return Specimen(film, np.ascontiguousarray(boxes[:, :, :2].reshape(-1, 4)))


def test_the_film_shows_the_core_that_holds_a_speck_and_no_other() -> None:
    assert cores_with_calcification(tray(NO_SPECKS)) == 0
    centres = np.array([[0.0, 3.0, 1.0], [0.3, -4.0, 1.0], [6.0, 1.0, 1.0]])
    solids = Ellipsoids(centres, np.tile(np.eye(3) * 0.12, (3, 1, 1)))
    specks = Specks(solids, ("hydroxyapatite",) * 3, np.zeros(3, dtype=np.int64))
    assert cores_with_calcification(tray(specks)) == 2
    beside = Specks(
        Ellipsoids(np.array([[2.5, 0.0, 1.0]]), solids.axes_mm[:1]),
        ("hydroxyapatite",),
        np.zeros(1, dtype=np.int64),
    )
    assert cores_with_calcification(tray(beside)) == 0, "a grain on the tray is in no core"


def test_what_the_film_shows_is_what_the_cores_hold() -> None:
    """Ten lesions of the screening cohort, twelve vacuum cores each: the film against the truth."""
    eleven = load_devices()["vab-11g"]
    held, seen, diameters = [], [], []
    for number in range(10):
        specks = Comparison("screening", 1, 5).patient(number).specks
        rng = np.random.default_rng(number)
        pose = NeedlePose.vertical(
            specks.solids.centres_mm[specks.target].mean(axis=0) + rng.normal(0.0, 1.5, 3)
        )
        tissue = Tissue.untouched(specks)
        for hour in range(1, 13):
            tissue, _ = take_core(tissue, eleven, pose, float(hour))
        laid = lay_out(tissue.cores, specks)
        film = Specimen(specimen_film(laid.specks, laid.boxes_mm, rng=rng), laid.outlines_mm)
        held += list(np.bincount(laid.core_of_speck, minlength=12))
        seen += list(read_film(film).cores)
        # The last half millimetre of a core is not read: its cut end looks like specks.
        inside = np.abs(laid.specks.solids.centres_mm[:, 1]) < eleven.aperture_mm / 2.0 - 0.6
        sizes = np.where(inside, laid.specks.solids.diameters_mm, 0.0)
        diameters += [max(sizes[laid.core_of_speck == k], default=0.0) for k in range(12)]
    truth, shown, largest = np.array(held) > 0, np.array(seen) > 0, np.array(diameters)
    assert len(seen) == 120 and truth.sum() >= 30
    assert not (shown & ~truth).any(), "nothing is seen that is not there"
    assert shown[largest > 0.15].all(), "a core with a usual speck is seen to hold one"
    assert shown[truth].mean() > 0.85
    # Specks that lie over one another count as one, so a film shows no more than there are.
    assert sum(seen) <= sum(held)
