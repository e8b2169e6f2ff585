"""The alarm for wrong pairing: marks in two or three views that are not of one speck.

Under the model of :mod:`.triangulation` the residual of rightly paired marks is chi-square
distributed, so that the alarm sounds for a stated share of them.  Two views have one degree of
freedom, the mismatch along y: two specks at one y pass for one, whatever lies between them along x.
The scout as a third view adds a second y and the middle of the parallax: a wrong partner then has
to lie right in both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from numpy.typing import ArrayLike

from stereosim.geometry.frames import as_vector
from stereosim.geometry.projection import magnification
from stereosim.geometry.targets import Triangulation
from stereosim.geometry.views import View
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

CATALOGUE = Path(__file__).parent / "data" / "alarm.toml"


@dataclass(frozen=True)
class AlarmSpec:
    """When the alarm sounds (data/alarm.toml).

    Attributes
    ----------
    false_alarm_rate : float
        Share of rightly paired marks that raise it.
    """

    false_alarm_rate: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_alarm() -> AlarmSpec:
    """Return the catalogue's choice."""
    tables = load_toml(CATALOGUE)
    return read_spec(AlarmSpec, tables["alarm"], tables["sources"], "alarm.toml: alarm")


def pairing_alarm(target: Triangulation, *, false_alarm_rate: float | None = None) -> bool:
    """Whether the marks of `target` disagree more than the error of marks of one speck explains.

    Parameters
    ----------
    target : Triangulation
        Of any number of views; its `sigma_px` must hold all that moves a mark, the patient's motion
        between exposures included (:func:`mark_sd_px`).
    false_alarm_rate : float, optional
        Share of rightly paired marks that raise the alarm; by default that of the catalogue.

    Raises
    ------
    ValueError
        If the rate does not lie between 0 and 1.
    """
    rate = load_alarm().false_alarm_rate if false_alarm_rate is None else false_alarm_rate
    if not 0.0 < rate < 1.0:
        raise ValueError(f"false_alarm_rate: must lie between 0 and 1, not {rate}")
    return target.p_value < rate


def mark_sd_px(
    view: View, target_mm: ArrayLike, *, click_sd_px: float, motion_sd_mm: float = 0.0
) -> float:
    """Return the standard deviation in pixels of a mark whose speck also moves between exposures.

    A patient who moves by so much along x and along y, independently at each exposure, moves the
    mark as its own error does, enlarged to the detector.

    Parameters
    ----------
    view : View
        Any of the views; the magnification hardly differs between them.
    target_mm : (3,) array_like
        About where the speck is, support frame.
    click_sd_px : float
        Of the mark itself, per axis.
    motion_sd_mm : float
        Of the patient at each exposure, per axis.

    Raises
    ------
    ValueError
        For a target that is not in front of the source.
    """
    enlarged = float(magnification(view, as_vector(target_mm, 3, "target_mm")[None])[0])
    return math.hypot(click_sd_px, motion_sd_mm * enlarged / view.pitch_mm)
