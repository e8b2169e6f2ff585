"""What a teacher at the console would say: observations from what is seen, never from the truth.

:func:`observe` looks at the read-outs and is instant; :func:`observe_images` has the model
observer read the newest images.  An observation is a code with its numbers: whoever shows it writes
the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.geometry.units import Unit
    from stereosim.procedures.operators.skill import Skill
    from stereosim.procedures.state import Seen

Level = Literal["good", "note", "warning"]


@dataclass(frozen=True)
class Observation:
    """One thing that a teacher would point out.

    Attributes
    ----------
    code : str
        What it is; one of ``CODES``.
    values : dict of str to float or str
        The numbers that belong to it; lengths in mm, names say so.
    level : {"good", "note", "warning"}
        As it should be; worth knowing; to be mended before going on.
    remedies : tuple of str
        What mends it, the simplest first; codes of ``REMEDIES``.  Amounts are in `values` under
        the name of the remedy.
    """

    code: str
    values: dict[str, float | str] = field(default_factory=dict)
    level: Level = "warning"
    remedies: tuple[str, ...] = ()


def observe(
    seen: Seen,
    *,
    devices: Mapping[str, Device],
    unit: Unit | None = None,
    skill: Skill | None = None,
) -> tuple[Observation, ...]:
    """Look at the read-outs: marks, margins, exposures.

    Parameters
    ----------
    seen : Seen
        What the trainee has.
    devices : mapping of str to Device
        The catalogue that remedies are chosen from.
    unit : Unit or None
        The stereotactic unit; None under ultrasound.
    skill : Skill, optional
        Whose tolerances count; by default those of ``"trained"``.

    Returns
    -------
    tuple of Observation
        Warnings first.
    """
    raise NotImplementedError


def observe_images(
    seen: Seen, *, unit: Unit | None = None, skill: Skill | None = None
) -> tuple[Observation, ...]:
    """Read the newest images as the model observer does; takes up to a second or two.

    Parameters
    ----------
    seen, unit, skill
        As in :func:`observe`.

    Returns
    -------
    tuple of Observation
        Warnings first.
    """
    raise NotImplementedError
