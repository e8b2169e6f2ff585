"""The summary: rows against counts made by hand, both readings, and figures beside published."""

import json

import numpy as np
import pytest

from stereosim.experiments import published, statistics
from stereosim.experiments.per_core import per_core_rows
from stereosim.experiments.results import OUTCOMES, ArmResult
from stereosim.experiments.summary import (
    STRATA,
    check_trials,
    devices_of,
    outcome_rows,
    paired_rows,
    read_as,
    summarise,
    summary_json,
)
from tests.synthetic_results import arm, cohort, no_difference, stereo_better, ultrasound_better


def pick(rows, **wanted):
    found = [r for r in rows if all(r[key] == value for key, value in wanted.items())]
    assert len(found) == 1, (wanted, len(found))
    return found[0]


@pytest.fixture(scope="module")
def results():
    return stereo_better()


@pytest.fixture(scope="module")
def rows(results):
    return outcome_rows(results, seed=1)


def test_row_survives_json(results):
    for r in results[:20]:
        assert ArmResult.from_json(r.to_json()) == r
    assert arm(ultrasound_saw_mass=True).to_dict()["ultrasound_visible"] is True


def test_row_takes_numpy_scalars_and_stores_plain_ones():
    row = arm(trial=np.int64(3), target_sampled=np.bool_(True), minutes=np.float64(4), dose_mgy=2)
    assert (type(row.trial), type(row.target_sampled), type(row.dose_mgy)) == (int, bool, float)
    assert ArmResult.from_json(row.to_json()) == row


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guidance", "magnetic"),
        ("outcome", "lost"),
        ("device", "spoon"),
        ("trial", 1.5),
        ("trial", True),
        ("cores", -1),
        ("cores_with_calcification", 7),
        ("retrieved", False),
        ("fraction_removed", 1.2),
        ("minutes", float("nan")),
        ("minutes", "4"),
        ("error_mm", (1.0, 2.0)),
        ("error_norm_mm", None),
        ("calcification_only", 1),
        ("specks_per_core", (1, 1, 1, 0, 0, 0, 0)),
        ("specks_per_core", (1, 1, 0, 0, 0, 0)),
        ("specks_per_core", (1, 1, 4, -1, 0, 0)),
        ("volume_fraction_removed", 1.2),
        ("clip_mm", (1.0,)),
    ],
)
def test_row_refuses_what_contradicts_itself(field, value):
    with pytest.raises(ValueError, match=field):
        arm(**{field: value})


@pytest.mark.parametrize("spoil", ["missing", "unknown", "visible", "type"])
def test_json_is_read_strictly(spoil):
    row = arm().to_dict()
    if spoil == "missing":
        del row["cores"]
    elif spoil == "unknown":
        row["luck"] = 1
    elif spoil == "visible":
        row["ultrasound_visible"] = True
    else:
        row = [row]
    with pytest.raises(ValueError, match=r"cores|luck|ultrasound_visible|object"):
        ArmResult.from_json(json.dumps(row))


def test_every_outcome_is_there_for_every_arm_and_stratum(rows):
    counted = (*OUTCOMES, "target sampled")
    means = (
        "fraction removed", "volume removed", "lesion removed", "localisation error", "exposures",
        "dose", "minutes", "cores", "clip to target",
    )  # fmt: skip
    keys = {tuple(r[k] for k in ("guidance", "device", "mode", "stratum", "outcome")) for r in rows}
    assert len(keys) == len(rows) == 2 * 2 * 2 * len(STRATA) * (len(counted) + len(means))
    assert all(("k" in r) == (r["outcome"] in counted) for r in rows)


def test_counts_are_those_made_by_hand(results, rows):
    arms = [r for r in results if r.guidance == "ultrasound" and r.device == "vab-11g"]
    unseen = [r for r in arms if not r.ultrasound_saw_mass and not r.ultrasound_saw_specks]
    guided = {"guidance": "ultrasound", "device": "vab-11g", "mode": "as guided"}
    row = pick(rows, **guided, stratum="not visible on ultrasound", outcome="declined: not visible")
    assert row["k"] == row["n"] == sum(r.mode == "as guided" for r in unseen) > 10
    row = pick(rows, **guided, stratum="all", outcome="retrieved")
    assert row["n"] == 40
    assert row["k"] == sum(r.retrieved for r in arms if r.mode == "as guided")
    assert row["ci95"] == list(statistics.wilson_interval(row["k"], 40))
    blind = pick(rows, **(guided | {"mode": "attempted"}), stratum="all", outcome="retrieved")
    assert blind["k"] - row["k"] == sum(r.retrieved for r in unseen if r.mode == "attempted")


def test_outcomes_of_an_arm_add_up(rows):
    for r in rows:
        if r["outcome"] == "retrieved":
            same = {k: r[k] for k in ("guidance", "device", "mode", "stratum")}
            assert sum(pick(rows, **same, outcome=o)["k"] for o in OUTCOMES) == r["n"]


def test_visible_and_not_visible_add_up_to_all(rows):
    for r in rows:
        if r["stratum"] == "all" and "k" in r:
            same = {k: r[k] for k in ("guidance", "device", "mode", "outcome")}
            parts = [
                pick(rows, **same, stratum=f"{word} on ultrasound")
                for word in ("visible", "not visible")
            ]
            assert sum(p["k"] for p in parts) == r["k"]
            assert sum(p["n"] for p in parts) == r["n"]


def test_a_mean_is_taken_over_those_it_is_defined_for(results, rows):
    arms = [
        r for r in results
        if (r.guidance, r.device, r.mode) == ("ultrasound", "ncb-14g", "as guided")
    ]  # fmt: skip
    same = {"guidance": "ultrasound", "device": "ncb-14g", "mode": "as guided", "stratum": "all"}
    aimed = [r.error_norm_mm for r in arms if r.error_norm_mm is not None]
    error = pick(rows, **same, outcome="localisation error")
    assert 0 < error["n"] == len(aimed) < len(arms)
    assert error["mean"] == pytest.approx(np.mean(aimed))
    assert error["ci95"][0] < error["mean"] < error["ci95"][1]
    removed = pick(rows, **same, outcome="fraction removed")
    assert removed["n"] == len(arms)  # a decline removed nothing, and counts


def test_an_empty_stratum_is_shown_as_empty():
    summary = summarise(ultrasound_better(12), seed=1, version="0", fidelity="image")
    unseen = [r for r in summary["rows"] if r["stratum"] == "not visible on ultrasound"]
    assert len(unseen) > 0
    assert {(r["n"], r["estimate"], r["ci95"]) for r in unseen} == {(0, None, None)}
    paired = [r for r in summary["paired"] if r["stratum"] == "not visible on ultrasound"]
    assert {(r["n"], r["difference"], r["verdict"]) for r in paired} == {(0, None, "no women")}


def test_values_without_spread_do_not_claim_certainty():
    rows = outcome_rows([arm(trial=i, fraction_removed=1.0) for i in range(5)], seed=1)
    same = {"guidance": "stereotactic", "mode": "as guided", "stratum": "all"}
    removed = pick(rows, **same, outcome="fraction removed")
    assert removed["ci95"] == pytest.approx(list(statistics.wilson_interval(5, 5)))
    assert pick(rows, **same, outcome="exposures")["ci95"] is None


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        (stereo_better(), "stereotactic"),
        (ultrasound_better(), "ultrasound"),
        (no_difference(stereo=0.97, seen=0.94), "alike"),
        (stereo_better(3), "undecided"),
    ],
    ids=["stereo", "ultrasound", "alike", "three women"],
)
def test_the_verdict_follows_the_truth(results, verdict):
    paired = paired_rows(results, seed=1)
    for device in devices_of(results):
        row = pick(paired, device=device, mode="as guided", stratum="all", outcome="retrieved")
        assert row["verdict"] == verdict
        assert (
            row["both"] + row["stereotactic_only"] + row["ultrasound_only"] + row["neither"]
            == row["n"]
        )


def test_pairs_are_women_in_both_arms():
    results = [
        arm(trial=0),
        arm(trial=0, guidance="ultrasound", outcome="not retrieved"),
        arm(trial=1, guidance="ultrasound"),  # its partner is missing
        arm(trial=2, outcome="inaccessible"),
        arm(trial=2, guidance="ultrasound"),
    ]
    row = pick(paired_rows(results, seed=1), mode="as guided", stratum="all", outcome="retrieved")
    assert (row["n"], row["stereotactic_only"], row["ultrasound_only"]) == (2, 1, 1)
    assert row["difference"] == 0.0


def test_attempted_replaces_the_decline_and_nothing_else():
    declined = arm(trial=0, guidance="ultrasound", outcome="declined: not visible")
    tried = arm(trial=0, guidance="ultrasound", mode="attempted")
    plain = arm(trial=1)
    for order in ([declined, tried, plain], [tried, plain, declined]):
        assert set(map(id, read_as(order, "as guided"))) == {id(declined), id(plain)}
        assert set(map(id, read_as(order, "attempted"))) == {id(tried), id(plain)}


def test_results_that_cannot_be_paired_are_refused():
    with pytest.raises(ValueError, match="twice"):
        check_trials([arm(), arm()])
    with pytest.raises(ValueError, match="trial 0: ultrasound_saw_specks"):
        check_trials([arm(), arm(guidance="ultrasound", ultrasound_saw_specks=True)])


def test_nothing_cannot_be_summarised():
    with pytest.raises(ValueError, match="no result"):
        summarise([], seed=1, version="0", fidelity="image")


def test_devices_are_ordered_from_thin_to_thick():
    arms = [arm(device=d) for d in ("vab-9g", "vab-11g-petite", "vab-11g", "ncb-14g")]
    assert devices_of(arms) == ["ncb-14g", "vab-11g", "vab-11g-petite", "vab-9g"]


def test_summary_is_reproducible_and_free_of_nan(results):
    kept = {"seed": 7, "version": "0.1", "fidelity": "image"}
    text = summary_json(summarise(results, **kept))
    assert text == summary_json(summarise(list(reversed(results)), **kept))
    summary = json.loads(text)
    assert summary["trials"] == 40
    assert {"rows", "paired", "published", "parameters"} <= summary.keys()
    assert "NaN" not in text


def test_published_intervals_are_those_of_the_fact_sheet():
    # facts/clinical.md section 6 prints them rounded.
    rows = published.load_published()
    for key, printed in (("V2", (36, 46)), ("V3", (79, 90)), ("U1", (60, 80)), ("U4", (17, 32))):
        low, high = rows[key].ci95
        assert (round(100 * low), round(100 * high)) == printed
    assert round(100 * rows["V6"].estimate, 1) == 99.2


def test_simulated_figures_are_taken_from_the_arms_that_match():
    results = stereo_better(60)
    lines = {line["row"]: line for line in published.beside_published(results)}
    guns = [r for r in results if r.guidance == "stereotactic" and r.device == "ncb-14g"]
    fired = [r for r in guns if r.cores]
    assert lines["V2"]["simulated_n"] == sum(r.cores for r in fired)
    assert lines["V2"]["simulated_k"] == sum(r.cores_with_calcification for r in fired)
    assert lines["V3"]["simulated_n"] == len(fired) < len(guns)  # inaccessible: not biopsied
    echo = [
        r for r in results
        if (r.guidance, r.device, r.mode) == ("ultrasound", "vab-11g", "as guided")
    ]  # fmt: skip
    seen = [r for r in echo if r.ultrasound_visible]
    assert lines["U1"]["simulated_n"] == len(seen) < len(echo)  # declined: not in the series
    large = sum(r.extent_mm > 10 for r in seen)
    assert lines["U1, over 10 mm"]["simulated_n"] == large
    assert lines["U1, up to 10 mm"]["simulated_n"] == len(seen) - large
    only = [r for r in echo if r.calcification_only]
    assert lines["U4"]["simulated_n"] == len(only)
    assert lines["U4"]["simulated"] == sum(r.ultrasound_visible for r in only) / len(only)
    assert lines["L1"]["simulated"] is None
    assert lines["L1"]["note"] == "not simulated"


def test_the_first_cores_are_counted_lesion_by_lesion():
    """Three lesions by hand: in the first core, in the third of five, in none of ten."""
    films = ((1, 0, 0, 2, 0), (0, 0, 3, 0, 0), (0,) * 10)
    results = [
        arm(
            trial=k, specks_per_core=film, cores=len(film),
            cores_with_calcification=sum(n > 0 for n in film),
            outcome="retrieved" if any(film) else "not retrieved",
        )
        for k, film in enumerate(films)
    ]  # fmt: skip
    lines = {line["row"]: line for line in published.beside_published(results)}
    found = [lines[f"V1 (core {n})"] for n in range(1, 7)]
    assert [line["simulated_k"] for line in found] == [1, 1, 2, 2, 2, 2]
    assert [line["simulated_n"] for line in found] == [3] * 6
    assert [round(line["published_n"] * line["published"]) for line in found] == [
        102, 117, 129, 132, 136, 141,
    ]  # fmt: skip
    assert all(line["agrees"] is None for line in found)
    assert (lines["V2"]["simulated_k"], lines["V2"]["simulated_n"]) == (3, 20)
    five = lines["V2, first five"]
    assert (five["simulated_k"], five["simulated_n"], five["agrees"]) == (3, 15, None)
    rows = per_core_rows(results, ["ncb-14g"])
    assert [row["core"] for row in rows] == list(range(1, 11))
    assert [row["taken"] for row in rows] == [3] * 5 + [1] * 5
    assert [row["holding"] for row in rows] == [1, 0, 1, 1, 0] + [0] * 5
    assert [row["cumulative_k"] for row in rows] == [1, 1, 2, 2, 2] + [2] * 5
    assert rows[2]["specks"] == 1.0
    assert rows[0]["ci95"] == list(statistics.wilson_interval(1, 3))
    # Every core counted once.
    assert sum(row["holding"] for row in rows) == lines["V2"]["simulated_k"]


def test_where_the_clip_came_to_lie_stands_beside_c1():
    away = ((3.0, 0.0, 4.0), (0.0, 0.0, 5.1), (0.0, -12.0, 16.1), None)
    results = [arm(trial=k, device="vab-11g", clip_mm=mm) for k, mm in enumerate(away)]
    lines = {line["row"]: line for line in published.beside_published(results)}
    near, far = lines["C1 (<= 5 mm)"], lines["C1 (> 20 mm)"]
    assert (near["simulated_k"], near["simulated_n"], near["published"]) == (1, 3, 0.58)
    assert (far["simulated_k"], far["simulated_n"], far["published"]) == (1, 3, 0.16)
    assert near["agrees"] is None and near["note"] == "no count published: not judged"


def test_rows_of_an_older_version_can_be_read():
    row = arm().to_dict()
    for name in (
        "specks_per_core",
        "volume_fraction_removed",
        "lesion_fraction_removed",
        "clip_mm",
    ):
        del row[name]
    old = ArmResult.from_json(json.dumps(row))
    assert (old.specks_per_core, old.clip_mm, old.clip_distance_mm) == (None, None, None)
    lines = {line["row"]: line for line in published.beside_published([old])}
    assert lines["V1 (core 1)"]["note"] == "not recorded in these rows"
    assert lines["V2"]["simulated_n"] == old.cores
    assert per_core_rows([old], ["ncb-14g"]) == []
    kept = {"seed": 1, "version": "0", "fidelity": "image"}
    assert summarise([old], **kept)["per_core"] == []


def test_agreement_is_judged_only_where_it_can_be():
    def line(results, row="V3", **how):
        return pick(published.beside_published(results, **how), row=row)

    alike = line(cohort(200, stereo=0.86, seen=0.5))
    assert alike["agrees"] is True
    off = line(cohort(200, stereo=0.5, seen=0.5))
    assert off["agrees"] is False
    assert off["direction"] == "lower"
    assert line(cohort(200, stereo=0.97, seen=0.5))["direction"] == "higher"
    assert line(cohort(40, stereo=0.9, seen=0.5), row="V1 (core 1)")["direction"] is None
    few = line(cohort(3, stereo=0.9, seen=0.5, seed=2))
    assert few["agrees"] is None
    assert few["note"] == f"n = {few['simulated_n']}: cannot judge"
    wide = line(cohort(14, stereo=0.8, seen=0.5))
    assert wide["agrees"] is None
    assert "too wide" in wide["note"]
    case = line(cohort(200, stereo=0.86, seen=0.5), one_case=True)
    assert case["agrees"] is None
    assert case["simulated"] == alike["simulated"]
    other = line(cohort(20, stereo=0.9, seen=0.5, devices=("vab-9g",)), row="V6")
    assert (other["simulated"], other["note"]) == (None, "no trial with vab-11g")


def test_cores_of_one_lesion_are_not_taken_for_independent():
    results = [
        arm(trial=i, cores=6, cores_with_calcification=6 * (i % 2)
            or 0, outcome="retrieved" if i % 2 else "not retrieved",
            first_core_calcification=bool(i % 2))
        for i in range(40)
    ]  # fmt: skip
    line = pick(published.beside_published(results), row="V2")
    naive = statistics.wilson_interval(120, 240)
    assert line["simulated_n"] == 240
    assert np.ptp(line["simulated_ci95"]) > 2 * np.ptp(naive)
