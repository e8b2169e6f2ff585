"""Tissue at one point, in NumPy and in the words of the model; breast as in the kernels."""

import numpy as np
from scipy.ndimage import map_coordinates

from stereosim_phantoms.kernels import tissue as names


def smooth(t):
    t = np.clip(t, 0, 1)
    return 3 * t**2 - 2 * t**3


def spline(coefficients, place):
    """SciPy's quadratic spline of the coefficients (z, y, x) at the place (x, y, z) in nodes."""
    return map_coordinates(
        coefficients.astype(float), np.array(place)[::-1, None], order=2, prefilter=False
    )[0]


def slow_fields(lattice, frame, point):
    """The four slow fields."""
    return [spline(lattice[..., f], (point - frame[:3]) / frame[3:]) for f in range(4)]


def texture_at(texture, weave, point):
    """The texels about the place, found by undoing the twisted repeats, then SciPy's spline."""
    _, y, z = point
    place = weave @ [*point, 1.0, y * y, y * z, z * z]
    low = np.floor(place).astype(int) - 3
    nc, nb, na = texture.shape
    patch = np.empty((7, 7, 7))
    for k, j, i in np.ndindex(patch.shape):
        a, b, c = low + np.array([i, j, k])
        while b < 0 or b >= nb:
            b, a = (b - nb, a + names.TWIST_B) if b >= nb else (b + nb, a - names.TWIST_B)
        while c < 0 or c >= nc:
            c, a = (c - nc, a + names.TWIST_C) if c >= nc else (c + nc, a - names.TWIST_C)
        patch[k, j, i] = texture[c, b, a % na]
    return spline(patch, place - low)


def skin_distance(shape, point):
    """Distance to the nearer of support, paddle and the rim: level of the implicit over slope."""
    thickness, edge = shape[names.T], shape[names.RHO] * shape[names.Y0]

    def level(place):
        """1 on the rim, and in proportion to the distance from the axis."""
        x, y, z = place
        v = np.clip(2 * z / thickness - 1, -0.999, 0.999)
        inset = edge * (1 - np.sqrt(1 - v * v))
        return np.hypot(x / (shape[names.HALF] - inset), y / (shape[names.Y0] - inset))

    place = np.array([point[0], max(point[1], 0.0), point[2]])
    # The slope along z has its stop where v has: so it is taken there.
    place[2] = np.clip(place[2], 0.0005 * thickness, 0.9995 * thickness)
    steps = 1e-6 * np.eye(3)
    steps[2, 2] *= np.sign(thickness / 2 - place[2])
    slope = [(level(place + d) - level(place - d * (d[2] == 0))) for d in steps]
    slope = np.linalg.norm(np.array(slope) / (2e-6, 2e-6, 1e-6))
    return min(point[2], thickness - point[2], (1 - level(place)) / slope)


def skin_distances(points, shape, result):
    for n, point in enumerate(points):
        result[n] = skin_distance(shape, point)


def tube_fraction(point, h, tubes):
    """Every tube is tried; no cells."""
    best = 0.0
    for tube in tubes:
        start, way = tube[:3], tube[3:6]
        t = np.clip(np.dot(point - start, way) / np.dot(way, way), 0, 1)
        radius = tube[7] + t * tube[8]
        wide = max(radius, 0.48 * h)
        full = min(1.0, np.pi * radius**2 / (np.pi * (wide**2 + h**2 / 12)))
        depth = wide - np.linalg.norm(point - start - t * way)
        best = max(best, full * np.clip(depth / h + 0.5, 0, 1))
    return best


def mass_fraction(point, h, masses):
    """Fraction, and the row of the part that fills most of the voxel."""
    best, most = 0.0, np.zeros(names.MASS_COLUMNS)
    for row in masses:
        inverse = row[3:12].reshape(3, 3)
        local = inverse @ (point - row[:3])
        q = np.linalg.norm(local)
        if q > 3:
            continue
        slope = np.linalg.norm(inverse.T @ local / q) if q > 1e-9 else 0.0
        edge = max(h, row[names.M_EDGE])
        part = np.clip((1 - q) / slope / edge + 0.5, 0, 1) if slope else 1.0
        if part > best:
            best, most = part, row
    return best, most


def ligament_fraction(point, h, shape, lattice, frame):
    """Distance from the zero of the sheet field by its value and slope at the place."""
    value = slow_fields(lattice, frame, point)[names.SHEET]
    step = 1e-5
    slope = [
        (
            slow_fields(lattice, frame, point + d)[names.SHEET]
            - slow_fields(lattice, frame, point - d)[names.SHEET]
        )
        / (2 * step)
        for d in step * np.eye(3)
    ]
    steep = np.linalg.norm(slope) + 1e-6
    thick = shape[names.LIGAMENT] * smooth(steep / shape[names.LIGAMENT_SLOPE] - 0.7)
    distance = value / steep
    low, high = max(distance - h / 2, -thick / 2), min(distance + h / 2, thick / 2)
    return max(high - low, 0.0) / h


def parenchyma(point, depth, shape, lattice, frame, texture, weave):
    drive, fat, behind, _ = slow_fields(lattice, frame, point)
    envelope = smooth((depth - 0.6 * fat - shape[names.SKIN]) / max(0.8 * fat, 0.5))
    envelope *= smooth(behind - 0.4)
    return drive + shape[names.S_TEXTURE] * texture_at(texture, weave, point), envelope


def tissue(point, h, breast, masses):
    shape, lattice, frame, texture, weave, tubes = breast[:6]
    ducts = int(shape[names.DUCTS])
    out = np.zeros(names.POINT_COLUMNS)
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
    mass, part = mass_fraction(point, h, masses)
    gland, ligament, vessel = shape[names.PLAIN_GLAND], 0.0, 0.0
    if not shape[names.PLAIN]:
        drive, envelope = parenchyma(point, depth, shape, lattice, frame, texture, weave)
        above = max((drive - shape[names.THRESHOLD]) / shape[names.SOFT] + 0.5, 0.0)
        dense = envelope * above**2 / (above**2 + 1)
        gland = 1 - (1 - dense) * (1 - tube_fraction(point, h, tubes[:ducts]))
        ligament = (1 - gland) * ligament_fraction(point, h, shape, lattice, frame)
        vessel = tube_fraction(point, h, tubes[ducts:])
        out[6:8] = drive, envelope
    rest = core * (1 - mass)
    out[2:5] = gland * rest, ligament * rest, core * mass
    out[5] = rest * (1 - (1 - gland - ligament) * (1 - vessel)) + part[names.M_GLAND] * out[4]
    out[9] = vessel
    columns = [names.M_FLUID, names.M_POWER, names.M_ATTENUATION, names.M_WALLED]
    out[[8, 10, 11, 12]] = out[4] * part[columns]
    return out


def tissue_points(points, spacing, breast, masses, result):
    for n, point in enumerate(points):
        result[n] = 0.0 if np.isnan(point).any() else tissue(point, spacing, breast, masses)


def tissue_box(lo, spacing, breast, masses, gland, skin, inside):
    for k, j, i in np.ndindex(gland.shape):
        found = tissue(lo + spacing * np.array([i, j, k]), spacing, breast, masses)
        gland[k, j, i], skin[k, j, i], inside[k, j, i] = found[5], found[1], found[0]
