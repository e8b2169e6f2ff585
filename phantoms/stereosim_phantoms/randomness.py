"""One stream of random numbers per purpose, keyed by what it is for and never by when it is used.

``stream(seed, trial, "noise", "left")`` is the same generator whatever ran before it, on any
number of workers, in any order.
"""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the generator that belongs to `purpose` under `seed`.

    Parameters
    ----------
    seed : int
        Seed of the experiment, at least 0.
    *purpose : str or int
        What the numbers are for, from the general to the particular, such as
        ``(trial, "anatomy")``.  Words enter by their CRC-32, whole numbers (at least 0) as
        they are.

    Returns
    -------
    numpy.random.Generator
        A PCG64 generator, statistically independent of that of any other purpose.
    """
    return np.random.default_rng(seed_sequence(seed, *purpose))


def seed_sequence(seed: int, *purpose: str | int) -> np.random.SeedSequence:
    """Return the seed sequence behind :func:`stream`."""
    key: list[int] = []
    for word in purpose:
        # The tag keeps the word whose CRC is 7 apart from the number 7.
        key += [1, zlib.crc32(word.encode())] if isinstance(word, str) else [0, word]
    return np.random.SeedSequence(entropy=seed, spawn_key=tuple(key))


def derived_seed(seed: int, *purpose: str | int) -> int:
    """Return a 63-bit whole number for hashes that are evaluated in compiled code."""
    return int(seed_sequence(seed, *purpose).generate_state(1, np.uint64)[0] >> np.uint64(1))
