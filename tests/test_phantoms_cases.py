"""The case library, its loader, and the referral that each case leads to."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from stereosim_phantoms.assembly import breast_place_mm
from stereosim_phantoms.cases import LIBRARY, list_cases, load_case
from stereosim_phantoms.patient import VirtualPatient, plain_patient
from stereosim_phantoms.provenance import SpecError
from stereosim_phantoms.referral import extent_mm, write_referral
from stereosim_phantoms.supine import supine_map
from tests.phantom_scenes import breast


@pytest.mark.parametrize("name", list_cases())
def test_every_case_makes_a_patient_and_tells_what_to_learn(name: str) -> None:
    case = load_case(name)
    assert "What to" in case.teaching and 400 < len(case.teaching) < 2500
    for seed in (0, 1, 2):
        patient = case.patient(seed)
        assert patient.specks.target.sum() == case.lesion.specks
        kinds = Counter(patient.specks.kinds)
        assert kinds["scattered"] == case.scattered
        assert set(kinds) - {"target", "scattered"} == {b.kind for b in case.benign}
        assert len(patient.masses) == len(case.masses)
        assert not np.isnan(patient.supine_specks().solids.centres_mm).any()
        assert patient.morphology == case.lesion.morphology
        assert patient.referral.morphology == (case.lesion.reported or case.lesion.morphology)
        # Where the report sends the probe is inside the breast and near the lesion's nominal place.
        nominal = patient.supine.nominal.supine_from_breast(patient.target_mm[None])[0]
        assert np.hypot(*(patient.referral.supine_mm - nominal)[:2]) < 12.0


def test_the_same_seed_gives_the_same_patient() -> None:
    first, second = (load_case("case-1").patient(11) for _ in range(2))
    assert (first.specks.solids.axes_mm == second.specks.solids.axes_mm).all()
    assert first.referral == second.referral and first.breast == second.breast
    other = load_case("case-1").patient(12)
    assert not np.allclose(other.specks.solids.centres_mm, first.specks.solids.centres_mm)


def test_case_1_is_the_reported_one() -> None:
    """Five specks of sand-grain size in 7 mm, deep at 7 to 8 o'clock of the right breast."""
    for seed in range(10):
        patient = load_case("case-1").patient(seed)
        target = patient.specks.solids.centres_mm[patient.specks.target]
        assert len(target) == 5 and patient.breast.side == "right"
        assert abs(extent_mm(target) - 7.0) < 0.5
        diameters = patient.specks.solids.diameters_mm
        assert ((diameters >= 0.17) & (diameters <= 0.26)).all()
        assert 7.0 <= patient.referral.clock_hour <= 8.0
        assert patient.referral.depth_third == "posterior"
        assert patient.referral.extent_mm == 7.0 and patient.referral.specks == 5


def test_the_three_variants_share_a_breast_and_differ_in_what_the_mass_holds() -> None:
    for seed in range(20):
        here, mass, before = (
            load_case(name).patient(seed) for name in ("case-1", "case-1-mass", "case-1-before")
        )
        assert here.breast == mass.breast == before.breast
        assert not any(m.contains(here.specks.solids.centres_mm).any() for m in here.masses)
        assert not any(m.holds_target for m in here.masses)
        inside = mass.masses[0].contains(mass.specks.solids.centres_mm)
        assert inside.all() and mass.masses[0].holds_target
        assert not mass.masses[1].holds_target
        # The reports must not give the answer away.
        for patient in (here, mass):
            assert 7.0 <= patient.referral.clock_hour <= 8.0
            assert 6.0 <= patient.referral.extent_mm <= 7.0
            assert patient.referral.nipple_distance_mm == 10.0
        assert len(before.specks) == 2 and not before.masses


def test_the_teaching_cases_are_what_they_claim() -> None:
    thin = load_case("thin-breast").patient(0)
    assert thin.breast.thickness_mm == 22.0
    wall = load_case("far-posterior").patient(0)
    assert wall.specks.solids.centres_mm[wall.specks.target, 1].mean() < 8.0
    skin = load_case("near-skin").patient(0)
    assert skin.breast.skin_distance_mm(skin.target_mm[None])[0] < 6.5
    oxalate = load_case("benign-oxalate").patient(0)
    target = np.flatnonzero(oxalate.specks.target)
    assert {oxalate.specks.materials[i] for i in target} == {"calcium_oxalate"}
    visible = load_case("cluster-in-mass").patient(0)
    assert visible.masses[0].holds_target
    assert extent_mm(load_case("large-cluster").patient(0).specks.solids.centres_mm) > 30.0


def gaps(patient: VirtualPatient, kind: str) -> np.ndarray:
    """Distance of each piece of a kind from the nearest speck of the target."""
    centres = patient.specks.solids.centres_mm
    own = centres[[k == kind for k in patient.specks.kinds]]
    return np.linalg.norm(own[:, None] - centres[patient.specks.target], axis=2).min(axis=1)


@pytest.mark.parametrize("seed", range(6))
def test_the_tram_track_runs_past_the_group_and_never_through_it(seed: int) -> None:
    patient = load_case("tram-track").patient(seed)
    near = gaps(patient, "vascular")
    assert 2.5 < near.min() < 9.0
    assert (near < 15.0).sum() >= 6  # beside the group, not somewhere
    target = patient.specks.solids.centres_mm[patient.specks.target]
    artery = patient.specks.solids.centres_mm[[k == "vascular" for k in patient.specks.kinds]]
    nearest = artery[np.linalg.norm(artery - target.mean(axis=0), axis=1).argmin()]
    assert abs(nearest[2] - target[:, 2].mean()) < 4.0  # level with it


def test_milk_of_calcium_lies_level_and_the_report_calls_it_amorphous() -> None:
    patient = load_case("milk-of-calcium").patient(1)
    assert patient.morphology == "milk of calcium" and patient.referral.morphology == "amorphous"
    solids = patient.specks.solids[patient.specks.target]
    upright = np.abs(solids.axes_mm[:, 2, :2]).max()
    assert upright == 0.0  # the two long axes are horizontal
    across = np.linalg.norm(solids.axes_mm[:, :, :2], axis=1).min(axis=1)
    height = solids.axes_mm[:, 2, 2]
    assert (height < 0.5 * across).all()
    # What the text says: at 15 degrees a thin disc is cos 15 = 0.97 as wide.
    thin, wide = height.min(), across[height.argmin()]
    tilted = np.hypot(wide * np.cos(np.radians(15)), thin * np.sin(np.radians(15))) / wide
    assert 0.96 < tilted < 0.98
    assert np.all(gaps(patient, "round") > 5.0)


def test_distractors_of_the_cases_are_in_the_same_image_as_the_target() -> None:
    for name in ("near-skin", "large-cluster", "benign-oxalate", "milk-of-calcium"):
        for seed in range(3):
            patient = load_case(name).patient(seed)
            for benign in load_case(name).benign:
                mask = np.array([k == benign.kind for k in patient.specks.kinds])
                way = patient.specks.solids.centres_mm[mask] - patient.target_mm
                assert np.hypot(way[:, 0], way[:, 1]).min() < 30.0
                assert gaps(patient, benign.kind).min() > benign.gap_mm


BAD = [
    ("title", "titel", "unknown key 'titel'"),
    ('side = "right"', "", "breast: missing key 'side'"),
    ("specks = 5", "specks = 5.5", "lesion.specks: must be a whole number"),
    ("extent_mm = 7.0", "extent_mm = true", "lesion.extent_mm: must be a number"),
    ("extent_mm = 7.0", "extent_mm = 0", "extent_mm must be above 0"),
    ("diameter_mm = [0.17, 0.26]", "diameter_mm = [0.17]", "diameter_mm: must be a list of 2"),
    ('"punctate"', '"pointy"', "morphology 'pointy' is none of"),
    ("supine_mm = [7.0, -8.0, 12.6]", "supine_mm = [70.0, 90.0, 14.0]", "outside the breast"),
    ("supine_mm = [7.0, -8.0, 12.6]", "", "exactly one of breast_mm and supine_mm"),
    ('margin = "circumscribed"', 'margin = "smooth"', "margin 'smooth' is none of"),
    ("[lesion]", "[lesion", "not valid TOML"),
    ("[[masses]]", "[[masses]]\ncolour = 1", "masses[0]: unknown key 'colour'"),
    ("[[masses]]", "[[benign]]\n[[masses]]", "benign[0]: missing key 'kind'"),
    ("[[masses]]", '[[benign]]\nkind = "wart"\n[[masses]]', "kind 'wart' is none of skin"),
    ("[[masses]]", '[[benign]]\nkind = "rim"\ncount = 1.5\n[[masses]]', "benign[0].count: must be"),
    ("[[masses]]", '[[benign]]\nkind = "rim"\ncount = 99\n[[masses]]', "count must be 0 to 30"),
    ("[[masses]]", '[[benign]]\nkind = "rim"\ngap_mm = 0\n[[masses]]', "gap_mm must be above 0"),
    ("[[masses]]", '[[benign]]\nkind = "rim"\nradius = 2\n[[masses]]', "unknown key 'radius'"),
    (
        "[[masses]]",
        '[[benign]]\nkind = "rim"\nbreast_mm = [0, 20, 90]\n[[masses]]',
        "benign 'rim' finds no room",
    ),
    ("specks = 5", 'specks = 5\nreported = "odd"', "reported 'odd' is none of"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD)
def test_a_wrong_case_is_refused_by_file_and_field(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (LIBRARY / "case-1.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new), encoding="utf-8")
    (tmp_path / "mine.md").write_text("What to learn", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_case("mine", tmp_path)
    assert message in str(caught.value) and str(caught.value).startswith("mine.toml")


def test_an_unknown_case_and_a_missing_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no case 'nothing'.*case-1"):
        load_case("nothing")
    with pytest.raises(SpecError, match="no case"):
        load_case("../library/case-1")
    shutil.copy(LIBRARY / "case-1.toml", tmp_path)
    with pytest.raises(SpecError, match=r"case-1\.md: the teaching text is missing"):
        load_case("case-1", tmp_path)


@pytest.mark.parametrize(
    ("place", "hour"),
    [((0.0, 30.0), 12.0), ((-30.0, 0.0), 3.0), ((0.0, -30.0), 6.0), ((30.0, 0.0), 9.0)],
)
def test_clock_hours_run_as_seen_facing_the_patient(
    place: tuple[float, float], hour: float
) -> None:
    spec = breast(supine_displacement_mm=0.0)
    target = breast_place_mm(spec, np.array([*place, 15.0]), nominal=True)
    referral = write_referral(spec, supine_map(spec), target[None], "punctate", "grouped")
    assert referral.clock_hour == hour
    assert referral.nipple_distance_mm == 30.0
    assert_allclose(referral.supine_mm[:2], place, atol=1e-9)


def test_a_referral_is_rounded_and_uses_the_nominal_map() -> None:
    spec = breast()
    rng = np.random.default_rng(0)
    for _ in range(50):
        target = rng.uniform((-60, 10, 12), (60, 60, 43), 3) + rng.uniform(-3, 3, (13, 3))
        referral = write_referral(spec, supine_map(spec), target, "punctate", "grouped")
        assert referral.clock_hour * 2 % 1 == 0 and 0.5 <= referral.clock_hour <= 12.0
        assert referral.nipple_distance_mm % 10 == 0 and referral.x_mm % 10 == 0
        assert referral.specks == 15  # thirteen, in fives
        assert referral.extent_mm % 1 == 0 and referral.depth_mm % 1 == 0
        middle = 0.5 * (target.min(axis=0) + target.max(axis=0))
        nominal = supine_map(spec).nominal.supine_from_breast(middle[None])[0]
        # Half a step of distance and a quarter of an hour of angle.
        allowed = 5.0 + np.hypot(*nominal[:2]) * np.radians(7.5) + 1e-6
        assert np.hypot(*(referral.supine_mm - nominal)[:2]) <= allowed


def test_plain_patient_without_specks_refers_to_the_middle() -> None:
    patient = plain_patient()
    assert len(patient.specks) == 0
    assert patient.referral.y_mm == 50.0 and patient.referral.x_mm == 0.0
