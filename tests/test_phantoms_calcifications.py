"""Calcifications: sizes, shapes, places, and that no two are in the same spot."""

import numpy as np
import pytest
from scipy import stats

from stereosim_phantoms.breast import anatomy_parameters
from stereosim_phantoms.calcifications import (
    ClusterSpec,
    apart,
    bounding_radii,
    grow_cluster,
    morphologies,
    overlapping,
)
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.ducts import DuctTree, grow_ducts
from stereosim_phantoms.referral import extent_mm
from stereosim_phantoms.solids import Ellipsoids
from tests.phantom_scenes import breast, share_a_point

CENTRE = np.array([20.0, 45.0, 28.0])


@pytest.fixture(scope="module")
def ducts() -> DuctTree:
    return grow_ducts(breast(), anatomy_parameters())


def grown(ducts: DuctTree, seed: int = 0, **changes: object) -> Ellipsoids:
    fields: dict[str, object] = {
        "morphology": "fine pleomorphic",
        "distribution": "grouped",
        "specks": 15,
        "extent_mm": 9.0,
    }
    spec = ClusterSpec(**{**fields, **changes})  # type: ignore[arg-type]
    return grow_cluster(breast(), ducts, spec, CENTRE, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("name", ["punctate", "amorphous", "coarse heterogeneous"])
def test_mean_diameter_is_the_published_one(name: str) -> None:
    morphology, n = morphologies()[name], 4000
    drawn = morphology.diameters_mm(n, rng=np.random.default_rng(1))
    error = morphology.mean_mm * morphology.log_sd / np.sqrt(n)
    # The cut at 1.5 mm lowers the mean by far less than the tolerance of four standard errors.
    assert abs(drawn.mean() - morphology.mean_mm) < 4.0 * error


def test_published_means_by_histology() -> None:
    """Benign 188, between 213 and 226, comedo 324 um and a second mode of 500 to 700 um."""
    table = morphologies()
    assert table["punctate"].mean_mm == 0.188
    assert 0.213 <= table["fine pleomorphic"].mean_mm <= 0.226
    assert 0.5 <= table["fine linear branching"].second_mean_mm <= 0.7


# Benign; halfway between intermediate and cribriform or papillary; comedo (facts of the field).
HISTOGRAMS = {"punctate": 0.188, "fine pleomorphic": 0.2195, "fine linear branching": 0.324}


@pytest.mark.parametrize("name", sorted(HISTOGRAMS))
def test_specks_grown_have_the_published_mean_diameter(ducts: DuctTree, name: str) -> None:
    """From the solids' volumes, over many clusters: benign 188 um, comedo 324 um."""
    drawn = np.concatenate(
        [grown(ducts, seed, morphology=name, specks=20, extent_mm=12.0).diameters_mm
         for seed in range(60)]
    )  # fmt: skip
    volumes = drawn**3 * np.pi / 6
    again = (6 * volumes / np.pi) ** (1 / 3)
    error = again.std() / np.sqrt(len(again))
    # Clusters whose casts find no room are drawn anew, large ones more often: below 3 %.
    assert abs(again.mean() - HISTOGRAMS[name]) < 4.0 * error + 0.01


@pytest.mark.parametrize("name", sorted(morphologies()))
def test_solids_have_the_diameters_drawn_and_the_elongation_of_their_kind(
    ducts: DuctTree, name: str
) -> None:
    solids = grown(ducts, morphology=name, specks=40, extent_mm=18.0, diameter_mm=(0.1, 0.2))
    assert (solids.diameters_mm >= 0.1 - 1e-9).all() and (solids.diameters_mm <= 0.2 + 1e-9).all()
    semi = np.sort(np.linalg.norm(solids.axes_mm, axis=1), axis=1)
    long = semi[:, 2] / np.sqrt(semi[:, 0] * semi[:, 1])
    morphology = morphologies()[name]
    assert long.max() <= morphology.elongation_high * 1.3  # minor axes differ by up to 15 % each
    assert long.min() >= morphology.elongation_low * 0.999
    gram = np.einsum("nki,nkj->nij", solids.axes_mm, solids.axes_mm)
    assert np.abs(gram - gram * np.eye(3)).max() < 1e-12  # axes at right angles


@pytest.mark.parametrize("distribution", ["diffuse", "regional", "grouped", "linear", "segmental"])
@pytest.mark.parametrize("morphology", ["fine pleomorphic", "fine linear branching"])
@pytest.mark.parametrize("seed", range(4))
def test_no_two_specks_touch_and_all_lie_in_the_breast(
    ducts: DuctTree, distribution: str, seed: int, morphology: str
) -> None:
    extent = {"regional": 35.0, "segmental": 30.0, "linear": 25.0}.get(distribution, 9.0)
    solids = grown(
        ducts, seed, distribution=distribution, specks=30, extent_mm=extent,
        morphology=morphology,
    )  # fmt: skip
    radii = bounding_radii(solids.axes_mm)
    assert len(solids) == 30
    assert not share_a_point(solids)
    assert (breast().skin_distance_mm(solids.centres_mm) > breast().skin_mm + radii).all()
    assert (solids.centres_mm[:, 1] > radii).all()


@pytest.mark.parametrize("distribution", ["grouped", "regional"])
def test_extent_and_centre_are_those_asked_for(ducts: DuctTree, distribution: str) -> None:
    for seed in range(10):
        solids = grown(ducts, seed, distribution=distribution, extent_mm=12.0, specks=12)
        assert abs(extent_mm(solids.centres_mm) - 12.0) < 0.5
        assert np.linalg.norm(solids.centres_mm.mean(axis=0) - CENTRE) < 0.5


@pytest.mark.parametrize("distribution", ["linear", "segmental"])
def test_linear_and_segmental_specks_lie_in_ducts(ducts: DuctTree, distribution: str) -> None:
    solids = grown(ducts, distribution=distribution, extent_mm=25.0, diameter_mm=(0.1, 0.15))
    lobes = set()
    for centre in solids.centres_mm:
        start, way = ducts.capsules[:, :3], ducts.capsules[:, 3:6] - ducts.capsules[:, :3]
        t = np.clip(((centre - start) * way).sum(1) / (way * way).sum(1), 0.0, 1.0)
        gap = np.linalg.norm(centre - start - t[:, None] * way, axis=1)
        nearest = int(gap.argmin())
        assert gap[nearest] < 0.6  # the radius, and the room that specks make for each other
        lobes.add(ducts.path_to_nipple(nearest)[-1])
    assert len(lobes) <= 2  # lobes may cross, but the cluster belongs to one
    shape = np.linalg.svd(solids.centres_mm - solids.centres_mm.mean(axis=0))[1]
    if distribution == "linear":
        assert shape[0] > 3.0 * shape[1]


def duct_of(ducts: DuctTree, point: np.ndarray) -> tuple[int, float, np.ndarray]:
    """The nearest duct's index, its distance and its direction."""
    start, way = ducts.capsules[:, :3], ducts.capsules[:, 3:6] - ducts.capsules[:, :3]
    t = np.clip(((point - start) * way).sum(1) / (way * way).sum(1), 0.0, 1.0)
    gap = np.linalg.norm(point - start - t[:, None] * way, axis=1)
    nearest = int(gap.argmin())
    return nearest, float(gap[nearest]), way[nearest] / np.linalg.norm(way[nearest])


@pytest.mark.parametrize("distribution", ["linear", "segmental"])
def test_casts_lie_in_ducts_and_along_them(ducts: DuctTree, distribution: str) -> None:
    solids = grown(
        ducts, morphology="fine linear branching", specks=24, extent_mm=26.0,
        distribution=distribution,
    )  # fmt: skip
    used, cosine = [], []
    for centre, axes in zip(solids.centres_mm, solids.axes_mm, strict=True):
        lengths = np.linalg.norm(axes, axis=0)
        index, gap, way = duct_of(ducts, centre)
        assert gap < 0.4
        used.append(index)
        cosine.append(abs(axes[:, lengths.argmax()] @ way) / lengths.max())
    # At a bend or a fork the nearest duct may be the next one.
    assert np.degrees(np.arccos(np.median(cosine))) < 10.0
    assert np.mean(np.array(cosine) > np.cos(np.radians(25.0))) > 0.8
    if distribution == "segmental":
        sprung = [int(ducts.parents[i]) for i in set(used)]
        assert len(set(sprung)) < len(sprung), "casts fill both branches of a fork"
        assert len({ducts.path_to_nipple(i)[-1] for i in used}) == 1, "one lobe"
    else:
        outermost = max(used, key=lambda i: (used.count(i) > 1, len(ducts.path_to_nipple(i))))
        path = set(ducts.path_to_nipple(outermost))
        # Just behind a fork the nearest duct may be the other branch.
        assert np.mean([i in path for i in used]) > 0.9, "one duct"


@pytest.mark.parametrize("seed", range(5))
def test_a_group_of_casts_runs_with_its_duct_and_branches(ducts: DuctTree, seed: int) -> None:
    solids = grown(ducts, seed, morphology="fine linear branching", specks=18, extent_mm=12.0)
    lengths = np.linalg.norm(solids.axes_mm, axis=1)
    longest = solids.axes_mm[np.arange(18), :, lengths.argmax(axis=1)]
    longest /= np.linalg.norm(longest, axis=1, keepdims=True)
    angles = np.degrees(np.arccos(np.abs(longest @ duct_of(ducts, CENTRE)[2])))
    assert (angles < 20.0).sum() >= 4  # the stem
    assert ((angles > 20.0) & (angles < 75.0)).sum() >= 3  # what it gives off
    assert abs(extent_mm(solids.centres_mm) - 12.0) < 2.5


def test_other_specks_lie_in_any_direction(ducts: DuctTree) -> None:
    solids = grown(ducts, specks=40, extent_mm=20.0)
    lengths = np.linalg.norm(solids.axes_mm, axis=1)
    longest = solids.axes_mm[np.arange(40), :, lengths.argmax(axis=1)]
    spread = np.linalg.eigvalsh(np.einsum("ni,nj->ij", longest, longest) / (longest**2).sum())
    assert spread[0] > 0.15  # even: 1/3 each


def test_pleomorphic_specks_of_a_group_differ_in_size_and_shape(ducts: DuctTree) -> None:
    for seed in range(5):
        solids = grown(ducts, seed, specks=20)
        semi = np.sort(np.linalg.norm(solids.axes_mm, axis=1), axis=1)
        assert solids.diameters_mm.max() > 2.0 * solids.diameters_mm.min()
        long = semi[:, 2] / semi[:, 0]
        assert long.max() > 1.8 and long.min() < 1.5


def most_in_a_cubic_centimetre(points: np.ndarray) -> int:
    """The most points that a cube with sides of 10 mm along the axes can hold."""
    inside = [
        (points[:, a] >= low) & (points[:, a] <= low + 10.0)
        for a in range(3)
        for low in points[:, a]
    ]
    n = len(points)
    x, y, z = (np.array(inside[n * a : n * (a + 1)]) for a in range(3))
    return int(np.einsum("in,jn,kn->ijk", x * 1, y * 1, z * 1).max())


@pytest.mark.parametrize("name", ["amorphous", "fine linear branching"])
def test_distributions_are_what_birads_calls_them(ducts: DuctTree, name: str) -> None:
    for seed in range(4):
        group = grown(ducts, seed, morphology=name, specks=14, extent_mm=9.0)
        assert most_in_a_cubic_centimetre(group.centres_mm) >= 5
        region = grown(
            ducts, seed, morphology=name, specks=30, extent_mm=36.0, distribution="regional"
        )
        assert extent_mm(region.centres_mm) > 20.0
        everywhere = grown(ducts, seed, morphology=name, specks=40, distribution="diffuse")
        spread = np.ptp(everywhere.centres_mm, axis=0)
        assert (spread > (90.0, 50.0, 25.0)).all()


@pytest.mark.parametrize(
    ("distribution", "extent", "word"),
    [
        ("grouped", 20.0, "grouped"),
        ("grouped", 20.1, "regional"),
        ("regional", 12.0, "grouped"),
        ("regional", 30.0, "regional"),
        ("segmental", 12.0, "segmental"),
        ("diffuse", 12.0, "diffuse"),
    ],
)
def test_the_report_calls_a_group_what_spans_2_cm_at_most(
    distribution: str, extent: float, word: str
) -> None:
    assert ClusterSpec("punctate", distribution, 8, extent).reported_distribution == word


def test_a_cluster_that_would_stick_out_is_moved_in(ducts: DuctTree) -> None:
    spec = ClusterSpec("punctate", "grouped", 8, 8.0)
    for centre in ((-30.0, 2.0, 30.0), (10.0, 40.0, 53.0), (0.0, 87.0, 27.0)):
        solids = grow_cluster(breast(), ducts, spec, np.array(centre), rng=np.random.default_rng(0))
        assert (breast().skin_distance_mm(solids.centres_mm) > breast().skin_mm).all()
        assert solids.centres_mm[:, 1].min() > 0.5
        assert np.linalg.norm(solids.centres_mm.mean(axis=0) - centre) < 8.0


def test_too_many_specks_for_the_room_is_an_error(ducts: DuctTree) -> None:
    tiny = breast(thickness_mm=4.0, edge_mm=0.0)
    spec = ClusterSpec("coarse heterogeneous", "grouped", 60, 3.0, (1.4, 1.5))
    rng, centre = np.random.default_rng(0), np.array([0.0, 40.0, 2.0])
    with pytest.raises(ValueError, match="find no room"):
        grow_cluster(tiny, ducts, spec, centre, rng=rng)


def test_apart_only_moves_what_touches() -> None:
    centres = np.array([[0.0, 0, 0], [0.1, 0, 0], [5.0, 0, 0]])
    radii = np.array([0.2, 0.2, 0.2])
    assert overlapping(centres, radii)
    moved = apart(centres, radii)
    assert not overlapping(moved, radii)
    assert (moved[2] == centres[2]).all()
    assert abs(moved[:2].mean() - centres[:2].mean()) < 1e-12


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("morphology", "round"),
        ("distribution", "clumped"),
        ("material", "calcite"),
        ("specks", 0),
        ("extent_mm", 0.0),
    ],
)
def test_a_wrong_spec_is_refused_by_name(field: str, value: object) -> None:
    fields: dict[str, object] = {
        "morphology": "punctate", "distribution": "grouped", "specks": 5, "extent_mm": 5.0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=field):
        ClusterSpec(**{**fields, field: value})  # type: ignore[arg-type]


def test_specks_on_the_table_are_rigid() -> None:
    patient = load_case("linear-branching").patient(0)
    there, here = patient.supine_specks(), patient.specks
    assert np.allclose(there.solids.volumes_mm3, here.solids.volumes_mm3)
    back = patient.supine.breast_from_supine(there.solids.centres_mm)
    assert np.allclose(back, here.solids.centres_mm, atol=1e-9)
    axis = here.solids.axes_mm[0, :, 0]
    assert np.allclose(there.solids.axes_mm[0, :, 0], [axis[0], axis[2], -axis[1]])


def test_comedo_particles_have_a_second_mode_between_500_and_700_um() -> None:
    morphology = morphologies()["fine linear branching"]
    drawn = morphology.diameters_mm(20000, rng=np.random.default_rng(2))
    assert abs(drawn.mean() - 0.324) < 4.0 * drawn.std() / np.sqrt(20000)
    density = stats.gaussian_kde(drawn, 0.15)(np.arange(0.05, 1.2, 0.01))
    peaks = 0.05 + 0.01 * (1 + np.flatnonzero(np.diff(np.sign(np.diff(density))) < 0))
    first, second = (p for p in peaks if density[round((p - 0.05) / 0.01)] > 0.1)
    assert first < 0.3 and 0.5 <= second <= 0.7
