"""Synthetic breasts, calcifications, lesions and the case library; a leaf that knows no machine."""
