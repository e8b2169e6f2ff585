"""Texts of the model: kept as source and values, put into the user's language by the views."""

from __future__ import annotations

from dataclasses import dataclass


def QT_TRANSLATE_NOOP(context: str, source: str) -> tuple[str, str]:
    """Return both arguments; Qt's ``lupdate`` knows the name and collects the source text."""
    return context, source


@dataclass(frozen=True)
class Text:
    """A sentence to be said in the user's language.

    Attributes
    ----------
    key : (str, str)
        Context and English source, from :func:`QT_TRANSLATE_NOOP`.
    values : tuple of (str, value) pairs
        What stands in the braces of the source; a value may be a :class:`Text` itself.

    Examples
    --------
    >>> text = say(QT_TRANSLATE_NOOP("Doc", "{n} of {m}"), n=2, m=3)
    >>> text.english()
    '2 of 3'
    """

    key: tuple[str, str]
    values: tuple[tuple[str, str | float | int | Text], ...] = ()

    def english(self) -> str:
        """Return the English sentence: for logs and tests."""
        values = {k: v.english() if isinstance(v, Text) else v for k, v in self.values}
        return self.key[1].format(**values)


def say(key: tuple[str, str], **values: str | float | int | Text) -> Text:
    """Return the sentence `key` with `values` in its braces."""
    return Text(key, tuple(values.items()))
