"""Made-up arms with a known truth, for the tests of summary and reports; nothing is simulated."""

import numpy as np

from stereosim.experiments.results import ArmResult

DEVICES = ("ncb-14g", "vab-11g")


def arm(**changed):
    """One stereotactic arm that went well, with the given fields changed."""
    row = {
        "trial": 0,
        "seed": 1,
        "patient": "made up 0",
        "guidance": "stereotactic",
        "mode": "as guided",
        "device": "ncb-14g",
        "ultrasound_saw_specks": False,
        "ultrasound_saw_mass": False,
        "calcification_only": True,
        "outcome": "retrieved",
        "retrieved": True,
        "fraction_removed": 0.5,
        "target_sampled": True,
        "cores": 6,
        "cores_with_calcification": 3,
        "first_core_calcification": True,
        "error_mm": (0.3, -0.4, 1.2),
        "error_norm_mm": 1.3,
        "exposures": 8,
        "dose_mgy": 9.5,
        "minutes": 17.0,
        "specks": 12,
        "extent_mm": 8.0,
        "mean_diameter_mm": 0.21,
        "thickness_mm": 55.0,
        "glandular_fraction": 0.2,
        "volume_fraction_removed": 0.45,
        "lesion_fraction_removed": 0.3,
        "clip_mm": (3.0, 0.0, -4.0),
    }
    if "outcome" in changed and changed["outcome"] != "retrieved":
        row |= {
            "retrieved": False,
            "fraction_removed": 0.0,
            "target_sampled": False,
            "cores_with_calcification": 0,
            "first_core_calcification": False,
            "volume_fraction_removed": 0.0,
            "lesion_fraction_removed": 0.1,
        }
        if changed["outcome"] != "not retrieved":
            row |= {"cores": 0, "error_mm": None, "error_norm_mm": None, "clip_mm": None}
    row |= changed
    if "specks_per_core" not in changed and 0 <= row["cores_with_calcification"] <= row["cores"]:
        holding = row["cores_with_calcification"]
        row["specks_per_core"] = (2,) * holding + (0,) * (row["cores"] - holding)
    return ArmResult(**row)


def cohort(n, *, stereo, seen, blind=0.1, visible=0.4, declines=True, seed=1, devices=DEVICES):
    """All arms of n women; stereo, seen, blind: chance of retrieval in the arm and stratum."""
    rng = np.random.default_rng(seed)
    rows = []
    for trial in range(n):
        shown = bool(rng.random() < visible)
        with_mass = shown and bool(rng.random() < 0.6)
        woman = {
            "trial": trial,
            "patient": f"made up {trial}",
            "ultrasound_saw_mass": with_mass,
            "ultrasound_saw_specks": shown and not with_mass,
            "calcification_only": not with_mass,
            "extent_mm": float(rng.uniform(3, 18)),
            "specks": int(rng.integers(5, 30)),
            "thickness_mm": float(rng.normal(57, 9)),
        }
        for device in devices:
            for guidance in ("stereotactic", "ultrasound"):
                head = woman | {"guidance": guidance, "device": device}
                echo = guidance == "ultrasound"
                chance = stereo if not echo else seen if shown else blind
                if echo and not shown and declines:
                    rows.append(arm(**head, outcome="declined: not visible", exposures=0,
                                    dose_mgy=0.0, minutes=12.0))  # fmt: skip
                    head["mode"] = "attempted"
                if not echo and rng.random() < 0.04:
                    rows.append(arm(**head, outcome="inaccessible", exposures=3, dose_mgy=3.1))
                    continue
                rows.append(_sampled(rng, head, chance, echo))
    return rows


def _sampled(rng, head, chance, echo):
    cores = 6 if head["device"] == "ncb-14g" else 12
    error = tuple(float(e) for e in rng.normal(0, (2, 2, 2) if echo else (0.3, 0.3, 1.0)))
    common = {
        "cores": cores,
        "error_mm": error,
        "error_norm_mm": float(np.linalg.norm(error)),
        "exposures": 0 if echo else int(rng.integers(6, 11)),
        "dose_mgy": 0.0 if echo else float(rng.uniform(5, 12)),
        "minutes": float(rng.normal(16, 2)),
    }
    if rng.random() >= chance:
        return arm(**head, outcome="not retrieved", **common)
    holding = int(rng.integers(1, cores + 1))
    return arm(
        **head,
        **common,
        fraction_removed=float(rng.uniform(0.1, 1.0)),
        cores_with_calcification=holding,
        first_core_calcification=bool(rng.random() < holding / cores),
    )


def stereo_better(n=40, **changed):
    """Ultrasound declines what it does not see; stereotactic guidance nearly always succeeds."""
    return cohort(n, **({"stereo": 0.95, "seen": 0.8} | changed))


def ultrasound_better(n=40, **changed):
    """Everything is visible and the stereotactic arm does badly."""
    return cohort(n, **({"stereo": 0.3, "seen": 0.97, "visible": 1.0} | changed))


def no_difference(n=400, **changed):
    """Everything is visible and both arms succeed alike."""
    return cohort(n, **({"stereo": 0.99, "seen": 0.94, "visible": 1.0} | changed))
