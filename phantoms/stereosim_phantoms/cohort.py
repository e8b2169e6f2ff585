"""Cohorts: patients drawn from published distributions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize, special

from stereosim_phantoms.assembly import MassPlan, make_patient
from stereosim_phantoms.benign import BenignPlan, benign_kinds
from stereosim_phantoms.breast import DATA, BreastSpec, anatomy_parameters
from stereosim_phantoms.calcifications import DISTRIBUTIONS, ClusterSpec, morphologies
from stereosim_phantoms.masses import KINDS
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec
from stereosim_phantoms.randomness import derived_seed, stream
from stereosim_phantoms.solids import Array

COHORTS = DATA / "cohorts"


@dataclass(frozen=True)
class Cohort:
    """Distributions from which patients are drawn; see the TOML files in ``data/cohorts``.

    Shares of morphologies follow the order of ``data/calcifications.toml``, shares of
    distributions that of ``DISTRIBUTIONS``, shares of masses that of ``KINDS``.
    """

    name: str
    title: str
    thickness_mean_mm: float
    thickness_sd_mm: float
    thickness_range_mm: tuple[float, float]
    area_median_cm2: float
    area_log_sd: float
    area_thickness_correlation: float
    width_ratio: float
    width_ratio_sd: float
    edge_share: float
    glandular_mean: float
    glandular_p95: float
    glandular_thickness_correlation: float
    glandular_low: float
    supine_width_share: float
    supine_displacement_mm: float
    right_share: float
    upper_share: float
    lateral_share: float
    extent_median_mm: float
    extent_log_sd: float
    extent_range_mm: tuple[float, float]
    specks_median: float
    specks_log_sd: float
    specks_range: tuple[int, int]
    specks_extent_correlation: float
    morphology_shares: tuple[float, ...]
    distribution_shares: tuple[float, ...]
    oxalate_share: float
    scattered_mean: float
    mass_with_target_share: float
    mass_elsewhere_share: float
    mass_median_mm: float
    mass_log_sd: float
    mass_flatness: float
    mass_with_target_kinds: tuple[float, ...]
    mass_elsewhere_kinds: tuple[float, ...]
    duct_mass_share: float
    duct_width_mm: tuple[float, float]
    cyst_flatness: tuple[float, float]
    skin_share: float
    vascular_share: float
    popcorn_share: float
    rod_share: float
    round_share: float
    rim_share: float
    dystrophic_share: float
    milk_share: float
    suture_share: float
    provenance: dict[str, Parameter]

    @property
    def benign_shares(self) -> dict[str, float]:
        """Share of women with each typically benign calcification, by its BI-RADS name."""
        shares = (
            self.skin_share,
            self.vascular_share,
            self.popcorn_share,
            self.rod_share,
            self.round_share,
            self.rim_share,
            self.dystrophic_share,
            self.milk_share,
            self.suture_share,
        )
        return dict(zip(benign_kinds(), shares, strict=True))

    @property
    def glandular_beta(self) -> tuple[float, float]:
        """Parameters (a, b) of the beta distribution with that mean and 95th percentile."""
        return _beta(self.glandular_mean, self.glandular_p95)


@cache
def _beta(mean: float, p95: float) -> tuple[float, float]:
    """Solve for the beta distribution whose mean and 95th percentile are given."""

    def excess(size: float) -> float:
        """Return how far the probability below `p95` is above 0.95 at the concentration `size`."""
        return float(special.betainc(mean * size, (1.0 - mean) * size, p95)) - 0.95

    size = float(optimize.brentq(excess, 1.5, 200.0))
    return mean * size, (1.0 - mean) * size


def list_cohorts() -> tuple[str, ...]:
    """Return the names of the cohorts, sorted."""
    return tuple(sorted(path.stem for path in COHORTS.glob("*.toml")))


def load_cohort(name: str, folder: Path = COHORTS) -> Cohort:
    """Load a cohort.

    A file with ``base = "screening"`` gives only what differs from that cohort; of several bases
    (a list) the later goes before the earlier.

    Raises
    ------
    SpecError
        For an unknown cohort or a malformed file, naming file and field.
    """
    path = folder / f"{name}.toml"
    raw = _layered(path, folder)
    cohort = read_spec(
        Cohort, {"name": name, **raw["cohort"]}, raw["sources"], f"{path.name}: cohort"
    )
    for field, count in (
        ("morphology_shares", len(morphologies())),
        ("distribution_shares", len(DISTRIBUTIONS)),
        ("mass_with_target_kinds", len(KINDS)),
        ("mass_elsewhere_kinds", len(KINDS)),
    ):
        shares = getattr(cohort, field)
        if len(shares) != count or abs(sum(shares) - 1.0) > 1e-9:
            raise SpecError(f"{path.name}: cohort.{field}: must be {count} shares that add to 1")
    return cohort


def _raw_cohort(path: Path, folder: Path, where: str = "") -> dict[str, Any]:
    """Return the tables of a cohort's file, or raise; `where` begins the message."""
    if not path.is_file() or path.parent != folder:
        known = ", ".join(sorted(known.stem for known in folder.glob("*.toml")))
        raise SpecError(f"{where}no cohort {path.stem!r}; there are {known}")
    raw = load_toml(path)
    for key in ("sources", "cohort"):
        if key not in raw:
            raise SpecError(f"{path.name}: missing key {key!r}")
    for key in raw:
        if key not in ("base", "sources", "cohort"):
            raise SpecError(f"{path.name}: unknown key {key!r}")
    return raw


def _layered(path: Path, folder: Path) -> dict[str, Any]:
    """Return the tables of a cohort laid over those of its bases, each of them once."""
    layers = _layers(path, folder, ())
    sources: dict[str, str] = {}
    rows: dict[str, Any] = {}
    for layer in layers.values():
        for key in layer["sources"].keys() & sources.keys():
            if layer["sources"][key] != sources[key]:
                raise SpecError(f"{path.name}: sources.{key}: is another source in a base")
        sources |= layer["sources"]
        rows |= layer["cohort"]
    if "title" not in layers[path.stem]["cohort"]:
        raise SpecError(f"{path.name}: cohort: missing key 'title'")
    return {"sources": sources, "cohort": rows}


def _layers(path: Path, folder: Path, above: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return the files that make up a cohort by name, bases first."""
    where = f"{above[-1]}.toml: base: " if above else ""
    if path.stem in above:
        raise SpecError(f"{where}{path.stem!r} rests on itself")
    raw = _raw_cohort(path, folder, where)
    bases = raw.get("base", [])
    layers: dict[str, dict[str, Any]] = {}
    for base in [bases] if isinstance(bases, str) else bases:
        layers |= _layers(folder / f"{base}.toml", folder, (*above, path.stem))
    return layers | {path.stem: raw}


def draw_patient(cohort: Cohort, seed: int, index: int) -> VirtualPatient:
    """Draw patient `index` of `cohort` under `seed`; the same whatever was drawn before."""
    breast = draw_breast(cohort, seed, index)
    cluster = draw_cluster(cohort, breast, rng=stream(seed, index, "lesion"))
    scattered = int(stream(seed, index, "scattered").poisson(cohort.scattered_mean))
    benign = _draw_benign(cohort, rng=stream(seed, index, "benign"))
    # Now and then a large cluster finds no room where it was to lie; it then lies elsewhere.
    for attempt in range(20):
        centre = _draw_place(cohort, breast, rng=stream(seed, index, "place", attempt))
        plans = _draw_masses(cohort, breast, cluster, rng=stream(seed, index, "masses", attempt))
        kinds = stream(seed, index, "kinds of masses", attempt)
        plans = tuple(_of_some_kind(cohort, cluster, plan, rng=kinds) for plan in plans)
        label = f"{cohort.name}-{seed}-{index}"
        try:
            return make_patient(label, breast, cluster, centre, plans, scattered, benign)
        except ValueError as error:
            problem = error
    raise problem


def draw_breast(cohort: Cohort, seed: int, index: int) -> BreastSpec:
    """Draw the breast of patient `index`: thickness, size and density with their correlations."""
    rng, skin = stream(seed, index, "breast"), anatomy_parameters()
    low, high = cohort.thickness_range_mm
    while True:
        normal = rng.standard_normal(3)
        thickness = cohort.thickness_mean_mm + cohort.thickness_sd_mm * normal[0]
        if low <= thickness <= high:
            break
    r, g = cohort.area_thickness_correlation, cohort.glandular_thickness_correlation
    area = (
        100.0
        * cohort.area_median_cm2
        * np.exp(cohort.area_log_sd * (r * normal[0] + np.sqrt(1.0 - r * r) * normal[1]))
    )
    # A Gaussian copula: the beta distribution keeps its shape, the correlation is with thickness.
    rank = special.ndtr(g * normal[0] + np.sqrt(1.0 - g * g) * normal[2])
    gland = max(float(special.betaincinv(*cohort.glandular_beta, rank)), cohort.glandular_low)
    ratio = float(
        np.clip(cohort.width_ratio + cohort.width_ratio_sd * rng.standard_normal(), 0.6, 1.6)
    )
    reach = float(np.sqrt(2.0 * area / (np.pi * ratio)))
    edge = cohort.edge_share * thickness
    section = reach * thickness * (1.0 - edge / reach * (1.0 - np.pi / 4.0))
    return BreastSpec(
        side="right" if rng.uniform() < cohort.right_share else "left",
        thickness_mm=float(thickness),
        chest_to_nipple_mm=reach,
        half_width_mm=ratio * reach,
        skin_mm=float(np.clip(skin.skin_mm + skin.skin_sd_mm * rng.standard_normal(), 0.8, 2.2)),
        glandular_fraction=gland,
        supine_height_mm=4.0 * section / (np.pi * cohort.supine_width_share * 2.0 * ratio * reach),
        seed=derived_seed(seed, index, "anatomy"),
        edge_mm=edge,
        supine_displacement_mm=cohort.supine_displacement_mm,
    )


def draw_cluster(cohort: Cohort, breast: BreastSpec, *, rng: np.random.Generator) -> ClusterSpec:
    """Draw what the target looks like."""
    morphology = list(morphologies())[rng.choice(len(morphologies()), p=cohort.morphology_shares)]
    distribution = DISTRIBUTIONS[rng.choice(len(DISTRIBUTIONS), p=cohort.distribution_shares)]
    r = cohort.specks_extent_correlation
    first, second = rng.standard_normal(2)
    extent = cohort.extent_median_mm * np.exp(cohort.extent_log_sd * first)
    count = cohort.specks_median * np.exp(
        cohort.specks_log_sd * (r * first + np.sqrt(1.0 - r * r) * second)
    )
    benign = morphology == "punctate" and rng.uniform() < cohort.oxalate_share
    return ClusterSpec(
        morphology=morphology,
        distribution=distribution,
        specks=int(np.clip(np.rint(count), *cohort.specks_range)),
        extent_mm=float(np.clip(extent, *cohort.extent_range_mm)),
        material="calcium_oxalate" if benign else "hydroxyapatite",
    )


def _draw_benign(cohort: Cohort, *, rng: np.random.Generator) -> tuple[BenignPlan, ...]:
    """Draw which typically benign calcifications lie elsewhere in the breast; each on its own."""
    shares = cohort.benign_shares
    present = rng.uniform(size=len(shares)) < list(shares.values())
    return tuple(
        BenignPlan(kind, required=False) for kind, here in zip(shares, present, strict=True) if here
    )


def _draw_place(cohort: Cohort, breast: BreastSpec, *, rng: np.random.Generator) -> Array:
    """Draw a place in the parenchyma, more often in the upper and the lateral half.

    Within a half, places are even over the volume where gland can be: fewer in the fat under the
    skin and before the chest wall, none in them.
    """
    parameters = anatomy_parameters()
    low = (-breast.half_width_mm, 0.0, 0.0)
    high = (breast.half_width_mm, breast.chest_to_nipple_mm, breast.thickness_mm)
    upper, lateral = rng.uniform() < cohort.upper_share, rng.uniform() < cohort.lateral_share
    while True:
        points = rng.uniform(low, high, (64, 3))
        points[:, 2] = np.where(
            (points[:, 2] > 0.5 * high[2]) == upper, points[:, 2], high[2] - points[:, 2]
        )
        points[:, 0] *= np.where((points[:, 0] * breast.lateral > 0.0) == lateral, 1.0, -1.0)
        under = (
            breast.skin_distance_mm(points) - breast.skin_mm - 1.0
        ) / parameters.subcutaneous_mm
        before = (points[:, 1] - 1.5) / parameters.retromammary_mm
        kept = rng.uniform(size=len(points)) < np.clip(under, 0.0, 1.0) * np.clip(before, 0.0, 1.0)
        if kept.any():
            place: Array = points[int(kept.argmax())]
            return place


def _draw_masses(
    cohort: Cohort, breast: BreastSpec, cluster: ClusterSpec, *, rng: np.random.Generator
) -> tuple[MassPlan, ...]:
    """Draw whether a mass holds the target and whether another lies elsewhere, and both."""
    plans = []
    if rng.uniform() < cohort.mass_with_target_share:
        # A mass that holds its calcifications is at least about as large as they are.
        plans.append(_draw_mass(cohort, None, 1.1 * cluster.extent_mm, rng=rng))
    if rng.uniform() < cohort.mass_elsewhere_share:
        elsewhere = _draw_place(cohort, breast, rng=rng)
        plans.append(_draw_mass(cohort, elsewhere, 0.0, rng=rng))
    return tuple(plans)


def _of_some_kind(
    cohort: Cohort, cluster: ClusterSpec, plan: MassPlan, *, rng: np.random.Generator
) -> MassPlan:
    """Draw what kind of mass is planned; a stream of its own leaves the plan's place as it is."""
    held = plan.centre_mm is None
    shares = cohort.mass_with_target_kinds if held else cohort.mass_elsewhere_kinds
    kind = KINDS[int(rng.choice(len(KINDS), p=shares))]
    in_duct, round_ = rng.uniform(), float(rng.uniform(*cohort.cyst_flatness))
    across = float(rng.uniform(*cohort.duct_width_mm))
    if (
        held
        and cluster.distribution in ("linear", "segmental")
        and in_duct < cohort.duct_mass_share
    ):
        kind = "dilated duct"
    width = plan.size_mm[0]
    if kind == "dilated duct":
        return replace(plan, kind=kind, size_mm=(max(width, 2.0 * across), across, across))
    if kind == "cyst":
        return replace(plan, kind=kind, size_mm=(width, plan.size_mm[1], round_ * width))
    return replace(plan, kind=kind)


def _draw_mass(
    cohort: Cohort, centre: Array | None, least_mm: float, *, rng: np.random.Generator
) -> MassPlan:
    """Draw a mass, wider than deep, at least `least_mm` wide."""
    width = max(
        cohort.mass_median_mm * float(np.exp(cohort.mass_log_sd * rng.standard_normal())), least_mm
    )
    across = width * float(rng.uniform(0.75, 1.0))
    margin = "circumscribed" if rng.uniform() < 0.5 else "indistinct"
    return MassPlan(centre, (width, across, cohort.mass_flatness * width), margin)
