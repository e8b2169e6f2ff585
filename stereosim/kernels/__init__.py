"""Compiled functions over arrays and floats; a leaf that knows no object of the layers above.

Module names mirror the shell: ``kernels/triangulation.py`` serves ``geometry/triangulation.py``.
Every public kernel has a naive twin of the same name in ``tests/reference/``.
"""
