"""Photons through a breast, one interaction after the other: glandular dose without any table.

The breast is that of Dance: half a cylinder of 80 mm radius, 5 mm of adipose tissue on top, below
and round the curved side, and inside a homogeneous mixture by mass.  Photoelectric absorption,
Compton scatter with binding, Rayleigh scatter with form factors, all from xraylib; electrons stay
where they are made.  The way between interactions is sampled against the denser of the two tissues.
"""

import numpy as np
import xraylib

from stereosim.imaging.materials import load_materials, mass_coefficient

GRID = np.linspace(1.0, 40.0, 391)
MC2_KEV = 510.99895
RADIUS_MM, SHIELD_MM, FOCUS_MM = 80.0, 5.0, 650.0
LOWEST_KEV = 1.5
# 1/(4 pi) times h c in keV angstrom: momentum transfer x = E sin(theta/2) / HC, 1/angstrom.
HC = 12.39841984


class Tissue:
    """Cross sections per mm, and tables to sample scatter from."""

    def __init__(self, fractions, density):
        total = sum(fractions.values())
        self.w = {z: w / total for z, w in fractions.items()}
        self.density = density

        def per_mm(function):
            mass = [sum(w * function(z, e) for z, w in self.w.items()) for e in GRID]
            return np.array(mass) * density * 0.1

        self.photo, self.compton, self.rayleigh = map(
            per_mm, (xraylib.CS_Photo, xraylib.CS_Compt, xraylib.CS_Rayl)
        )
        self.total = self.photo + self.compton + self.rayleigh
        # Per molecule: n_i F_i^2 and n_i S_i against x.
        self.x = np.linspace(0.0, 1.1 * GRID[-1] / HC, 1200)
        atoms = {z: w / xraylib.AtomicWeight(z) for z, w in self.w.items()}
        form = sum(
            n * np.array([xraylib.FF_Rayl(z, x) for x in self.x]) ** 2 for z, n in atoms.items()
        )
        steps = 0.5 * (form[1:] + form[:-1]) * np.diff(self.x**2)
        self.form_cdf = np.concatenate([[0.0], np.cumsum(steps)])
        binding = sum(
            n * np.array([xraylib.SF_Compt(z, x) if x > 0 else 0.0 for x in self.x])
            for z, n in atoms.items()
        )
        self.binding = binding / sum(n * z for z, n in atoms.items())

    def at(self, name, energy):
        return np.interp(energy, GRID, getattr(self, name))

    def absorbed_per_g(self):
        """mu_en / rho on GRID: photoelectric and what Compton electrons carry away."""
        cosine = np.linspace(-1.0, 1.0, 401)
        share = []
        for e in GRID:
            ratio = 1.0 / (1.0 + e / MC2_KEV * (1.0 - cosine))
            weight = ratio**2 * (ratio + 1.0 / ratio - 1.0 + cosine**2)
            x = e * np.sqrt(0.5 * (1.0 - cosine)) / HC
            weight = weight * np.interp(x, self.x, self.binding)
            share.append((weight * (1.0 - ratio)).sum() / weight.sum())
        return (self.photo + self.compton * np.array(share)) / self.density


def tissues(glandular_percent):
    """Adipose tissue, gland, and their mixture by mass."""
    table = load_materials()

    def fractions(name):
        material = table[name]
        numbers = [xraylib.SymbolToAtomicNumber(s) for s in material.elements.split()]
        return dict(zip(numbers, material.mass_fractions, strict=True))

    fat, gland = fractions("adipose"), fractions("glandular")
    rho_fat, rho_gland = table["adipose"].density_g_cm3, table["glandular"].density_g_cm3
    f = glandular_percent / 100.0
    mixed = {z: f * gland.get(z, 0.0) + (1.0 - f) * fat.get(z, 0.0) for z in {*fat, *gland}}
    density = 1.0 / (f / rho_gland + (1.0 - f) / rho_fat)
    return Tissue(fat, rho_fat), Tissue(gland, rho_gland), Tissue(mixed, density)


def turned(direction, cosine, rng):
    """Directions after scatter by `cosine`, at any azimuth."""
    u, v, w = direction.T
    azimuth = rng.uniform(0.0, 2.0 * np.pi, len(u))
    sine = np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
    flat = np.sqrt(np.maximum(1.0 - w**2, 1e-12))
    a, b = sine * np.cos(azimuth), sine * np.sin(azimuth)
    steep = np.abs(w) > 0.999999
    x = np.where(steep, a, (u * w * a - v * b) / flat + u * cosine)
    y = np.where(steep, b, (v * w * a + u * b) / flat + v * cosine)
    z = np.where(steep, np.sign(w) * cosine, -flat * a + w * cosine)
    new = np.column_stack([x, y, z])
    return new / np.linalg.norm(new, axis=1, keepdims=True)


def compton_cosines(energy, tissue, rng):
    """Klein-Nishina times the incoherent scatter function, by rejection."""
    out, todo = np.empty(len(energy)), np.arange(len(energy))
    while len(todo):
        e = energy[todo]
        cosine = rng.uniform(-1.0, 1.0, len(e))
        ratio = 1.0 / (1.0 + e / MC2_KEV * (1.0 - cosine))
        chance = 0.5 * ratio**2 * (ratio + 1.0 / ratio - 1.0 + cosine**2)
        chance *= np.interp(e * np.sqrt(0.5 * (1.0 - cosine)) / HC, tissue.x, tissue.binding)
        good = rng.random(len(e)) < chance
        out[todo[good]] = cosine[good]
        todo = todo[~good]
    return out


def rayleigh_cosines(energy, tissue, rng):
    """Thomson times the squared form factor: x^2 from its table, then the angle by rejection."""
    out, todo = np.empty(len(energy)), np.arange(len(energy))
    while len(todo):
        e = energy[todo]
        top = np.interp((e / HC) ** 2, tissue.x**2, tissue.form_cdf)
        square = np.interp(rng.random(len(e)) * top, tissue.form_cdf, tissue.x**2)
        cosine = 1.0 - 2.0 * square / (e / HC) ** 2
        good = rng.random(len(e)) < 0.5 * (1.0 + cosine**2)
        out[todo[good]] = cosine[good]
        todo = todo[~good]
    return out


def dose_per_kerma(spectrum, thickness_mm, glandular_percent, photons, rng):
    """Mean glandular dose over incident air kerma (mGy/mGy), and its standard error."""
    fat, gland, mixed = tissues(glandular_percent)
    fluence = spectrum.fluence_mm2 / spectrum.fluence_mm2.sum()
    energies = spectrum.energies_kev
    energy = rng.choice(energies, photons, p=fluence)
    # Evenly over the top of the breast; a point source puts cos^3 of that on it.
    r, angle = RADIUS_MM * np.sqrt(rng.random(photons)), np.pi * rng.random(photons)
    place = np.column_stack([r * np.cos(angle), r * np.sin(angle), np.full(photons, thickness_mm)])
    way = place - [0.0, 0.0, FOCUS_MM]
    length = np.linalg.norm(way, axis=1)
    direction = way / length[:, None]
    weight = (-direction[:, 2]) ** 3
    absorbed_fat, absorbed_gland = fat.absorbed_per_g(), gland.absorbed_per_g()
    f = glandular_percent / 100.0
    share = f * absorbed_gland / (f * absorbed_gland + (1.0 - f) * absorbed_fat)
    number = np.arange(photons)
    deposit = np.zeros(photons)
    while len(number):
        majorant = np.maximum(fat.at("total", energy), mixed.at("total", energy))
        place = place + direction * (rng.exponential(size=len(energy)) / majorant)[:, None]
        beside = np.hypot(place[:, 0], place[:, 1])
        inside = (place[:, 2] > 0) & (place[:, 2] < thickness_mm)
        inside &= (place[:, 1] > 0) & (beside < RADIUS_MM)
        number, place, direction, energy, majorant, beside = (
            a[inside] for a in (number, place, direction, energy, majorant, beside)
        )
        core = (place[:, 2] > SHIELD_MM) & (place[:, 2] < thickness_mm - SHIELD_MM)
        core &= beside < RADIUS_MM - SHIELD_MM
        alive = np.ones(len(number), bool)
        draw = rng.random(len(number)) * majorant
        for tissue, here in ((mixed, core), (fat, ~core)):
            photo = tissue.at("photo", energy)
            compton = photo + tissue.at("compton", energy)
            rayleigh = compton + tissue.at("rayleigh", energy)
            absorbed = here & (draw < photo)
            inelastic = here & (draw >= photo) & (draw < compton)
            elastic = here & (draw >= compton) & (draw < rayleigh)
            lost = np.where(absorbed, energy, 0.0)
            cosine = compton_cosines(energy[inelastic], tissue, rng)
            left = energy[inelastic] / (1.0 + energy[inelastic] / MC2_KEV * (1.0 - cosine))
            lost[inelastic] = energy[inelastic] - left
            if tissue is mixed:
                deposit[number] += weight[number] * lost * np.interp(energy, GRID, share)
            direction[inelastic] = turned(direction[inelastic], cosine, rng)
            energy[inelastic] = left
            cosine = rayleigh_cosines(energy[elastic], tissue, rng)
            direction[elastic] = turned(direction[elastic], cosine, rng)
            alive &= ~absorbed
        alive &= energy > LOWEST_KEV
        number, place, direction, energy = (a[alive] for a in (number, place, direction, energy))
    area_mm2 = 0.5 * np.pi * RADIUS_MM**2
    inner = RADIUS_MM - SHIELD_MM
    volume_cm3 = 0.5 * np.pi * inner**2 * (thickness_mm - 2 * SHIELD_MM) * 1e-3
    gland_g = volume_cm3 * mixed.density * f
    # keV/g per photon over keV/g per photon: both per unit of fluence on the top.
    dose = deposit / gland_g
    kerma = (fluence * energies * mass_coefficient("air_absorption", energies)).sum()
    kerma *= 100.0 / area_mm2  # photons per cm^2 for each photon on the top
    return dose.mean() / kerma, dose.std() / np.sqrt(photons) / kerma
