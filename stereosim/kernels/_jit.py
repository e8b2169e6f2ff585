"""The one decorator of all kernels of the library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast, overload

import numba

from stereosim_phantoms.kernels._jit import fresh

F = TypeVar("F", bound=Callable[..., Any])


@overload
def njit(function: F, /) -> F: ...
@overload
def njit(*, fastmath: bool | set[str] = False) -> Callable[[F], F]: ...
def njit(
    function: F | None = None, /, *, fastmath: bool | set[str] = False
) -> F | Callable[[F], F]:
    """Compile a function of arrays and floats: cached on disk and free of the interpreter lock.

    Use it bare (``@njit``) or with a parameter (``@njit(fastmath=True)``).  ``parallel`` is left
    off on purpose: experiments run one process per core, and two Python threads inside parallel
    kernels can abort the process.

    Parameters
    ----------
    function : callable, optional
        The function, when the decorator is used bare.
    fastmath : bool or set of str
        Which algebraic liberties the compiler may take; off unless the kernel says that its
        numbers can bear them (never where NaN or inf may come in).

    Returns
    -------
    callable
        The compiled function, or the decorator; the type of the plain function is kept.
    """

    def compiled(plain: F) -> F:
        dispatcher = numba.njit(cache=True, nogil=True, fastmath=fastmath)(plain)
        fresh(dispatcher, Path(__file__).parent)
        return cast("F", dispatcher)  # callers see the signature of the plain function

    return compiled if function is None else compiled(function)
