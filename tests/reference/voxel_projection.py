"""Joseph's projector, ray by ray and slice by slice."""

import numpy as np


def project_slices(volume, origin, spacing, source, detector, out):
    """Walk along each ray and add the bilinear value of every slice."""
    nz, ny, nx = volume.shape
    u0, du, v0, dv, z = detector
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            end = np.array([u0 + c * du, v0 + r * dv, z])
            direction = end - source
            total = 0.0
            for k in range(nz):
                t = (origin[2] + k * spacing[2] - source[2]) / direction[2]
                x, y = ((source + t * direction - origin) / spacing)[:2]
                total += bilinear(volume[k], np.clip(y, 0, ny - 1), np.clip(x, 0, nx - 1))
            out[r, c] = total * spacing[2] * np.linalg.norm(direction) / abs(direction[2])


def bilinear(image, y, x):
    """Value of `image` at a fractional place inside it."""
    j, i = int(y), int(x)
    j1, i1 = min(j + 1, image.shape[0] - 1), min(i + 1, image.shape[1] - 1)
    b, a = y - j, x - i
    low = image[j, i] * (1 - a) + image[j, i1] * a
    high = image[j1, i] * (1 - a) + image[j1, i1] * a
    return low * (1 - b) + high * b
