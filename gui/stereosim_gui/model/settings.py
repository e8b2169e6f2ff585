"""What the user has chosen for good, and the file that it is kept in."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("", "en", "zh_CN")
TEXT_SCALES = (1.0, 2.0)


@dataclass(frozen=True)
class Settings:
    """What the user has chosen for good.

    Attributes
    ----------
    language : str
        ``"en"``, ``"zh_CN"``, or empty for the system's.
    hints : bool
        Whether hints are shown (never in exam mode).
    toured : bool
        Whether the first-run tour has been done or waved off.
    text_scale : float
        Factor on the size of all texts, 1 to 2.
    """

    language: str = ""
    hints: bool = True
    toured: bool = False
    text_scale: float = 1.0


class SettingsError(Exception):
    """The file of the settings cannot be read or written; the message names it."""


class SettingsFile:
    """Settings as JSON in one file.

    Parameters
    ----------
    path : Path
        Which file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Settings:
        """Return the settings that were kept, or those of a new user.

        Raises
        ------
        SettingsError
            Where the file cannot be read or holds something else.
        """
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Settings()
        except (OSError, ValueError) as error:
            raise SettingsError(f"{self.path}: {error}") from error
        if not isinstance(record, dict):
            raise SettingsError(f"{self.path}: does not hold settings")
        return Settings(**{key: _checked(key, record[key], self.path) for key in _known(record)})

    def keep(self, settings: Settings) -> None:
        """Write the settings: all of them or, where that fails, nothing.

        Raises
        ------
        SettingsError
            Where the file cannot be written; it is as it was.
        """
        draft = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w", encoding="utf-8") as stream:
                json.dump(dataclasses.asdict(settings), stream, indent=2)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self.path)
        except OSError as error:
            raise SettingsError(f"{self.path}: {error}") from error


def _known(record: dict[str, Any]) -> list[str]:
    """Return the keys that this version knows; a newer version may have written more."""
    return [field.name for field in dataclasses.fields(Settings) if field.name in record]


def _checked(key: str, value: Any, path: Path) -> Any:
    """Return `value` where it fits the setting `key`, or raise."""
    usual = getattr(Settings(), key)
    if isinstance(usual, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    fits = type(value) is type(usual)
    if key == "language":
        fits = fits and value in LANGUAGES
    if key == "text_scale":
        fits = fits and TEXT_SCALES[0] <= value <= TEXT_SCALES[1]
    if not fits:
        raise SettingsError(f"{path}: {key}: {value!r} is not possible")
    return value
