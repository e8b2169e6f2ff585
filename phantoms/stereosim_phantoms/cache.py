"""Arrays that take seconds to make, kept on disk under a hash of all that makes them.

::

    key = content_key("breast", breast, spacing_mm, code=(anatomy, kernels, data_folder))
    arrays = default_cache().arrays(key, lambda: {"gland": ..., "skin": ...})

A cache never fails its caller: where an entry cannot be read it is made anew, and where it cannot
be kept it is not.  The environment variable STEREOSIM_CACHE names another folder, or is ``off``.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import ModuleType
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

VARIABLE = "STEREOSIM_CACHE"
LIMIT_BYTES = 2 * 1024**3
# Younger parts of files may still be written by another process.
_ABANDONED_S = 3600.0


@dataclass(frozen=True)
class Cache:
    """Named arrays in files; any number of processes may use the same folder at once.

    Attributes
    ----------
    folder : Path or None
        Where the entries lie; made when first needed.  None keeps nothing.
    limit_bytes : int
        Above this size of all entries the least recently used go.
    """

    folder: Path | None
    limit_bytes: int = LIMIT_BYTES

    def arrays(self, key: str, make: Callable[[], Mapping[str, Any]]) -> Arrays:
        """Return the arrays kept under `key`; where there are none, make and keep them.

        Parameters
        ----------
        key : str
            Name of the entry, as :func:`content_key` gives it.
        make : callable
            Returns the arrays by name; arrays of Python objects are not kept.
        """
        if self.folder is None:
            return _as_arrays(make())
        path = self.folder / f"{quote(key, safe='')}.npz"
        kept = _read(path)
        if kept is not None:
            return kept
        made = _as_arrays(make())
        # Where the disk is full or may not be written to, the caller has the arrays all the same.
        with suppress(OSError, ValueError):
            if _write(path, made, self.limit_bytes):
                self._make_room(path)
        return made

    def clear(self) -> None:
        """Remove every entry."""
        for path, _ in _entries(self.folder):
            _remove(path)

    def _make_room(self, newest: Path) -> None:
        """Remove what was used least recently until the rest is within the limit."""
        assert self.folder is not None
        now = time.time()
        for part in self.folder.glob("*.part"):
            status = _status(part)
            if status is not None and now - status.st_mtime > _ABANDONED_S:
                _remove(part)
        entries = sorted(_entries(self.folder), key=lambda entry: entry[1].st_mtime_ns)
        size = sum(status.st_size for _, status in entries)
        for path, status in entries:
            if size <= self.limit_bytes:
                return
            if path != newest:
                _remove(path)
                size -= status.st_size


def default_cache() -> Cache:
    """Return the user's cache, or the one that STEREOSIM_CACHE names.

    The folder is ``stereosim`` in the cache folder of the platform: ``$XDG_CACHE_HOME`` or
    ``~/.cache``, ``~/Library/Caches``, ``%LOCALAPPDATA%``.
    """
    named = os.environ.get(VARIABLE, "")
    if named.lower() == "off":
        return Cache(None)
    try:
        return Cache(Path(named).expanduser() if named else _user_folder() / "stereosim")
    except RuntimeError:  # a user without a home
        return Cache(None)


def content_key(*parts: object, code: Iterable[ModuleType | Path] = ()) -> str:
    """Return a name for what is made of `parts` by `code`, 64 hexadecimal digits.

    Parameters
    ----------
    *parts : object
        Numbers, strings, arrays, dataclasses, and tuples, lists, sets and mappings of such.
    code : iterable of module or Path
        What turns the parts into the content: modules by their source, packages and folders by
        all Python and TOML files in them, files by their bytes.

    Raises
    ------
    TypeError
        For a part of another kind, whose content cannot be told.
    """
    digest = hashlib.sha256()
    # Random streams and transforms may change with NumPy.
    for piece in _pieces((np.__version__, *parts)):
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    for item in code:
        for piece in _code_pieces(item):
            digest.update(len(piece).to_bytes(8, "little"))
            digest.update(piece)
    return digest.hexdigest()


def _user_folder() -> Path:
    """Return the cache folder of the platform."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else Path.home() / ".cache"


def _as_arrays(made: Mapping[str, Any]) -> Arrays:
    return {name: np.asarray(array) for name, array in made.items()}


def _read(path: Path) -> Arrays | None:
    """Return the arrays of an entry; None where there is none or it is damaged (its sum tells)."""
    try:
        with zipfile.ZipFile(path) as file:
            arrays = {}
            for name in file.namelist():
                with file.open(name) as stream:
                    arrays[name] = np.lib.format.read_array(stream, allow_pickle=False)
                    if stream.read(1):  # to the end, where the sum is compared
                        return None
            if file.comment != _count(arrays):
                return None
    except Exception:  # whatever a damaged file leads to, up to a promise of more than the memory
        return None
    with suppress(OSError):
        os.utime(path)  # used now
    return arrays


def _write(path: Path, arrays: Arrays, limit_bytes: int) -> bool:
    """Write an entry under another name, then give it its own: nobody meets a half of it."""
    if sum(array.nbytes for array in arrays.values()) > limit_bytes:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part: Path | None = None
    try:
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as stream:
            part = Path(stream.name)
            with zipfile.ZipFile(stream, "w") as file:
                file.comment = _count(arrays)
                for name, array in arrays.items():
                    with file.open(name, "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, array, allow_pickle=False)
        part.replace(path)
    except BaseException:
        if part is not None:
            _remove(part)
        raise
    return True


def _count(arrays: Arrays) -> bytes:
    """Return what an entry ends with; the sums do not tell when a whole array is lost."""
    return f"{len(arrays)} arrays".encode()


def _entries(folder: Path | None) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the entries of a folder; one that another process has just removed is none."""
    for path in folder.glob("*.npz") if folder is not None else ():
        status = _status(path)
        if status is not None:
            yield path, status


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _remove(path: Path) -> None:
    with suppress(OSError):  # another process was first, or has it open
        path.unlink()


def _pieces(part: object) -> Iterator[bytes]:
    """Yield what tells `part` from any other: its kind, then its content."""
    match part:
        case np.generic():
            yield from _pieces(part.item())
        case None | bool() | int() | str() | bytes():
            yield f"{type(part).__name__} {part!r}".encode()
        case float():
            yield f"float {part.hex()}".encode()
        case np.ndarray() if not part.dtype.hasobject:
            yield f"array {part.dtype.str} {part.shape}".encode()
            yield np.ascontiguousarray(part).tobytes()
        case Enum():
            yield f"enum {type(part).__qualname__} {part.name}".encode()
        case Path():
            yield f"path {part}".encode()
        case tuple() | list():
            yield f"{len(part)} items".encode()
            for item in part:
                yield from _pieces(item)
        case set() | frozenset():
            yield f"set of {len(part)}".encode()
            yield from sorted(b"\0".join(_pieces(item)) for item in part)
        case Mapping():
            yield f"mapping of {len(part)}".encode()
            for key in sorted(part, key=repr):
                yield from _pieces((key, part[key]))
        case _ if is_dataclass(part) and not isinstance(part, type):
            yield f"dataclass {type(part).__module__}.{type(part).__qualname__}".encode()
            for field in fields(part):
                yield from _pieces((field.name, getattr(part, field.name)))
        case _:
            raise TypeError(f"{type(part).__qualname__}: its content cannot be hashed")


def _code_pieces(item: ModuleType | Path) -> Iterator[bytes]:
    """Yield name and content of each file of a module, package, folder or file."""
    name = item.name if isinstance(item, Path) else item.__name__
    place = item if isinstance(item, Path) else Path(getattr(item, "__file__", None) or name)
    if place.name == "__init__.py":
        place = place.parent
    files = sorted(f for f in place.rglob("*") if f.suffix in {".py", ".toml"})
    for file in files if place.is_dir() else [place]:
        yield f"{name} {file.name}".encode()
        try:
            yield file.read_bytes()
        except OSError:
            # A bundle holds no sources: then it is the program as a whole that counts.
            status = Path(sys.executable).stat()
            yield f"{status.st_size} {status.st_mtime_ns}".encode()
