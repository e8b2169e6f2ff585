"""Anaesthetic and bleeding in a procedure: what the patient's tissue gets, and when."""

from __future__ import annotations

from dataclasses import replace

from stereosim.biopsy import fluids
from stereosim.biopsy.needle import PlacementModel
from stereosim.biopsy.tissue import Tissue
from stereosim.procedures.intents import Anaesthetise, Intent, IntentError, Sample, Withdraw
from stereosim.procedures.state import ProcedureState
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.randomness import stream


def anaesthetised(
    state: ProcedureState, intent: Anaesthetise, errors: PlacementModel, *, seed: int
) -> ProcedureState:
    """Return the state with anaesthetic in the tissue about the marked place.

    Parameters
    ----------
    state : ProcedureState
        With a marked place, before the first insertion.
    intent : Anaesthetise
        The volume.
    errors : PlacementModel
        Of the needle: where it has none at all, the anaesthetic goes to the marked place itself.
    seed : int
        Of the procedure: where it goes else.

    Raises
    ------
    IntentError
        Where no place is marked, the needle has been in, or it is too much; nothing happens then.
    """
    seen, truth, volume = state.seen, state.truth, intent.volume_ml
    model = fluids.usual_fluid_model()
    if seen.marked_mm is None:
        raise IntentError("anaesthetise: mark a target first")
    if seen.passes:
        raise IntentError("anaesthetise: the needle has been in; it is given before that")
    if volume <= 0.0:
        raise IntentError(f"anaesthetise.volume_ml: {volume:g} ml is not above 0")
    given = seen.anaesthetic_ml + volume
    if given > model.most_ml:
        raise IntentError(
            f"anaesthetise.volume_ml: {given:g} ml in all is more than the {model.most_ml:g} ml "
            "that may be given"
        )
    number = sum(isinstance(done, Anaesthetise) for done in state.intents)
    error = model.place_sd_mm * stream(seed, "anaesthetic", number).standard_normal(3)
    place = seen.marked_mm + (error if any(errors.aim_sd_mm) else 0.0)
    tissue = fluids.infiltrate(truth.tissue, place, volume * fluids.MM3_PER_ML, model)
    minutes = seen.minutes + load_minutes().anaesthetise
    return replace(
        state,
        seen=replace(seen, anaesthetic_ml=given, minutes=minutes),
        truth=replace(truth, tissue=tissue),
    )


def bled(tissue: Tissue, *, seed: int, patient_seed: int) -> Tissue:
    """Return the tissue after the bleeding from its last core, whose number picks the chance."""
    return fluids.bleed(
        tissue,
        tissue.cores[-1].device,
        rng=stream(seed, "bleeding", len(tissue.cores)),
        patient_factor=fluids.patient_factor(patient_seed),
    )


def bled_on(
    old: ProcedureState, new: ProcedureState, intent: Intent, *, patient_seed: int
) -> ProcedureState:
    """Return the new state with the bleeding of the time that an intent took.

    The bore of the last core bleeds on, whatever is done; while cores are taken their own bleeding
    stands for it.  When the needle is drawn from it, it comes to rest.
    """
    if isinstance(intent, Sample) or not new.truth.tissue.bores:
        return new
    before, tissue = old.truth.tissue, new.truth.tissue
    if isinstance(intent, Withdraw) and fluids.plug_mm2(before, before.bores[-1]) > 0.0:
        tissue = fluids.settle(tissue)
    tissue = fluids.ooze(
        tissue,
        new.seen.minutes - old.seen.minutes,
        patient_factor=fluids.patient_factor(patient_seed),
    )
    return replace(new, truth=replace(new.truth, tissue=tissue))
