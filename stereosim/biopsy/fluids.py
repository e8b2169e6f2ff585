"""Local anaesthetic and blood: what fluids do to the place of everything in the tissue.

Both maps keep the volume of the tissue, and both can be undone.

Anaesthetic of volume V spreads through a ball of radius R0 and swells it to R, with
``R^3 = R0^3 + 3 V / (4 pi)``.  A place in it goes from r to ``r R / R0``; one outside it goes to
``r'^3 = r^3 + 3 V / (4 pi)``.

Blood fills what is open of the bore that it comes from.  What does not find room there distends
the bore evenly all round the clock: beside the bore, ``rho'^2 = rho^2 + a`` with
``a = excess / (pi aperture)``, and tissue beyond the two ends of the aperture does not move.  A
needle that lies in its bore plugs it: room is only what is open beside it, and nothing runs out.
When the needle has gone a share of the excess runs out along the track, and so does a share of what
flows after.  When there is less blood the bore shrinks by the same law.

Specks and markers are carried along point by point.  Balls of anaesthetic are carried rigidly, by
the mean way of their tissue; so are bores by anaesthetic, by the way of their middle.  A bore that
bleeds leaves the older ones as they are, as its closing does: whoever traces a place back through
it comes to where they know it (kernels/capture.py).  For pictures, :func:`bores_now` carries them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path

import numpy as np

from stereosim.biopsy.capture import ball_points
from stereosim.biopsy.devices import Device
from stereosim.biopsy.pose import Array, Vector
from stereosim.biopsy.tissue import Bore, Infiltration, Tissue
from stereosim.kernels.capture import BINS
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec
from stereosim_phantoms.randomness import stream

CATALOGUE = Path(__file__).parent / "data" / "fluids.toml"

MM3_PER_ML = 1000.0

_BALL = ball_points(shells=2, pairs=24)


@dataclass(frozen=True)
class FluidModel:
    """How much fluid there is and where it goes; the numbers come from ``data/fluids.toml``.

    Attributes
    ----------
    spread_mm : float
        Radius of the ball of tissue that anaesthetic spreads through, before it swells.
    vacuum_ml, gun_ml : float
        Usual volume of anaesthetic for a vacuum device and for a gun.
    most_ml : float
        Most that is given in all.
    place_sd_mm : float
        SD per axis of where it goes about the place that was meant.
    blood_ratio : float
        Median blood from one core, in volumes of the needle along its aperture.
    patient_log_sd, core_log_sd : float
        SD of the natural logarithm of that volume over patients, and over the cores of one.
    drawn_share : float
        Share of the blood in the bore that a vacuum draws off at each core.
    outflow : float
        Share of the blood that runs out along the track: of what finds no room when the needle is
        drawn, and of what flows while none plugs the bore.
    ooze_per_min : float
        Bleeding while no core is taken, in medians of the blood from one core, per minute.
    """

    spread_mm: float
    vacuum_ml: float
    gun_ml: float
    most_ml: float
    place_sd_mm: float
    blood_ratio: float
    patient_log_sd: float
    core_log_sd: float
    drawn_share: float
    outflow: float
    ooze_per_min: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse volumes, spreads and shares that are none."""
        numbers = [getattr(self, f.name) for f in fields(self) if f.name != "provenance"]
        if not all(0.0 <= number < np.inf for number in numbers):
            raise SpecError("fluids: every number must be at least 0")
        if self.spread_mm == 0.0 or max(self.drawn_share, self.outflow) > 1.0:
            raise SpecError("fluids: spread_mm must be above 0, drawn_share and outflow at most 1")


@cache
def usual_fluid_model() -> FluidModel:
    """Return the catalogue's model, read once."""
    raw = load_toml(CATALOGUE)
    return read_spec(FluidModel, raw["fluids"], raw["sources"], f"{CATALOGUE.name}: fluids")


def usual_anaesthetic_ml(device: Device, model: FluidModel | None = None) -> float:
    """Return how much anaesthetic is usual before a biopsy with `device`."""
    model = model or usual_fluid_model()
    return model.vacuum_ml if device.kind == "vacuum" else model.gun_ml


def patient_factor(seed: int, model: FluidModel | None = None) -> float:
    """Return how much more than the median a patient bleeds, from the seed that made her."""
    model = model or usual_fluid_model()
    normal = float(stream(seed, "bleeding tendency").standard_normal())
    return float(np.exp(model.patient_log_sd * normal))


def core_blood_mm3(device: Device, model: FluidModel | None = None) -> float:
    """Return the median volume of blood from one core."""
    model = model or usual_fluid_model()
    section = np.pi / 4.0 * device.outer_diameter_mm**2
    return float(model.blood_ratio * section * device.aperture_mm)


def infiltrate(
    tissue: Tissue, place_mm: Vector, volume_mm3: float, model: FluidModel | None = None
) -> Tissue:
    """Inject anaesthetic.

    Parameters
    ----------
    tissue : Tissue
        Without a needle in it.
    place_mm : sequence of float, length 3
        Middle of the ball, frame of the tissue.
    volume_mm3 : float
        Above 0.
    model : FluidModel, optional
        That of the catalogue if not given.

    Returns
    -------
    Tissue
        With everything in it carried along; a speck in the middle stays.

    Raises
    ------
    ValueError
        For a volume that is not above 0, a place that is not finite, or with a needle in.
    """
    model = model or usual_fluid_model()
    centre = np.array(place_mm, dtype=np.float64)
    if tissue.needle is not None:
        raise ValueError("a needle is in: withdraw it first")
    if centre.shape != (3,) or not np.isfinite(centre).all():
        raise ValueError(f"place_mm must be three finite numbers: {place_mm!r}")
    if not 0.0 < volume_mm3 < np.inf:
        raise ValueError(f"volume_mm3 must be above 0: {volume_mm3!r}")
    spread = model.spread_mm
    radius = float(np.cbrt(spread**3 + 3.0 * volume_mm3 / (4.0 * np.pi)))

    def swollen(places: Array) -> Array:
        way = places - centre
        r = np.linalg.norm(way, axis=1, keepdims=True)
        outside = np.cbrt(r**3 + radius**3 - spread**3) / np.maximum(r, spread)
        return np.asarray(centre + way * np.where(r < spread, radius / spread, outside))

    given = Infiltration(centre, float(volume_mm3), radius)
    middles = np.array([bore.pose.centre_mm for bore in tissue.bores]).reshape(-1, 3)
    ways = swollen(middles) - middles
    return replace(
        tissue,
        rest_mm=swollen(tissue.rest_mm),
        markers_mm=swollen(tissue.markers_mm),
        bores=tuple(bore.moved(way) for bore, way in zip(tissue.bores, ways, strict=True)),
        infiltrations=(
            *(
                some.moved(_mean_way(swollen(p := _filling(some)), p))
                for some in tissue.infiltrations
            ),
            given,
        ),
    )


def bleed(
    tissue: Tissue,
    device: Device,
    *,
    rng: np.random.Generator,
    model: FluidModel | None = None,
    patient_factor: float = 1.0,
) -> Tissue:
    """Let the bore that the last core came from bleed; a vacuum draws its share off.

    Parameters
    ----------
    tissue : Tissue
        From which `device` has just taken a core.
    device : Device
        Sets the volume, and whether any is drawn off.
    rng : numpy.random.Generator
        One number is drawn from it.
    model : FluidModel, optional
        That of the catalogue if not given.
    patient_factor : float
        How much more than the median the patient bleeds.

    Raises
    ------
    ValueError
        Where no core has been taken.
    """
    model = model or usual_fluid_model()
    bore = _last(tissue)
    chance = float(np.exp(model.core_log_sd * rng.standard_normal()))
    more = core_blood_mm3(device, model) * patient_factor * chance
    drawn = model.drawn_share if device.kind == "vacuum" else 0.0
    return _holding(tissue, (1.0 - drawn) * (bore.blood_mm3 + more))


def ooze(
    tissue: Tissue,
    minutes: float,
    *,
    model: FluidModel | None = None,
    patient_factor: float = 1.0,
) -> Tissue:
    """Let the bore of the last core bleed on for `minutes` in which no core is taken.

    Earlier bores have stopped.  Nothing is drawn from chance, and nothing drawn off.

    Raises
    ------
    ValueError
        Where no core has been taken.
    """
    model = model or usual_fluid_model()
    bore = _last(tissue)
    rate = model.ooze_per_min * core_blood_mm3(tissue.cores[-1].device, model) * patient_factor
    kept = 1.0 if plug_mm2(tissue, bore) > 0.0 else 1.0 - model.outflow
    return _holding(tissue, bore.blood_mm3 + kept * rate * minutes)


def settle(tissue: Tissue, model: FluidModel | None = None) -> Tissue:
    """Let the last bore come to rest when its needle has just been drawn.

    Of the blood that finds no room in it, a share runs out along the track.
    """
    if not tissue.bores:
        return tissue
    bore, model = tissue.bores[-1], model or usual_fluid_model()
    excess = max(0.0, bore.blood_mm3 - _room_mm3(tissue, bore))
    return _holding(tissue, bore.blood_mm3 - model.outflow * excess)


def bores_now(tissue: Tissue) -> tuple[Bore, ...]:
    """Return the bores where they lie, each carried rigidly by the blood of the later ones."""
    bores = list(tissue.bores)
    for k, later in enumerate(bores):
        if later.distended_mm2 > 0.0:
            for i in range(k):
                middle = bores[i].pose.centre_mm[None]
                way = _pushed(middle, later, later.distended_mm2) - middle
                bores[i] = bores[i].moved(way[0])
    return tuple(bores)


def plug_mm2(tissue: Tissue, bore: Bore) -> float:
    """Return rho^2 of the needle that lies in this very bore; 0 if none does."""
    needle = tissue.needle
    if needle is None or not needle.pose.same_as(bore.pose):
        return 0.0
    return (needle.device.outer_diameter_mm / 2.0) ** 2


def _last(tissue: Tissue) -> Bore:
    if not tissue.bores:
        raise ValueError("nothing has been sampled that could bleed")
    return tissue.bores[-1]


def _room_mm3(tissue: Tissue, bore: Bore) -> float:
    """Return what is open of a bore beside its needle, were there no blood to distend it."""
    free = bore.void_mm2 - bore.distended_mm2
    beside = float(np.maximum(free - plug_mm2(tissue, bore), 0.0).sum())
    return beside * np.pi / BINS * bore.aperture_mm


def _holding(tissue: Tissue, blood_mm3: float) -> Tissue:
    """Return the tissue with this much blood in its last bore, which fits it."""
    bore = _last(tissue)
    wide = max(0.0, blood_mm3 - _room_mm3(tissue, bore)) / (np.pi * bore.aperture_mm)
    more = wide - bore.distended_mm2
    held = replace(
        bore,
        void_mm2=np.maximum(bore.void_mm2 - bore.distended_mm2, 0.0) + wide,
        shift_mm2=bore.shift_mm2 - more,
        blood_mm3=blood_mm3,
        distended_mm2=wide,
    )
    tissue = replace(tissue, bores=(*tissue.bores[:-1], held))
    if more == 0.0:
        return tissue
    return replace(
        tissue,
        rest_mm=_pushed(tissue.rest_mm, bore, more),
        markers_mm=_pushed(tissue.markers_mm, bore, more),
        infiltrations=tuple(
            some.moved(_mean_way(_pushed(p := _filling(some), bore, more), p))
            for some in tissue.infiltrations
        ),
    )


def _pushed(places: Array, bore: Bore, more_mm2: float) -> Array:
    """Move places beside a bore out from its axis: rho^2 grows by `more_mm2`."""
    local = bore.pose.needle_from_points(places)
    beside = np.abs(local[:, 2]) <= bore.aperture_mm / 2.0
    rho = np.sqrt((local[:, :2] ** 2).sum(axis=1))
    local[beside & (rho < 1e-9), 1] = 1e-9  # on the axis there is no direction: 12 o'clock
    rho = np.maximum(rho, 1e-9)
    factor = np.sqrt(np.maximum(rho**2 + more_mm2, 0.0)) / rho
    local[:, :2] *= np.where(beside, factor, 1.0)[:, None]
    return np.asarray(np.where(beside[:, None], bore.pose.points_from_needle(local), places))


def _filling(ball: Infiltration) -> Array:
    return ball.centre_mm + ball.radius_mm * _BALL


def _mean_way(after: Array, before: Array) -> Array:
    return np.asarray((after - before).mean(axis=0))
