"""Spectra of mammography tubes measured with a germanium detector: an oracle for our tables.

S. Ketelhut and L. Büermann (PTB Braunschweig), catalogue of unfiltered x-ray spectra from
tungsten-, molybdenum- and rhodium-anode tubes, 10 to 50 kV, 18 November 2020, CC BY 4.0; here three
digits of what lies over 8 keV, which the filters of mammography leave.  Relative fluence per bin of
0.25 keV, in air at 1 m from the focus.
"""

from dataclasses import dataclass

import numpy as np

BIN_KEV = 0.25
FIRST_KEV = 8.125  # middle of the first bin


@dataclass(frozen=True)
class Measured:
    """One tube: its inherent filter of beryllium and its anode angle differ from ours."""

    beryllium_mm: float
    anode_deg: float
    fluence: np.ndarray

    @property
    def energies_kev(self):
        return FIRST_KEV + BIN_KEV * np.arange(len(self.fluence))


def _spectrum(beryllium_mm, anode_deg, values):
    return Measured(beryllium_mm, anode_deg, np.array(values.split(), dtype=float))


SPECTRA = {
    ("W", 28): _spectrum(
        4.0,
        30.0,
        """19.3 19.7 3.47 4.52 3.99 18.5 28.8 16.4 6.22 4.19 4.67 5.61 10.7 8.59 6.35 5.47 5.02
        4.96 5.20 5.18 5.19 5.25 5.23 5.24 5.25 5.31 5.20 5.25 5.16 5.14 5.09 5.04 5.02 4.94 4.87
        4.84 4.71 4.71 4.57 4.48 4.48 4.31 4.24 4.21 4.09 3.97 3.90 3.81 3.68 3.66 3.48 3.47 3.32
        3.21 3.10 3.06 2.91 2.79 2.72 2.59 2.54 2.37 2.30 2.18 2.07 1.98 1.86 1.72 1.65 1.54 1.39
        1.28 1.15 1.06 0.891 0.756 0.650 0.452 0.295 0.0785""",
    ),
    ("W", 34): _spectrum(
        4.0,
        30.0,
        """17.2 17.7 2.80 3.77 3.17 17.2 26.8 14.9 5.15 3.39 3.65 4.61 9.33 7.33 5.28 4.44 4.01
        3.96 4.15 4.16 4.31 4.22 4.32 4.32 4.33 4.37 4.38 4.39 4.37 4.42 4.32 4.36 4.36 4.23 4.30
        4.27 4.19 4.19 4.11 4.05 4.08 3.99 3.95 3.93 3.86 3.85 3.73 3.70 3.62 3.64 3.51 3.50 3.42
        3.35 3.34 3.25 3.24 3.09 3.07 2.96 2.98 2.82 2.81 2.77 2.67 2.66 2.58 2.47 2.50 2.37 2.29
        2.30 2.16 2.15 2.09 2.01 1.94 1.91 1.81 1.76 1.73 1.61 1.58 1.52 1.46 1.39 1.30 1.28 1.19
        1.12 1.06 0.991 0.928 0.885 0.790 0.751 0.651 0.584 0.521 0.437 0.342 0.264 0.157 0.0584""",
    ),
    ("Mo", 28): _spectrum(
        1.0,
        26.0,
        """4.83 5.14 5.43 5.71 5.97 6.30 6.59 6.39 6.61 6.57 6.78 6.67 7.67 7.20 7.06 7.09 6.79
        6.88 6.70 6.58 6.38 6.37 6.10 6.07 5.97 5.76 5.67 5.52 5.44 5.31 5.13 5.03 5.01 4.61 5.42
        3.37 22.1 38.8 7.37 4.06 3.85 3.81 3.60 3.60 3.55 8.60 7.93 3.58 3.03 2.53 2.60 2.51 2.36
        2.30 2.24 2.14 2.06 1.97 1.90 1.80 1.71 1.65 1.53 1.54 1.37 1.35 1.23 1.16 1.07 0.984 0.909
        0.807 0.763 0.637 0.589 0.455 0.410 0.295 0.199 0.0726""",
    ),
    ("Rh", 28): _spectrum(
        0.15,
        18.0,
        """5.62 5.79 6.31 6.57 6.85 6.98 7.31 7.62 7.79 7.08 7.54 7.56 8.45 8.09 7.98 7.91 7.66
        7.64 7.53 7.45 7.11 7.03 6.91 6.78 6.55 6.51 6.34 6.13 6.06 5.83 5.73 5.56 5.40 5.30 5.08
        4.99 4.84 4.72 4.59 4.43 4.36 4.14 4.10 3.93 3.83 3.79 3.69 10.8 14.2 4.26 3.06 2.96 2.88
        2.75 2.63 2.59 2.30 3.31 4.47 2.71 2.25 1.79 1.70 1.62 1.53 1.43 1.36 1.27 1.19 1.10 0.991
        0.925 0.807 0.706 0.648 0.533 0.451 0.319 0.231 0.0671""",
    ),
}
