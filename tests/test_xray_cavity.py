"""The cavity as air and blood: volume, place, no overlap, and how it shows."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from stereosim.biopsy.capture import take_core
from stereosim.biopsy.cavity import (
    CavityModel,
    cavity_solids,
    soaked_solids,
    usual_cavity_model,
)
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.fluids import bleed, core_blood_mm3, infiltrate, usual_fluid_model
from stereosim.biopsy.needle import withdraw
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.tissue import NeedleInPlace, Tissue
from stereosim.geometry import load_units, project, scout, stereo_pair
from stereosim.imaging.materials import attenuation_per_mm
from stereosim.imaging.rendering import solid_boxes, transmission
from stereosim.imaging.scene import Scene, Soaked, solid_arrays
from stereosim.imaging.xray import XrayMachine
from stereosim.kernels.chords import solid_chords
from stereosim_phantoms.provenance import SpecError
from tests.biopsy_scenes import CENTRE, specks_at

DEVICES = load_devices()
RIGHT = np.array([1.0, 0.0, 0.0])
DRY = CavityModel(0.4, 0.0)


def sampled(name, hours, poses=None):
    """Tissue with a core at each hour of each pose."""
    device, tissue = DEVICES[name], Tissue.untouched(specks_at([CENTRE + 40.0]))
    for pose in poses or [NeedlePose.vertical(CENTRE)]:
        for hour in hours:
            tissue, _ = take_core(tissue, device, pose, hour)
    return tissue


def inside(points, solids):
    """Which points lie in which ellipsoid, (n, k)."""
    flags = []
    for centre, axes in zip(solids.centres_mm, solids.axes_mm, strict=True):
        flags.append((np.linalg.solve(axes, (points - centre).T) ** 2).sum(axis=0) < 1.0)
    return np.array(flags).T.reshape(len(points), len(solids))


def crowd(rng, solids, n=60000):
    """Points all over the solids."""
    half = np.sqrt((solids.axes_mm**2).sum(axis=2))
    low, high = (solids.centres_mm - half).min(axis=0), (solids.centres_mm + half).max(axis=0)
    return rng.uniform(low, high, (n, 3))


def test_nothing_sampled_no_cavity():
    specks = cavity_solids(Tissue.untouched(specks_at([CENTRE])))
    assert len(specks) == 0
    assert specks.solids.axes_mm.shape == (0, 3, 3)


@pytest.mark.parametrize(
    ("name", "hours"), [("ncb-14g", (12,)), ("vab-11g", (3,)), ("vab-9g", (2, 4, 6, 8, 10, 12))]
)
def test_volume_is_what_is_still_open(name, hours):
    tissue = sampled(name, hours)
    solids = cavity_solids(tissue, model=DRY)
    volumes = dict(zip(solids.materials, solids.solids.volumes_mm3, strict=True))
    assert sum(volumes.values()) == pytest.approx(tissue.cavity_mm3)
    assert volumes["air"] == pytest.approx(0.4 * tissue.cavity_mm3)
    assert not solids.target.any()
    # A haematoma adds blood and leaves the air as it is.
    wet = cavity_solids(tissue, model=replace(DRY, haematoma_mm=1.5))
    more = dict(zip(wet.materials, wet.solids.volumes_mm3, strict=True))
    assert more["air"] == pytest.approx(volumes["air"])
    assert more["blood"] > 1.2 * volumes["blood"]


def test_it_lies_along_the_aperture_on_the_side_that_was_sampled():
    device = DEVICES["vab-9g"]
    for hour in (12.0, 4.0, 9.0):
        pose = NeedlePose.vertical(CENTRE)
        solids = cavity_solids(sampled("vab-9g", (hour,)), model=DRY).solids
        middle = (solids.volumes_mm3 @ solids.centres_mm) / solids.volumes_mm3.sum()
        toward = pose.hour_direction(hour)
        assert (middle - CENTRE) @ toward == pytest.approx(
            np.linalg.norm((middle - CENTRE)[:2]), rel=1e-2
        )
        assert (middle - CENTRE) @ toward > 0.5
        half = np.sqrt((solids.axes_mm[:, 2] ** 2).sum(axis=1))
        top, bottom = (solids.centres_mm[:, 2] + half).max(), (solids.centres_mm[:, 2] - half).min()
        assert top - bottom == pytest.approx(device.aperture_mm, rel=1e-3)
    round_ = cavity_solids(sampled("vab-9g", range(12)), model=DRY).solids
    middle = (round_.volumes_mm3 @ round_.centres_mm) / round_.volumes_mm3.sum()
    assert np.linalg.norm((middle - CENTRE)[:2]) < 0.2


@pytest.mark.parametrize("up", [(0, 0, 1), (0, -1, 0), (1, 0, 0)])
def test_air_is_above_blood(up):
    solids = cavity_solids(sampled("vab-11g", (12, 4, 8)), up=up, model=DRY)
    heights = dict(zip(solids.materials, solids.solids.centres_mm @ np.array(up), strict=True))
    assert heights["air"] > heights["blood"] + 0.3


def test_it_turns_with_the_frame():
    rotation, shift = Rotation.from_rotvec([0.3, -0.7, 1.1]), np.array([5.0, -3.0, 8.0])
    pose = NeedlePose.vertical(CENTRE)
    matrix = rotation.as_matrix()
    turned = NeedlePose(matrix @ CENTRE + shift, matrix @ pose.axis, matrix @ pose.twelve)
    here = cavity_solids(sampled("vab-9g", (1, 4), [pose]), model=DRY)
    there = cavity_solids(sampled("vab-9g", (1, 4), [turned]), up=matrix[:, 2], model=DRY)
    assert there.materials == here.materials
    moved = here.solids.centres_mm @ matrix.T + shift
    assert there.solids.centres_mm == pytest.approx(moved, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_no_two_solids_overlap(seed):
    """Passes of a gun and probes here and there: bores that meet become one cavity."""
    rng = np.random.default_rng(seed)
    spread = (0.8, 3.0, 8.0)[seed % 3]
    poses = [
        NeedlePose(
            CENTRE + rng.normal(0.0, spread, 3),
            np.array([0.0, 0.0, -1.0]) + 0.15 * rng.standard_normal(3),
            np.array([0.0, 1.0, 0.0]),
        )
        for _ in range(6)
    ]
    tissue = sampled(("ncb-14g", "vab-9g")[seed % 2], (12, 4), poses)
    for model in (DRY, usual_cavity_model()):
        solids = cavity_solids(tissue, model=model)
        assert len(solids) >= 2
        counts = inside(crowd(rng, solids.solids), solids.solids).sum(axis=1)
        assert counts.max() == 1
        if model is DRY:
            assert solids.solids.volumes_mm3.sum() == pytest.approx(tissue.cavity_mm3)
    assert len(cavity_solids(tissue, model=DRY)) <= 12


def test_bores_apart_stay_apart():
    poses = [NeedlePose.vertical(CENTRE + x * RIGHT) for x in (0.0, 12.0)]
    assert len(cavity_solids(sampled("vab-11g", (12, 6), poses), model=DRY)) == 4
    near = [NeedlePose.vertical(CENTRE + x * RIGHT) for x in (0.0, 1.0)]
    assert len(cavity_solids(sampled("vab-11g", (12, 6), near), model=DRY)) == 2


def test_a_needle_in_its_bore_fills_part_of_it():
    tissue = sampled("vab-9g", range(1, 13))
    pose, device = tissue.bores[0].pose, DEVICES["vab-9g"]
    held = replace(tissue, needle=NeedleInPlace(pose, device, np.zeros(3)))
    section = np.pi * (device.outer_diameter_mm / 2.0) ** 2 * device.aperture_mm
    open_ = cavity_solids(held, model=DRY).solids.volumes_mm3.sum()
    assert tissue.cavity_mm3 - section <= open_ + 1e-9 < tissue.cavity_mm3
    assert cavity_solids(withdraw(held), model=DRY).solids.volumes_mm3.sum() == pytest.approx(
        tissue.cavity_mm3
    )


def test_all_air_all_blood_and_nonsense():
    tissue = sampled("vab-11g", (12,))
    assert cavity_solids(tissue, model=CavityModel(1.0, 2.0)).materials == ("air",)
    assert cavity_solids(tissue, model=CavityModel(0.0, 2.0)).materials == ("blood",)
    for wrong in ((1.2, 0.0), (0.5, -1.0), (0.5, float("nan"))):
        with pytest.raises(SpecError, match="cavity"):
            CavityModel(*wrong)


def test_the_cavity_shows_where_it_is_in_every_view():
    """Dark where the air projects to, at the right parallax, and slightly dense below."""
    unit = load_units()["upright-siemens"]
    machine = XrayMachine(unit)
    tissue = sampled("vab-9g", range(1, 13))
    solids = cavity_solids(tissue)
    for view in (scout(unit), *stereo_pair(unit)):
        # In fat, where blood is dense.
        series = machine.series(machine.slab_background(view, 50.0, 0.0), machine.exposure(50.0))
        clean = series.image(Scene(50.0), rng=None).pixels
        for name, sign in (("air", 1.0), ("blood", -1.0)):
            one = solids.subset(np.array(solids.materials) == name)
            image = series.image(Scene(50.0, cavities=one), rng=None).pixels
            change = sign * (image / clean - 1.0)
            assert change.max() > 0.03
            row, column = np.argwhere(change > 0.5 * change.max()).mean(axis=0)
            apart = project(view, one.solids.centres_mm)[0] - [column, row]
            assert np.hypot(*apart) * unit.pitch_mm < 0.4
        ratio = series.image(Scene(50.0, cavities=solids), rng=None).pixels / clean
        assert ratio.max() > 1.02
        assert ratio.min() < 0.98


def bled(tissue, blood_mm3):
    """The tissue with so much blood in its last bore."""
    even = replace(usual_fluid_model(), core_log_sd=0.0)
    factor = blood_mm3 / core_blood_mm3(DEVICES["ncb-14g"], even)
    rng = np.random.default_rng(0)
    return bleed(tissue, DEVICES["ncb-14g"], rng=rng, model=even, patient_factor=factor)


def test_what_is_not_blood_is_air():
    """The blood of the bore settles the share; one bore's does not say anything of another's."""
    tissue = sampled("vab-9g", range(1, 13))
    room = tissue.cavity_mm3
    for blood in (0.1 * room, 0.6 * room, 3.0 * room):
        wet = bled(tissue, blood)
        solids = cavity_solids(wet, model=DRY)
        volumes = dict(zip(solids.materials, solids.solids.volumes_mm3, strict=True))
        assert volumes["blood"] == pytest.approx(blood)
        assert volumes.get("air", 0.0) == pytest.approx(max(0.0, room - blood))
        assert wet.cavity_mm3 == pytest.approx(max(room, blood))
    far = NeedlePose.vertical(CENTRE + 15.0 * RIGHT)
    both = sampled("vab-9g", (12, 6), [NeedlePose.vertical(CENTRE), far])
    solids = cavity_solids(bled(both, 0.25 * both.bores[1].cavity_mm3), model=DRY)
    air = solids.subset(np.array(solids.materials) == "air").solids
    order = air.centres_mm[:, 0].argsort()
    expected = [0.4 * both.bores[0].cavity_mm3, 0.75 * both.bores[1].cavity_mm3]
    assert air.volumes_mm3[order] == pytest.approx(expected)


def test_a_needle_leaves_blood_its_room():
    """Blood round a needle that is in: its volume shows, less nothing."""
    tissue = sampled("vab-9g", range(1, 13))
    pose, device = tissue.bores[0].pose, DEVICES["vab-9g"]
    held = replace(tissue, needle=NeedleInPlace(pose, device, np.zeros(3)))
    wet = bled(held, 900.0)
    solids = cavity_solids(wet, model=DRY)
    assert solids.materials == ("blood",)
    assert solids.solids.volumes_mm3.sum() == pytest.approx(900.0)


def test_an_older_cavity_shows_where_blood_has_pushed_it():
    side = NeedlePose.vertical(CENTRE + 8.0 * RIGHT)
    tissue = sampled("vab-11g", (12, 6), [NeedlePose.vertical(CENTRE), side])
    wet = bled(tissue, 900.0)
    middles = []
    for some in (tissue, wet):
        solids = cavity_solids(some, model=DRY).solids
        middles.append(solids.centres_mm[solids.centres_mm[:, 0] < CENTRE[0] + 3.0, 0].mean())
    a = wet.bores[1].distended_mm2
    assert middles[0] - middles[1] == pytest.approx(np.sqrt(64.0 + a) - 8.0, rel=1e-6)


def through_the_middle(tissue, background=0.25):
    """Ratio of primaries along the ray through CENTRE, with what it is made of; 50 mm of slab."""
    unit = load_units()["upright-siemens"]
    machine, view = XrayMachine(unit), scout(unit)
    series = machine.series(machine.slab_background(view, 50.0, background), machine.exposure(50.0))
    column, row = np.rint(project(view, CENTRE[None])[0]).astype(int)
    end = view.support_from_pixel(np.array([[column, row]], dtype=float))
    slant = np.linalg.norm(end[0] - view.source_mm) / (view.source_mm[2] - end[0, 2])
    cavities = cavity_solids(tissue, model=DRY)
    arrays = solid_arrays(
        Scene(50.0, cavities=cavities, soaked=Soaked(*soaked_solids(tissue, cavities)))
    )
    chords = np.empty((1, len(arrays)))
    source = np.array(view.source_mm)
    solid_chords(source, end, arrays.centres, arrays.inverses, arrays.rods, chords)
    way = 50.0 * slant
    shares = np.array([1.0 - background, background, 0.0], np.float32)
    paths = (way * shares).reshape(3, 1, 1).astype(np.float32)
    boxes = solid_boxes(view, arrays)
    ratio = transmission(view, arrays, series.beam, paths, (row, column), boxes)
    return float(ratio[0, 0]), chords[0], way, series.beam


def behind(beam, tissue, way, displaced, added):
    """The same ratio from path lengths: of tissue displaced on the way, and of what is there."""
    depth = tissue * (way - displaced) + added
    return (beam.absorbed_kev * np.exp(-depth)).sum() / (
        beam.absorbed_kev * np.exp(-tissue * way)
    ).sum()


@pytest.mark.parametrize("volume", [1000.0, 5000.0])
def test_anaesthetic_adds_its_share_of_water_and_no_more(volume):
    tissue = infiltrate(Tissue.untouched(specks_at([CENTRE])), CENTRE, volume)
    ratio, chords, way, beam = through_the_middle(tissue)
    (ball,) = tissue.infiltrations
    assert chords == pytest.approx([2.0 * ball.radius_mm], rel=1e-3)
    water = ball.share * chords[0]
    mu = 0.75 * beam.tissue_mu[0] + 0.25 * beam.tissue_mu[1]
    # 3 V / (2 pi R^2), whatever the tissue was.
    assert water == pytest.approx(volume / (2.0 / 3.0 * np.pi * ball.radius_mm**2), rel=1e-3)
    added = water * attenuation_per_mm("water", beam.energies_kev)
    assert ratio == pytest.approx(behind(beam, mu, way, water, added), rel=1e-3)
    assert 0.8 < ratio < 0.995


def test_a_cavity_in_anaesthetic_holds_none_of_it():
    tissue = infiltrate(sampled("vab-9g", range(1, 13)), CENTRE, 5000.0)
    ratio, chords, way, beam = through_the_middle(tissue)
    assert len(chords) == 5  # air and blood, the ball, and the two once more to be taken back
    assert (chords > 0.0).all()
    share = tissue.infiltrations[0].share
    air, blood, ball = chords[:3]
    water = share * (ball - air - blood)
    mu = 0.75 * beam.tissue_mu[0] + 0.25 * beam.tissue_mu[1]
    added = sum(
        chord * attenuation_per_mm(name, beam.energies_kev)
        for name, chord in (("air", air), ("blood", blood), ("water", water))
    )
    assert ratio == pytest.approx(behind(beam, mu, way, air + blood + water, added), rel=1e-3)


def test_anaesthetic_shows_in_fat_and_not_in_gland():
    tissue = infiltrate(Tissue.untouched(specks_at([CENTRE])), CENTRE, 5000.0)
    fat, mixed, gland = (through_the_middle(tissue, share)[0] for share in (0.0, 0.5, 1.0))
    assert fat < mixed < gland
    assert fat < 0.92
    assert abs(gland - 1.0) < 0.03


def test_air_and_blood_take_the_place_of_tissue():
    """Every energy: what the tissue along the chord took is given back, the content's is added."""
    unit = load_units()["upright-siemens"]
    machine, view = XrayMachine(unit), scout(unit)
    solids = cavity_solids(sampled("vab-9g", range(1, 13)), model=DRY)
    series = machine.series(machine.slab_background(view, 50.0, 0.25), machine.exposure(50.0))
    beam = series.beam
    tissue = 0.75 * beam.tissue_mu[0] + 0.25 * beam.tissue_mu[1]
    column, row = np.rint(project(view, CENTRE[None])[0]).astype(int)
    end = view.support_from_pixel(np.array([[column, row]], dtype=float))
    slant = np.linalg.norm(end[0] - view.source_mm) / (view.source_mm[2] - end[0, 2])
    arrays = solid_arrays(Scene(50.0, cavities=solids))
    chords = np.empty((1, 2))
    source = np.array(view.source_mm)
    solid_chords(source, end, arrays.centres, arrays.inverses, arrays.rods, chords)
    assert (chords > 3.0).all()
    way = 50.0 * slant
    after = tissue * (way - chords.sum())
    for name, chord in zip(solids.materials, chords[0], strict=True):
        after = after + chord * attenuation_per_mm(name, beam.energies_kev)
    expected = (beam.absorbed_kev * np.exp(-after)).sum()
    expected /= (beam.absorbed_kev * np.exp(-tissue * way)).sum()
    paths = (way * np.array([0.75, 0.25, 0.0], np.float32)).reshape(3, 1, 1).astype(np.float32)
    boxes = solid_boxes(view, arrays)
    ratio = transmission(view, arrays, beam, paths, (row, column), boxes)
    assert ratio[0, 0] == pytest.approx(expected, rel=1e-3)
    assert expected > 1.05
