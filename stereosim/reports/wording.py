"""The answer in plain words, made from the numbers of a summary and from nothing else.

Whatever the numbers are is what is said: that ultrasound does better, that the two do alike, that
the women are too few to tell.  Counts are natural frequencies ("in 20 of 24 women").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stereosim.experiments.published import load_judging
from stereosim.experiments.results import device_family

Row = Mapping[str, Any]
Summary = Mapping[str, Any]

# A minus sign and a no-break space, as print wants them; ascii_text turns them back.
MINUS, SPACE = "\u2212", "\u00a0"
# From so many pairs on, tenths of a percentage point mean something.
_MANY = 500
VISIBLE, UNSEEN = "visible on ultrasound", "not visible on ultrasound"


def ascii_text(text: str) -> str:
    """Return `text` with plain minus signs and spaces, for terminals and for files."""
    return text.replace(MINUS, "-").replace(SPACE, " ").replace("\u2013", "-")


def device_label(device: str) -> str:
    """Return a device's name in words: ``vab-11g-petite`` -> "11G vacuum, petite"."""
    kind = {"NCB": "gun", "VANCB": "vacuum"}[device_family(device)]
    _, gauge, *variant = device.split("-")
    return ", ".join([f"{gauge.upper()} {kind}", *variant])


def number(value: float, digits: int = 0, *, sign: bool = False) -> str:
    """Return a number with a true minus sign, and a plus sign where wanted; never "-0"."""
    text = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    if not text.strip("+-0."):
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def percent(proportion: float, n: int | None) -> str:
    """Return a proportion as a percentage; tenths where `n` bears them or is not known."""
    text = number(100 * proportion, 1 if n is None or n >= _MANY else 0)
    return f"{text.removesuffix('.0')} %"


def points(row: Row) -> str:
    """Return a difference in percentage points with its interval: "+62 (36 to 79)"."""
    if row["difference"] is None:
        return "none"
    digits = 1 if row["n"] >= _MANY else 0
    text = number(100 * row["difference"], digits, sign=True)
    return text if row["ci95"] is None else f"{text} ({span(row['ci95'], digits=digits)})"


def span(interval: Iterable[float], *, scale: float = 100.0, digits: int = 0) -> str:
    """Return an interval as "36 to 79"."""
    low, high = interval
    return f"{number(scale * low, digits)} to {number(scale * high, digits)}"


def find(rows: Iterable[Row], **wanted: Any) -> Row:
    """Return the one row with the wanted fields.

    Raises
    ------
    KeyError
        Where there is none.
    """
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            return row
    raise KeyError(f"no row with {wanted}")


def devices(summary: Summary) -> list[str]:
    """Return the devices of a summary in its order."""
    return list(dict.fromkeys(row["device"] for row in summary["rows"]))


def any_declined(summary: Summary) -> bool:
    """Whether any arm was declined, so that the two readings differ."""
    return any(
        row["outcome"] == "declined: not visible" and row["mode"] == "as guided" and row["k"]
        for row in summary["rows"]
    )


def nouns(summary: Summary) -> tuple[str, str]:
    """Return what is counted, one and many: women, or repetitions of one case."""
    return ("repetition", "repetitions") if summary["one_case"] else ("woman", "women")


def counted(k: int, n: int, summary: Summary) -> str:
    """Return "20 of 24 women"."""
    return f"{k} of {n} {nouns(summary)[n != 1]}"


def p_text(p_value: float) -> str:
    """Return a p value as "p = 0.03" or "p < 0.001"."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def verdict_text(row: Row, summary: Summary) -> str:
    """Return in a sentence or two what a paired difference of retrieval says."""
    many = nouns(summary)[1]
    if row["n"] == 0:
        return f"There is no such {nouns(summary)[0]}, so nothing can be said."
    low, high = row["ci95"]
    digits = 1 if row["n"] >= _MANY else 0
    size = number(abs(100 * row["difference"]), digits)
    limits = span((low, high), digits=digits)
    interval = f"95{SPACE}% interval of stereotactic minus ultrasound {limits}"
    test = f"exact McNemar {p_text(row['p_value'])}"
    if row["verdict"] in ("stereotactic", "ultrasound"):
        small = ", though the difference is small" if _small(row) else ""
        return (
            f"{row['verdict'].capitalize()} guidance retrieved more often, by {size} percentage "
            f"points ({interval}; {test}): more than chance explains{small}."
        )
    if row["verdict"] == "alike":
        return (
            f"The two did about equally well: the difference is {size} percentage points, and its "
            f"interval stays within {100 * _margin():.0f} points of none ({interval})."
        )
    if low > 0.0 or high < 0.0 or row["p_value"] < 0.05:
        ahead = "Stereotactic" if row["difference"] > 0 else "Ultrasound"
        return (
            f"{ahead} guidance retrieved more often, by {size} percentage points, but at the edge "
            f"of chance ({interval}; {test}): not settled."
        )
    text = f"The difference, {size} percentage points, is compatible with none ({interval}; {test})"
    if row["women_needed"] > row["n"]:
        text += (
            f". {row['n']} {many} are too few to tell which guidance does better: a difference of "
            f"{100 * _margin():.0f} points would need about {_rounded(row['women_needed'])}"
        )
    return text + "."


def _small(row: Row) -> bool:
    """Whether the whole interval of a difference lies within 10 percentage points of none."""
    return bool(max(map(abs, row["ci95"])) <= _margin())


def _margin() -> float:
    return load_judging().alike_half_width


def _rounded(n: int) -> int:
    """Return a planning number without false precision: two leading digits, rounded up."""
    step = int(10 ** max(0, len(str(n)) - 2))
    return -(-n // step) * step


def headline(summary: Summary) -> str:
    """Return the answer in short: for all, and for those whose target ultrasound showed."""
    verdicts = {
        stratum: {
            device: _short_verdict(_pair(summary, device, stratum)) for device in devices(summary)
        }
        for stratum in ("all", VISIBLE)
    }
    whom = "repetitions of this case" if summary["one_case"] else "women"
    text = f"In these {summary['trials']} {whom}, {_together(verdicts['all'])}."
    seen = verdicts[VISIBLE]
    if "no women" in seen.values():
        return text + " Ultrasound showed the target in none of them."
    if seen == verdicts["all"]:
        return text + " The same holds where ultrasound showed the target."
    return text + f" Where ultrasound showed the target, {_together(seen)}."


def _short_verdict(row: Row) -> str:
    clear = row["verdict"] in ("stereotactic", "ultrasound")
    return f"{row['verdict']}, slightly" if clear and _small(row) else str(row["verdict"])


_SAID = {
    "stereotactic": "stereotactic guidance retrieved calcification more often than ultrasound",
    "ultrasound": "ultrasound guidance retrieved calcification more often than stereotactic",
    "stereotactic, slightly": "stereotactic guidance retrieved calcification slightly more often "
    "than ultrasound",
    "ultrasound, slightly": "ultrasound guidance retrieved calcification slightly more often than "
    "stereotactic",
    "alike": "the two guidances retrieved calcification about equally often",
    "undecided": "no clear difference was shown between the two guidances",
    "no women": "there was no pair to compare",
}


def _together(verdicts: Mapping[str, str]) -> str:
    """Return one clause where the devices agree, one per device where they do not."""
    if len(set(verdicts.values())) == 1:
        clause = _SAID[next(iter(verdicts.values()))]
        if len(verdicts) == 1:
            return clause
        return clause + (", with both needles" if len(verdicts) == 2 else ", with every needle")
    return "; ".join(
        f"with the {device_label(device)}, {_SAID[verdict]}" for device, verdict in verdicts.items()
    )


def answer(summary: Summary) -> list[tuple[str, list[str]]]:
    """Return the answer by device.

    Returns
    -------
    list of (str, list of str)
        The device in words, and paragraphs: everyone as guided, where the failures of ultrasound
        guidance came from, those it showed, those it did not show.
    """
    return [(device_label(d), _device_answer(summary, d)) for d in devices(summary)]


def _device_answer(summary: Summary, device: str) -> list[str]:
    """Return the paragraphs about one device."""
    paragraphs = [_compared(summary, device, "all", lead="Calcification was retrieved in")]
    where = _where_lost(summary, device)
    if where:
        paragraphs.append(where)
    for stratum, told in ((VISIBLE, "showed"), (UNSEEN, "did not show")):
        row = _pair(summary, device, stratum)
        if row["n"] == 0:
            rest = "did not show" if stratum == VISIBLE else "showed"
            paragraphs.append(
                f"Ultrasound {rest} the target in every {nouns(summary)[0]}: nothing can be said "
                f"of those in whom it {'does' if stratum == VISIBLE else 'does not'}."
            )
            continue
        lead = f"Where ultrasound {told} the target, calcification was retrieved in"
        text = _compared(summary, device, stratum, lead=lead)
        paragraphs.append(text + (_elsewhere(summary, device) if stratum == UNSEEN else ""))
    return paragraphs


def _elsewhere(summary: Summary, device: str) -> str:
    """Return in how many ultrasound led the needle to something that was not the target."""
    needled = sum(
        find(
            summary["rows"], guidance="ultrasound", device=device, mode="as guided",
            stratum=UNSEEN, outcome=outcome,
        )["k"]
        for outcome in ("retrieved", "not retrieved")
    )  # fmt: skip
    if not needled:
        return ""
    return (
        f" In {needled} of them ultrasound showed something else that was taken for the target, "
        "and that was biopsied."
    )


def _pair(summary: Summary, device: str, stratum: str, mode: str = "as guided") -> Row:
    return find(summary["paired"], device=device, mode=mode, stratum=stratum, outcome="retrieved")


def _compared(summary: Summary, device: str, stratum: str, *, lead: str) -> str:
    """Return both counts of one stratum as guided, and what they say."""
    row = _pair(summary, device, stratum)
    if row["n"] == 0:
        return verdict_text(row, summary)
    stereo = counted(row["both"] + row["stereotactic_only"], row["n"], summary)
    echo = row["both"] + row["ultrasound_only"]
    return (
        f"{lead} {stereo} under stereotactic guidance and in {echo} under ultrasound guidance. "
        + verdict_text(row, summary)
    )


def _where_lost(summary: Summary, device: str) -> str:
    """Return why ultrasound guidance retrieved nothing, and what attempting would have changed."""
    guided = _pair(summary, device, "all")
    lost = guided["stereotactic_only"] + guided["neither"]
    declined = guided["declined"]
    if not declined:
        return ""
    tried = _pair(summary, device, "all", "attempted")
    gained = tried["both"] + tried["ultrasound_only"] - guided["both"] - guided["ultrasound_only"]
    one, many = nouns(summary)
    text = (
        f"Of the {lost} {many if lost != 1 else one} in whom ultrasound guidance retrieved "
        f"nothing, {declined} {'was' if declined == 1 else 'were'} declined because no target was "
        f"seen; a decline counts as not sampled. Had these been attempted all the same, "
        f"calcification would have been retrieved in {gained} of the {declined}. "
    )
    if summary["one_case"]:
        text = text.replace("in whom", "in which")
    total = counted(tried["both"] + tried["ultrasound_only"], tried["n"], summary)
    return (
        text + f"Counted so, ultrasound guidance comes to {total}. " + verdict_text(tried, summary)
    )


def cost(summary: Summary) -> str:
    """Return what the arms cost in exposures, dose and time, on average."""
    parts = []
    for device in devices(summary):
        for guidance in ("stereotactic", "ultrasound"):
            means = {
                outcome: find(
                    summary["rows"], guidance=guidance, device=device, mode="as guided",
                    stratum="all", outcome=outcome,
                )["mean"]
                for outcome in ("exposures", "dose", "minutes")
            }  # fmt: skip
            if means["minutes"] is None:
                continue
            rays = (
                f"{means['exposures']:.1f} exposures, {means['dose']:.1f} mGy"
                if means["exposures"]
                else "no exposure"
            )
            parts.append(
                f"{guidance} with the {device_label(device)}: {rays}, {means['minutes']:.0f} min"
            )
    return "On average, " + "; ".join(parts) + "." if parts else ""
