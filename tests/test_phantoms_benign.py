"""Typically benign calcifications: their defining looks, and that no two solids overlap."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from stereosim_phantoms.benign import BenignPlan, Site, benign_kinds
from stereosim_phantoms.benign_growth import grow_benign
from stereosim_phantoms.breast import anatomy_parameters
from stereosim_phantoms.ducts import grow_ducts
from stereosim_phantoms.shapes import eggshell, ring, shell
from stereosim_phantoms.solids import Ellipsoids, Specks, any_clash, clashes, thinned, united
from stereosim_phantoms.vessels import grow_vessels, vessel_parameters
from tests.phantom_scenes import breast, share_a_point

# ACR BI-RADS Atlas, 5th edition, "typically benign", in its order.
BIRADS = (
    "skin", "vascular", "coarse or popcorn-like", "large rod-like", "round", "rim", "dystrophic",
    "milk of calcium", "suture",
)  # fmt: skip
TARGET = np.array([[20.0, 45.0, 28.0], [22.0, 44.0, 30.0]])
NOTHING = united([])


@pytest.fixture(scope="module")
def site() -> Site:
    spec = breast()
    return Site(
        spec, grow_ducts(spec, anatomy_parameters()), grow_vessels(spec, vessel_parameters())
    )


def grown(site: Site, kind: str, seed: int = 0, **changes: object) -> Ellipsoids:
    plan = BenignPlan(kind, **changes)  # type: ignore[arg-type]
    return grow_benign(site, plan, TARGET, NOTHING, rng=np.random.default_rng(seed))


def semi_axes(solids: Ellipsoids) -> np.ndarray:
    return np.sort(np.linalg.norm(solids.axes_mm, axis=1), axis=1)


def longest(solids: Ellipsoids) -> np.ndarray:
    lengths = np.linalg.norm(solids.axes_mm, axis=1)
    ways = solids.axes_mm[np.arange(len(solids)), :, lengths.argmax(axis=1)]
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


def test_the_names_are_those_of_birads() -> None:
    assert tuple(benign_kinds()) == BIRADS


@pytest.mark.parametrize("kind", BIRADS)
@pytest.mark.parametrize("seed", range(4))
def test_no_two_solids_share_a_point_and_none_is_near_the_target(
    site: Site, kind: str, seed: int
) -> None:
    solids = grown(site, kind, seed)
    assert 0 < len(solids) <= 170
    assert not share_a_point(solids, 200)
    gram = np.einsum("nki,nkj->nij", solids.axes_mm, solids.axes_mm)
    assert np.abs(gram - gram * np.eye(3)).max() < 1e-9 * gram.max()
    gap = np.linalg.norm(solids.centres_mm[:, None] - TARGET, axis=2).min(axis=1)
    assert (gap - semi_axes(solids)[:, 2] > 10.0).all()
    depth = site.breast.skin_distance_mm(solids.centres_mm)
    if kind == "skin":
        assert (depth > 0.1).all() and (depth < site.breast.skin_mm).all()
    else:
        assert (depth - semi_axes(solids)[:, 2] > site.breast.skin_mm).all()
    assert (solids.centres_mm[:, 1] > 0.0).all()


def test_clashes_against_dense_sampling() -> None:
    """Not one pair that shares a point is called apart; few that are apart are called clashing."""
    rng = np.random.default_rng(5)
    turns = Rotation.random(160, random_state=1).as_matrix()
    solids = Ellipsoids(
        rng.normal(0.0, 1.0, (160, 3)), turns * rng.uniform(0.05, 1.2, (160, 3))[:, None, :]
    )
    found = clashes(solids, solids)
    assert found.diagonal().all() and (found == found.T).all()
    late = 0
    for i in range(160):
        for j in range(i):
            truly = share_a_point(solids[[i, j]], 300)
            assert found[i, j] or not truly
            late += found[i, j] and not truly
    # The samples also miss shallow overlaps: both faults together stay below 2 % of the pairs.
    assert late < 0.02 * 160 * 159 / 2
    kept = thinned(solids)
    assert 5 < len(kept) < 160 and not any_clash(kept) and not share_a_point(kept)


def test_plates_of_an_eggshell_lie_on_it_and_cover_it() -> None:
    rng = np.random.default_rng(0)
    semi = np.array([4.0, 3.4, 3.1])
    for thick in (0.05, 0.13):
        egg = eggshell(semi, thick, 70, rng=rng)
        surface = np.concatenate(
            [
                egg.centres_mm + egg.axes_mm @ u
                for u in Rotation.random(60, random_state=2).as_matrix()[:, 0]
            ]
        )
        radius = np.linalg.norm(surface / semi, axis=1)
        # Between the inner face and the rims of the flat outer plates: a wall under 1 mm thick.
        assert radius.min() > 1.0 - thick / semi.min()
        assert (radius.max() - radius.min()) * semi.max() < 0.6
        ways = rng.standard_normal((4000, 3))
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        inverse = np.linalg.inv(egg.axes_mm)
        a = np.einsum("nij,kj->kni", inverse, ways)
        b = np.einsum("nij,nj->ni", inverse, egg.centres_mm)
        # A ray from the middle meets a plate where the quadratic |a t - b|^2 = 1 has a root.
        hit = ((a * b).sum(2) ** 2 - (a * a).sum(2) * ((b * b).sum(1) - 1.0) > 0.0).any(axis=1)
        assert hit.mean() > 0.93
    assert not any_clash(shell(semi, 0.3, 48))


def test_a_ring_is_lucent_in_the_middle_and_as_wide_as_asked() -> None:
    made = ring(0.9, 0.2)
    assert not share_a_point(made)
    inside = np.linalg.norm(made.centres_mm, axis=1) - 0.1
    assert inside.min() > 0.2  # a hole of at least 0.4 mm
    reach = np.sqrt((made.axes_mm[:, :2] ** 2).sum(axis=2)) + np.abs(made.centres_mm[:, :2])
    assert abs(2 * reach.max() - 0.9) < 0.02


def test_skin_rings_lie_flat_in_the_skin(site: Site) -> None:
    solids = grown(site, "skin", 3, count=4)
    assert len(solids) == 4 * 8
    thin = np.sort(np.linalg.norm(solids.axes_mm, axis=1), axis=1)[:, 0]
    assert (2 * thin < 0.3).all()
    for one in range(4):
        beads = solids.centres_mm[8 * one : 8 * one + 8]
        across = np.linalg.norm(beads[:, None] - beads, axis=2).max()
        depth = site.breast.skin_distance_mm(beads)
        assert 0.3 < across < 1.0 and np.ptp(depth) < 0.1 * across


@pytest.mark.parametrize("seed", range(5))
def test_vascular_plaques_line_both_walls_of_an_artery(site: Site, seed: int) -> None:
    solids = grown(site, "vascular", seed, count=1)
    tree = site.vessels
    artery = tree.of_kind("artery")
    start, way = tree.capsules[artery, :3], tree.capsules[artery, 3:6] - tree.capsules[artery, :3]
    sides, misses = [], []
    for centre, along in zip(solids.centres_mm, longest(solids), strict=True):
        t = np.clip(((centre - start) * way).sum(1) / (way * way).sum(1), 0.0, 1.0)
        off = centre - start - t[:, None] * way
        gap = np.linalg.norm(off, axis=1)
        c = tree.capsules[artery]
        radius = c[:, 6] + t * (c[:, 7] - c[:, 6])
        nearest = int(np.abs(gap - radius).argmin())
        misses.append(gap[nearest] - radius[nearest])
        heading = way[nearest] / np.linalg.norm(way[nearest])
        assert abs(along @ heading) > 0.85
        sides.append(np.sign(off[nearest] @ np.array([heading[1], -heading[0], 0.0])))
    assert np.abs(misses).max() < 0.15
    assert 0.25 < np.mean(np.array(sides) > 0) < 0.75
    assert (2 * semi_axes(solids)[:, 0] <= 0.28 + 1e-9).all()  # thin
    assert np.linalg.norm(np.ptp(solids.centres_mm, axis=0)) > 10.0


def test_popcorn_is_one_big_lump_of_lobes_that_touch(site: Site) -> None:
    for seed in range(4):
        solids = grown(site, "coarse or popcorn-like", seed)
        radii = semi_axes(solids)[:, 2]
        gap = np.linalg.norm(solids.centres_mm[:, None] - solids.centres_mm, axis=2)
        gap = gap - radii[:, None] - radii
        touching = gap < 0.05 * radii.max()
        group, grew = touching[0], True
        while grew:  # all lobes hang together
            more = touching[group].any(axis=0)
            grew, group = bool((more & ~group).any()), more | group
        assert group.mean() > 0.9
        assert np.ptp(solids.centres_mm, axis=0).max() + 2 * radii.max() > 2.0
        assert len(solids) >= 15 and radii.max() > 1.8 * radii.min()


def test_large_rods_are_smooth_thick_and_point_to_the_nipple(site: Site) -> None:
    nipple = np.array([0.0, site.breast.chest_to_nipple_mm, 0.5 * site.breast.thickness_mm])
    cosine, lengths, widths = [], [], []
    for seed in range(6):
        solids = grown(site, "large rod-like", seed)
        heading = nipple - solids.centres_mm
        heading /= np.linalg.norm(heading, axis=1, keepdims=True)
        cosine += list(np.abs((longest(solids) * heading).sum(axis=1)))
        lengths += list(2 * semi_axes(solids)[:, 2])
        widths += list(2 * semi_axes(solids)[:, 0])
    assert np.degrees(np.arccos(np.median(cosine))) < 40.0
    assert min(widths) >= 0.5 and min(lengths) >= 2.5 and max(lengths) <= 9.0


def test_round_ones_are_round_and_of_the_sizes_of_the_catalogue(site: Site) -> None:
    drawn = united([grown(site, "round", seed) for seed in range(80)])
    semi = semi_axes(drawn)
    assert (semi[:, 2] / semi[:, 0]).max() < 1.1
    low, high = benign_kinds()["round"].size_mm
    assert (drawn.diameters_mm > 0.9 * low).all() and (drawn.diameters_mm < high).all()
    # Evenly between the bounds, then flattened by 4 % on average.
    wanted = 0.96 * 0.5 * (low + high)
    error = drawn.diameters_mm.std() / np.sqrt(len(drawn))
    assert abs(drawn.diameters_mm.mean() - wanted) < 4.0 * error


def test_milk_of_calcium_lies_level(site: Site) -> None:
    solids = grown(site, "milk of calcium", 1)
    assert np.abs(solids.axes_mm[:, 2, :2]).max() == 0.0
    assert (solids.axes_mm[:, 2, 2] < 0.5 * semi_axes(solids)[:, 1]).all()


def test_dystrophic_pieces_are_coarse_and_unequal(site: Site) -> None:
    for seed in range(4):
        solids = grown(site, "dystrophic", seed, count=1)
        assert np.ptp(solids.centres_mm, axis=0).max() + solids.diameters_mm.max() > 1.0
        assert len(solids) >= 3 and solids.diameters_mm.std() > 0.1 * solids.diameters_mm.mean()


def test_a_suture_is_a_chain(site: Site) -> None:
    solids = grown(site, "suture", 2, count=1)
    ways = longest(solids)
    ends = np.concatenate(
        [solids.centres_mm + sign * semi_axes(solids)[:, 2:] * ways for sign in (-1.0, 1.0)]
    )
    n = len(solids)
    gap = np.linalg.norm(ends[:, None] - ends, axis=2)
    own = np.arange(2 * n) % n
    gap[own[:, None] == own] = np.inf
    assert np.mean(gap.min(axis=1) < 0.3) > 0.5  # end to end
    assert n >= 6


def test_what_is_taken_and_what_is_asked_for_is_respected(site: Site) -> None:
    place = np.array([-30.0, 40.0, 28.0])
    first = grown(site, "rim", 0, count=1, centre_mm=place)
    assert np.linalg.norm(first.centres_mm.mean(axis=0) - place) < 2.0
    plan = BenignPlan("milk of calcium", 10, place)
    second = grow_benign(site, plan, TARGET, first, rng=np.random.default_rng(1))
    assert not clashes(first, second).any() and len(second) == 10
    far = BenignPlan("round", gap_mm=500.0)
    with pytest.raises(ValueError, match="benign 'round' finds no room"):
        grow_benign(site, far, TARGET, NOTHING, rng=np.random.default_rng(1))
    optional = BenignPlan("round", gap_mm=500.0, required=False)
    assert not len(grow_benign(site, optional, TARGET, NOTHING, rng=np.random.default_rng(1)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "wart"}, "kind 'wart' is none of skin"),
        ({"count": -1}, "count must be 0 to 30"),
        ({"gap_mm": 0.0}, "gap_mm must be above 0"),
    ],
)
def test_a_wrong_plan_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BenignPlan(**{"kind": "rim", **changes})  # type: ignore[arg-type]


def test_kinds_follow_the_clusters() -> None:
    solids = Ellipsoids(np.arange(12.0).reshape(4, 3), np.tile(np.eye(3) * 0.1, (4, 1, 1)))
    clusters = np.array([0, 0, -1, -1])
    plain = Specks(solids, ("hydroxyapatite",) * 4, clusters)
    assert plain.kinds == ("target", "target", "scattered", "scattered")
    named = Specks(solids, plain.materials, clusters, ("target", "rim", "rim", "skin"))
    assert named.kinds == ("target", "target", "rim", "skin")
    assert named.moved_to(solids.centres_mm + 1.0).kinds == named.kinds
    assert named.subset(np.array([False, True, False, True])).kinds == ("target", "skin")
    with pytest.raises(ValueError, match="2 kinds for 4 specks"):
        Specks(solids, plain.materials, clusters, ("target", "target"))
