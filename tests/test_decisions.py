"""What was done after the post-fire image, against what the geometry asked for."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.tissue import Tissue
from stereosim.procedures.decisions import ACTIONS, Decision, decisions, right_actions
from stereosim.procedures.intents import (
    Adjust,
    Advance,
    ChooseDevice,
    Expose,
    Fire,
    Intent,
    Look,
    MarkPair,
    Sample,
    Stop,
    Withdraw,
)
from stereosim.procedures.operators.sampling import hours_towards
from stereosim.procedures.scoring import score
from stereosim.procedures.state import Firing, ProcedureState, Seen, Step, Truth
from stereosim_phantoms.patient import plain_patient
from tests.biopsy_scenes import specks_at

ELEVEN = load_devices()["vab-11g"]
CENTRE = np.array([3.0, 30.0, 25.0])
ROUND = tuple(float(h) for h in range(1, 13))


def ended(miss_mm: tuple[float, float, float], *after: Intent, name="vab-11g") -> ProcedureState:
    """Return a procedure whose target lay so far from the aperture, support frame, when fired."""
    lesion = CENTRE + np.array(miss_mm)
    fired = Firing(CENTRE, CENTRE, CENTRE, lesion, lesion, 5.0, pose=NeedlePose.vertical(CENTRE))
    intents = (ChooseDevice(name), Advance(), Fire(), *after)
    firings = (fired,) * sum(isinstance(i, Fire) for i in intents)
    seen = Seen("stereotactic", plain_patient(specks=specks_at([CENTRE])).referral, 50.0)
    truth = Truth(Tissue.untouched(specks_at([lesion])), firings=firings)
    return ProcedureState(Step.DEBRIEF, seen, truth, intents, "finished")


def decided(miss_mm: tuple[float, float, float], *after: Intent) -> Decision:
    (only,) = decisions(ended(miss_mm, Expose("pair"), *after))
    return only


ANEW = (Withdraw(), MarkPair((0.0, 0.0), (0.0, 0.0)), Advance())


@pytest.mark.parametrize(
    ("miss", "after", "action", "correct", "retarget"),
    [
        # In the middle: all round.  An even circle faces nothing in particular.
        ((0.2, 0.0, 1.0), (Sample(ROUND),), "sampled-all-round", True, True),
        ((0.2, 0.0, 1.0), ANEW, "retargeted", False, False),
        ((0.2, 0.0, 1.0), (Stop("finished"),), "stopped", False, True),
        # Two and a half to the side: toward it; three o'clock is +x.
        ((2.5, 0.0, 1.0), (Sample((2.0, 3.0, 4.0)),), "sampled-towards", True, True),
        ((2.5, 0.0, 1.0), (Sample((8.0, 9.0, 10.0)),), "sampled-away", False, True),
        ((2.5, 0.0, 1.0), (Sample(ROUND),), "sampled-all-round", False, True),
        ((0.0, 2.5, 1.0), (Sample((11.0, 12.0, 1.0)),), "sampled-towards", True, True),
        # Eight to the side: no core gets there.
        ((0.0, 8.0, 0.0), (Sample((12.0,)),), "sampled-towards", False, False),
        ((0.0, 8.0, 0.0), ANEW, "retargeted", True, True),
        # Nine above the middle of an aperture of 19: beyond where it cuts well.
        ((0.0, 0.0, 9.0), (Sample(ROUND),), "sampled-all-round", False, True),
        ((0.0, 0.0, 9.0), (Adjust(-6.0), Sample(ROUND)), "sampled-all-round", True, True),
        ((0.0, 0.0, 9.0), (Adjust(6.0), Sample(ROUND)), "sampled-all-round", False, True),
        ((0.0, 0.0, 9.0), ANEW, "retargeted", True, True),
        # Moving it on the way does no harm.
        ((0.0, 0.0, 0.0), (Adjust(2.0), Sample(ROUND)), "sampled-all-round", True, True),
    ],
)
def test_each_place_asks_for_its_own(miss, after, action, correct, retarget) -> None:
    found = decided(miss, *after)
    assert (found.action, found.correct, found.retarget_correct) == (action, correct, retarget)


def test_a_reading_good_to_a_millimetre_is_never_wrong() -> None:
    """Whatever is right for a place within the tolerance is right."""
    rng = np.random.default_rng(3)
    for lateral, along in rng.uniform(0.0, 12.0, (300, 2)):
        there = set(right_actions(lateral, along, ELEVEN))
        off = rng.uniform(-1.0, 1.0, 2)
        read = np.maximum(0.0, [lateral + off[0], along + off[1]])
        both = there & set(right_actions(*read, ELEVEN))
        assert both, (lateral, along, read)
        assert there <= {*ACTIONS, "adjusted"}


def test_who_retargets_beyond_the_limit_is_right_at_every_place() -> None:
    """The rule of the simulated operator, told the truth: cores toward it, or a new insertion."""
    for x in np.linspace(0.0, 8.0, 33):
        miss = (float(x), 0.0, 1.0)
        if x > 3.5:
            assert decided(miss, *ANEW).correct, x
        else:
            hours = hours_towards(np.array(miss), ELEVEN.usual_cores)
            assert decided(miss, Sample(hours)).correct, x


def test_only_what_was_looked_at_and_a_vacuum_needle_is_judged() -> None:
    assert decisions(ended((0.0, 0.0, 0.0), Sample(ROUND))) == ()
    assert decisions(ended((0.0, 0.0, 0.0), Sample(ROUND), Expose("pair"))) == ()
    assert decisions(ended((0.0, 0.0, 0.0), Expose("pair"), Sample((12.0,)), name="ncb-14g")) == ()
    assert len(decisions(ended((0.0, 0.0, 0.0), Look(0.0, 0.0), Sample(ROUND)))) == 1
    # The second firing has a decision of its own.
    twice = ended((0.0, 8.0, 0.0), Expose("pair"), *ANEW, Fire(), Expose("pair"), Sample((12.0,)))
    first, second = decisions(twice)
    assert (first.firing, first.correct, second.firing, second.correct) == (1, True, 2, False)


def test_the_score_tells_both_verdicts_and_can_be_stored() -> None:
    state = ended((0.0, 8.0, 0.0), Expose("pair"), *ANEW)
    result = score(state)
    assert result.reading_correct is True and result.retarget_correct is True
    stored = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert stored["reading_correct"] is True
    assert stored["decisions"][0]["action"] == "retargeted"
    assert stored["outcome"] == result.outcome
    none = score(ended((0.0, 8.0, 0.0)))
    assert none.reading_correct is None and none.retarget_correct is None
    assert replace(result, decisions=()).to_dict()["reading_correct"] is None
