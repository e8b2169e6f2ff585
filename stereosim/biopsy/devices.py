"""The catalogue of biopsy devices, and the reach that its published specimen mass implies."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stereosim_phantoms.provenance import (
    Parameter,
    SpecError,
    load_toml,
    read_parameter,
    read_spec,
)

CATALOGUE = Path(__file__).parent / "data" / "devices.toml"


@dataclass(frozen=True)
class Device:
    """A biopsy needle; the numbers come from ``data/devices.toml``.

    Attributes
    ----------
    name, family : str
        ``"vab-9g-petite"``; its family is the device it is a variant of, here ``"vab-9g"``.
    label : str
        For tables and menus.
    kind : str
        ``"gun"`` (one core per insertion, spring-loaded notch) or ``"vacuum"`` (directed sampling).
    handheld : bool
        Whether it can be used by hand under ultrasound.
    tip : str
        ``"trocar"`` (a cutting point) or ``"blunt"`` (shorter, for thin breasts).
    gauge : float
        Needle gauge.
    outer_diameter_mm, aperture_mm, throw_mm, dead_tip_mm, length_mm : float
        Outer diameter, length of aperture or notch, travel on firing, aperture's end to point, and
        usable length of the shaft.
    core_mass_mg : float
        Published mean mass per core.
    capture_angle_deg : float
        Opening of the sector that one core is taken from; an even whole number, at most 180.
    closure : float
        Fraction of a newly emptied cavity that the tissue around it fills, 0 to 1.
    usual_cores : int
        Cores of a usual procedure.
    side_deviation_deg : float
        SD of the normal law of which the side deviation over the throw is the size.
    density_mg_mm3 : float
        Density of the tissue that the mass is turned into volume with.
    piece_mm : float
        The least thickness of both parts of a speck that the edge cuts.
    """

    name: str
    family: str
    label: str
    kind: str
    handheld: bool
    tip: str
    gauge: float
    outer_diameter_mm: float
    aperture_mm: float
    throw_mm: float
    dead_tip_mm: float
    length_mm: float
    core_mass_mg: float
    capture_angle_deg: float
    closure: float
    usual_cores: int
    side_deviation_deg: float
    density_mg_mm3: float
    piece_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what the capture model cannot hold."""
        if self.kind not in ("gun", "vacuum"):
            raise SpecError(f"{self.name}.kind: {self.kind!r} is neither 'gun' nor 'vacuum'")
        if self.tip not in ("trocar", "blunt"):
            raise SpecError(f"{self.name}.tip: {self.tip!r} is neither 'trocar' nor 'blunt'")
        if self.capture_angle_deg % 2 or not 2 <= self.capture_angle_deg <= 180:
            raise SpecError(f"{self.name}.capture_angle_deg: must be even and from 2 to 180")
        if not 0.0 <= self.closure <= 1.0:
            raise SpecError(f"{self.name}.closure: must be from 0 to 1")
        lengths = (
            self.outer_diameter_mm,
            self.aperture_mm,
            self.dead_tip_mm,
            self.core_mass_mg,
            self.density_mg_mm3,
            self.piece_mm,
        )
        if min(lengths) <= 0.0 or self.usual_cores < 1:
            raise SpecError(f"{self.name}: sizes must be above 0 and usual_cores at least 1")

    @property
    def cores_per_insertion(self) -> int:
        """Cores of one bore: 1 for a gun, the usual number for a vacuum device."""
        return 1 if self.kind == "gun" else self.usual_cores

    @property
    def usual_hours(self) -> tuple[float, ...]:
        """Clock hours of a usual all-round insertion, evenly spaced from 12 o'clock."""
        n = self.cores_per_insertion
        return tuple(12.0 * i / n or 12.0 for i in range(n))

    @property
    def reach_mm(self) -> float:
        """Radius, in tissue with the needle out, that the first core at an hour reaches to."""
        area = self.core_mass_mg / (self.density_mg_mm3 * self.aperture_mm)
        return float(np.sqrt(area / np.mean(self._areas)))

    @property
    def insertion_masses_mg(self) -> tuple[float, ...]:
        """Simulated masses of the cores of a usual insertion in homogeneous tissue, in order."""
        per_area = self.reach_mm**2 * self.aperture_mm * self.density_mg_mm3
        return tuple(area * per_area for area in self._areas)

    @property
    def tip_offset_mm(self) -> float:
        """Distance from the aperture's centre to the point."""
        return self.aperture_mm / 2.0 + self.dead_tip_mm

    @property
    def pull_back_mm(self) -> float:
        """How far the point stands short of the target before firing."""
        return self.throw_mm - self.tip_offset_mm

    @property
    def _areas(self) -> tuple[float, ...]:
        return core_areas(int(self.capture_angle_deg), self.closure, self.cores_per_insertion)


@functools.lru_cache(maxsize=64)
def core_areas(angle_deg: int, closure: float, cores: int) -> tuple[float, ...]:
    """Return the cross-sections of the cores all round the clock, mm^2, for a reach of 1 mm.

    Per clock bin a core takes what lies between the void left by earlier ones and the reach R, so
    that every area scales with R^2: the reach that gives a published mean mass follows without a
    search.
    """
    void = np.zeros(360)
    areas = []
    for i in range(cores):
        bins = np.arange(angle_deg) + sector_start(12.0 * i / cores, angle_deg)
        emptied = 1.0 - void[bins % 360]
        areas.append(float(emptied.sum()) * np.pi / 360.0)
        void[bins % 360] = 1.0 - closure * emptied
    return tuple(areas)


def sector_start(hour: float, angle_deg: float) -> int:
    """Return the first one-degree bin of the sector at `hour`; hours snap to whole degrees."""
    return round(30.0 * hour) - int(angle_deg) // 2


def load_devices(path: Path = CATALOGUE) -> dict[str, Device]:
    """Read the device catalogue, in its order.

    A family's full aperture comes first, then what keeps most of the tissue: the blunt tip, then
    shorter apertures.  The first that is safe is the one that operators take.

    Raises
    ------
    SpecError
        Naming file, device and field, for anything missing, unknown or impossible.
    """
    raw = load_toml(path)
    sources: Mapping[str, str] = raw.get("sources", {})
    tissue: dict[str, Any] = raw.get("tissue", {})
    for key in ("density_mg_mm3", "piece_mm"):
        if key not in tissue:
            raise SpecError(f"{path.name}: missing [tissue] {key}")
    devices: dict[str, Device] = {}
    tables: dict[str, dict[str, Any]] = raw.get("devices", {})
    for name, table in tables.items():
        where = f"{path.name}.{name}"
        family = table.get("family", name)
        full: dict[str, Any] = dict(table)
        if family != name:
            if family not in tables:
                raise SpecError(f"{where}.family: {family!r} is not in the catalogue")
            full = _variant(tables[family], table, sources, where)
        full.update(tissue, name=name, family=family)
        devices[name] = read_spec(Device, full, sources, where)
    return devices


def _variant(
    base: Mapping[str, Any], table: Mapping[str, Any], sources: Mapping[str, str], where: str
) -> dict[str, Any]:
    """Fill a variant from its family; the mass goes with the aperture unless it is given."""
    full = {**base, **table}
    if "core_mass_mg" not in table:
        apertures = [
            read_parameter(t.get("aperture_mm"), sources, f"{where}.aperture_mm").value
            for t in (base, full)
        ]
        mass = dict(base["core_mass_mg"])
        mass["note"] = "the family's mass times the ratio of the apertures"
        mass["value"] = mass["value"] * apertures[1] / apertures[0]
        mass["status"] = "derived"
        full["core_mass_mg"] = mass
    return full
