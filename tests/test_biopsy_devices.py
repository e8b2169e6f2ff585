"""The catalogue, the safety check and the specimen tray."""

import doctest
import re

import numpy as np
import pytest
from scipy.optimize import brentq

import stereosim.biopsy.safety
from stereosim.biopsy.capture import Tissue, take_core
from stereosim.biopsy.devices import CATALOGUE, load_devices
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import (
    Window,
    choose_variant,
    freehand_check,
    safety_check,
    usual_limits,
)
from stereosim.biopsy.specimen import cores_with_specks, lay_out
from stereosim_phantoms.provenance import SpecError
from tests.biopsy_scenes import CENTRE, cloud, specks_at

DEVICES = load_devices()
POSE = NeedlePose.vertical(CENTRE)
NINE = DEVICES["vab-9g"]


# --- catalogue ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mass"),
    [
        ("ncb-14g", 17.7),
        ("vab-14g", 36.8),
        ("vab-11g", 94.4),
        ("vab-9g", 121.0),
        ("vab-10g", 142.0),
        ("vab-10g-encor", 221.0),
        ("vab-8g", 192.0),
        ("vab-8g-revolve", 334.0),
        ("vab-7g", 363.0),
    ],
)
def test_published_masses(name, mass):
    assert DEVICES[name].core_mass_mg == mass
    assert DEVICES[name].provenance["core_mass_mg"].status == "read"


def test_a_gun_s_reach_agrees_with_a_14g_stylet():
    """A notch through half of a stylet of 1.6 mm, nearly filled."""
    assert DEVICES["ncb-14g"].reach_mm == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("name", DEVICES)
def test_reach_found_by_search_is_the_one_by_scaling(name):
    """Independent route: simulate the insertion per degree, and search the reach."""
    device = DEVICES[name]

    def mean_mass(reach):
        void, masses = np.zeros(360), []
        for hour in device.usual_hours:
            degrees = np.arange(360) + 0.5
            off = (degrees - round(30 * hour) + 180) % 360 - 180
            inside = np.abs(off) < device.capture_angle_deg / 2
            emptied = np.where(inside, reach**2 - void, 0.0)
            void = np.where(inside, reach**2 - device.closure * emptied, void)
            area = 0.5 * np.radians(1.0) * emptied.sum()
            masses.append(area * device.aperture_mm * device.density_mg_mm3)
        return np.mean(masses)

    reach = brentq(lambda r: mean_mass(r) - device.core_mass_mg, 0.1, 20.0)
    assert device.reach_mm == pytest.approx(reach, rel=1e-9)


def test_variants_differ_in_the_aperture_and_weigh_in_proportion():
    petite = DEVICES["vab-9g-petite"]
    assert petite.family == "vab-9g"
    assert petite.reach_mm == pytest.approx(NINE.reach_mm)
    assert petite.core_mass_mg / NINE.core_mass_mg == pytest.approx(12 / 20)
    assert petite.provenance["core_mass_mg"].status == "derived"
    blunt = DEVICES["vab-9g-blunt"]
    assert (blunt.tip, blunt.core_mass_mg) == ("blunt", NINE.core_mass_mg)
    assert blunt.dead_tip_mm < NINE.dead_tip_mm


@pytest.mark.parametrize("family", sorted({device.family for device in DEVICES.values()}))
def test_a_family_begins_with_its_full_aperture_and_then_keeps_most_tissue(family):
    """The order in which operators try them."""
    variants = [device for device in DEVICES.values() if device.family == family]
    assert variants[0].name == family
    order = [(-device.aperture_mm, device.tip == "blunt") for device in variants]
    assert order == sorted(order)


def test_every_gauge_of_the_market_is_there():
    """14G guns of long and short throw; vacuum needles from 14G to 7G in all apertures and tips."""
    guns = {(d.gauge, d.throw_mm) for d in DEVICES.values() if d.kind == "gun"}
    assert guns == {(14, 22.0), (14, 15.0)}
    vacuum = [device for device in DEVICES.values() if device.kind == "vacuum"]
    assert {device.gauge for device in vacuum} == {14, 12, 11, 10, 9, 8, 7}
    assert {round(device.aperture_mm) for device in vacuum} == {20, 19, 12, 10}
    assert {device.tip for device in vacuum} == {"trocar", "blunt"}


def test_the_point_stands_short_by_the_throw_less_its_own_lead():
    """The pull-back brings the aperture's centre, not the point, to the target on firing."""
    for device in DEVICES.values():
        before = POSE.prefire(device)
        short = (POSE.centre_mm - before.tip_mm(device)) @ POSE.axis
        assert device.pull_back_mm == pytest.approx(short)
        assert device.pull_back_mm >= 0.0
    assert DEVICES["ncb-14g"].pull_back_mm == pytest.approx(22 - (19 / 2 + 5))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "gun"', 'kind = "saw"', r"ncb-14g\.kind"),
        ('tip = "trocar"', 'tip = "fork"', r"ncb-14g\.tip"),
        ("piece_mm", "peace_mm", r"\[tissue\] piece_mm"),
        ("closure = { value = 0.9", "closure = { value = 1.9", r"ncb-14g\.closure"),
        ("capture_angle_deg = { value = 180", "capture_angle_deg = { value = 181", "even"),
        ("value = 17.7", "value = -1.0", "ncb-14g: sizes"),
        ('family = "vab-9g"', 'family = "vab-1g"', r"vab-9g-blunt\.family"),
        ('label = "14G automated gun"', "", r"mine\.toml\.ncb-14g: missing key 'label'"),
        ("[tissue]", "[tisane]", "density"),
    ],
)
def test_a_broken_catalogue_is_named(tmp_path, old, new, message):
    text = CATALOGUE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError, match=message):
        load_devices(path)


# --- safety ------------------------------------------------------------------------------------


def test_doctests():
    assert doctest.testmod(stereosim.biopsy.safety).failed == 0


def test_worked_example():
    """T 30, d 15, a 20, e 7: -2, unsafe; the petite aperture of 12: +2."""
    full = safety_check(NINE, (0, 30, 15), 30.0)
    assert (NINE.aperture_mm, NINE.dead_tip_mm) == (20, 7)
    assert full.stroke_margin_mm == pytest.approx(-2.0)
    assert not full.safe
    assert "2.0 mm" in full.problems[0]
    assert "petite" in full.remedies[0]
    petite = safety_check(DEVICES["vab-9g-petite"], (0, 30, 15), 30.0)
    assert petite.stroke_margin_mm == pytest.approx(2.0)
    assert petite.safe
    assert choose_variant(DEVICES, "vab-9g", (0, 30, 15), 30.0) is DEVICES["vab-9g-petite"]


@pytest.mark.parametrize(
    ("target", "thickness", "words"),
    [
        ((0, 30, 60 - 8), 60, "into the skin by 4.0 mm"),
        ((0, 30, 8), 19, "below 20 mm"),
        ((30, 30, 30), 60, "outside the window by 6.9 mm"),
        ((0, 30, 20), 95, "too short by 12.0 mm"),
    ],
)
def test_each_problem_says_by_how_much_and_what_mends_it(target, thickness, words):
    margins = safety_check(NINE, target, thickness, window=Window(50, 50, 30))
    assert any(words in problem for problem in margins.problems), margins.problems
    assert len(margins.remedies) == len(margins.problems)
    assert all(margins.remedies)


def test_a_safe_target_and_a_thin_breast():
    margins = safety_check(NINE, (0, 30, 30), 60.0, window=Window(50, 50, 30))
    assert margins.safe
    assert (margins.warnings, margins.remedies) == ((), ())
    assert margins.stroke_margin_mm == pytest.approx(60 - (30 + 10 + 7))
    assert margins.skin_margin_mm == pytest.approx(30 - 10 - usual_limits().skin_allowance_mm)
    thin = safety_check(DEVICES["vab-9g-petite"], (0, 30, 15), 29.0)
    assert "thin breast" in thin.warnings[0]


def test_no_variant_fits_and_an_unknown_family():
    assert choose_variant(DEVICES, "vab-9g", (0, 30, 5), 30.0) is None
    with pytest.raises(ValueError, match="unknown device family 'vab-99g'"):
        choose_variant(DEVICES, "vab-99g", (0, 30, 30), 60.0)


@pytest.mark.parametrize(("target", "thickness"), [((0, np.nan, 0), 50), ((0, 0, 0), 0)])
def test_bad_numbers_are_refused(target, thickness):
    with pytest.raises(ValueError):
        safety_check(NINE, target, thickness)


def test_freehand_margins_along_the_slope():
    """45 degrees: the aperture's near end lies a/2 sin 45 above the target, the point below it."""
    pose = NeedlePose.freehand((0.0, 0.0, 20.0), entry_distance_mm=20.0)
    margins = freehand_check(NINE, pose, chest_wall_mm=35.0)
    half = np.sqrt(0.5)
    assert margins.skin_margin_mm == pytest.approx(20 - 10 * half - 2)
    assert margins.stroke_margin_mm == pytest.approx(35 - (20 + 17 * half))
    assert margins.length_margin_mm == pytest.approx(NINE.length_mm - 20 / half - 17)
    assert margins.safe
    shallow = NeedlePose.freehand((0.0, 0.0, 4.0), entry_distance_mm=10.0)
    words = freehand_check(NINE, shallow, chest_wall_mm=5.0).problems
    assert re.search("chest wall by", words[0])
    assert re.search("into the skin by", words[1])


# --- specimen ----------------------------------------------------------------------------------


def sampled(specks, device=NINE):
    tissue = Tissue.untouched(specks)
    for hour in device.usual_hours:
        tissue, _ = take_core(tissue, device, POSE, hour)
    return tissue


def test_the_tray_holds_all_that_was_taken_inside_its_core():
    tissue = sampled(cloud(np.random.default_rng(4), 60, 3.0))
    tray = lay_out(tissue.cores, tissue.original)
    np.testing.assert_array_equal(
        np.unique(tray.speck_of_tissue), np.flatnonzero(tissue.share_left < 1.0)
    )
    assert len(tray.specks) > 10
    low, high = tray.boxes_mm[tray.core_of_speck].transpose(1, 0, 2)
    centres = tray.specks.solids.centres_mm
    assert ((centres >= low - 1e-9) & (centres <= high + 1e-9)).all()
    assert cores_with_specks(tissue.cores) == len(np.unique(tray.core_of_speck))
    # Shapes are turned, not squeezed: each piece has the volume of its share.
    shares = np.concatenate([core.shares for core in tissue.cores])
    assert (shares == 1.0).any()
    assert (shares < 1.0).any()
    np.testing.assert_allclose(
        tray.specks.solids.volumes_mm3,
        shares * tissue.original.solids.volumes_mm3[tray.speck_of_tissue],
    )


def test_boxes_have_the_mass_of_their_cores_and_do_not_overlap():
    tissue = sampled(specks_at([]))
    tray = lay_out(tissue.cores, tissue.original)
    volume = np.prod(tray.boxes_mm[:, 1] - tray.boxes_mm[:, 0], axis=1)
    masses = [core.mass_mg for core in tissue.cores]
    np.testing.assert_allclose(volume * NINE.density_mg_mm3, masses)
    assert (tray.boxes_mm[1:, 0, 0] > tray.boxes_mm[:-1, 1, 0]).all()
    assert tray.boxes_mm[0, 0, 0] == pytest.approx(-tray.boxes_mm[-1, 1, 0])
    np.testing.assert_allclose(tray.outlines_mm[:, 0], tray.boxes_mm[:, 0, 0])
    np.testing.assert_allclose(tray.outlines_mm[:, 3], tray.boxes_mm[:, 1, 1])


def test_a_speck_keeps_its_place_along_the_needle_and_the_section_its_area():
    """Specks spread evenly over the sector's area fill the core's square evenly."""
    rng = np.random.default_rng(9)
    n = 4000
    theta = np.radians(rng.uniform(-60, 60, n))
    rho = NINE.reach_mm * np.sqrt(rng.random(n))
    places = CENTRE + np.column_stack(
        [rho * np.sin(theta), rho * np.cos(theta), rng.uniform(-9, 9, n)]
    )
    _, core = take_core(Tissue.untouched(specks_at(places, 0.01)), NINE, POSE, 12)
    along = (places[core.specks] - CENTRE) @ POSE.axis
    np.testing.assert_allclose(core.positions_mm[:, 1], along, atol=1e-12)
    across, out = core.positions_mm[:, 0], core.positions_mm[:, 2]
    counts = np.histogram2d(across, out, bins=4, range=[[-core.side_mm / 2, core.side_mm / 2]] * 2)
    assert counts[0].min() > 0.8 * len(along) / 16
    assert np.corrcoef(across, places[core.specks, 0])[0, 1] > 0.8


def test_an_empty_tray():
    tray = lay_out([], specks_at([CENTRE]))
    assert len(tray.specks) == 0
    assert tray.boxes_mm.shape == (0, 2, 3)
    assert tray.outlines_mm.shape == (0, 4)
