"""Compiled functions of the phantoms: arrays in, arrays out; NumPy and Numba only."""
