"""How a benchmark measures: ours and the peer in turn, medians, one row per measurement.

A benchmark is a module ``benchmarks/NAME.py`` with one function::

    from timing import Row, interleaved

    def measure() -> list[Row]:
        ours_s, peer_s = interleaved(lambda: mine(x), lambda: theirs(x), repeats=21)
        return [Row("triangulation", "10,000 pairs", ours_s, "opencv 4.11", peer_s)]

``python benchmarks/run.py NAME`` runs it (``make bench BENCH=NAME``).
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement: median seconds of one call of ours and of the peer.

    Without a peer (`peer` and `peer_s` None) the row reports our own time only.
    """

    bench: str
    what: str
    ours_s: float
    peer: str | None = None
    peer_s: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times as long as ours the peer takes; above 1 ours is the faster."""
        return None if self.peer_s is None else self.peer_s / self.ours_s


def interleaved(
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    repeats: int = 21,
    at_least_s: float = 0.002,
) -> tuple[float, float]:
    """Median seconds of one call of `ours` and of `peer`, measured in turn.

    Taking turns lets both meet the same state of the machine.  Each is called once beforehand (a
    compiler, a cache), and each measurement repeats a short call until it lasts `at_least_s`.
    """
    calls = (ours, peer)
    loops = [_loops(call, at_least_s) for call in calls]
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for call, count, times in zip(calls, loops, seconds, strict=True):
            times.append(_timed(call, count))
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def alone(ours: Callable[[], object], *, repeats: int = 11, at_least_s: float = 0.002) -> float:
    """Median seconds of one call of `ours` where there is no peer."""
    loops = _loops(ours, at_least_s)
    return statistics.median(_timed(ours, loops) for _ in range(repeats))


def _loops(call: Callable[[], object], at_least_s: float) -> int:
    call()
    once_s = _timed(call, 1)
    return max(1, round(at_least_s / max(once_s, 1e-9)))


def _timed(call: Callable[[], object], loops: int) -> float:
    gc.collect()
    start = time.perf_counter()
    for _ in range(loops):
        call()
    return (time.perf_counter() - start) / loops
