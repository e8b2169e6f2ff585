"""The other arm of a trainee's patient, and the trainee's figures beside published ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.safety import usual_limits
from stereosim.experiments.counterpart import Counterpart, counterpart, needle_for
from stereosim.experiments.progress import Cancel, CancelledError, Progress
from stereosim.experiments.published import load_published
from stereosim.experiments.training_benchmarks import (
    METRICS,
    BenchmarkRow,
    benchmark_rows,
    history,
)
from stereosim.experiments.trial import Room, Setting, run_trial
from stereosim.procedures.published import load_training
from stereosim.procedures.scoring import Score, score
from stereosim_phantoms.patient import VirtualPatient, plain_patient
from tests.procedure_scenes import FIVE
from tests.xray_scenes import spheres

# Coarse where nothing is to be seen between: the breast is homogeneous.
NEEDLES = (("vab-11g", "vab-11g-petite"),)
ROOM = Room(Setting(needles=NEEDLES, voxel_mm=5.0, sweep_step_mm=1.0))
QUICK = Room(replace(ROOM.setting, sweep_step_mm=4.0))


def patient(diameter_mm: float) -> VirtualPatient:
    return plain_patient(specks=spheres(FIVE, diameter_mm))


@pytest.fixture(scope="module")
def arms() -> dict[str, Counterpart]:
    """Both arms of one patient, each as the other's counterpart, and what was reported."""
    shining = patient(0.8)
    return {
        "ultrasound": counterpart(shining, ROOM, trainee="stereotactic", seed=4, trial=2),
        "stereotactic": counterpart(shining, ROOM, trainee="ultrasound", seed=4, trial=2),
    }


def test_the_counterpart_is_the_arm_of_a_trial(arms: dict[str, Counterpart]) -> None:
    """Same seed, same patient: the experiment gives the very same rows."""
    record = run_trial(patient(0.8), ROOM, seed=4, trial=2)
    rows = {r.guidance: r for r in record.rows if r.mode == "as guided" and r.device == "vab-11g"}
    for guidance, arm in arms.items():
        row, mine = rows[guidance], arm.score  # type: ignore[index]
        assert arm.guidance == guidance
        assert arm.device_reason == "usual"
        assert arm.outcome == mine.outcome == row.outcome
        assert (mine.cores, mine.exposures, mine.minutes, mine.dose_mgy) == (
            row.cores,
            row.exposures,
            row.minutes,
            row.dose_mgy,
        )
        assert mine.fraction_removed == row.fraction_removed
        assert row.error_mm is not None and mine.error_mm is not None
        assert np.array_equal(mine.error_mm, row.error_mm)
    assert arms["ultrasound"].saw_specks == rows["ultrasound"].ultrasound_saw_specks
    assert arms["ultrasound"].saw_mass == rows["ultrasound"].ultrasound_saw_mass


def test_what_the_operator_saw_is_shown(arms: dict[str, Counterpart]) -> None:
    sono, stereo = arms["ultrasound"], arms["stereotactic"]
    assert sono.reason == "specks" and sono.saw_specks
    # What is reported passed a search with one false alarm in twenty.
    assert sono.false_alarm_probability is not None and 0.0 < sono.false_alarm_probability < 0.05
    assert stereo.false_alarm_probability is None
    assert sono.look is not None and sono.exposures == ()
    marked = sono.state.seen.marked_mm
    assert marked is not None
    assert sono.look.pose.y_mm == pytest.approx(marked[1], abs=0.51 * ROOM.setting.sweep_step_mm)
    # The brightest spot of the frame lies where it was marked.
    rows = slice(round(3.0 / sono.look.row_mm), None)
    spot = np.unravel_index(sono.look.envelope[rows].argmax(), sono.look.envelope[rows].shape)
    place = sono.look.supine_mm(float(spot[0] + rows.start), float(spot[1]))
    assert np.linalg.norm(place - marked) < 8.0, "the cluster is 8 mm across"
    assert stereo.reason == "specks" and stereo.saw_specks and not stereo.saw_mass
    assert stereo.look is None
    assert [shot.view for shot in stereo.exposures] == ["left", "right"]
    assert stereo.score == replace(score(stereo.state), error_mm=stereo.score.error_mm)


def test_nothing_seen_is_declined_and_shown() -> None:
    hidden = patient(0.06)
    arm = counterpart(hidden, QUICK, trainee="stereotactic", seed=1, device="vab-9g")
    assert (arm.reason, arm.outcome) == ("nothing seen", "declined: not visible")
    assert not arm.saw_specks and not arm.saw_mass
    assert arm.false_alarm_probability is None
    assert arm.device == "vab-9g" and arm.device_reason == "same family"
    assert arm.look is not None
    expected = hidden.referral.supine_mm
    assert (arm.look.pose.x_mm, arm.look.pose.y_mm) == pytest.approx(expected[:2], abs=2.01)
    other = counterpart(hidden, ROOM, trainee="ultrasound", seed=1)
    assert other.outcome == other.reason == "not found on images"
    assert not other.saw_specks and other.score.cores == 0
    assert other.exposures, "what it was looked for in is shown"


def test_progress_and_cancel() -> None:
    told: list[Progress] = []
    cancel = Cancel()

    def report(progress: Progress) -> None:
        told.append(progress)
        if progress.done == 3:
            cancel.set()

    with pytest.raises(CancelledError):
        counterpart(patient(0.8), ROOM, trainee="ultrasound", seed=1, report=report, cancel=cancel)
    assert [p.done for p in told] == [0, 1, 2, 3]
    assert all(p.done <= p.total for p in told)
    assert told[0].remaining_s is None and told[-1].remaining_s is not None


def test_which_needle() -> None:
    assert needle_for(ROOM, None, by_hand=True).variants == Setting().needles[-1]
    same = needle_for(ROOM, "vab-11g-petite", by_hand=True)
    assert same.variants == ("vab-11g", "vab-11g-petite")
    assert same.reason == "same family"
    fixed = Room(Setting())
    catalogue = {n: replace(d, handheld=d.family != "vab-8g") for n, d in fixed.devices.items()}
    fixed.__dict__["devices"] = catalogue
    assert needle_for(fixed, "vab-8g", by_hand=True).reason == "usual"
    assert needle_for(fixed, "vab-8g", by_hand=False).variants == ("vab-8g",)


# --- benchmarks -----------------------------------------------------------------------------------
GOOD = Score(
    outcome="retrieved",
    fraction_removed=0.6,
    target_sampled=True,
    cores=12,
    cores_with_calcification=4,
    first_core_calcification=True,
    error_mm=np.array([0.4, -0.9, 1.0]),
    exposures=9,
    dose_mgy=9.0,
    minutes=17.0,
    passes=1,
    y_mismatch_mm=0.1,
    stroke_margin_mm=6.0,
)
POOR = replace(
    GOOD,
    fraction_removed=0.1,
    error_mm=np.array([-1.4, 5.0, -3.0]),
    exposures=14,
    dose_mgy=19.0,
    minutes=31.0,
    stroke_margin_mm=-2.0,
)


def by_metric(rows: tuple[BenchmarkRow, ...]) -> dict[str, BenchmarkRow]:
    found = {row.metric: row for row in rows}
    assert len(found) == len(rows) and found.keys() <= set(METRICS)
    for row in rows:
        assert row.source and row.status in ("read", "common")
    return found


def test_a_good_attempt_is_within_and_a_poor_one_is_not() -> None:
    good = by_metric(benchmark_rows(GOOD, guidance="stereotactic", device="vab-9g"))
    poor = by_metric(benchmark_rows(POOR, guidance="stereotactic", device="vab-9g"))
    assert good.keys() == poor.keys() == set(METRICS)
    single = set(METRICS) - {"retrieved", "success-first", "success-later", "removed-all"}
    assert {m for m in single if good[m].within is True} == single
    assert {m for m in single if poor[m].within is False} == single
    assert good["removed-all"].within is False, "60 % is not all"
    assert good["error-y"].value == 0.9 and poor["error-y"].value == 5.0


def test_the_published_figures_are_those_of_the_catalogues() -> None:
    """Nothing is copied: facts/clinical.md sections 3, 6 and 9 by hand here, once."""
    rows = by_metric(benchmark_rows(GOOD, guidance="stereotactic", device="vab-11g"))
    assert (rows["exposures"].high, rows["minutes"].high) == (11, 17.4)
    assert (rows["dose"].low, rows["dose"].high) == (4.0, 18.0)
    assert rows["error-x"].high == 1.0 and rows["error-x"].status == "common"
    assert rows["removed-least"].low == 0.4 and rows["removed-all"].low == 1.0
    assert rows["retrieved"].low == pytest.approx(0.992, abs=5e-4)
    assert (rows["success-first"].low, rows["success-later"].low) == (0.85, 0.963)
    gun = by_metric(benchmark_rows(GOOD, guidance="stereotactic", device="ncb-14g"))
    assert gun["retrieved"].low == pytest.approx(0.855, abs=5e-4)
    assert (gun["success-first"].low, gun["success-later"].low) == (0.833, 0.953)
    assert rows["stroke-margin"].low == usual_limits().stroke_margin_mm
    published = load_published()
    assert published["L1-11g"].device == "vab-11g" and published["L1"].device == "ncb-14g"
    assert load_training().first_cases == 5


def test_under_ultrasound_only_what_was_published_for_it() -> None:
    sono = replace(GOOD, exposures=0, dose_mgy=0.0, stroke_margin_mm=None, y_mismatch_mm=None)
    rows = by_metric(benchmark_rows(sono, guidance="ultrasound", device="vab-9g"))
    assert rows.keys() == {"removed-least", "removed-all", "retrieved"}
    assert rows["retrieved"].low == pytest.approx(53 / 75)
    gun = by_metric(benchmark_rows(sono, guidance="ultrasound", device="ncb-14g"))
    assert gun.keys() == {"removed-least", "removed-all"}
    declined = replace(sono, outcome="declined: not visible", error_mm=None, cores=0)
    assert benchmark_rows(declined, guidance="ultrasound", device=None) == ()


def attempts(pattern: str) -> list[dict[str, str]]:
    names = {"+": "retrieved", "-": "not retrieved", "o": "inaccessible"}
    return [{"outcome": names[sign]} for sign in pattern]


def test_the_history_counts_first_and_later_cases() -> None:
    own = history(attempts("-+o+-+" + "o" + "++++-"))
    assert (own.attempts, own.successes) == (10, 7)
    assert own.first == (3, 5)
    assert own.later == (4, 5)
    assert own.success_ci95 is not None
    # Wilson 1927 for 7 of 10.
    assert own.success_ci95 == pytest.approx((0.3968, 0.8922), abs=1e-4)
    empty = history(attempts("oo"))
    assert (empty.attempts, empty.success_ci95, empty.first) == (0, None, (0, 0))


def test_a_rate_is_judged_only_with_enough_attempts() -> None:
    def rates(pattern: str) -> dict[str, BenchmarkRow]:
        rows = benchmark_rows(
            GOOD, guidance="stereotactic", device="vab-11g", earlier=attempts(pattern)
        )
        return by_metric(rows)

    few = rates("--")
    assert few["retrieved"].value == pytest.approx(1 / 3)
    assert few["retrieved"].within is None and few["success-later"].value is None
    assert rates("+" * 20)["retrieved"].within is True
    assert rates("-+" * 10)["retrieved"].within is False
    assert rates("-" * 5 + "+" * 10)["success-later"].within is True
