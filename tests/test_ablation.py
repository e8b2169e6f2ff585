"""Taking a source of error away changes that source and nothing else."""

from dataclasses import fields

import numpy as np
import pytest

from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.needle import insert, load_placement
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.tissue import Tissue
from stereosim.experiments.ablation import SOURCES, check_sources, placement_without, skill_without
from stereosim.experiments.trial import Room, setting_of
from stereosim.procedures.operators.skill import load_skills
from stereosim_phantoms.provenance import SpecError
from tests.biopsy_scenes import specks_at

AIM = NeedlePose.vertical((0.0, 30.0, 25.0))
DEVICE = load_devices()["vab-11g"]


def inserted(names: tuple[str, ...]) -> tuple[Tissue, NeedlePose]:
    errors = placement_without(load_placement()["stereotactic"], names)
    tissue = Tissue.untouched(specks_at([(0.0, 30.0, 25.0)]))
    return insert(tissue, DEVICE, AIM, errors=errors, rng=np.random.default_rng(3))


def test_what_is_not_taken_away_keeps_its_chance() -> None:
    (tissue, pose), (still, same) = inserted(()), inserted(("carry",))
    # The same needle in the same place: only the tissue is carried, or not.
    np.testing.assert_array_equal(pose.centre_mm, same.centre_mm)
    np.testing.assert_array_equal(pose.axis, same.axis)
    assert tissue.rest_mm[0, 2] < 25.0 and still.rest_mm[0, 2] == 25.0
    straight = inserted(("deflection",))[1]
    np.testing.assert_allclose(straight.axis, AIM.axis)
    assert not np.allclose(pose.axis, AIM.axis)


def test_without_aim_deflection_and_carry_the_needle_goes_where_it_was_sent() -> None:
    tissue, pose = inserted(("aim", "deflection", "carry"))
    np.testing.assert_allclose(pose.centre_mm, AIM.centre_mm, atol=1e-12)
    np.testing.assert_allclose(tissue.rest_mm[0], AIM.centre_mm)


@pytest.mark.parametrize("name", ["stereotactic", "freehand"])
def test_all_of_them_leave_no_error_but_what_is_no_error(name: str) -> None:
    model = placement_without(load_placement()[name], tuple(SOURCES))
    left = {f.name for f in fields(model) if np.any(np.asarray(getattr(model, f.name)) != 0.0)}
    # Where a hand enters, how a novice compares, and what springs back of no carry.
    assert left <= {
        "name", "label", "provenance", "novice_factor", "recoil", "entry_distance_mm"
    }  # fmt: skip


def test_a_setting_takes_them_in_one_order_and_names_what_it_does_not_know() -> None:
    room = Room(setting_of(without=("bleeding", "marks", "bleeding")))
    assert room.setting.without == ("marks", "bleeding")
    assert not room.conditions("stereotactic").bleeding and room.anaesthetic
    assert room.skill.click_sd_px == 0.0
    assert skill_without(load_skills()["trained"], ()) == load_skills()["trained"]
    with pytest.raises(SpecError, match="without: 'luck' is none of aim, carry"):
        check_sources(("aim", "luck"))
