"""What a procedure puts into its images: unit, needle, cavity, clip; and a unit that is mis-set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry.marks import paddle, reference_marks
from stereosim.geometry.misalignment import Misalignment
from stereosim.geometry.projection import project
from stereosim.geometry.triangulation import triangulate_pair
from stereosim.geometry.views import stereo_pair
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.debriefing import debrief
from stereosim.procedures.intents import (
    Advance,
    ChooseDevice,
    Expose,
    Fire,
    MarkPair,
    PlaceClip,
    Sample,
    Withdraw,
)
from stereosim.procedures.state import ProcedureState, Step
from stereosim.procedures.stereotactic import StereotacticProcedure
from tests.procedure_scenes import FIVE, do, marks_on, paired, scene

WRONG = Misalignment(gantry_deg=0.8, pivot_mm=(1.5, 0.0, -1.0), detector_mm=(0.5, -0.5))


def quiet(**changes: object) -> StereotacticProcedure:
    """Return the procedure with images free of noise."""
    return replace(scene(noise=False), **changes)


def fired(procedure: StereotacticProcedure) -> ProcedureState:
    """Return the state with the needle fired on the middle speck."""
    state = do(procedure, paired(procedure), marks_on(procedure, FIVE[0]))
    return do(procedure, state, ChooseDevice("vab-9g"), Advance(), Fire())


def centroid(change: np.ndarray) -> np.ndarray:
    """Return column and row of the centre of what is over half of the largest change."""
    weight = np.where(change > 0.5 * change.max(), change, 0.0)
    row, column = (np.average(axis, weights=weight) for axis in np.indices(change.shape))
    return np.array([column, row])


def pixels(state: ProcedureState) -> list[np.ndarray]:
    """Return the pixels of the newest pair."""
    return [shot.image.pixels.astype(float) for shot in state.seen.shots[-2:]]


def test_paddle_and_marks_stand_in_every_image() -> None:
    procedure = quiet()
    state = paired(procedure)
    unit = procedure.unit
    plate = paddle(unit, 50.0)
    inside = np.array([[0.0, 35.0, plate.lower_mm]])
    beside = np.array([[plate.hi_mm[0] + 12.0, 35.0, plate.lower_mm]])
    for shot in state.seen.shots:
        image = shot.image

        def signal(point: np.ndarray, image: XrayImage = image) -> float:
            column, row = np.rint(project(image.view, point)[0]).astype(int)
            return float(image.pixels[row, column]) - image.offset_dn

        assert 0.6 < signal(beside) / signal(inside) < 0.95, "the plate takes its share"
        for mark in reference_marks(unit, 50.0).centres_mm:
            assert signal(mark[None]) < 0.5 * signal(beside)


def test_the_cavity_is_seen_where_tissue_was_taken() -> None:
    procedure = quiet()
    state = fired(procedure)
    taken = do(procedure, state, Sample((2.0, 3.0, 4.0)), Withdraw(), Expose("pair"))
    assert taken.seen.shots[-1].phase == "target", "the lesion can be marked again"
    before = pixels(do(procedure, state, Withdraw(), Expose("pair")))
    marks = [centroid(b) for b in (a - b for a, b in zip(pixels(taken), before, strict=True))]
    found = triangulate_pair(*stereo_pair(procedure.unit), *marks, sigma_px=1.0).target_mm
    needle = state.truth.tissue.needle
    assert needle is not None
    # The brighter part is air: it stands toward the source of the void, at three o'clock.
    toward = needle.pose.hour_direction(3.0)
    off = found - needle.pose.centre_mm
    assert 0.5 < off @ toward < 4.0
    assert off[2] > 1.0, "air rises"
    assert np.linalg.norm(off - (off @ toward) * toward - [0, 0, off[2]]) < 1.0


def test_the_clip_is_seen_where_it_was_left() -> None:
    procedure = quiet()
    state = do(procedure, fired(procedure), Sample((12.0, 6.0)))
    bare = do(procedure, state, Withdraw(), Expose("pair"))
    state = do(procedure, state, PlaceClip(), Withdraw())
    assert state.step is Step.CLIP
    state = do(procedure, state, Expose("pair"))
    assert [shot.phase for shot in state.seen.shots[-2:]] == ["postclip"] * 2
    # As attenuation: the cavity behind the clip is brighter on one side than on the other.
    pairs = zip(pixels(state), pixels(bare), strict=True)
    marks = [centroid(np.log(b - 49.0) - np.log(a - 49.0)) for a, b in pairs]
    found = triangulate_pair(*stereo_pair(procedure.unit), *marks, sigma_px=1.0).target_mm
    assert state.truth.clip is not None
    # A tenth of a millimetre in each view is 0.4 mm in height.
    assert found == pytest.approx(state.truth.clip.drawn_mm, abs=0.5)


def test_the_aperture_opens_when_the_needle_has_been_fired() -> None:
    """The aperture lets more through once the cutter has been drawn back."""
    procedure = quiet()
    state = do(procedure, paired(procedure), marks_on(procedure, FIVE[0]))
    inserted = do(procedure, state, ChooseDevice("vab-9g"), Advance())
    shots = []
    for one in (inserted, do(procedure, inserted, Fire())):
        placed, shown = one.truth.tissue.needle, do(procedure, one, Expose("pair"))
        assert placed is not None
        image = shown.seen.shots[-1].image
        toward = 0.3 * placed.device.outer_diameter_mm * placed.pose.hour_direction(12.0)
        column, row = np.rint(project(image.view, (placed.pose.centre_mm + toward)[None])[0])
        shots.append(float(image.pixels[int(row), int(column)]) - image.offset_dn)
    assert shots[1] > 1.2 * shots[0]


@pytest.mark.parametrize(("calibrated", "least", "most"), [(False, 0.5, 5.0), (True, 0.0, 0.1)])
def test_a_mis_set_unit_errs_unless_it_is_calibrated(
    calibrated: bool, least: float, most: float
) -> None:
    """A steady hand marks the speck where it is in the images; the console triangulates."""
    procedure = quiet(misalignment=WRONG, calibrated=calibrated)
    state = paired(procedure)
    left, right = (
        project(procedure.true_view(view), FIVE[:1])[0] for view in stereo_pair(procedure.unit)
    )
    marks = MarkPair((float(left[0]), float(left[1])), (float(right[0]), float(right[1])))
    state = do(procedure, state, marks)
    assert state.seen.marked_mm is not None
    off = float(np.linalg.norm(state.seen.marked_mm - FIVE[0]))
    assert least <= off <= most
    # The debriefing blames the unit, and nobody else.
    state = do(procedure, state, ChooseDevice("vab-9g"), Advance(), Fire())
    pair = debrief(state, procedure).firings[0].pair
    assert pair is not None
    assert pair.geometry_mm == pytest.approx(state.seen.marked_mm - FIVE[0], abs=1e-6)
    assert pair.hand_mm == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
    assert pair.pairing_mm == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_specks_are_seen_where_the_mis_set_unit_throws_them() -> None:
    procedure = quiet(misalignment=WRONG)
    state = paired(procedure)
    image = state.seen.shots[-1].image
    nominal = stereo_pair(procedure.unit)[1]
    assert image.view is not None and (image.view.source_mm == nominal.source_mm).all()
    column, row = np.rint(project(procedure.true_view(nominal), FIVE[:1])[0]).astype(int)
    around = image.pixels[row - 20 : row + 21, column - 20 : column + 21]
    assert image.pixels[row, column] < 0.75 * np.median(around)
