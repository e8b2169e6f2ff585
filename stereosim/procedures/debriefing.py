"""What really happened: the truth beside the recording, as numbers.

Errors are split into parts that add up to them.  The recording says in which order things were
done, the truth where they went and how the tissue was at each exposure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.fluids import MM3_PER_ML
from stereosim.biopsy.safety import usual_limits
from stereosim.biopsy.tissue import Tissue
from stereosim.geometry.projection import magnification, project
from stereosim.geometry.triangulation import triangulate_pair
from stereosim.geometry.views import View
from stereosim.procedures.intents import MarkEcho, MarkPair
from stereosim.procedures.published import load_hints, load_training
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.story import Story, enclosing_ellipsoid
from stereosim.procedures.truths import (
    CAUSES,
    PARTS,
    CoreTruth,
    Debriefing,
    ExposureCost,
    FiringTruth,
    MarkTruth,
    PairTruth,
    ShotTruth,
)

if TYPE_CHECKING:
    from stereosim.procedures.procedure import Procedure
    from stereosim.procedures.state import Firing, ProcedureState, Shot
    from stereosim.storage.attempts import Entry

__all__ = [
    "CAUSES",
    "PARTS",
    "CoreTruth",
    "Debriefing",
    "ExposureCost",
    "FiringTruth",
    "MarkTruth",
    "PairTruth",
    "ShotTruth",
    "debrief",
    "shot_truth",
]

Array = NDArray[np.float64]


def debrief(
    state: ProcedureState, procedure: Procedure, *, entries: Iterable[Entry] = ()
) -> Debriefing:
    """Say what really happened.

    Parameters
    ----------
    state : ProcedureState
        Of a procedure that has ended or not.
    procedure : Procedure
        The procedure that made it: its unit and its seed tell how the patient moved.
    entries : iterable of Entry
        The log of the attempt, where there is one: it holds what was undone.
    """
    seen, truth = state.seen, state.truth
    tissue = truth.tissue
    specks = tissue.original
    story = Story(state)
    middle = specks.solids.centres_mm[specks.target].mean(axis=0)
    lesion = enclosing_ellipsoid(specks.subset(specks.target))
    cores = tuple(_cores(state, story))
    return Debriefing(
        guidance=seen.guidance,
        frame="support" if seen.guidance == "stereotactic" else "supine",
        firings=tuple(
            _firing(k, firing, story, procedure, seen.shots, cores)
            for k, firing in enumerate(truth.firings)
        ),
        cores=cores,
        exposures=tuple(
            ExposureCost(k + 1, shot.view, shot.phase, shot.image.exposure.dose_mgy)
            for k, shot in enumerate(seen.shots)
        ),
        specks_mm=specks.solids.centres_mm,
        diameters_mm=specks.solids.diameters_mm,
        target=specks.target,
        removed=~tissue.present,
        target_mm=middle,
        fraction_removed=tissue.fraction_removed(),
        lesion_mm3=float(lesion.volumes_mm3[0]),
        lesion_fraction_removed=tissue.lesion_fraction_removed(),
        removed_mg=tissue.removed_mg,
        clip_mm=None if truth.clip is None else truth.clip.miss_mm,
        passes=seen.passes,
        minutes=seen.minutes,
        dose_mgy=seen.dose_mgy,
        blood_ml=sum(bore.blood_mm3 for bore in tissue.bores) / MM3_PER_ML,
        anaesthetic_ml=seen.anaesthetic_ml,
        undone=sum(entry.kind == "undo" for entry in entries),
        removed_shares=1.0 - tissue.share_left,
    )


def shot_truth(procedure: Procedure, state: ProcedureState, exposure: int) -> ShotTruth:
    """Return where the specks truly are on one exposure.

    Parameters
    ----------
    procedure : Procedure
        The stereotactic procedure.
    state : ProcedureState
        The state right after that exposure was made.
    exposure : int
        Index in ``state.seen.shots``.

    Raises
    ------
    ValueError
        Where the procedure makes no exposures.
    """
    if not isinstance(procedure, StereotacticProcedure):
        raise ValueError("procedure: only a stereotactic procedure makes exposures")
    tissue = state.truth.tissue
    index = np.flatnonzero(tissue.present).astype(np.int64)
    places = tissue.specks.solids.centres_mm[index] + procedure.motion_mm(exposure)
    view = procedure.true_view_of(state.seen.shots[exposure])
    return ShotTruth(project(view, places), index, tissue.original.target[index])


def _cores(state: ProcedureState, story: Story) -> Iterator[CoreTruth]:
    tissue = state.truth.tissue
    for k, numbers in enumerate(story.cores):
        for number in numbers:
            core = tissue.cores[number]
            yield CoreTruth(
                number=number + 1,
                firing=k + 1,
                hour=core.clock_hour,
                device=core.device.name,
                mass_mg=core.mass_mg,
                specks=tuple(int(i) for i in core.specks),
                target_specks=int(tissue.original.target[core.specks].sum()),
                centre_mm=core.pose.centre_mm,
                axis=core.pose.axis,
                shares=tuple(float(share) for share in core.shares),
            )


def _firing(
    k: int,
    firing: Firing,
    story: Story,
    procedure: Procedure,
    shots: Sequence[Shot],
    cores: tuple[CoreTruth, ...],
) -> FiringTruth:
    mark, pair = story.marks[k], None
    if (
        isinstance(mark, MarkPair)
        and isinstance(procedure, StereotacticProcedure)
        and all(story.tissue_at(number).present.any() for number in story.exposures[k])
    ):
        pair = _pair(mark, story.exposures[k], firing, story, procedure, shots)
    # By hand the needle is led to the mark by eye: what the hand meant on the way is no aim.
    aimed = firing.marked_mm if story.by_hand[k] else firing.commanded_mm
    parts = {
        "intended-offset": aimed - firing.marked_mm,
        "needle-deviation": firing.centre_mm - aimed,
        "tissue-pushed": firing.lesion_rest_mm - firing.lesion_mm,
    }
    carried = np.zeros(3) if firing.carried_mm is None else firing.carried_mm
    marking = firing.marked_mm - firing.lesion_rest_mm
    parts |= {"marking": marking} if pair is None else _marking_parts(marking, pair)
    tolerance = load_training().tolerance_mm
    error = firing.error_mm
    weights = {name: float(np.abs(part).max()) for name, part in parts.items()}
    causes = {name for name, weight in weights.items() if weight > tolerance}
    if pair is not None:
        causes |= set(pair.verdicts)
    if firing.stroke_margin_mm <= usual_limits().stroke_margin_mm:
        causes.add("unsafe-fire")
        weights["unsafe-fire"] = np.inf
    return FiringTruth(
        number=k + 1,
        error_mm=error,
        marking_mm=marking,
        intended_mm=parts["intended-offset"],
        needle_mm=parts["needle-deviation"],
        tissue_mm=parts["tissue-pushed"],
        shifted_mm=parts["tissue-pushed"] + carried,
        lesion_mm=firing.lesion_mm,
        centre_mm=firing.centre_mm,
        stroke_margin_mm=firing.stroke_margin_mm,
        reason=mark.reason if isinstance(mark, MarkEcho) else "",
        pair=pair,
        causes=tuple(sorted(causes, key=lambda name: -weights.get(name, 0.0))),
        dominant=(
            _dominant(parts, error, 0, tolerance),
            _dominant(parts, error, 1, tolerance),
            _dominant(parts, error, 2, tolerance),
        ),
        cores=tuple(core.number for core in cores if core.firing == k + 1),
    )


def _marking_parts(marking: Array, pair: PairTruth) -> dict[str, Array]:
    """Return the parts of a marked pair's error by the code that they are to be told as."""
    if "empty-mark" in pair.verdicts:
        # On no speck: which one is nearest means nothing.
        return {"empty-mark": marking}
    choice = "wrong-calcification" if "wrong-calcification" in pair.verdicts else "choice"
    return {
        choice: pair.choice_mm,
        "wrong-pairing": pair.pairing_mm,
        "patient-motion": pair.motion_mm,
        "unit-geometry": pair.geometry_mm,
        "hand": pair.hand_mm,
    }


def _dominant(parts: dict[str, Array], error: Array, axis: int, tolerance: float) -> str:
    """Return the part that makes most of the error along one axis."""
    if abs(float(error[axis])) <= tolerance:
        return "within-tolerance"
    return max(parts, key=lambda name: float(parts[name][axis] * np.sign(error[axis])))


def _pair(
    mark: MarkPair,
    exposures: tuple[int, int],
    firing: Firing,
    story: Story,
    procedure: StereotacticProcedure,
    shots: Sequence[Shot],
) -> PairTruth:
    """Hold the marks against the specks as those exposures showed them."""
    console = (shots[exposures[0]].image.view, shots[exposures[1]].image.view)
    left, right = (procedure.true_view_of(shots[exposure]) for exposure in exposures)
    true = (left, right)
    found = []
    still, moved, places = [], [], []
    for view, pixel, exposure in zip(true, (mark.left_px, mark.right_px), exposures, strict=True):
        tissue = story.tissue_at(exposure)
        motion = procedure.motion_mm(exposure)
        truth = _mark(view, np.array(pixel), exposure, tissue, motion)
        found.append(truth)
        places.append(tissue.rest_mm[truth.speck])
        still.append(project(view, places[-1][None])[0])
        moved.append(truth.speck_px)
    middle = 0.5 * (places[0] + places[1])
    point, believed = _point(true, moved), _point(console, moved)
    return PairTruth(
        left=found[0],
        right=found[1],
        choice_mm=middle - firing.lesion_rest_mm,
        pairing_mm=_point(true, still) - middle,
        motion_mm=point - _point(true, still),
        geometry_mm=believed - point,
        hand_mm=firing.marked_mm - believed,
        verdicts=_verdicts(*found),
    )


def _point(views: tuple[View, View], pixels: list[Array]) -> Array:
    return triangulate_pair(*views, *pixels, sigma_px=1.0).target_mm


def _mark(view: View, pixel: Array, exposure: int, tissue: Tissue, motion: Array) -> MarkTruth:
    """Return which of the specks in the breast a mark is nearest to."""
    index = np.flatnonzero(tissue.present)
    places = tissue.rest_mm[index] + motion
    pixels = project(view, places)
    nearest = int(np.argmin(np.linalg.norm(pixels - pixel, axis=1)))
    scale = view.pitch_mm / float(magnification(view, places[nearest][None])[0])
    return MarkTruth(
        view=view.name,
        exposure=exposure,
        mark_px=pixel,
        speck_px=pixels[nearest],
        speck=int(index[nearest]),
        distance_mm=float(np.linalg.norm(pixels[nearest] - pixel)) * scale,
        on_target=bool(tissue.original.target[index[nearest]]),
    )


def _verdicts(left: MarkTruth, right: MarkTruth) -> tuple[str, ...]:
    limit = load_hints().empty_mark_mm
    on_speck = [mark for mark in (left, right) if mark.distance_mm <= limit]
    found = []
    if len(on_speck) < 2:
        found.append("empty-mark")
    elif left.speck != right.speck:
        found.append("wrong-pairing")
    if any(not mark.on_target for mark in on_speck):
        found.append("wrong-calcification")
    return tuple(found) or ("marked-well",)
