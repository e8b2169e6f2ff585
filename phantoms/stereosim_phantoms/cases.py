"""The case library: teaching cases as TOML with a teaching text in Markdown beside it."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from stereosim_phantoms.assembly import MassPlan, breast_place_mm, make_patient
from stereosim_phantoms.benign import GAP_MM, BenignPlan
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.calcifications import ClusterSpec
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.provenance import SpecError, load_toml
from stereosim_phantoms.randomness import derived_seed
from stereosim_phantoms.solids import Array
from stereosim_phantoms.vessels import grow_vessels, vessel_parameters

LIBRARY = Path(__file__).parent / "library"
Triple = tuple[float, float, float]
T = TypeVar("T")


@dataclass(frozen=True)
class CaseBreast:
    """The breast of a case; fields as in :class:`~stereosim_phantoms.breast.BreastSpec`."""

    side: str
    thickness_mm: float
    chest_to_nipple_mm: float
    half_width_mm: float
    glandular_fraction: float
    supine_height_mm: float
    edge_mm: float
    supine_displacement_mm: float


@dataclass(frozen=True)
class CaseLesion:
    """The target: one of `breast_mm` and `supine_mm` says where, the rest is as in ``ClusterSpec``.

    `supine_mm` is where the mammogram makes one expect it (nominal map).  `reported` is what the
    report calls the morphology where the reader was mistaken.  With `beside_artery_mm` above 0 the
    place is moved to the artery nearest to it: level with it, that far from its middle line.
    """

    morphology: str
    distribution: str
    specks: int
    extent_mm: float
    breast_mm: Triple | None = None
    supine_mm: Triple | None = None
    diameter_mm: tuple[float, float] | None = None
    material: str = "hydroxyapatite"
    reported: str = ""
    beside_artery_mm: float = 0.0


@dataclass(frozen=True)
class CaseMass:
    """A mass; without a place it holds the target.

    `size_mm` is transverse, craniocaudal, depth, as measured on the ultrasound table; of a dilated
    duct, length and two widths.  `supine_mm` is where ultrasound finds it (the map with the random
    displacement).  `kind` is one of ``masses.KINDS``; only an oval mass has a margin to choose.
    """

    size_mm: Triple
    margin: str = "circumscribed"
    kind: str = "oval"
    breast_mm: Triple | None = None
    supine_mm: Triple | None = None


@dataclass(frozen=True)
class CaseBenign:
    """A typically benign finding; fields as in :class:`~stereosim_phantoms.benign.BenignPlan`."""

    kind: str
    count: int = 0
    breast_mm: Triple | None = None
    gap_mm: float = GAP_MM


@dataclass(frozen=True)
class Case:
    """A teaching case: a recipe for a patient and what there is to learn.

    Attributes
    ----------
    name, title : str
        Key in the library, and one line for lists.
    patient_key : str
        Whose breast it is: cases with the same key and seed share the anatomy.
    source : str
        Where the story comes from.
    teaching : str
        Markdown text.
    breast, lesion, masses, scattered, benign
        The recipe; `scattered` counts single benign specks elsewhere, `benign` lists findings.
    """

    name: str
    title: str
    patient_key: str
    source: str
    teaching: str
    breast: CaseBreast
    lesion: CaseLesion
    masses: tuple[CaseMass, ...]
    scattered: int
    benign: tuple[CaseBenign, ...] = ()

    def patient(self, seed: int, *, supine_displacement_mm: float | None = None) -> VirtualPatient:
        """Make the patient: `seed` draws the anatomy, the specks and the way to supine.

        Parameters
        ----------
        seed : int
            Seed of the patient.
        supine_displacement_mm : float, optional
            RMS of the random part of that way, mm, instead of the case's.

        Raises
        ------
        ValueError
            If a place named in the case is outside the breast.
        """
        fields = {f.name: getattr(self.breast, f.name) for f in dataclasses.fields(self.breast)}
        if supine_displacement_mm is not None:
            fields["supine_displacement_mm"] = supine_displacement_mm
        breast = BreastSpec(
            **fields,
            skin_mm=anatomy_parameters().skin_mm,
            seed=derived_seed(seed, self.patient_key),
        )
        lesion = self.lesion
        centre = _place(breast, lesion.breast_mm, lesion.supine_mm, nominal=True)
        assert centre is not None, "the loader has seen to it"
        if lesion.beside_artery_mm > 0.0:
            vessels = grow_vessels(breast, vessel_parameters())
            centre = vessels.beside(centre, lesion.beside_artery_mm)
        cluster = ClusterSpec(
            lesion.morphology,
            lesion.distribution,
            lesion.specks,
            lesion.extent_mm,
            lesion.diameter_mm,
            lesion.material,
            lesion.reported,
        )
        plans = tuple(
            MassPlan(
                _place(breast, m.breast_mm, m.supine_mm, nominal=False), m.size_mm, m.margin, m.kind
            )
            for m in self.masses
        )
        benign = tuple(
            BenignPlan(b.kind, b.count, _place(breast, b.breast_mm, None, nominal=True), b.gap_mm)
            for b in self.benign
        )
        made = make_patient(self.name, breast, cluster, centre, plans, self.scattered, benign)
        return dataclasses.replace(made, seed=seed)


def list_cases() -> tuple[str, ...]:
    """Return the names of the library's cases, sorted."""
    return tuple(sorted(path.stem for path in LIBRARY.glob("*.toml")))


def load_case(name: str, library: Path = LIBRARY) -> Case:
    """Load the case `name` from a folder of TOML and Markdown files.

    Raises
    ------
    SpecError
        For an unknown case, an unreadable file, or an unknown, missing or malformed field, named.
    """
    path = library / f"{name}.toml"
    if not path.is_file() or path.parent != library:
        known = ", ".join(sorted(p.stem for p in library.glob("*.toml")))
        raise SpecError(f"no case {name!r} in the library; there are {known}")
    raw = load_toml(path)
    top = {
        "title": str,
        "patient": str,
        "source": str,
        "scattered": int,
        "breast": dict,
        "lesion": dict,
        "masses": list,
        "benign": list,
    }
    for key in raw:
        if key not in top:
            raise SpecError(f"{path.name}: unknown key {key!r}")
    for key, kind in top.items():
        if key not in raw and key not in ("masses", "scattered", "benign"):
            raise SpecError(f"{path.name}: missing key {key!r}")
        if key in raw and not isinstance(raw[key], kind):
            raise SpecError(f"{path.name}: {key} must be {kind.__name__}")
    lesion = _read(CaseLesion, raw["lesion"], f"{path.name}: lesion")
    if (lesion.breast_mm is None) == (lesion.supine_mm is None):
        raise SpecError(f"{path.name}: lesion: needs exactly one of breast_mm and supine_mm")
    masses = tuple(
        _read(CaseMass, m, f"{path.name}: masses[{i}]") for i, m in enumerate(raw.get("masses", []))
    )
    for i, mass in enumerate(masses):
        if mass.breast_mm is not None and mass.supine_mm is not None:
            raise SpecError(
                f"{path.name}: masses[{i}]: takes at most one of breast_mm and supine_mm"
            )
    benign = tuple(
        _read(CaseBenign, b, f"{path.name}: benign[{i}]")
        for i, b in enumerate(raw.get("benign", []))
    )
    text = path.with_suffix(".md")
    if not text.is_file():
        raise SpecError(f"{text.name}: the teaching text is missing")
    case = Case(
        name, raw["title"], raw["patient"], raw["source"], text.read_text(encoding="utf-8"),
        _read(CaseBreast, raw["breast"], f"{path.name}: breast"), lesion, masses,
        raw.get("scattered", 0), benign,
    )  # fmt: skip
    try:
        case.patient(0)
    except ValueError as error:
        raise SpecError(f"{path.name}: {error}") from error
    return case


def _place(
    breast: BreastSpec, breast_mm: Triple | None, supine_mm: Triple | None, *, nominal: bool
) -> Array | None:
    """Return the breast-frame place that a case names in one frame or the other."""
    if breast_mm is not None:
        return np.array(breast_mm)
    return (
        None if supine_mm is None else breast_place_mm(breast, np.array(supine_mm), nominal=nominal)
    )


def _read(cls: type[T], table: object, where: str) -> T:
    """Build the dataclass `cls` of plain values from a TOML table, strictly."""
    if not isinstance(table, dict):
        raise SpecError(f"{where}: must be a table")
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            raise SpecError(f"{where}: unknown key {key!r}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _checked(hints[name], table[name], f"{where}.{name}")
        elif field.default is dataclasses.MISSING:
            raise SpecError(f"{where}: missing key {name!r}")
    return cls(**values)


def _checked(hint: Any, value: object, where: str) -> Any:
    """Return `value` as the type `hint` asks for, or raise."""
    if hint is str:
        if isinstance(value, str):
            return value
        raise SpecError(f"{where}: must be a word")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        if isinstance(value, int) and number:
            return value
        raise SpecError(f"{where}: must be a whole number")
    if hint is float:
        if isinstance(value, int | float) and number:
            return float(value)
        raise SpecError(f"{where}: must be a number")
    length = len(
        typing.get_args(
            next(a for a in (hint, *typing.get_args(hint)) if typing.get_origin(a) is tuple)
        )
    )
    if (
        isinstance(value, list)
        and len(value) == length
        and all(isinstance(v, int | float) for v in value)
    ):
        return tuple(float(v) for v in value)
    raise SpecError(f"{where}: must be a list of {length} numbers")
