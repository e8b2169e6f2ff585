"""What a core takes.

Pushing a needle of outer radius r0 into tissue moves what lay at rho from its axis to
``sqrt(rho^2 + r0^2)``.  In coordinates of the tissue with the needle out, a core at a clock hour is
a circular sector: the device's opening angle, its aperture's length, and a reach that follows from
the published specimen mass (:attr:`Device.reach_mm`; the published mass is taken as the mean over a
usual insertion all round the clock).  A gun's notch is the same with 180 degrees and one core per
insertion.

After a core the fraction `closure` of what was emptied is filled from further out in the same
directions, ``rho'^2 = rho^2 - closure * emptied``, so that a second core at the same hour takes
only what has come in.  Cores from other axes are traced back through every earlier bore to where
their tissue came from, so that no tissue is taken twice; along the aperture the inflow is taken as
even (its mean), and directions outside the sector do not move.

A speck is rigid, and is judged with the needle in and the speck beside it.  Where an edge of the
sector leaves at least `piece_mm` of it on either side, the blade cuts it: one piece goes with the
core, the other stays at the edge.  A smaller one is not cut: it is taken when more than half of
its volume lies in the sector, and pushed to the edge if its centre lies inside all the same.  One
edge cuts, that which takes most off the speck.  (At a corner of the sector the piece is so too
large, by 2 to 4 points of the share on the mean over the specks that are cut.)  Pieces are
ellipsoids with the volume and the centroid of the part of the speck, as thick as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stereosim.biopsy.devices import Device, sector_start
from stereosim.biopsy.pose import Array, NeedlePose
from stereosim.biopsy.tissue import Bore, Core, Tissue
from stereosim.kernels.bores import emptied_area
from stereosim.kernels.capture import BINS, capture_specks

__all__ = ["Core", "Tissue", "take_core"]


def ball_points(shells: int, pairs: int) -> Array:
    """Return points of equal volume in the unit ball, in opposite pairs, for quadrature.

    Spiral directions on shells of equal volume.  The pairs put exactly half of a ball on either
    side of any plane through its centre that meets none of the points.

    Parameters
    ----------
    shells, pairs : int
        Number of shells, and of opposite pairs on each.

    Returns
    -------
    ndarray, shape (2 * shells * pairs, 3)
        The points.
    """
    edges = (np.arange(shells + 1) / shells) ** (1.0 / 3.0)
    # Radius with the mean square of its shell, so that second moments are those of the ball.
    radii = np.sqrt(0.6 * np.diff(edges**5) / np.diff(edges**3))
    k = np.arange(pairs)
    up = 1.0 - (k + 0.5) / pairs
    flat = np.sqrt(1.0 - up**2)
    half = []
    for i, radius in enumerate(radii):
        turn = np.pi * (3.0 - np.sqrt(5.0)) * k + i
        half.append(radius * np.column_stack([flat * np.cos(turn), flat * np.sin(turn), up]))
    points = np.concatenate(half)
    return np.ascontiguousarray(np.concatenate([points, -points]))


BALL = ball_points(shells=2, pairs=24)

# Points along the aperture and in rho^2 for cores that meet older bores: under 0.5 % of the mass.
N_AXIAL, N_RADIAL = 20, 5


def take_core(
    tissue: Tissue, device: Device, pose: NeedlePose, clock_hour: float
) -> tuple[Tissue, Core]:
    """Take one core; the same tissue and pose always give the same core.

    Parameters
    ----------
    tissue : Tissue
        In the frame of `pose`.
    device : Device
        Its notch or aperture is opened at the pose's centre.
    pose : NeedlePose
        The true pose of the needle.
    clock_hour : float
        Where the aperture looks, snapped to a whole degree (2 minutes of the clock).

    Returns
    -------
    Tissue
        Without what was taken, and with its cavity partly closed.
    Core
        The specimen.

    Raises
    ------
    ValueError
        For an hour that is not finite.
    """
    if not np.isfinite(clock_hour):
        raise ValueError(f"clock_hour must be a finite number: {clock_hour!r}")
    bore = tissue.current_bore(pose)
    if bore is not None and bore.aperture_mm != device.aperture_mm:
        bore = None  # another device in the same place: a bore of its own
    older = tissue.bores if bore is None else tissue.bores[:-1]
    if bore is None:
        bore = Bore(pose, device.aperture_mm, np.zeros(BINS), np.zeros(BINS))
    count, first = int(device.capture_angle_deg), sector_start(clock_hour, device.capture_angle_deg)
    reach2 = device.reach_mm**2
    emptied = _emptied(older, bore, first, count, reach2)
    inflow = device.closure * emptied
    volume = float(emptied.sum()) * np.pi / BINS * device.aperture_mm

    sector = (
        np.radians(first + count / 2.0),
        np.radians(count / 2.0),
        bore.aperture_mm / 2.0,
        reach2,
        # The needle finds room in air, not in blood, which it pushes outward with the tissue.
        (device.outer_diameter_mm / 2.0) ** 2 + bore.distended_mm2,
        device.piece_mm,
        bore.void_mm2,
        inflow,
        BALL,
    )
    shares, moved, left_axes, pieces, piece_axes = capture_specks(
        pose.needle_from_points(tissue.rest_mm),
        np.ascontiguousarray(pose.frame @ tissue.axes_mm),
        tissue.present,
        *sector,
    )
    # A marker is tissue: a point, in or out, never cut or pushed aside by its own size.
    marks = pose.needle_from_points(tissue.markers_mm)
    gone, left, *_ = capture_specks(
        marks, np.zeros((len(marks), 3, 3)), tissue.markers_present, *sector
    )
    taken = np.flatnonzero(shares).astype(np.int64)
    cut = (shares > 0.0) & (shares < 1.0)
    piece_axes[cut] = _upright(piece_axes[cut])
    axes = tissue.axes_mm.copy()
    axes[cut] = _upright(pose.frame.T @ left_axes[cut])
    core = Core(
        device,
        pose,
        float(clock_hour),
        volume * device.density_mg_mm3,
        taken,
        np.zeros((len(taken), 3)),
        tissue.share_left[taken] * shares[taken],
        piece_axes[taken],
    )
    core = replace(core, positions_mm=_in_core(pieces[taken], core, bore, first + count / 2.0))
    sampled = (np.arange(count) + first) % BINS
    void = bore.void_mm2.copy()
    void[sampled] = np.maximum(void[sampled], reach2) - inflow[sampled]
    bore = replace(bore, void_mm2=void, shift_mm2=bore.shift_mm2 + inflow)
    return (
        replace(
            tissue,
            rest_mm=pose.points_from_needle(moved),
            share_left=tissue.share_left * (1.0 - shares),
            axes_mm=axes,
            markers_mm=pose.points_from_needle(left),
            markers_present=tissue.markers_present & (gone == 0.0),
            bores=(*older, bore),
            cores=(*tissue.cores, core),
        ),
        core,
    )


def _upright(axes: Array) -> Array:
    """Return semi-axes at right angles to each other that span the same ellipsoids; (k, 3, 3)."""
    directions, lengths, _ = np.linalg.svd(axes)
    upright: Array = directions * lengths[:, None, :]
    return upright


def _emptied(older: tuple[Bore, ...], bore: Bore, first: int, count: int, reach2: float) -> Array:
    """Return the rho^2 of tissue, per clock bin, that a core from `bore` takes."""
    bores = (*older, bore)
    return emptied_area(
        first,
        count,
        reach2,
        np.array([b.pose.centre_mm for b in bores]),
        np.array([b.pose.frame for b in bores]),
        np.array([b.aperture_mm / 2.0 for b in bores]),
        np.array([b.void_mm2 for b in bores]),
        np.array([b.shift_mm2 for b in bores]),
        N_AXIAL,
        N_RADIAL,
    )


def _in_core(places: Array, core: Core, bore: Bore, middle_deg: float) -> Array:
    """Fold the sector into the core's square section, keeping areas; shape (k, 3)."""
    if not len(places):
        return np.zeros((0, 3))
    reach2 = core.device.reach_mm**2
    angle = np.degrees(np.arctan2(places[:, 0], places[:, 1]))
    turn = (angle - middle_deg + 180.0) % 360.0 - 180.0
    void = bore.void_mm2[np.floor(angle).astype(int) % BINS]
    square = (places[:, :2] ** 2).sum(axis=1)
    outward = np.clip((square - void) / np.maximum(reach2 - void, 1e-12), 0.0, 1.0) - 0.5
    across = np.clip(turn / core.device.capture_angle_deg, -0.5, 0.5)
    along = np.clip(places[:, 2], -core.length_mm / 2.0, core.length_mm / 2.0)
    return np.column_stack([across * core.side_mm, along, outward * core.side_mm])
