"""Run one benchmark: print its table and write ``benchmarks/results/NAME.jsonl``."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from timing import Row  # noqa: E402 (found once the folder is on the path)


def names() -> list[str]:
    """Return the benchmarks that exist."""
    return sorted(
        p.stem for p in HERE.glob("*.py") if p.stem not in {"run", "timing", "app_scripts"}
    )


def table(rows: list[Row]) -> str:
    """Lay the rows out for reading."""
    lines = [("what", "ours", "peer", "peer's time", "ours is better by")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
        write = gigabytes if row.what.endswith(", GB") else seconds
        peer_time = "" if row.peer_s is None else write(row.peer_s)
        lines.append((row.what, write(row.ours_s), row.peer or "(none)", peer_time, ratio))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def gigabytes(value: float) -> str:
    """Write a size."""
    return f"{value:.2f} GB"


def seconds(value: float) -> str:
    """Write a time with a unit that suits it."""
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def main(argv: list[str]) -> int:
    """Run the benchmark named in `argv`; 2 where there is none of that name."""
    if len(argv) != 1 or argv[0] not in names():
        print(f"usage: python benchmarks/run.py NAME, NAME one of: {', '.join(names())}")
        return 2
    rows: list[Row] = importlib.import_module(argv[0]).measure()
    print(table(rows))
    out = HERE / "results" / f"{argv[0]}.jsonl"
    out.parent.mkdir(exist_ok=True)
    with out.open("w", encoding="utf-8") as stream:
        for row in rows:
            record = {
                "bench": row.bench,
                "what": row.what,
                "ours_s": row.ours_s,
                "peer": row.peer,
                "peer_s": row.peer_s,
                "ratio": row.ratio,
            }
            stream.write(json.dumps(record) + "\n")
    print(f"written to {out.relative_to(HERE.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
