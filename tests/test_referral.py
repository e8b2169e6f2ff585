"""Who is referred: what a simulated screening view shows, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stereosim.experiments import referral
from stereosim.experiments.referral import count_found, is_referred, load_recall
from stereosim.geometry.projection import magnification, project
from stereosim.geometry.units import load_units
from stereosim.geometry.views import scout
from stereosim.imaging.detection import Candidates
from stereosim_phantoms.cohort import draw_patient, load_cohort
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.randomness import stream

VIEW = scout(load_units()["upright-hologic"])


def candidates(pixels: np.ndarray) -> Candidates:
    n = len(pixels)
    return Candidates(pixels, np.full(n, 9.0), np.full(n, 0.2), np.full(n, 0.1), 4.0)


def test_candidates_are_specks_of_the_target_where_they_lie_on_them() -> None:
    target = np.array([[0.0, 40.0, 10.0], [3.0, 41.0, 30.0], [-2.0, 44.0, 50.0]])
    on = project(VIEW, target)
    assert count_found(VIEW, candidates(on), target) == 3
    assert count_found(VIEW, candidates(on[:2]), target) == 2
    assert count_found(VIEW, candidates(np.zeros((0, 2))), target) == 0
    reach = load_recall().match_mm * magnification(VIEW, target) / VIEW.pitch_mm
    for share, n in ((0.95, 3), (1.05, 0)):
        beside = on + np.column_stack([share * reach, np.zeros(3)])
        assert count_found(VIEW, candidates(beside), target) == n
    # Two candidates on one speck are one speck, and one on two specks is one candidate.
    assert count_found(VIEW, candidates(np.repeat(on[:1], 2, axis=0)), target) == 1
    assert count_found(VIEW, candidates(on[:1]), np.repeat(target[:1], 2, axis=0)) == 1


def scaled(patient: VirtualPatient, share: float) -> VirtualPatient:
    """The same woman with target specks of `share` times the size."""
    solids = patient.specks.solids
    axes = solids.axes_mm * np.where(patient.specks.target, share, 1.0)[:, None, None]
    return replace(patient, specks=replace(patient.specks, solids=replace(solids, axes_mm=axes)))


@pytest.mark.slow
def test_large_specks_are_referred_and_small_ones_are_not() -> None:
    for index in (1, 7):
        patient = draw_patient(load_cohort("screening"), 1, index)
        for share, expected in ((0.4, False), (2.0, True)):
            noise = stream(1, index, "screening")
            assert is_referred(scaled(patient, share), rng=noise) is expected


@pytest.mark.slow
def test_the_screening_view_is_that_of_the_stereotactic_unit_without_its_paddle() -> None:
    """Noise apart, the same woman gives the same pixels; other noise gives others."""
    patient = draw_patient(load_cohort("screening"), 1, 1)
    machine = referral.XrayMachine(load_units()["upright-hologic"])
    position = referral._position(patient, machine.unit)
    still, first, second = (
        referral.screening_view(patient, position, machine, rng=rng, voxel_mm=1.0).pixels
        for rng in (None, stream(1, "a"), stream(1, "b"))
    )
    assert first.shape == VIEW.shape
    assert (first != second).mean() > 0.9
    # The two noises are independent: their difference has twice the variance of either.
    ratio = np.var(first - second) / np.var(first - still)
    assert ratio == pytest.approx(2.0, rel=0.02)
