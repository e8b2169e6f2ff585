"""Our solids against gVirtualXray, an X-ray simulator that others wrote (docs/xray-validation.md).

It projects triangle meshes, so it differs from exact solids by its own meshing error; that must
fall as the square of the triangles' size.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xraylib

from stereosim.geometry import load_unit, scout, stereo_pair
from stereosim.imaging.exposure import DetectedBeam
from stereosim.imaging.rendering import solid_boxes, transmission
from stereosim.imaging.scene import Needle, Scene, solid_arrays
from stereosim.kernels.chords import solid_chords
from stereosim_phantoms.solids import Ellipsoids, Specks
from tests import validation_meshes as meshes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("gvxrPython3") is None,
        reason="gVirtualXray is not installed; tools/setup.sh app test bundle peers installs it",
    ),
]

CENTRES = np.array([[-10.0, 30.0, 20.0], [8.0, 42.0, 30.0]])
AXES = np.array([np.eye(3) * 2.0, [[2.0, 0.5, 0.0], [0.0, 1.0, 0.4], [0.3, 0.0, 1.5]]])
NEEDLE = Needle(
    np.array([2.0, 30.0, 12.0]), np.array([0.05, 0.03, -1.0]), 40.0, 3.05, "steel", point_mm=5.0
)
NAMES = ("sphere", "ellipsoid", "needle")
# Triangles per sphere: 1,280 and, sixteen times as many, 20,480.
LEVELS = (3, 5)


def views():
    unit = load_unit("upright-hologic")
    return (scout(unit), *stereo_pair(unit))


def mesh_scene(level):
    """The three solids as meshes, and the detector that all three views share."""
    view = views()[0]
    rows, columns = view.shape
    scene = {
        "sources": np.array([v.source_mm for v in views()]),
        "centre": view.support_from_pixel([[(columns - 1) / 2, (rows - 1) / 2]])[0],
        "column": view.column_mm / view.pitch_mm,
        "row": view.row_mm / view.pitch_mm,
        "pitch": view.pitch_mm,
        "shape": view.shape,
    }
    sides = 6 * 2**level
    solids = [meshes.ellipsoid(c, a, level) for c, a in zip(CENTRES, AXES, strict=True)]
    solids.append(
        meshes.needle(
            NEEDLE.tip_mm, NEEDLE.axis, NEEDLE.length_mm, NEEDLE.diameter_mm / 2,
            NEEDLE.point_mm, sides, sides // 4,
        )
    )  # fmt: skip
    for i, (vertices, triangles) in enumerate(solids):
        scene |= {f"vertices_{i}": vertices, f"triangles_{i}": triangles}
    return scene


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Path lengths of gVirtualXray by level: (view, solid, row, column) in mm."""
    folder = tmp_path_factory.mktemp("gvxr")
    found = {}
    for level in LEVELS:
        scene, result = folder / f"scene-{level}.npz", folder / f"lengths-{level}.npz"
        np.savez(scene, **mesh_scene(level))
        script = Path(__file__).with_name("peer_gvxr.py")
        done = subprocess.run(
            [sys.executable, str(script), str(scene), str(result)],
            capture_output=True, text=True, timeout=500, check=False,
            env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        with np.load(result) as data:
            found[level] = data["lengths"]
    return found


@pytest.fixture(scope="module")
def ours():
    """Exact path lengths to the pixels' centres, same shape."""
    solids, found = solid_arrays(Scene(60.0, speck_solids(), (NEEDLE,))), []
    for view in views():
        rows, columns = np.mgrid[0 : view.shape[0], 0 : view.shape[1]]
        ends = view.support_from_pixel(np.column_stack([columns.ravel(), rows.ravel()]))
        out = np.empty((len(ends), 3))
        solid_chords(
            np.array(view.source_mm), np.ascontiguousarray(ends),
            solids.centres, solids.inverses, np.ascontiguousarray(solids.rods), out,
        )  # fmt: skip
        found.append(out.T.reshape(3, *view.shape))
    return np.array(found)


def speck_solids():
    return Specks(Ellipsoids(CENTRES, AXES), ("aluminium",) * 2, np.zeros(2, np.int64))


def centroid(image):
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    return np.array([(image * columns).sum(), (image * rows).sum()]) / image.sum()


def relative_rms(found, exact):
    hit = exact > 0
    return float(np.sqrt(np.mean((found[hit] - exact[hit]) ** 2) / np.mean(exact[hit] ** 2)))


@pytest.mark.parametrize("solid", range(3), ids=NAMES)
def test_path_lengths_agree_within_the_meshing_error(theirs, ours, solid):
    for view in range(3):
        coarse, fine = (relative_rms(theirs[k][view, solid], ours[view, solid]) for k in LEVELS)
        sums = theirs[LEVELS[1]][view, solid].sum() / ours[view, solid].sum()
        print(f"{NAMES[solid]}, view {view}: rms {coarse:.5f} -> {fine:.5f}, sum {sums:.5f}")
        assert fine < 0.002
        # A quarter of the size makes a sixteenth of the error; the silhouettes add some.
        assert fine < coarse / 8
        assert sums == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("solid", range(3), ids=NAMES)
def test_places_agree(theirs, ours, solid):
    for view in range(3):
        miss = centroid(theirs[LEVELS[1]][view, solid]) - centroid(ours[view, solid])
        print(f"{NAMES[solid]}, view {view}: {miss} pixels")
        assert np.abs(miss).max() < 0.01


def test_what_the_image_is_made_of_agrees(theirs):
    """The transmission that enters our images: one energy, up to 4 x 4 rays to a pixel."""
    solids = solid_arrays(Scene(60.0, speck_solids()))
    beam = DetectedBeam(np.array([35.0]), np.array([1.0]), np.zeros((3, 1)))
    mu = xraylib.CS_Total(13, 35.0) * 0.2699  # aluminium, 2.699 g/cm^3, per mm
    for k, view in enumerate(views()):
        paths = np.zeros((3, *view.shape), np.float32)
        ratio = transmission(view, solids, beam, paths, (0, 0), solid_boxes(view, solids))
        lengths = -np.log(ratio) / mu
        expected = theirs[LEVELS[1]][k, :2].sum(axis=0)
        assert lengths.sum() / expected.sum() == pytest.approx(1.0, abs=0.01)
        assert lengths.max() == pytest.approx(expected.max(), rel=0.01)
        assert np.abs(centroid(lengths) - centroid(expected)).max() < 0.1
