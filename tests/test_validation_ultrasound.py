"""Our point responses, speckle and contrast against PyMUST on the same scatterers and drive.

See docs/ultrasound-validation.md.  Two-dimensional: all scatterers lie in the image plane.
"""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, Grid, form_beam
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim.kernels.ultrasound import form_image, splat_points
from tests.peer_pymust import Peer, half_width_mm

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("pymust") is None,
        reason="PyMUST is not installed; tools/setup.sh app test bundle peers installs it",
    ),
    pytest.mark.filterwarnings("ignore"),  # what PyMUST's own code warns of
]


@pytest.mark.parametrize("name", ["l11-5", "l12-5", "l14-5", "l18-5"])
def test_point_response(name):
    """Widths within 10 % over depth, and side lobes within 3 dB down to -40 dB."""
    probe = load_probe(name)
    grid = Grid(depth_mm=41.0, row_mm=0.01, columns=round(probe.width_mm / 0.1))
    beam = form_beam(probe, load_acoustics(), np.zeros(grid.rows), grid)
    peer = Peer(probe, probe.transmit_focus_mm)
    beside = np.arange(0.0, 1.5, 0.1)
    for depth in (8.0, 14.0, 20.0, 30.0, 40.0):
        near = np.arange(depth - 0.5, depth + 0.5, 0.01)
        response = np.array([peer.line(*peer.channels([x], [depth], [1.0]), near) for x in beside])
        peak = np.abs(response[0]).argmax()
        assert near[peak] == pytest.approx(depth, abs=0.03)
        row = round(depth / grid.row_mm)
        ours = np.abs(beam.lateral[row])[beam.lateral.shape[1] // 2 :]
        theirs = np.abs(response[:, peak])
        assert half_width_mm(ours, 0.5 * beam.column_mm) == pytest.approx(
            half_width_mm(theirs, 0.1), rel=0.10
        )
        axial = beam.axial[row]
        assert 2.0 * half_width_mm(axial[axial.size // 2 :], grid.row_mm) == pytest.approx(
            half_width_mm(response[0, peak:], 0.01) + half_width_mm(response[0, peak::-1], 0.01),
            rel=0.10,
        )
        here = np.interp(beside, np.arange(ours.size) * 0.5 * beam.column_mm, ours / ours[0])
        ours_db, theirs_db = 20.0 * np.log10(here), 20.0 * np.log10(theirs / theirs[0])
        heard = theirs_db > -40.0
        assert ours_db[heard] == pytest.approx(theirs_db[heard], abs=3.0)


class Scene:
    """Scatterers of a piece of tissue with a disc in it, imaged by both."""

    RADIUS_MM, LINE_MM = 1.0, 0.15

    def __init__(self, name, depth_mm, seed):
        probe = load_probe(name)
        probe = replace(probe, elements=round(12.0 / probe.pitch_mm))
        self.depth_mm = depth_mm
        self.grid = Grid(depth_mm + 3.0, columns=round(probe.width_mm / self.LINE_MM))
        self.beam = form_beam(
            probe, load_acoustics(), np.zeros(self.grid.rows), self.grid, depth_mm
        )
        rng = np.random.default_rng(seed)
        n = round(40 * 6.4 * 3.6)
        self.x, z = rng.uniform(-3.2, 3.2, n), rng.uniform(-1.8, 1.8, n)
        self.z, self.strength = z + depth_mm, rng.normal(size=n)
        self.inside = np.hypot(self.x, z) < self.RADIUS_MM
        every = (np.arange(self.grid.columns) - 0.5 * (self.grid.columns - 1)) * self.LINE_MM
        self.columns = np.flatnonzero(np.abs(every) <= 2.0)
        self.lines = every[self.columns]
        first, last = (round((depth_mm + d) / self.grid.row_mm) for d in (-1.5, 1.5))
        self.rows = np.arange(first, last + 1)
        depth = self.rows * self.grid.row_mm
        self.peer_image = self._by_peer(Peer(probe, depth_mm), depth)
        self.radius = np.hypot(*np.meshgrid(self.lines, depth - depth_mm))

    def _by_peer(self, peer, depth):
        image = np.zeros((2, depth.size, self.lines.size), complex)
        for i, line in enumerate(self.lines):
            for part, which in enumerate((~self.inside, self.inside)):
                near = which & (np.abs(self.x - line) < 1.2)
                if near.any():
                    echoes = peer.channels(self.x[near] - line, self.z[near], self.strength[near])
                    image[part, :, i] = peer.line(*echoes, depth)
        return image

    def envelopes(self, contrast_db):
        """Return ours and PyMUST's; echoes in the disc are `contrast_db` stronger."""
        gain = 10.0 ** (contrast_db / 20.0)
        beam, grid = self.beam, self.grid
        shape = (2, grid.rows, grid.columns + beam.lateral.shape[1] // 2)
        echoes = [np.zeros(shape, np.float32) for _ in range(2)]
        splat_points(
            self.x, np.zeros(self.x.size), self.z,
            self.strength * np.where(self.inside, gain, 1.0), 0.5 * beam.column_mm, grid.row_mm,
            beam.phase, beam.wavenumber, beam.elevation, ELEVATION_BIN_MM, *echoes,
        )  # fmt: skip
        silence, ours = (np.zeros((grid.rows, grid.columns), np.float32) for _ in range(2))
        parts = (np.ascontiguousarray(part) for part in (beam.lateral.real, beam.lateral.imag))
        form_image(*echoes, *parts, beam.axial, silence, silence, ours)
        theirs = np.abs(self.peer_image[0] + gain * self.peer_image[1])
        return ours[np.ix_(self.rows, self.columns)].astype(float), theirs

    def contrast_db(self, envelope):
        power = envelope**2
        inner, outer = self.radius < 0.7, self.radius > 1.3
        return 10.0 * np.log10(power[inner].mean() / power[outer].mean())


@pytest.fixture(scope="module")
def scenes():
    return [Scene("l14-5", 20.0, 1), Scene("l14-5", 20.0, 2), Scene("l11-5", 14.0, 3)]


def speckle_size(envelope, row_mm, column_mm):
    """Widths at half of the autocovariance of intensity, lateral and axial, mm."""
    power = envelope**2 - (envelope**2).mean()
    lags = range(14)
    along = [(power[:, : power.shape[1] - k] * power[:, k:]).mean() for k in lags]
    down = [(power[: power.shape[0] - k] * power[k:]).mean() for k in lags]

    def width(covariance, step):
        share = np.array(covariance) / covariance[0]
        k = int(np.argmax(share < 0.5))
        return 2.0 * step * (k - 1 + (share[k - 1] - 0.5) / (share[k - 1] - share[k]))

    return np.array([width(along, column_mm), width(down, row_mm)])


def test_speckle_of_the_same_scatterers(scenes):
    """The images are alike, and their speckle is of one size within 10 %."""
    sizes = []
    for scene in scenes:
        ours, theirs = scene.envelopes(0.0)
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.85
        steps = scene.grid.row_mm, scene.LINE_MM
        sizes.append(speckle_size(ours, *steps) / speckle_size(theirs, *steps))
    assert np.mean(sizes, axis=0) == pytest.approx([1.0, 1.0], abs=0.10)


@pytest.mark.parametrize("level_db", [-14.0, -8.0, 6.0, 10.0])
def test_contrast_of_a_cylinder(scenes, level_db):
    """Darker and brighter cylinders: within 1 dB of PyMUST's contrast."""
    for scene in scenes:
        ours, theirs = (scene.contrast_db(e) for e in scene.envelopes(level_db))
        plain = [scene.contrast_db(e) for e in scene.envelopes(0.0)]
        assert ours == pytest.approx(theirs, abs=1.0)
        assert ours - plain[0] == pytest.approx(level_db, abs=1.0)
