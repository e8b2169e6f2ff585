"""Choosing the group to biopsy: what the referral says against what the image shows.

The rules are those that a reader names: the place and its uncertainty, the number, the size that
the BI-RADS word allows, and the looks of typically benign calcifications (a track along a vessel,
specks in the skin).  They work on candidates in the image; nothing knows the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.detection import Candidates
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.referral import Referral

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FILE = Path(__file__).parent.parent / "data" / "operators.toml"

# Distributions whose own specks may lie in a line.
_IN_LINE = frozenset({"linear", "segmental"})
# Times that a group is moved onto the centre of its members.
_ROUNDS = 3


@dataclass(frozen=True)
class Choice:
    """The rules (data/operators.toml, ``[choice]``); lengths in mm.

    Attributes
    ----------
    place_sd_mm : float
        Standard deviation per axis of the place that the referral names.
    sure_snr : float
        Multiple of the threshold at which a candidate counts in full.
    skin_mm : float
        Group whose median depth under either surface is less lies in the skin.
    track_specks, track_length_mm, track_width_mm, track_gap_mm
        So many candidates in a strip so long and so narrow, without a longer gap, mark a vessel.
    track_contrast : float
        Where so many times as many lie in the strip as in those on both sides of it.
    """

    place_sd_mm: float
    sure_snr: float
    skin_mm: float
    track_specks: int
    track_length_mm: float
    track_width_mm: float
    track_gap_mm: float
    track_contrast: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Word:
    """Diameters, as read off an image, that a BI-RADS morphology allows."""

    smallest_mm: float
    largest_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@cache
def load_choice() -> Choice:
    """Return the rules."""
    table = load_toml(_FILE)
    return read_spec(Choice, table["choice"], table["sources"], f"{_FILE.name}: choice")


@cache
def load_words() -> dict[str, Word]:
    """Return the sizes by BI-RADS morphology."""
    table = load_toml(_FILE)
    return {
        name: read_spec(Word, raw, table["sources"], f"{_FILE.name}: word.{name}")
        for name, raw in table["word"].items()
    }


@dataclass(frozen=True)
class Group:
    """A group of candidates in one image.

    Attributes
    ----------
    centre_mm : ndarray, shape (2,)
        Mean place, each candidate counted as far as it is sure.
    members : ndarray of int
        Indices of the candidates that belong to it.
    score : float
        How well it keeps with the referral, 0 to 1; only ratios count.
    """

    centre_mm: Array
    members: NDArray[np.int64]
    score: float


def in_keeping(diameters_mm: Array, morphology: str) -> Mask:
    """Tell which candidates have a size that the word allows; all of them for an unknown word."""
    word = load_words().get(morphology)
    if word is None:
        return np.ones(len(diameters_mm), dtype=np.bool_)
    fits: Mask = (diameters_mm >= word.smallest_mm) & (diameters_mm <= word.largest_mm)
    return fits


def on_tracks(points_mm: Array, extent_mm: float, rules: Choice | None = None) -> Mask:
    """Tell which candidates lie on a long narrow track: a calcified vessel seen from the side.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 2)
        Candidates in the image plane.
    extent_mm : float
        Extent of the lesion that is looked for: a track is longer than one and a half of it.
    rules : Choice, optional
        By default those of the catalogue.
    """
    rules = load_choice() if rules is None else rules
    least = max(rules.track_length_mm, 1.5 * extent_mm)
    marked = np.zeros(len(points_mm), dtype=np.bool_)
    half = 0.5 * rules.track_width_mm
    for k, start in enumerate(points_mm):
        way = points_mm - start
        length = np.linalg.norm(way, axis=1)
        ends = np.flatnonzero(length[k + 1 :] >= least) + k + 1
        if len(ends) == 0:
            continue
        heading = way[ends] / length[ends, None]
        along = heading @ way.T
        across = np.abs(heading[:, :1] * way[:, 1] - heading[:, 1:] * way[:, 0])
        between = (along >= 0.0) & (along <= length[ends, None])
        inside = between & (across <= half)
        beside = between & ~inside & (across <= 3.0 * half)
        count = inside.sum(axis=1)
        alone = count >= rules.track_contrast * beside.sum(axis=1)
        for row in np.flatnonzero(alone & (count >= rules.track_specks)):
            if np.diff(np.sort(along[row, inside[row]])).max() <= rules.track_gap_mm:
                marked |= inside[row]
    return marked


def suspicious(points_mm: Array, found: Candidates, referral: Referral) -> Mask:
    """Tell which candidates can be those of the referral: in size, and not on a track.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 2)
        Candidates in the image plane.
    found : Candidates
        The same candidates.
    referral : Referral
        Its words and its extent.

    Returns
    -------
    ndarray of bool, shape (n,)
        All true where no candidate would be left.
    """
    kept = in_keeping(found.diameters_mm, referral.morphology)
    if referral.distribution not in _IN_LINE:
        kept = kept & ~on_tracks(points_mm, referral.extent_mm)
    return kept if kept.any() else np.ones_like(kept)


def choose_groups(
    points_mm: Array,
    found: Candidates,
    expected_mm: Array,
    referral: Referral,
    *,
    gate_mm: float,
    radius_mm: float,
    most: int = 3,
    rules: Choice | None = None,
) -> list[Group]:
    """Rank the groups of candidates by how well they keep with the referral, best first.

    A group scores by its distance from the expected place and by its number: as many as were
    reported is best, more is as suspicious as fewer.  Candidates of a size that the morphology does
    not allow and candidates on tracks do not count, unless nothing else is there.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 2)
        Candidates in the image plane, brought to mid-breast scale.
    found : Candidates
        The same candidates.
    expected_mm : ndarray, shape (2,)
        Where the referral puts the finding.
    referral : Referral
        Number, extent, morphology and distribution.
    gate_mm : float
        Candidates farther from there are not considered.
    radius_mm : float
        Radius of the group looked for.
    most : int
        How many groups are returned at most.
    rules : Choice, optional
        By default those of the catalogue.
    """
    rules = load_choice() if rules is None else rules
    away = np.linalg.norm(points_mm - expected_mm, axis=1)
    near = away <= gate_mm
    left = near & suspicious(points_mm, found, referral)
    if not left.any():
        left = near.copy()
    sure = np.minimum(found.snr / (rules.sure_snr * found.threshold), 1.0)
    close = np.exp(-0.5 * (away / rules.place_sd_mm) ** 2)
    groups: list[Group] = []
    while left.any() and len(groups) < most:
        index = np.flatnonzero(left)
        between = np.linalg.norm(points_mm[index][:, None] - points_mm[index][None], axis=2)
        number = (sure[index] * (between <= radius_mm)).sum(axis=1)
        seed = int(np.argmax(close[index] * _number(number, referral.specks)))
        members = between[seed] <= radius_mm
        centre = points_mm[index[seed]]
        for _ in range(_ROUNDS):  # let the group settle on its own centre
            centre = np.average(points_mm[index[members]], axis=0, weights=sure[index[members]])
            settled = np.linalg.norm(points_mm[index] - centre, axis=1) <= radius_mm
            if not settled.any() or (settled == members).all():
                break
            members = settled
        chosen = index[members]
        place = np.exp(-0.5 * (np.linalg.norm(centre - expected_mm) / rules.place_sd_mm) ** 2)
        score = float(place * _number(sure[chosen].sum(), referral.specks))
        groups.append(Group(np.asarray(centre), chosen, score))
        left[chosen] = False
    return sorted(groups, key=lambda group: -group.score)


def _number(seen: Array, reported: int) -> Array:
    """Return how well a number keeps with the one reported: their ratio, the smaller on top."""
    share = np.asarray(seen, dtype=np.float64) / max(reported, 1)
    return np.asarray(np.minimum(share, 1.0 / np.maximum(share, 1e-9)))


def in_skin(points_mm: Array, thickness_mm: float, rules: Choice | None = None) -> bool:
    """Tell whether a group, shape (n, 3), lies in the skin under the paddle or on the support."""
    rules = load_choice() if rules is None else rules
    depth = float(np.median(np.minimum(points_mm[:, 2], thickness_mm - points_mm[:, 2])))
    return depth < rules.skin_mm
