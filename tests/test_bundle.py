"""The bundle: built, then run where there is no Python and nothing of the environment."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINUX = sys.platform.startswith("linux")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of a bundle made now, as `make bundle` makes it."""
    folder = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(folder / "dist"), "--workpath", str(folder / "build")]
    spec = ROOT / "tools" / "bundle" / "stereosim.spec"
    done = subprocess.run(
        [*command, str(spec)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "dist" / "stereosim" / ("stereosim.exe" if os.name == "nt" else "stereosim")


def bare(home: Path) -> dict[str, str]:
    """An environment of nobody: no Python, no settings, a screen in memory."""
    kept = {key: os.environ[key] for key in ("SYSTEMROOT", "TEMP") if key in os.environ}
    return {**kept, "HOME": str(home), "PATH": "/nowhere", "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen"}  # fmt: skip


def run(program: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *arguments],
        cwd=home,
        env=bare(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_command_line_works_without_python(program: Path, tmp_path: Path) -> None:
    from stereosim_phantoms.cases import list_cases

    answer = json.loads(run(program, tmp_path, "app", "--json").stdout)
    assert answer["available"] and answer["missing"] == []
    listed = json.loads(run(program, tmp_path, "cases", "--json").stdout)
    assert {case["name"] for case in listed} == set(list_cases())
    units = json.loads(run(program, tmp_path, "units", "--json").stdout)
    assert units and units[0]["provenance"]


def test_nothing_of_the_app_is_left_out(program: Path) -> None:
    inside = next(program.parent.glob("**/stereosim_gui"))
    for ending, count in (("thumbnails/*.png", 11), ("translations/*.qm", 1), ("icons/*.svg", 4)):
        assert len(list(inside.glob(ending))) >= count, ending
    cases = inside.parent / "stereosim_phantoms" / "library"
    assert len(list(cases.glob("*.toml"))) * 3 == len(list(cases.iterdir())), (
        "text in two languages"
    )


@pytest.fixture
def opened(program: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The app on case 1, and its data folder."""
    data = tmp_path / "data"
    process = subprocess.Popen(
        [str(program), "app", "case-1", "--data", str(data)],
        cwd=tmp_path,
        env=bare(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process, data
    process.kill()
    process.communicate()


def test_the_app_opens_case_1(opened: tuple[subprocess.Popen[str], Path]) -> None:
    process, data = opened
    log = data / "stereosim.log"
    end = time.monotonic() + 300  # compiling included
    while not (log.is_file() and "begun: case-1" in log.read_text(encoding="utf-8")):
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.2)
    text = log.read_text(encoding="utf-8")
    assert "ERROR" not in text and "Traceback" not in text, text
    if LINUX:
        mapped = Path(f"/proc/{process.pid}/maps").read_text()
        assert "libQt6Widgets" in mapped and sys.prefix not in mapped, "it uses its own libraries"
