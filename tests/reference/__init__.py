"""The slow, obvious twin of every compiled kernel, module by module; no Numba in here."""
