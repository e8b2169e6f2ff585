"""What an operator can ask for, trainee or simulated: the only way into a procedure.

An intent is a small frozen dataclass of plain numbers, so that a recording is a list of them and a
replay is the same list again (:func:`to_dict`, :func:`from_dict`).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar


class IntentError(ValueError):
    """The intent does not fit the step or its numbers are no numbers; the state is unchanged."""


@dataclass(frozen=True)
class Intent:
    """Base of all intents."""

    name: ClassVar[str] = ""


APPROACHES = ("craniocaudal", "caudocranial")
ARMS = ("vertical", "lateral-left", "lateral-right")


@dataclass(frozen=True)
class Position(Intent):
    """Compress the breast and shift it so that the expected place comes under the window.

    Attributes
    ----------
    shift_x_mm, shift_y_mm : float
        ``p_support = p_breast - (shift_x, shift_y, 0)``; `shift_y_mm` at least 0, because the
        chest wall cannot be pulled past the edge of the support.
    approach : str
        From where the needle comes: ``"craniocaudal"``, from above; or ``"caudocranial"``, for a
        lesion of the lower breast, with the breast frame turned by 180 degrees about y first.
    thickness_mm : float or None
        To what thickness the breast is compressed; None for its usual compression.
    second_paddle : bool
        Whether it lies on a second open paddle instead of on the support: tissue bulges into the
        opening, and the needle has that much more room.
    """

    name: ClassVar[str] = "position"
    shift_x_mm: float
    shift_y_mm: float
    approach: str = "craniocaudal"
    thickness_mm: float | None = None
    second_paddle: bool = False


@dataclass(frozen=True)
class Expose(Intent):
    """Make the scout (``"scout"``) or the stereo pair (``"pair"``)."""

    name: ClassVar[str] = "expose"
    what: str


@dataclass(frozen=True)
class MarkPair(Intent):
    """Mark the same point in the left (-15) and the right (+15) image, (column, row)."""

    name: ClassVar[str] = "mark-pair"
    left_px: tuple[float, float]
    right_px: tuple[float, float]


@dataclass(frozen=True)
class Scan(Intent):
    """Sweep the ultrasound probe over the skin.

    Attributes
    ----------
    x_mm, y_mm : float
        Middle of the area, supine frame.
    extent_mm : float
        Length of the movement; the area is as wide as the probe.
    depth_mm, focus_mm : float
        Depth shown, and depth of the transmit focus.
    tilt_deg, strain : float
        As in :class:`Look`, the same all the way.
    """

    name: ClassVar[str] = "scan"
    x_mm: float
    y_mm: float
    extent_mm: float
    depth_mm: float = 35.0
    focus_mm: float = 15.0
    tilt_deg: float = 0.0
    strain: float = 0.0


@dataclass(frozen=True)
class Look(Intent):
    """Hold the ultrasound probe still and keep one frame.

    Attributes
    ----------
    x_mm, y_mm, angle_deg : float
        Middle of the array on the skin and turn of the image plane, supine frame.
    depth_mm, focus_mm : float
        Depth shown, and depth of the transmit focus.
    tilt_deg : float
        By how much the plane leans about the line of the array (fanning), within 45 either way.
    strain : float
        Share by which the probe's pressure flattens the tissue under it, 0 to 0.4.
    """

    name: ClassVar[str] = "look"
    x_mm: float
    y_mm: float
    angle_deg: float = 0.0
    depth_mm: float = 35.0
    focus_mm: float = 15.0
    tilt_deg: float = 0.0
    strain: float = 0.0


@dataclass(frozen=True)
class MarkEcho(Intent):
    """Mark the place to be biopsied in the supine frame, mm.

    Attributes
    ----------
    position_mm : tuple of three floats
        Supine x, y, z.
    reason : str
        ``"specks"``, ``"correlate"`` or ``"blind"``: why this place.
    """

    name: ClassVar[str] = "mark-echo"
    position_mm: tuple[float, float, float]
    reason: str


@dataclass(frozen=True)
class ChooseDevice(Intent):
    """Take a device of the catalogue.

    Attributes
    ----------
    device : str
        Its name.
    arm : str
        How a stereotactic unit holds it: ``"vertical"``, square to the paddle; or on the lateral
        arm, level with the support, from -x (``"lateral-left"``) or +x (``"lateral-right"``).
    """

    name: ClassVar[str] = "choose-device"
    device: str
    arm: str = "vertical"


@dataclass(frozen=True)
class Anaesthetise(Intent):
    """Inject local anaesthetic about the marked place, before the needle is inserted.

    Attributes
    ----------
    volume_ml : float
        Above 0.
    """

    name: ClassVar[str] = "anaesthetise"
    volume_ml: float


@dataclass(frozen=True)
class Advance(Intent):
    """Insert the needle towards the target plus an offset (mm, frame of the arm), not yet fired."""

    name: ClassVar[str] = "advance"
    offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Insert(Intent):
    """Bring the needle through the skin by hand, its point just inside; :class:`Steer` goes on.

    Attributes
    ----------
    entry_mm : tuple of two floats
        Where it enters, supine x and y.
    azimuth_deg : float
        Direction in which it travels along the skin, from +x towards +y.
    tilt_deg : float
        Angle of the needle to the skin, above 0 up to 90.
    """

    name: ClassVar[str] = "insert"
    entry_mm: tuple[float, float]
    azimuth_deg: float
    tilt_deg: float


@dataclass(frozen=True)
class Steer(Intent):
    """Move the needle that is in by hand: along its axis, and about its entry through the skin.

    Attributes
    ----------
    along_mm : float
        Along the axis, positive towards the tip.
    azimuth_deg, tilt_deg : float
        Changes of the two angles of :class:`Insert`.
    """

    name: ClassVar[str] = "steer"
    along_mm: float = 0.0
    azimuth_deg: float = 0.0
    tilt_deg: float = 0.0


@dataclass(frozen=True)
class Fire(Intent):
    """Fire the needle: the one thing that cannot be undone.

    Attributes
    ----------
    by_hand_mm : float or None
        How far a vacuum needle is pushed home by hand instead of by its spring, at most its throw;
        None to fire.
    """

    name: ClassVar[str] = "fire"
    by_hand_mm: float | None = None


@dataclass(frozen=True)
class Adjust(Intent):
    """Move the needle along its axis without firing; positive towards the tip."""

    name: ClassVar[str] = "adjust"
    along_mm: float


@dataclass(frozen=True)
class Sample(Intent):
    """Take one core at each clock hour given."""

    name: ClassVar[str] = "sample"
    hours: tuple[float, ...]


@dataclass(frozen=True)
class Withdraw(Intent):
    """Pull the needle out, so that the target can be marked again or another pass made."""

    name: ClassVar[str] = "withdraw"


@dataclass(frozen=True)
class Film(Intent):
    """Radiograph the cores taken so far."""

    name: ClassVar[str] = "film"


@dataclass(frozen=True)
class PlaceClip(Intent):
    """Deploy the clip through the needle."""

    name: ClassVar[str] = "place-clip"


@dataclass(frozen=True)
class Stop(Intent):
    """End the procedure; `reason` is one of :data:`STOP_REASONS`."""

    name: ClassVar[str] = "stop"
    reason: str


STOP_REASONS = ("finished", "not found on images", "inaccessible", "declined: not visible")

_KINDS: dict[str, type[Intent]] = {
    kind.name: kind
    for kind in (
        Position,
        Expose,
        MarkPair,
        Scan,
        Look,
        MarkEcho,
        ChooseDevice,
        Anaesthetise,
        Advance,
        Insert,
        Steer,
        Fire,
        Adjust,
        Sample,
        Withdraw,
        Film,
        PlaceClip,
        Stop,
    )
}


def to_dict(intent: Intent) -> dict[str, Any]:
    """Return `intent` as plain data for a recording."""
    return {"intent": intent.name, **dataclasses.asdict(intent)}


def from_dict(record: dict[str, Any]) -> Intent:
    """Read back what :func:`to_dict` wrote.

    Raises
    ------
    IntentError
        For an unknown intent or a field that is missing, unknown or not a number.
    """
    fields = dict(record)
    kind = _KINDS.get(fields.pop("intent", None))
    if kind is None:
        raise IntentError(f"unknown intent {record.get('intent')!r}")
    known = {field.name for field in dataclasses.fields(kind)}
    unknown = set(fields) - known
    if unknown:
        raise IntentError(f"{kind.name}: unknown field {sorted(unknown)[0]!r}")
    try:
        intent = kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})
    except TypeError as error:
        raise IntentError(f"{kind.name}: {error}") from error
    check_numbers(intent)
    return intent


def check_numbers(intent: Intent) -> None:
    """Raise :class:`IntentError` naming the field where a number of `intent` is not finite."""
    for field in dataclasses.fields(intent):
        value = getattr(intent, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, str) or (number is None and field.default is None):
                continue
            if not isinstance(number, int | float) or not math.isfinite(number):
                raise IntentError(f"{intent.name}.{field.name}: {number!r} is not a finite number")
