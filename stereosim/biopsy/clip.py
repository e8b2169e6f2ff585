"""The marker clip: deployed in the cavity, moved when the breast is released."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from stereosim.biopsy.needle import CATALOGUE
from stereosim.biopsy.pose import Array, NeedlePose, Vector, unit_vector
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec


@dataclass(frozen=True)
class ClipModel:
    """Migration of a clip on release of the compression: a log-normal distance.

    Attributes
    ----------
    label : str
        For tables.
    median_mm, log_sd : float
        Median distance, and SD of its natural logarithm.
    """

    label: str
    median_mm: float
    log_sd: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, eq=False)
class Clip:
    """A marker clip: where it was deployed, and where it came to lie after release, shape (3,)."""

    deployed_mm: Array
    settled_mm: Array


def load_clip_model(path: Path = CATALOGUE) -> ClipModel:
    """Read the clip's migration."""
    raw = load_toml(path)
    if "clip" not in raw:
        raise SpecError(f"{path.name}: missing [clip]")
    return read_spec(ClipModel, raw["clip"], raw.get("sources", {}), f"{path.name}.clip")


@cache
def usual_clip_model() -> ClipModel:
    """Return the catalogue's model, read once."""
    return load_clip_model()


def deploy_clip(
    pose: NeedlePose,
    *,
    model: ClipModel | None = None,
    compression_axis: Vector = (0.0, 0.0, 1.0),
    rng: np.random.Generator,
) -> Clip:
    """Leave a clip at the aperture's centre; on release it migrates along the compression axis.

    The migration is the published distribution itself (`model`, or the catalogue's), not a model of
    why a clip migrates; it may lead out of a small breast.
    """
    model = model or usual_clip_model()
    along = unit_vector(compression_axis, "compression_axis")
    distance = model.median_mm * float(np.exp(model.log_sd * rng.standard_normal()))
    side = 1.0 if rng.random() < 0.5 else -1.0
    return Clip(pose.centre_mm, pose.centre_mm + side * distance * along)
