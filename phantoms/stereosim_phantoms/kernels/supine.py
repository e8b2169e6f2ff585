"""The way between the compressed breast and the supine one, point by point.

Serves :mod:`stereosim_phantoms.supine`, which explains the map.  ``shape`` (6,): thickness T,
chest-to-nipple Y0, half width, roundness rho, supine width W0 and height H0 at x = 0.
``waves`` (n, 8): shear direction (2), wave vector (3), phase, sine of the phase, amplitude (mm).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stereosim_phantoms.kernels._jit import njit

QUARTER = 0.25 * math.pi
SURFACE = 1.0 + 1e-9
# Points whose waves are undone together.
BLOCK = 64


@njit
def _area(v: float, rho: float) -> float:
    """Carry v in [-1, 1] to the share of the section's area below it, scaled to [-1, 1]."""
    root = math.sqrt(max(1.0 - v * v, 0.0))
    return ((1.0 - rho) * v + 0.5 * rho * (v * root + math.asin(v))) / (1.0 - rho + rho * QUARTER)


@njit
def _height(w: float, rho: float) -> float:
    """Invert :func:`_area` by Newton's method kept inside a shrinking bracket."""
    norm = 1.0 - rho + rho * QUARTER
    low, high, v = -1.0, 1.0, min(max(w, -1.0), 1.0)
    for _ in range(60):
        error = _area(v, rho) - w
        if error > 0.0:
            high = v
        else:
            low = v
        if abs(error) < 1e-15:
            break
        step = v - error * norm / (1.0 - rho + rho * math.sqrt(max(1.0 - v * v, 0.0)))
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - v) < 1e-15:
            break
        v = step
    return v


@njit
def _sine(a: float) -> float:
    """Sine of an angle of some turns, to 1e-13: several at once, which the library's cannot be."""
    k = np.floor(a * (1.0 / math.pi) + 0.5)  # of no number none, unlike math.floor
    r = a - k * math.pi
    q = r * r
    tail = 1.0 / 6227020800.0 + q * (-1.0 / 1307674368000.0 + q / 355687428096000.0)
    tail = 1.0 / 362880.0 + q * (-1.0 / 39916800.0 + q * tail)
    tail = 1.0 + q * (-1.0 / 6.0 + q * (1.0 / 120.0 + q * (-1.0 / 5040.0 + q * tail)))
    sign = 1.0 - 2.0 * (k - 2.0 * np.floor(0.5 * k))
    return float(sign * r * tail)


@njit
def _unwaved(points: Any, first: int, waves: Any, block: Any) -> None:
    """Fill `block` (3, BLOCK) with `points` from `first` on, waves undone."""
    count = min(BLOCK, points.shape[0] - first)
    x, y, z = block[0], block[1], block[2]
    for n in range(count):
        x[n], y[n], z[n] = points[first + n, 0], points[first + n, 1], points[first + n, 2]
    for i in range(waves.shape[0] - 1, -1, -1):
        ax, ay, kx, ky, kz = waves[i, 0], waves[i, 1], waves[i, 2], waves[i, 3], waves[i, 4]
        phase, rest, size = waves[i, 5], waves[i, 6], waves[i, 7]
        for n in range(count):
            shift = size * (_sine(kx * x[n] + ky * y[n] + kz * z[n] + phase) - rest)
            x[n] -= ax * shift
            y[n] -= ay * shift


@njit
def supine_from_breast(points: Any, shape: Any, waves: Any, result: Any) -> None:
    """Fill `result` (n, 3) with the supine places of breast `points` (n, 3); NaN outside."""
    rho = shape[3]
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        result[n, :] = np.nan
        xi, v = x / shape[2], 2.0 * z / shape[0] - 1.0
        if not (abs(xi) < 1.0 and abs(v) <= SURFACE and y >= -1e-9):
            continue
        v = min(max(v, -1.0), 1.0)
        edge = 1.0 - rho * (1.0 - math.sqrt(1.0 - v * v))
        root = math.sqrt(1.0 - xi * xi)
        u = max(y, 0.0) / (shape[1] * root * edge)
        if u > SURFACE:
            continue
        w = _area(v, rho)
        radius = min(max(u, abs(w)), 1.0)
        if radius == 0.0:
            angle = 0.0
        elif u >= abs(w):
            angle = QUARTER * w / u
        else:
            angle = math.copysign(2.0 * QUARTER - QUARTER * u / abs(w), w)
        up, side = radius * math.cos(angle), radius * math.sin(angle)
        scale = math.sqrt(root)
        ys = 0.5 * shape[4] * scale * side
        depth = shape[5] * scale * (math.sqrt(max(1.0 - side * side, 0.0)) - up)
        for i in range(waves.shape[0]):
            wave = waves[i]
            shift = wave[7] * (
                math.sin(wave[2] * x + wave[3] * ys + wave[4] * depth + wave[5]) - wave[6]
            )
            x += wave[0] * shift
            ys += wave[1] * shift
        result[n, 0], result[n, 1], result[n, 2] = x, ys, depth


@njit
def breast_from_supine(points: Any, shape: Any, waves: Any, result: Any) -> None:
    """Fill `result` (n, 3) with the breast places of supine `points` (n, 3); NaN outside."""
    rho = shape[3]
    block = np.empty((3, BLOCK))
    for n in range(points.shape[0]):
        if n % BLOCK == 0:
            _unwaved(points, n, waves, block)
        x, ys, depth = block[0, n % BLOCK], block[1, n % BLOCK], block[2, n % BLOCK]
        result[n, :] = np.nan
        xi = x / shape[2]
        if not abs(xi) < 1.0:
            continue
        root = math.sqrt(1.0 - xi * xi)
        scale = math.sqrt(root)
        side = ys / (0.5 * shape[4] * scale)
        if abs(side) > SURFACE:
            continue
        up = math.sqrt(max(1.0 - side * side, 0.0)) - depth / (shape[5] * scale)
        radius = math.sqrt(up * up + side * side)
        if up < -1e-9 or radius > SURFACE:
            continue
        radius = min(radius, 1.0)
        angle = math.atan2(side, max(up, 0.0))
        if abs(angle) <= QUARTER:
            u, w = radius, radius * angle / QUARTER
        else:
            u, w = radius * (2.0 - abs(angle) / QUARTER), math.copysign(radius, angle)
        v = _height(w, rho)
        edge = 1.0 - rho * (1.0 - math.sqrt(max(1.0 - v * v, 0.0)))
        result[n, 0] = x
        result[n, 1] = u * shape[1] * root * edge
        result[n, 2] = 0.5 * shape[0] * (1.0 + v)


@njit
def supine_jacobian(points: Any, shape: Any, waves: Any, result: Any) -> None:
    """Fill `result` (n, 3, 3) with the derivative of the supine place by the breast place.

    NaN outside the breast and on its surface, where the roundness of the front edge is vertical.
    """
    rho = shape[3]
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        jac = result[n]
        jac[:, :] = np.nan
        xi, v = x / shape[2], 2.0 * z / shape[0] - 1.0
        if not (abs(xi) < 1.0 and abs(v) < 1.0 and y >= 0.0):
            continue
        bend, root = math.sqrt(1.0 - v * v), math.sqrt(1.0 - xi * xi)
        edge = 1.0 - rho * (1.0 - bend)
        front = shape[1] * root * edge
        u, w = y / front, _area(v, rho)
        if u >= 1.0 or (u == 0.0 and w == 0.0):
            continue
        # u and w by x, y, z
        ux, uy, uz = (
            u * xi / (shape[2] * root * root),
            1.0 / front,
            u * rho * v / (bend * edge) * 2.0 / shape[0],
        )
        wz = edge / (1.0 - rho + rho * QUARTER) * 2.0 / shape[0]
        # height and side in the half disc by u and w
        if u >= abs(w):
            angle = QUARTER * w / u
            cos, sin = math.cos(angle), math.sin(angle)
            up, side = u * cos, u * sin
            cu, cw, su, sw = cos + angle * sin, -QUARTER * sin, sin - angle * cos, QUARTER * cos
        else:
            sign, radius = math.copysign(1.0, w), abs(w)
            angle = sign * (2.0 * QUARTER - QUARTER * u / radius)
            cos, sin = math.cos(angle), math.sin(angle)
            up, side = radius * cos, radius * sin
            cu, cw = sign * sin * QUARTER, sign * cos - QUARTER * u / radius * sin
            su, sw = -sign * cos * QUARTER, sign * sin + QUARTER * u / radius * cos
        scale = math.sqrt(root)
        growth = -0.5 * xi / (shape[2] * root * root)  # derivative of log(scale) by x
        width, height = 0.5 * shape[4] * scale, shape[5] * scale
        dome = math.sqrt(1.0 - side * side)
        ys, depth = width * side, height * (dome - up)
        jac[0, 0], jac[0, 1], jac[0, 2] = 1.0, 0.0, 0.0
        sx, sy, sz = su * ux, su * uy, su * uz + sw * wz
        cx, cy, cz = cu * ux, cu * uy, cu * uz + cw * wz
        jac[1, 0], jac[1, 1], jac[1, 2] = width * sx + growth * ys, width * sy, width * sz
        slope = side / dome
        jac[2, 0] = -height * (slope * sx + cx) + growth * depth
        jac[2, 1], jac[2, 2] = -height * (slope * sy + cy), -height * (slope * sz + cz)
        for i in range(waves.shape[0]):
            wave = waves[i]
            phase = wave[2] * x + wave[3] * ys + wave[4] * depth + wave[5]
            shift, rate = wave[7] * (math.sin(phase) - wave[6]), wave[7] * math.cos(phase)
            for column in range(3):
                turn = rate * (
                    wave[2] * jac[0, column] + wave[3] * jac[1, column] + wave[4] * jac[2, column]
                )
                jac[0, column] += wave[0] * turn
                jac[1, column] += wave[1] * turn
            x += wave[0] * shift
            ys += wave[1] * shift
