"""What has been done with the needle that is in: pairs, cores, clock hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stereosim.procedures.intents import (
    Advance,
    Expose,
    Film,
    Fire,
    Insert,
    PlaceClip,
    Position,
    Sample,
)

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.procedures.intents import Intent

Hours = tuple[float, ...]

# A gun's notch looks up until it is turned.
_GUN_HOURS: Hours = (12.0,)


def since(intents: Sequence[Intent], *kinds: type[Intent]) -> tuple[Intent, ...]:
    """Return the intents after the last one of `kinds`; all of them where there is none."""
    for k in range(len(intents) - 1, -1, -1):
        if isinstance(intents[k], kinds):
            return tuple(intents[k + 1 :])
    return tuple(intents)


def has_pair(intents: Iterable[Intent]) -> bool:
    """Whether a stereo pair was exposed among `intents`."""
    return any(isinstance(intent, Expose) and intent.what == "pair" for intent in intents)


def pair_of_pass(intents: Sequence[Intent], *, after_fire: bool) -> bool:
    """Whether the needle that is in has been checked on a pair, before or after it was fired."""
    kinds = (Fire,) if after_fire else (Advance, Insert)
    return has_pair(since(intents, *kinds))


def hours_of(intents: Iterable[Intent]) -> Hours:
    """Return the clock hours sampled among `intents`, in order."""
    return tuple(h for intent in intents if isinstance(intent, Sample) for h in intent.hours)


def hours_of_pass(intents: Sequence[Intent]) -> Hours:
    """Return the clock hours sampled with the needle that is in."""
    return hours_of(since(intents, Advance, Insert))


def unfilmed(intents: Sequence[Intent]) -> int:
    """Return how many cores have been taken since the last specimen film."""
    return len(hours_of(since(intents, Film)))


def clip_placed(intents: Sequence[Intent]) -> bool:
    """Whether a clip marks the place."""
    return any(isinstance(intent, PlaceClip) for intent in since(intents, Position))


def all_round(device: Device) -> Hours:
    """Return the hours of a usual insertion of a device."""
    return _GUN_HOURS if device.kind == "gun" else device.usual_hours


def fan(hour: float, cores: int, half_width_hours: float) -> Hours:
    """Return the hours of cores directed to one side, evenly spaced about `hour`.

    Parameters
    ----------
    hour : float
        The side, above 0 up to 12.
    cores : int
        How many; one alone looks straight there.
    half_width_hours : float
        How far to either side the outer ones look.
    """
    spread = np.linspace(-half_width_hours, half_width_hours, cores) if cores > 1 else np.zeros(1)
    return tuple(float(round(h, 2) % 12.0) or 12.0 for h in hour + spread)
