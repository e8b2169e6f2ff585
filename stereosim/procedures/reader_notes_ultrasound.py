"""What the model observer finds in sweeps and stills, as a teacher would point it out."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.ultrasound.observer import EchoFinding, search
from stereosim.imaging.ultrasound.sweep import STEP_MM, Sweep
from stereosim.procedures.observations import Level, Observation
from stereosim.procedures.operators.skill import load_search
from stereosim.procedures.published import load_hints
from stereosim.procedures.reader_notes import Values, specimen_notes

if TYPE_CHECKING:
    from stereosim.imaging.ultrasound.frame import Frame
    from stereosim.procedures.state import Seen, Still

Array = NDArray[np.float64]


def ultrasound_notes(seen: Seen) -> Iterator[Observation]:
    """Yield what the sweeps, the stills and the specimen film show."""
    looks: tuple[Sweep | Still, ...] = (*seen.sweeps, *seen.stills)
    if seen.passes == 0 and _searched(seen):
        expected = seen.referral.supine_mm
        if not any(_convincing(item, expected) for look in looks for item in _findings(look)):
            values: Values = {"sweeps": len(seen.sweeps), "stills": len(seen.stills)}
            level: Level = "note" if seen.marked_mm is None else "warning"
            yield Observation("not-visible-refer", values, level, ("refer",))
    yield from specimen_notes(seen)


def _searched(seen: Seen) -> bool:
    """Whether the place that the referral names has been searched.

    A mass cannot be told from a lobule of fat in single frames: where one was marked, only a sweep
    can gainsay it.
    """
    expected = seen.referral.supine_mm
    if any(_shows(sweep, expected) for sweep in seen.sweeps):
        return True
    near = sum(_shows(_as_sweep(still.frame), expected) for still in seen.stills)
    return near >= load_hints().fewest_looks and seen.marked_reason != "correlate"


def _as_sweep(frame: Frame) -> Sweep:
    """Return a still as a sweep of one frame, as thick as the beam."""
    step = 2.0 * STEP_MM
    stack = frame.envelope[None]
    return Sweep(stack, (frame.pose,), frame.row_mm, frame.column_mm, step, frame.probe)


def _shows(sweep: Sweep, place_mm: Array) -> bool:
    """Whether the reader would look for the lesion in these frames: they pass near its place."""
    n, _, columns = sweep.stack.shape
    corners = sweep.supine_mm([0, n - 1], 0, [0, columns - 1])[:, :2]
    axis = sweep.poses[0].lateral_axis()[:2]
    across = np.array([-axis[1], axis[0]])
    ends = np.sort(corners @ np.column_stack([axis, across]), axis=0)
    at = place_mm[:2] @ np.column_stack([axis, across])
    beside = np.maximum(0.0, np.maximum(ends[0] - at, at - ends[1]))
    return bool(np.hypot(*beside) <= load_search().correlate_gate_mm)


def _convincing(finding: EchoFinding, expected: Array) -> bool:
    """Whether the operator would take `finding` for the lesion."""
    gates = load_search()
    gate = gates.ultrasound_gate_mm if finding.kind == "specks" else gates.correlate_gate_mm
    return bool(np.linalg.norm((finding.position_mm - expected)[:2]) <= gate)


_read: dict[int, tuple[weakref.ref[Any], list[EchoFinding]]] = {}


def _findings(look: Sweep | Still) -> list[EchoFinding]:
    """Search a sweep or a still; what was searched before is remembered as long as it lives."""
    known = _read.get(id(look))
    if known is not None and known[0]() is look:
        return known[1]
    found = search(look if isinstance(look, Sweep) else _as_sweep(look.frame))
    for key in [key for key, (alive, _) in _read.items() if alive() is None]:
        del _read[key]
    _read[id(look)] = (weakref.ref(look), found)
    return found
