"""The live ultrasound frame, 40 x 40 mm, 256 lines, as the app asks for it, and two peers.

PyMUST's ``simus`` gives the echoes of one transmit on 128 elements, no image; sonosk the echoes of
one transmit and the image beamformed from them.  Ours is the whole frame: 256 lines, each focused,
through tissue, with every scatterer in it, 2.4 million against the 20,000 of the peers.  It is also
measured with the peers' number of scatterers.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np

from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, Grid, form_beam
from stereosim.imaging.ultrasound.frame import Frame, ProbePose, bmode
from stereosim.imaging.ultrasound.live import LiveTissue
from stereosim.imaging.ultrasound.pools import NO_POOLS, Pools
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim.kernels.ultrasound import form_image, splat_points
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.solids import Ellipsoids
from timing import Row, alone

BENCH = "ultrasound"
GRID = Grid(depth_mm=40.0)
STEP_MM = 1.5  # between frames of a probe that moves at 30 mm/s, shown at 20 per second
SCATTERERS = 20_000
ELEMENTS = 128


def measure() -> list[Row]:
    """Measure frames while the probe moves, their display, tissue not there yet, and the peers."""
    patient = load_case("large-cluster").patient(1)
    specks = patient.supine_specks().solids
    x, y, depth = (float(v) for v in patient.referral.supine_mm)

    def frame(
        live: LiveTissue, pose: ProbePose, shaft: Shaft | None = None, pools: Pools = NO_POOLS
    ) -> Frame:
        return live.frame(
            pose,
            specks.centres_mm,
            0.5 * specks.diameters_mm,
            seed=1,
            grid=GRID,
            focus_mm=depth,
            shaft=shaft,
            pools=pools,
        )

    live = LiveTissue(patient, load_probe())
    here = ProbePose(x, y, 0.0)
    while live.prepare(here, GRID.depth_mm):
        pass
    needle = Shaft(np.array([x, y, depth]), np.array([0.9, 0.0, np.sqrt(0.19)]), 3.0, 7.0)
    # Anaesthetic, and what a vacuum biopsy leaves: blood below, air above.
    balls = np.array([[16.4] * 3, [10.0, 4.0, 2.0], [10.0, 3.0, 1.0]])
    fluids = Pools(
        Ellipsoids(
            np.array([[x, y, depth + d] for d in (0.0, 0.0, -3.0)]), balls[:, None] * np.eye(3)
        ),
        ("anaesthetic", "blood", "air"),
        np.array([0.27, 1.0, 1.0]),
    )
    moves, turns, fans, presses = count(), count(), count(), count()

    def along() -> Frame:
        return frame(live, ProbePose(x, y + STEP_MM * (next(moves) % 12 - 6), 0.0))

    def through_fluids() -> Frame:
        shift = STEP_MM * (next(moves) % 12 - 6)
        return frame(live, ProbePose(x, y + shift, 0.0), needle, fluids)

    def turned() -> Frame:
        return frame(live, ProbePose(x, y, 3.0 * (next(turns) % 20)))

    def fanned() -> Frame:
        return frame(live, ProbePose(x, y, 0.0, tilt_deg=3.0 * (next(fans) % 17 - 8)))

    def pressed() -> Frame:
        shift = STEP_MM * (next(presses) % 12 - 6)
        return frame(live, ProbePose(x, y + shift, 0.0, strain=0.1))

    shown = frame(live, here)
    cases: list[tuple[str, Callable[[], object]]] = [
        ("frame, probe moved", along),
        ("frame, probe turned", turned),
        ("frame, probe fanned", fanned),
        ("frame, probe pressed and moved", pressed),
        ("frame with needle", lambda: frame(live, here, needle)),
        ("frame with needle and fluids, probe moved", through_fluids),
        ("B-mode of a frame", lambda: bmode(shown)),
    ]
    rows = [Row(BENCH, what, alone(call, repeats=41)) for what, call in cases]

    # Somewhere new: what the trainee waits for once.
    start = time.perf_counter()
    frame(live, ProbePose(x - 60.0, y, 0.0))
    rows.append(Row(BENCH, "first frame of a place far away", time.perf_counter() - start))
    slowest = 0.0
    for k in range(40):
        start = time.perf_counter()
        frame(live, ProbePose(x - 60.0, y + STEP_MM * k, 0.0))
        slowest = max(slowest, time.perf_counter() - start)
    rows.append(Row(BENCH, "slowest frame at 30 mm/s, nothing prepared", slowest))
    return rows + beside_peers(along)


def beside_peers(along: Callable[[], Frame]) -> list[Row]:
    """Measure the whole frame, and one of the peers' scatterers, in turn with each peer."""
    rng = np.random.default_rng(1)
    place_mm = rng.uniform([-20.0, -2.0, 1.0], [20.0, 2.0, 40.0], (SCATTERERS, 3))
    strength = rng.normal(size=SCATTERERS)
    same = of_points(place_mm, strength)
    rows = []
    for module, peer, what, repeats in (
        ("pymust", simus, "one transmit, no image", 1),
        ("sonosk", sonosk_image, "one transmit and its image", 5),
    ):
        if importlib.util.find_spec(module) is None:
            print(f"{module} is not installed: left out (tools/setup.sh bench installs it)")
            continue
        name, call = peer(place_mm, strength)
        peer_what = f"{SCATTERERS:,} scatterers in {name}, {what}"
        whole_s, same_s, peer_s = in_turn((along, same, call), repeats)
        rows.append(Row(BENCH, f"the whole moving frame; {peer_what}", whole_s, name, peer_s))
        rows.append(Row(BENCH, f"a frame of as many; {peer_what}", same_s, name, peer_s))
    return rows


def in_turn(calls: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Median seconds of each call, measured in turn; the peer has been warmed up on little."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, times in zip(calls, seconds, strict=True):
            loops = 1 if call is calls[-1] else 5
            start = time.perf_counter()
            for _ in range(loops):
                call()
            times.append((time.perf_counter() - start) / loops)
    return [statistics.median(times) for times in seconds]


def of_points(place_mm: np.ndarray, strength: np.ndarray) -> Callable[[], np.ndarray]:
    """Return our frame of single scatterers: placing, beam, pulse and envelope."""
    beam = form_beam(load_probe(), load_acoustics(), np.zeros(GRID.rows), GRID)
    shape = (2, GRID.rows, GRID.columns + beam.lateral.shape[1] // 2)
    parts = [np.ascontiguousarray(part) for part in (beam.lateral.real, beam.lateral.imag)]
    silence = np.zeros((GRID.rows, GRID.columns), np.float32)
    axes = [np.ascontiguousarray(axis) for axis in place_mm.T]

    def frame() -> np.ndarray:
        real, imaginary = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        splat_points(
            *axes, strength, 0.5 * beam.column_mm, GRID.row_mm, beam.phase, beam.wavenumber,
            beam.elevation, ELEVATION_BIN_MM, real, imaginary,
        )  # fmt: skip
        envelope = np.empty(silence.shape, np.float32)
        form_image(real, imaginary, *parts, beam.axial, silence, silence, envelope)
        return envelope

    return frame


def simus(place_mm: np.ndarray, strength: np.ndarray) -> tuple[str, Callable[[], object]]:
    """Return PyMUST's echoes of one focused transmit on 128 elements."""
    import pymust

    probe = load_probe()
    param = pymust.utils.Param()
    param.fc, param.fs = probe.frequency_mhz * 1e6, 4e6 * probe.frequency_mhz
    param.pitch, param.kerf = probe.pitch_mm * 1e-3, 0.1e-3 * probe.pitch_mm
    param.Nelements, param.radius, param.c = ELEMENTS, np.inf, 1540.0
    param.bandwidth = 100.0 * probe.bandwidth
    param.height, param.focus = probe.element_height_mm * 1e-3, probe.elevation_focus_mm * 1e-3
    delays = pymust.txdelay(0.0, probe.transmit_focus_mm * 1e-3, param)
    x, y, z = 1e-3 * place_mm.T

    def echoes() -> object:
        return pymust.simus(x, y, z, strength, delays.copy(), param)

    few = slice(0, 20)
    pymust.simus(x[few], y[few], z[few], strength[few], delays.copy(), param)
    return "PyMUST 0.1.9", echoes


def sonosk_image(place_mm: np.ndarray, strength: np.ndarray) -> tuple[str, Callable[[], object]]:
    """Return sonosk's echoes of one plane wave on 128 elements, and the image of 801 x 256."""
    from sonosk import imaging, transducer

    probe = load_probe()
    array = transducer.linear_array(ELEMENTS, probe.pitch_mm * 1e-3)
    wave = imaging.Transmit.plane()
    pulse = imaging.Pulse(probe.frequency_mhz * 1e6, probe.bandwidth)
    x = np.linspace(-0.5, 0.5, GRID.columns) * ELEMENTS * probe.pitch_mm * 1e-3
    z = np.arange(GRID.rows) * GRID.row_mm * 1e-3

    def image(n: int = SCATTERERS) -> object:
        rf, fs = imaging.simulate(array, wave, place_mm[:n] * 1e-3, strength[:n], pulse)
        return imaging.beamform(rf, fs, array, wave, x, z)

    image(20)
    return "sonosk 0.1.0", image
