"""Images: geometry, contrast, blur, noise and exposure as measured in the pixels."""

import numpy as np
import pytest

from stereosim.geometry import load_units, scout, stereo_pair
from stereosim.geometry.projection import back_project, project
from stereosim.geometry.triangulation import triangulate_many
from stereosim.imaging.density import density
from stereosim.imaging.detectors import load_detectors
from stereosim.imaging.display import PRESETS, presentation
from stereosim.imaging.rendering import solid_boxes, transmission, windows
from stereosim.imaging.scene import Needle, Notch, Scene, field_box, marker_clip, solid_arrays
from stereosim.imaging.spectra import load_tube
from stereosim.imaging.xray import XrayMachine
from tests.xray_scenes import Field, slab, spheres

UNITS = load_units()
NEEDLE = Needle(np.array([2.0, 30.0, 12.0]), np.array([0.0, 0.0, -1.0]), 80.0, 3.05)


def machine(name="upright-hologic"):
    return XrayMachine(UNITS[name])


def plain(m, view, thickness=45.0, gland=0.25, *, exposure=None):
    exposure = m.exposure(thickness, gland) if exposure is None else exposure
    return m.series(m.slab_background(view, thickness, gland), exposure)


def centroids(change, marks, radius):
    """Centre of mass of `change` round each of `marks` (column, row)."""
    found = []
    for column, row in np.rint(marks).astype(int):
        r, c = np.mgrid[row - radius : row + radius + 1, column - radius : column + radius + 1]
        weight = np.clip(change[r, c], 0, None)
        found.append([(weight * c).sum() / weight.sum(), (weight * r).sum() / weight.sum()])
    return np.array(found)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_the_image_of_a_speck_triangulates_to_its_place(name):
    unit, m = UNITS[name], machine(name)
    reach = 4.0 if unit.patient == "prone" else 20.0
    y = unit.window_centre_y_mm + np.array([-14.0, 0.0, 14.0])
    points = np.array([[x, v, z] for x in (-reach, reach) for v in y for z in (4.0, 36.0)])
    points += np.random.default_rng(1).uniform(0, 0.1, points.shape)
    scene = Scene(45.0, spheres(points, 0.3))
    marks = []
    for view in stereo_pair(unit):
        series = plain(m, view)
        image = series.image(scene, rng=None).pixels
        change = series.image(Scene(45.0), rng=None).pixels - image
        marks.append(centroids(change, project(view, points), 8))
    solved = triangulate_many(*stereo_pair(unit), *marks)
    assert np.linalg.norm(solved.components_mm.T - points, axis=1).max() < 0.05


def test_contrast_of_spheres_before_blur():
    """Hydroxyapatite, 45 mm, 28 kV W/Rh: facts/physics.md section 5, derived apart from here."""
    m = machine()
    view = scout(m.unit)
    series = plain(m, view, exposure=m.manual_exposure(28, 40.0, 45.0, 0.25))
    for diameter, contrast in {0.1: 0.17, 0.15: 0.25, 0.2: 0.31, 0.3: 0.43, 0.5: 0.60}.items():
        # Flat discs as thick as the sphere: the contrast in its middle, not averaged over a pixel.
        disc = Needle(np.array([0.0, 30.0, 20.0]), np.array([0, 0, -1.0]), diameter, 4.0)
        disc = Needle(disc.tip_mm, disc.axis, diameter, 4.0, "hydroxyapatite")
        solids = solid_arrays(Scene(45.0, needles=(disc,)))
        box = solid_boxes(view, solids)
        column, row = np.rint(project(view, np.array([[0.0, 30.0, 20.0]]))[0]).astype(int)
        paths = np.array([45 * 0.75, 45 * 0.25, 0], np.float32).reshape(3, 1, 1)
        ratio = transmission(view, solids, series.beam, paths, (row, column), box)
        assert 1 - ratio[0, 0] == pytest.approx(contrast, abs=0.016)


def test_absorbed_quanta_per_dose():
    """About 2,900 primary quanta per 70 um pixel and mGy (facts/physics.md section 5)."""
    m = machine()
    series = plain(m, scout(m.unit), exposure=m.manual_exposure(28, 40.0, 45.0, 0.25))
    energy = series.primary[500, 970] * m.unit.pitch_mm**2
    quanta = energy / series.quantum_kev / series.exposure.dose_mgy
    assert quanta == pytest.approx(2900, rel=0.05)


def test_noise_follows_exposure():
    """Quanta and electronics: variance of the energy = mean q / Swank + electronic^2."""
    m = machine()
    view = scout(m.unit)
    ratios = []
    for mas in (20.0, 40.0, 80.0):
        series = plain(m, view, exposure=m.manual_exposure(28, mas, 45.0, 0.25))
        clean = series.image(Scene(45.0), rng=None)
        noisy = series.image(Scene(45.0), rng=np.random.default_rng(3))
        window = (slice(300, 600), slice(500, 800))
        noise = (noisy.pixels - clean.pixels)[window]
        assert abs(noise.mean()) < 4 * noise.std() / noise.size**0.5
        ratios.append((clean.pixels - clean.offset_dn)[window].mean() / noise.std())
        energy = (series.primary + series.scatter)[window].mean() * m.unit.pitch_mm**2
        variance = energy * series.quantum_kev / m.detector.swank
        total = variance + m.detector.electronic_noise_kev**2
        assert ratios[-1] == pytest.approx(energy / np.sqrt(total), rel=0.01)
    # As the root of the mAs, but for the electronic noise.
    assert ratios[2] / ratios[1] == pytest.approx(np.sqrt(2), rel=0.06)


def test_noise_of_an_indirect_detector_follows_exposure():
    m = machine("upright-ge")
    view = scout(m.unit)
    spread = []
    for mas in (20.0, 80.0):
        series = plain(m, view, exposure=m.manual_exposure(28, mas, 45.0, 0.25))
        clean = series.image(Scene(45.0), rng=None).pixels
        noise = series.image(Scene(45.0), rng=np.random.default_rng(3)).pixels - clean
        spread.append(noise[300:600, 500:800].std() / (clean - 50.0)[300:600, 500:800].mean())
    assert spread[0] / spread[1] == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("name", ["upright-siemens", "upright-ge"])
def test_transfer_measured_with_a_point(name):
    """Aperture, layer and focal spot, from specks at many places between the pixel centres."""
    m = machine(name)
    view, thickness = scout(m.unit), 45.0
    series = plain(m, view, thickness)
    diameter, z = 0.06, 22.5
    # Six places between two columns each: what is aliased cancels in their sum.
    corner = np.array(
        [[400 + 60 * i + i / 6, 300 + 60 * j + j / 6] for i in range(6) for j in range(3)]
    )
    points = back_project(view, corner, z)
    image = series.image(Scene(thickness, spheres(points, diameter, "calcite")), rng=None)
    change = series.image(Scene(thickness), rng=None).pixels - image.pixels
    marks = project(view, points)
    scale = view.pitch_mm
    magnified = m.unit.sid_mm / (view.source_mm[2] - z)
    height = m.unit.sid_mm - (view.source_mm[2] - z)
    focal = load_tube().focal_spot_mm * height / (m.unit.sid_mm - height) / 2.3548
    for frequency in (1.0, 2.0, 4.0):
        sums, totals = 0.0, 0.0
        for column, row in marks:
            r0, c0 = round(row) - 14, round(column) - 14
            patch = change[r0 : r0 + 29, c0 : c0 + 29]
            phase = 2j * np.pi * frequency * scale * (c0 + np.arange(29) - column)
            sums += (patch.sum(axis=0) * np.exp(-phase)).sum().real
            totals += patch.sum()
        x = np.pi * diameter * magnified * frequency
        sphere = 3 * (np.sin(x) - x * np.cos(x)) / x**3
        expected = m.detector.presampling_transfer(np.array([frequency]), scale)[0] * sphere
        expected *= np.exp(-2 * (np.pi * focal * frequency) ** 2)
        assert sums / totals == pytest.approx(expected, rel=0.05)


def test_indirect_noise_is_blurred_and_direct_noise_is_white():
    for name, white in (("upright-siemens", True), ("upright-ge", False)):
        m = machine(name)
        series = plain(m, scout(m.unit))
        clean = series.image(Scene(45.0), rng=None).pixels
        noise = series.image(Scene(45.0), rng=np.random.default_rng(2)).pixels - clean
        patch = noise[100:612, 100:612]
        power = np.abs(np.fft.fft2(patch - patch.mean())) ** 2
        f = np.hypot(*np.meshgrid(*[np.fft.fftfreq(512, m.unit.pitch_mm)] * 2))
        low = power[(f > 0.2) & (f < 0.8)].mean()
        high = power[(f > 3.6) & (f < 4.4)].mean()
        layer = load_detectors()[m.unit.detector].layer_transfer(np.array([0.5, 4.0]))
        expected = 1.0 if white else (layer[1] / layer[0]) ** 2
        assert high / low == pytest.approx(expected, rel=0.06 if white else 0.12)


def test_thickness_is_right_on_oblique_paths_to_the_edges():
    """A homogeneous field in the box of `field_box` has T over the cosine in every pixel."""
    unit, m = UNITS["upright-siemens"], machine("upright-siemens")
    lo, hi = field_box(unit, 40.0, (3.0, 5.0))
    field = slab(lo, hi, 0.8)
    for view in (scout(unit), *stereo_pair(unit)):
        background = m.background(field, view, (3.0, 5.0))
        exact = m.slab_background(view, 40.0, 0.25)
        assert background.paths_mm.sum(axis=0).min() > 39.99
        # The slab's coarse grid is another one; compare the corners, where obliquity is greatest.
        corners = exact.paths_mm.sum(axis=0)[[0, 0, -1, -1], [0, -1, 0, -1]]
        ours = background.paths_mm.sum(axis=0)[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert ours == pytest.approx(corners, rel=3e-3)


def test_field_box_holds_what_the_views_see():
    unit = UNITS["upright-ge"]
    lo, hi = field_box(unit, 50.0, (10.0, 4.0))
    assert lo[2] == pytest.approx(0.0)
    assert hi[2] == pytest.approx(50.0)
    rng = np.random.default_rng(0)
    inside = 0
    for view in (scout(unit), *stereo_pair(unit)):
        points = rng.uniform([-120, -20, 0], [120, 130, 50], (4000, 3))
        seen = view.contains(project(view, points))
        shifted = points[seen] + [10.0, 4.0, 0.0]
        inside += int(seen.sum())
        assert ((shifted >= lo) & (shifted <= hi)).all()
    assert inside > 1000


def test_tissue_moves_with_the_shift():
    """A lump of gland appears where its position less the shift projects to."""
    unit, m = UNITS["upright-ge"], machine("upright-ge")
    field = slab((-40, 5, 0), (40, 75, 40), 1.0, 0.0)
    lump = np.array([12.0, 44.0, 20.0])
    k = np.round((lump - field.origin_mm) / 1.0).astype(int)
    view, shift = stereo_pair(unit)[1], (7.0, 6.0)
    dense = []
    for _ in range(2):
        background = m.background(field, view, shift)
        image = m.image(background, Scene(40.0), view, m.exposure(40.0), rng=None)
        dense.append(density(image))
        field.gland[k[2] - 3 : k[2] + 4, k[1] - 3 : k[1] + 4, k[0] - 3 : k[0] + 4] = 1.0
    change = dense[1] - dense[0]
    row, column = np.argwhere(change > 0.5 * change.max()).mean(axis=0)
    where = field.origin_mm + k - [*shift, 0.0]
    assert np.hypot(*(project(view, where[None])[0] - [column, row])) * unit.pitch_mm < 0.5


def test_beside_the_breast_the_detector_saturates_without_harm():
    unit, m = UNITS["upright-hologic"], machine()
    field = slab((-30, 0, 0), (30, 40, 50), 1.0)
    n = field.inside.shape
    for array in (field.inside, field.gland):
        array[:, n[1] // 2 :, :] = 0.0
    view = scout(unit)
    image = m.image(
        m.background(field, view), Scene(50.0), view, m.exposure(50.0), rng=np.random.default_rng(0)
    )
    assert np.isfinite(image.pixels).all()
    assert image.pixels[0, 900] > 5 * image.pixels[-1, 900]
    assert image.pixels.max() <= m.detector.saturation_dn


def test_a_series_gives_the_images_that_the_machine_gives():
    m = machine("prone-spot")
    view = stereo_pair(m.unit)[0]
    background, exposure = m.slab_background(view, 45.0, 0.2), m.exposure(45.0)
    scene = Scene(
        45.0, spheres([[0, 30, 20]], 0.4), (NEEDLE,), (marker_clip(np.array([5, 35, 9])),)
    )
    first = m.image(background, scene, view, exposure, rng=np.random.default_rng(9))
    series = m.series(background, exposure)
    series.image(Scene(45.0), rng=np.random.default_rng(1))
    again = series.image(scene, rng=np.random.default_rng(9))
    assert (first.pixels == again.pixels).all()
    assert first.exposure == exposure
    with pytest.raises(ValueError, match="view"):
        m.image(background, scene, scout(m.unit), exposure, rng=None)


def test_a_needle_leaves_the_scatter_only():
    m = machine()
    view = stereo_pair(m.unit)[0]
    series = plain(m, view, 50.0)
    image = series.image(Scene(50.0, needles=(NEEDLE,)), rng=None)
    # Half way up the part of the needle that is in the breast.
    column, row = np.rint(project(view, np.array([[2.0, 30.0, 30.0]]))[0]).astype(int)
    signal = (image.pixels[row, column] - image.offset_dn) / m.detector.dn_per_kev_mm2
    assert signal == pytest.approx(series.scatter[row, column], rel=0.01)


def test_a_notch_lets_more_through():
    m = machine()
    view = scout(m.unit)
    along = np.array([1.0, 0.0, 0.0])
    whole = Needle(np.array([10.0, 30.0, 20.0]), along, 40.0, 3.0, "aluminium")
    notch = Notch(7.0, 27.0, np.array([0.0, 0.0, 1.0]), 0.5)
    open_ = Needle(whole.tip_mm, along, 40.0, 3.0, "aluminium", notch=notch)
    series = plain(m, view)
    images = [series.image(Scene(45.0, needles=(n,)), rng=None).pixels for n in (whole, open_)]
    column, row = np.rint(project(view, np.array([[-5.0, 30.0, 20.0]]))[0]).astype(int)
    shoulder = np.rint(project(view, np.array([[6.0, 30.0, 20.0]]))[0]).astype(int)
    assert images[1][row, column] > images[0][row, column] * 1.05
    beside = [image[shoulder[1], shoulder[0]] for image in images]
    assert beside[1] == pytest.approx(beside[0], rel=1e-5)


def test_two_specks_in_one_ray_add_up():
    m = machine()
    view = scout(m.unit)
    series = plain(m, view)
    clean = series.image(Scene(45.0), rng=None).pixels
    # On the line from the focus.
    low = np.array([0.0, 30.0, 10.0])
    high = view.source_mm + 0.96 * (low - view.source_mm)
    both = series.image(Scene(45.0, spheres([low, high], 0.3)), rng=None).pixels
    one = series.image(Scene(45.0, spheres([low], 0.3)), rng=None).pixels
    column, row = np.rint(project(view, low[None])[0]).astype(int)
    depth = [np.log(clean[row, column] - 50) - np.log(i[row, column] - 50) for i in (one, both)]
    assert 1.4 < depth[1] / depth[0] < 2.0


def test_the_picture_is_white_where_the_breast_is_dense():
    m = machine()
    view = stereo_pair(m.unit)[0]
    series = plain(m, view)
    image = series.image(Scene(45.0, needles=(NEEDLE,)), rng=np.random.default_rng(0))
    column, row = np.rint(project(view, np.array([[2.0, 30.0, 30.0]]))[0]).astype(int)
    for preset in PRESETS:
        shown = presentation(image, preset)
        assert shown.dtype == np.float32
        assert shown.min() >= 0.0
        assert shown.max() <= 1.0
        assert shown[row, column] > np.median(shown)
    with pytest.raises(KeyError):
        presentation(image, "no such")


def test_field_is_taken_as_given():
    """The projector refuses nothing of a field with one slice, and sees its thickness."""
    unit, m = UNITS["upright-ge"], machine("upright-ge")
    ones = np.ones((1, 4, 4), np.float32)
    field = Field(np.array([0.0, 30.0, 1.0]), 2.0, 0 * ones, 0 * ones, ones)
    paths = m.background(field, scout(unit)).paths_mm
    assert paths.min() >= 0.0
    assert paths.sum(axis=0).min() >= 2.0


def test_a_pocket_of_air_shows_dark_and_blood_hardly():
    m = machine()
    view = scout(m.unit)
    series = plain(m, view)
    column, row = np.rint(project(view, np.array([[0.0, 35.0, 20.0]]))[0]).astype(int)
    clean = series.image(Scene(45.0), rng=None).pixels[row, column] - 50
    ratio = {}
    for material in ("air", "blood"):
        cavity = spheres([[0.0, 35.0, 20.0]], 6.0, material)
        ratio[material] = (
            series.image(Scene(45.0, cavity), rng=None).pixels[row, column] - 50
        ) / clean
    assert ratio["air"] > 1.2
    assert 0.8 < ratio["blood"] < 1.0


def test_solids_far_apart_are_put_in_window_by_window():
    """Windows hold their boxes and do not overlap; the image is that of each solid alone."""
    rng = np.random.default_rng(4)
    corner = rng.integers(0, [400, 900], (60, 2))
    size = rng.integers(0, 30, (60, 2))
    boxes = np.stack([corner, corner + size], axis=2).reshape(60, 4)
    found = windows(boxes, 7, (420, 910))
    covered = np.zeros((420, 910), int)
    for numbers, window in found:
        covered[window] += 1
        for r0, r1, c0, c1 in boxes[numbers]:
            assert window[0].start <= max(r0 - 7, 0) and min(r1 + 7, 420) <= window[0].stop
            assert window[1].start <= max(c0 - 7, 0) and min(c1 + 7, 910) <= window[1].stop
    assert covered.max() == 1
    assert sorted(np.concatenate([numbers for numbers, _ in found])) == list(
        np.flatnonzero((size > 0).all(axis=1))
    )
    m = machine()
    series = plain(m, scout(m.unit))
    places = np.array([[-15.0, 20.0, 12.0], [14.0, 50.0, 30.0]])
    clean, one, two, both = (
        series.image(Scene(45.0, spheres(p, 0.4) if len(p) else None), rng=None).pixels
        for p in (places[:0], places[:1], places[1:], places)
    )
    assert np.abs(both - clean - (one - clean) - (two - clean)).max() < 1e-3
