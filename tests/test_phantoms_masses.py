"""Masses, cysts and dilated ducts: their kinds, their shapes, and what the fields show of them."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from stereosim_phantoms.anatomy import anatomy_of
from stereosim_phantoms.assembly import MassPlan
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.cohort import draw_patient, load_cohort
from stereosim_phantoms.mass_shapes import (
    dilated_duct,
    duct_line,
    irregular_mass,
    mass_of_supine_size,
)
from stereosim_phantoms.masses import BLOOD, KINDS, Mass, mass_form, mass_kinds
from stereosim_phantoms.patient import VirtualPatient, plain_patient
from stereosim_phantoms.solids import Ellipsoids
from stereosim_phantoms.supine import supine_map
from stereosim_phantoms.vessels import vessel_parameters
from tests.phantom_scenes import breast, places

PLACE = np.array([12.0, 45.0, 28.0])


def test_kinds_are_ordered_as_sonographers_know_them() -> None:
    kinds = mass_kinds()
    power = [kinds[name].power for name in ("cyst", "dilated duct", "irregular", "oval")]
    assert sorted(power) == power and power[-1] < 1.0  # all darker than fat
    loss = [kinds[name].attenuation for name in ("cyst", "dilated duct", "oval", "irregular")]
    assert sorted(loss) == loss
    assert [kinds[name].fluid for name in (*KINDS, BLOOD)] == [False, False, True, True, True]
    for kind in kinds.values():
        assert all(" to " in p.note for p in kind.provenance.values())


def test_a_mass_is_the_union_of_its_parts() -> None:
    two = Ellipsoids(np.array([[0.0, 40, 30], [4, 40, 30]]), np.tile(3.0 * np.eye(3), (2, 1, 1)))
    mass = Mass("oval", two, "circumscribed")
    points = np.random.default_rng(0).uniform((-5, 35, 25), (9, 45, 35), (500, 3))
    near = np.linalg.norm(points[:, None] - two.centres_mm, axis=2).min(axis=1) <= 3.0
    assert (mass.contains(points) == near).all() and near.any()
    assert_allclose(mass.middle_mm, [2.0, 40.0, 30.0])
    assert mass.holding(points[near]).holds_target
    assert not mass.holding(points[~near]).holds_target
    with pytest.raises(ValueError, match="kind 'lump' is none of oval"):
        Mass("lump", two, "circumscribed")
    with pytest.raises(ValueError, match="kind 'lump' is none of oval"):
        MassPlan(None, (5, 5, 5), "circumscribed", "lump")
    with pytest.raises(ValueError, match="at least one"):
        Mass("oval", two[:0], "circumscribed")


def test_an_irregular_mass_goes_beyond_its_body_and_is_upright_now_and_then() -> None:
    supine = supine_map(breast())
    size = (10.0, 9.0, 6.0)
    body = mass_of_supine_size(supine, PLACE, size, "circumscribed")
    shell = np.random.default_rng(1).standard_normal((400, 3))
    shell *= 0.5 * np.array(size) / np.linalg.norm(shell, axis=1, keepdims=True)
    middle = supine.supine_from_breast(PLACE[None])
    beyond = supine.breast_from_supine(middle + 1.3 * shell)
    shares, upright = [], 0
    for seed in range(60):
        mass = irregular_mass(supine, PLACE, size, rng=np.random.default_rng(seed))
        assert_allclose(mass.solid.axes_mm[0], body.solid.axes_mm[0])
        assert mass.margin == "indistinct"
        share = mass.contains(beyond).mean()
        shares.append(share)
        line = middle + np.linspace(-9, 9, 181)[:, None] * np.eye(3)[2]
        depth = mass.contains(supine.breast_from_supine(line)).sum() * 0.1
        upright += depth > 0.9 * size[0]
    assert 0.05 < np.mean(shares) < 0.9 and np.std(shares) > 0.02  # bulges, and not all round
    assert 0 < upright < 60 * 2.0 * mass_form().upright_share


def test_a_dilated_duct_has_the_size_asked_for_and_follows_its_duct() -> None:
    spec = breast(supine_displacement_mm=6.0)
    ducts, supine = anatomy_of(spec).ducts, supine_map(spec)
    place = 0.5 * (ducts.capsules[60, :3] + ducts.capsules[60, 3:6])
    mass = dilated_duct(supine, ducts, place, (16.0, 4.0, 4.0))
    line = supine.supine_from_breast(duct_line(ducts, place))
    fine = np.concatenate([np.linspace(a, b, 40) for a, b in pairwise(line)])
    centres = supine.supine_from_breast(mass.solid.centres_mm)
    off = np.linalg.norm(centres[:, None] - fine, axis=2).min(axis=1)
    assert off.max() < 0.15
    # The volume on the table is that of a tube of that width, its ends rounded; the map keeps it.
    low, high = centres.min(axis=0) - 6.0, centres.max(axis=0) + 6.0
    points = np.random.default_rng(2).uniform(low, high, (200_000, 3))
    inside = mass.contains(supine.breast_from_supine(points))
    volume = inside.mean() * np.prod(high - low)
    tube = np.pi * 2.0**2 * 16.0
    assert 0.75 * tube < volume < 1.0 * tube
    with pytest.raises(ValueError, match="no duct"):
        dilated_duct(supine, anatomy_of(plain_patient().breast).ducts, place, (9.0, 3.0, 3.0))


def with_masses(*masses: Mass) -> VirtualPatient:
    return dataclasses.replace(load_case("case-1-before").patient(3), masses=masses)


def test_fields_show_the_echo_and_the_attenuation_of_each_kind() -> None:
    patient = load_case("case-1-before").patient(3)
    for kind in KINDS:
        place = np.array([5.0, 30.0, 19.0])
        mass = mass_of_supine_size(patient.supine, place, (8.0, 8.0, 6.0), "circumscribed", kind)
        seen = with_masses(mass)
        middle = seen.supine.supine_from_breast(place[None])[0]
        field = seen.supine_field(middle - 6.0, middle + 6.0, 0.4)
        at = (15, 15, 15)
        values = mass_kinds()[kind]
        full, none = (field.fluid, field.mass) if values.fluid else (field.mass, field.fluid)
        assert full[at] == pytest.approx(1.0) and none[at] == 0.0
        assert field.walled[at] == 1.0
        assert field.mass_power[at] == pytest.approx(values.power, rel=1e-5)
        assert field.mass_attenuation[at] == pytest.approx(values.attenuation, rel=1e-5)
        assert field.gland[at] == 0.0 and field.ligament[at] == 0.0
        # X-rays meet the same body, as dense as the catalogue says.
        voxel = seen.tissue_field(place - 0.2, place + 0.2, 0.4)
        assert voxel.gland[0, 0, 0] == pytest.approx(values.gland_fraction, rel=1e-5)


def test_vessels_are_blood_on_the_ultrasound_table() -> None:
    patient = load_case("case-1-before").patient(3)
    vessels = anatomy_of(patient.breast).vessels
    wide = int(vessels.capsules[:, 7].argmax())
    place = 0.5 * (vessels.capsules[wide, :3] + vessels.capsules[wide, 3:6])
    middle = patient.supine.supine_from_breast(place[None])[0]
    field = patient.supine_field(middle - 1.0, middle + 1.0, 0.4)
    blood = mass_kinds()[BLOOD]
    most = np.unravel_index(field.fluid.argmax(), field.fluid.shape)
    assert field.fluid[most] > 0.5 and field.mass.max() == 0.0 and field.walled.max() == 0.0
    assert_allclose(field.mass_power, blood.power * field.fluid, rtol=1e-5)
    assert_allclose(field.mass_attenuation, blood.attenuation * field.fluid, rtol=1e-5)
    parts = field.gland + field.ligament + field.skin + field.mass + field.fluid
    assert (parts <= field.inside + 1e-5).all()
    # The tube whose wall is heard passes there, as wide as the lumen.
    starts, ways = field.tubes[:, :3], field.tubes[:, 3:6] - field.tubes[:, :3]
    t = ((middle - starts) * ways).sum(axis=1) / (ways * ways).sum(axis=1)
    off = np.linalg.norm(middle - starts - np.clip(t, 0, 1)[:, None] * ways, axis=1)
    assert off.min() < 0.1
    lumen = vessel_parameters().course.lumen_share * vessels.capsules[wide, 6:].mean()
    assert field.tubes[off.argmin(), 6] == pytest.approx(lumen)


def test_kinds_come_in_the_shares_of_the_cohort_and_leave_the_rest_as_it_is() -> None:
    cohort = dataclasses.replace(
        load_cohort("screening"), mass_with_target_share=1.0, mass_elsewhere_share=1.0
    )
    ovals = dataclasses.replace(
        cohort,
        mass_with_target_kinds=(1.0, 0.0, 0.0, 0.0),
        mass_elsewhere_kinds=(1.0, 0.0, 0.0, 0.0),
        duct_mass_share=0.0,
    )
    held, elsewhere = [], []
    for index in range(60):
        patient, plain = draw_patient(cohort, 3, index), draw_patient(ovals, 3, index)
        assert patient.breast == plain.breast
        held.append(patient.masses[0])
        elsewhere.append(patient.masses[1].kind)
        if patient.masses[0].kind != "dilated duct":
            assert patient.referral == plain.referral
            centres = patient.specks.solids.centres_mm[patient.specks.target]
            assert (centres == plain.specks.solids.centres_mm[plain.specks.target]).all()
        else:
            assert patient.distribution in ("linear", "segmental")
        assert {m.kind for m in plain.masses} == {"oval"}
    assert all(mass.holds_target for mass in held)
    counts = [[mass.kind for mass in held].count(k) for k in KINDS]
    assert counts[2] == 0 and counts[3] > 0
    assert abs(counts[1] / 60 - 0.6) < 0.25
    for kind, share in zip(KINDS, cohort.mass_elsewhere_kinds, strict=True):
        error = 4.0 * np.sqrt(share * (1.0 - share) / 60)
        assert abs(elsewhere.count(kind) / 60 - share) < error


def test_the_cases_hold_what_their_texts_say() -> None:
    for seed in range(6):
        cyst = load_case("cyst-beside").patient(seed).masses[0]
        duct = load_case("duct-calcifications").patient(seed).masses[0]
        assert cyst.kind == "cyst" and not cyst.holds_target
        assert duct.kind == "dilated duct" and duct.holds_target
    assert load_case("cluster-in-mass").patient(0).masses[0].kind == "irregular"
    assert {m.kind for m in load_case("case-1-mass").patient(0).masses} == {"oval"}


def test_sediment_lies_level_on_the_table_and_other_specks_turn() -> None:
    patient = load_case("milk-of-calcium").patient(1)
    compressed, table = patient.specks.solids, patient.supine_specks().solids
    target = patient.specks.target
    # Discs: the short axis is vertical, along z, whichever way the patient lies.
    assert np.abs(table.axes_mm[target][:, 2, :2]).max() == 0.0
    assert_allclose(table.diameters_mm, compressed.diameters_mm)
    turned = compressed.axes_mm[~target]
    assert_allclose(table.axes_mm[~target][:, 1], turned[:, 2])
    assert_allclose(table.axes_mm[~target][:, 2], -turned[:, 1])


@pytest.mark.parametrize("size", [0.0, 4.4, 10.0, 23.3, 25.0])
def test_the_displacement_has_the_size_asked_for_and_can_be_undone(size: float) -> None:
    squares = []
    for seed in range(24):
        spec = breast(seed=seed, supine_displacement_mm=size)
        supine = supine_map(spec)
        points = places(spec, 150, 0.5, seed)
        there = supine.supine_from_breast(points)
        squares.append(((there - supine.nominal.supine_from_breast(points)) ** 2).sum(axis=1))
        assert_allclose(supine.breast_from_supine(there), points, atol=1e-6)
        inner = supine.jacobian(points[spec.skin_distance_mm(points) > 1.0])
        assert_allclose(np.linalg.det(inner), 1.0, atol=1e-6)
    rms = np.sqrt(np.mean(squares))
    assert rms == pytest.approx(size, rel=0.12, abs=1e-9)


def test_a_case_can_be_made_with_another_displacement() -> None:
    case = load_case("large-cluster")
    usual, moved, still = (case.patient(4, supine_displacement_mm=d) for d in (None, 23.3, 0.0))
    assert usual.breast.supine_displacement_mm == case.breast.supine_displacement_mm
    assert moved.breast.supine_displacement_mm == 23.3
    assert (moved.specks.solids.centres_mm == usual.specks.solids.centres_mm).all()
    assert moved.referral == usual.referral == still.referral
    nominal = still.supine_specks().solids.centres_mm
    assert_allclose(
        nominal, usual.supine.nominal.supine_from_breast(usual.specks.solids.centres_mm)
    )
    assert np.linalg.norm(moved.supine_specks().solids.centres_mm - nominal, axis=1).min() > 1.0
