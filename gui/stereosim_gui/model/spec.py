"""What an attempt is started with, and how it is written into the attempt store."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AttemptSpec:
    """Everything that an attempt can be made again from, but for the intents.

    Attributes
    ----------
    case : str or None
        Name in the case library; None for a random patient of `cohort`.
    seed : int
        Draws the patient, the noise and the needle's chance.
    guidance : str
        ``"stereotactic"`` or ``"ultrasound"``.
    exam : bool
        Exam mode: no band, no hints until the end.
    cohort : str
        Where random patients come from.
    unit, probe : str
        Names in the catalogues; empty for the usual ones.
    voxel_mm : float
        Edge of the voxels in which the tissue is imaged by X-rays.
    """

    case: str | None
    seed: int
    guidance: str
    exam: bool = False
    cohort: str = "screening"
    unit: str = ""
    probe: str = ""
    voxel_mm: float = 0.3

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for the attempt store."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> AttemptSpec:
        """Read back what :meth:`as_dict` wrote; unknown keys are left out."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in record.items() if key in known})
