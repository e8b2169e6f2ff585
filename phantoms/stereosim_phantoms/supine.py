"""From the compressed breast under the tube to the supine one under the probe, and back.

The map is a composition of steps that each keep volume exactly, so its determinant is 1:

1. In each slice x, the compressed section is spread to the half square [0, 1] x [-1, 1] by
   ``u = y / front(x, z)`` and the share ``w`` of the section's area below z.
2. The half square goes to the half disc by the concentric map (Shirley and Chiu 1997, J. Graphics
   Tools 2(3):45): the skin (u = 1 or w = +-1) goes to the arc, the chest wall (u = 0) to the base.
3. The half disc is scaled to a half ellipse of width W(x) and height H(x), both in proportion to
   the square root of the slice's depth, with W0 chosen from the volume.
4. Heights become depths below the dome (a vertical shear), with the origin at the nipple.
5. A few seeded shear waves move tissue parallel to the skin.  A wave's direction is
   perpendicular to its wave vector, so that it keeps volume and is undone exactly; the nipple
   and z stay in place.  Its size stands for all that the closed form does not know.

Axes: breast (x right, y to the nipple, z up) becomes supine (x right, y cranial, z into the
breast).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.kernels import supine as kernel
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Array

WAVES = 8
# In-plane wavelengths 120 to 300 mm, over depth 80 to 200 mm: assumed, longer than the gland is
# wide, so that a neighbourhood of a few centimetres moves nearly as one.
WAVELENGTH_MM = (120.0, 300.0)
DEPTH_WAVELENGTH_MM = (80.0, 200.0)


@dataclass(frozen=True)
class SupineMap:
    """Invertible, volume-preserving map between the breast frame and the supine frame.

    Attributes
    ----------
    shape : ndarray, shape (6,)
        T, Y0, half width, roundness, supine width W0 and height H0, mm.
    waves : ndarray, shape (n, 8)
        Shear waves (see :mod:`.kernels.supine`); none in the nominal map.
    """

    shape: Array
    waves: Array

    @property
    def width_mm(self) -> float:
        """Cranio-caudal width of the supine breast at the nipple."""
        return float(self.shape[4])

    @property
    def height_mm(self) -> float:
        """Height of the supine breast at the nipple, skin to chest wall."""
        return float(self.shape[5])

    @property
    def nominal(self) -> SupineMap:
        """The same map without the random displacement: what one expects, not what is."""
        return SupineMap(self.shape, np.zeros((0, 8)))

    def supine_from_breast(self, points_mm: Array) -> Array:
        """Return the supine places (n, 3) of breast-frame points (n, 3); NaN outside."""
        points, result = _prepare(points_mm, (3,))
        kernel.supine_from_breast(points, self.shape, self.waves, result)
        return result

    def breast_from_supine(self, points_mm: Array) -> Array:
        """Return the breast-frame places (n, 3) of supine points (n, 3); NaN outside."""
        points, result = _prepare(points_mm, (3,))
        kernel.breast_from_supine(points, self.shape, self.waves, result)
        return result

    def jacobian(self, points_mm: Array) -> Array:
        """Return d(supine)/d(breast) (n, 3, 3) at breast points (n, 3); NaN from the skin out."""
        points, result = _prepare(points_mm, (3, 3))
        kernel.supine_jacobian(points, self.shape, self.waves, result)
        return result

    def chest_wall_depth_mm(self, points_mm: Array) -> Array:
        """Return the nominal depth (n,) of the chest wall at supine points (n, 3); 0 beside."""
        x, y = points_mm[:, 0], points_mm[:, 1]
        root = np.sqrt(np.maximum(1.0 - (x / self.shape[2]) ** 2, 0.0))
        side = y / np.maximum(0.5 * self.width_mm * np.sqrt(root), 1e-9)
        depth: Array = self.height_mm * np.sqrt(root) * np.sqrt(np.maximum(1.0 - side**2, 0.0))
        return depth


def _prepare(points_mm: Array, tail: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the points as the kernels take them, and room for the result."""
    points = np.ascontiguousarray(points_mm, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3:
        raise ValueError(f"points must have shape (n, 3), have {points.shape}")
    return points, np.empty((len(points), *tail))


def supine_map(breast: BreastSpec) -> SupineMap:
    """Return the supine map of `breast`, its random displacement drawn from the breast's seed.

    The waves are scaled so that the squared displacement, averaged over the breast and over seeds,
    is the square of ``breast.supine_displacement_mm``.  The nipple is fixed, so tissue near
    it moves less than that and tissue far from it more.
    """
    rho = breast.roundness
    section = breast.chest_to_nipple_mm * breast.thickness_mm * (1.0 - rho * (1.0 - np.pi / 4.0))
    width = 4.0 * section / (np.pi * breast.supine_height_mm)
    shape = np.array(
        [
            breast.thickness_mm,
            breast.chest_to_nipple_mm,
            breast.half_width_mm,
            rho,
            width,
            breast.supine_height_mm,
        ]
    )
    nominal = SupineMap(shape, np.zeros((0, 8)))
    if breast.supine_displacement_mm <= 0.0:
        return nominal
    rng = stream(breast.seed, "supine")
    # Directions spread evenly over the half circle, so that no axis is favoured in any one breast.
    turn = np.pi * (np.arange(WAVES) + rng.uniform()) / WAVES
    rng.shuffle(turn)
    direction = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    along = 2.0 * np.pi / rng.uniform(*WAVELENGTH_MM, WAVES)
    into = 2.0 * np.pi / rng.uniform(*DEPTH_WAVELENGTH_MM, WAVES) * rng.choice([-1.0, 1.0], WAVES)
    vector = np.stack([-direction[:, 1] * along, direction[:, 0] * along, into], axis=1)
    phase = rng.uniform(0.0, 2.0 * np.pi, WAVES)
    # Over random phases (sin(a + phase) - sin(phase))^2 has the mean 1 - cos(a).
    places = nominal.supine_from_breast(_grid(breast))
    mean_square = float(np.sum(np.nanmean(1.0 - np.cos(places @ vector.T), axis=0)))
    amplitude = np.full(WAVES, breast.supine_displacement_mm / np.sqrt(mean_square))
    return SupineMap(shape, np.column_stack([direction, vector, phase, np.sin(phase), amplitude]))


def _grid(breast: BreastSpec, n: int = 9) -> Array:
    """Return about n^3 / 2 points spread evenly over the breast, shape (m, 3)."""
    share = (np.arange(n) + 0.5) / n
    x, y, z = np.meshgrid(
        (2.0 * share - 1.0) * breast.half_width_mm,
        share * breast.chest_to_nipple_mm,
        share * breast.thickness_mm,
    )
    points = np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)
    inside: Array = points[breast.skin_distance_mm(points) > 0.0]
    return inside
