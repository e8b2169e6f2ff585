"""What sampling changes: where the specks are now, what has been taken, and the bores that remain.

Places are kept as they are with the needle out; :attr:`Tissue.specks` shows them as they lie now,
pushed aside by a needle that is in.  Nothing here depends on the frame: support or supine, as the
specks that it is made from.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.pose import Array, NeedlePose, Vector
from stereosim.kernels.capture import BINS
from stereosim_phantoms.solids import Ellipsoids, Specks

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Bore:
    """One track's sampled length, and what its cores have made of the tissue round it.

    Attributes
    ----------
    pose : NeedlePose
        Axis and clock of the bore.
    aperture_mm : float
        Its length along the axis.
    void_mm2, shift_mm2 : ndarray, shape (360,)
        Per degree of the clock, in rho^2: what holds no tissue now, and what has come in from
        outside (negative where blood has pushed tissue outward).
    blood_mm3 : float
        Blood in it; the rest of the void is air.
    distended_mm2 : float
        By how much of rho^2, all round the clock, blood holds it open; part of `void_mm2`.
    """

    pose: NeedlePose
    aperture_mm: float
    void_mm2: Array
    shift_mm2: Array
    blood_mm3: float = 0.0
    distended_mm2: float = 0.0

    @property
    def cavity_mm3(self) -> float:
        """Volume that is still open."""
        return float(self.void_mm2.sum()) * np.pi / BINS * self.aperture_mm

    def moved(self, vector_mm: Vector) -> Bore:
        """Return the bore carried along with the tissue by `vector_mm`, shape (3,)."""
        return replace(self, pose=self.pose.moved(vector_mm))


@dataclass(frozen=True, eq=False)
class Core:
    """One specimen.

    Attributes
    ----------
    device : Device
        What took it.
    pose : NeedlePose
        True pose of the needle.
    clock_hour : float
        Where the aperture looked.
    mass_mg : float
        Its mass.
    specks : ndarray of int64, shape (k,)
        Indices of the specks of which it holds some; another core may hold the rest.
    positions_mm : ndarray, shape (k, 3)
        Their centres in the core, a box of length `length_mm` and square section `side_mm`, from
        its middle: across the clock, along the needle toward the tip, away from the axis.
    shares : ndarray, shape (k,)
        Share of each speck's first volume that is in it: 1 where it was taken whole.
    axes_mm : ndarray, shape (k, 3, 3)
        Semi-axes (columns) of what it holds of each, in the needle frame.
    """

    device: Device
    pose: NeedlePose
    clock_hour: float
    mass_mg: float
    specks: NDArray[np.int64]
    positions_mm: Array
    shares: Array
    axes_mm: Array

    @property
    def length_mm(self) -> float:
        """Length of the core: that of the aperture."""
        return self.device.aperture_mm

    @property
    def side_mm(self) -> float:
        """Side of the square section that holds its volume, mm."""
        volume = self.mass_mg / self.device.density_mg_mm3
        return float(np.sqrt(volume / self.device.aperture_mm))


@dataclass(frozen=True, eq=False)
class NeedleInPlace:
    """A needle that is in: its pose, its device, and how far it has carried the tissue, mm."""

    pose: NeedlePose
    device: Device
    carried_mm: Array


@dataclass(frozen=True, eq=False)
class Infiltration:
    """Local anaesthetic in the tissue: a ball that it has swollen.

    Attributes
    ----------
    centre_mm : ndarray, shape (3,)
        Its middle.
    volume_mm3 : float
        Of the fluid.
    radius_mm : float
        Of the ball with the fluid in it.
    """

    centre_mm: Array
    volume_mm3: float
    radius_mm: float

    @property
    def share(self) -> float:
        """Share of the ball's volume that is fluid."""
        return float(self.volume_mm3 / (4.0 / 3.0 * np.pi * self.radius_mm**3))

    def moved(self, vector_mm: Vector) -> Infiltration:
        """Return it carried along with the tissue by `vector_mm`, shape (3,)."""
        return replace(self, centre_mm=self.centre_mm + np.asarray(vector_mm, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Tissue:
    """The hidden truth that sampling changes; make one with :meth:`untouched`.

    Attributes
    ----------
    original : Specks
        The specks as they were before anything was done.
    rest_mm : ndarray, shape (n, 3)
        Centres of the specks now, with the needle out (but with the carry of a needle that is in).
    share_left : ndarray, shape (n,)
        Share of each speck's first volume that is still there: 1 whole, 0 gone, between them cut.
    axes_mm : ndarray, shape (n, 3, 3)
        Semi-axes (columns) of what is left of each speck.
    markers_mm, markers_present : ndarray, shapes (m, 3) and (m,)
        Points that fill the lesion evenly: what became of its volume.
    bores : tuple of Bore
        In the order in which they were made.
    cores : tuple of Core
        The same.
    needle : NeedleInPlace or None
        The needle that is in.
    infiltrations : tuple of Infiltration
        Local anaesthetic, in the order in which it was given.
    """

    original: Specks
    rest_mm: Array
    share_left: Array
    axes_mm: Array
    markers_mm: Array
    markers_present: Flags
    bores: tuple[Bore, ...] = ()
    cores: tuple[Core, ...] = ()
    needle: NeedleInPlace | None = field(default=None)
    infiltrations: tuple[Infiltration, ...] = ()

    @classmethod
    def untouched(
        cls, specks: Specks, lesion: Ellipsoids | None = None, *, markers: int = 2000
    ) -> Tissue:
        """Return untouched tissue that holds `specks`.

        Parameters
        ----------
        specks : Specks
            In whatever frame the needle will be given in.
        lesion : Ellipsoids, optional
            Solids whose sampled volume is to be followed, by `markers` points each.
        markers : int
            The fraction's resolution is 1 / markers.

        Raises
        ------
        ValueError
            For places or sizes that are not finite.
        """
        centres = np.ascontiguousarray(specks.solids.centres_mm, dtype=np.float64)
        if not (np.isfinite(centres).all() and np.isfinite(specks.solids.axes_mm).all()):
            raise ValueError("the specks' places and sizes must be finite")
        points = np.zeros((0, 3))
        if lesion is not None:
            filling = lesion_points(markers)
            parts = [
                c + filling @ a.T for c, a in zip(lesion.centres_mm, lesion.axes_mm, strict=True)
            ]
            points = np.concatenate([points, *parts])
        return cls(
            specks,
            centres.copy(),
            np.ones(len(centres)),
            np.array(specks.solids.axes_mm, dtype=np.float64, order="C"),
            points,
            np.ones(len(points), bool),
        )

    @property
    def present(self) -> Flags:
        """The specks of which anything is left in the tissue, shape (n,)."""
        return self.share_left > 0.0

    @property
    def specks(self) -> Specks:
        """What is left of all specks where it lies now, taken ones included (see `present`)."""
        places = self._displaced(self.rest_mm)
        return replace(self.original, solids=Ellipsoids(places, self.axes_mm))

    def visible_specks(self) -> Specks:
        """Return what is left of the specks in the tissue, where it lies now."""
        return self.specks.subset(self.present)

    @property
    def cavity_mm3(self) -> float:
        """Volume of the open cavities together (overlap of different bores counts twice)."""
        return sum(bore.cavity_mm3 for bore in self.bores)

    @property
    def removed_mg(self) -> float:
        """Mass of all cores together."""
        return sum(core.mass_mg for core in self.cores)

    def fraction_removed(self) -> float:
        """Return the fraction of the target's specks that has been taken; NaN if it has none.

        A speck that was cut counts by the share of it that was taken.
        """
        target = self.original.target
        return float((1.0 - self.share_left[target]).mean()) if target.any() else float("nan")

    def volume_fraction_removed(self) -> float:
        """Return the fraction of the volume of the target's specks that has been taken, or NaN."""
        target = self.original.target
        volumes = self.original.solids.volumes_mm3[target]
        total = float(volumes.sum())
        taken = float((1.0 - self.share_left[target]) @ volumes)
        # The two sums round apart: all of it must not be more than all.
        return min(taken / total, 1.0) if total > 0.0 else float("nan")

    def lesion_fraction_removed(self) -> float:
        """Return the fraction of the lesion's volume that has been taken; NaN without a lesion."""
        return float((~self.markers_present).mean()) if len(self.markers_mm) else float("nan")

    def moved(self, vector_mm: Vector) -> Tissue:
        """Return the tissue carried by `vector_mm`, shape (3,); a needle that is in stays put."""
        vector = np.asarray(vector_mm, dtype=np.float64)
        return replace(
            self,
            rest_mm=self.rest_mm + vector,
            markers_mm=self.markers_mm + vector,
            bores=tuple(bore.moved(vector) for bore in self.bores),
            infiltrations=tuple(some.moved(vector) for some in self.infiltrations),
        )

    def current_bore(self, pose: NeedlePose) -> Bore | None:
        """Return the last bore if it was made at this very `pose`."""
        if self.bores and self.bores[-1].pose.same_as(pose):
            return self.bores[-1]
        return None

    def _displaced(self, places_mm: Array) -> Array:
        """Push places aside for the needle that is in: rho^2 grows by its section less any void.

        What blood holds open is no room for it: it pushes that outward together with the tissue.
        """
        if self.needle is None:
            return places_mm
        pose, device = self.needle.pose, self.needle.device
        local = pose.needle_from_points(places_mm)
        square = (local[:, :2] ** 2).sum(axis=1)
        # The point widens to the full diameter over the dead tip.
        from_tip = device.tip_offset_mm - local[:, 2]
        widening = np.clip(from_tip / device.dead_tip_mm, 0.0, 1.0)
        section = (device.outer_diameter_mm / 2.0 * widening) ** 2
        bore = self.current_bore(pose)
        if bore is not None:
            degree = np.floor(np.degrees(np.arctan2(local[:, 0], local[:, 1]))).astype(int) % BINS
            along = np.abs(local[:, 2]) <= bore.aperture_mm / 2.0
            room = bore.void_mm2[degree] - bore.distended_mm2
            section = np.where(along, np.maximum(section - room, 0.0), section)
        rho = np.sqrt(square)
        on_axis = rho < 1e-9
        local[on_axis, 1] = 1e-9  # a place on the axis has no direction: 12 o'clock
        rho = np.maximum(rho, 1e-9)
        local[:, :2] *= (np.sqrt(square + section) / rho)[:, None]
        return pose.points_from_needle(local)


def lesion_points(count: int) -> Array:
    """Return `count` points that fill the unit ball evenly, shape (count, 3).

    A Kronecker sequence on the root of g^4 = g + 1.  Points on shells were tried first and missed
    the volume of cores by up to 7 %.
    """
    g = 1.2207440846057596
    i = np.arange(1, count + 1)[:, None]
    radius, up, turn = ((0.5 + i * g ** -np.arange(1.0, 4.0)) % 1.0).T
    up = 2.0 * up - 1.0
    flat = np.sqrt(1.0 - up**2)
    angle = 2.0 * np.pi * turn
    sphere = np.column_stack([flat * np.cos(angle), flat * np.sin(angle), up])
    points: Array = np.cbrt(radius)[:, None] * sphere
    return points
