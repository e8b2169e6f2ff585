"""What all tests share: no window on the screen, one specialisation per kernel."""

import atexit
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MPLBACKEND", "Agg")
# Two workers on two cores: threads of BLAS beside them would only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The same examples at every run, so that a green tree stays green; HYPOTHESIS_PROFILE=search (which
# `make test-all` sets) looks for new ones.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

# What tests keep on disk is no older than the session, and goes with it.
_CACHE = tempfile.TemporaryDirectory(prefix="stereosim-tests-")
atexit.register(_CACHE.cleanup)
os.environ["STEREOSIM_CACHE"] = _CACHE.name


def kernels_of(module: ModuleType) -> dict[str, object]:
    """The compiled functions that `module` itself defines, by name."""
    return {
        name: item
        for name, item in vars(module).items()
        if hasattr(item, "py_func") and item.py_func.__module__ == module.__name__
    }


def kernel_modules() -> list[str]:
    """Names of the kernel modules of the library and of the phantoms."""
    names = []
    for package in ("stereosim.kernels", "stereosim_phantoms.kernels"):
        try:
            found = importlib.import_module(package)
        except ModuleNotFoundError:
            continue
        for folder in found.__path__:
            files = sorted(path.stem for path in Path(folder).glob("*.py"))
            names += [f"{package}.{stem}" for stem in files if not stem.startswith("_")]
    return names


@pytest.fixture(scope="session", autouse=True)
def one_signature_per_kernel() -> Iterator[None]:
    """Fail the session where a kernel was compiled for two kinds of arguments.

    A second specialisation doubles the compile time and means that some caller forgot to make
    its arrays contiguous, writable or float64.
    """
    yield
    several = [
        f"{name}.{kernel}: {[str(s) for s in function.signatures]}"  # type: ignore[attr-defined]
        for name in kernel_modules()
        if name in sys.modules
        for kernel, function in kernels_of(sys.modules[name]).items()
        if len(function.signatures) > 1  # type: ignore[attr-defined]
    ]
    assert not several, "\n".join(several)
