"""Stereotactic breast biopsy simulated beside ultrasound guidance on the same virtual patient.

Importing this package loads nothing heavy; see ARCHITECTURE.md for what lives where.
"""

__version__ = "0.1.0"
