"""Attempts of a trainee in one SQLite file: a header, a log that only grows, and an end.

Every entry is committed before :meth:`AttemptStore.append` returns.  What was undone stays in the
log: :func:`effective` says what counts.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from stereosim.storage.recording import KINDS, Attempt, Entry, Header, effective

__all__ = [
    "KINDS",
    "SCHEMA",
    "Attempt",
    "AttemptStore",
    "Entry",
    "Header",
    "StoreError",
    "effective",
    "set_aside",
]

Problem = Literal["corrupt", "newer", "foreign", "unreadable"]

# Written into the file, so that another program's database is never taken for ours: "ssat".
_APPLICATION_ID = 0x73736174

# A second window of the app may be writing: an entry takes milliseconds.
_BUSY_S = 2.0

# The statements that lead from each version of the schema to the next.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE attempts (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            made_at TEXT NOT NULL,
            header TEXT NOT NULL,
            outcome TEXT,
            score TEXT,
            closed_at TEXT,
            discarded_at TEXT
        )
        """,
        """
        CREATE TABLE entries (
            attempt TEXT NOT NULL REFERENCES attempts (id),
            number INTEGER NOT NULL,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (attempt, number)
        ) WITHOUT ROWID
        """,
        """
        CREATE TRIGGER no_entry_changes BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'the log only grows'); END
        """,
        """
        CREATE TRIGGER no_entry_goes BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'the log only grows'); END
        """,
    ),
)
SCHEMA = len(_MIGRATIONS)


class StoreError(Exception):
    """The file cannot be used; the message names it.

    Attributes
    ----------
    path : Path
        Which file.
    problem : {"corrupt", "newer", "foreign", "unreadable"}
        Damaged; written by a newer version; not a store of attempts; not to be opened or written.
    """

    def __init__(self, path: Path, problem: Problem, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.path = path
        self.problem: Problem = problem


class AttemptStore:
    """The attempts in one file; may be used from several threads.

    Each thread has its own connection.  The file is in WAL mode, so that reading never waits for
    writing.  ``synchronous=FULL``: a committed entry survives a power cut as well as a kill.

    Parameters
    ----------
    path : Path
        The file; it is made, with its folder, where it does not exist.

    Raises
    ------
    StoreError
        Where the file cannot be used.  It has not been changed then; see :func:`set_aside`.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        with self._reporting():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._migrate()
            except BaseException:
                self.shut()
                raise

    def create(self, header: Header) -> str:
        """Begin an attempt and return its identifier; `id` and `made_at` are filled in here."""
        identifier, now = uuid.uuid4().hex, _now()
        text = _text({**asdict(header), "id": identifier, "made_at": now})
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO attempts (id, made_at, header) VALUES (?, ?, ?)",
                (identifier, now, text),
            )
        return identifier

    def append(self, identifier: str, kind: str, body: Mapping[str, Any] | None = None) -> Entry:
        """Add an entry; it is on disk when this returns.

        Parameters
        ----------
        identifier : str
            Which attempt.
        kind : str
            One of ``KINDS``.
        body : mapping, optional
            Plain data without NaN or infinity.

        Raises
        ------
        KeyError
            For an unknown attempt.
        ValueError
            For an unknown kind, a body that is not plain data, or an attempt that has ended and
            an entry other than a note.
        StoreError
            Where it cannot be written; the log is as it was.
        """
        if kind not in KINDS:
            raise ValueError(f"kind: {kind!r} is none of {', '.join(KINDS)}")
        text, now = _text(body or {}), _now()
        with self._writing() as connection:
            _, closed = self._row(connection, identifier, "id, closed_at")
            if closed is not None and kind != "note":
                raise ValueError(f"attempt {identifier} has ended: it takes notes only")
            (number,) = connection.execute(
                "SELECT COALESCE(MAX(number), 0) + 1 FROM entries WHERE attempt = ?", (identifier,)
            ).fetchone()
            connection.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?)", (identifier, number, now, kind, text)
            )
        return Entry(number, now, kind, json.loads(text))

    def entries(self, identifier: str) -> tuple[Entry, ...]:
        """Return the log of an attempt, the oldest entry first.

        Raises
        ------
        KeyError
            For an unknown attempt.
        """
        with self._reporting():
            connection = self._connection()
            self._row(connection, identifier, "id")
            rows = connection.execute(
                "SELECT number, at, kind, body FROM entries WHERE attempt = ? ORDER BY number",
                (identifier,),
            ).fetchall()
            return tuple(Entry(n, at, kind, self._plain(body)) for n, at, kind, body in rows)

    def close(self, identifier: str, outcome: str, score: Mapping[str, Any]) -> None:
        """End an attempt with its outcome and score (plain data).

        Raises
        ------
        KeyError, ValueError
            For an unknown attempt; for one that has ended, or a score that is not plain data.
        """
        text = _text(score)
        with self._writing() as connection:
            (closed,) = self._row(connection, identifier, "closed_at")
            if closed is not None:
                raise ValueError(f"attempt {identifier} has ended already")
            connection.execute(
                "UPDATE attempts SET outcome = ?, score = ?, closed_at = ? WHERE id = ?",
                (outcome, text, _now(), identifier),
            )

    def discard(self, identifier: str) -> None:
        """Mark an attempt as dropped: it is listed no more, and nothing of it is deleted."""
        with self._writing() as connection:
            self._row(connection, identifier, "id")
            connection.execute(
                "UPDATE attempts SET discarded_at = COALESCE(discarded_at, ?) WHERE id = ?",
                (_now(), identifier),
            )

    def attempt(self, identifier: str) -> Attempt:
        """Return one attempt; KeyError where there is none."""
        for attempt in self._attempts("WHERE id = ?", (identifier,)):
            return attempt
        raise KeyError(identifier)

    def unfinished(self) -> tuple[Attempt, ...]:
        """Return the attempts that were begun and neither ended nor discarded, newest first."""
        found = self._attempts("WHERE closed_at IS NULL AND discarded_at IS NULL")
        return tuple(attempt for attempt in reversed(found) if attempt.entries)

    def attempts(self, *, discarded: bool = False) -> tuple[Attempt, ...]:
        """Return the attempts that have ended, oldest first, for a learning curve.

        Parameters
        ----------
        discarded : bool
            Whether those that were dropped are among them.
        """
        return self._attempts(
            "WHERE closed_at IS NOT NULL" + ("" if discarded else " AND discarded_at IS NULL")
        )

    def shut(self) -> None:
        """Close the connections of all threads; the store opens again when it is used."""
        with self._lock:
            connections, self._open = self._open, []
            self._local = threading.local()
        for connection in connections:
            connection.close()

    def _attempts(self, where: str, values: Sequence[str] = ()) -> tuple[Attempt, ...]:
        query = (
            "SELECT header, (SELECT COUNT(*) FROM entries WHERE attempt = id), outcome, score, "
            f"closed_at, discarded_at FROM attempts {where} ORDER BY number"
        )
        with self._reporting():
            rows = self._connection().execute(query, values).fetchall()
            return tuple(
                Attempt(
                    self._header(header),
                    count,
                    outcome,
                    None if score is None else self._plain(score),
                    closed,
                    discarded,
                )
                for header, count, outcome, score, closed, discarded in rows
            )

    def _header(self, text: str) -> Header:
        try:
            return Header(**self._plain(text))
        except TypeError as error:
            raise StoreError(self.path, "corrupt", f"a header is damaged: {error}") from error

    def _plain(self, text: str) -> dict[str, Any]:
        try:
            plain = json.loads(text)
        except ValueError as error:
            raise StoreError(self.path, "corrupt", f"an entry is damaged: {error}") from error
        if not isinstance(plain, dict):
            raise StoreError(self.path, "corrupt", "an entry is damaged: not an object")
        return plain

    def _row(self, connection: sqlite3.Connection, identifier: str, columns: str) -> Any:
        query = f"SELECT {columns} FROM attempts WHERE id = ?"
        row = connection.execute(query, (identifier,)).fetchone()
        if row is None:
            raise KeyError(identifier)
        return row

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Closed by `shut` from any thread; used by the one that opened it only.
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error:
                connection.close()
                raise
            self._local.connection = connection
            with self._lock:
                self._open.append(connection)
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is committed at the end, or rolled back by an error."""
        with self._reporting():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Turn what SQLite and the file system say into one clear error."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(self.path, "unreadable", f"cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(self.path, "corrupt", f"is damaged: {error}") from error
        except OSError as error:
            raise StoreError(self.path, "unreadable", f"cannot be used: {error}") from error

    def _migrate(self) -> None:
        """Check that the file is ours and sound, and bring it to the present schema."""
        connection = self._connection()
        if self._checked(connection) == SCHEMA:
            return
        connection.execute("PRAGMA journal_mode = WAL")
        with self._writing():
            # Another window may have been faster.
            version = self._checked(connection)
            for statements in _MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")

    def _checked(self, connection: sqlite3.Connection) -> int:
        """Return the version of the schema, 0 for an empty file."""
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not tables and version == 0:
            return 0
        if owner != _APPLICATION_ID:
            raise StoreError(self.path, "foreign", "is a database of another program")
        if version > SCHEMA:
            newer = f"was written by a newer version of stereosim (schema {version} > {SCHEMA})"
            raise StoreError(self.path, "newer", newer)
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise StoreError(self.path, "corrupt", f"is damaged: {sound}")
        return int(version)


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used, with its journals, and return its new name.

    Nothing is deleted and nothing overwritten: the next :class:`AttemptStore` at `path` starts
    anew.
    """
    path = Path(path)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    kept = path.with_name(f"{path.stem}.kept-{stamp}{path.suffix}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.stem}.kept-{stamp}-{number}{path.suffix}")
    for ending in ("-wal", "-shm"):
        journal = path.with_name(path.name + ending)
        if journal.exists():
            journal.rename(kept.with_name(kept.name + ending))
    path.rename(kept)
    return kept


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _text(plain: Mapping[str, Any]) -> str:
    """Return plain data as JSON; ValueError for what is none."""
    try:
        return json.dumps(dict(plain), allow_nan=False, ensure_ascii=False)
    except TypeError as error:
        raise ValueError(f"not plain data: {error}") from error
