"""What a breast is, as a few numbers; frames and outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.kernels import tissue as kernel
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Array

Side = Literal["right", "left"]
Density = Literal["a", "b", "c", "d"]
DENSITIES: tuple[Density, ...] = ("a", "b", "c", "d")
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class AnatomyParameters:
    """Parameters of all synthetic breasts; unit, source and range in ``data/anatomy.toml``."""

    skin_mm: float
    skin_sd_mm: float
    noise_exponent: float
    longest_mm: float
    finest_mm: float
    strand_share: float
    prior_weight: float
    softness: float
    subcutaneous_mm: float
    retromammary_mm: float
    scallop: float
    ligament_mm: float
    ligament_wavelength_mm: float
    lobes: int
    duct_generations: int
    duct_trunk_mm: float
    duct_end_mm: float
    duct_lumen_share: float
    nipple_mm: float
    density_limits: tuple[float, float, float]
    provenance: dict[str, Parameter]


@cache
def anatomy_parameters() -> AnatomyParameters:
    """Return the catalogue ``data/anatomy.toml``."""
    path = DATA / "anatomy.toml"
    raw = load_toml(path)
    return read_spec(AnatomyParameters, raw["anatomy"], raw["sources"], f"{path.name}: anatomy")


@dataclass(frozen=True)
class BreastSpec:
    """A compressed breast in the breast frame (x to the patient's right, y to the nipple, z up).

    Attributes
    ----------
    side : {"right", "left"}
        Which breast.
    thickness_mm : float
        Compressed thickness T.
    chest_to_nipple_mm : float
        Distance Y0 from chest wall to nipple.
    half_width_mm : float
        Half the width along the chest wall.
    skin_mm : float
        Skin thickness.
    glandular_fraction : float
        Volume fraction of gland (with ducts and ligaments) in the breast without skin, 0 to 1.
    supine_height_mm : float
        Height of the supine breast under the nipple.
    seed : int
        Anatomy of this breast; equal specs are equal breasts.
    edge_mm : float
        How far the rim is rounded back at top and bottom; at most T/2 is natural.
    parenchyma : {"textured", "homogeneous"}
        ``"homogeneous"``, for tests, has constant fractions and no ducts, ligaments or nipple.
    supine_displacement_mm : float
        RMS of the random part of the way from compressed to supine (see :mod:`.supine`).
    """

    side: Side
    thickness_mm: float
    chest_to_nipple_mm: float
    half_width_mm: float
    skin_mm: float
    glandular_fraction: float
    supine_height_mm: float
    seed: int
    edge_mm: float = 0.0
    parenchyma: Literal["textured", "homogeneous"] = "textured"
    supine_displacement_mm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse sizes that are no breast."""
        for name in ("thickness_mm", "chest_to_nipple_mm", "half_width_mm", "supine_height_mm"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be above 0, is {getattr(self, name)}")
        if not 0.0 <= self.glandular_fraction <= 1.0:
            raise ValueError(f"glandular_fraction must be 0 to 1, is {self.glandular_fraction}")
        if not 0.0 <= self.edge_mm < self.chest_to_nipple_mm:
            raise ValueError(f"edge_mm must be 0 to chest_to_nipple_mm, is {self.edge_mm}")
        if self.side not in ("right", "left"):
            raise ValueError(f"side must be right or left, is {self.side!r}")

    @property
    def lateral(self) -> float:
        """Sign of x toward the armpit: +1 for a right breast, -1 for a left one."""
        return 1.0 if self.side == "right" else -1.0

    @property
    def density(self) -> Density:
        """BI-RADS density category that goes with the glandular fraction."""
        limits = anatomy_parameters().density_limits
        return DENSITIES[int(np.searchsorted(limits, self.glandular_fraction, side="right"))]

    @property
    def roundness(self) -> float:
        """Edge rounding relative to the chest-to-nipple distance, rho."""
        return self.edge_mm / self.chest_to_nipple_mm

    @property
    def volume_mm3(self) -> float:
        """Volume of the half dome that compression makes, without the nipple (see `front_mm`)."""
        section = self.thickness_mm * (1.0 - self.roundness * (1.0 - np.pi / 4.0))
        return float(np.pi / 2.0 * self.half_width_mm * self.chest_to_nipple_mm * section)

    def front_mm(self, x_mm: NDArray[np.float64], z_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return y of the front surface at (x, z), 0 where there is no breast.

        This is the half dome of the supine map.  Tissue keeps within it, and at its left and right
        ends is rounded as in front (:meth:`skin_distance_mm`).
        """
        v = np.clip(2.0 * np.asarray(z_mm) / self.thickness_mm - 1.0, -1.0, 1.0)
        edge = 1.0 - self.roundness * (1.0 - np.sqrt(1.0 - v * v))
        width = np.maximum(1.0 - (np.asarray(x_mm) / self.half_width_mm) ** 2, 0.0)
        front: NDArray[np.float64] = self.chest_to_nipple_mm * np.sqrt(width) * edge
        return front

    def skin_distance_mm(self, points_mm: Array) -> Array:
        """Return the distance (n,) inward from the skin of points (n, 3); negative outside."""
        points = np.ascontiguousarray(points_mm, dtype=np.float64).reshape(-1, 3)
        out = np.empty(len(points))
        kernel.skin_distances(points, self.shape_array(), out)
        return out

    def shape_array(self) -> Array:
        """Return the outline as the array that the tissue kernels read (texture entries 0)."""
        shape = np.zeros(kernel.N_SHAPE)
        shape[kernel.T] = self.thickness_mm
        shape[kernel.Y0] = self.chest_to_nipple_mm
        shape[kernel.HALF] = self.half_width_mm
        shape[kernel.RHO] = self.roundness
        shape[kernel.SKIN] = self.skin_mm
        shape[kernel.PLAIN] = float(self.parenchyma == "homogeneous")
        shape[kernel.PLAIN_GLAND] = self.glandular_fraction
        return shape
