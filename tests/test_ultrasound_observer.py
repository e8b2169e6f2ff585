"""The reader of sweeps: what it finds, what it must not find, and how surely."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.calibrate import KINDS, null_maxima, null_patient, null_scans
from stereosim.imaging.ultrasound.certainty import SPECK_LOOKS, Thresholds, load_thresholds
from stereosim.imaging.ultrasound.observer import (
    Foci,
    find_foci,
    focus_map,
    mass_statistic,
    search,
    speck_statistics,
)
from stereosim.imaging.ultrasound.sweep import Sweep, sweep_poses
from stereosim.imaging.ultrasound.sweep import sweep as scan
from stereosim.imaging.ultrasound.tissue import Insonated
from tests.ultrasound_scenes import SMOOTH, fat, gland, slim_probe, supine_box

PROBE = slim_probe(width_mm=19.2)
GRID = Grid(depth_mm=24.0, columns=128)
# A reader that asks for a plain margin, for scenes that are no breasts.
STRICT = Thresholds((4.0, 0.5), (6.0, 0.5), (6.0, 0.5), 7.0, 0.05, {})


def swept(tissue, seed=0):
    return scan(tissue, (0.0, 0.0), 14.0, 0.5, PROBE, seed=seed, grid=GRID)


def cluster(diameter_mm, n=6, middle=(1.0, -1.0, 14.0), spread_mm=1.5):
    rng = np.random.default_rng(4)
    return np.array(middle) + rng.uniform(-spread_mm, spread_mm, (n, 3)), np.full(
        n, 0.5 * diameter_mm
    )


def box(**parts):
    return {"half_width_mm": 12.0, "half_thickness_mm": 11.0, "depth_mm": 26.0, **parts}


def test_blank_frames_hold_nothing():
    blank = Sweep(
        np.zeros((9, 401, 60), np.float32), sweep_poses((0, 0), 4.0, 0.5), 0.05, 0.15, 0.5, PROBE
    )
    assert search(blank) == []
    grey = replace(blank, stack=np.ones_like(blank.stack))
    assert search(grey) == []


def test_a_cluster_of_big_specks_is_found_where_it_is_and_homogeneous_gland_holds_nothing():
    tissue = gland(*cluster(0.4), **box())
    findings = search(swept(tissue), thresholds=STRICT)
    assert [finding.kind for finding in findings[:1]] == ["specks"]
    assert findings[0].position_mm == pytest.approx([1.0, -1.0, 14.0], abs=1.0)
    assert len(findings[0].foci_mm) >= 3
    assert 1.0 < findings[0].extent_mm < 8.0
    assert findings[0].statistic > findings[0].threshold
    assert search(swept(tissue), thresholds=STRICT, deepest_mm=10.0) == []
    assert search(swept(tissue.with_specks([], [])), thresholds=STRICT) == []


def test_more_and_bigger_specks_raise_the_statistic():
    def level(diameter_mm, n):
        scanned = swept(gland(*cluster(diameter_mm, n), **box()))
        return speck_statistics(find_foci(scanned), scanned.volume_cm3).cluster_db.max()

    small, middle, big = (level(d, 6) for d in (0.08, 0.2, 0.4))
    assert small < middle < big
    assert level(0.3, 3) < level(0.3, 12)


def test_specks_show_in_a_dark_mass_and_not_in_gland():
    def mass(x, y, z):
        return (x / 4) ** 2 + (y / 4) ** 2 + ((z - 14) / 3) ** 2 < 1

    places, radii = cluster(0.14, middle=(0.0, 0.0, 14.0), spread_mm=1.2)
    dark = supine_box(mass=mass, gland=lambda *p: 1.0 - mass(*p), **box())
    held = Insonated.from_field(dark, places, radii, seed=1, acoustics=SMOOTH)
    contrast = []
    for tissue in (held, gland(places, radii, **box())):
        scanned = swept(tissue)
        row = round(14.0 / (2.0 * scanned.row_mm))  # the map keeps every second row
        levels = [
            focus_map(frame, scanned.row_mm, scanned.column_mm)[row - 12 : row + 12, 52:76]
            for frame in scanned.stack[11:18]
        ]
        contrast.append(np.max(levels))
    assert contrast[0] > contrast[1] + 3.0


def test_a_dark_oval_mass_is_found_and_measured():
    def mass(x, y, z):
        return (x / 3.55) ** 2 + (y / 3.55) ** 2 + ((z - 12) / 1.8) ** 2 < 1

    # Skin and fat above, so that the reader has fat to compare with.
    dark = supine_box(mass=mass, gland=lambda x, y, z: (z > 6.0) * ~mass(x, y, z), **box())
    tissue = Insonated.from_field(dark, seed=1, acoustics=SMOOTH)
    findings = search(swept(tissue), thresholds=STRICT)
    assert [finding.kind for finding in findings] == ["mass"]
    assert findings[0].position_mm == pytest.approx([0.0, 0.0, 12.0], abs=1.2)
    assert findings[0].extent_mm == pytest.approx(7.1, abs=2.2)


def test_a_lobule_of_fat_is_less_of_a_mass_than_a_mass():
    def lobule(x, y, z):
        return (x / 3.55) ** 2 + (y / 3.55) ** 2 + ((z - 12) / 1.8) ** 2 < 1

    statistic = []
    for name in ("mass", None):
        parts = {"gland": lambda x, y, z: (z > 6.0) * ~lobule(x, y, z)}
        if name:
            parts[name] = lobule
        tissue = Insonated.from_field(supine_box(**box(**parts)), seed=1, acoustics=SMOOTH)
        statistic.append(mass_statistic(swept(tissue))[0].max())
    assert statistic[0] > statistic[1] + 2.0


def test_a_bright_line_is_no_focus():
    frame = np.ones((200, 120), np.float32)
    frame[99:102] = 12.0
    line = focus_map(frame, 0.05, 0.15)
    frame[:] = 1.0
    frame[99:102, 59:62] = 12.0
    spot = focus_map(frame, 0.05, 0.15)
    assert spot.max() > 12.0
    assert line[:, 20:-20].max() < 6.0


def test_the_middle_of_a_group_is_that_of_what_stands_out():
    """A speck and a chance focus that hardly passes: the speck is where the group is."""
    tissue = gland(*cluster(0.6, 1, spread_mm=0.0), **box())
    for seed in range(3):
        scanned = swept(tissue, seed)
        best = search(scanned, thresholds=STRICT)[0]
        assert best.position_mm == pytest.approx([1.0, -1.0, 14.0], abs=0.7)


def test_the_reference_comes_from_elsewhere():
    """What is as strong everywhere is clutter; in a quiet breast it is a finding."""
    rng = np.random.default_rng(3)
    group = rng.normal(0.0, 1.0, (6, 3))
    rest = rng.uniform(-30.0, 30.0, (300, 3))
    rest = rest[np.linalg.norm(rest, axis=1) > 14.0]

    def statistic(clutter_db):
        level = np.concatenate([np.full(6, 15.0), rng.uniform(8.0, clutter_db, len(rest))])
        order = np.argsort(-level)
        foci = Foci(np.concatenate([group, rest])[order], level[order])
        return speck_statistics(foci, 40.0).cluster_db.max()

    assert statistic(10.0) > 25.0
    assert statistic(16.0) < 10.0


def test_thresholds_follow_the_gumbel_law_and_the_searched_volume():
    at = STRICT.at
    rng = np.random.default_rng(5)
    maxima = rng.gumbel(4.0, 0.5, 200_000)
    assert (maxima > at((4.0, 0.5), 0.05, 7.0)).mean() == pytest.approx(0.05, abs=0.002)
    # The largest of ten searches is the search of ten times the volume.
    tenfold = maxima.reshape(-1, 10).max(axis=1)
    assert (tenfold > at((4.0, 0.5), 0.05, 70.0)).mean() == pytest.approx(0.05, abs=0.006)


def test_calibrated_probes_and_their_provenance():
    limits = load_thresholds("l14-5")
    assert all(p.status == "measured" for p in limits.provenance.values())
    lax = load_thresholds("l14-5", false_alarm_rate=0.2)
    assert lax.at(lax.mass, 0.2, 50.0) < limits.at(limits.mass, 0.05, 50.0)
    with pytest.raises(KeyError, match="calibrated"):
        load_thresholds("l99")


def test_how_sure_is_the_law_read_the_other_way() -> None:
    for rate in (1e-9, 0.05, 0.5):
        level = STRICT.at(STRICT.cluster, rate, 30.0)
        assert STRICT.chance(STRICT.cluster, level, 30.0) == pytest.approx(rate)
    # Two looks that have nothing to do with each other: either is as extreme.
    rng = np.random.default_rng(6)
    looks = rng.gumbel(6.0, 0.5, (200_000, 2)).max(axis=1)
    either = STRICT.chance(STRICT.cluster, 7.6, 7.0, looks=2)
    assert (looks > 7.6).mean() == pytest.approx(either, rel=0.05)
    assert STRICT.chance(STRICT.cluster, -1e9, 7.0) == 1.0


def test_a_finding_says_how_sure_it_is():
    tissue = gland(*cluster(0.4), **box())
    scanned = swept(tissue)
    for rate in (0.05, 0.5):
        findings = search(scanned, thresholds=replace(STRICT, false_alarm_rate=rate))
        chances = [finding.false_alarm_probability for finding in findings]
        assert chances == sorted(chances)
        assert 0.0 < chances[0] < 1e-6
        assert chances[-1] < rate
        # What is just seen is worth the accepted error.
        group = findings[0]
        edge = STRICT.chance(STRICT.cluster, group.threshold, scanned.volume_cm3, looks=SPECK_LOOKS)
        assert edge == pytest.approx(rate)


def probabilities(scans, limits):
    """For each null scan the smallest probability over specks, and that of the mass."""
    both = []
    for focus, group, mass, volume in scans:
        specks = [
            limits.chance(null, value, volume, looks=SPECK_LOOKS)
            for null, value in ((limits.focus, focus), (limits.cluster, group))
        ]
        both.append((min(specks), limits.chance(limits.mass, mass, volume)))
    return np.array(both)


def too_small(chances, rate):
    """Whether probabilities below `rate` come oftener than they say, beyond chance (1 in 1000)."""
    return (chances < rate).sum() > stats.binom.ppf(0.999, len(chances), rate)


def test_where_there_is_nothing_the_reader_is_not_sure():
    """Plain gland and plain fat, and women without specks and masses."""
    limits = load_thresholds("l14-5")
    plain = [
        (*null_maxima(scanned), scanned.volume_cm3)
        for make in (gland, fat)
        for seed in range(4)
        for scanned in [swept(make(seed=seed, **box()), seed)]
    ]
    women = list(null_scans("l14-5", 4711, 4))
    for scans in (plain, women):
        chances = probabilities(scans, limits)
        for rate in (0.001, 0.05, 0.3):
            assert not too_small(chances[:, 0], rate)
            assert not too_small(chances[:, 1], rate)


def test_women_of_the_null_scans_have_all_but_lesions():
    patient = null_patient(4711, 0)
    place = patient.referral.supine_mm
    x, y, z = place
    field = patient.supine_field(
        np.array([x - 12.0, y - 12.0, 0.0]), np.array([x + 12.0, y + 12.0, z + 20.0]), 0.4
    )
    assert len(patient.supine_specks()) == 0
    assert field.mass.max() == 0.0
    assert len(field.tubes) > 0  # ducts and vessels with their walls
    assert field.gland.max() > 0.5
    assert field.ligament.max() > 0.0


@pytest.mark.slow
def test_false_alarms_on_fresh_breasts_come_at_the_stated_rate(capsys):
    """Sixty women whom the calibration has not seen; a rate of 5 %, and the law as a whole."""
    chances = probabilities(null_scans("l14-5", 31337, 60, workers=2), load_thresholds("l14-5"))
    for kind, values in zip(("specks", "mass"), chances.T, strict=True):
        alarms = int((values < 0.05).sum())
        with capsys.disabled():
            print(f"\nfalse alarms, {kind}: {alarms} of 60 where 3 are expected")
        # 99 % of such series have no more, and at 15 % nearly all would.
        assert alarms <= stats.binom.ppf(0.99, 60, 0.05)
        for rate in (0.1, 0.2, 0.5):
            assert not too_small(values, rate)


@pytest.mark.slow
def test_null_scans_do_not_depend_on_the_number_of_processes():
    alone, both = (list(null_scans("l11-5", 5, 3, workers=n)) for n in (1, 2))
    assert alone == both
    assert len(alone[0]) == len(KINDS) + 1
