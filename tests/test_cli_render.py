"""``stereosim render``: files, formats, and that images and geometry speak of the same places."""

import json
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from stereosim.cli import main
from stereosim.experiments import first_look
from stereosim.experiments.trial import Room, Setting
from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import scan_frame
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim.imaging.ultrasound.sweep import scan_box
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.randomness import derived_seed

ULTRASOUND = ("case-1", "--view", "ultrasound", "--out")


def render(
    capsys: pytest.CaptureFixture[str], view: str, out: Path, *options: str
) -> dict[str, object]:
    """The machine answer of a rendering of case 1 that must succeed."""
    status = main(["render", "case-1", "--view", view, "--out", str(out), "--json", *options])
    printed, err = capsys.readouterr()
    assert status == 0, err
    answer: dict[str, object] = json.loads(printed)
    return answer


def grey(path: Path) -> NDArray[np.uint8]:
    from PIL import Image

    with Image.open(path) as image:
        assert image.mode == "L"
        return np.asarray(image)


def test_specks_are_where_the_projection_of_the_truth_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Noise-free, a speck is the darkest thing of its neighbourhood in the detector's signal."""
    out = tmp_path / "left.npy"
    answer = render(capsys, "left", out, "--noise-free")
    signal = np.load(out)
    assert signal.dtype == np.float32 and list(signal.shape) == answer["shape"]
    patient = load_case("case-1").patient(1)
    places = patient.specks.solids.centres_mm[patient.specks.target]
    if answer["approach"] == "caudocranial":  # turned by 180 degrees about y
        places = places * [-1.0, 1.0, -1.0] + [0.0, 0.0, patient.breast.thickness_mm]
    seen = 0
    for centre in places - np.array([*answer["shift_mm"], 0.0]):  # type: ignore[misc]
        point = [repr(float(x)) for x in centre]
        assert main(["project", "--unit", "upright-hologic", "--point", *point, "--json"]) == 0
        column, row = json.loads(capsys.readouterr().out)["views"][1]["pixel"]
        # 25 pixels (1.8 mm) hold one speck of 0.2 mm and a patient who holds still within 0.3 mm.
        part = signal[round(row) - 12 : round(row) + 13, round(column) - 12 : round(column) + 13]
        drop = 1.0 - part / median_filter(part, 9)
        place = np.unravel_index(drop.argmax(), drop.shape)
        assert drop.max() > 5.0 * np.median(np.abs(drop))
        seen += int(np.hypot(place[0] - 12, place[1] - 12) * 0.07 < 1.0)
    assert seen == len(places) == 5


def test_png_shows_dense_tissue_white_and_repeats_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.PNG"
    answer = render(capsys, "scout", first)
    render(capsys, "scout", second)
    assert first.read_bytes() == second.read_bytes()
    image = grey(first)
    assert list(image.shape) == answer["shape"]
    # The chest wall is the bottom edge: breast there, open beam in the upper corners.
    assert image[-100:].mean() > image[:50, :50].mean() + 50


def test_ultrasound_at_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    linear, shown = tmp_path / "us.npy", tmp_path / "us.png"
    answer = render(capsys, "ultrasound", linear, "--at", "17", "-17")
    assert answer["probe_mm"] == [17.0, -17.0] and answer["placed_by"] == "asked for"
    envelope = np.load(linear)
    assert envelope.dtype == np.float32 and list(envelope.shape) == answer["shape"]
    assert (envelope >= 0).all() and envelope.max() > 0
    render(capsys, "ultrasound", shown, "--at", "17", "-17")
    rows, columns = grey(shown).shape
    width_mm = envelope.shape[1] * float(answer["column_mm"])  # type: ignore[arg-type]
    assert rows == envelope.shape[0]
    assert columns * float(answer["row_mm"]) == pytest.approx(width_mm, rel=0.01)  # type: ignore[arg-type]


def test_ultrasound_of_any_plane(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command shows what the library's own frame of that plane holds."""
    held = ("--at", "17", "-17", "--angle", "30", "--tilt", "-20", "--pressure", "15")
    machine = ("--depth", "25", "--focus", "12", "--probe", "l18-5")
    out = tmp_path / "plane.npy"
    answer = render(capsys, "ultrasound", out, *held, *machine)
    assert (answer["probe"], answer["angle_deg"]) == ("l18-5", 30.0)
    assert (answer["tilt_deg"], answer["strain"]) == (-20.0, pytest.approx(0.15))
    patient, probe = load_case("case-1").patient(1), load_probe("l18-5")
    pose = ProbePose(17.0, -17.0, 30.0, -20.0, 0.15)
    box = scan_box((17.0, -17.0), 0.0, probe, 25.0, tilt_deg=-20.0, strain=0.15)
    frame = scan_frame(
        Insonated.from_patient(patient, *box),
        pose,
        probe,
        seed=derived_seed(1, "ultrasound"),
        grid=Grid(depth_mm=25.0),
        focus_mm=12.0,
    )
    np.testing.assert_array_equal(np.load(out), frame.envelope)


def test_gain_and_dynamic_range_change_the_display(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = {}
    for gain in ("0", "12"):
        out = tmp_path / f"{gain}.png"
        render(capsys, "ultrasound", out, "--at", "17", "-17", "--gain", gain)
        levels[gain] = grey(out).astype(float)
    within = (levels["0"] > 5) & (levels["12"] < 250)
    # 12 of 60 dB are a fifth of the grey scale.
    assert np.median((levels["12"] - levels["0"])[within]) == pytest.approx(51.0, abs=1.0)


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (("case-0", "--view", "left", "--out", "x.png"), "CASE"),
        (("case-1", "--view", "lateral", "--out", "x.png"), "--view"),
        (("case-1", "--view", "left", "--out", "x.jpg"), "--out"),
        (("case-1", "--view", "left", "--out", "nowhere/x.png"), "--out"),
        (("case-1", "--view", "left", "--out", "x.png", "--seed", "-1"), "--seed"),
        (("case-1", "--view", "left", "--out", "x.png", "--seed", "1.5"), "--seed"),
        (("case-1", "--view", "left", "--out", "x.png", "--unit", "upright"), "--unit"),
        (("case-1", "--view", "left", "--out", "x.png", "--shift", "0", "-1"), "--shift"),
        (("case-1", "--view", "left", "--out", "x.png", "--at", "0", "0"), "--at"),
        (("case-1", "--view", "ultrasound", "--out", "x.png", "--noise-free"), "--noise-free"),
        (("case-1", "--view", "left", "--out", "x.png", "--gain", "3"), "--gain"),
        ((*ULTRASOUND, "x.png", "--tilt", "5"), "--tilt"),
        ((*ULTRASOUND, "x.png", "--probe", "l14"), "--probe"),
        ((*ULTRASOUND, "x.png", "--at", "0", "0", "--tilt", "60"), "--tilt"),
        ((*ULTRASOUND, "x.png", "--at", "0", "0", "--pressure", "-1"), "--pressure"),
        ((*ULTRASOUND, "x.png", "--at", "0", "0", "--depth", "200"), "--depth"),
        ((*ULTRASOUND, "x.png", "--at", "0", "0", "--focus", "0"), "--focus"),
        ((*ULTRASOUND, "x.png", "--dynamic-range", "0"), "--dynamic-range"),
        ((*ULTRASOUND, "x.npy", "--dynamic-range", "50"), "--dynamic-range"),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(
    argv: tuple[str, ...],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and named in err
    assert list(tmp_path.iterdir()) == []


def test_ultrasound_as_dicom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pydicom

    shown, stored = tmp_path / "us.png", tmp_path / "us.dcm"
    answer = render(capsys, "ultrasound", stored, "--at", "17", "-17")
    render(capsys, "ultrasound", shown, "--at", "17", "-17")
    ds = pydicom.dcmread(stored)
    pixels = ds.pixel_array
    region = ds.SequenceOfUltrasoundRegions[0]
    assert region.PhysicalDeltaX * 10.0 == pytest.approx(answer["column_mm"])
    assert region.PhysicalDeltaY * 10.0 == pytest.approx(answer["row_mm"])
    assert pixels.shape[0] - answer["shape"][0] in (0, 1)  # type: ignore[index]
    assert ds.Laterality == "R" and "Synthetic" in ds.ImageComments
    # Columns of the picture on square pixels lie between those of the file.
    rows = grey(shown).shape[0]
    assert grey(shown).mean() == pytest.approx(pixels[:rows].mean(), abs=0.5)


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="dicom3tools is packaged for Linux on x86_64 only",
)
def test_the_checker_finds_no_error_in_ultrasound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "us.dcm"
    render(capsys, "ultrasound", stored, "--at", "0", "-10")
    checker = Path(sysconfig.get_path("scripts")) / "dciodvfy"
    done = subprocess.run([checker, stored], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "USImage" in said
    assert "Error" not in said, said
    assert done.returncode == 0


def test_xray_as_dicom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pydicom

    stored = tmp_path / "right.dcm"
    answer = render(capsys, "right", stored)
    ds = pydicom.dcmread(stored)
    assert list(ds.pixel_array.shape) == answer["shape"]
    assert float(ds.PositionerPrimaryAngle) == answer["angle_deg"] == 15.0
    assert float(ds.ImagerPixelSpacing[0]) == answer["pitch_mm"]
    assert ds.ImageLaterality == "R"
    # The lesion lies in the lower half, so the breast is turned and columns run to the left.
    assert answer["approach"] == "caudocranial"
    assert list(ds.PatientOrientation) == ["L", "P"]
    assert ds.ViewCodeSequence[0].CodeMeaning == "caudo-cranial"


def test_the_operator_s_frame_shows_and_focuses_on_its_mark(monkeypatch):
    asked = []

    def noted(patient, room, look, seed):
        asked.append(look)
        raise StopIteration

    monkeypatch.setattr(first_look, "_frame", noted)
    room, patient = Room(Setting()), load_case("large-cluster").patient(1)
    with pytest.raises(StopIteration):
        first_look.ultrasound_look(patient, room, seed=1)
    (look,) = asked
    places = patient.supine_specks().solids.centres_mm
    away = np.hypot(places[:, 0] - look.x_mm, places[:, 1] - look.y_mm)
    assert abs(places[away.argmin(), 2] - look.focus_mm) < 3.0
    assert look.depth_mm >= look.focus_mm + room.search.below_mm
