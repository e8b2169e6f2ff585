"""The rules of the project that a machine can check: layers, style, types, twins, provenance."""

import doctest
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stereosim_phantoms.provenance import STATUSES
from tests.conftest import kernel_modules, kernels_of

ROOT = Path(__file__).resolve().parent.parent
CODE = ("stereosim", "gui", "phantoms")

# Files over 400 lines, each with its reason.
LONG_FILES = {
    "phantoms/stereosim_phantoms/kernels/tissue.py": "one kernel; its cache wants helpers at hand",
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command at the root of the project."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def check(*command: str) -> None:
    """Fail with the command's own words unless it succeeds."""
    done = run(*command)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_layers() -> None:
    script = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert script, "import-linter is not installed beside this Python"
    check(script)


def test_style() -> None:
    check(sys.executable, "-m", "ruff", "check", ".")


def test_format() -> None:
    check(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_types() -> None:
    check(sys.executable, "-m", "mypy")


def test_no_file_is_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in CODE
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name for name, length in lengths.items() if length > 400} == LONG_FILES.keys()


@pytest.mark.parametrize("module_name", kernel_modules())
def test_every_kernel_has_a_naive_twin_that_a_test_uses(module_name: str) -> None:
    public = [n for n in kernels_of(importlib.import_module(module_name)) if n[0] != "_"]
    stem = module_name.rsplit(".", 1)[1]
    twins = importlib.import_module(f"tests.reference.{stem}")
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")]
    for name in public:
        twin = getattr(twins, name, None)
        assert callable(twin), f"tests/reference/{stem}.py lacks {name}"
        assert not hasattr(twin, "py_func"), f"the twin of {name} is the kernel itself"
        assert any("reference" in text and re.search(rf"\b{name}\b", text) for text in tests), (
            f"no test compares {module_name}.{name} with its twin"
        )


CATALOGUES = sorted(
    path
    for folder in CODE
    for path in (ROOT / folder).rglob("*.toml")
    if path.parent.name == "data"
)
KEYS = {"value", "unit", "source", "status"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_number_of_a_catalogue_has_its_provenance(path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = content.pop("sources", {})
    assert list(faults(content, sources, path.name)) == []


def faults(item: object, sources: dict[str, str], where: str) -> list[str]:
    """What is wrong in `item`: a number outside a parameter, or a parameter that lacks a key."""
    if isinstance(item, dict) and "value" in item:
        found = [f"{where}: lacks {key}" for key in KEYS - item.keys()]
        if item.get("source") not in sources:
            found.append(f"{where}: source {item.get('source')!r} is not in [sources]")
        if item.get("status") not in STATUSES:
            found.append(f"{where}: status {item.get('status')!r}")
        if item.get("status") == "assumed" and not item.get("note"):
            found.append(f"{where}: is assumed and its note gives no plausible range")
        return found
    if isinstance(item, dict):
        return [f for key, part in item.items() for f in faults(part, sources, f"{where}.{key}")]
    if isinstance(item, list):
        return [f for i, part in enumerate(item) for f in faults(part, sources, f"{where}[{i}]")]
    if isinstance(item, (int, float)) and not isinstance(item, bool):
        return [f"{where}: a number without provenance"]
    return []


def test_the_command_line_starts_light() -> None:
    heavy = ("numba", "matplotlib", "scipy", "pydicom", "PySide6", "pyqtgraph")
    code = (
        "import sys; from stereosim.cli import parser; parser().format_help();"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = run(sys.executable, "-c", code)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def modules_with_examples() -> list[str]:
    """Modules whose docstrings hold examples."""
    roots = {"stereosim": ROOT, "gui": ROOT / "gui", "phantoms": ROOT / "phantoms"}
    return sorted(
        ".".join(path.relative_to(root).with_suffix("").parts)
        for folder, root in roots.items()
        for path in (ROOT / folder).rglob("*.py")
        if ">>> " in path.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0 and result.failed == 0


def test_the_library_never_sets_global_random_state() -> None:
    pattern = re.compile(r"np\.random\.(seed|rand|randn|normal|uniform|RandomState)\(")
    guilty = [
        str(path.relative_to(ROOT))
        for folder in CODE
        for path in (ROOT / folder).rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert guilty == []


@pytest.mark.parametrize(
    "name", ["Makefile", "tools/setup.sh", "constraints.txt", "pyproject.toml"]
)
def test_nothing_names_a_machine_or_a_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index-url|--find-links|/home/|/root/|/work/", text)


@pytest.mark.slow
def test_the_twins_agree_with_the_compiler_off() -> None:
    """Run the tests of kernels as plain Python, where an index out of bounds is an error."""
    files = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").glob("test_*.py"))
        if re.search(r"^from tests\.reference|^import tests\.reference", path.read_text(), re.M)
    ]
    assert files
    done = run(
        *(sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-k", "twin", *files),
        NUMBA_DISABLE_JIT="1",
    )
    assert done.returncode == 0, done.stdout
