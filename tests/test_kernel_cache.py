"""Compiled code on disk belongs to all kernels of its folder, not to one file."""

from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import stereosim.kernels._jit as library
import stereosim_phantoms.kernels._jit as phantoms


def dispatcher() -> SimpleNamespace:
    return SimpleNamespace(_cache=SimpleNamespace(_cache_file=SimpleNamespace(_source_stamp=1)))


def test_a_change_in_any_file_makes_all_code_old(tmp_path: Path) -> None:
    stamps = []
    for line in ("a = 1", "a = 1", "a = 2"):
        (tmp_path / "callee.py").write_text(line)
        (tmp_path / "caller.py").write_text("b = 1")
        phantoms._contents.cache_clear()
        made = phantoms.fresh(dispatcher(), tmp_path)
        stamps.append(made._cache._cache_file._source_stamp)
    phantoms._contents.cache_clear()
    assert stamps[0] == stamps[1] != stamps[2]
    assert {stamp[0] for stamp in stamps} == {1}  # what Numba looks at counts too


@pytest.mark.parametrize("module", [library, phantoms])
def test_the_kernels_bear_that_stamp(module: ModuleType) -> None:
    from stereosim.kernels.batch_capture import capture_batch
    from stereosim_phantoms.kernels.supine import supine_from_breast

    kernel = capture_batch if module is library else supine_from_breast
    kept = getattr(kernel, "_cache", None)
    if kept is None:
        pytest.skip("the compiler is off")
    folder = Path(str(module.__file__)).parent
    assert kept._cache_file._source_stamp[1] == phantoms._contents(folder)


def test_what_is_not_compiled_passes() -> None:
    assert phantoms.fresh(len) is len
