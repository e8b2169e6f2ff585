"""The breast in the beam, without solids: path lengths through its tissues in one view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

import stereosim.imaging
import stereosim.kernels
import stereosim_phantoms
from stereosim.geometry.views import View
from stereosim.imaging.exposure import TISSUES, slab_paths
from stereosim.imaging.fine_texture import fine_detail
from stereosim.imaging.materials import Array
from stereosim.imaging.rendering import coarse_grid, rays
from stereosim.kernels.voxel_projection import project_slices
from stereosim_phantoms.cache import Arrays, Cache, content_key, default_cache
from stereosim_phantoms.texture import Texture

Image = NDArray[np.float32]

# Detector rows that a thread projects at a time: 1,024 columns of them are 256 KiB and stay in the
# second-level cache, and neighbouring bands have few voxel lines in common.
_BAND = 64

# A slab has no texture: its slow variation needs a sample per millimetre at most.
_SLAB_PITCH_MM = 1.0


class VoxelTissue(Protocol):
    """What the projector needs of a TissueField of the phantoms."""

    @property
    def origin_mm(self) -> Array: ...  # noqa: D102
    @property
    def spacing_mm(self) -> float | Array: ...  # noqa: D102
    @property
    def gland(self) -> Image: ...  # noqa: D102
    @property
    def skin(self) -> Image: ...  # noqa: D102
    @property
    def inside(self) -> Image: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Background:
    """Path lengths through the tissue in one view, on a grid coarser than the pixels.

    Attributes
    ----------
    view : View
        The view.
    paths_mm : ndarray of float32, shape (3, m, n)
        Adipose, glandular tissue and skin along the ray to each sample.
    step : float
        Pixels per sample; sample ``[0, 0]`` lies `rendering.RIM` samples outside pixel ``[0, 0]``.
    textures : tuple of Texture
        What is finer than the grid, support frame; of slabs of the breast each its own.
    """

    view: View
    paths_mm: Image
    step: float
    textures: tuple[Texture, ...] = ()

    def __add__(self, other: Background) -> Background:
        """Return the background of two tissues that do not overlap, such as slabs of a breast."""
        if (self.view.name, self.step) != (other.view.name, other.step):
            raise ValueError("backgrounds of different views do not add up")
        return replace(
            self,
            paths_mm=self.paths_mm + other.paths_mm,
            textures=self.textures + other.textures,
        )

    def bulged(self, depth_mm: Callable[[Array], Array]) -> Background:
        """Return the background with adipose tissue below z = 0: its depth at places (n, 2), mm.

        Thin as it is, the way through it is its depth where the ray meets z = 0, along the slant.
        """
        shape, place = coarse_grid(self.view, self.step)
        _, slant = rays(self.view, shape, place)
        u0, du, v0, dv, plane = place
        source = self.view.source_mm
        share = float(source[2]) / float(source[2] - plane)
        x = source[0] + share * (u0 + du * np.arange(shape[1]) - source[0])
        y = source[1] + share * (v0 + dv * np.arange(shape[0]) - source[1])
        places = np.stack(np.broadcast_arrays(x[None, :], y[:, None]), axis=-1).reshape(-1, 2)
        paths = self.paths_mm.copy()
        paths[0] += (depth_mm(places).reshape(shape) * slant).astype(np.float32)
        return replace(self, paths_mm=paths)

    def detail_mm(self) -> Image:
        """Return what fine texture adds to the glandular path and takes from the adipose one.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            At every pixel.
        """
        return fine_detail(self.textures, self.step * self.view.pitch_mm, self.view)


def project_volume(
    volume: Image,
    origin_mm: Array,
    spacing_mm: Array,
    source_mm: Array,
    detector: Array,
    out: Image,
    *,
    threads: int = 1,
) -> None:
    """Integrate voxels along the rays to a detector parallel to the slices, in bands of its rows.

    The result is the same to the last bit for any number of threads.

    Parameters
    ----------
    volume : ndarray of float32, shape (nz, ny, nx)
        Values per mm.
    origin_mm, spacing_mm, source_mm : ndarray, shape (3,)
        Centre of voxel [0, 0, 0], edges of a voxel, focal spot.
    detector : ndarray, shape (5,)
        Place of the samples, as :func:`.rendering.coarse_grid` gives it.
    out : ndarray of float32, shape (rows, columns)
        Receives the integrals.
    threads : int
        How many to use; 1 inside a pool or a process of many.
    """

    def band(first: int) -> None:
        place = detector.copy()
        place[2] += first * place[3]
        rows = out[first : first + _BAND]
        project_slices(volume, origin_mm, spacing_mm, source_mm, place, rows)

    starts = range(0, len(out), _BAND)
    if threads == 1:
        for first in starts:
            band(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(band, starts))


def tissue_background(
    tissue: VoxelTissue,
    view: View,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    *,
    threads: int = 1,
) -> Background:
    """Project tissue, which is in the breast frame, into `view`.

    Parameters
    ----------
    tissue : TissueField
        Volume fractions on voxels, which need not be cubes; the box of
        :func:`~stereosim.imaging.scene.field_box`, a larger one, or a slab of it between two
        heights.  Beyond its faces in x and y the tissue goes on as at the face.
    view : View
        Scout, left or right; the detector must lie parallel to the slices.
    shift_mm : (float, float)
        p_support = p_breast - (shift_x, shift_y, 0).
    threads : int
        How many project; the result is the same for any number.

    Raises
    ------
    ValueError
        If the columns and rows of the detector do not run along x and y.
    """
    spacing = np.array(np.broadcast_to(tissue.spacing_mm, 3), dtype=np.float64)
    step = max(1.0, float(spacing[0]) / view.pitch_mm)
    origin = np.asarray(tissue.origin_mm, dtype=np.float64) - np.array([*shift_mm, 0.0])
    # A copy: the view's own arrays are read-only, which to Numba is another type.
    source = np.array(view.source_mm)
    shape, detector = coarse_grid(view, step)
    paths = np.empty((len(TISSUES), *shape), dtype=np.float32)
    for k, fraction in ((1, tissue.gland), (2, tissue.skin), (0, tissue.inside)):
        volume = np.ascontiguousarray(fraction, dtype=np.float32)
        project_volume(volume, origin, spacing, source, detector, paths[k], threads=threads)
    paths[0] -= paths[1] + paths[2]
    np.maximum(paths, 0.0, out=paths)
    # Phantoms of others need not know of it.
    texture: Texture | None = getattr(tissue, "texture", None)
    if texture is None:
        return Background(view, paths, step)
    moved = texture.placed(np.ones(3), np.array([*shift_mm, 0.0]))
    return Background(view, paths, step, (moved,))


def slab_background(
    view: View, thickness_mm: float, glandular_fraction: float, skin_mm: float = 0.0
) -> Background:
    """Return the background of an endless homogeneous slab from z = 0 to the thickness."""
    step = max(1.0, _SLAB_PITCH_MM / view.pitch_mm)
    shape, detector = coarse_grid(view, step)
    _, slant = rays(view, shape, detector)
    paths = slab_paths(thickness_mm, glandular_fraction, skin_mm) * slant.astype(np.float32)
    return Background(view, paths, step)


def cached_backgrounds(
    views: Sequence[View],
    parts: Sequence[object],
    make: Callable[[], Sequence[Background]],
    *,
    code: Iterable[ModuleType] = (),
    cache: Cache | None = None,
) -> list[Background]:
    """Return the backgrounds of a breast in `views` from the disk; make and keep them if need be.

    Parameters
    ----------
    views : sequence of View
        The views, each of another name.
    parts : sequence of object
        All else that the backgrounds depend on, such as breast, masses, position and voxel size;
        see :func:`~stereosim_phantoms.cache.content_key`.
    make : callable
        Returns the backgrounds, in the order of `views`.
    code : iterable of module
        What else makes them; the phantoms, this package and the kernels are known.
    cache : Cache, optional
        By default the user's.
    """
    everything = (stereosim_phantoms, stereosim.imaging, stereosim.kernels, *code)
    key = content_key("backgrounds", tuple(views), tuple(parts), code=everything)

    def arrays() -> Arrays:
        made = make()
        kept: Arrays = {}
        for background in made:
            kept[f"{background.view.name} paths"] = background.paths_mm
            kept[f"{background.view.name} step"] = np.array(background.step)
        # The same in every view.
        for k, texture in enumerate(made[0].textures if made else ()):
            kept |= {f"texture {k} {name}": array for name, array in texture.arrays().items()}
        return kept

    found = (default_cache() if cache is None else cache).arrays(key, arrays)
    textures: list[Texture] = []
    while f"texture {len(textures)} slopes" in found:
        start = f"texture {len(textures)} "
        own = {name.removeprefix(start): found[name] for name in found if name.startswith(start)}
        textures.append(Texture.of_arrays(own))
    return [
        Background(
            view,
            found[f"{view.name} paths"],
            float(found[f"{view.name} step"]),
            tuple(textures),
        )
        for view in views
    ]
