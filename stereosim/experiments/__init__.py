"""Experiments: a row per trial and arm, the statistics of them, published figures beside them."""
