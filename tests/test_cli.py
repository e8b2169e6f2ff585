"""The command line: what it prints, what it refuses, and how it exits."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from stereosim import cli
from stereosim.cli import COMMANDS, main

UNIT = "upright-hologic"


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> object:
    """The JSON answer of a command that must succeed without a word on standard error."""
    status = main([*argv, "--json"])
    out, err = capsys.readouterr()
    assert status == 0, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def complaint(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line on standard error of a command that must be refused."""
    status = main(list(argv))
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1 and err.endswith("\n")
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_complete_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "--json" in text
    assert f"stereosim {command}" in text.split("example", 1)[1]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^    {command}\s", text, re.M) for command in COMMANDS)


@pytest.mark.parametrize("catalogue", ["units", "devices", "probes"])
def test_catalogues_carry_provenance(catalogue: str, capsys: pytest.CaptureFixture[str]) -> None:
    entries = answer(capsys, catalogue)
    assert isinstance(entries, list) and len(entries) >= 4
    for entry in entries:
        assert entry["name"]
        for name, parameter in entry["provenance"].items():
            assert entry[name] == parameter["value"]
            assert parameter["unit"] and parameter["source"] and parameter["status"]
    assert main([catalogue]) == 0
    table = capsys.readouterr().out.splitlines()
    assert len(table) == 1 + len(entries)


def test_cases_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    cases = answer(capsys, "cases")
    assert isinstance(cases, list)
    names = [case["name"] for case in cases]
    assert "case-1" in names and len(names) >= 6
    assert main(["cases", "case-1"]) == 0
    assert cases[names.index("case-1")]["title"] in capsys.readouterr().out


def test_a_point_projected_and_triangulated_comes_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    point = [-7.5, 31.25, 22.0]
    projected = answer(capsys, "project", "--unit", UNIT, "--point", *map(str, point))
    assert isinstance(projected, dict)
    views = {view["view"]: view for view in projected["views"]}
    assert list(views) == ["scout", "left", "right"]
    assert all(view["inside"] for view in views.values())
    marks = {side: [repr(x) for x in views[side]["pixel"]] for side in ("left", "right")}
    found = answer(
        capsys, "triangulate", "--unit", UNIT, "--left", *marks["left"], "--right", *marks["right"]
    )
    assert isinstance(found, dict)
    assert found["target_mm"] == pytest.approx(point, abs=1e-9)
    assert found["y_mismatch_mm"] == pytest.approx(0.0, abs=1e-9)
    assert all(sd > 0 for sd in found["sd_mm"])
    # The source of the left view is at -x: it throws a raised point to the right of the scout's.
    assert views["left"]["detector_mm"][0] > views["scout"]["detector_mm"][0]
    assert views["right"]["detector_mm"][0] < views["scout"]["detector_mm"][0]


def test_projection_follows_similar_triangles(capsys: pytest.CaptureFixture[str]) -> None:
    """In the scout, detector place = x * SID / (SID - height above the detector)."""
    unit = next(u for u in answer(capsys, "units") if u["name"] == UNIT)  # type: ignore[attr-defined]
    projected = answer(capsys, "project", "--unit", UNIT, "--point", "10", "40", "30")
    u, v = projected["views"][0]["detector_mm"]  # type: ignore[index]
    factor = unit["sid_mm"] / (unit["sid_mm"] - 30.0 - unit["detector_offset_mm"])
    assert (u, v) == pytest.approx((10 * factor, 40 * factor), rel=1e-12)


def test_a_point_beside_the_field_is_answered_and_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    projected = answer(capsys, "project", "--unit", UNIT, "--point", "-900", "40", "-0")
    assert [view["inside"] for view in projected["views"]] == [False] * 3  # type: ignore[index]
    assert main(["project", "--unit", UNIT, "--point", "-900", "40", "0"]) == 0
    assert capsys.readouterr().out.count(" no\n") == 3


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "ten", ""])
def test_a_number_that_is_none_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--point" in complaint(capsys, "project", "--unit", UNIT, "--point", "1", number, "2")


def test_exponents_of_negative_numbers_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    answered = answer(capsys, "project", "--unit", UNIT, "--point", "-1e-3", "-2.5E+0", "0")
    assert answered["point_mm"] == [-0.001, -2.5, 0.0]  # type: ignore[index]


@pytest.mark.parametrize("height", ["700", "-50"])
def test_a_point_beyond_source_or_detector_is_refused(
    height: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = complaint(capsys, "project", "--unit", UNIT, "--point", "0", "20", height)
    assert "--point" in err and height in err


def test_a_wrong_unit_brings_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    err = complaint(capsys, "project", "--unit", "upright-holgic", "--point", "0", "0", "0")
    assert "--unit" in err and "upright-hologic" in err
    err = complaint(capsys, "project", "--unit", "zzz", "--point", "0", "0", "0")
    assert "known:" in err and "prone" in err


def test_a_mark_outside_the_image_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    marks = ("--left", "1e6", "5", "--right", "10", "5")
    assert "--left: column" in complaint(capsys, "triangulate", "--unit", UNIT, *marks)
    marks = ("--left", "10", "5", "--right", "10", "-3")
    assert "--right: row" in complaint(capsys, "triangulate", "--unit", UNIT, *marks)


@pytest.mark.parametrize("sigma", ["0", "-1", "nan"])
def test_the_precision_of_a_mark_is_above_zero(
    sigma: str, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = ("--left", "10", "5", "--right", "10", "5", "--sigma-px", sigma)
    assert "--sigma-px" in complaint(capsys, "triangulate", "--unit", UNIT, *marks)


@pytest.mark.parametrize(
    "argv", [(), ("nonsense",), ("project",), ("project", "--unit", UNIT), ("units", "--verbose")]
)
def test_wrong_usage_is_one_line(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert "--help" in complaint(capsys, *argv)


def test_a_failure_of_ours_is_one_line_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a bug\nof ours")

    monkeypatch.setattr("stereosim.geometry.units.load_units", broken)
    monkeypatch.delenv("STEREOSIM_DEBUG", raising=False)
    assert main(["units"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "ZeroDivisionError: a bug" in err
    monkeypatch.setenv("STEREOSIM_DEBUG", "1")
    assert main(["units"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_json_refuses_what_is_not_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        cli.common.print_json({"x": math.nan})  # type: ignore[attr-defined]


def test_plain_turns_arrays_and_paths_into_json() -> None:
    from stereosim.cli.common import plain

    given = {"a": np.arange(2), "b": (np.float32(0.5), Path("x")), 3: None}
    assert plain(given) == {"a": [0, 1], "b": [0.5, "x"], "3": None}


def test_marks_that_make_no_sense_are_answered_with_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    marks = ("--left", "900", "700", "--right", "1200", "700")
    exchanged = answer(capsys, "triangulate", "--unit", UNIT, *marks)
    assert "exchanged" in exchanged["warnings"][0]  # type: ignore[index]
    marks = ("--left", "1200", "700", "--right", "900", "720")
    apart = answer(capsys, "triangulate", "--unit", UNIT, *marks)
    assert "along y" in apart["warnings"][0]  # type: ignore[index]
    marks = ("--left", "1200", "700", "--right", "900", "700")
    assert answer(capsys, "triangulate", "--unit", UNIT, *marks)["warnings"] == []  # type: ignore[index]
