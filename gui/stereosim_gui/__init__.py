"""The desktop app: views draw the app model and send intents; they compute nothing.

``model``, ``worker``, ``looks``, ``signals`` and ``command`` know nothing of Qt.  Importing any
module of the app loads neither Numba nor SciPy: what computes is imported when the worker needs it.
"""
