"""Linear arrays as data: the catalogue of probes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

DATA = Path(__file__).parent / "data"
DEFAULT_PROBE = "l14-5"


@dataclass(frozen=True)
class Probe:
    """One linear array and the way its machine drives it.

    Attributes
    ----------
    name, label : str
        Key in the catalogue, and what a reader is shown.
    frequency_mhz, bandwidth : float
        Centre frequency and -6 dB fractional bandwidth of the transducer, there and back.
    drive_cycles : float
        Length of the pulse that drives the elements, in periods of the centre frequency.
    elements : int
        Number of elements along the array.
    pitch_mm, element_height_mm, elevation_focus_mm : float
        Element spacing, element height and the fixed lens' focal depth.
    transmit_f_number, receive_f_number : float
        Depth over aperture; the receive aperture follows the depth, the transmit one does not.
    active_elements : int
        Largest aperture, in elements.
    apodisation : float
        Pedestal of the raised-cosine weight on receive: 1 none, 0.54 Hamming; transmit has none.
    transmit_focus_mm : float
        Depth of the one transmit focus.
    penetration_mm : float
        Depth where speckle falls to the electronic noise in the reference phantom.
    provenance : dict of str to Parameter
        Where each number comes from.
    """

    name: str
    label: str
    frequency_mhz: float
    bandwidth: float
    drive_cycles: float
    elements: int
    pitch_mm: float
    element_height_mm: float
    elevation_focus_mm: float
    transmit_f_number: float
    receive_f_number: float
    active_elements: int
    apodisation: float
    transmit_focus_mm: float
    penetration_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False, compare=False)

    @property
    def width_mm(self) -> float:
        """Width of the array and of the image, mm."""
        return self.elements * self.pitch_mm


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, Probe]:
    path = DATA / "probes.toml"
    tables = load_toml(path)
    sources = tables.pop("sources")
    return {
        key: read_spec(Probe, table, sources, f"{path.name}.{key}") for key, table in tables.items()
    }


def load_probes() -> dict[str, Probe]:
    """Return the catalogue of probes by name."""
    return dict(_catalogue())


def load_probe(name: str = DEFAULT_PROBE) -> Probe:
    """Return the probe called `name`.

    Raises
    ------
    KeyError
        When the catalogue holds no such probe; the message lists those it holds.
    """
    catalogue = _catalogue()
    if name not in catalogue:
        raise KeyError(f"no probe {name!r}; there are {', '.join(catalogue)}")
    return catalogue[name]
