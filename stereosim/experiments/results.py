"""What one arm of one trial came to: the row that everything after the simulation is made of."""

from __future__ import annotations

import dataclasses
import json
import math
import operator
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

Guidance = Literal["stereotactic", "ultrasound"]
Mode = Literal["as guided", "attempted"]
Outcome = Literal[
    "retrieved",
    "not retrieved",
    "declined: not visible",
    "inaccessible",
    "not found on images",
]
Family = Literal["NCB", "VANCB"]

GUIDANCES: tuple[Guidance, ...] = get_args(Guidance)
MODES: tuple[Mode, ...] = get_args(Mode)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# Outcomes in which a needle was fired.
SAMPLED: tuple[Outcome, ...] = ("retrieved", "not retrieved")

_FAMILIES: dict[str, Family] = {"ncb": "NCB", "vab": "VANCB"}


def device_family(device: str) -> Family:
    """Return "NCB" for ``ncb-14g`` and the like, "VANCB" for ``vab-9g`` and the like.

    Raises
    ------
    ValueError
        For a name that begins with neither.
    """
    try:
        return _FAMILIES[device.partition("-")[0]]
    except KeyError:
        raise ValueError(f"device: {device!r} begins with neither 'ncb-' nor 'vab-'") from None


@dataclass(frozen=True, kw_only=True)
class ArmResult:
    """One arm of one trial; lengths mm, dose mGy, time minutes.

    A trial is one virtual patient.  Its arms differ in guidance, mode and device.  An arm that was
    carried out as guided needs no second row for "attempted": it counts in both readings.

    Attributes
    ----------
    trial : int
        Number of the trial; the arms of one trial are paired by it.
    seed : int
        Seed of the experiment.
    patient : str
        Name of the case, or of the cohort and the patient's number in it.
    guidance : {"stereotactic", "ultrasound"}
        Which machine led the needle.
    mode : {"as guided", "attempted"}
        "attempted": the arm went on although the rules of practice would have declined.
    device : str
        Device as allotted to the arm, e.g. "ncb-14g", "vab-9g", even where a petite aperture was
        fitted on the way.
    ultrasound_saw_specks, ultrasound_saw_mass : bool
        The ultrasound observer reported specks that belong to the target; reported the mass that
        holds the target.  The same in every row of a trial.
    calcification_only : bool
        The lesion has no mass.
    outcome : str
        One of OUTCOMES.
    retrieved : bool
        Calcification is seen on the specimen film; agrees with `outcome`.
    fraction_removed : float
        Share of the target specks that left the breast, 0 to 1, whatever the film shows.
    target_sampled : bool
        At least one target speck left the breast, whatever the film shows.
    cores, cores_with_calcification : int
        Cores taken, and those that hold calcification.
    first_core_calcification : bool
        The first core taken holds calcification.
    error_mm : tuple of three floats, or None
        Aim minus target in the frame of the guidance (stereotactic: support frame; ultrasound:
        supine frame); None where nothing was aimed at.
    error_norm_mm : float or None
        Its length.
    exposures : int
        X-ray exposures of the breast.
    dose_mgy : float
        Mean glandular dose of all of them.
    minutes : float
        Time in the room.
    specks : int
        Target specks.
    extent_mm, mean_diameter_mm : float
        Greatest extent of the cluster; mean diameter of its specks.
    thickness_mm, glandular_fraction : float
        Compressed thickness; glandular fraction of the breast, 0 to 1.
    specks_per_core : tuple of int, or None
        Specks that the last film shows in each core, in the order taken; empty without a film.
        This and what follows is None in rows of older versions.
    volume_fraction_removed, lesion_fraction_removed : float or None
        Share of the volume of the target's specks, and of the lesion that holds them, that left
        the breast.
    clip_mm : tuple of three floats, or None
        Clip minus target's middle in the released breast; None too where no clip was placed.
    """

    trial: int
    seed: int
    patient: str
    guidance: Guidance
    mode: Mode
    device: str
    ultrasound_saw_specks: bool
    ultrasound_saw_mass: bool
    calcification_only: bool
    outcome: Outcome
    retrieved: bool
    fraction_removed: float
    target_sampled: bool
    cores: int
    cores_with_calcification: int
    first_core_calcification: bool
    error_mm: tuple[float, float, float] | None
    error_norm_mm: float | None
    exposures: int
    dose_mgy: float
    minutes: float
    specks: int
    extent_mm: float
    mean_diameter_mm: float
    thickness_mm: float
    glandular_fraction: float
    specks_per_core: tuple[int, ...] | None = None
    volume_fraction_removed: float | None = None
    lesion_fraction_removed: float | None = None
    clip_mm: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        """Bring every field to its plain Python type and refuse what contradicts itself."""
        for name, hint in _HINTS.items():
            object.__setattr__(self, name, _plain(name, getattr(self, name), hint))
        device_family(self.device)
        for name in _COUNTS:
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)} is negative")
        for name in _SHARES:
            if not 0.0 <= (getattr(self, name) or 0.0) <= 1.0:
                raise ValueError(f"{name}: {getattr(self, name)} is not within 0 and 1")
        if self.retrieved != (self.outcome == "retrieved"):
            raise ValueError(f"retrieved: {self.retrieved} contradicts outcome {self.outcome!r}")
        if self.cores_with_calcification > self.cores:
            raise ValueError(f"cores_with_calcification: exceeds cores ({self.cores})")
        if self.specks_per_core is not None:
            holding = sum(seen > 0 for seen in self.specks_per_core)
            if len(self.specks_per_core) > self.cores or min(self.specks_per_core, default=0) < 0:
                raise ValueError(f"specks_per_core: {self.specks_per_core} of {self.cores} cores")
            if holding != self.cores_with_calcification:
                raise ValueError(
                    f"specks_per_core: {holding} cores hold some, not cores_with_calcification"
                )
        if self.retrieved and self.cores == 0:
            raise ValueError("cores: 0, yet something was retrieved")
        if self.outcome == "declined: not visible" and (self.cores or self.mode == "attempted"):
            raise ValueError(f"outcome: {self.outcome!r} with {self.cores} cores, {self.mode!r}")
        if (self.error_mm is None) != (self.error_norm_mm is None):
            raise ValueError("error_norm_mm: must be given with error_mm, and only then")

    @property
    def ultrasound_visible(self) -> bool:
        """Ultrasound showed the target: its specks, or the mass that holds them."""
        return self.ultrasound_saw_specks or self.ultrasound_saw_mass

    @property
    def clip_distance_mm(self) -> float | None:
        """Distance from the clip to the target's middle; None without a clip."""
        return None if self.clip_mm is None else math.dist(self.clip_mm, (0.0, 0.0, 0.0))

    @property
    def family(self) -> Family:
        """The kind of device: "NCB" for a gun, "VANCB" for a vacuum device."""
        return device_family(self.device)

    @property
    def biopsied(self) -> bool:
        """A needle was fired."""
        return self.outcome in SAMPLED

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain JSON values, with the derived ``ultrasound_visible``."""
        row = dataclasses.asdict(self)
        row["ultrasound_visible"] = self.ultrasound_visible
        return {name: list(v) if isinstance(v, tuple) else v for name, v in row.items()}

    def to_json(self) -> str:
        """Return the row as one line of JSON."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> ArmResult:
        """Read a row back; a missing, unknown or contradictory field is a ValueError naming it.

        Fields that older versions did not know may be missing.
        """
        names = _HINTS.keys() | {"ultrasound_visible"}
        missing = names - row.keys() - _NEWER
        for problem, fields in (("missing", missing), ("unknown", row.keys() - names)):
            if fields:
                raise ValueError(f"{problem} field {sorted(fields)[0]!r}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in row.items()
            if name in _HINTS
        }
        result = cls(**values)
        if row["ultrasound_visible"] is not result.ultrasound_visible:
            raise ValueError("ultrasound_visible: contradicts what ultrasound saw")
        return result

    @classmethod
    def from_json(cls, line: str) -> ArmResult:
        """Read one line of JSON back."""
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("a result must be a JSON object")
        return cls.from_dict(row)


_HINTS = typing.get_type_hints(ArmResult)
_COUNTS = tuple(name for name, hint in _HINTS.items() if hint in (int, float))
_SHARES = tuple(name for name in _HINTS if "fraction" in name)
_NEWER = {
    field.name
    for field in dataclasses.fields(ArmResult)
    if field.default is not dataclasses.MISSING
}


def _plain(name: str, value: Any, hint: Any) -> Any:
    """Return `value` as the plain Python type that `hint` asks for, or raise naming the field."""
    try:
        if typing.get_origin(hint) is Literal:
            if value in get_args(hint):
                return str(value)
            raise ValueError(f"{value!r} is none of {', '.join(map(repr, get_args(hint)))}")
        if hint is bool:
            if isinstance(value, bool | np.bool_):
                return bool(value)
            raise ValueError(f"{value!r} is neither true nor false")
        if hint is str:
            if isinstance(value, str):
                return str(value)
            raise ValueError(f"{value!r} is not text")
        if hint is int:
            if isinstance(value, bool):
                raise ValueError(f"{value!r} is not a whole number")
            return operator.index(value)
        if value is None and hint is not float:
            return None
        if name in ("error_mm", "clip_mm"):
            if isinstance(value, str) or len(value) != 3:
                raise ValueError(f"{value!r} is not three numbers")
            return tuple(_real(part) for part in value)
        if name == "specks_per_core":
            return tuple(_plain(name, part, int) for part in value)
        return _real(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from None


def _real(value: Any) -> float:
    """Return a finite float; refuse text, truth values and what is not finite."""
    if isinstance(value, str | bool) or not math.isfinite(float(value)):
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)
