"""Simple tissues and specks for the tests of the X-ray chain."""

from dataclasses import dataclass

import numpy as np

from stereosim_phantoms.solids import Ellipsoids, Specks


@dataclass(frozen=True)
class Field:
    """Tissue on voxels, as the phantoms give it."""

    origin_mm: np.ndarray
    spacing_mm: float
    gland: np.ndarray
    skin: np.ndarray
    inside: np.ndarray


def spheres(centres, diameters, material="hydroxyapatite"):
    """Specks that are spheres."""
    centres = np.array(centres, dtype=float).reshape(-1, 3)
    radii = np.broadcast_to(np.asarray(diameters, dtype=float) / 2, (len(centres),))
    axes = np.eye(3) * radii[:, None, None]
    clusters = np.zeros(len(centres), np.int64)
    return Specks(Ellipsoids(centres, axes), (material,) * len(centres), clusters)


def slab(lo, hi, spacing, fraction=0.25):
    """A homogeneous breast in a box; the box may be a little larger than asked for, not in z."""
    lo, hi = np.asarray(lo, float), np.asarray(hi, float)
    counts = np.ceil((hi - lo) / spacing - 1e-9).astype(int)
    inside = np.ones(counts[::-1], np.float32)
    gland = np.full_like(inside, fraction)
    return Field(lo + spacing / 2, spacing, gland, np.zeros_like(inside), inside)


def cloudy(lo, hi, spacing, *, rng, exponent=3.0):
    """Fat and gland with a power-law texture, as rough as breasts are."""
    plain = slab(lo, hi, spacing)
    shape = plain.inside.shape
    f = np.sqrt(
        np.fft.fftfreq(shape[0])[:, None, None] ** 2
        + np.fft.fftfreq(shape[1])[None, :, None] ** 2
        + np.fft.rfftfreq(shape[2])[None, None, :] ** 2
    )
    f[0, 0, 0] = np.inf
    noise = np.fft.rfftn(rng.standard_normal(shape)) * f ** (-exponent / 2)
    texture = np.fft.irfftn(noise, s=shape, axes=(0, 1, 2))
    gland = np.clip(0.3 + 0.3 * texture / texture.std(), 0, 1).astype(np.float32)
    return Field(plain.origin_mm, spacing, gland, plain.skin, plain.inside)
