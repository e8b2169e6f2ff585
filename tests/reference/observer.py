"""Search of images, slow and obvious."""

import math

import numpy as np


def ring_contrast(point, smooth, down, across, rank, out):
    """Sort the ring of every pixel."""
    rows, columns = point.shape
    for r, c in np.ndindex(point.shape):
        i = np.clip(r + down, 0, rows - 1)
        j = np.clip(c + across, 0, columns - 1)
        level = np.sort(smooth[i, j])[::-1][rank]
        out[r, c] = 10 * math.log10((point[r, c] + 1e-12) / (level + 1e-12))


def _radius(shape, columns, pitch):
    """Frequencies along y and x, and how far each sample lies from zero frequency."""
    fy = np.fft.fftfreq(shape[0], pitch)[:, None] + np.zeros(shape)
    fx = np.fft.rfftfreq(columns, pitch)[None, :] + np.zeros(shape)
    return fy, fx, np.hypot(fy, fx)


def ring_power(spectrum, columns, pitch, width, out):
    """Look at each ring of the whole plane in turn."""
    fy, fx, radius = _radius(spectrum.shape, columns, pitch)
    times = np.full(spectrum.shape, 2.0)
    times[:, 0] = 1.0
    if columns % 2 == 0:
        times[:, -1] = 1.0
    for k in range(len(out)):
        inside = (radius >= k * width) & (radius < (k + 1) * width)
        for column, value in enumerate(
            (1.0, np.abs(spectrum) ** 2, (2 * np.pi * fx) ** 2, (2 * np.pi * fy) ** 2)
        ):
            out[k, column] = (times * value * inside).sum()


def ring_filter(spectrum, columns, pitch, width, gains, out):
    """Sort the samples into rings."""
    _, _, radius = _radius(spectrum.shape, columns, pitch)
    out[...] = spectrum * gains[(radius / width).astype(int)]


def keep_strongest(response, noise, size, best):
    """Interpolate the noise along columns, then along rows."""
    rows, columns = response.shape
    centres = [(np.arange(n) + 0.5) * size - 0.5 for n in noise.shape]
    along = np.array([np.interp(np.arange(columns), centres[1], line) for line in noise])
    local = np.array([np.interp(np.arange(rows), centres[0], line) for line in along.T]).T
    response[...] = response / local
    best[...] = np.maximum(best, response)
