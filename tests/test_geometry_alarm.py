"""The alarm for wrong pairing: how often it is false, and how often it is right."""

import json

import numpy as np
import pytest
from scipy import stats

from stereosim.cli import main
from stereosim.geometry import (
    load_unit,
    load_units,
    project,
    scout,
    stereo_pair,
    triangulate,
    triangulate_many,
    triangulate_pair,
)
from stereosim.geometry.alarm import load_alarm, mark_sd_px, pairing_alarm

HOLOGIC = load_unit("upright-hologic")
every = pytest.mark.parametrize("unit", load_units().values(), ids=lambda u: u.name)


def cluster(rng, n, extent_mm, unit=HOLOGIC):
    """Specks uniform in a ball."""
    directions = rng.normal(size=(n, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    radii = 0.5 * extent_mm * np.cbrt(rng.uniform(size=(n, 1)))
    return np.array([0.0, unit.window_centre_y_mm, 25.0]) + radii * directions


def marks_of(unit, rng, sigma, left_points, right_points):
    """Noisy marks (n, 2) in left, right and scout; the scout sees what the left view sees."""
    views = (*stereo_pair(unit), scout(unit))
    points = (left_points, right_points, left_points)
    return views, [
        project(v, p) + rng.normal(0, sigma, (len(p), 2))
        for v, p in zip(views, points, strict=True)
    ]


def alarms(views, marks, sigma):
    """Share of alarms in two views and in three."""
    two = [
        pairing_alarm(triangulate_pair(*views[:2], a, b, sigma_px=sigma))
        for a, b in zip(*marks[:2], strict=True)
    ]
    three = [
        pairing_alarm(triangulate(views, np.stack(m), sigma_px=sigma))
        for m in zip(*marks, strict=True)
    ]
    return np.mean(two), np.mean(three)


@every
def test_marks_of_one_speck_raise_the_alarm_at_the_stated_rate(unit):
    rng = np.random.default_rng(71)
    rate, n = load_alarm().false_alarm_rate, 4000
    points = cluster(rng, n, 10.0, unit)
    views, marks = marks_of(unit, rng, 1.0, points, points)
    within = 4.0 * np.sqrt(rate * (1 - rate) / n)
    assert alarms(views, marks, 1.0) == pytest.approx((rate, rate), abs=within)


def test_the_rate_can_be_chosen():
    rng = np.random.default_rng(72)
    n = 4000
    points = cluster(rng, n, 10.0)
    views, marks = marks_of(HOLOGIC, rng, 1.0, points, points)
    found = [
        triangulate_pair(*views[:2], a, b, sigma_px=1.0) for a, b in zip(*marks[:2], strict=True)
    ]
    for rate in (0.001, 0.05, 0.3):
        share = np.mean([pairing_alarm(f, false_alarm_rate=rate) for f in found])
        assert share == pytest.approx(rate, abs=4.0 * np.sqrt(rate * (1 - rate) / n))
    with pytest.raises(ValueError, match="false_alarm_rate: must lie between 0 and 1"):
        pairing_alarm(found[0], false_alarm_rate=0.0)


def test_a_patient_who_moves_keeps_the_rate_if_the_motion_is_counted():
    """She moves in x and y at each exposure; uncounted, most good pairs would alarm."""
    rng = np.random.default_rng(73)
    n, motion, click = 3000, 0.3, 1.0
    point = np.array([3.0, 30.0, 25.0])
    views = (*stereo_pair(HOLOGIC), scout(HOLOGIC))
    shaken = [point + np.pad(rng.normal(0, motion, (n, 2)), ((0, 0), (0, 1))) for _ in views]
    marks = [
        project(v, p) + rng.normal(0, click, (n, 2)) for v, p in zip(views, shaken, strict=True)
    ]
    sigma = mark_sd_px(views[0], point, click_sd_px=click, motion_sd_mm=motion)
    assert 4.0 < sigma < 5.0
    rate = load_alarm().false_alarm_rate
    within = 4.0 * np.sqrt(rate / n)
    assert alarms(views, marks, sigma) == pytest.approx((rate, rate), abs=within)
    assert min(alarms(views, marks, click)) > 0.3
    errors = triangulate_many(*views[:2], *marks[:2], sigma_px=sigma)
    rms = np.sqrt(((errors.target_mm - point) ** 2).mean(axis=0))
    assert rms == pytest.approx(errors.sd_mm[0], rel=0.05)


@pytest.mark.parametrize(
    ("extent", "sigma", "two", "three"),
    [
        (5.0, 1.0, 0.88, 0.97),
        (10.0, 0.5, 0.97, 0.998),
        (10.0, 1.0, 0.94, 0.99),
        (10.0, 2.0, 0.88, 0.98),
        (10.0, 4.8, 0.73, 0.88),
    ],
)
def test_the_share_of_wrong_pairs_that_it_catches(extent, sigma, two, three):
    """Specks of a cluster shuffled between the views: the figures of docs/targeting.md."""
    rng = np.random.default_rng(74)
    n = 1500
    a, b = cluster(rng, n, extent), cluster(rng, n, extent)
    views, marks = marks_of(HOLOGIC, rng, sigma, a, b)
    caught = alarms(views, marks, sigma)
    # What is missed is missed along y: the closed form of the power at each pair's spacing.
    exact = [project(v, p)[:, 1] for v, p in zip(views, (a, b), strict=False)]
    shift = 0.5 * ((exact[0] - exact[1]) / sigma) ** 2
    level = stats.chi2.isf(load_alarm().false_alarm_rate, 1)
    power = stats.ncx2.sf(level, 1, np.maximum(shift, 1e-12)).mean()
    assert caught[0] == pytest.approx(power, abs=4.0 * np.sqrt(power * (1 - power) / n))
    assert caught == pytest.approx((two, three), abs=0.03)


def test_the_scout_catches_a_wrong_partner_at_the_same_height_in_the_image():
    """Two specks 3 mm apart along x, at one y and one z."""
    a, b = np.array([[0.0, 30.0, 25.0]]), np.array([[3.0, 30.0, 25.0]])
    views = (*stereo_pair(HOLOGIC), scout(HOLOGIC))
    marks = [project(v, p)[0] for v, p in zip(views, (a, b, a), strict=True)]
    assert not pairing_alarm(triangulate_pair(*views[:2], *marks[:2], sigma_px=1.0))
    assert pairing_alarm(triangulate(views, marks, sigma_px=1.0))


def answered(capsys, *argv):
    assert main(["triangulate", "--unit", "upright-hologic", *argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def words(point):
    views = (*stereo_pair(HOLOGIC), scout(HOLOGIC))
    marks = [project(v, [point])[0] for v in views]
    names = ("--left", "--right", "--scout")
    return [[name, *map(repr, mark.tolist())] for name, mark in zip(names, marks, strict=True)]


def test_the_command_takes_the_scout_as_a_third_view(capsys):
    point = [4.0, 33.0, 21.0]
    left, right, straight = words(point)
    two = answered(capsys, *left, *right)
    three = answered(capsys, *left, *right, *straight)
    for found, views in ((two, ["left", "right"]), (three, ["left", "right", "scout"])):
        assert found["views"] == views
        assert found["target_mm"] == pytest.approx(point, abs=1e-9)
        assert found["dof"] == 2 * len(views) - 3
        assert found["pairing_ok"] is True and found["warnings"] == []
        assert found["false_alarm_rate"] == load_alarm().false_alarm_rate == 0.01
        assert len(found["residuals_px"]) == len(views)
    gain = np.array(three["sd_mm"]) / np.array(two["sd_mm"])
    assert gain == pytest.approx([np.sqrt(2 / 3), np.sqrt(2 / 3), 1.0], abs=0.01)


def test_the_command_raises_the_alarm_at_the_rate_that_is_asked_for(capsys):
    left, right, straight = words([4.0, 33.0, 21.0])
    right[2] = repr(float(right[2]) + 3.0)  # three rows off at 1 px: p = 0.034
    assert answered(capsys, *left, *right)["pairing_ok"] is True
    strict = answered(capsys, *left, *right, "--false-alarm-rate", "0.05")
    assert strict["pairing_ok"] is False and "along y" in strict["warnings"][0]
    straight[1] = repr(float(straight[1]) + 9.0)
    assert answered(capsys, *left, *right, *straight)["pairing_ok"] is False
    assert main(["triangulate", "--unit", "upright-hologic", *left, *right, *straight]) == 0
    printed = capsys.readouterr().out
    assert "pairing in doubt (one false alarm in 100)" in printed
    assert "disagree between the views" in printed


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        (["--scout", "1e6", "3"], "--scout: column"),
        (["--scout", "5", "nan"], "--scout"),
        (["--false-alarm-rate", "1.5"], "--false-alarm-rate"),
        (["--false-alarm-rate", "0"], "--false-alarm-rate"),
    ],
)
def test_bad_options_are_refused_in_one_line(extra, named, capsys):
    left, right, _ = words([4.0, 33.0, 21.0])
    assert main(["triangulate", "--unit", "upright-hologic", *left, *right, *extra]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and named in err
