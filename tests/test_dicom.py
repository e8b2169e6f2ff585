"""DICOM files: valid for an independent checker, readable, reproducible, marked as synthetic."""

import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pydicom
import pytest

from stereosim.geometry import load_units, scout, stereo_pair
from stereosim.imaging.display import presentation
from stereosim.imaging.scene import Scene
from stereosim.imaging.xray import XrayMachine
from stereosim.storage.dicom import write_xray
from tests.xray_scenes import spheres


def image_of(name, angle=0):
    machine = XrayMachine(load_units()[name])
    left, right = stereo_pair(machine.unit)
    view = {-1: left, 0: scout(machine.unit), 1: right}[angle]
    background = machine.slab_background(view, 45.0, 0.2, 1.5)
    scene = Scene(45.0, spheres([[0, 30, 20]], 0.4))
    rng = np.random.default_rng(1)
    return machine.image(background, scene, view, machine.exposure(45.0), rng=rng)


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="dicom3tools is packaged for Linux on x86_64 only",
)
@pytest.mark.parametrize("for_presentation", [True, False])
@pytest.mark.parametrize(("name", "angle"), [("upright-ge", -1), ("prone-spot", 0)])
def test_the_checker_finds_no_error(tmp_path, name, angle, for_presentation):
    checker = Path(sysconfig.get_path("scripts")) / "dciodvfy"
    if not checker.exists():
        pytest.fail("dciodvfy is missing: install the test extra (dicom3tools)")
    path = tmp_path / "image.dcm"
    write_xray(image_of(name, angle), path, for_presentation=for_presentation)
    done = subprocess.run([checker, path], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "MammographyImage" in said
    assert "Error" not in said, said
    assert done.returncode == 0


def test_pixels_and_geometry_survive(tmp_path):
    image = image_of("upright-siemens", 1)
    path = tmp_path / "image.dcm"
    write_xray(image, path, for_presentation=False, laterality="L", patient_label="case 7")
    read = pydicom.dcmread(path)
    assert np.abs(read.pixel_array - image.pixels).max() <= 0.5
    assert float(read.PositionerPrimaryAngle) == 15.0
    assert [float(v) for v in read.ImagerPixelSpacing] == pytest.approx([0.085, 0.085])
    height = image.view.source_mm[2] - image.view.origin_mm[2]
    assert float(read.DistanceSourceToDetector) == pytest.approx(height, abs=1e-3)
    assert read.ImageLaterality == "L"
    assert float(read.OrganDose) * 100 == pytest.approx(image.exposure.dose_mgy, rel=1e-4)
    assert float(read.KVP) == image.exposure.kv
    assert read.PatientIdentityRemoved == "YES"
    assert "Simulated" in str(read.PatientName)
    assert "Synthetic" in read.ImageComments


def test_the_picture_is_stored_as_displayed(tmp_path):
    image = image_of("upright-ge")
    path = tmp_path / "image.dcm"
    write_xray(image, path)
    read = pydicom.dcmread(path)
    assert read.PhotometricInterpretation == "MONOCHROME2"
    assert np.abs(read.pixel_array / 16383 - presentation(image)).max() < 1e-4


def test_the_same_image_gives_the_same_file(tmp_path):
    for name in ("a.dcm", "b.dcm"):
        write_xray(image_of("upright-ge"), tmp_path / name)
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    write_xray(image_of("upright-ge", 1), tmp_path / "c.dcm")
    first, other = (pydicom.dcmread(tmp_path / n).SOPInstanceUID for n in ("a.dcm", "c.dcm"))
    assert first != other


def test_no_third_side(tmp_path):
    with pytest.raises(ValueError, match="laterality"):
        write_xray(image_of("upright-ge"), tmp_path / "x.dcm", laterality="B")
