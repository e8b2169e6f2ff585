"""Reading the X-ray images: where the group lies, in one view and in a pair, and where the needle.

Everything is read in the pixels of what has been exposed; nothing knows the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.geometry.alarm import pairing_alarm
from stereosim.geometry.marks import reference_marks
from stereosim.geometry.projection import back_project, magnification, project
from stereosim.geometry.targets import Triangulation
from stereosim.geometry.triangulation import triangulate_pair
from stereosim.geometry.units import Unit
from stereosim.geometry.views import View
from stereosim.imaging.detection import Candidates, find_needle_tip, find_specks
from stereosim.imaging.needles import point_mm
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.approach import unit_of
from stereosim.procedures.matching import Matches, match_pair
from stereosim.procedures.operators.choosing import Group, choose_groups, in_skin, suspicious
from stereosim.procedures.operators.skill import Search, Skill
from stereosim.procedures.state import Seen

Array = NDArray[np.float64]

# The search measures the noise around what it looks at: it is given this much more on each side.
_MARGIN_MM = 5.0
# The needle is looked for from its point to so far up its shaft.
_SHAFT_MM = 40.0


@dataclass(frozen=True)
class Place:
    """Where a lesion is expected, support frame, mm.

    Attributes
    ----------
    xy_mm : ndarray, shape (2,)
        Expected x and y.
    gate_mm : float
        Half the side of the square around it that is looked at.
    depth_mm : (float, float)
        Lowest and highest z that are possible.
    """

    xy_mm: Array
    gate_mm: float
    depth_mm: tuple[float, float]

    def box_px(self, view: View) -> tuple[int, int, int, int]:
        """Return the part of `view` that can show it: first and last row, first and last column."""
        corners = [
            (self.xy_mm[0] + dx, self.xy_mm[1] + dy, z)
            for dx in (-self.gate_mm, self.gate_mm)
            for dy in (-self.gate_mm, self.gate_mm)
            for z in self.depth_mm
        ]
        pixels = project(view, np.array(corners))
        margin = _MARGIN_MM / view.pitch_mm
        column0, row0 = np.floor(pixels.min(axis=0) - margin)
        column1, row1 = np.ceil(pixels.max(axis=0) + margin)
        rows, columns = view.shape
        return (
            int(np.clip(row0, 0, rows)),
            int(np.clip(row1, 0, rows)),
            int(np.clip(column0, 0, columns)),
            int(np.clip(column1, 0, columns)),
        )


def part_of(image: XrayImage, box_px: tuple[int, int, int, int]) -> XrayImage:
    """Return a part of an image: first and last row, first and last column."""
    row0, row1, column0, column1 = box_px
    if row1 - row0 < 3 or column1 - column0 < 3:
        row0, row1, column0, column1 = 0, 3, 0, 3  # too little to show anything
    view = image.view
    return replace(
        image,
        pixels=np.ascontiguousarray(image.pixels[row0:row1, column0:column1]),
        view=replace(
            view,
            origin_mm=view.origin_mm + row0 * view.row_mm + column0 * view.column_mm,
            shape=(row1 - row0, column1 - column0),
        ),
    )


def specks_near(image: XrayImage, place: Place, *, exclude: Array | None = None) -> Candidates:
    """Search the part of `image` that can show `place`.

    Parameters
    ----------
    image : XrayImage
        One view.
    place : Place
        Where to look.
    exclude : ndarray, shape (n, 3), optional
        Discs that are not searched (column, row, radius), pixels of the whole image.

    Returns
    -------
    Candidates
        Their pixels are those of the whole image.
    """
    box = place.box_px(image.view)
    corner = np.array([box[2], box[0]], dtype=np.float64)
    if exclude is not None:
        exclude = exclude - np.array([*corner, 0.0])
    found = find_specks(part_of(image, box), exclude=exclude)
    return replace(found, pixels=found.pixels + corner)


@dataclass(frozen=True, eq=False)
class NeedleReading:
    """What a post-fire pair shows, support frame, mm.

    Attributes
    ----------
    matches : Matches
        The specks that were found in both views.
    tip : Triangulation or None
        The needle's point; None where either view does not show it.
    lesion_mm : ndarray of 3
        Middle of the group, of which the needle hides a part.
    centre_mm : ndarray of 3
        Centre of the aperture: behind the tip, or where the console has it.
    """

    matches: Matches
    tip: Triangulation | None
    lesion_mm: Array
    centre_mm: Array

    @property
    def miss_mm(self) -> Array:
        """Lesion minus centre of the aperture, shape (3,)."""
        miss: Array = self.lesion_mm - self.centre_mm
        return miss


@dataclass(frozen=True)
class Reader:
    """The model observer at the console.

    Attributes
    ----------
    unit : Unit
        The unit's geometry.
    search : Search
        How far the reader looks.
    skill : Skill
        How well the reader sees, and what is taken for the same speck in two views.
    """

    unit: Unit
    search: Search
    skill: Skill

    def radius_mm(self, seen: Seen) -> float:
        """Return the radius of the group looked for: half of what the referral reports."""
        return max(seen.referral.extent_mm / 2.0, self.search.minimum_radius_mm)

    def specks(self, image: XrayImage, place: Place, seen: Seen) -> Candidates:
        """Return what this reader takes for specks near a place, the unit's own marks left out."""
        found = specks_near(image, place, exclude=self._marks(image.view, seen))
        # Who uses half of the information needs a signal that is larger by the root of two.
        threshold = found.threshold / np.sqrt(self.skill.efficiency)
        return replace(found.subset(found.snr >= threshold), threshold=threshold)

    def _marks(self, view: View, seen: Seen) -> Array:
        """Return the discs (column, row, radius) in which the reference marks can be."""
        marks = reference_marks(unit_of(seen, self.unit), seen.thickness_mm)
        if len(marks) == 0:
            return np.empty((0, 3))
        reach = 0.5 * marks.diameter_mm * magnification(view, marks.centres_mm)
        radius = (reach + self.search.mark_margin_mm) / view.pitch_mm
        return np.column_stack([project(view, marks.centres_mm), radius])

    def scout_groups(self, seen: Seen, expected: Array) -> list[Group]:
        """Return the groups on the newest scout, x and y of the support frame, best first.

        Parameters
        ----------
        seen : Seen
            With a scout.
        expected : ndarray, shape (2,)
            Where the lesion is expected.
        """
        image = [shot.image for shot in seen.shots if shot.view == "scout"][-1]
        gate = self.search.scout_gate_mm
        place = Place(expected, gate, (0.0, seen.thickness_mm))
        found = self.specks(image, place, seen)
        if len(found) == 0:
            return []
        points = back_project(image.view, found.pixels, seen.thickness_mm / 2.0)[:, :2]
        radius = self.radius_mm(seen)
        return choose_groups(points, found, expected, seen.referral, gate_mm=gate, radius_mm=radius)

    def scout_group(self, seen: Seen, expected: Array) -> Array | None:
        """Return the centre of the best of :meth:`scout_groups`, or None."""
        groups = self.scout_groups(seen, expected)
        return groups[0].centre_mm if groups else None

    def match(
        self,
        seen: Seen,
        phase: str,
        expected: Array,
        depth_mm: tuple[float, float],
        *,
        y_tolerance_mm: float | None = None,
        place_sd_mm: float | None = None,
    ) -> Matches | None:
        """Return the specks that the newest pair of `phase` shows near `expected` (x, y).

        A group in the skin is passed over for one beneath it, if there is one.

        Parameters
        ----------
        seen : Seen
            With such a pair.
        phase : str
            ``"target"``, ``"prefire"`` or ``"postfire"``.
        expected : ndarray, shape (2,) or (3,)
            Where the lesion is expected: x and y, and z if it is known.
        depth_mm : (float, float)
            Lowest and highest z that are possible.
        y_tolerance_mm : float, optional
            Largest y mismatch; by default what the skill accepts.
        place_sd_mm : float, optional
            Standard deviation of the expected place, where the scout shows it; nothing farther than
            twice that is taken for the lesion.  By default half of the gate.
        """
        images = seen.pair(phase)
        gate = self.search.pair_gate_mm
        if place_sd_mm is not None:
            gate = min(gate, 2.0 * place_sd_mm)
        place = Place(expected[:2], gate, depth_mm)
        tolerance = self.skill.y_tolerance_mm if y_tolerance_mm is None else y_tolerance_mm
        found = [self._suspicious(seen, image, place) for image in images]
        first: Matches | None = None
        for _ in range(2):
            matches = match_pair(
                (images[0].view, images[1].view),
                (found[0], found[1]),
                expected_mm=expected,
                gate_mm=gate,
                place_sd_mm=place_sd_mm or 0.5 * gate,
                depth_mm=depth_mm,
                radius_mm=self.radius_mm(seen),
                y_tolerance_mm=tolerance,
            )
            if matches is None or not in_skin(matches.points_mm, seen.thickness_mm):
                return first if matches is None else matches
            first = first or matches
            for k, used in enumerate((matches.left_px, matches.right_px)):
                other = ~(found[k].pixels[:, None] == used[None]).all(axis=2).any(axis=1)
                found[k] = found[k].subset(other)
        return first

    def _suspicious(self, seen: Seen, image: XrayImage, place: Place) -> Candidates:
        """Search one view and leave out what cannot be the lesion of the referral."""
        found = self.specks(image, place, seen)
        if len(found) == 0:
            return found
        points = back_project(image.view, found.pixels, seen.thickness_mm / 2.0)[:, :2]
        return found.subset(suspicious(points, found, seen.referral))

    def match_near(self, seen: Seen, phase: str, place: Array) -> Matches | None:
        """Return the specks near a place already marked: no lesion moves by more than the gate.

        None also where what is paired is likelier two specks than one: the needle hides some of
        them in one view and others in the other.
        """
        gate = self.search.pair_gate_mm
        depth = (max(0.0, place[2] - gate), min(seen.thickness_mm, place[2] + gate))
        matches = self.match(seen, phase, place, depth)
        return None if matches is None or matches.log_odds.sum() <= 0.0 else matches

    def moved(self, before: Matches | None, after: Matches, fewest: int = 1) -> Array | None:
        """Return by how much the group moved from one pair to the next, shape (3,).

        The step that brings the most specks onto specks; the smaller one where two do as well.
        Specks go their own way by less than the tolerance: a needle pushes them aside by its
        radius.  None where fewer than `fewest` specks agree.
        """
        if before is None:
            return None
        steps = after.points_mm[None] - before.points_mm[:, None]
        first, second = np.nonzero(np.linalg.norm(steps, axis=2) <= self.search.pair_gate_mm)
        if len(first) == 0:
            return None
        steps = steps[first, second]
        alike = np.linalg.norm(steps[:, None] - steps[None], axis=2) <= self.skill.y_tolerance_mm
        support = [min(len(set(first[row])), len(set(second[row]))) for row in alike]
        best = max(range(len(steps)), key=lambda k: (support[k], -float(np.linalg.norm(steps[k]))))
        if support[best] < fewest:
            return None
        return np.asarray(np.median(steps[alike[best]], axis=0))

    def lesion(self, seen: Seen, after: Matches) -> Array:
        """Return the middle of the group with the needle in, which hides a part of it.

        The specks that are left are recognised from the pair that was marked: in a ring of specks
        round a well placed needle the mean of those that it leaves visible lay 4 mm beside the
        middle.
        """
        assert seen.marked_mm is not None
        before = self.match_near(seen, "target", seen.marked_mm)
        moved = self.moved(before, after)
        if before is None or moved is None:
            return after.centroid_mm
        return np.asarray(before.centroid_mm + moved)

    def tip(self, seen: Seen, phase: str) -> Triangulation | None:
        """Return the needle's point in the newest pair of `phase`.

        It is looked for where the console has sent it.  None where a view does not show it there,
        and where what the two views show cannot be one point: dense specks were taken for it.
        """
        assert seen.commanded is not None and seen.device is not None
        pose = seen.commanded.prefire(seen.device) if phase == "prefire" else seen.commanded
        expected = pose.tip_mm(seen.device)
        images = seen.pair(phase)
        taper = point_mm(seen.device)
        points = [self._tip_in(image, expected, pose.axis, taper) for image in images]
        if points[0] is None or points[1] is None:
            return None
        views = (images[0].view, images[1].view)
        tip = triangulate_pair(*views, points[0], points[1], sigma_px=self.search.tip_sd_px)
        off = float(np.linalg.norm(tip.target_mm - expected))
        return None if pairing_alarm(tip) or off > self.search.tip_gate_mm else tip

    def _tip_in(
        self, image: XrayImage, expected: Array, axis: Array, taper_mm: float
    ) -> Array | None:
        """Find the tip in one view, if it lies within the gate of where it is expected."""
        view = image.view
        shaft = np.array([expected, expected - _SHAFT_MM * axis])
        ends = project(view, shaft)
        gate = self.search.tip_gate_mm * float(magnification(view, shaft[:1])[0]) / view.pitch_mm
        margin = gate + _MARGIN_MM / view.pitch_mm
        low, high = ends.min(axis=0) - margin, ends.max(axis=0) + margin
        limits = np.array([view.shape[1], view.shape[0]])
        c0, r0 = np.clip(np.floor(low), 0, limits).astype(int)
        c1, r1 = np.clip(np.ceil(high), 0, limits).astype(int)
        part = part_of(image, (r0, r1, c0, c1))
        height = float(expected[2])
        found = find_needle_tip(part, point_mm=taper_mm, height_mm=height, shaftward=-axis)
        if found is None:
            return None
        place = np.array(found) + np.array([c0, r0])
        return place if np.linalg.norm(place - ends[0]) <= gate else None

    def postfire(self, seen: Seen, device: Device) -> NeedleReading | None:
        """Read the post-fire pair: the lesion and the aperture.

        Returns None where the pair shows no speck near the marked place.  Where the needle's tip
        cannot be made out, the console's read-out stands in for it.
        """
        assert seen.marked_mm is not None and seen.commanded is not None
        matches = self.match_near(seen, "postfire", seen.marked_mm)
        if matches is None:
            return None
        tip = self.tip(seen, "postfire")
        centre = seen.commanded.centre_mm
        if tip is not None:
            # The aperture lies behind the tip, toward where the needle comes from.
            centre = tip.target_mm - device.tip_offset_mm * seen.commanded.axis
        return NeedleReading(matches, tip, self.lesion(seen, matches), centre)
