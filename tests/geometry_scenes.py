"""Random scenes of mammographic plausibility, and the error of marks, for the geometry tests."""

import numpy as np

from stereosim.geometry import View


def random_view(rng, name, towards):
    """A source 500 to 800 mm away within 35 degrees of z, a tilted plane behind the breast.

    `towards` is the direction (3,) in which the source stands, seen from the middle of the breast.
    """
    middle = np.array([0.0, 35.0, 40.0])
    source = middle + rng.uniform(500.0, 800.0) * towards
    # A plane tilted by up to 25 degrees and turned by any angle, with unequal, oblique steps.
    tilt, azimuth, turn = rng.uniform(0.0, np.radians(25.0)), *rng.uniform(0.0, 2 * np.pi, 2)
    normal = np.array(
        [np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)]
    )
    across = np.cross(normal, [np.cos(turn), np.sin(turn), 0.0])
    across /= np.linalg.norm(across)
    along = np.cross(normal, across)
    pitch = rng.uniform(0.05, 0.10)
    column = pitch * across
    row = pitch * rng.uniform(0.9, 1.1) * (along + rng.uniform(-0.05, 0.05) * across)
    shape = (1000, 1400)
    centre = middle - rng.uniform(90.0, 150.0) * towards
    origin = centre - 700.0 * column - 500.0 * row
    return View(
        name=name,
        angle_deg=0.0,
        source_mm=source,
        origin_mm=origin,
        column_mm=column,
        row_mm=row,
        shape=shape,
    )


def random_pair(rng):
    """Two such views whose sources are 10 to 60 degrees apart, and a point of the breast."""
    while True:
        towards = rng.normal(size=(2, 3)) * [0.35, 0.35, 0.0] + [0.0, 0.0, 1.0]
        towards /= np.linalg.norm(towards, axis=1)[:, None]
        apart = np.degrees(np.arccos(np.clip(towards[0] @ towards[1], -1.0, 1.0)))
        if 10.0 < apart < 60.0 and towards[:, 2].min() > np.cos(np.radians(35.0)):
            break
    views = [random_view(rng, name, t) for name, t in zip(("left", "right"), towards, strict=True)]
    return views[0], views[1], rng.uniform([-30.0, 0.0, 0.0], [30.0, 70.0, 90.0])


def images_of(unit, points):
    """Detector x and y in the left and right view by similar triangles, written out anew.

    Returns an (n, 4) array: x left, y left, x right, y right, mm in the detector plane.
    """
    arm = unit.sid_mm - unit.pivot_height_mm
    angle = np.radians(unit.stereo_angle_deg)
    top = unit.pivot_height_mm + arm * np.cos(angle)
    height = points[:, 2] + unit.detector_offset_mm
    stretch = top / (top - height)
    columns = []
    for side in (-1.0, 1.0):
        source = side * arm * np.sin(angle)
        columns += [source + (points[:, 0] - source) * stretch, points[:, 1] * stretch]
    return np.column_stack(columns)


def seen_by_the_console(unit, off, points):
    """Where a console that believes in its nominal geometry puts targets: similar triangles.

    The sources of the mis-set unit stand at (s, t, H) above the detector and cast x to
    s + (x - s) H / (H - h); the console takes the disparity p for z = H p / (b + p).
    """
    arm = unit.sid_mm - unit.pivot_height_mm
    images = []
    for side in (-1.0, 1.0):
        angle = np.radians(side * (unit.stereo_angle_deg + off.stereo_deg) + off.gantry_deg)
        s, t = arm * np.sin(angle) + off.pivot_mm[0], off.pivot_mm[1]
        high = unit.pivot_height_mm + arm * np.cos(angle) + off.pivot_mm[2]
        stretch = high / (high - points[:, 2] - unit.detector_offset_mm)
        images += [
            s + (points[:, 0] - s) * stretch - off.detector_mm[0],
            t + (points[:, 1] - t) * stretch - off.detector_mm[1],
        ]
    angle = np.radians(unit.stereo_angle_deg)
    believed, side = unit.pivot_height_mm + arm * np.cos(angle), arm * np.sin(angle)
    disparity = images[0] - images[2]
    above = believed * disparity / (2.0 * side + disparity)
    shrink = (believed - above) / believed
    x = -side + (images[0] + side) * shrink
    y = 0.5 * (images[1] + images[3]) * shrink
    return np.column_stack([x, y, above - unit.detector_offset_mm])
