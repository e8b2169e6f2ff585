"""What has been chosen in the gallery and not yet begun."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stereosim_gui.model.library import new_seed
from stereosim_gui.model.spec import AttemptSpec

# Every reader of a case meets the same patient, unless another number is asked for.
CASE_SEED = 1


@dataclass(frozen=True)
class Choice:
    """A patient, a guidance and a mode.

    Attributes
    ----------
    made : bool
        Whether a card has been chosen at all.
    case : str or None
        Name in the library; None for a random patient.
    seed : int
        Number of the patient.
    guidance : str
        ``"stereotactic"`` or ``"ultrasound"``.
    exam : bool
        Exam mode.
    """

    made: bool = False
    case: str | None = None
    seed: int = CASE_SEED
    guidance: str = "stereotactic"
    exam: bool = False

    def of_case(self, case: str | None) -> Choice:
        """Return the choice of another card: a case, or (None) a patient whom nobody has seen."""
        if self.made and case == self.case:
            return self
        return replace(self, made=True, case=case, seed=new_seed() if case is None else CASE_SEED)

    def spec(self) -> AttemptSpec:
        """Return what the attempt is started with."""
        return AttemptSpec(self.case, self.seed, self.guidance, self.exam)
