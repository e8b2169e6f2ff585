"""The decorators of all compiled functions of this package."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def njit(function: F) -> F:
    """Compile `function`, cached on disk, with the interpreter lock released."""
    compiled: Any = fresh(numba.njit(cache=True, nogil=True)(function))
    return cast(F, compiled)


def njit_inline(function: F) -> F:
    """Do as :func:`njit`, and put the body where it is called: arrays are dear to pass per voxel.

    Inlining the tissue functions took a voxel from 340 to 227 ns.
    """
    compiled: Any = fresh(numba.njit(cache=True, nogil=True, inline="always")(function))
    return cast(F, compiled)


def fresh(dispatcher: Any, folder: Path = Path(__file__).parent) -> Any:
    """Make the compiled code on disk belong to all kernels of a folder; return `dispatcher`.

    Numba looks at the file of a kernel only.  One that calls another file's would go on with that
    one's old code.
    """
    kept = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if kept is not None:  # with the compiler off there is none
        kept._source_stamp = (kept._source_stamp, _contents(folder))
    return dispatcher


@cache
def _contents(folder: Path) -> str:
    """Return a hash of the sources of a folder."""
    found = sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
