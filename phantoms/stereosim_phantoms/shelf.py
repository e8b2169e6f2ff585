"""The case library as a reader sees it on the shelf: names, titles, teaching texts.

Reads the TOML and Markdown files and nothing else: no patient is made, so that a list of the cases
is there at once.  :func:`stereosim_phantoms.cases.load_case` is what checks a case and makes its
patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stereosim_phantoms.provenance import SpecError, load_toml

LIBRARY = Path(__file__).parent / "library"


@dataclass(frozen=True)
class CaseText:
    """What is written about a case.

    Attributes
    ----------
    name : str
        Key in the library.
    title : str
        One line.
    teaching : str
        Markdown text.
    language : str
        Of title and text: what was asked for, or empty for English.
    """

    name: str
    title: str
    teaching: str
    language: str = ""


def case_names(library: Path = LIBRARY) -> tuple[str, ...]:
    """Return the names of the library's cases, sorted."""
    return tuple(sorted(path.stem for path in library.glob("*.toml")))


def read_case(name: str, language: str = "", library: Path = LIBRARY) -> CaseText:
    """Return title and text of a case, in `language` where there is a translation.

    ``NAME.md`` holds the English text, its title stands in ``NAME.toml``; ``NAME.zh_CN.md`` holds
    a translation, with the title as its first heading.

    Raises
    ------
    SpecError
        For an unknown case or a file that lacks its title, named.
    """
    if name not in case_names(library):
        raise SpecError(f"{name}: no such case in the library")
    translated = library / f"{name}.{language}.md"
    if language and translated.is_file():
        first, _, rest = translated.read_text(encoding="utf-8").partition("\n")
        if not first.startswith("# "):
            raise SpecError(f"{translated.name}: the first line must be a heading: the title")
        return CaseText(name, first[2:].strip(), rest.strip() + "\n", language)
    title = load_toml(library / f"{name}.toml").get("title")
    text = library / f"{name}.md"
    if not isinstance(title, str):
        raise SpecError(f"{name}.toml: title must be a word")
    if not text.is_file():
        raise SpecError(f"{text.name}: the teaching text is missing")
    return CaseText(name, title, text.read_text(encoding="utf-8"))
