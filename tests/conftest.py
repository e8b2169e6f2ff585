"""What all tests share: no window on the screen, no figure window, no settings of the user."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MPLBACKEND", "Agg")
