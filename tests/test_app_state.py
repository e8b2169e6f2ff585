"""What is behind the shell, without a window: library, choice, settings, shelf, warm-up, tour."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stereosim.experiments.progress import Cancel, Progress
from stereosim.storage.attempts import AttemptStore
from stereosim_gui.model import tour
from stereosim_gui.model.app import AppModel, Unfinished
from stereosim_gui.model.choice import CASE_SEED, Choice
from stereosim_gui.model.library import THUMBNAILS, cards, last_results, outcome_text
from stereosim_gui.model.settings import Settings, SettingsError, SettingsFile
from stereosim_gui.model.shelf import StoreShelf
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.texts import Text
from stereosim_gui.worker import Report, Worker
from stereosim_phantoms.cases import list_cases, load_case
from stereosim_phantoms.provenance import SpecError
from stereosim_phantoms.shelf import case_names, read_case
from tests.app_scenes import Pump

if TYPE_CHECKING:
    pass

SPEC = AttemptSpec("case-1", 3, "stereotactic", exam=True)


# --- the library on the shelf ---------------------------------------------------------------------
def test_the_shelf_of_cases_is_the_library() -> None:
    assert case_names() == list_cases()
    for name in case_names():
        case, text = load_case(name), read_case(name)
        assert (text.title, text.teaching, text.language) == (case.title, case.teaching, "")


def test_the_shelf_names_the_file_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("title = 3\n")
    with pytest.raises(SpecError, match=r"x\.toml: title"):
        read_case("x", library=tmp_path)
    (tmp_path / "x.toml").write_text('title = "X"\n')
    with pytest.raises(SpecError, match=r"x\.md"):
        read_case("x", library=tmp_path)
    (tmp_path / "x.md").write_text("text")
    (tmp_path / "x.zz.md").write_text("no heading\n\ntext")
    with pytest.raises(SpecError, match=r"x\.zz\.md"):
        read_case("x", "zz", library=tmp_path)
    assert read_case("x", "yy", library=tmp_path).teaching == "text", "English where it is missing"
    with pytest.raises(SpecError, match=r"\.\./x"):
        read_case("../x", library=tmp_path)


def test_every_case_has_a_card_with_a_small_thumbnail() -> None:
    found = cards("en")
    assert sorted(card.text.name for card in found) == list(list_cases())
    assert found[0].text.name == "case-1"
    for card in found:
        assert card.thumbnail is not None, f"{card.text.name}: run make thumbnails"
        assert card.thumbnail.stat().st_size <= 25_000
    assert {path.stem for path in THUMBNAILS.glob("*.png")} == set(list_cases())


@pytest.mark.slow
def test_a_thumbnail_is_what_the_simulator_shows_now() -> None:
    from PIL import Image

    sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
    try:
        from thumbnails import thumbnail  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    shipped = np.asarray(Image.open(THUMBNAILS / "large-cluster.png"), dtype=float)
    # Two grey levels of the 24 at most where noise falls on the other side of a step.
    assert np.abs(thumbnail("large-cluster").astype(float) - shipped).mean() < 2 * 255 / 23


def test_last_results_are_the_newest_of_each_guidance() -> None:
    history: list[dict[str, Any]] = [
        {"case": "a", "guidance": "stereotactic", "outcome": "not retrieved"},
        {"case": "a", "guidance": "ultrasound", "outcome": "declined: not visible"},
        {"case": "a", "guidance": "stereotactic", "outcome": "retrieved"},
        {"case": None, "guidance": "ultrasound", "outcome": "retrieved"},
    ]
    found = last_results(history)
    assert (found["a"]["stereotactic"].outcome, found["a"]["stereotactic"].attempts) == (
        "retrieved",
        2,
    )
    assert found["a"]["ultrasound"].attempts == 1 and set(found) == {"a", None}
    assert outcome_text("retrieved").english() == "calcification retrieved"
    assert outcome_text("something new").english() == "something new"


# --- choice ---------------------------------------------------------------------------------------
def test_a_choice_of_a_case_is_repeatable_and_a_random_patient_is_new() -> None:
    choice = Choice(guidance="ultrasound", exam=True).of_case("case-1")
    assert choice.spec() == AttemptSpec("case-1", CASE_SEED, "ultrasound", True)
    other = replace(choice, seed=9)
    assert other.of_case("case-1") == other, "choosing the same card again keeps the number"
    seeds = {choice.of_case(None).seed for _ in range(20)}
    assert len(seeds) > 10 and min(seeds) >= 1


# --- settings -------------------------------------------------------------------------------------
def test_settings_are_kept_and_read_back(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "deep" / "settings.json")
    assert file.load() == Settings()
    kept = Settings(language="zh_CN", hints=False, toured=True, text_scale=1.5)
    file.keep(kept)
    assert file.load() == kept
    assert [path.name for path in file.path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"text_scale": 7}', '{"hints": 1}', '{"language": "xx"}', "\xff\xfe"],
)
def test_broken_settings_are_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(SettingsError, match=r"settings\.json"):
        SettingsFile(path).load()


def test_settings_of_a_newer_version_are_taken_as_far_as_they_are_known(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"text_scale": 2, "of_tomorrow": 1}))
    assert SettingsFile(path).load() == Settings(text_scale=2.0)


def test_a_failed_save_leaves_the_settings_as_they_were(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    file.keep(Settings(hints=False))
    (tmp_path / "settings.json.new").mkdir()
    with pytest.raises(SettingsError):
        file.keep(Settings(hints=True))
    assert file.load() == Settings(hints=False)


# --- the shelf of attempts ------------------------------------------------------------------------
def told(tmp_path: Path) -> tuple[StoreShelf, list[Text]]:
    """A shelf and what it tells the user."""
    said: list[Text] = []
    return StoreShelf(tmp_path / "attempts.sqlite", said.append), said


def test_an_attempt_is_kept_resumed_and_ended(tmp_path: Path) -> None:
    shelf, said = told(tmp_path)
    assert shelf.unfinished() is None and shelf.history() == ()
    log = shelf.open(SPEC)
    log.append("intent", {"intent": "fire"})
    log.append("draft", {"left": [1.0, 2.0], "right": None})
    shelf.shut()

    again, _ = told(tmp_path)
    found = again.unfinished()
    assert found is not None and found.spec == SPEC
    assert found.entries == (
        ("intent", {"intent": "fire"}),
        ("draft", {"left": [1.0, 2.0], "right": None}),
    )
    log = again.reopen(found.identifier)
    log.append("undo", {})
    again.close(log, "finished", {"outcome": "retrieved", "error_mm": [1.0, 0.0, 0.5]})
    assert again.unfinished() is None
    (entry,) = again.history()
    assert entry["outcome"] == "retrieved" and entry["case"] == "case-1" and entry["exam"] is True
    assert entry["guidance"] == "stereotactic" and entry["seed"] == 3
    again.shut()
    assert said == []


def test_a_discarded_attempt_is_offered_no_more_and_the_one_before_is(tmp_path: Path) -> None:
    shelf, _ = told(tmp_path)
    for seed in (1, 2):
        shelf.open(replace(SPEC, case=None, seed=seed)).append("note", {})
    newest = shelf.unfinished()
    assert newest is not None and newest.spec.seed == 2 and newest.spec.case is None
    shelf.drop(newest.identifier)
    before = shelf.unfinished()
    assert before is not None and before.spec.seed == 1
    shelf.shut()


def test_a_damaged_store_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "attempts.sqlite"
    store = AttemptStore(path)
    store.shut()
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    shelf, said = told(tmp_path)
    shelf.open(SPEC).append("note", {})
    assert shelf.unfinished() is not None
    assert len(said) == 1 and "damaged" in said[0].english()
    assert len(list(tmp_path.glob("attempts.kept-*"))) >= 1
    shelf.shut()


def test_a_store_that_cannot_be_opened_is_told_once_and_the_app_goes_on(tmp_path: Path) -> None:
    (tmp_path / "attempts.sqlite").mkdir()
    shelf, said = told(tmp_path)
    log = shelf.open(SPEC)
    log.append("note", {})
    assert shelf.unfinished() is None and shelf.history() == ()
    shelf.close(log, "finished", {})
    assert len(said) == 1 and "cannot be saved" in said[0].english()


def test_saving_stops_at_the_first_failure_because_a_gap_cannot_be_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stereosim.storage.attempts import StoreError

    shelf, said = told(tmp_path)
    log = shelf.open(SPEC)
    log.append("note", {"n": 1})

    def full(*args: object) -> None:
        raise StoreError(tmp_path, "unreadable", "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(AttemptStore, "append", full)
        log.append("note", {"n": 2})
    log.append("note", {"n": 3})
    assert len(said) == 1 and "disk full" in said[0].english()
    store = AttemptStore(tmp_path / "attempts.sqlite")
    (kept,) = store.unfinished()
    assert [entry.body for entry in store.entries(kept.id)] == [{"n": 1}]
    store.shut()
    shelf.shut()


# --- getting ready --------------------------------------------------------------------------------
@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def worker(pump: Pump) -> Iterator[Worker]:
    made = Worker(pump.calls.put)
    yield made
    made.stop()


class Begun(AppModel):
    """Notes what is begun."""

    begun: tuple[AttemptSpec | Unfinished, ...] = ()

    def start(self, spec: AttemptSpec) -> Any:
        self.begun = (*self.begun, spec)

    def resume(self, unfinished: Unfinished) -> Any:
        self.begun = (*self.begun, unfinished)


def test_beginning_waits_for_the_simulator(pump: Pump, worker: Worker) -> None:
    app = Begun(worker)

    def work(cancel: Cancel, report: Report) -> Iterator[None]:
        report(Progress("loading", 1, 2, 1.0, 1.0))
        yield

    app.prepare(work)
    app.begin(SPEC)
    assert not app.ready and app.waiting == SPEC and app.begun == ()
    pump.until(lambda: app.preparing is not None)
    pump.until(lambda: app.ready)
    assert app.begun == (SPEC,) and app.waiting is None and app.preparing is None
    unfinished = Unfinished("x", SPEC, "", ())
    app.begin(unfinished)
    assert app.begun == (SPEC, unfinished)


def test_what_waits_can_be_dropped(pump: Pump, worker: Worker) -> None:
    app = Begun(worker)
    app.prepare(lambda cancel, report: iter(()))
    app.begin(SPEC)
    app.forget()
    pump.until(lambda: app.ready)
    assert app.begun == ()


def test_a_failed_warm_up_is_told_and_the_attempt_is_tried(pump: Pump, worker: Worker) -> None:
    app = Begun(worker)
    failed: list[Exception] = []
    app.failed.connect(failed.append)

    def broken(cancel: Cancel, report: Report) -> Iterator[None]:
        raise ZeroDivisionError
        yield

    app.prepare(broken)
    app.begin(SPEC)
    pump.until(lambda: app.ready)
    assert [type(error) for error in failed] == [ZeroDivisionError] and app.begun == (SPEC,)


def test_the_warm_up_reports_and_compiles_every_kernel_of_a_biopsy() -> None:
    from stereosim_gui.model.warmup import warm_up

    heard: list[Progress] = []
    pieces = sum(1 for _ in warm_up(Cancel(), heard.append))
    assert pieces >= 5 and len(heard) >= pieces
    assert {progress.stage for progress in heard} <= {"loading", "compiling"}
    done = [progress.done for progress in heard]
    assert done == sorted(done) and heard[-1].done < heard[-1].total
    assert all(p.remaining_s is not None and p.remaining_s > 0 for p in heard)


# --- the tour -------------------------------------------------------------------------------------
def scene(**changes: Any) -> Any:
    """An app as far as the tour looks at it; `changes` of what the trainee sees."""
    seen: dict[str, Any] = {
        "thickness_mm": 38.0, "marked_mm": None, "cores": 0, "films": (), "shots": (),
        "first_shot": 0,
    }  # fmt: skip
    fixed = ("intents", "needle", "fired", "preview", "ended", "spec", "started")
    given = {key: changes.pop(key) for key in fixed if key in changes}
    state = SimpleNamespace(
        seen=SimpleNamespace(**{**seen, **changes}),
        intents=given.get("intents", ()),
        truth=SimpleNamespace(
            tissue=SimpleNamespace(needle=given.get("needle")), fired=given.get("fired", False)
        ),
    )
    attempt = SimpleNamespace(
        spec=given.get("spec", AttemptSpec(tour.TOUR_CASE, 1, "stereotactic")),
        started=given.get("started", True),
        state=state, seen=state.seen, preview=given.get("preview"),
        ended=given.get("ended", False),
    )  # fmt: skip
    return SimpleNamespace(attempt=attempt, choice=Choice(), waiting=None)


def shot(phase: str) -> SimpleNamespace:
    return SimpleNamespace(phase=phase)


def pair(mismatch_mm: float) -> SimpleNamespace:
    return SimpleNamespace(target=SimpleNamespace(y_mismatch_mm=mismatch_mm), y_tolerance_mm=1.0)


SHOTS = tuple(shot(phase) for phase in ("scout", "target", "prefire", "postfire"))
ON = {"intents": (1,), "marked_mm": 1, "needle": 1, "fired": True}


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (SimpleNamespace(attempt=None, choice=Choice(), waiting=None), "choose"),
        (SimpleNamespace(attempt=None, choice=Choice(True, "near-skin"), waiting=None), "choose"),
        (SimpleNamespace(attempt=None, choice=Choice(True, "case-1"), waiting=None), "begin"),
        (
            SimpleNamespace(
                attempt=None, choice=Choice(True, "case-1", guidance="ultrasound"), waiting=None
            ),
            "choose",
        ),
        (scene(spec=AttemptSpec("case-1", 1, "ultrasound")), "gallery"),
        (scene(started=False), "begin"),
        (scene(), "position"),
        (scene(intents=(1,)), "scout"),
        (scene(intents=(1,), shots=SHOTS[:1]), "pair"),
        (scene(intents=(1,), shots=SHOTS[:2]), "mark"),
        (scene(intents=(1,), shots=SHOTS[:2], preview=pair(-1.4)), "mark"),
        (scene(intents=(1,), shots=SHOTS[:2], preview=pair(-0.4)), "target"),
        (scene(intents=(1,), shots=SHOTS[:2], marked_mm=1), "needle"),
        (scene(intents=(1,), shots=SHOTS[:2], marked_mm=1, needle=1), "prefire"),
        (scene(intents=(1,), shots=SHOTS[:3], marked_mm=1, needle=1), "fire"),
        (scene(**ON, shots=SHOTS[:3]), "postfire"),
        (scene(**ON, shots=SHOTS), "sample"),
        (scene(**ON, shots=SHOTS, cores=6), "film"),
        (scene(**ON, shots=SHOTS, cores=6, films=(1,)), "finish"),
        (scene(**ON, shots=SHOTS, cores=6, films=(1,), ended=True), None),
    ],
)
def test_the_tour_stands_at_the_first_step_that_is_not_done(app: Any, expected: str | None) -> None:
    step = tour.current_step(app)
    assert (None if step is None else step.name) == expected


def test_the_steps_are_numbered_from_the_choice() -> None:
    numbers = [tour.number_of(step) for step in tour.STEPS[1:]]
    assert numbers == [(n, len(numbers)) for n in range(1, len(numbers) + 1)]
