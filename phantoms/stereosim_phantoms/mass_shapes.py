"""How masses grow: an ellipsoid, one with bulges and spicules, a stretch of duct."""

from __future__ import annotations

import numpy as np

from stereosim_phantoms.ducts import DuctTree
from stereosim_phantoms.masses import Mass, MassForm, mass_form
from stereosim_phantoms.shapes import frame_along
from stereosim_phantoms.solids import Array, Ellipsoids, united
from stereosim_phantoms.supine import SupineMap

Triple = tuple[float, float, float]


def mass_of_supine_size(
    supine: SupineMap,
    centre_mm: Array,
    size_mm: Triple,
    margin: str,
    kind: str = "oval",
) -> Mass:
    """Return the ellipsoid that measures `size_mm` on the ultrasound table, holding nothing yet.

    Parameters
    ----------
    supine : SupineMap
        The breast's map.
    centre_mm : ndarray, shape (3,)
        Centre in the breast frame.
    size_mm : tuple of float
        Full diameters along the supine x (transverse), y (craniocaudal) and z (depth).  The axes in
        the breast frame are these carried back by the inverse Jacobian at the centre.
    margin : {"circumscribed", "indistinct"}
        BI-RADS margin.
    kind : str
        A kind of ``masses.KINDS``.

    Raises
    ------
    ValueError
        If the centre is outside the breast.
    """
    centre = np.asarray(centre_mm, dtype=np.float64).reshape(1, 3)
    axes = np.diag(0.5 * np.asarray(size_mm))[None]
    solid = _carried_back(supine, centre, axes)
    if solid is None:
        raise ValueError(f"mass centre {np.round(centre[0], 1)} is outside the breast")
    return Mass(kind, solid, margin)


def irregular_mass(
    supine: SupineMap, centre_mm: Array, size_mm: Triple, *, rng: np.random.Generator
) -> Mass:
    """Return a mass of bulges and spicules about the ellipsoid that `size_mm` asks for.

    The ellipsoid is the body: what lies in it lies in the mass.  Some masses have their bulges
    above and below, and so are not parallel to the skin.
    """
    body = mass_of_supine_size(supine, centre_mm, size_mm, "indistinct", "irregular")
    form, half = mass_form(), 0.5 * np.asarray(size_mm)
    upright = rng.uniform() < form.upright_share
    centres, axes = _bulges(form, half, upright, rng=rng)
    spikes = _spicules(form, half, rng=rng)
    offsets = np.concatenate([centres, spikes[0]])
    middle = supine.supine_from_breast(body.solid.centres_mm)
    places = supine.breast_from_supine(middle + offsets)
    grown = _carried_back(supine, places, np.concatenate([axes, spikes[1]]))
    return body if grown is None else Mass("irregular", united([body.solid, grown]), "indistinct")


def dilated_duct(supine: SupineMap, ducts: DuctTree, centre_mm: Array, size_mm: Triple) -> Mass:
    """Return a stretch of the duct nearest to `centre_mm`, widened.

    Parameters
    ----------
    supine : SupineMap
        The breast's map.
    ducts : DuctTree
        The ducts of the breast.
    centre_mm : ndarray, shape (3,)
        Breast frame; the nearest duct is taken.
    size_mm : tuple of float
        Length along the duct, and its two widths (the mean is taken), on the ultrasound table.

    Raises
    ------
    ValueError
        If there is no duct.
    """
    if not len(ducts.capsules):
        raise ValueError("no duct to dilate")
    length, width = size_mm[0], 0.5 * (size_mm[1] + size_mm[2])
    line = supine.supine_from_breast(duct_line(ducts, centre_mm))
    line = line[np.isfinite(line).all(axis=1)]
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    middle = supine.supine_from_breast(np.asarray(centre_mm, dtype=np.float64)[None])[0]
    fine = np.arange(0.0, way[-1], 0.25)
    points = np.stack([np.interp(fine, way, line[:, a]) for a in range(3)], axis=1)
    nearest = fine[np.linalg.norm(points - middle, axis=1).argmin()]
    # Parts reach 1.5 times as far as they are apart: the tube narrows by 6 % between them.
    count = max(3, int(np.ceil(length / (0.5 * width))) - 2)
    pitch = length / (count + 2)
    # Where the duct ends within the length, the stretch slides along it.
    first = np.clip(nearest - 0.5 * length, 0.0, max(way[-1] - length, 0.0))
    places = first + pitch * (np.arange(count) + 1.5)
    places = places[places <= way[-1]]
    centres = np.stack([np.interp(places, way, line[:, a]) for a in range(3)], axis=1)
    step = 0.5 * pitch
    ends = [
        np.stack([np.interp(places + s, way, line[:, a]) for a in range(3)], axis=1)
        for s in (-step, step)
    ]
    axes = np.zeros((len(places), 3, 3))
    for k, heading in enumerate(ends[1] - ends[0]):
        across = np.linalg.svd(heading[None])[2]
        axes[k] = across.T * (1.5 * pitch, 0.5 * width, 0.5 * width)
    # The body comes first: the middle of the stretch.
    order = np.argsort(np.abs(places - places.mean()), kind="stable")
    solid = _carried_back(supine, supine.breast_from_supine(centres[order]), axes[order])
    if solid is None:
        raise ValueError("the duct to dilate is outside the breast")
    return Mass("dilated duct", solid, "circumscribed")


def duct_line(ducts: DuctTree, centre_mm: Array) -> Array:
    """Return the duct that passes nearest to `centre_mm` as points (n, 3) toward the nipple.

    It begins at the far end of the outermost branch that springs from the nearest capsule.
    """
    middle = 0.5 * (ducts.capsules[:, :3] + ducts.capsules[:, 3:6])
    distance = np.linalg.norm(middle - centre_mm, axis=1)
    distance[ducts.parents < 0] = np.inf
    index = int(distance.argmin())
    while len(children := np.flatnonzero(ducts.parents == index)):
        index = int(children[0])
    path = ducts.path_to_nipple(index)
    return np.concatenate([ducts.capsules[path[:1], 3:6], ducts.capsules[path, :3]])


def _bulges(
    form: MassForm, half: Array, upright: bool, *, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw bulges about the ellipsoid with the semi-axes `half`: offsets (n, 3), axes (n, 3, 3)."""
    count = int(rng.integers(form.lobes[0], form.lobes[1] + 1))
    ways = rng.standard_normal((count, 3))
    if upright:
        ways[:, 2] = np.where(np.arange(count) % 2, 1.0, -1.0) * (2.0 + np.abs(ways[:, 2]))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    radii = rng.uniform(*form.lobe_share, count) * half[0]
    return 0.85 * ways * half, np.eye(3) * radii[:, None, None]


def _spicules(form: MassForm, half: Array, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw spicules: thin ellipsoids that stand out of the body, offsets and axes."""
    count = int(rng.integers(form.spicules[0], form.spicules[1] + 1))
    ways = rng.standard_normal((count, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    surface = ways / np.sqrt(((ways / half) ** 2).sum(axis=1, keepdims=True))
    reach = rng.uniform(*form.spicule_share, count) * half[0]
    thick = rng.uniform(*form.spicule_mm, count)
    axes = np.zeros((count, 3, 3))
    for k in range(count):
        axes[k] = frame_along(ways[k], rng=rng) * (reach[k], 0.5 * thick[k], 0.5 * thick[k])
    return surface, axes


def _carried_back(supine: SupineMap, centres_mm: Array, axes: Array) -> Ellipsoids | None:
    """Return ellipsoids of supine axes (n, 3, 3) about breast-frame centres (n, 3), breast frame.

    Those whose centre is outside the breast are left out; None if all are.
    """
    jacobian = supine.jacobian(centres_mm)
    kept = np.isfinite(jacobian).all(axis=(1, 2))
    if not kept.any():
        return None
    carried: Array = np.linalg.inv(jacobian[kept]) @ axes[kept]
    return Ellipsoids(centres_mm[kept], carried)
