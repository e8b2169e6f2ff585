"""Anaesthetic and bleeding as a procedure brings them: when, where, how much, and again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.fluids import infiltrate, patient_factor, usual_fluid_model
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.tissue import Bore
from stereosim.geometry.projection import project
from stereosim.imaging.detection import find_specks
from stereosim.procedures.intents import (
    Advance,
    Anaesthetise,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    IntentError,
    PlaceClip,
    Position,
    Sample,
    Stop,
    Withdraw,
    from_dict,
    to_dict,
)
from stereosim.procedures.procedure import Procedure
from stereosim.procedures.state import ProcedureState, Step
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.patient import plain_patient
from tests.procedure_scenes import EXACT, FIVE, ROOM, do, marks_on, paired, scene
from tests.xray_scenes import spheres

MODEL = usual_fluid_model()
REAL = ROOM.placement["stereotactic"]
VACUUM = (ChooseDevice("vab-11g"), Advance(), Fire())
GUN = (ChooseDevice("ncb-14g"), Advance(), Fire(), Sample((12.0,)), Withdraw())


@pytest.fixture(scope="module")
def room():
    return scene(placement=REAL)


@pytest.fixture(scope="module")
def marked(room) -> ProcedureState:
    return do(room, paired(room), marks_on(room, FIVE[0]))


def sonography(**changes) -> tuple[UltrasoundProcedure, ProcedureState]:
    """Return an ultrasound-guided procedure with a place marked, without the search for it."""
    procedure = UltrasoundProcedure(
        patient=plain_patient(specks=spheres(FIVE, 0.4), **changes),
        devices=ROOM.devices,
        conditions=replace(scene().conditions, placement=ROOM.placement["ultrasound"]),
        seed=3,
        probe=ROOM.probe,
        step_mm=1.0,
    )
    state = procedure.start()
    places = state.truth.tissue.rest_mm
    return procedure, replace(
        state, step=Step.TARGET, seen=replace(state.seen, marked_mm=places.mean(axis=0))
    )


def refused(procedure: Procedure, state: ProcedureState, intent, words: str) -> None:
    with pytest.raises(IntentError, match=words):
        procedure.step(state, intent)


def test_anaesthetic_swells_the_tissue_about_the_marked_place(room, marked):
    state = do(room, marked, Anaesthetise(5.0))
    (given,) = state.truth.tissue.infiltrations
    assert given.volume_mm3 == 5000.0
    assert 0.0 < np.linalg.norm(given.centre_mm - marked.seen.marked_mm) < 5 * MODEL.place_sd_mm
    expected = infiltrate(marked.truth.tissue, given.centre_mm, 5000.0)
    np.testing.assert_array_equal(state.truth.tissue.rest_mm, expected.rest_mm)
    assert (
        np.linalg.norm(state.truth.tissue.rest_mm - marked.truth.tissue.rest_mm, axis=1).min() > 0
    )
    assert state.seen.anaesthetic_ml == 5.0
    assert state.seen.minutes == marked.seen.minutes + load_minutes().anaesthetise
    assert state.step is marked.step
    # The next injection errs anew; the sum is what has been given.
    more = do(room, state, Anaesthetise(2.0))
    assert more.seen.anaesthetic_ml == 7.0
    assert not np.allclose(more.truth.tissue.infiltrations[1].centre_mm, given.centre_mm)


def test_without_errors_of_the_needle_it_goes_where_it_was_meant():
    room = scene(placement=EXACT)
    start = replace(room.start(), step=Step.TARGET)
    start = replace(start, seen=replace(start.seen, marked_mm=FIVE[0]))
    state = do(room, start, Anaesthetise(5.0))
    np.testing.assert_array_equal(state.truth.tissue.infiltrations[0].centre_mm, FIVE[0])
    np.testing.assert_allclose(state.truth.tissue.rest_mm[0], FIVE[0])


@pytest.mark.parametrize("guidance", ["stereotactic", "ultrasound"])
def test_what_is_refused(room, marked, guidance):
    procedure, state = (room, marked) if guidance == "stereotactic" else sonography()
    refused(procedure, procedure.start(), Anaesthetise(5.0), "mark a target first")
    for volume in (0.0, -1.0):
        refused(procedure, state, Anaesthetise(volume), "not above 0")
    refused(procedure, state, Anaesthetise(float("nan")), "finite number")
    refused(procedure, state, Anaesthetise(MODEL.most_ml + 0.1), "20 ml")
    full = do(procedure, state, Anaesthetise(15.0))
    refused(procedure, full, Anaesthetise(6.0), "21 ml in all")
    after = do(procedure, full, ChooseDevice("ncb-14g"), Advance())
    refused(procedure, after, Anaesthetise(1.0), "needle has been in")
    refused(procedure, do(procedure, after, Withdraw()), Anaesthetise(1.0), "needle has been in")
    if guidance == "stereotactic":
        refused(procedure, full, Position(0.0, 5.0), "anaesthetic has been given")


def test_every_core_bleeds_into_its_own_bore(room, marked):
    state = do(room, marked, *VACUUM, Sample((12.0,)))
    bloods = [state.truth.tissue.bores[-1].blood_mm3]
    for hour in (4.0, 8.0):
        state = do(room, state, Sample((hour,)))
        bloods.append(state.truth.tissue.bores[-1].blood_mm3)
    assert min(bloods) > 0.0
    assert len(state.truth.tissue.bores) == 1
    # One order or three: the same chance for the same core.
    at_once = do(room, marked, *VACUUM, Sample((12.0, 4.0, 8.0)))
    np.testing.assert_array_equal(at_once.truth.tissue.rest_mm, state.truth.tissue.rest_mm)
    assert at_once.truth.tissue.bores[0].blood_mm3 == bloods[-1]
    # While a film is made nothing is drawn off.
    filmed = do(room, state, Film())
    assert filmed.truth.tissue.bores[0].blood_mm3 > bloods[-1]
    assert do(room, filmed, Stop("finished")).truth.tissue.bores[0].blood_mm3 == (
        filmed.truth.tissue.bores[0].blood_mm3
    )


def test_a_second_pass_bleeds_into_the_second_bore(room, marked):
    first = do(room, marked, *GUN)
    second = do(room, first, *GUN[1:])
    waited = do(room, second, Film())
    # In and out again without a core: no needle has left this bore, so nothing runs out of it.
    again = do(room, second, Advance(), Withdraw()).truth.tissue.bores[1].blood_mm3
    assert again > second.truth.tissue.bores[1].blood_mm3
    # The first bore bleeds on until the second core is taken, and not after it.
    before = do(room, first, Advance(), Fire()).truth.tissue.bores[0]
    assert before.blood_mm3 > first.truth.tissue.bores[0].blood_mm3 > 0.0
    for state in (second, waited):
        assert len(state.truth.tissue.bores) == 2
        assert state.truth.tissue.bores[0].blood_mm3 == before.blood_mm3
        np.testing.assert_array_equal(state.truth.tissue.bores[0].void_mm2, before.void_mm2)
    assert waited.truth.tissue.bores[1].blood_mm3 > second.truth.tissue.bores[1].blood_mm3


def test_bleeding_can_be_taken_away_and_draws_no_other_chance(room, marked):
    dry = scene(placement=REAL)
    dry.conditions = replace(dry.conditions, bleeding=False)
    acts = (*VACUUM, Sample((12.0, 6.0)), Film(), PlaceClip(), Withdraw())
    wet, without = do(room, marked, *acts), do(dry, marked, *acts)
    assert without.truth.tissue.bores[0].blood_mm3 == 0.0
    assert without.truth.tissue.bores[0].distended_mm2 == 0.0
    assert without.truth.tissue.bores[0].shift_mm2.min() >= 0.0
    needles = [s.truth.tissue.cores[0].pose for s in (wet, without)]
    assert needles[0].same_as(needles[1])
    assert wet.truth.firings[0].centre_mm.tolist() == without.truth.firings[0].centre_mm.tolist()
    # The first core was taken before anything bled.
    assert wet.truth.tissue.cores[0].mass_mg == without.truth.tissue.cores[0].mass_mg
    assert wet.seen.minutes == without.seen.minutes


def test_the_same_woman_bleeds_alike_under_both_guidances(room, marked):
    """A woman who bleeds much does so in both; another order of the arms changes nothing."""
    bloods = {}
    for seed in (1, 2):
        stereotactic = scene(placement=REAL)
        stereotactic.patient = plain_patient(specks=spheres(FIVE, 0.4), seed=seed)
        ultrasound, found = sonography(seed=seed)
        for procedure, state in ((ultrasound, found), (stereotactic, marked)):
            cored = do(procedure, state, *VACUUM, Sample((3.0,)))
            bloods[procedure.guidance, seed] = cored.truth.tissue.bores[0].blood_mm3
    ratio = patient_factor(2) / patient_factor(1)
    assert abs(np.log(ratio)) > 0.1
    for guidance in ("stereotactic", "ultrasound"):
        assert bloods[guidance, 2] / bloods[guidance, 1] == pytest.approx(ratio)


def test_a_recording_gives_the_same_again(room, marked):
    acts = (Anaesthetise(5.0), *VACUUM, Expose("pair"), Sample((12.0, 3.0, 9.0)), Expose("pair"))
    acts = (*acts, Film(), PlaceClip(), Withdraw(), Expose("pair"), Stop("finished"))
    state = do(room, marked, *acts)
    again = scene(placement=REAL).replay([from_dict(to_dict(i)) for i in state.intents])
    np.testing.assert_array_equal(again.truth.tissue.rest_mm, state.truth.tissue.rest_mm)
    for some, other in zip(again.truth.tissue.bores, state.truth.tissue.bores, strict=True):
        np.testing.assert_array_equal(some.void_mm2, other.void_mm2)
        assert some.blood_mm3 == other.blood_mm3
    for shot, other in zip(again.seen.shots, state.seen.shots, strict=True):
        np.testing.assert_array_equal(shot.image.pixels, other.image.pixels)
    # A recording of before these had an intent for it: no fluid, the same marks and poses.
    old = [intent for intent in state.intents if not isinstance(intent, Anaesthetise)]
    bare = scene(placement=REAL).replay(old)
    assert bare.truth.tissue.infiltrations == ()
    assert bare.truth.firings[0].centre_mm.tolist() == state.truth.firings[0].centre_mm.tolist()


def seen_snr(room, state) -> float:
    """Mean SNR that the observer gives the specks in the last pair; all must be found."""
    found = []
    for shot, exposure in zip(state.seen.shots[-2:], (-2, -1), strict=True):
        motion = room.motion_mm(len(state.seen.shots) + exposure)
        specks = state.truth.tissue.visible_specks().solids.centres_mm + motion
        candidates = find_specks(shot.image)
        for place in project(shot.image.view, specks):
            near = np.hypot(*(candidates.pixels - place).T) * shot.image.pitch_mm < 0.4
            assert near.any()
            found.append(candidates.snr[near].max())
    return float(np.mean(found))


def test_specks_are_fainter_behind_anaesthetic_and_blood(room, marked):
    """The same noise, the same exposure: less comes through, so the observer is less sure."""
    clean = seen_snr(room, do(room, marked, Expose("pair")))
    for volume, least, most in ((5.0, 0.85, 0.98), (15.0, 0.65, 0.92)):
        state = do(room, marked, Anaesthetise(volume), Expose("pair"))
        assert least < seen_snr(room, state) / clean < most
    # A haematoma 12 mm wide in the same beam; the bore is put there, so that no speck is pushed.
    bore = Bore(NeedlePose.vertical(FIVE[0]), 20.0, np.full(360, 25.0), np.zeros(360), 1600.0)
    tissue = replace(marked.truth.tissue, bores=(bore,))
    wet = replace(marked, truth=replace(marked.truth, tissue=tissue))
    still = replace(room, conditions=replace(room.conditions, bleeding=False))
    assert 0.5 < seen_snr(room, do(still, wet, Expose("pair"))) / clean < 0.95
