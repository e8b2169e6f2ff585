"""From a breast, a cluster to grow and masses to place, to a virtual patient."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stereosim_phantoms.benign import BenignPlan, Site, benign_kinds
from stereosim_phantoms.benign_growth import grow_benign
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.calcifications import (
    ClusterSpec,
    apart,
    bounding_radii,
    grow_cluster,
    joined,
    lacking_mm,
    overlapping,
    scattered_specks,
)
from stereosim_phantoms.ducts import DuctTree, grow_ducts
from stereosim_phantoms.mass_shapes import dilated_duct, irregular_mass, mass_of_supine_size
from stereosim_phantoms.masses import KINDS, MARGINS, Mass
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.referral import extent_mm, write_referral
from stereosim_phantoms.solids import Array, Ellipsoids, united
from stereosim_phantoms.supine import SupineMap, supine_map
from stereosim_phantoms.vessels import grow_vessels, vessel_parameters


@dataclass(frozen=True)
class MassPlan:
    """A mass to be placed.

    Attributes
    ----------
    centre_mm : ndarray, shape (3,), or None
        Breast-frame centre; None for a mass that holds the target.
    size_mm : tuple of float
        Diameters on the ultrasound table: transverse, craniocaudal, depth.
        A dilated duct: its length along the duct, then its two widths.
    margin : str
        BI-RADS margin of an oval mass; the other kinds have their own.
    kind : str
        A kind of ``masses.KINDS``.  A dilated duct in which the target would not lie becomes an
        irregular mass.
    """

    centre_mm: Array | None
    size_mm: tuple[float, float, float]
    margin: str
    kind: str = "oval"

    def __post_init__(self) -> None:
        """Refuse unknown words."""
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.margin not in MARGINS:
            raise ValueError(f"margin {self.margin!r} is none of {', '.join(MARGINS)}")


def make_patient(
    label: str,
    breast: BreastSpec,
    cluster: ClusterSpec,
    centre_mm: Array,
    masses: tuple[MassPlan, ...] = (),
    scattered: int = 0,
    benign: tuple[BenignPlan, ...] = (),
) -> VirtualPatient:
    """Make the patient whose lesion `cluster` grows about `centre_mm`, breast frame.

    All that is random is drawn from ``breast.seed``; `scattered` benign specks (cluster -1) and the
    findings `benign` lie elsewhere, and what they are leaves the target as it is.
    """
    seed = breast.seed
    supine = supine_map(breast)
    ducts = grow_ducts(breast, anatomy_parameters())
    target = grow_cluster(breast, ducts, cluster, centre_mm, rng=stream(seed, "cluster"))
    placed = []
    for number, plan in enumerate(masses):
        middle = target.centres_mm.mean(axis=0) if plan.centre_mm is None else plan.centre_mm
        mass = _grown_mass(supine, ducts, plan, middle, number, seed=seed)
        beside = not mass.holding(target.centres_mm).holds_target
        if plan.centre_mm is None and mass.kind == "dilated duct" and beside:
            solid = replace(plan, kind="irregular")
            mass = _grown_mass(supine, ducts, solid, middle, number, seed=seed)
        if plan.centre_mm is None and mass.kind != "dilated duct":
            target = _drawn_into(breast, target, mass.solid[:1], rng=stream(seed, "in mass"))
        placed.append(mass)
    parts = [(target, cluster.material, 0, "target")]
    if scattered:
        specks = scattered_specks(breast, scattered, target, rng=stream(seed, "scattered"))
        parts.append((specks, "hydroxyapatite", -1, "scattered"))
    if benign:
        site = Site(breast, ducts, grow_vessels(breast, vessel_parameters()))
        for number, one in enumerate(benign):
            taken = united([part[0] for part in parts])
            # Numbered within its kind: one finding more does not move those of other kinds.
            same = sum(other.kind == one.kind for other in benign[:number])
            rng = stream(seed, "benign", one.kind, same)
            grown = grow_benign(site, one, target.centres_mm, taken, rng=rng)
            parts.append((grown, benign_kinds()[one.kind].material, -1, one.kind))
    referral = write_referral(
        breast, supine, target.centres_mm, cluster.reported or cluster.morphology,
        cluster.reported_distribution,
    )  # fmt: skip
    return VirtualPatient(
        label, seed, breast, joined(parts), tuple(m.holding(target.centres_mm) for m in placed),
        referral, supine, cluster.morphology, cluster.reported_distribution,
    )  # fmt: skip


def _grown_mass(
    supine: SupineMap, ducts: DuctTree, plan: MassPlan, middle_mm: Array, number: int, *, seed: int
) -> Mass:
    """Return the mass that is planned as number `number`, about `middle_mm`."""
    if plan.kind == "dilated duct":
        return dilated_duct(supine, ducts, middle_mm, plan.size_mm)
    if plan.kind == "irregular":
        rng = stream(seed, "mass", number)
        return irregular_mass(supine, middle_mm, plan.size_mm, rng=rng)
    margin = "circumscribed" if plan.kind == "cyst" else plan.margin
    return mass_of_supine_size(supine, middle_mm, plan.size_mm, margin, plan.kind)


def _drawn_into(
    breast: BreastSpec, target: Ellipsoids, body: Ellipsoids, *, rng: np.random.Generator
) -> Ellipsoids:
    """Lay the specks of `target` into the inner 85 % of a mass's body, about as far apart as now.

    A mass that measures 3.6 mm in depth on the ultrasound table may be thinner than the cluster in
    the compressed breast, so the cluster takes the mass's proportions; of 40 turned ones the one
    whose extent comes nearest to that asked for is kept.  Where the mass reaches out of the breast
    and no turn keeps the specks in it, :class:`ValueError` is raised.
    """
    axes, middle = body.axes_mm[0], body.centres_mm[0]
    if (np.linalg.norm(np.linalg.solve(axes, (target.centres_mm - middle).T), axis=0) <= 1.0).all():
        return target
    radii, wanted = bounding_radii(target.axes_mm), extent_mm(target.centres_mm)
    offsets = target.centres_mm - target.centres_mm.mean(axis=0)
    offsets *= 0.85 / max(float(np.linalg.norm(offsets, axis=1).max()), 1e-9)
    best, least = target.centres_mm, np.inf
    for _ in range(40):
        turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        laid = offsets @ turn @ axes.T
        laid = apart(middle + laid * min(1.0, wanted / max(extent_mm(laid), 1e-9)), radii)
        if lacking_mm(breast, laid, radii).max() > 0.0:
            continue
        miss = abs(extent_mm(laid) - wanted) + 1e3 * float(overlapping(laid, radii))
        if miss < least:
            best, least = laid, miss
    if not np.isfinite(least):
        raise ValueError("the mass that is to hold the target reaches out of the breast here")
    return Ellipsoids(best, target.axes_mm)


def breast_place_mm(breast: BreastSpec, supine_mm: Array, *, nominal: bool) -> Array:
    """Return the breast-frame place (3,) of a supine place (3,).

    Parameters
    ----------
    breast : BreastSpec
        The breast.
    supine_mm : ndarray, shape (3,)
        Place in the supine frame.
    nominal : bool
        True for a place that was estimated from the mammogram, false for one that was found on the
        ultrasound table, where the random displacement has happened.

    Raises
    ------
    ValueError
        If the place is outside the breast.
    """
    supine = supine_map(breast)
    points = np.asarray(supine_mm, dtype=np.float64)[None]
    place: Array = (supine.nominal if nominal else supine).breast_from_supine(points)[0]
    if np.isnan(place).any():
        raise ValueError(f"{tuple(float(v) for v in supine_mm)} mm (supine) is outside the breast")
    return place
