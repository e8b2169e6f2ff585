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
    return f"{text.removesuffix('.0')}{SPACE}%"


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
    text = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
    return text.replace(" ", SPACE)


def verdict_text(row: Row, summary: Summary) -> str:
    """Return in a sentence or two what a paired difference of retrieval says.

    A gap is told in favour of the guidance that is ahead, with its 95 % interval and the exact
    McNemar p value.
    """
    many = nouns(summary)[1]
    if row["n"] == 0:
        return f"There is no such {nouns(summary)[0]}, so nothing can be said."
    digits = 1 if row["n"] >= _MANY else 0
    low, high = row["ci95"]
    ahead, gap = "Stereotactic", row["difference"]
    if gap < 0.0:
        ahead, gap, low, high = "Ultrasound", -gap, -high, -low
    size = f"{number(100 * gap, digits)} percentage points"
    limits = f"95{SPACE}% interval {span((low, high), digits=digits)}; {p_text(row['p_value'])}"
    if row["verdict"] in ("stereotactic", "ultrasound"):
        small = ", though the difference is small" if _small(row) else ""
        return (
            f"{ahead} guidance retrieved more often, by {size} ({limits}): more than chance "
            f"explains{small}."
        )
    if row["verdict"] == "alike":
        return (
            f"The two did about equally well: the difference is {size}, and its interval stays "
            f"within {100 * _margin():.0f} points of none ({limits})."
        )
    lead = f"{ahead} guidance retrieved more often, by {size}," if gap else "The counts are equal,"
    if low > 0.0 or row["p_value"] < 0.05:
        return f"{lead} but at the edge of chance ({limits}): not settled."
    text = f"{lead} {'but that' if gap else 'which'} is compatible with no difference ({limits})"
    if not gap:
        text = f"The counts are equal ({limits})"
    if row["women_needed"] > row["n"]:
        whom = many if row["n"] != 1 else nouns(summary)[0]
        text += f". {row['n']} {whom} cannot tell which guidance does better"
        # Planned from the discordance seen here: from a handful of pairs that would be a guess.
        if row["n"] >= load_judging().fewest:
            text += (
                f": a difference of {100 * _margin():.0f} points would need about "
                f"{_rounded(row['women_needed'])}"
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
    """Return the answer in short: for all, for those whose target ultrasound showed, the others."""
    whom = "repetitions of this case" if summary["one_case"] else nouns(summary)[1]
    if summary["trials"] == 1:
        whom = "repetition of this case" if summary["one_case"] else nouns(summary)[0]
    these = "this" if summary["trials"] == 1 else "these"
    text = f"In {these} {summary['trials']} {whom}, {_together(summary, 'all')}."
    for stratum, shown in ((VISIBLE, "showed"), (UNSEEN, "did not show")):
        n = max(_pair(summary, device, stratum)["n"] for device in devices(summary))
        if n == 0:
            share = "none" if stratum == VISIBLE else "all"
            text += f" Ultrasound showed the target in {share} of them."
        elif n < summary["trials"]:
            text += f" Where ultrasound {shown} the target ({n}), {_together(summary, stratum)}."
    return text


_SAID = {
    "stereotactic": "stereotactic guidance retrieved calcification more often than ultrasound",
    "ultrasound": "ultrasound guidance retrieved calcification more often than stereotactic",
    "stereotactic, slightly": "stereotactic guidance retrieved calcification slightly more often "
    "than ultrasound",
    "ultrasound, slightly": "ultrasound guidance retrieved calcification slightly more often than "
    "stereotactic",
    "alike": "the two guidances retrieved calcification about equally often",
    "undecided": "no clear difference between the two guidances was shown",
    "no women": "there was no pair to compare",
}


def _together(summary: Summary, stratum: str) -> str:
    """Return one clause where the devices agree, one per device where they do not."""
    verdicts = {d: _short_verdict(_pair(summary, d, stratum)) for d in devices(summary)}
    if len(set(verdicts.values())) == 1:
        clause = _SAID[next(iter(verdicts.values()))]
        if len(verdicts) == 1 or "no women" in verdicts.values():
            return clause
        return clause + (" with either needle" if len(verdicts) == 2 else " with every needle")
    return "; ".join(
        f"with the {device_label(device)}, {_SAID[verdict]}" for device, verdict in verdicts.items()
    )


def _short_verdict(row: Row) -> str:
    """Return the verdict, marked where a clear difference is a small one."""
    clear = row["verdict"] in ("stereotactic", "ultrasound")
    return f"{row['verdict']}, slightly" if clear and _small(row) else str(row["verdict"])


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
    paragraphs += [text for text in (_where_lost(summary, device), _tried(summary, device)) if text]
    one = nouns(summary)[0]
    for stratum, shown in ((VISIBLE, "showed"), (UNSEEN, "did not show")):
        n = _pair(summary, device, stratum)["n"]
        if n == 0:
            rest, hence = (
                ("did not show", "shows") if stratum == VISIBLE else ("showed", "does not")
            )
            paragraphs.append(
                f"Ultrasound {rest} the target in any {one}: nothing can be said of where it "
                f"{hence} it."
                if stratum == VISIBLE
                else f"Ultrasound {rest} the target in every {one}: nothing can be said of where "
                f"it {hence}."
            )
        elif n < _pair(summary, device, "all")["n"]:
            lead = f"Where ultrasound {shown} the target, calcification was retrieved in"
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


# What stopped an arm, in the order in which it can happen.
_STOPPED = {
    "declined: not visible": "declined because no target was seen",
    "not found on images": "not found on the images",
    "inaccessible": "out of the needle's reach",
    "not retrieved": "biopsied without calcification on the film",
}


def _where_lost(summary: Summary, device: str) -> str:
    """Return for both guidances what stopped those in whom nothing was retrieved."""
    sentences = []
    for guidance in ("stereotactic", "ultrasound"):
        lost = {
            said: find(
                summary["rows"], guidance=guidance, device=device, mode="as guided",
                stratum="all", outcome=outcome,
            )["k"]
            for outcome, said in _STOPPED.items()
        }  # fmt: skip
        total = sum(lost.values())
        if not total:
            continue
        reasons = ", ".join(f"{k} {said}" for said, k in lost.items() if k)
        if total in lost.values():
            reasons = f"all {reasons.removeprefix(f'{total} ')}" if total > 1 else reasons
        sentences.append(
            f"{guidance.capitalize()} guidance retrieved nothing in {total}: {reasons}."
        )
    return " ".join(sentences)


def _tried(summary: Summary, device: str) -> str:
    """Return what attempting the declined all the same would have changed; "" for no decline."""
    guided, tried = (_pair(summary, device, "all", mode) for mode in ("as guided", "attempted"))
    declined = guided["declined"]
    if not declined:
        return ""
    gained = tried["both"] + tried["ultrasound_only"] - guided["both"] - guided["ultrasound_only"]
    total = counted(tried["both"] + tried["ultrasound_only"], tried["n"], summary)
    return (
        "A decline counts as not sampled. Had the declined been attempted all the same, "
        f"calcification would have been retrieved in {gained} of the {declined}, and ultrasound "
        f"guidance would have come to {total}. " + verdict_text(tried, summary)
    )


def cost(summary: Summary) -> list[str]:
    """Return what the arms cost on average in exposures, dose and time, a sentence per device."""
    sentences = []
    for device in devices(summary):
        parts = []
        for guidance in ("stereotactic", "ultrasound"):
            exposures, dose, minutes = (
                find(
                    summary["rows"], guidance=guidance, device=device, mode="as guided",
                    stratum="all", outcome=outcome,
                )["mean"]
                for outcome in ("exposures", "dose", "minutes")
            )  # fmt: skip
            if minutes is None:
                continue
            rays = f"{exposures:.1f} exposures, {dose:.1f} mGy" if exposures else "no exposure"
            parts.append(f"{guidance} {rays}, {minutes:.0f} minutes")
        sentences.append(f"{device_label(device)}, on average: {'; '.join(parts)}.")
    return sentences
