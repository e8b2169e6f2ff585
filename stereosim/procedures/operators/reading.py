"""Reading the X-ray images: where the group lies, in one view and in a pair, and where the needle.

Everything is read in the pixels of what has been exposed; nothing knows the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.geometry.projection import back_project, project
from stereosim.geometry.targets import Triangulation
from stereosim.geometry.triangulation import triangulate_pair
from stereosim.geometry.units import Unit
from stereosim.geometry.views import View, scout, stereo_pair
from stereosim.imaging.detection import Candidates, find_needle_tip, find_specks
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.matching import Matches, choose_group, match_pair
from stereosim.procedures.operators.skill import Search, Skill
from stereosim.procedures.state import Seen

Array = NDArray[np.float64]

# The search measures the noise around what it looks at: it is given this much more on each side.
_MARGIN_MM = 5.0


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


def specks_near(
    image: XrayImage,
    place: Place,
    *,
    exclude: Array | None = None,
    false_alarms_per_image: float | None = None,
) -> Candidates:
    """Search the part of `image` that can show `place`.

    Parameters
    ----------
    image : XrayImage
        One view.
    place : Place
        Where to look.
    exclude : ndarray, shape (n, 3), optional
        Discs that are not searched (column, row, radius), pixels of the whole image.
    false_alarms_per_image : float, optional
        As in :func:`stereosim.imaging.detection.find_specks`.

    Returns
    -------
    Candidates
        Their pixels are those of the whole image.
    """
    row0, row1, column0, column1 = place.box_px(image.view)
    if row1 - row0 < 3 or column1 - column0 < 3:
        row0, row1, column0, column1 = 0, 3, 0, 3  # too little to show anything
    view = image.view
    part = replace(
        image,
        pixels=np.ascontiguousarray(image.pixels[row0:row1, column0:column1]),
        view=replace(
            view,
            origin_mm=view.origin_mm + row0 * view.row_mm + column0 * view.column_mm,
            shape=(row1 - row0, column1 - column0),
        ),
    )
    corner = np.array([column0, row0], dtype=np.float64)
    if exclude is not None:
        exclude = exclude - np.array([*corner, 0.0])
    found = find_specks(part, exclude=exclude, false_alarms_per_image=false_alarms_per_image)
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
    centre_mm : ndarray of 3
        Centre of the aperture: above the tip, or where the console has it.
    """

    matches: Matches
    tip: Triangulation | None
    centre_mm: Array

    @property
    def miss_mm(self) -> Array:
        """Lesion minus centre of the aperture, shape (3,)."""
        miss: Array = self.matches.centroid_mm - self.centre_mm
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
        What the reader takes for the same speck in two views.
    """

    unit: Unit
    search: Search
    skill: Skill

    def radius_mm(self, seen: Seen) -> float:
        """Return the radius of the group looked for: half of what the referral reports."""
        return max(seen.referral.extent_mm / 2.0, self.search.minimum_radius_mm)

    def scout_group(self, seen: Seen, expected: Array) -> Array | None:
        """Return the centre of the group on the newest scout, support frame x and y.

        Parameters
        ----------
        seen : Seen
            With a scout.
        expected : ndarray, shape (2,)
            Where it is expected.
        """
        image = [shot.image for shot in seen.shots if shot.view == "scout"][-1]
        place = Place(expected, self.search.scout_gate_mm, (0.0, seen.thickness_mm))
        found = specks_near(image, place)
        if len(found) == 0:
            return None
        points = back_project(scout(self.unit), found.pixels, seen.thickness_mm / 2.0)[:, :2]
        group = choose_group(
            points,
            found.snr,
            expected,
            gate_mm=self.search.scout_gate_mm,
            radius_mm=self.radius_mm(seen),
        )
        return None if group is None else group.centre_mm

    def match(
        self, seen: Seen, phase: str, expected: Array, depth_mm: tuple[float, float]
    ) -> Matches | None:
        """Return the specks that the newest pair of `phase` shows near `expected` (x, y)."""
        place = Place(expected, self.search.pair_gate_mm, depth_mm)
        left, right = (specks_near(image, place) for image in seen.pair(phase))
        return match_pair(
            stereo_pair(self.unit),
            (left, right),
            expected_mm=expected,
            gate_mm=self.search.pair_gate_mm,
            depth_mm=depth_mm,
            radius_mm=self.radius_mm(seen),
            y_tolerance_mm=self.skill.y_tolerance_mm,
        )

    def match_near(self, seen: Seen, phase: str, place: Array) -> Matches | None:
        """Return the specks near a place already marked: no lesion moves by more than the gate."""
        gate = self.search.pair_gate_mm
        depth = (max(0.0, place[2] - gate), min(seen.thickness_mm, place[2] + gate))
        return self.match(seen, phase, place[:2], depth)

    def tip(self, seen: Seen, phase: str) -> Triangulation | None:
        """Return the needle's point in the newest pair of `phase`; None where a view lacks it."""
        left, right = (find_needle_tip(image) for image in seen.pair(phase))
        if left is None or right is None:
            return None
        return triangulate_pair(*stereo_pair(self.unit), left, right, sigma_px=1.0)

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
            # The needle comes from the paddle, so the aperture lies above the tip.
            centre = tip.target_mm + np.array([0.0, 0.0, device.tip_offset_mm])
        return NeedleReading(matches, tip, centre)
