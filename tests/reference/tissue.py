"""Tissue at one point, in NumPy and in the words of the model; breast as in the kernels."""

import numpy as np
from scipy.ndimage import map_coordinates

from stereosim_phantoms.kernels import tissue as names


def smooth(t):
    t = np.clip(t, 0, 1)
    return 3 * t**2 - 2 * t**3


def texels(affine, point):
    return affine[:, :3] @ point + affine[:, 3]


def noise(tile, affine, point):
    """SciPy's linear interpolation of the periodic tile."""
    place = texels(affine, point)[::-1] % tile.shape[0]
    return map_coordinates(tile.astype(float), place[:, None], order=1, mode="grid-wrap")[0]


def skin_distance(shape, point):
    """Distance to the nearer of support, paddle and the tangent plane of the front."""
    x, y, z = point
    thickness, reach, half, rho = (
        shape[names.T],
        shape[names.Y0],
        shape[names.HALF],
        shape[names.RHO],
    )
    if abs(x) >= half:
        return -1e9

    def front(x, v):
        return reach * np.sqrt(1 - (x / half) ** 2) * (1 - rho * (1 - np.sqrt(1 - v * v)))

    v = np.clip(2 * z / thickness - 1, -0.999999, 0.999999)
    slope_x = -reach * x / (half**2 * np.sqrt(1 - (x / half) ** 2)) * front(0, v) / reach
    slope_z = -rho * front(x, 0) * v / np.sqrt(1 - v * v) * 2 / thickness
    return min(z, thickness - z, (front(x, v) - y) / np.linalg.norm([1, slope_x, slope_z]))


def skin_distances(points, shape, result):
    for n, point in enumerate(points):
        result[n] = skin_distance(shape, point)


def duct_fraction(point, h, ducts):
    """Every capsule is tried; no cells."""
    best = 0.0
    for duct in ducts:
        start, way = duct[:3], duct[3:6]
        t = np.clip(np.dot(point - start, way) / np.dot(way, way), 0, 1)
        radius = duct[7] + t * duct[8]
        wide = max(radius, 0.48 * h)
        full = min(1.0, np.pi * radius**2 / (np.pi * (wide**2 + h**2 / 12)))
        depth = wide - np.linalg.norm(point - start - t * way)
        best = max(best, full * np.clip(depth / h + 0.5, 0, 1))
    return best


def mass_fraction(point, h, masses):
    best, gland = 0.0, 0.0
    for row in masses:
        inverse = row[3:12].reshape(3, 3)
        local = inverse @ (point - row[:3])
        q = np.linalg.norm(local)
        if q > 3:
            continue
        slope = np.linalg.norm(inverse.T @ local / q) if q > 1e-9 else 0.0
        part = np.clip((1 - q) / slope / max(h, row[13]) + 0.5, 0, 1) if slope else 1.0
        if part > best:
            best, gland = part, row[12]
    return best, gland


def ligament_fraction(point, h, shape, affine, band):
    """Distance of the zero level from the value and the slope of the noise in this texel."""
    place, size = texels(affine, point), band.shape[0]
    base = np.floor(place).astype(int)
    u = place - base
    corner = np.empty((2, 2, 2))
    for index in np.ndindex(2, 2, 2):
        corner[index] = band[tuple((base[::-1] + index) % size)]
    weights = [np.array([1 - t, t]) for t in u[::-1]]
    difference = np.array([-1.0, 1.0])
    value = np.einsum("kji,k,j,i", corner, *weights)
    slope = np.array(
        [
            np.einsum("kji,k,j,i", corner, weights[0], weights[1], difference),
            np.einsum("kji,k,j,i", corner, weights[0], difference, weights[2]),
            np.einsum("kji,k,j,i", corner, difference, weights[1], weights[2]),
        ]
    )
    steep = np.linalg.norm(affine[:, :3].T @ slope) + 1e-6
    thick = shape[names.LIGAMENT] * smooth(steep / shape[names.LIGAMENT_SLOPE] - 0.5)
    distance = value / steep
    low, high = max(distance - h / 2, -thick / 2), min(distance + h / 2, thick / 2)
    return max(high - low, 0.0) / h


def parenchyma(point, depth, shape, affines, coarse, fine, band):
    slow = noise(coarse, affines[0], point)
    to_nipple = np.array([point[0], shape[names.Y0] + 5 - point[1], point[2] - shape[names.T] / 2])
    r = np.linalg.norm(to_nipple)
    polar = np.array([*(shape[names.STRAND_MM] * to_nipple[[0, 2]] / r), r])
    strand = noise(band, affines[3], polar)
    fat = shape[names.SUBCUTANEOUS] * (1 + shape[names.SCALLOP] * (slow + strand))
    envelope = smooth((depth - 0.6 * fat - shape[names.SKIN]) / max(0.8 * fat, 0.5))
    off = np.array(
        [
            (point[0] - shape[names.LATERAL]) / (0.8 * shape[names.HALF]),
            (point[1] - 0.48 * shape[names.Y0]) / (0.55 * shape[names.Y0]),
            np.sqrt(0.5) * to_nipple[2] / (0.5 * shape[names.T]),
        ]
    )
    back = (
        shape[names.RETRO] * (1 + off[0] ** 2) * (1 + 1.5 * shape[names.SCALLOP] * (slow - strand))
    )
    envelope *= smooth(point[1] / max(back, 1.0) - 0.4)
    drive = (
        shape[names.S_COARSE] * slow
        + shape[names.S_STRAND] * strand
        - shape[names.PRIOR] * np.dot(off, off)
    )
    return drive + shape[names.S_FINE] * noise(fine, affines[1], point), envelope


def tissue(point, h, breast, masses):
    shape, affines, coarse, fine, band, ducts = breast[:6]
    out = np.zeros(8)
    depth = skin_distance(shape, point)
    chest = np.clip(point[1] / h + 0.5, 0, 1)
    inside = np.clip(depth / h + 0.5, 0, 1) * chest
    nipple = shape[names.NIPPLE]
    if nipple > 0 and point[1] > shape[names.Y0] - 2 * nipple and abs(point[0]) < 2 * nipple:
        away = [point[0], max(point[1] - shape[names.Y0], 0), point[2] - shape[names.T] / 2]
        inside = max(inside, np.clip((nipple - np.linalg.norm(away)) / h + 0.5, 0, 1))
    core = min(np.clip((depth - shape[names.SKIN]) / h + 0.5, 0, 1) * chest, inside)
    out[:2] = inside, inside - core
    if core <= 0:
        return out
    mass, mass_gland = mass_fraction(point, h, masses)
    gland, ligament = shape[names.PLAIN_GLAND], 0.0
    if not shape[names.PLAIN]:
        drive, envelope = parenchyma(point, depth, shape, affines, coarse, fine, band)
        above = max((drive - shape[names.THRESHOLD]) / shape[names.SOFT] + 0.5, 0.0)
        dense = envelope * above**2 / (above**2 + 1)
        gland = 1 - (1 - dense) * (1 - duct_fraction(point, h, ducts))
        ligament = (1 - gland) * ligament_fraction(point, h, shape, affines[2], band)
        out[6:] = drive, envelope
    rest = core * (1 - mass)
    out[2:5] = gland * rest, ligament * rest, core * mass
    out[5] = out[2] + out[3] + mass_gland * out[4]
    return out


def tissue_points(points, spacing, breast, masses, result):
    for n, point in enumerate(points):
        result[n] = 0.0 if np.isnan(point).any() else tissue(point, spacing, breast, masses)


def tissue_box(lo, spacing, breast, masses, gland, skin, inside):
    for k, j, i in np.ndindex(gland.shape):
        found = tissue(lo + spacing * np.array([i, j, k]), spacing, breast, masses)
        gland[k, j, i], skin[k, j, i], inside[k, j, i] = found[5], found[1], found[0]


def duct_cells(ducts, margin, cells, counts):
    """Sets of capsules by cell that come within `margin` of any of many places in the cell."""
    lists = []
    share = np.linspace(0, 1, 7)
    for k, j, i in np.ndindex(*(int(c) for c in counts[::-1])):
        near = set()
        for a in np.array(np.meshgrid(share, share, share)).reshape(3, -1).T:
            place = cells[:3] + cells[3] * (np.array([i, j, k]) + a)
            start, way = ducts[:, :3], ducts[:, 3:6]
            t = np.clip(((place - start) * way).sum(1) / (way * way).sum(1), 0, 1)
            gap = np.linalg.norm(place - start - t[:, None] * way, axis=1)
            near |= set(
                np.flatnonzero(
                    gap < np.maximum(ducts[:, 7], ducts[:, 7] + ducts[:, 8]) + margin
                ).tolist()
            )
        lists.append(near)
    return lists
