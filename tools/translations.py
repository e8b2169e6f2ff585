"""Gather the texts of the app into its .ts files and compile them to .qm.

    .venv/bin/python tools/translations.py [--check]      (or: make translations)

Gathered is every ``tr("...")``, ``translate("Context", "...")`` and ``QT_TRANSLATE_NOOP("Context",
"...")`` in the syntax trees of the app's Python files. Qt's own lupdate is not used: of our files
it loses the texts in nested classes and those that a function translates through a widget.
What is translated stays translated; a text that is no longer there goes; a new one is marked
unfinished. ``--check`` changes nothing and says what is missing.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
APP = ROOT / "gui" / "stereosim_gui"
TRANSLATIONS = APP / "translations"
LANGUAGES = ("zh_CN",)
# Where a text stands that no class speaks for; see stereosim_gui.views.language.
COMMON = "Common"

Key = tuple[str, str]


def texts_of(path: Path) -> Iterator[Key]:
    """Yield (context, source) of every text that a Python file has translated.

    Raises
    ------
    ValueError
        Where ``tr`` is called with something else than a constant text.
    """
    yield from _walk(ast.parse(path.read_text(encoding="utf-8")), COMMON, path)


def _walk(node: ast.AST, context: str, path: Path) -> Iterator[Key]:
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.ClassDef) else context
        if isinstance(child, ast.Call):
            yield from _text(child, context, path)
        yield from _walk(child, inside, path)


def _text(call: ast.Call, context: str, path: Path) -> Iterator[Key]:
    function = call.func
    if isinstance(function, ast.Attribute):
        name, of = function.attr, ast.unparse(function.value)
    else:
        name, of = getattr(function, "id", ""), ""
    if name == "tr" and len(call.args) == 1:
        if not _constant(call.args[0]):
            raise ValueError(f"{path}:{call.lineno}: tr() needs a constant text")
        yield context if of == "self" else COMMON, ast.literal_eval(call.args[0])
    two = name in ("translate", "QT_TRANSLATE_NOOP") and len(call.args) == 2
    if two and all(_constant(argument) for argument in call.args):
        yield ast.literal_eval(call.args[0]), ast.literal_eval(call.args[1])


def _constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def gathered() -> list[Key]:
    """Return every text of the app, sorted by context and source."""
    return sorted({key for path in APP.rglob("*.py") for key in texts_of(path)})


def read(path: Path) -> dict[Key, str]:
    """Return the finished translations of a .ts file."""
    if not path.is_file():
        return {}
    done: dict[Key, str] = {}
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is not None and translation.get("type") is None and translation.text:
                done[context.findtext("name", ""), message.findtext("source", "")] = (
                    translation.text
                )
    return done


def written(keys: list[Key], done: dict[Key, str], language: str) -> str:
    """Return the .ts file that holds `keys` with the translations that are `done`."""
    # A text that was translated elsewhere is likely to mean the same here.
    same = {source: translation for (_, source), translation in done.items()}
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    contexts: dict[str, ET.Element] = {}
    for name, source in keys:
        if name not in contexts:
            contexts[name] = ET.SubElement(root, "context")
            ET.SubElement(contexts[name], "name").text = name
        message = ET.SubElement(contexts[name], "message")
        ET.SubElement(message, "source").text = source
        translation = ET.SubElement(message, "translation")
        found = done.get((name, source), same.get(source))
        if found is None:
            translation.set("type", "unfinished")
        else:
            translation.text = found
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n'


def compile_(path: Path, target: Path) -> None:
    """Compile a .ts file with Qt's lrelease."""
    program = Path(sys.executable).parent / "pyside6-lrelease"
    # -nounfinished: a text without a translation is shown in English.
    command = [str(program), "-silent", "-nounfinished", str(path), "-qm", str(target)]
    subprocess.run(command, check=True)


def main() -> int:
    """Update and compile, or check."""
    parser = argparse.ArgumentParser(description="Update and compile the translations.")
    parser.add_argument("--check", action="store_true", help="change nothing, say what is missing")
    check = parser.parse_args().check
    keys = gathered()
    missing = 0
    for language in LANGUAGES:
        path = TRANSLATIONS / f"stereosim_{language}.ts"
        text = written(keys, read(path), language)
        unfinished = text.count('type="unfinished"')
        missing += unfinished
        print(f"{path.name}: {len(keys)} texts, {unfinished} to be translated")
        if not check:
            path.write_text(text, encoding="utf-8")
            compile_(path, path.with_suffix(".qm"))
    return 1 if check and missing else 0


if __name__ == "__main__":
    sys.exit(main())
