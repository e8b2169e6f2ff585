"""The attempt store: nothing that was acknowledged is lost, nothing is ever overwritten."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereosim.experiments.trial import Room, Setting
from stereosim.procedures.intents import (
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    Intent,
    MarkPair,
    PlaceClip,
    Position,
    Sample,
    Stop,
    from_dict,
    to_dict,
)
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.scoring import score
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.storage import attempts as module
from stereosim.storage.attempts import (
    SCHEMA,
    AttemptStore,
    Entry,
    Header,
    StoreError,
    effective,
    set_aside,
)
from stereosim_phantoms.patient import plain_patient
from tests.xray_scenes import spheres

HEADER = Header(case="large-cluster", guidance="stereotactic", seed=7, extra={"tour": True})


@pytest.fixture(autouse=True)
def all_shut(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what the tests open."""
    opened: list[AttemptStore] = []
    begin = AttemptStore.__init__

    def remember(self: AttemptStore, path: Path) -> None:
        opened.append(self)
        begin(self, path)

    monkeypatch.setattr(AttemptStore, "__init__", remember)
    yield
    for store in opened:
        store.shut()


@pytest.fixture
def store(tmp_path: Path) -> AttemptStore:
    return AttemptStore(tmp_path / "deep" / "attempts.sqlite")


def test_what_was_written_is_read_back_by_another_store(store: AttemptStore) -> None:
    identifier = store.create(HEADER)
    bodies: list[tuple[str, dict[str, object]]] = [
        ("intent", to_dict(MarkPair((0.1 + 0.2, 1e-17), (3.0, 4.0)))),
        ("draft", {"left": [1.5, 2.5], "hour": "十二"}),
        ("undo", {}),
        ("note", {"text": "a\nb"}),
    ]
    for kind, body in bodies:
        store.append(identifier, kind, body)
    again = AttemptStore(store.path)
    entries = again.entries(identifier)
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [entry.kind for entry in entries] == [kind for kind, _ in bodies]
    assert from_dict(entries[0].body) == MarkPair((0.1 + 0.2, 1e-17), (3.0, 4.0)), "to the bit"
    assert entries[1].body == bodies[1][1]
    attempt = again.attempt(identifier)
    assert attempt.header == replace(HEADER, id=identifier, made_at=attempt.header.made_at)
    assert attempt.header.made_at.endswith("+00:00")
    assert len(identifier) == 32 and int(identifier, 16) >= 0


def test_history_and_unfinished(store: AttemptStore) -> None:
    names = [store.create(replace(HEADER, seed=k)) for k in range(5)]
    for name in names[:4]:
        store.append(name, "note", {})
    store.close(names[1], "finished", {"fraction_removed": 0.5, "error_mm": None})
    store.discard(names[2])
    assert [a.id for a in store.unfinished()] == [names[3], names[0]], "newest first, begun only"
    history = store.attempts()
    assert [(a.id, a.outcome) for a in history] == [(names[1], "finished")]
    assert history[0].score == {"fraction_removed": 0.5, "error_mm": None}
    store.close(names[0], "inaccessible", {})
    store.discard(names[0])
    assert [a.id for a in store.attempts()] == [names[1]]
    assert [a.id for a in store.attempts(discarded=True)] == [names[0], names[1]], "oldest first"
    assert len(store.entries(names[2])) == 1, "what is dropped is kept"


def test_misuse_is_refused_and_changes_nothing(store: AttemptStore) -> None:
    name = store.create(HEADER)
    store.append(name, "note", {})
    for problem, call in (
        (KeyError, lambda: store.append("0" * 32, "note", {})),
        (KeyError, lambda: store.entries("0" * 32)),
        (KeyError, lambda: store.close("0" * 32, "finished", {})),
        (KeyError, lambda: store.discard("0" * 32)),
        (KeyError, lambda: store.attempt("0" * 32)),
        (ValueError, lambda: store.append(name, "wish", {})),
        (ValueError, lambda: store.append(name, "note", {"x": float("nan")})),
        (ValueError, lambda: store.append(name, "note", {"x": np.zeros(2)})),
        (ValueError, lambda: store.close(name, "finished", {"x": float("inf")})),
    ):
        with pytest.raises(problem):
            call()  # type: ignore[no-untyped-call]
    assert len(store.entries(name)) == 1
    assert store.attempt(name).closed_at is None
    store.close(name, "finished", {})
    with pytest.raises(ValueError, match="ended"):
        store.close(name, "finished", {})
    with pytest.raises(ValueError, match="notes only"):
        store.append(name, "intent", {})
    assert store.append(name, "note", {}).number == 2


def test_the_log_cannot_be_changed_or_shortened(store: AttemptStore) -> None:
    name = store.create(HEADER)
    store.append(name, "note", {})
    other = sqlite3.connect(store.path)
    for order in ("UPDATE entries SET kind = 'undo'", "DELETE FROM entries"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            other.execute(order)
    other.close()


def entries_of(kinds: str) -> list[Entry]:
    names = {"i": "intent", "d": "draft", "u": "undo", "r": "redo", "n": "note"}
    return [Entry(k + 1, "", names[kind], {}) for k, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "left"),
    [
        ("iii", [1, 2, 3]),
        ("iiu", [1]),
        ("iiur", [1, 2]),
        ("iiuir", [1, 4]),
        ("iduuurr", [1, 2]),
        ("uri", [3]),
        ("inunr", [1]),
        ("", []),
    ],
)
def test_undo_and_redo(kinds: str, left: list[int]) -> None:
    assert [entry.number for entry in effective(entries_of(kinds))] == left


@given(st.text("iduurn", max_size=40))
def test_effective_agrees_with_a_list_and_a_cursor(kinds: str) -> None:
    """The other usual way to keep a history: all moments in a list, and how many count."""
    moments: list[int] = []
    cursor = 0
    for number, kind in enumerate(kinds, 1):
        if kind in "id":
            moments, cursor = [*moments[:cursor], number], cursor + 1
        elif kind == "u":
            cursor = max(cursor - 1, 0)
        elif kind == "r":
            cursor = min(cursor + 1, len(moments))
    assert [entry.number for entry in effective(entries_of(kinds))] == moments[:cursor]


WRITER = """
import sys
from pathlib import Path
from stereosim.storage.attempts import AttemptStore, Header
store = AttemptStore(Path(sys.argv[1]))
name = store.create(Header(case="c", guidance="ultrasound", seed=1))
print(name, flush=True)
for k in range(100000):
    store.append(name, "draft", {"k": k, "ballast": "x" * 500})
    print(k, flush=True)
"""


def test_a_kill_at_any_instant_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "attempts.sqlite"
    for wanted in (1, 7, 60, 233):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        name = writer.stdout.readline().strip()
        for _ in range(wanted):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        # What it had still acknowledged before the signal came through counts too.
        acknowledged = wanted + len(writer.stdout.read().splitlines())
        writer.wait()
        writer.stdout.close()
        store = AttemptStore(path)
        entries = store.entries(name)
        assert len(entries) in (acknowledged, acknowledged + 1)
        assert [entry.body["k"] for entry in entries] == list(range(len(entries)))
        assert store.unfinished()[0].id == name
        store.append(name, "note", {"resumed": True})
        store.shut()


def test_threads_and_windows_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "attempts.sqlite"
    shared, other = AttemptStore(path), AttemptStore(path)
    name = shared.create(HEADER)
    failures: list[BaseException] = []

    def write(store: AttemptStore, who: int) -> None:
        try:
            for k in range(25):
                store.append(name, "note", {"who": who, "k": k})
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=write, args=(store, who))
        for who, store in enumerate((shared, shared, other, other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    entries = shared.entries(name)
    assert [entry.number for entry in entries] == list(range(1, 101))
    for who in range(4):
        assert [e.body["k"] for e in entries if e.body["who"] == who] == list(range(25))
    shared.shut()
    assert len(shared.entries(name)) == 100, "a store that was shut opens again"


def make(path: Path, problem: str) -> None:
    """Make a file that is no usable store."""
    if problem == "garbage":
        path.write_bytes(b"this is no database" * 400)
        return
    if problem == "foreign":
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.commit()
        other.close()
        return
    store = AttemptStore(path)
    name = store.create(HEADER)
    for _ in range(200):
        store.append(name, "note", {"text": "x" * 200})
    store.shut()
    if problem == "newer":
        other = sqlite3.connect(path)
        other.execute(f"PRAGMA user_version = {SCHEMA + 1}")
        other.close()
    elif problem == "damaged":
        content = bytearray(path.read_bytes())
        content[4096:20000] = b"\xa5" * (20000 - 4096)
        path.write_bytes(content)
    elif problem == "cut":
        path.write_bytes(path.read_bytes()[:10000])


@pytest.mark.parametrize(
    ("problem", "named"),
    [
        ("garbage", "corrupt"),
        ("damaged", "corrupt"),
        ("cut", "corrupt"),
        ("newer", "newer"),
        ("foreign", "foreign"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_kept(
    tmp_path: Path, problem: str, named: str
) -> None:
    path = tmp_path / "attempts.sqlite"
    make(path, problem)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"attempts\.sqlite: ") as caught:
        AttemptStore(path)
    assert caught.value.problem == named
    assert caught.value.path == path
    assert path.read_bytes() == before, "nothing was written into it"
    kept = set_aside(path)
    assert kept.read_bytes() == before
    assert not path.exists()
    fresh = AttemptStore(path)
    assert fresh.attempts() == ()
    second = set_aside(path)
    assert second != kept and kept.read_bytes() == before


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file" / "attempts.sqlite"):
        with pytest.raises(StoreError, match=str(path)) as caught:
            AttemptStore(path)
        assert caught.value.problem == "unreadable"


def test_a_write_that_fails_leaves_the_log_as_it_was(store: AttemptStore) -> None:
    """A full disk: the file may not grow any more."""
    name = store.create(HEADER)
    store.append(name, "note", {"k": 0})
    connection = store._connection()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        store.append(name, "note", {"text": "x" * 100000})
    assert len(store.entries(name)) == 1
    connection.execute("PRAGMA max_page_count = 1000000")
    assert store.append(name, "note", {"text": "x" * 100000}).number == 2


def test_an_old_file_is_brought_to_the_present_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "attempts.sqlite"
    old = AttemptStore(path)
    name = old.create(HEADER)
    old.append(name, "note", {"k": 1})
    old.shut()
    more = (*module._MIGRATIONS, ("ALTER TABLE attempts ADD COLUMN teacher TEXT",))
    monkeypatch.setattr(module, "_MIGRATIONS", more)
    monkeypatch.setattr(module, "SCHEMA", SCHEMA + 1)
    new = AttemptStore(path)
    assert new.entries(name)[0].body == {"k": 1}
    columns = [row[1] for row in new._connection().execute("PRAGMA table_info(attempts)")]
    assert "teacher" in columns
    # A migration that fails leaves the file at its version.
    new.shut()
    broken = (*more, ("ALTER TABLE attempts ADD COLUMN a TEXT", "NONSENSE"))
    monkeypatch.setattr(module, "_MIGRATIONS", broken)
    monkeypatch.setattr(module, "SCHEMA", SCHEMA + 2)
    with pytest.raises(StoreError):
        AttemptStore(path)
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA user_version").fetchone() == (SCHEMA + 1,)
    assert "a" not in [row[1] for row in other.execute("PRAGMA table_info(attempts)")]
    other.close()


def small_procedure() -> StereotacticProcedure:
    """A plain breast with five specks, imaged on coarse voxels: cheap, and complete."""
    places = [(x, 45.0 + y, 25.0) for x, y in ((-2, -2), (2, -2), (0, 0), (-2, 2), (2, 2))]
    room = Room(Setting())
    return StereotacticProcedure(
        patient=plain_patient(specks=spheres(places, 0.4)),
        devices=room.devices,
        conditions=Conditions(True, room.placement["stereotactic"]),
        seed=3,
        machine=room.machine,
        voxel_mm=5.0,
    )


def test_a_recorded_attempt_with_undo_replays_bit_for_bit(store: AttemptStore) -> None:
    procedure = small_procedure()
    name = store.create(HEADER)
    states = [procedure.start()]

    def do(intent: Intent) -> None:
        states.append(procedure.step(states[-1], intent)[0])
        store.append(name, "intent", to_dict(intent))

    def undo() -> None:
        states.pop()
        store.append(name, "undo")

    do(Position(0.0, 30.0))
    undo()
    do(Position(0.0, 10.0))
    do(Expose("scout"))
    do(Expose("pair"))
    store.append(name, "draft", {"left": [900.0, 500.0]})
    store.append(name, "undo")
    do(MarkPair((900.0, 520.0), (1040.0, 520.0)))
    undo()
    store.append(name, "redo")
    states.append(procedure.step(states[-1], MarkPair((900.0, 520.0), (1040.0, 520.0)))[0])
    do(ChooseDevice("vab-11g"))
    do(ChooseDevice("vab-9g"))
    undo()
    for intent in (
        Advance(),
        Expose("pair"),
        Fire(),
        Expose("pair"),
        Sample((12.0, 3.0, 6.0, 9.0)),
        Film(),
        PlaceClip(),
        Stop("finished"),
    ):
        do(intent)
    end = states[-1]

    log = AttemptStore(store.path).entries(name)
    again = small_procedure().replay(
        from_dict(entry.body) for entry in effective(log) if entry.kind == "intent"
    )
    assert again.intents == end.intents
    assert len(again.seen.shots) == len(end.seen.shots) == 7
    for mine, theirs in zip(end.seen.shots, again.seen.shots, strict=True):
        assert np.array_equal(mine.image.pixels, theirs.image.pixels)
    for film, other in zip(end.seen.films, again.seen.films, strict=True):
        assert np.array_equal(film.image.pixels, other.image.pixels)
    for part in ("rest_mm", "present"):
        mine, theirs = getattr(end.truth.tissue, part), getattr(again.truth.tissue, part)
        assert np.array_equal(mine, theirs)
    assert json.dumps(repr(score(again))) == json.dumps(repr(score(end)))
