"""How an operator samples: clock hours, the pattern of passes, reading the specimen film."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.detection import find_specks
from stereosim.procedures.operators.skill import load_search
from stereosim.procedures.state import Seen, Specimen

Array = NDArray[np.float64]


def hours_towards(miss_mm: Array | None, cores: int) -> tuple[float, ...]:
    """Return the clock hours of a vacuum biopsy.

    All round the clock where the lesion is centred or was not seen; else half of the cores within
    the fan of hours of its side first, the rest all round.

    Parameters
    ----------
    miss_mm : ndarray, shape (3,), or None
        Lesion minus aperture centre in the frame of the needle: 3 o'clock, 12 o'clock, along.
    cores : int
        Number of cores.
    """
    round_the_clock = [12.0 * k / cores for k in range(cores)]
    search = load_search()
    if miss_mm is None or np.hypot(miss_mm[0], miss_mm[1]) < search.centred_mm:
        return tuple(h or 12.0 for h in round_the_clock)
    towards = (np.degrees(np.arctan2(miss_mm[0], miss_mm[1])) / 30.0) % 12.0
    directed = cores // 2
    fan = towards + np.linspace(-search.fan_hours, search.fan_hours, directed)
    rest = towards + 12.0 * (np.arange(cores - directed) + 0.5) / (cores - directed)
    return tuple(float(h % 12.0) or 12.0 for h in np.concatenate([fan, rest]))


def pass_pattern(passes: int, aims: int) -> list[tuple[Array, float]]:
    """Return the offset (mm, lateral x and y) and the notch hour of each pass of an automated gun.

    Where there are several specks to aim at, the first round of passes goes straight to them.
    Each further round steps aside: a gun takes a core of under 2 mm across, and a second core from
    the same track would be empty.

    Parameters
    ----------
    passes : int
        Number of passes.
    aims : int
        Number of different places that are aimed at in turn; 0 counts as one.
    """
    near, far = load_search().aside_mm
    sides = [(0.0, 1), (near, 4), (far, 8)]
    spots = [
        (radius, 2.0 * np.pi * k / count, float(12.0 * k / count) or 12.0)
        for radius, count in sides
        for k in range(count)
    ]
    pattern: list[tuple[Array, float]] = []
    for k in range(passes):
        radius, angle, hour = spots[(k // max(aims, 1)) % len(spots)]
        pattern.append((radius * np.array([np.sin(angle), np.cos(angle), 0.0]), hour))
    return pattern


@dataclass(frozen=True)
class FilmReading:
    """What a reader sees on the specimen film.

    Attributes
    ----------
    cores : tuple of int
        Number of specks seen in each core, in the order in which the cores were taken.
    """

    cores: tuple[int, ...]

    @property
    def holding(self) -> int:
        """Number of cores in which at least one speck is seen."""
        return sum(seen > 0 for seen in self.cores)

    @property
    def positive(self) -> bool:
        """Whether any speck is seen in any core: what "retrieved" means."""
        return self.holding > 0


def read_film(film: Specimen) -> FilmReading:
    """Count the specks that the specimen film shows in each core.

    The reader looks inside the cores, away from their cut ends, whose corners look like specks, and
    is stricter than in a mammogram: a speck that is not there ends the search for those that are.
    """
    search = load_search()
    found = find_specks(film.image, false_alarms_per_image=search.film_false_alarms)
    if len(found.pixels) == 0:
        return FilmReading((0,) * len(film.core_boxes_mm))
    places = film.image.view.support_from_pixel(found.pixels)
    x0, y0, x1, y1 = (film.core_boxes_mm[:, None, k] for k in range(4))
    rim = search.core_end_mm
    inside = (places[:, 0] >= x0) & (places[:, 0] <= x1)
    inside &= (places[:, 1] >= y0 + rim) & (places[:, 1] <= y1 - rim)
    return FilmReading(tuple(int(n) for n in inside.sum(axis=1)))


def unfilmed(seen: Seen) -> bool:
    """Whether cores have been taken that no specimen film shows yet."""
    filmed = len(seen.films[-1].core_boxes_mm) if seen.films else 0
    return seen.cores > filmed


def cores_with_calcification(film: Specimen) -> int:
    """Return the number of cores in which the specimen film shows at least one speck."""
    return read_film(film).holding
