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
from tests.phantom_scenes import breast

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
    assert table["fine linear branching"].mean_mm == 0.324
    assert 0.5 <= table["fine linear branching"].second_mean_mm <= 0.7


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
@pytest.mark.parametrize("seed", range(4))
def test_no_two_specks_touch_and_all_lie_in_the_breast(
    ducts: DuctTree, distribution: str, seed: int
) -> None:
    extent = {"regional": 35.0, "segmental": 30.0, "linear": 25.0}.get(distribution, 9.0)
    solids = grown(
        ducts, seed, distribution=distribution, specks=30, extent_mm=extent,
        morphology="fine linear branching",
    )  # fmt: skip
    radii = bounding_radii(solids.axes_mm)
    assert len(solids) == 30
    for i in range(30):
        gaps = np.linalg.norm(solids.centres_mm - solids.centres_mm[i], axis=1) - radii - radii[i]
        assert np.delete(gaps, i).min() > 0.0
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


def test_casts_point_to_the_nipple(ducts: DuctTree) -> None:
    solids = grown(ducts, morphology="fine linear branching", specks=40, extent_mm=20.0)
    lengths = np.linalg.norm(solids.axes_mm, axis=1)
    longest = solids.axes_mm[np.arange(40), :, lengths.argmax(axis=1)]
    longest /= np.linalg.norm(longest, axis=1, keepdims=True)
    heading = np.array([0.0, 90.0, 27.5]) - CENTRE
    cosine = np.abs(longest @ heading) / np.linalg.norm(heading)
    assert np.degrees(np.arccos(np.median(cosine))) < 30.0


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


def test_second_mode_of_comedo_particles() -> None:
    morphology = morphologies()["fine linear branching"]
    drawn = morphology.diameters_mm(20000, rng=np.random.default_rng(2))
    first = stats.lognorm(
        morphology.log_sd, scale=morphology.mean_mm * np.exp(-(morphology.log_sd**2) / 2)
    )
    expected = (1.0 - morphology.second_share) * first.sf(
        0.7
    ) + morphology.second_share * stats.lognorm(
        morphology.log_sd, scale=morphology.second_mean_mm * np.exp(-(morphology.log_sd**2) / 2)
    ).sf(0.7)
    error = np.sqrt(expected * (1.0 - expected) / 20000)
    assert abs((drawn > 0.7).mean() - expected) < 4.0 * error
