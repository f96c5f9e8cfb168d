"""The codebook: the themes, what they mean, and the phrases that speak for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipper import located_toml
from clipper.errors import ConfigError, UsageError, nearest
from clipper.located_toml import LocatedToml
from clipper.models import to_line
from clipper.text import checksum, fold

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TEXTS = ("key", "name", "definition")
_LISTS = ("include", "exclude", "phrases")


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One theme. In ``phrases``, ``*`` at a word's end stands for any ending."""

    key: str
    name: str
    definition: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Codebook:
    """A codebook as read. ``mark`` names it in every tag: its name, version and the checksum of its themes."""

    path: Path
    name: str
    version: int
    themes: tuple[Theme, ...]
    mark: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the themes, in the codebook's order."""
        return tuple(theme.key for theme in self.themes)

    def theme(self, wanted: str) -> Theme:
        """Return a theme by its key or its name, case ignored. Raises UsageError with the nearest key."""
        for theme in self.themes:
            if fold(wanted) in (theme.key, fold(theme.name)):
                return theme
        raise UsageError(f"unknown theme {wanted!r}{nearest(fold(wanted), self.keys)}; themes: {', '.join(self.keys)}")


def load(path: Path) -> Codebook:
    """Read and check a codebook. Raises ConfigError with every problem and its line."""
    toml = located_toml.read(path)
    problems: list[str] = []
    for key in toml.data:
        if key not in ("codebook", "theme"):
            problems.append(f"{toml.at(key)}: unknown table {key!r}{nearest(key, ('codebook', 'theme'))}")
    head = toml.data.get("codebook", {})
    if not isinstance(head, dict):
        problems.append(f"{toml.at('codebook')}: 'codebook' must be a table: [codebook]")
        head = {}
    for key in head:
        if key not in ("name", "version"):
            problems.append(f"{toml.at('codebook', key)}: unknown key {key!r}{nearest(key, ('name', 'version'))}")
    name, version = head.get("name", "codebook"), head.get("version", 1)
    if not isinstance(name, str) or not name.strip():
        problems.append(f"{toml.at('codebook', 'name')}: 'name' must be text in quotes")
    if not isinstance(version, int) or isinstance(version, bool):
        problems.append(f"{toml.at('codebook', 'version')}: 'version' must be a whole number")
    themes = _themes(toml, problems)
    if problems:
        raise ConfigError(problems)
    content = to_line({"themes": [[t.key, t.name, t.definition, t.include, t.exclude, t.phrases] for t in themes]})
    mark = f"{name} {version} ({checksum(content)[:12]})"
    return Codebook(path=path, name=name, version=version, themes=tuple(themes), mark=mark)


def _themes(toml: LocatedToml, problems: list[str]) -> list[Theme]:
    raw = toml.data.get("theme", [])
    if not isinstance(raw, list) or not raw or any(not isinstance(t, dict) for t in raw):
        problems.append(f"{toml.at('theme')}: a codebook needs at least one [[theme]]")
        return []
    themes: list[Theme] = []
    first: dict[str, int] = {}
    for index, table in enumerate(raw):
        before = len(problems)
        theme = _theme(toml, index, table, problems)
        if len(problems) > before or theme is None:
            continue
        if theme.key in first:
            line = toml.at("theme", first[theme.key], "key").rpartition(":")[2]
            problems.append(
                f"{toml.at('theme', index, 'key')}: a second theme {theme.key!r} (the first in line {line})"
            )
        first.setdefault(theme.key, index)
        themes.append(theme)
    return themes


def _theme(toml: LocatedToml, index: int, table: dict[str, Any], problems: list[str]) -> Theme | None:
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = toml.at("theme", index, key)
        if key in _TEXTS:
            if not isinstance(value, str) or not value.strip():
                problems.append(f"{where}: {key!r} must be text in quotes, not {located_toml.type_name(value)}")
            else:
                values[key] = value.strip()
        elif key in _LISTS:
            if not isinstance(value, list) or any(not isinstance(v, str) or not v.strip(" *") for v in value):
                problems.append(f"{where}: {key!r} must be a list of texts in quotes")
            else:
                values[key] = tuple(v.strip() for v in value)
        else:
            problems.append(f"{where}: unknown key {key!r}{nearest(key, _TEXTS + _LISTS)}")
    if "key" not in table:
        problems.append(f"{toml.at('theme', index)}: a theme without 'key'")
        return None
    key = values.get("key", "")
    if key and not _KEY.fullmatch(key):
        problems.append(f"{toml.at('theme', index, 'key')}: key {key!r} may hold a-z, 0-9 and single hyphens")
    return Theme(**{"name": key.replace("-", " ").capitalize(), "definition": "", **values}) if key else None


def phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern that finds the phrases in folded text, or None for no phrases."""
    forms = []
    for phrase in sorted(phrases, key=len, reverse=True):
        words = (re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in fold(phrase).split())
        forms.append(r"[\s-]+".join(words))
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)") if forms else None
