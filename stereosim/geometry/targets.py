"""What triangulation gives back: one target, or many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

Floats = NDArray[np.float64]

# Place of each of the six stored covariances xx, xy, xz, yy, yz, zz in the 3x3 matrix.
UPPER_TRIANGLE = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])


@dataclass(frozen=True, eq=False)
class Triangulation:
    """One target found from its marks.

    Attributes
    ----------
    target_mm : (3,) ndarray
        x, y, z in the support frame.
    covariance_mm2 : (3, 3) ndarray
        Covariance of the target under the error of the marks.
    y_mismatch_mm : float
        For two views sqrt(2) times the distance, on the detector, from the marks to the nearest
        pair that one point can cast; for a stationary detector that is the y of the left mark
        minus the y of the right mark.  Positive where the left mark lies toward the first row.
        For more views the largest minus the smallest residual along rows.
    chi2 : float
        Sum of squared residuals over the variance of a mark; with true marks of one speck
        chi-square distributed with `dof` degrees of freedom.
    dof : int
        2 m - 3 for m views.
    p_value : float
        Probability of a larger `chi2` where the marks belong together.  Raising the alarm below
        0.01 is a test for wrong pairing with one false alarm in a hundred.
    residuals_px : (m, 2) ndarray
        Marks minus the images of the target.
    """

    target_mm: Floats
    covariance_mm2: Floats
    y_mismatch_mm: float
    chi2: float
    dof: int
    p_value: float
    residuals_px: Floats

    @property
    def sd_mm(self) -> Floats:
        """Standard deviations (3,) of x, y and z."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance_mm2)))


@dataclass(frozen=True, eq=False)
class Triangulations:
    """Many targets, stored component by component.

    Attributes
    ----------
    components_mm : (3, n) ndarray
        x, y and z, support frame.
    mismatch_px : (n,) ndarray
        The mismatch of :class:`Triangulation` in pixels, positive where the left mark has the
        higher row.
    covariances_mm2 : (6, n) ndarray
        xx, xy, xz, yy, yz, zz; (6, 0) where no `sigma_px` was given.
    row_pitch_mm : float
        Size of a row.
    sigma_px : float or None
        Error of the marks that the covariances stand for.
    """

    components_mm: Floats
    mismatch_px: Floats
    covariances_mm2: Floats
    row_pitch_mm: float
    sigma_px: float | None

    @property
    def target_mm(self) -> Floats:
        """Targets (n, 3), a view of the stored components."""
        return self.components_mm.T

    @property
    def y_mismatch_mm(self) -> Floats:
        """Mismatch (n,) as in :class:`Triangulation`."""
        return np.asarray(-self.row_pitch_mm * self.mismatch_px)

    @property
    def covariance_mm2(self) -> Floats:
        """Covariances (n, 3, 3)."""
        self._sigma()
        return np.moveaxis(self.covariances_mm2[UPPER_TRIANGLE], 2, 0)

    @property
    def sd_mm(self) -> Floats:
        """Standard deviations (n, 3)."""
        self._sigma()
        return np.sqrt(self.covariances_mm2[[0, 3, 5]]).T

    @property
    def chi2(self) -> Floats:
        """Test statistic (n,) with one degree of freedom, as in :class:`Triangulation`."""
        return np.asarray(0.5 * (self.mismatch_px / self._sigma()) ** 2)

    @property
    def p_value(self) -> Floats:
        """Probability (n,) of a larger `chi2` where the marks belong together."""
        return np.asarray(chdtrc(1, self.chi2))

    def _sigma(self) -> float:
        if self.sigma_px is None:
            raise ValueError("sigma_px: was not given, so there is neither covariance nor test")
        return self.sigma_px
