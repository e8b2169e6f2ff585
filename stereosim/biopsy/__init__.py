"""Devices, needle, capture, specimen and safety: what is hidden from the operator's eyes.

A needle is aimed (:mod:`pose`), comes to lie with error (:mod:`needle`), takes cores
(:mod:`capture`) out of the tissue (:mod:`tissue`), and the cores are laid on a tray
(:mod:`specimen`); :mod:`safety` says beforehand whether it may be fired, and :mod:`clip` marks the
place afterwards.
"""
