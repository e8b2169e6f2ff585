"""What the teacher at the elbow says: every observation has its words, each mistake its lesson."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from stereosim.procedures.intents import (
    Adjust,
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    Sample,
    Stop,
)
from stereosim.procedures.observations import CODES, REMEDIES, Observation
from stereosim_gui.model.stage_tips import situation, tip
from stereosim_gui.model.stages import STAGES, Stage
from stereosim_gui.model.teaching import TWO_LINES, Lesson, lesson, remedy
from stereosim_gui.model.texts import Text, say
from stereosim_gui.worker import Worker
from tests.app_scenes import Pump
from tests.tutor_scenes import Room

LABELS: dict[str, Text] = {"vab-9g-petite": say(("Device", "9G ATEC, petite"))}
OFFSET: dict[str, float | str] = {
    "dx_mm": -3.1, "dy_mm": 1.2, "dz_mm": -5.04, "lateral_mm": 3.32, "limit_mm": 3.5, "hour": 9.7,
}  # fmt: skip
VIEWS: dict[str, float | str] = {"left_mm": -2.0, "right_mm": 2.5}

# One observation, or several, of every code: the tutor's own numbers, rounded.
SEEN: tuple[Observation, ...] = (
    Observation(
        "y-mismatch",
        {"mismatch_mm": -1.44, "limit_mm": 1.0, "p_value": 0.0, "p_limit": 0.01},
        "warning",
        ("mark-same-speck", "repeat-pair"),
    ),
    Observation(
        "y-mismatch",
        {"mismatch_mm": 0.6, "limit_mm": 1.0, "p_value": 0.001, "p_limit": 0.01},
        "note",
        ("mark-same-speck", "repeat-pair"),
    ),
    Observation(
        "depth-outside-breast",
        {"z_mm": -4.2, "depth_mm": 42.2, "thickness_mm": 38.0},
        remedies=("mark-same-speck",),
    ),
    Observation(
        "depth-off-group",
        {"dz_mm": 9.1, "limit_mm": 3.0},
        remedies=("mark-same-speck",),
    ),
    Observation(
        "off-centre-scout",
        {"dx_mm": 13.2, "dy_mm": -16.0, "limit_mm": 12.0, "shift_x_mm": 3.0, "shift_y_mm": 0.0},
        "note",
        ("reposition",),
    ),
    Observation("thin-breast", {"thickness_mm": 24.0, "limit_mm": 30.0}, "note"),
    Observation("thin-breast", {"thickness_mm": 18.0}, remedies=("other-guidance",)),
    Observation(
        "stroke-margin",
        {"margin_mm": -2.0, "petite": "vab-9g-petite", "aim-shallower": 2.25},
        remedies=("petite", "aim-shallower"),
    ),
    Observation(
        "skin-margin",
        {
            "margin_mm": -1.5,
            "petite-aim-deeper": "vab-9g-petite",
            "petite": "vab-9g-petite",
            "aim-deeper": 1.0,
        },
        remedies=("petite-aim-deeper",),
    ),
    Observation(
        "window-margin",
        {"margin_mm": -7.0, "shift_x_mm": 12.0, "shift_y_mm": 4.0},
        remedies=("reposition",),
    ),
    Observation(
        "too-short",
        {"margin_mm": -3.0, "other-approach": "caudocranial"},
        remedies=("other-approach",),
    ),
    Observation(
        "room-margin",
        {"margin_mm": -1.5, "less-compression": 30.0},
        remedies=("less-compression",),
    ),
    Observation("exposures-many", {"exposures": 13, "published": 11, "dose_mgy": 4.06}, "note"),
    *(
        Observation("lesion-not-seen", {"where": where}, "note", ("repeat-pair",))
        for where in ("scout", "pair", "prefire", "postfire")
    ),
    *(
        Observation("lesion-not-seen", {"where": where, **OFFSET}, "warning", ("retarget",))
        for where in ("prefire", "postfire")
    ),
    Observation(
        "motion",
        {"group_y_mm": 1.3, "limit_mm": 1.0, "marks_y_mm": 1.4},
        remedies=("repeat-pair",),
    ),
    Observation("motion", {"dx_mm": 1.2, "dy_mm": -0.4, "limit_mm": 1.0}, "note", ("retarget",)),
    Observation(
        "prefire-tip",
        {"dx_mm": 0.1, "dy_mm": -0.9, "dz_mm": 0.3, "throw_mm": 20.0, "limit_mm": 1.0},
        "good",
    ),
    Observation(
        "prefire-tip",
        {
            "dx_mm": 0.1,
            "dy_mm": -0.9,
            "dz_mm": 0.3,
            "throw_mm": 20.0,
            "limit_mm": 1.0,
            "lesion_dx_mm": 9.8,
            "lesion_dy_mm": -1.0,
        },
        "warning",
        ("retarget",),
    ),
    Observation("prefire-tip-not-seen", {"outside_mm": 0.0}, "note"),
    Observation("prefire-tip-not-seen", {"outside_mm": 4.0}, "note"),
    Observation("postfire-offset", OFFSET, "good", ("sample-all-round",)),
    Observation(
        "postfire-offset",
        {**OFFSET, "sample-towards": 9.7, "from_hour": 7.7, "to_hour": 11.7, "adjust": -2.0},
        "note",
        ("adjust", "sample-towards"),
    ),
    Observation("postfire-offset", {**OFFSET, "adjust": 6.0}, "warning", ("retarget",)),
    Observation("postfire-both-same-side", {**VIEWS, "right_mm": -2.4, "dx_mm": -2.2}, "note"),
    Observation("postfire-opposite", {**VIEWS, "dz_mm": 7.9}, "note"),
    Observation("postfire-one-view", {**VIEWS, "right_mm": 0.2}, "note", ("repeat-pair",)),
    Observation("postfire-y", {"dy_mm": 2.0}, "note"),
    Observation("specimen-positive", {"cores": 3, "of": 6}, "good"),
    Observation(
        "specimen-negative",
        {"of": 6, **OFFSET, "sample-towards": 9.7, "from_hour": 7.7, "to_hour": 11.7},
        remedies=("sample-towards", "more-cores"),
    ),
    Observation("not-visible-refer", {"sweeps": 2, "stills": 1}, remedies=("refer",)),
)


def words(observation: Observation, **told: Any) -> Lesson:
    return lesson(observation, labels=LABELS, **told)


# --- words ----------------------------------------------------------------------------------------
def test_there_is_an_example_of_every_code() -> None:
    assert {item.code for item in SEEN} == CODES.keys()


@pytest.mark.parametrize("films", [0, 1, 2])
@pytest.mark.parametrize("supine", [False, True])
@pytest.mark.parametrize("seen", SEEN, ids=lambda item: f"{item.code}-{item.level}")
def test_every_observation_has_words_that_fit(seen: Observation, films: int, supine: bool) -> None:
    said = words(seen, films=films, supine=supine)
    for text in (said.what, said.why, *said.remedies):
        english = text.english()
        assert english.strip() and not re.search(r"[{}]|nan", english), english
    assert said.level == seen.level and said.code == seen.code
    assert len(said.what.english()) <= TWO_LINES, "more than two lines of the hint bar"
    assert len(said.why.english()) > 80, "an explanation explains"
    assert len(said.remedies) >= len(seen.remedies)


@pytest.mark.parametrize("name", REMEDIES)
def test_every_remedy_has_words_and_its_amount(name: str) -> None:
    values: dict[str, float | str] = {
        "shift_x_mm": 11.0, "shift_y_mm": 4.0, "petite": "vab-9g-petite", "aim-shallower": 2.25,
        "aim-deeper": 1.75, "petite-aim-shallower": "vab-9g-petite",
        "petite-aim-deeper": "vab-9g-petite", "less-compression": 41.0,
        "other-approach": "craniocaudal", "other-device": "vab-9g-petite", "flatter": 21.0,
        "steeper": 43.0, "adjust": -3.0, "sample-towards": 0.2, "from_hour": 10.2, "to_hour": 2.2,
        "blunt": "vab-9g-blunt", "by-hand": 14.5, "lateral-arm": "lateral-left",
        "second-paddle": 8.0,
    }  # fmt: skip
    english = remedy(name, values, LABELS).english()
    assert english and not english.endswith(".") and "{" not in english
    expected = {
        "reposition": ("x 11 mm", "y 4 mm"),
        "petite": ("9G ATEC, petite",),
        "petite-aim-shallower": ("9G ATEC, petite", "2.2 mm higher"),
        "petite-aim-deeper": ("9G ATEC, petite", "1.8 mm deeper"),
        "aim-shallower": ("2.2 mm higher",),
        "aim-deeper": ("1.8 mm deeper",),
        "less-compression": ("41 mm",),
        "other-approach": ("from above",),
        "other-device": ("9G ATEC, petite",),
        "flatter": ("21°",),
        "steeper": ("43°",),
        "adjust": ("back by 3.0 mm",),
        "sample-towards": ("10 to 2 o'clock",),
        "blunt": ("vab-9g-blunt",),
        "by-hand": ("14.5 mm",),
        "lateral-arm": ("from the left",),
        "second-paddle": ("8 mm",),
    }
    for part in expected.get(name, ()):
        assert part in english


def test_signs_become_directions_of_the_image() -> None:
    said = words(Observation("postfire-offset", OFFSET, "warning", ("retarget",))).what.english()
    assert "3.1 mm to the left" in said and "1.2 mm toward the nipple" in said
    assert "5.0 mm below" in said
    turned = {**OFFSET, "dx_mm": 3.1, "dy_mm": -1.2, "dz_mm": 5.0}
    said = words(Observation("postfire-offset", turned, "warning", ("retarget",))).what.english()
    assert "3.1 mm to the right" in said and "1.2 mm toward the chest wall" in said
    assert "5.0 mm above" in said


def test_midnight_is_twelve_o_clock() -> None:
    said = words(Observation("postfire-offset", {**OFFSET, "hour": 11.8}, "note"))
    assert "at 12 o'clock" in said.what.english()


def test_a_second_empty_film_calls_for_more_than_the_first() -> None:
    empty = next(item for item in SEEN if item.code == "specimen-negative")
    first, second = words(empty, films=1), words(empty, films=2)
    assert "do not stop here" in first.what.english()
    assert "empty again" in second.what.english()
    assert "not representative" in second.why.english()
    assert "excise" in second.remedies[-1].english()


def test_behind_a_supine_breast_is_the_chest_wall() -> None:
    unsafe = next(item for item in SEEN if item.code == "stroke-margin")
    assert "back of the breast" in words(unsafe).what.english()
    assert "chest wall" in words(unsafe, supine=True).what.english()


# --- the pages ------------------------------------------------------------------------------------
@pytest.fixture
def enter() -> Iterator[Callable[[str], Room]]:
    pump = Pump()
    worker = Worker(pump.calls.put)
    yield lambda case: Room(pump, worker, case)
    worker.stop()


def test_every_page_of_both_guidances_has_its_tip() -> None:
    from stereosim_gui.model import stage_tips

    keys = set(stage_tips._TIPS)
    for guidance, stages in STAGES.items():
        for stage in stages:
            name = stage.value if guidance == "stereotactic" else f"{stage.value}-us"
            shared = {Stage.SPECIMEN, Stage.CLIP, Stage.SAMPLE, Stage.TARGET, Stage.DEBRIEF}
            assert stage in shared or name in keys
    for what, why in stage_tips._TIPS.values():
        assert len(what[1]) <= TWO_LINES and len(why[1]) > 80


def test_the_tips_follow_the_procedure(enter: Callable[[str], Room]) -> None:
    room = enter("case-1")
    attempt = room.attempt

    def now(stage: Stage) -> str:
        return situation(attempt.state, stage, attempt.marks)

    usual = attempt.engine.equipment.usual_position
    assert usual is not None
    assert now(Stage.POSITION) == "position"
    room.do(usual)
    assert now(Stage.SCOUT) == "scout"
    room.do(Expose("scout"))
    assert (now(Stage.SCOUT), now(Stage.PAIR)) == ("scout-made", "pair")
    room.do(Expose("pair"))
    assert now(Stage.TARGET) == "target-none"
    marks = room.marks(room.middle)
    attempt.mark("left", marks.left_px)
    assert now(Stage.TARGET) == "target-one"
    said = tip(attempt.state, Stage.TARGET, attempt.marks)
    assert said is not None and "30 degrees" in said.why.english()
    attempt.mark("right", marks.right_px)
    assert now(Stage.TARGET) == "target-both"
    room.do(marks, ChooseDevice("vab-9g-petite"))
    assert now(Stage.NEEDLE) == "needle"
    room.do(Advance())
    assert now(Stage.PREFIRE) == "prefire"
    room.do(Expose("pair"))
    assert now(Stage.PREFIRE) == "prefire-pair"
    room.do(Fire())
    assert now(Stage.SAMPLE) == "sample-pair"
    room.do(Expose("pair"))
    assert now(Stage.SAMPLE) == "sample"
    room.do(Sample((12.0,)))
    assert (now(Stage.SAMPLE), now(Stage.SPECIMEN)) == ("sample-film", "specimen-none")
    room.do(Film())
    assert (now(Stage.SPECIMEN), now(Stage.CLIP)) == ("specimen", "clip")
    room.do(Stop("finished"))
    assert room.tutor.lessons(Stage.DEBRIEF) == ()


# --- a novice's mistakes --------------------------------------------------------------------------
def test_a_wrong_speck_in_one_view(enter: Callable[[str], Room]) -> None:
    room = enter("case-1")
    room.pair()
    group = room.group
    rows = group[:, 1]
    first, second = int(rows.argmin()), int(rows.argmax())
    marks = room.marks(group[first], group[second])
    room.attempt.mark("left", marks.left_px)
    room.attempt.mark("right", marks.right_px)
    room.pump.until(lambda: room.attempt.preview is not None)
    # Told before the marks are set, and after.
    mismatch = (marks.left_px[1] - marks.right_px[1]) * room.attempt.engine.room.unit.pitch_mm
    assert abs(mismatch) > 1.0
    for stage in (Stage.TARGET, Stage.NEEDLE):
        said = room.hear(stage)["y-mismatch"]
        assert said.level == "warning"
        assert f"{abs(mismatch):.1f} mm" in said.what.english()
        assert "different specks" in said.what.english()
        assert any("same speck" in text.english() for text in said.remedies)
        room.do(marks)
    # Put right, the warning goes.
    room.do(room.marks(room.middle))
    assert "y-mismatch" not in room.hear(Stage.NEEDLE)


def test_a_negative_stroke_margin_with_what_really_mends_it(enter: Callable[[str], Room]) -> None:
    room = enter("case-1")
    room.pair()
    low = room.middle.copy()
    low[2] = 14.0
    room.do(room.marks(low), ChooseDevice("vab-9g"))
    said = room.hear(Stage.NEEDLE)["stroke-margin"]
    assert said.level == "warning" and said.remedies
    margins = room.attempt.seen.margins
    assert margins is not None and margins.stroke_margin_mm < 0.0
    assert f"{-margins.stroke_margin_mm:.1f} mm" in said.what.english()
    assert "depth of the target from the paddle" in said.why.english()
    offered = [text.english() for text in said.remedies]
    higher = next(text for text in offered if text.startswith("Aim") and "higher" in text)
    assert any("Take the short aperture: 9G ATEC, petite" in text for text in offered)
    assert any("Compress less" in text for text in offered)
    # What is offered mends it: to aim higher, or the short aperture.
    up = float(re.findall(r"[\d.]+", higher)[0])
    room.do(Advance((0.0, 0.0, up)))
    margins = room.attempt.seen.margins
    assert margins is not None and margins.safe
    room.attempt.undo()
    room.do(ChooseDevice("vab-9g-petite"))
    margins = room.attempt.seen.margins
    assert margins is not None and margins.safe
    assert "stroke-margin" not in room.hear(Stage.NEEDLE)


@pytest.mark.parametrize(
    ("off", "told"),
    [((0.0, 10.0, 0.0), "toward the chest wall"), ((10.0, 0.0, 0.0), "to the left")],
)
def test_ten_millimetres_off(
    enter: Callable[[str], Room], off: tuple[float, float, float], told: str
) -> None:
    room = enter("case-1")
    room.pair()
    room.do(room.marks(room.middle + np.array(off)), ChooseDevice("vab-9g-petite"), Advance())
    room.do(Expose("pair"))
    before = room.hear(Stage.PREFIRE)
    warned = [item for item in before.values() if item.level == "warning"]
    assert warned and any("not fire" in item.what.english() for item in warned)
    room.do(Fire(), Expose("pair"))
    said = room.hear(Stage.SAMPLE)
    # Along x the needle lies over the group and hides it; along y it is seen beside it.
    offset = said.get("postfire-offset") or said["lesion-not-seen"]
    assert offset.level == "warning" and told in offset.what.english()
    true = room.attempt.state.truth.error_mm
    assert true is not None and np.hypot(true[0], true[1]) > 8.0
    first = re.search(r"([\d.]+) mm", offset.what.english())
    assert first and float(first[1]) == pytest.approx(np.hypot(true[0], true[1]), abs=1.0)
    assert any("mark the group" in text.english() for text in offset.remedies)
    if "postfire-y" in said:
        assert "along y" in said["postfire-y"].what.english()
    # A needle moved along its axis: the pair shows it elsewhere now.
    room.do(Adjust(1.0))
    assert not [code for code in room.hear(Stage.SAMPLE) if code.startswith("postfire")]


def test_no_calcification_on_the_film(enter: Callable[[str], Room]) -> None:
    room = enter("case-1")
    room.pair()
    room.do(
        room.marks(room.middle + np.array([0.0, 10.0, 0.0])),
        ChooseDevice("vab-9g-petite"),
        Advance(),
    )
    room.do(Fire(), Expose("pair"), Sample((12.0, 6.0)), Film())
    said = room.hear(Stage.SPECIMEN)["specimen-negative"]
    assert said.level == "warning" and "2 cores" in said.what.english()
    assert "do not stop" in said.what.english()
    offered = " ".join(text.english() for text in said.remedies)
    assert "mark the group" in offered or "cores" in offered
    room.do(Sample((3.0,)), Film())
    said = room.hear(Stage.SPECIMEN)["specimen-negative"]
    assert "empty again (3 cores)" in said.what.english()
    assert "not representative" in said.why.english()


def test_a_good_attempt_is_praised(enter: Callable[[str], Room]) -> None:
    room = enter("case-1")
    room.pair()
    room.do(room.marks(room.group.mean(axis=0)), ChooseDevice("vab-9g-petite"), Advance(), Fire())
    room.do(Expose("pair"))
    levels = {item.level for item in room.hear(Stage.SAMPLE).values()}
    assert "warning" not in levels
    room.do(Sample((12.0, 2.0, 4.0, 6.0, 8.0, 10.0)), Film())
    said = room.hear(Stage.SPECIMEN)
    assert said["specimen-positive"].level == "good"
    # Warnings first, the page's tip last.
    assert list(said)[-1].startswith("stage-")
