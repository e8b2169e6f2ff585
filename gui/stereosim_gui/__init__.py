"""The desktop app: views draw the app model and send intents; they compute nothing.

``model``, ``worker``, ``looks`` and ``signals`` know nothing of Qt; ``main_window``, ``image_pane`` and
``theme`` are the only modules that import it.  Importing any of them loads neither Numba nor SciPy.
"""
