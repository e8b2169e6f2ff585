"""The debrief: sketch, truth over the pictures, words and figures, and the page itself."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from stereosim.experiments.training_benchmarks import BenchmarkRow, History
from stereosim.procedures.decisions import Decision
from stereosim.procedures.intents import (
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    PlaceClip,
    Sample,
    Stop,
)
from stereosim.procedures.truths import CoreTruth, Debriefing, ExposureCost, FiringTruth
from stereosim_gui.model import comparison, debrief_tables, debriefing
from stereosim_gui.model.display import Picture, pyramid
from stereosim_gui.model.metrics import metrics_csv
from stereosim_gui.model.overlays import circle, overlays, squared
from stereosim_gui.model.review import Review, distinct_states, review
from stereosim_gui.model.sketch import Eye, Scene, Shape, ellipses, pieces
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.texts import say
from stereosim_gui.worker import Worker
from tests.app_scenes import Pump, wait_ms, wait_until
from tests.procedure_scenes import FIVE, do, marks_on, paired, scene
from tests.tutor_scenes import Room

BASES = (np.eye(3), np.diag([1.0, -1.0, -1.0]))


# --- the sketch -----------------------------------------------------------------------------------
@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (90, 0), (205, 22), (310, -60)])
def test_the_eye_turns_as_a_rigid_body(azimuth: float, elevation: float, basis: Any) -> None:
    points = np.random.default_rng(1).normal(size=(20, 3))
    seen = Eye(azimuth, elevation).seen(points, basis)
    # Turn the scene the other way about its vertical axis, tip it towards the eye, look along +y.
    turn = Rotation.from_euler("x", elevation, degrees=True) * Rotation.from_euler(
        "z", -azimuth, degrees=True
    )
    x, y, z = turn.apply(points @ basis.T).T
    assert seen == pytest.approx(np.stack([x, z, -y], axis=1))


def test_the_eye_stays_off_the_poles_and_zooms_within_limits() -> None:
    eye = Eye(350.0, 80.0).turned(20.0, 30.0)
    assert eye.azimuth_deg == pytest.approx(10.0) and eye.elevation_deg == pytest.approx(89.0)
    for _ in range(100):
        eye = eye.zoomed(0.5)
    assert 0.1 < eye.zoom < 1.0


def test_what_is_nearer_is_painted_later() -> None:
    square = np.array([(-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)], float)
    near, far = (
        Shape("face", role, square + np.array([0.0, y, 0.0])) for role, y in (("a", -5), ("b", 5))
    )
    between = Shape("point", "c", np.zeros((1, 3)))
    picture = Scene((near, far, between), np.eye(3), np.zeros(3), 10.0, 5.0)
    order = [piece.shape.role for piece in pieces(picture, Eye(0.0, 0.0))]
    assert order == ["b", "c", "a"]
    assert [piece.shape.role for piece in pieces(picture, Eye(180.0, 0.0))] == ["a", "c", "b"]


def test_a_line_through_a_face_is_cut_so_that_part_of_it_lies_behind() -> None:
    line = Shape("line", "needle", np.array([(0, -20, 0), (0, 20, 0)], float))
    face = Shape("face", "wall", np.array([(-9, 0, -9), (9, 0, -9), (9, 0, 9), (-9, 0, 9)], float))
    picture = Scene((line, face), np.eye(3), np.zeros(3), 20.0, 5.0)
    made = pieces(picture, Eye(30.0, 0.0))
    roles = [piece.shape.role for piece in made]
    wall = roles.index("wall")
    assert 0 < wall < len(roles) - 1
    # The pieces together are the line.
    lengths = [
        float(np.linalg.norm(piece.xy_mm[1] - piece.xy_mm[0]))
        for piece in made
        if piece.shape.role == "needle"
    ]
    assert sum(lengths) == pytest.approx(40.0 * np.sin(np.radians(30.0)))


def test_the_outlines_of_the_spread_lie_on_the_ellipsoid() -> None:
    spread = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, -0.02], [0.0, -0.02, 0.36]])
    centre = np.array([1.0, 2.0, 3.0])
    for outline in ellipses(centre, spread, sds=2.0):
        away = outline - centre
        assert np.einsum("ni,ij,nj->n", away, np.linalg.inv(spread), away) == pytest.approx(4.0)


# --- the truth over the pictures ------------------------------------------------------------------
def test_specks_marks_and_needle_lie_where_the_pixels_have_them() -> None:
    from stereosim.geometry.projection import project
    from stereosim.geometry.views import stereo_pair
    from stereosim.imaging.detection import find_needle_tip
    from stereosim.imaging.needles import point_mm

    # She moves before the last pair.
    procedure = scene(motions={5: (0.7, -0.4, 0.0), 6: (0.7, -0.4, 0.0)})
    states = [procedure.start(), paired(procedure)]
    marks = marks_on(procedure, FIVE[0])
    for intent in (marks, ChooseDevice("vab-9g-petite"), Advance(), Fire(), Expose("pair")):
        states.append(do(procedure, states[-1], intent))
    pictures = [
        Picture(shot.view, shot.phase, "xray", (), (0.07, 0.07), k + 1)
        for k, shot in enumerate(states[-1].seen.shots)
    ]
    over = list(overlays(procedure, states, pictures))
    left, right = stereo_pair(procedure.unit)
    # The target pair: the five specks, untouched, and the marks that were set.
    for overlay, view, mark in ((over[1], left, marks.left_px), (over[2], right, marks.right_px)):
        assert overlay.specks_px == pytest.approx(project(view, FIVE), abs=1e-6)
        assert overlay.marks_px == (mark,) and overlay.shaft_px is None
        assert overlay.group_px is not None
        middle, radius = np.array(overlay.group_px[:2]), overlay.group_px[2]
        away = np.linalg.norm(overlay.specks_px - middle, axis=1)
        assert away.max() < radius < away.max() + 2.0 / procedure.unit.pitch_mm
    # After firing the needle lies where its image is.
    needle = states[-1].truth.tissue.needle
    assert needle is not None
    point, height = point_mm(needle.device), float(needle.pose.tip_mm(needle.device)[2])
    for overlay, shot in zip(over[3:], states[-1].seen.shots[3:], strict=True):
        tip = find_needle_tip(shot.image, point_mm=point, height_mm=height)
        assert tip is not None and overlay.shaft_px is not None
        assert overlay.shaft_px[1] == pytest.approx(tip, abs=0.5 / procedure.unit.pitch_mm)
        assert overlay.aim_px is not None and overlay.marks_px == ()


def test_a_sonogram_is_shown_in_proportion() -> None:
    # A ramp along the columns, 0.3 mm wide and 0.1 mm high pixels.
    columns = np.linspace(0.0, 1.0, 21, dtype=np.float32)
    flat = Picture("ultrasound", "", "ultrasound", pyramid(np.tile(columns, (40, 1))), (0.3, 0.1))
    shown = squared(flat)
    assert shown.pixel_mm == (0.1, 0.1) and shown.shape == (40, 61)
    expected = np.linspace(0.0, 1.0, 61)
    assert shown.levels[0][7] == pytest.approx(expected, abs=1e-6)


def test_a_circle_holds_its_points() -> None:
    assert circle(np.empty((0, 2)), 3.0) is None
    assert circle(np.array([(0.0, 0.0), (6.0, 8.0)]), 1.0) == pytest.approx((3.0, 4.0, 6.0))


# --- words ----------------------------------------------------------------------------------------
def firing(**changes: Any) -> FiringTruth:
    parts = {
        "marking_mm": np.array([0.2, -0.3, 6.0]),
        "intended_mm": np.array([0.0, 0.0, -2.0]),
        "needle_mm": np.array([0.1, 0.2, 0.1]),
        "tissue_mm": np.array([0.0, 0.0, 0.4]),
    }
    usual = FiringTruth(
        number=1,
        error_mm=np.sum(list(parts.values()), axis=0),
        **parts,
        lesion_mm=np.zeros(3),
        centre_mm=np.zeros(3),
        stroke_margin_mm=4.0,
        reason="",
        pair=None,
        causes=("wrong-pairing",),
        dominant=("within-tolerance", "within-tolerance", "wrong-pairing"),
        cores=(1, 2),
    )
    return replace(usual, **changes)


def made_up(**changes: Any) -> Review:
    """A review of four target specks and one benign one; one of each was removed."""
    facts = Debriefing(
        guidance="stereotactic",
        frame="support",
        firings=(firing(),),
        cores=(
            CoreTruth(1, 1, 12.0, "vab-9g", 110.25, (0, 4), 1, np.zeros(3), np.zeros(3)),
            CoreTruth(2, 1, 3.5, "vab-9g", 96.0, (), 0, np.zeros(3), np.zeros(3)),
        ),
        exposures=(ExposureCost(1, "scout", "scout", 0.31), ExposureCost(2, "left", "target", 0.3)),
        specks_mm=np.zeros((5, 3)),
        diameters_mm=np.full(5, 0.2),
        target=np.array([True, True, True, True, False]),
        removed=np.array([True, False, False, False, True]),
        target_mm=np.zeros(3),
        fraction_removed=0.25,
        lesion_mm3=40.0,
        lesion_fraction_removed=0.5,
        removed_mg=206.25,
        clip_mm=np.array([3.0, 0.0, 4.0]),
        passes=1,
        minutes=14.5,
        dose_mgy=0.61,
        blood_ml=0.312,
        anaesthetic_ml=5.0,
        undone=2,
    )
    score = SimpleNamespace(
        film_cores=(2, 0),
        specimen_positive=True,
        y_mismatch_mm=0.2,
        stroke_margin_mm=None,
        reading_correct=False,
        retarget_correct=True,
        volume_fraction_removed=0.25,
        decisions=(Decision(1, "sampled-all-round", 0.0, ("sampled-towards",), False, True),),
        outcome="retrieved",
        cores=2,
        cores_with_calcification=1,
        target_sampled=True,
        fraction_removed=0.25,
    )
    usual: dict[str, Any] = {
        "outcome": "finished",
        "approach": "craniocaudal",
        "facts": facts,
        "score": score,
        "rows": (),
        "history": None,
        "overlays": (),
        "scene": None,
        "labels": {"vab-9g": say(("Device", "9G ATEC"))},
        "film_positive": True,
        "mass_holds_target": False,
        "tolerance_mm": 1.0,
    }
    return Review(**(usual | changes))


def scored(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(**(vars(made_up().score) | changes))


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, "good", "Retrieved: calcification in 1 of 2 cores"),
        ({"score": scored(target_sampled=False)}, "warning", "none of it belongs to the target"),
        (
            {"film_positive": False, "score": scored(target_sampled=False)},
            "warning",
            "Not retrieved: no calcification in any core (2 taken)",
        ),
        ({"film_positive": False}, "warning", "too small"),
        ({"film_positive": None}, "warning", "without a specimen film"),
        (
            {"score": scored(cores=0), "outcome": "declined: not visible", "film_positive": None},
            "note",
            "No core was taken. Not visible: refer.",
        ),
    ],
)
def test_the_headline_says_what_it_came_to(changes: Any, level: str, words: str) -> None:
    said = debriefing.headline(made_up(**changes))
    assert said.level == level and words in said.title.english()
    assert said.lines[0].english() == "1 of the 4 specks of the target were removed (25 %)."
    assert said.lines[1].english() == (
        "Largest error: z +4.5 mm. Main cause: the two marks are on different specks (wrong pair)."
    )


def test_without_a_large_error_no_cause_is_named() -> None:
    small = firing(error_mm=np.array([0.3, -0.1, 0.4]), dominant=("within-tolerance",) * 3)
    facts = replace(made_up().facts, firings=(small,))
    said = debriefing.headline(made_up(facts=facts))
    assert "within 1.0 mm of the middle" in said.lines[1].english()


def test_the_parts_of_an_error_add_up() -> None:
    (shown,) = debriefing.errors(made_up())
    for axis in shown.axes:
        assert sum(mm for _, mm in axis.parts) == pytest.approx(axis.error_mm)
    assert [axis.within for axis in shown.axes] == [True, True, False]
    assert shown.distance_mm == pytest.approx(np.linalg.norm([0.3, -0.1, 4.5]))
    assert "alarm" in shown.said[0].english()


def test_an_unsafe_fire_is_told_with_its_depth() -> None:
    unsafe = firing(causes=("unsafe-fire", "marked-well"), stroke_margin_mm=-2.5)
    (shown,) = debriefing.errors(made_up(facts=replace(made_up().facts, firings=(unsafe,))))
    assert "2.5 mm past the limit" in shown.said[0].english()


@pytest.mark.parametrize(
    ("hour", "text"), [(12.0, "12:00"), (3.5, "3:30"), (0.25, "12:15"), (11.9999, "12:00")]
)
def test_clock_hours(hour: float, text: str) -> None:
    assert debrief_tables.clock(hour) == text


def test_the_tables_hold_the_figures() -> None:
    rows = debrief_tables.cores(made_up()).rows
    shown = [[c if isinstance(c, str) else c.english() for c in row] for row in rows]
    assert shown == [
        ["1", "1", "12:00", "9G ATEC", "110.2", "2", "1", "2"],
        ["2", "1", "3:30", "9G ATEC", "96.0", "0", "0", "0"],
    ]
    lines = [text.english() for text in debriefing.effort(made_up())]
    assert lines[0] == "Exposures: 2. Mean glandular dose: 0.61 mGy. Time: 14 minutes."
    assert "Steps taken back: 2" in lines[2] and "By volume 25 %" in lines[3]
    assert "50 % of the volume" in lines[4] and "5.0 mm from the middle" in lines[5]
    assert lines[6] == "Blood in the cavities: 0.31 ml. Local anaesthetic given: 5 ml."


def test_the_answer_to_the_post_fire_image_is_held_against_the_geometry() -> None:
    said = [text.english() for text in debriefing.errors(made_up())[0].said]
    assert said[-1] == (
        "Answer to the image after firing: cores all round the clock. Right for where the target "
        "lay: cores toward the target's side."
    )
    right = Decision(1, "retargeted", 0.0, ("retargeted",), True, True)
    assert debriefing.answered(right).english().endswith("insert the needle anew. That was right.")


def row(metric: str, value: float | None, low: Any, high: Any, unit: str, within: Any) -> Any:
    return BenchmarkRow(metric, value, low, high, unit, "a paper", "common", "more", within)


def test_the_score_stands_beside_the_published_figures() -> None:
    rows = (
        row("exposures", 7.0, None, 11.0, "images", True),
        row("dose", 2.14, 4.0, 18.0, "mGy", True),
        row("removed-least", 0.25, 0.4, None, "1", False),
        row("stroke-margin", 3.0, 0.0, None, "mm", True),
        row("success-later", None, 0.963, 0.963, "1", None),
    )
    table = comparison.scores(made_up(rows=rows))
    shown = [[c if isinstance(c, str) else c.english() for c in line] for line in table.rows]
    paper = "a paper (common knowledge)"
    assert shown == [
        ["Exposures", "7", "at most 11", "✓ yes", paper],
        ["Mean glandular dose", "2.1 mGy", "4.0 to 18.0 mGy", "✓ yes", paper],
        ["Specks removed: enough", "25 %", "at least 40 %", "✗ no", paper],
        ["Stroke margin when fired", "3.0 mm", "above 0.0 mm", "✓ yes", paper],
        ["Success, later cases", "–", "96 %", "– too few cases", paper],
    ]
    assert table.notes == ("more",) * 5


def test_the_own_history() -> None:
    own = History(7, 5, (0.36, 0.92), (3, 5), (2, 2), (True,) * 7)
    lines = [text.english() for text in comparison.own_history(own)]
    assert lines == [
        "Your attempts so far: 7, successful: 5.",
        "As a rate that is 36 to 92 % (95 % interval).",
        "First cases: 3 of 5.",
        "Later cases: 2 of 2.",
    ]
    none = History(0, 0, None, (0, 0), (0, 0), ())
    assert len(comparison.own_history(none)) == 1


def other(guidance: str, reason: str, outcome: str, **changes: Any) -> Any:
    found = {
        "cores": 12, "target_sampled": True, "fraction_removed": 0.7,
        "error_mm": np.array([0.0, 3.0, 4.0]), "minutes": 16.0,
    }  # fmt: skip
    done = SimpleNamespace(
        guidance=guidance, reason=reason, outcome=outcome, device_reason="same family",
        saw_specks=changes.pop("saw_specks", False), saw_mass=changes.pop("saw_mass", False),
        score=SimpleNamespace(**(found | changes)),
        false_alarm_probability=0.02 if reason in ("specks", "correlate") else None,
    )  # fmt: skip
    return SimpleNamespace(counterpart=done, overlays=(), label=say(("Device", "9G ATEC")))


@pytest.mark.parametrize(
    ("arm", "level", "title", "words"),
    [
        (
            other("ultrasound", "specks", "retrieved", saw_specks=True),
            "good",
            "Ultrasound guidance, same patient: retrieved",
            ("they were those of the target", "about 20 of 1000",
             "70 % of the specks in 12 cores, 5.0 mm", "better"),
        ),
        (
            other("ultrasound", "specks", "retrieved", target_sampled=False, fraction_removed=0.0),
            "warning",
            "none of the target",
            ("not those of the target", "you did better"),
        ),
        (
            other("ultrasound", "correlate", "not retrieved", fraction_removed=0.0),
            "warning",
            "not retrieved",
            ("does not hold the calcifications", "you did better"),
        ),
        (
            other("ultrasound", "correlate", "retrieved", saw_mass=True, fraction_removed=0.25),
            "good",
            "retrieved",
            ("does hold the calcifications", "made no difference"),
        ),
        (
            other(
                "ultrasound", "nothing seen", "declined: not visible", cores=0, fraction_removed=0.0
            ),
            "note",
            "no biopsy. Not visible: refer.",
            ("referred her: the right decision", "you did better"),
        ),
        (
            other("stereotactic", "not found on images", "not found on images", cores=0,
                  fraction_removed=0.0),
            "note",
            "Stereotactic guidance, same patient: no biopsy. Not found on the images.",
            ("could not make the group out",),
        ),
    ],
)  # fmt: skip
def test_the_other_guidance_in_honest_words(
    arm: Any, level: str, title: str, words: tuple[str, ...]
) -> None:
    said = comparison.other_headline(arm, made_up())
    assert said.level == level and title in said.title.english()
    text = " ".join(line.english() for line in said.lines)
    assert all(part in text for part in words), text
    assert "one patient proves nothing" in text


def test_who_took_no_core_is_not_called_worse() -> None:
    none = made_up(score=scored(cores=0, fraction_removed=0.0), outcome="declined: not visible")
    said = comparison.other_headline(other("stereotactic", "specks", "retrieved"), none)
    assert said.lines[-1].english().startswith("You took no core. The other guidance removed 70 %")
    stopped = other("stereotactic", "not found on images", "not found on images", cores=0)
    assert "Neither you nor" in comparison.other_headline(stopped, none).lines[-1].english()


def test_figures_are_exported_with_points_whatever_the_locale() -> None:
    text = metrics_csv(AttemptSpec("case-1", 3, "stereotactic"), made_up())
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["figure", "value", "unit"]
    figures = {name: (value, unit) for name, value, unit in lines[1:]}
    assert figures["case"] == ("case-1", "") and figures["seed"] == ("3", "")
    assert figures["fraction removed"] == ("0.25", "1")
    assert figures["firing 1 error z"] == ("4.5", "mm")
    assert figures["core 2 clock hour"] == ("3.5", "h")
    assert figures["exposure 2 target left"] == ("0.3", "mGy")
    assert figures["clip to target"] == ("5", "mm")


# --- a real attempt -------------------------------------------------------------------------------
HOURS = (12.0, 2.0, 4.0, 6.0, 8.0, 10.0)


def test_the_review_of_a_real_attempt_agrees_with_the_truth() -> None:
    pump = Pump()
    worker = Worker(pump.calls.put)
    room = Room(pump, worker, "case-1")
    room.pair()
    aside = room.middle + np.array([3.0, 0.0, 0.0])
    room.do(room.marks(aside), ChooseDevice("vab-9g-petite"), Advance(), Fire())
    room.do(Expose("pair"), Sample(HOURS), Film(), PlaceClip(), Stop("finished"))
    attempt = room.attempt
    made = review(
        attempt.engine,
        attempt.moments,
        earlier=[{"outcome": "retrieved", "guidance": "ultrasound"}],
        undone=0,
        report=lambda progress: None,
    )
    worker.stop()
    truth = attempt.state.truth
    assert made.facts.fraction_removed == pytest.approx(truth.tissue.fraction_removed())
    (error,) = debriefing.errors(made)
    true = truth.firings[0].centre_mm - truth.firings[0].lesion_mm
    assert [axis.error_mm for axis in error.axes] == pytest.approx(true)
    assert made.history.attempts == 1, "attempts under the other guidance do not count"
    # A picture for each exposure and film, in order.
    shown = [overlay.picture for overlay in made.overlays]
    assert shown == list(attempt.pictures) and shown[-1].kind == "specimen"
    # On the film: as many specks as the cores hold, each within the outline of its core.
    film = made.overlays[-1]
    assert len(film.specks_px) == sum(len(core.specks) for core in made.facts.cores)
    assert film.picture.outlines_px is not None
    for column, line in film.specks_px:
        assert any(
            left - 1 <= column <= right + 1 and top - 1 <= line <= bottom + 1
            for left, top, right, bottom in film.picture.outlines_px
        )
    # The sketch: every speck once, the needle as it truly lay.
    roles = [shape.role for shape in made.scene.shapes if shape.kind == "point"]
    gone = int(made.facts.removed.sum())
    assert roles.count("removed") == gone and roles.count("clip") == 1
    assert sum(roles.count(r) for r in ("target", "other", "removed")) == len(made.facts.target)
    (line,) = [s for s in made.scene.shapes if s.role == "error"]
    assert line.points_mm[0] - line.points_mm[1] == pytest.approx(true)
    middles = [s.points_mm.mean(axis=0) for s in made.scene.shapes if s.role == "aperture"]
    assert middles[-1] == pytest.approx(truth.firings[0].centre_mm)
    assert len(distinct_states(attempt.moments)) == len(attempt.state.intents) + 1


# --- the page -------------------------------------------------------------------------------------
@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    """The window at the debrief of an exam with case 1 on coarse tissue."""
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    from stereosim_gui.model.app import AppModel
    from stereosim_gui.views.courier import Courier
    from stereosim_gui.views.practise import PractisePage
    from stereosim_gui.views.theme import dress

    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    dress(qt)
    courier = Courier()
    worker = Worker(courier.deliver)
    app = AppModel(worker)
    failures: list[Exception] = []
    app.failed.connect(failures.append)
    attempt = app.start(AttemptSpec("case-1", 1, "stereotactic", exam=True, voxel_mm=1.5))
    made = PractisePage(app, attempt)
    made.resize(1280, 780)
    made.show()
    made.activateWindow()
    wait_until(made.isActiveWindow)

    def send(*intents: Any) -> None:
        for intent in intents:
            wait_until(lambda: not attempt.busy)
            assert attempt.send(intent)
            wait_until(lambda: not attempt.busy)

    wait_until(lambda: not attempt.busy)
    usual = attempt.engine.equipment.usual_position
    assert usual is not None
    send(usual, Expose("scout"), Expose("pair"))
    tissue = attempt.state.truth.tissue
    group = tissue.specks.solids.centres_mm[tissue.original.target]
    made.send, made.group, made.failures = send, group, failures
    yield made
    made.let_go()
    made.close()
    made.deleteLater()
    worker.stop()
    wait_ms(0)


def finish(page: Any) -> Any:
    from stereosim.geometry.projection import project
    from stereosim.geometry.views import stereo_pair
    from stereosim.procedures.intents import MarkPair

    left, right = (
        tuple(float(v) for v in project(view, page.group.mean(axis=0)[None])[0])
        for view in stereo_pair(page.attempt.engine.room.unit)
    )
    page.send(MarkPair(left, right), ChooseDevice("vab-9g-petite"), Advance(), Fire())
    page.send(Expose("pair"), Sample(HOURS), Film())
    assert page.debrief.review is None and not page.debrief.sections
    page.send(Stop("finished"))
    wait_until(lambda: page.debrief.review is not None)
    page.debrief.other.stop()
    wait_ms(50)
    return page.debrief


def words_of(widget: Any) -> str:
    from PySide6.QtWidgets import QLabel

    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_the_page_shows_the_truth_only_at_the_end_and_in_figures(page: Any, tmp_path: Path) -> None:
    assert page.hints.lessons == () and page.hints.height() <= 1, "an exam has no hints"
    debrief = finish(page)
    assert not page.failures
    truth = page.attempt.state.truth
    removed = round(100 * truth.tissue.fraction_removed())
    assert f"({removed} %)" in words_of(debrief.sections[0])
    assert [section.short for section in debrief.sections] == [
        "Result", "Images", "Sketch", "Errors", "Cores", "Cost", "Score", "Other guidance",
    ]  # fmt: skip
    from stereosim_gui.views.debrief_errors import ErrorBar
    from stereosim_gui.views.debrief_table import PlainTable

    bars = debrief.findChildren(ErrorBar)
    assert [bar.error.error_mm for bar in bars] == pytest.approx(truth.error_mm)
    for bar in bars:
        reach = [abs(end) for _, start, stop in bar.spans() for end in (start, stop)]
        assert max(reach) <= bar.range_mm + 1e-9, "a bar ends inside its widget"
    table = debrief.sections[4].findChild(PlainTable)
    held = [int(table.item(r, 6).text()) for r in range(table.rowCount())]
    target = truth.tissue.original.target
    assert held == [int(target[core.specks].sum()) for core in truth.tissue.cores]
    exposures = debrief.sections[5].findChild(PlainTable)
    assert exposures.rowCount() == page.attempt.seen.exposures
    path = tmp_path / "figures.csv"
    debrief.export_to(path)
    figures = dict(line[:2] for line in csv.reader(path.read_text("utf-8").splitlines()))
    assert int(figures["target specks removed"]) == sum(held)


def test_sections_images_and_sketch_by_keys_and_mouse(page: Any) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    debrief = finish(page)
    bar = debrief.area.verticalScrollBar()
    for number in (4, 3, 2):
        QTest.keyClick(debrief, Qt.Key.Key_0 + number, Qt.KeyboardModifier.AltModifier)
        section = debrief.sections[number - 1]

        def at_the_top(section: Any = section) -> bool:
            top = section.mapTo(debrief.area.viewport(), QPoint(0, 0)).y()
            return abs(top) <= 24 or 0 < bar.value() == bar.maximum()

        wait_until(at_the_top, timeout_s=10.0)
    images = debrief.images
    assert images.shown[0].picture.phase == "postfire", "the pair that tells most comes first"
    images.strip.setCurrentRow(images.strip.count() - 1)
    assert images.shown[0].picture.kind == "specimen" and not images.panes[1].isVisible()
    from stereosim_gui.views.sketch import Sketch

    sketch = debrief.findChild(Sketch)
    debrief.go_to(2)
    wait_ms(20)
    assert sketch.hasFocus()
    before = sketch.eye
    QTest.keyClick(sketch, Qt.Key.Key_Right)
    QTest.keyClick(sketch, Qt.Key.Key_Up)
    assert sketch.eye == before.turned(10.0, 10.0)
    start = QPoint(100, 100)
    QTest.mousePress(sketch, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(sketch, start + QPoint(40, 0))
    QTest.mouseRelease(sketch, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 0))
    assert sketch.eye.azimuth_deg == pytest.approx(before.turned(10.0, 10.0).azimuth_deg - 20.0)
    first = sketch.grab().toImage()
    assert first == sketch.grab().toImage(), "the same sketch twice"
    QTest.keyClick(sketch, Qt.Key.Key_Home)
    assert first != sketch.grab().toImage()


def test_the_other_guidance_can_be_stopped_and_the_patient_taken_again(page: Any) -> None:
    debrief = finish(page)
    other = debrief.other
    assert not other.running and other.arm is None
    other.go.click()
    assert other.running and other.go.text() == "Cancel"
    other.go.click()
    assert not other.running and other.progress.isHidden()
    spec = page.attempt.spec
    from PySide6.QtWidgets import QPushButton

    button = {b.text(): b for b in debrief.findChildren(QPushButton)}
    button["Other guidance, yourself"].click()
    assert page.app.attempt.spec == replace(spec, guidance="ultrasound")


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.0304, "in about 30 of 1000"), (0.001, "about 1 of 1000"), (1e-9, "fewer than 1 of 1000")],
)
def test_how_sure_the_reader_is_said_in_natural_frequencies(chance: float, words: str) -> None:
    assert words in comparison.how_sure(chance).english()
