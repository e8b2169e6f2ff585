"""Small supine tissues for the tests of ultrasound."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim_phantoms.fields import VOLUMES

SMOOTH = replace(load_acoustics(), texture_db=0.0)


def slim_probe(name="l14-5", width_mm=12.8, **changes):
    """A probe of the catalogue with fewer elements, so that the frame is small."""
    probe = load_probe(name)
    return replace(probe, elements=round(width_mm / probe.pitch_mm), **changes)


def supine_box(
    half_width_mm=10.0,
    half_thickness_mm=4.0,
    depth_mm=31.0,
    h=0.4,
    mass_db=-8.0,
    mass_attenuation=0.75,
    tubes=(),
    **parts,
):
    """A box about the origin; `parts` give fractions as functions of (x, y, z).

    What is mass or fluid scatters `mass_db` against fat and attenuates by `mass_attenuation`.
    """
    sides = [
        np.arange(-half_width_mm, half_width_mm, h) + 0.5 * h,
        np.arange(-half_thickness_mm, half_thickness_mm, h) + 0.5 * h,
        np.arange(0.0, depth_mm, h) + 0.5 * h,
    ]
    z, y, x = np.meshgrid(*sides[::-1], indexing="ij")
    field = {name: np.zeros(x.shape, np.float32) for name in VOLUMES}
    field["inside"] += 1.0
    for name, part in parts.items():
        field[name] = np.asarray(part(x, y, z) * np.ones(x.shape), np.float32)
    filled = field["mass"] + field["fluid"]
    field["mass_power"], field["mass_attenuation"] = (
        np.asarray(filled * level, np.float32)
        for level in (10 ** (0.1 * mass_db), mass_attenuation)
    )
    return SimpleNamespace(
        origin_mm=np.array([side[0] for side in sides]),
        spacing_mm=h,
        tubes=np.reshape(tubes, (-1, 7)),
        **field,
    )


def fat(specks=(), radii=(), *, seed=1, acoustics=SMOOTH, **box):
    """Homogeneous fat with specks."""
    return Insonated.from_field(supine_box(**box), specks, radii, seed=seed, acoustics=acoustics)


def gland(specks=(), radii=(), *, seed=1, acoustics=SMOOTH, **box):
    """Homogeneous gland with specks."""
    everywhere = supine_box(gland=lambda x, y, z: 1.0, **box)
    return Insonated.from_field(everywhere, specks, radii, seed=seed, acoustics=acoustics)


def silent(specks=(), radii=(), **box):
    """No scatterers at all, and no noise if the probe has none: the specks alone."""
    tissue = fat(specks, radii, **box)
    return replace(tissue, backscatter=np.zeros_like(tissue.backscatter), _media={})
