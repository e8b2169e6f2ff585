"""Intervals and tests against SciPy, statsmodels, published worked examples and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.experiments import statistics as s

COUNTS = [(0, 1), (1, 1), (0, 20), (1, 29), (15, 148), (81, 263), (263, 263), (500, 1000)]


@pytest.mark.parametrize(
    ("k", "n", "wilson", "exact"),
    # Newcombe 1998, Stat Med 17:857, table I: methods 3 and 5.
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_single_proportion_gives_newcombes_worked_examples(k, n, wilson, exact):
    assert s.wilson_interval(k, n) == pytest.approx(wilson, abs=5e-5)
    assert s.exact_interval(k, n) == pytest.approx(exact, abs=5e-5)


@pytest.mark.parametrize(("k", "n"), COUNTS)
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_single_proportion_agrees_with_statsmodels(k, n, level):
    from statsmodels.stats.proportion import proportion_confint

    for ours, method in ((s.wilson_interval, "wilson"), (s.exact_interval, "beta")):
        theirs = proportion_confint(k, n, alpha=1 - level, method=method)
        assert ours(k, n, level=level) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "published"),
    # Newcombe 1998, Stat Med 17:873, table II: method 10.
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_independent_difference_gives_newcombes_worked_examples(counts, published):
    from statsmodels.stats.proportion import confint_proportions_2indep

    assert s.newcombe_interval(*counts) == pytest.approx(published, abs=5e-5)
    theirs = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert s.newcombe_interval(*counts) == pytest.approx(theirs, abs=1e-9)


def test_paired_difference_gives_newcombes_worked_example():
    # Newcombe 1998, Stat Med 17:2635: 36 both, 12 first only, 2 second only; method 10.
    table = s.PairedTable(36, 12, 2, 0)
    assert table.difference == pytest.approx(0.2)
    assert s.newcombe_paired_interval(table) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_paired_interval_by_hand_with_the_continuity_corrected_correlation():
    # Table 14, 5, 0, 22: phi = (14*22 - 41/2)/sqrt(19*22*14*27), written out step by step.
    low1, high1 = s.wilson_interval(19, 41)
    low2, high2 = s.wilson_interval(14, 41)
    phi = (308 - 20.5) / math.sqrt(19 * 22 * 14 * 27)
    down, up = (19 / 41 - low1, high2 - 14 / 41), (high1 - 19 / 41, 14 / 41 - low2)
    expected = (
        5 / 41 - math.sqrt(down[0] ** 2 + down[1] ** 2 - 2 * phi * down[0] * down[1]),
        5 / 41 + math.sqrt(up[0] ** 2 + up[1] ** 2 - 2 * phi * up[0] * up[1]),
    )
    assert s.newcombe_paired_interval(s.PairedTable(14, 5, 0, 22)) == pytest.approx(expected)


@given(st.tuples(*[st.integers(0, 40)] * 4).filter(lambda t: sum(t) > 0))
@settings(max_examples=100, deadline=None)
def test_paired_interval_is_finite_ordered_and_mirrors(cells):
    a, b, c, d = cells
    table = s.PairedTable(a, b, c, d)
    low, high = s.newcombe_paired_interval(table)
    assert -1.0 <= low <= table.difference + 1e-12
    assert table.difference - 1e-12 <= high <= 1.0
    mirrored = s.newcombe_paired_interval(s.PairedTable(a, c, b, d))
    assert mirrored == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize("cells", [(10, 0, 0, 3), (5, 9, 2, 1), (0, 6, 0, 0), (3, 30, 14, 2)])
def test_mcnemar_agrees_with_statsmodels(cells):
    from statsmodels.stats.contingency_tables import mcnemar

    a, b, c, d = cells
    theirs = mcnemar([[a, b], [c, d]], exact=True).pvalue
    assert s.mcnemar_exact(s.PairedTable(*cells)) == pytest.approx(theirs, rel=1e-9)


def test_paired_table_counts_pairs():
    table = s.PairedTable.of([True, True, False, False, True], [True, False, True, False, False])
    assert table == s.PairedTable(1, 2, 1, 1)


def test_sample_size_gives_a_published_example_and_its_power():
    # Connor 1987 as worked by powerandsamplesize.com: 0.45 and 0.05 discordant, power 80 %.
    assert s.mcnemar_sample_size(0.5, 0.4) == 23
    # The exact power of that size, with the uncorrected test that the formula is for.
    pairs = s.mcnemar_sample_size(0.3, 0.2)
    rng = np.random.default_rng(3)
    draws = rng.multinomial(pairs, [0.25, 0.05, 0.7], 20_000)
    b, c = draws[:, 0], draws[:, 1]
    significant = (b - c) ** 2 > 1.959964**2 * (b + c)
    assert 0.75 < significant.mean() < 0.86


def test_t_interval_agrees_with_scipy():
    import scipy.stats

    x = np.random.default_rng(1).normal(7.0, 2.0, 12)
    mean, interval = s.mean_t_interval(x)
    theirs = scipy.stats.ttest_1samp(x, 0.0).confidence_interval(0.95)
    assert mean == pytest.approx(x.mean())
    assert interval == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("corrected", [True, False])
def test_bootstrap_agrees_with_scipy(corrected):
    import scipy.stats

    x = np.random.default_rng(2).exponential(3.0, 40)
    method = "BCa" if corrected else "percentile"
    theirs = scipy.stats.bootstrap(
        (x,), np.mean, n_resamples=40_000, method=method, rng=np.random.default_rng(5)
    ).confidence_interval
    _, ours = s.bootstrap_mean_interval(
        x, rng=np.random.default_rng(6), resamples=40_000, corrected=corrected
    )
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_bootstrap_depends_on_its_generator_only():
    x = np.arange(9.0)
    first = s.bootstrap_mean_interval(x, rng=np.random.default_rng(4))
    assert first == s.bootstrap_mean_interval(x, rng=np.random.default_rng(4))
    assert first != s.bootstrap_mean_interval(x, rng=np.random.default_rng(5))


def test_clustered_proportion_widens_with_what_cores_of_a_lesion_share():
    alike = s.clustered_proportion([5, 0] * 20, [5] * 40)
    mixed = s.clustered_proportion([3, 2] * 20, [5] * 40)
    assert alike[0] == mixed[0] == 0.5
    assert alike[2] == pytest.approx(40, rel=0.05)  # five cores that agree are worth one
    assert mixed[2] == 200  # never more than the cores there are
    assert mixed[1] == s.wilson_interval(100, 200)
    assert s.clustered_proportion([0, 0, 0], [9, 9, 9])[1] == s.wilson_interval(0, 3)


@pytest.mark.parametrize("p", [0.05, 0.4, 0.95])
def test_intervals_cover_the_truth_as_often_as_they_say(p):
    rng = np.random.default_rng(11)
    n, runs = 24, 4000
    counts = rng.binomial(n, p, runs)
    for interval, least in ((s.wilson_interval, 0.92), (s.exact_interval, 0.95)):
        limits = np.array([interval(k, n) for k in range(n + 1)])[counts]
        covered = np.mean((limits[:, 0] <= p) & (p <= limits[:, 1]))
        assert covered > least


def test_paired_interval_covers_the_true_difference():
    rng = np.random.default_rng(12)
    chances = [0.3, 0.45, 0.05, 0.2]
    tables = rng.multinomial(30, chances, 2000)
    limits = [s.newcombe_paired_interval(s.PairedTable(*map(int, row))) for row in tables]
    covered = np.mean([low <= 0.4 <= high for low, high in limits])
    assert 0.925 < covered < 0.985


def test_clustered_interval_covers_where_the_plain_one_does_not():
    rng = np.random.default_rng(13)
    lesions, cores = 40, 5
    chances = rng.beta(0.8, 1.2, (1500, lesions))
    hits = rng.binomial(cores, chances)
    limits = [s.clustered_proportion(row, [cores] * lesions)[1] for row in hits.tolist()]
    plain = [s.wilson_interval(int(row.sum()), lesions * cores) for row in hits]
    covered = np.mean([low <= 0.4 <= high for low, high in limits])
    naive = np.mean([low <= 0.4 <= high for low, high in plain])
    assert covered > 0.92 > naive


@pytest.mark.parametrize(
    "call",
    [
        lambda: s.wilson_interval(0, 0),
        lambda: s.wilson_interval(4, 3),
        lambda: s.wilson_interval(-1, 3),
        lambda: s.wilson_interval(1, 3, level=1.0),
        lambda: s.exact_interval(4, 3),
        lambda: s.newcombe_interval(1, 2, 0, 0),
        lambda: s.newcombe_paired_interval(s.PairedTable(0, 0, 0, 0)),
        lambda: s.PairedTable(1, -1, 0, 0),
        lambda: s.PairedTable.of([True], [True, False]),
        lambda: s.mcnemar_sample_size(0.1, 0.2),
        lambda: s.mcnemar_sample_size(0.1, 0.0),
        lambda: s.mcnemar_sample_size(0.5, 0.2, power=1.0),
        lambda: s.mean_t_interval([]),
        lambda: s.mean_t_interval([1.0, math.nan]),
        lambda: s.bootstrap_mean_interval([], rng=np.random.default_rng(0)),
        lambda: s.clustered_proportion([], []),
        lambda: s.clustered_proportion([3], [2]),
    ],
)
def test_what_cannot_be_answered_is_refused(call):
    with pytest.raises(ValueError, match=r"\w"):
        call()


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0, 2.0]])
def test_a_mean_without_spread_has_no_interval(values):
    assert s.mean_t_interval(values) == (values[0], None)
    assert s.bootstrap_mean_interval(values, rng=np.random.default_rng(0)) == (values[0], None)


def test_mcnemar_without_a_discordant_pair_is_one():
    assert s.mcnemar_exact(s.PairedTable(3, 0, 0, 2)) == 1.0


def test_importing_the_statistics_loads_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; sys.path[:0] = ['.', 'phantoms']; import stereosim.experiments.summary, "
        "stereosim.reports.table; print([m for m in ('scipy', 'matplotlib', 'jinja2', 'numba') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
