"""Ultrasound of the supine breast: probes, tissue, frames, sweeps and the reader of sweeps."""

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.certainty import Thresholds, load_thresholds
from stereosim.imaging.ultrasound.frame import Frame, bmode, scan_frame
from stereosim.imaging.ultrasound.live import LiveTissue
from stereosim.imaging.ultrasound.observer import EchoFinding, search
from stereosim.imaging.ultrasound.probes import Probe, load_probe, load_probes
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim.imaging.ultrasound.sweep import Sweep, scan_box, sweep
from stereosim.imaging.ultrasound.tissue import Insonated

__all__ = [
    "EchoFinding",
    "Frame",
    "Grid",
    "Insonated",
    "LiveTissue",
    "Probe",
    "ProbePose",
    "Shaft",
    "Sweep",
    "Thresholds",
    "bmode",
    "load_probe",
    "load_probes",
    "load_thresholds",
    "scan_box",
    "scan_frame",
    "search",
    "sweep",
]
