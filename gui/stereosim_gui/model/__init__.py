"""What the app knows and does, free of Qt: views draw it and send it intents.

Importing any module here loads neither Numba nor SciPy: :mod:`.engine` imports what computes when
the worker needs it.
"""
