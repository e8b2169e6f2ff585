"""Forward projection of voxels, against ITK-RTK's Joseph projector on the CPU.

512 x 512 x 256 float32 voxels of 0.2 mm onto 1,024 x 1,024 pixels of 0.12 mm at 15 degrees, 650 mm
from the focus, both on all cores; the volume holds a sphere, whose chords are known.  Errors are
those of rays that pass half a millimetre or more below its surface: at the rim the chord rises
infinitely steeply, which no grid follows (needles and specks are exact solids for that reason).

What bounds it:

- Memory.  Any projector reads the volume once, 268 MB, which the row "read" measures by a
  maximum over it on all cores.
- Loads.  A bilinear sample is two fused multiply-adds once its voxel line has been interpolated at
  the columns: 2.7e8 samples are 1.1 GFLOP, 7 ms of the 160 GFLOP/s that two cores give.  The lines
  themselves are 1.4e5 (about 540 a slice), each of them 1,024 blends of two voxels at irregular
  places, and a core loads two or three such numbers a cycle, however wide its registers are.  The
  row "gathers" measures these loads alone, from lines that stay in the cache.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from stereosim.experiments.trial import Room, Setting
from stereosim.geometry import scout
from stereosim.imaging.background import project_volume, tissue_background
from stereosim.imaging.scene import field_box
from stereosim_phantoms.cases import load_case
from timing import Row, alone, interleaved

BENCH = "projection"
CORES = os.cpu_count() or 1
SHAPE, SPACING = (256, 512, 512), np.full(3, 0.2)
SIDE, PITCH, PLANE = 1024, 0.12, -25.0
ORIGIN = np.array([-0.2 * 255.5, 0.1, 0.1])
SOURCE = np.array([-650 * np.sin(np.pi / 12), 51.0, PLANE + 650 * np.cos(np.pi / 12)])
CORNER = np.array([-0.5 * PITCH * (SIDE - 1), 51.0 - 0.5 * PITCH * (SIDE - 1), PLANE])
DETECTOR = np.array([CORNER[0], PITCH, CORNER[1], PITCH, PLANE])
CENTRE, RADIUS, RIM = np.array([1.0, 50.0, 26.0]), 22.0, 0.5
APP_VOXEL_MM = 0.3


def measure() -> list[Row]:
    volume = sphere()
    out = np.empty((SIDE, SIDE), np.float32)

    def ours(threads: int = CORES) -> None:
        project_volume(volume, ORIGIN, SPACING, SOURCE, DETECTOR, out, threads=threads)

    name, peer = rtk(volume)
    ours()
    what = f"512 x 512 x 256 on 1,024 x 1,024, {CORES} threads; error {error(out)}"
    if peer is None:
        rows = [Row(BENCH, what, alone(ours), name)]
    else:
        name += f", error {error(peer())}"
        rows = [Row(BENCH, what, *spread(name, *interleaved(ours, peer, repeats=7)))]
    rows.append(Row(BENCH, "the same, one thread", alone(lambda: ours(1))))
    for bound, least in (("read", lambda: read(volume)), ("gathers", gathers)):
        seconds = interleaved(ours, least, repeats=7)
        rows.append(Row(BENCH, "the same, against a bound", *spread(bound, *seconds)))
    return rows + app()


def spread(name: str, ours_s: float, peer_s: float) -> tuple[float, str, float]:
    """Put a peer's name between the two times, where a row has it."""
    return ours_s, name, peer_s


def app() -> list[Row]:
    """One view of a biopsy field as the app projects it: adipose, gland and skin."""
    unit = Room(Setting()).unit
    patient = load_case("case-1").patient(1)
    tissue = patient.tissue_field(*field_box(unit, patient.breast.thickness_mm), APP_VOXEL_MM)
    size = " x ".join(str(n) for n in tissue.gland.shape[::-1])
    return [
        Row(
            BENCH,
            f"one view of the app: three fractions of {size} voxels, {threads} thread(s)",
            alone(lambda threads=threads: tissue_background(tissue, scout(unit), threads=threads)),
        )
        for threads in sorted({1, CORES})
    ]


def sphere() -> np.ndarray:
    """Volume fractions of the sphere, to first order in the distance from its surface."""
    z, y, x = (ORIGIN[a] + SPACING[a] * np.arange(SHAPE[2 - a]) - CENTRE[a] for a in (2, 1, 0))
    volume = np.empty(SHAPE, np.float32)
    for k, height in enumerate(z):
        distance = np.sqrt(x**2 + y[:, None] ** 2 + height**2)
        volume[k] = np.clip(0.5 + (RADIUS - distance) / SPACING[0], 0.0, 1.0)
    return volume


def distances() -> np.ndarray:
    """Nearest distance of each ray to the centre of the sphere."""
    r, c = np.mgrid[0:SIDE, 0:SIDE]
    ends = np.stack([CORNER[0] + PITCH * c, CORNER[1] + PITCH * r, np.full(r.shape, PLANE)], -1)
    way = (ends - SOURCE) / np.linalg.norm(ends - SOURCE, axis=-1, keepdims=True)
    return np.linalg.norm(np.cross(way, CENTRE - SOURCE), axis=-1)


def error(found: np.ndarray) -> str:
    """Root mean square and greatest error inside the sphere, mm."""
    distance = distances()
    inside = distance < RADIUS - RIM
    gap = found[inside] - 2.0 * np.sqrt(RADIUS**2 - distance[inside] ** 2)
    return f"{np.sqrt(np.mean(gap**2)):.4f} mm rms, {np.abs(gap).max():.3f} mm max"


def rtk(volume: np.ndarray):
    """Name of the peer, and a function that projects with it; None where it is not installed."""
    try:
        import itk
        from itk import RTK
    except ImportError:
        return "ITK-RTK is missing: pip install itk-rtk", None
    image_type = itk.Image[itk.F, 3]
    image = itk.image_view_from_array(volume)
    image.SetSpacing(SPACING.tolist())
    image.SetOrigin(ORIGIN.tolist())
    geometry = RTK.ThreeDCircularProjectionGeometry.New()
    middle = [0.0, 51.0, PLANE]
    geometry.AddProjection(SOURCE.tolist(), middle, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    blank = RTK.ConstantImageSource[image_type].New()
    blank.SetOrigin([-0.5 * PITCH * (SIDE - 1)] * 2 + [0.0])
    blank.SetSpacing([PITCH, PITCH, 1.0])
    blank.SetSize([SIDE, SIDE, 1])
    blank.SetConstant(0.0)
    blank.Update()
    stack = blank.GetOutput()
    stack.DisconnectPipeline()
    joseph = RTK.JosephForwardProjectionImageFilter[image_type, image_type].New()
    joseph.InPlaceOff()  # or it takes its input away
    joseph.SetGeometry(geometry)
    joseph.SetInput(0, stack)
    joseph.SetInput(1, image)

    def project() -> np.ndarray:
        joseph.Modified()
        joseph.Update()
        return itk.array_view_from_image(joseph.GetOutput())[0]

    return f"ITK-RTK Joseph, {CORES} threads", project


def read(volume: np.ndarray) -> None:
    """Read the volume once, on all cores."""
    parts = np.array_split(volume, CORES)
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(np.max, parts))


def gathers() -> None:
    """Load and blend as many pairs of voxels as the projector does, from lines in the cache."""
    shrink = (SOURCE[2] - 25.6) / (SOURCE[2] - PLANE)
    step = shrink * PITCH / SPACING[0]
    lines = round(SHAPE[0] * min(step * SIDE, SHAPE[1]))
    index = np.minimum(np.arange(SIDE) * step, SHAPE[2] - 2).astype(np.uint32)
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda _: _gather(lines // CORES, index), range(CORES)))


@numba.njit(nogil=True, fastmath=True)
def _gather(lines, index):
    """Interpolate `lines` lines, 64 different ones."""
    source, out = np.ones((64, 512), np.float32), np.empty((2, index.size), np.float32)
    weight = np.float32(0.3)
    for k in range(lines):
        line, sink = source[k & 63], out[k & 1]
        for c in range(index.size):
            left = line[index[c]]
            sink[c] = left + weight * (line[index[c] + np.uint32(1)] - left)
    return out[0, 0] + out[1, 0]
