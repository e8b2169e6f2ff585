"""The specimen radiograph: cores on a tray, imaged in contact with a detector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stereosim.geometry.views import View
from stereosim.imaging.detectors import add_noise, blur, load_detectors
from stereosim.imaging.exposure import Exposure, detected_beam, slab_paths
from stereosim.imaging.materials import DATA, Array
from stereosim.imaging.rendering import solid_boxes, transmission
from stereosim.imaging.scene import Needle, Scene, solid_arrays
from stereosim.imaging.spectra import METRE_MM
from stereosim.imaging.xray import XrayImage
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Specks


@dataclass(frozen=True)
class SpecimenSpec:
    """The specimen unit (data/xray.toml, ``[specimen]``)."""

    detector: str
    kilovolt: int
    thickness_mm: float
    absorbed_kev_per_mm2: float
    pitch_mm: float
    focus_distance_mm: float
    gap_mm: float
    margin_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_specimen() -> SpecimenSpec:
    """Return the parameters of the specimen unit."""
    tables = load_toml(DATA / "xray.toml")
    return read_spec(SpecimenSpec, tables["specimen"], tables["sources"], "xray.toml: specimen")


def specimen_view(spec: SpecimenSpec, boxes_mm: Array) -> View:
    """Return the view of a film that shows all boxes (n, 2, 3), tray frame, with a free rim."""
    low, high = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    if len(boxes_mm):
        low, high = boxes_mm[:, 0, :2].min(axis=0), boxes_mm[:, 1, :2].max(axis=0)
    low, high = low - spec.margin_mm, high + spec.margin_mm
    columns, rows = np.ceil((high - low) / spec.pitch_mm).astype(int)
    middle = 0.5 * (low + high)
    pitch = spec.pitch_mm
    left = middle[0] - 0.5 * (columns - 1) * pitch
    top = middle[1] + 0.5 * (rows - 1) * pitch
    return View(
        name="specimen",
        angle_deg=0.0,
        source_mm=np.array([*middle, spec.focus_distance_mm - spec.gap_mm]),
        origin_mm=np.array([left, top, -spec.gap_mm]),
        column_mm=np.array([pitch, 0.0, 0.0]),
        row_mm=np.array([0.0, -pitch, 0.0]),
        shape=(int(rows), int(columns)),
    )


def core_rods(boxes_mm: Array) -> tuple[Needle, ...]:
    """Return each box (n, 2, 3) as the cylinder of the same volume along its longest side."""
    rods = []
    for low, high in boxes_mm:
        size = high - low
        if not (size > 0.0).all():
            continue
        k = int(np.argmax(size))
        section = float(np.prod(np.delete(size, k)))
        axis = np.eye(3)[k]
        tip = 0.5 * (low + high) + 0.5 * size[k] * axis
        rods.append(
            Needle(tip, axis, float(size[k]), 2.0 * float(np.sqrt(section / np.pi)), "core")
        )
    return tuple(rods)


def specimen_film(specks: Specks, boxes_mm: Array, *, rng: np.random.Generator | None) -> XrayImage:
    """Radiograph of a tray of cores.

    Parameters
    ----------
    specks : Specks
        The specks in the cores, tray frame: x and y in the plane of the tray, z up from it.
    boxes_mm : ndarray, shape (n, 2, 3)
        Lower and upper corner of each core, tray frame; boxes without volume are left out.
    rng : numpy.random.Generator or None
        Noise; None for none.

    Notes
    -----
    There is no patient, so the dose is 0; scatter from a few millimetres is neglected.
    """
    spec = load_specimen()
    boxes = np.asarray(boxes_mm, dtype=np.float64).reshape(-1, 2, 3)
    # The pixels are smaller than those of the unit that the layer is taken from.
    detector = load_detectors()[spec.detector]
    view = specimen_view(spec, boxes)
    kv = int(spec.kilovolt)
    beam = detected_beam(
        detector, detector.target_filter, kv, spec.focus_distance_mm, support=False
    )
    spread = (METRE_MM / spec.focus_distance_mm) ** 2
    behind, _ = beam.behind(slab_paths(spec.thickness_mm, 0.5, 0.0))
    mas = spec.absorbed_kev_per_mm2 / (float(behind[0, 0]) * spread)
    open_kev = float(beam.absorbed_kev.sum()) * spread * mas
    quantum = float((beam.absorbed_kev * beam.energies_kev).sum() / beam.absorbed_kev.sum())
    solids = solid_arrays(Scene(spec.thickness_mm, specks, core_rods(boxes)))
    air = np.zeros((3, *view.shape), dtype=np.float32)
    boxes_px = solid_boxes(view, solids)
    # Pixels finer than the unit's: fewer rays in each are as dense.
    ratio = transmission(view, solids, beam, air, (0, 0), boxes_px, subpixels=2)
    energy = blur(np.float32(open_kev) * ratio, view.pitch_mm, detector)
    if rng is not None:
        add_noise(energy, view.pitch_mm, detector, quantum, rng)
    pixels = energy * np.float32(detector.dn_per_kev_mm2) + np.float32(detector.offset_dn)
    np.clip(pixels, 0.0, detector.saturation_dn, out=pixels)
    exposure = Exposure(kv, mas, detector.target_filter, 0.0, 0.0, 0.0, spec.thickness_mm, 0.5)
    return XrayImage(pixels, view, exposure, "specimen", spec.detector, detector.offset_dn)
