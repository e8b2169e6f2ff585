"""Breasts of the screening cohort in a unit, with spheres in them, and how many are found."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stereosim.geometry import scout, stereo_pair
from stereosim.geometry.projection import project
from stereosim.geometry.triangulation import triangulate_many
from stereosim.imaging.detection import find_specks
from stereosim.imaging.materials import attenuation_per_mm
from stereosim.imaging.scene import Scene
from stereosim.imaging.spectra import load_tube
from stereosim.imaging.xray import XrayMachine
from stereosim_phantoms.cohort import draw_patient, load_cohort
from tests.xray_scenes import spheres

VOXEL_MM = 0.4
DIAMETERS_MM = (0.06, 0.08, 0.10, 0.12, 0.14, 0.155, 0.17, 0.185, 0.20, 0.225, 0.25, 0.33, 0.50)
MATERIALS = ("hydroxyapatite", "calcium_oxalate")
MATCH_MM = 0.3  # in the breast
SPACING_MM = 8.0


@lru_cache(maxsize=4)
def breasts(count, seed=11):
    """Patients of the cohort whose breast covers the window of a unit and fits under it."""
    cohort, found, index = load_cohort("screening"), [], 0
    while len(found) < count:
        patient = draw_patient(cohort, seed, index)
        breast, index = patient.breast, index + 1
        covers = breast.chest_to_nipple_mm > 85.0 and breast.half_width_mm > 60.0
        if covers and 30.0 < breast.thickness_mm < 80.0:
            found.append(patient)
    return tuple(found)


def tissue_of(patient, unit, reach_mm=33.0):
    """Voxels about the window; beyond them the tissue goes on as at the face."""
    y = unit.window_centre_y_mm
    lo = np.array([-reach_mm, max(y - reach_mm, 0.5), 0.0])
    hi = np.array([reach_mm, y + reach_mm, patient.breast.thickness_mm])
    return patient.tissue_field(lo, hi, VOXEL_MM)


def series_of(patient, unit, views, tissue=None):
    """An exposure series of each view, by the automatic exposure."""
    machine = XrayMachine(unit)
    tissue = tissue_of(patient, unit) if tissue is None else tissue
    breast = patient.breast
    exposure = machine.exposure(breast.thickness_mm, breast.glandular_fraction)
    return [machine.series(machine.background(tissue, view), exposure) for view in views]


def places(unit, thickness_mm, rng, inset_mm=3.0):
    """Points all over the window, SPACING_MM apart but for a shake, at any height."""
    half = 0.5 * unit.window_width_mm - inset_mm
    offsets = np.arange(-half, half + 1e-9, SPACING_MM)
    x, y = np.meshgrid(offsets, unit.window_centre_y_mm + offsets)
    points = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
    points[:, :2] += rng.uniform(-1.0, 1.0, (len(points), 2))
    points[:, 2] = rng.uniform(6.0, thickness_mm - 6.0, len(points))
    return points


@dataclass
class Tally:
    """Specks shown and found by (material, size), and marks that are none of them."""

    shown: np.ndarray
    found: np.ndarray
    false_marks: int = 0
    images: int = 0
    area_cm2: float = 0.0

    @property
    def rates(self):
        return self.found / np.maximum(self.shown, 1)

    @property
    def errors(self):
        """Standard error of each rate, with half a speck added to either side."""
        p = (self.found + 0.5) / (self.shown + 1.0)
        return np.sqrt(p * (1.0 - p) / np.maximum(self.shown, 1))


def detection(unit, patients, exposures, *, seed=3, diameters=DIAMETERS_MM):
    """Search images of single spheres in breasts.

    Parameters
    ----------
    unit : Unit
        Its scout view with automatic exposure.
    patients : sequence of VirtualPatient
        The backgrounds.
    exposures : int
        Images of each, every one with other spheres at other places.
    """
    kinds = [(m, d) for m in range(len(MATERIALS)) for d in range(len(diameters))]
    tally = Tally(*(np.zeros((len(MATERIALS), len(diameters)), int) for _ in range(2)))
    rng, view = np.random.default_rng(seed), scout(unit)
    deck = np.concatenate([rng.permutation(len(kinds)) for _ in range(200)])
    drawn = 0
    for patient in patients:
        (series,) = series_of(patient, unit, [view])
        thickness = patient.breast.thickness_mm
        for _ in range(exposures):
            points = places(unit, thickness, rng)
            kind = [kinds[k] for k in deck[drawn : drawn + len(points)]]
            drawn = (drawn + len(points)) % (len(deck) - 200)
            specks = spheres(points, [diameters[d] for _, d in kind])
            specks = type(specks)(
                specks.solids, tuple(MATERIALS[m] for m, _ in kind), specks.clusters
            )
            image = series.image(Scene(thickness, specks), rng=rng)
            count(tally, image, find_specks(image), points, kind, unit)
    return tally


def count(tally, image, candidates, points, kinds, unit):
    """Add one image to the tally; only marks inside the window count as false."""
    view = image.view
    marks = project(view, points)
    reach = MATCH_MM * view.source_mm[2] / (view.source_mm[2] - 30.0) / view.pitch_mm
    near = np.full((len(candidates), len(points)), np.inf)
    if len(candidates):
        near = np.hypot(*(candidates.pixels[:, None] - marks[None]).T).T
    hit = (near < reach).any(axis=0)
    for (material, size), seen in zip(kinds, hit, strict=True):
        tally.shown[material, size] += 1
        tally.found[material, size] += seen
    lo, hi = np.array(unit.window_lo_mm), np.array(unit.window_hi_mm)
    middle = np.array([[lo[0], lo[1], 30.0], [hi[0], hi[1], 30.0]])
    ends = np.sort(project(view, middle), axis=0)
    inside = ((candidates.pixels > ends[0]) & (candidates.pixels < ends[1])).all(axis=1)
    # A large speck may raise a second mark on its rim: that is no false place.
    tally.false_marks += int((inside & ~(near < 3 * reach).any(axis=1)).sum())
    tally.images += 1
    tally.area_cm2 += float(np.prod(hi - lo)) / 100.0


def half_point(diameters_mm, rates):
    """Diameter at which the rate crosses one half, between sizes on a log scale."""
    above = np.flatnonzero(np.asarray(rates) >= 0.5)[0]
    if above == 0:
        return float(diameters_mm[0])
    (d0, d1), (p0, p1) = diameters_mm[above - 1 : above + 1], rates[above - 1 : above + 1]
    return float(np.exp(np.interp(0.5, [p0, p1], np.log([d0, d1]))))


def anatomical_power(density, pitch_mm, size_mm=25.0):
    """Mean power spectrum of a log image over half-overlapping square regions, Hann window.

    Returns
    -------
    frequency_per_mm, power_mm2 : ndarray
        Radial bins of 1/size.
    """
    # Blocks of about 0.2 mm: the fit ends far below their Nyquist frequency.
    step = max(1, round(0.2 / pitch_mm))
    rows, columns = (n // step * step for n in density.shape)
    blocks = density[:rows, :columns].reshape(rows // step, step, columns // step, step)
    image, pitch = blocks.mean(axis=(1, 3)), pitch_mm * step
    size = round(size_mm / pitch)
    window = np.hanning(size + 2)[1:-1]
    window = np.outer(window, window)
    total, number = np.zeros((size, size)), 0
    for r in range(0, image.shape[0] - size + 1, size // 2):
        for c in range(0, image.shape[1] - size + 1, size // 2):
            part = image[r : r + size, c : c + size]
            total += np.abs(np.fft.fft2((part - part.mean()) * window)) ** 2
            number += 1
    power = total / number * pitch**2 / (window**2).sum()
    f = np.fft.fftfreq(size, pitch)
    radius = np.hypot(f[:, None], f[None, :])
    index = np.rint(radius * size * pitch).astype(int)
    count = np.bincount(index.ravel())
    frequency = np.bincount(index.ravel(), radius.ravel()) / count
    mean = np.bincount(index.ravel(), power.ravel()) / count
    return frequency[1 : size // 2], mean[1 : size // 2]


def exponent(frequency_per_mm, power, lo=0.15, hi=0.7):
    """Exponent beta of power = kappa / f^beta, fitted between two frequencies (1/mm)."""
    kept = (frequency_per_mm >= lo) & (frequency_per_mm <= hi)
    slope, _ = np.polyfit(np.log(frequency_per_mm[kept]), np.log(power[kept]), 1)
    return -slope


def log_image(series, unit, inset_mm=2.0):
    """Log image of the primary without noise, cut to the window, and its pitch."""
    view = series.background.view
    lo, hi = np.array(unit.window_lo_mm) + inset_mm, np.array(unit.window_hi_mm) - inset_mm
    ends = project(view, np.array([[lo[0], lo[1], 25.0], [hi[0], hi[1], 25.0]]))
    (c0, r0), (c1, r1) = np.sort(ends, axis=0).astype(int)
    return -np.log(series.primary[r0:r1, c0:c1]), view.pitch_mm


@dataclass
class Solved:
    """Specks found in both views of pairs: errors in space and in the images.

    Attributes
    ----------
    errors_mm : ndarray, shape (n, 3)
        Triangulated less true place, support frame.
    misses_mm : ndarray, shape (n, 2, 2)
        Found less true mark by view, along columns and rows of the detector.
    points_mm : ndarray, shape (n, 3)
        True places.
    shown : int
        Specks that were there.
    """

    errors_mm: np.ndarray
    misses_mm: np.ndarray
    points_mm: np.ndarray
    shown: int


def triangulated(unit, patients, exposures, *, diameter_mm, seed=4, inset_mm=6.0):
    """Image pairs of spheres in breasts, find them, pair them by truth and triangulate."""
    rng, views = np.random.default_rng(seed), stereo_pair(unit)
    points, marks, truths = [], [], []
    shown = 0
    for patient in patients:
        series = series_of(patient, unit, views)
        thickness = patient.breast.thickness_mm
        for _ in range(exposures):
            here = places(unit, thickness, rng, inset_mm)
            scene = Scene(thickness, spheres(here, diameter_mm))
            found, true = [], [project(view, here) for view in views]
            for view, one, mark in zip(views, series, true, strict=True):
                candidates = find_specks(one.image(scene, rng=rng)).pixels
                distance = np.hypot(*(candidates[:, None] - mark[None]).T).T
                best = distance.argmin(axis=0)
                near = distance[best, np.arange(len(mark))] < 0.5 * MATCH_MM / view.pitch_mm
                found.append(np.where(near[:, None], candidates[best], np.nan))
            both = ~np.isnan(found[0] + found[1]).any(axis=1)
            shown += len(here)
            points.append(here[both])
            marks.append(np.stack(found)[:, both])
            truths.append(np.stack(true)[:, both])
    marks, truths = (np.concatenate(part, axis=1) for part in (marks, truths))
    solved = triangulate_many(*views, *(np.ascontiguousarray(m) for m in marks))
    places_mm = np.concatenate(points)
    misses = (marks - truths).transpose(1, 0, 2) * unit.pitch_mm
    return Solved(solved.components_mm.T - places_mm, misses, places_mm, shown)


def closed_form(unit, sigma_mm, points_mm):
    """Root mean square errors (x, y, z) that errors of the marks, along columns and rows, make.

    From the geometry alone: the base between the two source positions, their height over the
    detector and the magnification of each point.
    """
    left, right = (view.source_mm for view in stereo_pair(unit))
    base, height = right[0] - left[0], left[2] + unit.detector_offset_mm
    x, y, z = points_mm.T + np.array([[0.0], [0.0], [unit.detector_offset_mm]])
    magnification = height / (height - z)
    along, down = sigma_mm
    z_error = np.sqrt(2.0) * along * height / (base * magnification**2)
    x_error = np.hypot(along / np.sqrt(2.0) / magnification, x / (height - z) * z_error)
    y_error = np.hypot(down / np.sqrt(2.0) / magnification, (y - left[1]) / (height - z) * z_error)
    return np.sqrt([(e**2).mean() for e in (x_error, y_error, z_error)])


def photon_budget(series, diameter_mm, material, anatomy, height_mm=25.0):
    """Signal to noise of a sphere for an observer that knows it and the noise spectrum.

    No image enters: contrast of the chords over the beam, scatter, sharpness and noise by
    frequency; `anatomy` is (kappa, beta) of the relative power kappa / f^beta, mm^2.

    Returns
    -------
    snr, place_mm : float
        Signal to noise at a known place, and the Cramer-Rao bound of a place along one axis of
        the detector.
    """
    machine, view = series.machine, series.background.view
    unit, detector = machine.unit, machine.detector
    middle = tuple(n // 2 for n in series.primary.shape)
    paths = series.background.paths_mm
    path = paths[:, paths.shape[1] // 2, paths.shape[2] // 2]
    beam = series.beam
    weight = beam.absorbed_kev * np.exp(-path @ beam.tissue_mu)
    weight /= weight.sum()
    mu = attenuation_per_mm(material, beam.energies_kev)
    tissue = beam.tissue_mu.T @ (path / path.sum())
    # The sphere's shadow on a grid that is fine and wide enough for the filters.
    step, size = 0.005, 512
    axis = step * (np.arange(size) - size / 2)
    height = height_mm + unit.detector_offset_mm
    magnified = unit.sid_mm / (unit.sid_mm - height)
    radius2 = (axis[:, None] ** 2 + axis[None, :] ** 2) / magnified**2
    chord = 2 * np.sqrt(np.clip((diameter_mm / 2) ** 2 - radius2, 0, None))
    lost = sum(w * -np.expm1(-(m - t) * chord) for w, m, t in zip(weight, mu, tissue, strict=True))
    primary, scatter = float(series.primary[middle]), float(series.scatter[middle])
    signal = np.fft.fft2(lost * primary / (primary + scatter)) * step**2
    fx = np.fft.fftfreq(size, step)
    f = np.hypot(fx[:, None], fx[None, :])
    sigma = load_tube().focal_spot_mm / 2.3548 * height / (unit.sid_mm - height)
    pitch = view.pitch_mm
    aperture = np.sinc(fx * pitch)[:, None] * np.sinc(fx * pitch)[None, :]
    layer = detector.layer_transfer(f)
    signal *= aperture * layer * np.exp(-2 * (np.pi * sigma * f) ** 2)
    energy = primary + scatter
    passed = layer**2 if detector.indirect else 1.0
    noise = series.quantum_kev / (energy * detector.swank) * passed
    noise = noise + (detector.electronic_noise_kev / pitch / energy) ** 2
    noise = noise + anatomy[0] / np.maximum(f, fx[1]) ** anatomy[1]
    seen = (np.abs(fx)[:, None] < 0.5 / pitch) & (np.abs(fx)[None, :] < 0.5 / pitch)
    information = np.abs(signal) ** 2 / noise * seen
    slope = (2 * np.pi * fx[None, :]) ** 2
    return tuple(
        float(np.sqrt((information * w).sum()) * fx[1]) ** p for w, p in ((1, 1), (slope, -1))
    )
