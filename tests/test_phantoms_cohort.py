"""Drawn cohorts against the published distributions, with tolerances from the number drawn."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.calcifications import ClusterSpec, morphologies
from stereosim_phantoms.cases import list_cases
from stereosim_phantoms.cohort import (
    COHORTS,
    draw_breast,
    draw_cluster,
    draw_patient,
    list_cohorts,
    load_cohort,
)
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.provenance import SpecError
from stereosim_phantoms.randomness import stream

N = 1500


@pytest.fixture(scope="module")
def breasts() -> list[BreastSpec]:
    return [draw_breast(load_cohort("screening"), 3, i) for i in range(N)]


@pytest.fixture(scope="module")
def clusters(breasts: list[BreastSpec]) -> list[ClusterSpec]:
    cohort = load_cohort("screening")
    return [draw_cluster(cohort, b, rng=stream(3, i, "t")) for i, b in enumerate(breasts)]


def test_thickness_is_that_of_yaffe(breasts: list[BreastSpec]) -> None:
    """59 +- 16 mm, cut to 20..100: Kolmogorov-Smirnov against the truncated normal."""
    cut = stats.truncnorm((20 - 59) / 16, (100 - 59) / 16, 59, 16)
    assert stats.kstest([b.thickness_mm for b in breasts], cut.cdf).pvalue > 0.001


def test_glandular_fraction_is_that_of_yaffe(breasts: list[BreastSpec]) -> None:
    """Mean 19.3 %, 95 % below 45 %."""
    drawn = np.array([b.glandular_fraction for b in breasts])
    # The floor of 3 % raises the mean by less than 0.2 percentage points.
    assert abs(drawn.mean() - 0.193) < 4.0 * drawn.std() / np.sqrt(N) + 0.002
    assert abs((drawn < 0.45).mean() - 0.95) < 4.0 * np.sqrt(0.05 * 0.95 / N)


def test_the_beta_distribution_solves_its_two_conditions() -> None:
    a, b = load_cohort("screening").glandular_beta
    assert abs(a / (a + b) - 0.193) < 1e-9
    assert abs(stats.beta(a, b).cdf(0.45) - 0.95) < 1e-9


def test_area_is_that_of_boone(breasts: list[BreastSpec]) -> None:
    """Median CC area 146 cm2, of a half ellipse."""
    area = np.array([np.pi / 2 * b.half_width_mm * b.chest_to_nipple_mm / 100 for b in breasts])
    low, high = np.quantile(area, stats.binom(N, 0.5).ppf([0.0001, 0.9999]) / N)
    assert low < 146.0 < high


def test_clusters_have_the_common_extent_and_number(clusters: list[ClusterSpec]) -> None:
    """Median extent 8 to 10 mm, median number 10 to 20, at least 5."""
    assert 8.0 < np.median([c.extent_mm for c in clusters]) < 10.0
    counts = np.array([c.specks for c in clusters])
    assert 10 <= np.median(counts) <= 20 and counts.min() >= 5
    small = stats.spearmanr([c.extent_mm for c in clusters], counts)
    assert 0.35 < small.statistic < 0.6


def test_morphologies_come_in_the_shares_of_the_file(clusters: list[ClusterSpec]) -> None:
    shares = load_cohort("screening").morphology_shares
    for name, share in zip(morphologies(), shares, strict=True):
        found = np.mean([c.morphology == name for c in clusters])
        assert abs(found - share) < 4.0 * np.sqrt(share * (1 - share) / N)


def test_oxalate_is_benign_only(clusters: list[ClusterSpec]) -> None:
    kinds = {c.morphology for c in clusters if c.material == "calcium_oxalate"}
    assert kinds == {"punctate"}


def test_supine_width_follows_from_the_volume(breasts: list[BreastSpec]) -> None:
    for spec in breasts[:50]:
        width = 0.85 * 2.0 * spec.half_width_mm
        section = spec.volume_mm3 / (np.pi / 2.0 * spec.half_width_mm)  # at x = 0
        assert abs(np.pi / 4.0 * width * spec.supine_height_mm - section) < 1e-6 * section


def test_patients_are_whole_and_drawn_independently_of_order() -> None:
    cohort = load_cohort("screening")
    patients = [draw_patient(cohort, 9, i) for i in range(120)]
    again = draw_patient(cohort, 9, 57)
    assert again.breast == patients[57].breast and again.referral == patients[57].referral
    assert (again.specks.solids.axes_mm == patients[57].specks.solids.axes_mm).all()
    for patient in patients:
        solids, spec = patient.specks.solids, patient.breast
        depth, in_skin = spec.skin_distance_mm(solids.centres_mm), of_kind(patient, "skin")
        assert (depth[~in_skin] > spec.skin_mm).all()
        assert (depth[in_skin] < spec.skin_mm).all() and (depth > 0.0).all()
        assert not np.isnan(patient.supine_specks().solids.centres_mm).any()
    upper = np.mean([p.target_mm[2] > 0.5 * p.breast.thickness_mm for p in patients])
    assert abs(upper - cohort.upper_share) < 4.0 * np.sqrt(0.24 / 120)
    lateral = np.mean([p.target_mm[0] * p.breast.lateral > 0.0 for p in patients])
    assert abs(lateral - cohort.lateral_share) < 4.0 * np.sqrt(0.24 / 120)
    held = np.mean([any(m.holds_target for m in p.masses) for p in patients])
    assert abs(held - cohort.mass_with_target_share) < 4.0 * np.sqrt(0.16 / 120)
    # Some lesions are out of easy reach, as in screening, but most are not.
    near_wall = np.mean([p.target_mm[1] < 10.0 for p in patients])
    assert 0.0 < near_wall < 0.3


def of_kind(patient: VirtualPatient, kind: str) -> np.ndarray:
    return np.array([k == kind for k in patient.specks.kinds])


@pytest.fixture(scope="module")
def patients() -> list[VirtualPatient]:
    return [draw_patient(load_cohort("screening"), 17, i) for i in range(300)]


def test_distractors_come_in_the_shares_of_the_file(patients: list[VirtualPatient]) -> None:
    n = len(patients)
    for kind, share in load_cohort("screening").benign_shares.items():
        found = np.mean([of_kind(p, kind).any() for p in patients])
        assert abs(found - share) < 4.0 * np.sqrt(share * (1 - share) / n) + 0.01, kind


def test_distractors_are_few_solids_and_away_from_the_target(
    patients: list[VirtualPatient],
) -> None:
    for patient in patients:
        specks = patient.specks
        assert len(specks) <= 400
        assert (of_kind(patient, "target") == specks.target).all()
        assert specks.clusters[~specks.target].max(initial=-1) == -1
        benign = ~specks.target & ~of_kind(patient, "scattered")
        if benign.any():
            target = specks.solids.centres_mm[specks.target]
            gaps = np.linalg.norm(specks.solids.centres_mm[benign][:, None] - target, axis=2)
            assert gaps.min() > 10.0


def test_distractors_leave_the_target_as_it_is() -> None:
    cohort = load_cohort("screening")
    none = dataclasses.replace(
        cohort, skin_share=0.0, vascular_share=0.0, popcorn_share=0.0, rod_share=0.0,
        round_share=0.0, rim_share=0.0, dystrophic_share=0.0, milk_share=0.0, suture_share=0.0,
    )  # fmt: skip
    assert set(none.benign_shares.values()) == {0.0}
    many = dataclasses.replace(cohort, vascular_share=1.0, skin_share=1.0, rim_share=1.0)
    for index in range(12):
        bare, full = draw_patient(none, 5, index), draw_patient(many, 5, index)
        assert set(bare.specks.kinds) <= {"target", "scattered"}
        first, second = (
            p.specks.subset(p.specks.target | of_kind(p, "scattered")) for p in (bare, full)
        )
        assert (first.solids.centres_mm == second.solids.centres_mm).all()
        assert (first.solids.axes_mm == second.solids.axes_mm).all()
        assert bare.referral == full.referral
        assert len(full.specks) > len(bare.specks)


def test_words_for_the_distribution_are_those_of_birads(patients: list[VirtualPatient]) -> None:
    """A group is up to 2 cm, a region is larger; in a group five lie within 1 cm of each other."""
    crowded = []
    for patient in patients:
        target = patient.specks.solids.centres_mm[patient.specks.target]
        across = np.linalg.norm(target[:, None] - target, axis=2)
        if patient.distribution == "grouped":
            assert across.max() < 21.0
            if across.max() <= 12.0:  # the common ones
                crowded.append((across <= 10.0).sum(axis=1).max() >= min(5, len(target)))
        elif patient.distribution == "regional" and not any(m.holds_target for m in patient.masses):
            assert across.max() > 19.0
    assert np.mean(crowded) == 1.0


def test_every_mass_fits_the_patient_and_names_its_echo() -> None:
    cohort = dataclasses.replace(
        load_cohort("screening"), mass_with_target_share=1.0, mass_elsewhere_share=1.0
    )
    for index in range(20):
        patient = draw_patient(cohort, 1, index)
        assert len(patient.masses) == 2
        target = patient.specks.solids.centres_mm[patient.specks.target]
        assert patient.masses[0].contains(target).mean() > 0.5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("oxalate_share", "oxalat_share", "unknown key 'oxalat_share'"),
        ("[0.15, 0.35, 0.12, 0.31, 0.07]", "[0.5, 0.5]", "morphology_shares: must be 5 shares"),
        ("[cohort]", "[group]", "missing key 'cohort'"),
    ],
)
def test_a_wrong_cohort_is_refused_by_file_and_field(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (COHORTS / "screening.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_cohort("mine", tmp_path)
    assert message in str(caught.value) and str(caught.value).startswith("mine.toml")


def derived(folder: Path, text: str) -> Path:
    """Write a cohort "mine" beside a copy of "screening"."""
    whole = (COHORTS / "screening.toml").read_text(encoding="utf-8")
    (folder / "screening.toml").write_text(whole, encoding="utf-8")
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_cohort_on_a_base_differs_in_what_it_names_and_in_nothing_else(tmp_path: Path) -> None:
    text = """base = "screening"
    [sources]
    ours = "ours"
    [cohort]
    title = "Mine"
    skin_share = { value = 1.0, unit = "1", source = "ours", status = "assumed" }
    """
    mine = load_cohort("mine", derived(tmp_path, text))
    screening = load_cohort("screening")
    assert mine == dataclasses.replace(
        screening,
        name="mine",
        title="Mine",
        skin_share=1.0,
        provenance=screening.provenance | {"skin_share": mine.provenance["skin_share"]},
    )
    assert mine.provenance["skin_share"].source == "ours"
    assert mine.provenance["thickness_mean_mm"].source.startswith("Yaffe")


OTHER_YAFFE = 'base = "screening"\n[sources]\nyaffe = "another"\n[cohort]\ntitle = "t"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'base = "screening"\n[sources]\n[cohort]\ntitle = "t"\nskin = 1',
            "mine.toml: cohort: unknown key 'skin'",
        ),
        ('base = "nobody"\n[sources]\n[cohort]', "mine.toml: base: no cohort 'nobody'"),
        ('base = "mine"\n[sources]\n[cohort]', "mine.toml: base: 'mine' rests on itself"),
        ('base = "screening"\n[sources]\n[cohort]', "mine.toml: cohort: missing key 'title'"),
        (OTHER_YAFFE, "mine.toml: sources.yaffe: is another source in a base"),
        ('bass = "screening"\n[sources]\n[cohort]', "mine.toml: unknown key 'bass'"),
    ],
)
def test_a_wrong_cohort_on_a_base_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_cohort("mine", derived(tmp_path, text))
    assert str(caught.value).startswith(message)


def test_a_cohort_on_two_bases_differs_in_what_both_name() -> None:
    both, thin, mass = (
        load_cohort(name) for name in ("thin-visible", "thin-breasts", "visible-in-mass")
    )
    screening = load_cohort("screening")
    assert both.thickness_range_mm == thin.thickness_range_mm != screening.thickness_range_mm
    assert both.morphology_shares == mass.morphology_shares != screening.morphology_shares
    assert both.glandular_mean == screening.glandular_mean


def test_thin_breasts_are_thin_and_masses_hold_coarse_clusters() -> None:
    thin = [draw_breast(load_cohort("thin-breasts"), 3, i) for i in range(200)]
    assert all(20.0 <= breast.thickness_mm <= 26.0 for breast in thin)
    usual = [draw_breast(load_cohort("screening"), 3, i) for i in range(200)]
    density = [np.mean([b.glandular_fraction for b in breasts]) for breasts in (thin, usual)]
    assert density[0] > density[1] + 0.05  # thin breasts are the dense ones
    for index in range(20):
        patient = draw_patient(load_cohort("visible-in-mass"), 3, index)
        assert any(mass.holds_target for mass in patient.masses)
        target = patient.specks.subset(patient.specks.target)
        assert target.solids.diameters_mm.mean() > 0.4


def test_no_cohort_bears_the_name_of_a_case() -> None:
    """A comparison takes either; one of the same name would hide the other."""
    assert not set(list_cohorts()) & set(list_cases())


def test_unknown_cohort() -> None:
    assert "screening" in list_cohorts()
    with pytest.raises(SpecError, match=r"no cohort 'nobody'.*screening"):
        load_cohort("nobody")


def test_specks_drawn_into_a_mass_stay_in_the_breast() -> None:
    """Of these seeds the first two drew specks out of it: the mass was as large as the breast."""
    drawn = [("thin-visible", 2026, 16), ("visible-in-mass", 1, 30)]
    drawn += [("thin-visible", 7, index) for index in range(12)]
    for name, seed, index in drawn:
        patient = draw_patient(load_cohort(name), seed, index)
        target = patient.specks.solids.centres_mm[patient.specks.target]
        assert (patient.breast.skin_distance_mm(target) > patient.breast.skin_mm).all(), index
        assert (target[:, 1] > 0.0).all(), index
        assert np.isfinite(patient.supine_specks().solids.centres_mm).all(), index
