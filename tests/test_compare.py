"""``stereosim compare`` as its user runs it: from a name and a seed to table, JSON and report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stereosim.cli import main, parser
from stereosim.cli.compare import _command
from stereosim.experiments.results import ArmResult
from stereosim.experiments.runner import Comparison
from stereosim.reports.comparison import _subject


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compare") / "case-1"
    argv = ["compare", "case-1", "--trials", "2", "--seed", "3", "--workers", "1"]
    assert main([*argv, "--out", str(out)]) == 0
    return out


def rows(folder: Path) -> list[ArmResult]:
    text = (folder / "trials.jsonl").read_text()
    return [ArmResult.from_json(line) for line in text.splitlines()]


def test_every_trial_has_both_guidances_with_both_needles(folder: Path) -> None:
    for trial in range(2):
        guided = [r for r in rows(folder) if r.trial == trial and r.mode == "as guided"]
        assert sorted((r.guidance, r.family) for r in guided) == [
            ("stereotactic", "NCB"),
            ("stereotactic", "VANCB"),
            ("ultrasound", "NCB"),
            ("ultrasound", "VANCB"),
        ]
        declined = {r.device for r in guided if r.outcome == "declined: not visible"}
        attempted = [r for r in rows(folder) if r.trial == trial and r.mode == "attempted"]
        assert {r.device for r in attempted} == declined


def test_the_summary_keeps_the_promised_fields(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    assert {"trials", "seed", "version", "fidelity", "rows"} <= summary.keys()
    assert (summary["trials"], summary["seed"], summary["fidelity"]) == (2, 3, "image")
    for row in summary["rows"]:
        assert {"guidance", "device", "stratum", "outcome", "n", "estimate", "ci95"} <= row.keys()
    strata = {row["stratum"] for row in summary["rows"]}
    assert {"visible on ultrasound", "not visible on ultrasound"} <= strata
    published = {line["row"] for line in summary["published"]}
    assert {"V2", "V3", "V5", "V6", "U1", "U4"} <= published


def test_the_numbers_of_the_summary_are_those_of_the_trials(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    arms = [r for r in rows(folder) if r.mode == "as guided" and r.guidance == "stereotactic"]
    retrieved = sum(r.retrieved for r in arms if r.family == "VANCB")
    found = [
        row
        for row in summary["rows"]
        if (row["guidance"], row["stratum"], row["outcome"], row["mode"])
        == ("stereotactic", "all", "retrieved", "as guided")
        and row["device"].startswith("vab")
    ]
    assert [(row["k"], row["n"]) for row in found] == [(retrieved, 2)]


def test_the_report_stands_alone_and_shows_the_images(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 8
    assert 'src="http' not in page
    assert "assumed" in page, "the parameters are printed with their status"


def test_a_second_start_runs_nothing_and_says_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "summary.json").read_text()
    argv = ["compare", "case-1", "--trials", "2", "--seed", "3", "--out", str(folder), "--json"]
    assert main(argv) == 0
    answer = json.loads(capsys.readouterr().out)
    assert Path(answer["summary"]) == folder / "summary.json"
    assert (folder / "summary.json").read_text() == before


def test_the_command_that_is_reported_makes_the_same_again() -> None:
    words = "compare screening --trials 9 --seed 4 --probe l18-5 --displacement-mm 4.4 --referred"
    args = parser().parse_args([*words.split(), "--out", "DIR"])
    assert _command(args) == f"stereosim {words} --out DIR"
    asked = Comparison("screening", 9, 4, displacement_mm=4.4, referred=True)
    assert _subject(asked, referred=7) == (
        "Calcifications found at screening, supine place uncertain by 4.4 mm RMS "
        "(2 of 9 drawn not referred: not seen at screening)"
    )


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (("case-7", "--trials", "1", "--seed", "1"), "case-7"),
        (("case-1", "--trials", "0", "--seed", "1"), "trials"),
        (("case-1", "--trials", "1", "--seed", "1", "--unit", "toaster"), "toaster"),
        (("case-1", "--trials", "1", "--seed", "1", "--devices", "spoon"), "spoon"),
        (("case-1", "--trials", "x", "--seed", "1"), "--trials"),
        (("case-1", "--trials", "1", "--seed", "1", "--referred"), "case-1"),
        (("case-1", "--trials", "1", "--seed", "1", "--displacement-mm", "26"), "26"),
        (("case-1", "--trials", "1", "--seed", "1", "--displacement-mm", "nan"), "displacement-mm"),
    ],
)
def test_bad_input_is_one_line_that_names_it(
    argv: tuple[str, ...], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *argv, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.strip()
    assert named in said
    assert "\n" not in said
