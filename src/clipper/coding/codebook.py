"""The codebook: the themes, what they mean, the phrases that speak for them, and worked examples of each."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from clipper import located_toml
from clipper.checksums import checksum
from clipper.errors import ConfigError, UsageError, nearest
from clipper.located_toml import LocatedToml, Where
from clipper.models import to_line
from clipper.text import clean_line, clean_text, fold, paragraphs, shorten

MAX_THEMES = 500
MAX_KEY = 64
MAX_SHORT = 200  # characters of a name, a title or a phrase
MAX_VERSION = 10**9
MAX_BYTES = located_toml.MAX_BYTES

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TABLES = ("codebook", "theme")
_HEAD = ("name", "version", "description")
_THEME = ("key", "name", "definition", "include", "exclude", "phrases", "merges", "example")
_EXAMPLE = ("text", "title", "carries", "also", "why")
_OFFERED = 100  # problems with the nearest name: finding it takes long, and nobody reads more
_LISTED = 20  # themes named in a message


@dataclass(frozen=True, kw_only=True)
class WorkedExample:
    """A passage with the coder's decision: whether it ``carries`` the theme it stands under, and why.

    ``also`` are the other themes that it carries. ``text`` holds paragraphs split by a blank line; ``title`` and
    ``why`` may be empty.
    """

    text: str
    title: str = ""
    carries: bool = True
    also: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One theme. In ``phrases``, ``*`` at a word's end stands for any ending.

    What was coded under a key in ``merges`` counts for this theme.
    """

    key: str
    name: str
    definition: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    examples: tuple[WorkedExample, ...] = ()
    merges: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Codebook:
    """A codebook as read. ``mark`` names it in every tag: its name, version and the checksum of its themes.

    The checksum covers what a model learns from and what a coder decides by: keys, definitions, rules, phrases,
    worked examples and merges. Names and reasons are for reading, and change nothing.
    """

    path: Path
    name: str
    version: int
    themes: tuple[Theme, ...]
    mark: str
    description: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the themes, in the codebook's order."""
        return tuple(theme.key for theme in self.themes)

    @cached_property
    def _current(self) -> dict[str, str]:
        old = {merged: theme.key for theme in self.themes for merged in theme.merges}
        return old | {key: key for key in self.keys}

    def current(self, key: str) -> str | None:
        """Return the key under which a theme goes now: itself, or the theme that it was merged into; else None."""
        return self._current.get(key)

    def theme(self, wanted: str) -> Theme:
        """Return a theme by its key, its name or a key merged into it, case ignored.

        Raises UsageError with the nearest key.
        """
        folded = _same(wanted)
        for theme in self.themes:
            if folded in (theme.key, _same(theme.name)) or folded in theme.merges:
                return theme
        more = ", … (all of them: clipper themes)" if len(self.keys) > _LISTED else ""
        raise UsageError(
            f"unknown theme {_shown(wanted)}{nearest(folded, self.keys)}; "
            f"themes: {', '.join(self.keys[:_LISTED])}{more}"
        )


def load(path: Path) -> Codebook:
    """Read and check a codebook. Raises ConfigError with every problem and its line."""
    reader = _Reader(_read(path))
    data = reader.toml.data
    reader.known((), data, _TABLES, "table")
    head = data.get("codebook", {})
    if not isinstance(head, dict):
        reader.problem(("codebook",), "'codebook' must be a table: [codebook]")
        head = {}
    reader.known(("codebook",), head, _HEAD)
    name = reader.line(("codebook",), head, "name") or "codebook"
    description = reader.prose(("codebook",), head, "description")
    version = head.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        reader.problem(
            ("codebook", "version"), f"'version' must be a whole number, not {located_toml.type_name(version)}"
        )
    elif not 0 <= version <= MAX_VERSION:
        reader.problem(("codebook", "version"), f"'version' must be between 0 and {MAX_VERSION}")
    themes = reader.themes(data.get("theme"))
    if reader.problems:
        raise ConfigError(reader.told())
    mark = f"{name} {version} ({checksum(_content(themes))[:12]})"
    return Codebook(path=path, name=name, version=version, themes=tuple(themes), mark=mark, description=description)


def _read(path: Path) -> LocatedToml:
    """Read the file, if it is one: opening a pipe would wait for a writer, and a device may never end."""
    try:
        status = path.stat()
    except ValueError:
        raise ConfigError([f"{str(path)!r}: no file can have this name"]) from None
    except OSError:
        pass  # told by the reader, as for every settings file
    else:
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            raise ConfigError([f"{path}: {what}, not a file; 'codebook' in config.toml names the codebook"])
        if status.st_size > MAX_BYTES:
            raise ConfigError([f"{path}: {status.st_size} bytes are too many for a codebook (at most {MAX_BYTES})"])
    return located_toml.read(path)


def _content(themes: Iterable[Theme]) -> str:
    """Return in one line what the checksum of a codebook is made of."""
    return to_line(
        {
            "themes": [
                [t.key, t.definition, t.include, t.exclude, t.phrases,
                 [[e.text, e.title, e.carries, e.also] for e in t.examples], t.merges]
                for t in themes
            ]
        }
    )  # fmt: skip


def _same(name: str) -> str:
    """Return what two names that a reader takes for one have in common."""
    return " ".join(fold(name).split())


def _shown(value: str) -> str:
    """Return a text in quotes as a message shows it: on one line, and not all of it."""
    return repr(shorten(value, 80))


def _phrase_fault(phrase: str) -> str | None:
    """Return what is wrong with a phrase, None for a sound one."""
    words = fold(phrase).split()
    if not any(word.strip("*") for word in words):
        return f"the phrase {_shown(phrase)} holds no word"
    if any("*" in word.rstrip("*") or not word.strip("*") for word in words):
        return f"the phrase {_shown(phrase)}: '*' may stand only at the end of a word"
    if len(phrase) > MAX_SHORT:
        return f"the phrase {_shown(phrase)} has {len(phrase)} characters; at most {MAX_SHORT}"
    return None


def _key_fault(key: str) -> str | None:
    """Return what is wrong with a theme's key, None for a sound one."""
    if len(key) > MAX_KEY:
        return f"key {_shown(key)} has {len(key)} characters; at most {MAX_KEY}"
    if not _KEY.fullmatch(key):
        return f"key {_shown(key)} may hold a-z, 0-9 and single hyphens"
    return None


@dataclass
class _Found:
    """What stood in one ``[[theme]]``, sound or not; ``key`` is empty where none can be made out."""

    where: Where
    key: str
    name: str
    theme: Theme


@dataclass
class _Reader:
    """Takes values out of a parsed codebook and collects every problem with its line."""

    toml: LocatedToml
    problems: list[tuple[int, str]] = field(default_factory=list)

    # -- problems -----------------------------------------------------------------------------------------

    def problem(self, where: Where, message: str) -> None:
        self.problems.append((self.at(where), f"{self.toml.at(*where)}: {message}"))

    def told(self) -> list[str]:
        """Return the problems in the order of their lines."""
        return [message for _, message in sorted(self.problems, key=lambda problem: problem[0])]

    def at(self, where: Where) -> int:
        """Return the line of a key or of the nearest table around it."""
        return int(self.toml.at(*where).rpartition(":")[2])

    def near(self, word: str, known: Iterable[str]) -> str:
        return nearest(word, known) if len(self.problems) < _OFFERED else ""

    def known(self, where: Where, table: Mapping[str, Any], keys: tuple[str, ...], what: str = "key") -> None:
        for key in table:
            if key in keys:
                continue
            # TOML gives a key below a [[theme.example]] to that example, where its writer meant the theme.
            misplaced = keys is _EXAMPLE and key in _THEME
            hint = "; a theme's keys stand above its examples" if misplaced else self.near(key, keys)
            self.problem((*where, key), f"unknown {what} {_shown(key)}{hint}")

    # -- values -------------------------------------------------------------------------------------------

    def _text(self, where: Where, table: Mapping[str, Any], key: str, clean: Callable[[str], str], most: int) -> str:
        """Return a cleaned text, which may not be empty where it is given; '' where it is not, or is wrong."""
        if key not in table:
            return ""
        value = table[key]
        if not isinstance(value, str):
            self.problem((*where, key), f"{key!r} must be text in quotes, not {located_toml.type_name(value)}")
            return ""
        value = clean(value)
        if not value:
            self.problem((*where, key), f"{key!r} is empty")
        elif len(value) > most:
            self.problem((*where, key), f"{key!r} has {len(value)} characters; at most {most}")
        return value

    def line(self, where: Where, table: Mapping[str, Any], key: str) -> str:
        """Return a name or a title."""
        return self._text(where, table, key, clean_line, MAX_SHORT)

    def prose(self, where: Where, table: Mapping[str, Any], key: str) -> str:
        """Return a text of one paragraph, of any length."""
        return self._text(where, table, key, clean_line, MAX_BYTES)

    def passage(self, where: Where, table: Mapping[str, Any], key: str) -> str:
        """Return a text in paragraphs. Where its lines end in the file does not matter."""

        def clean(value: str) -> str:
            return "\n\n".join(" ".join(p.split()) for p in paragraphs(clean_text(value)))

        return self._text(where, table, key, clean, MAX_BYTES)

    def texts(
        self, where: Where, table: Mapping[str, Any], key: str, fault: Callable[[str], str | None] | None = None
    ) -> tuple[str, ...]:
        """Return the texts of a list that have no fault. One that stands there twice is told."""
        raw = table.get(key, [])
        if not isinstance(raw, list) or not all(isinstance(value, str) for value in raw):
            self.problem((*where, key), f"{key!r} must be a list of texts in quotes")
            return ()
        sound: dict[str, str] = {}
        for value in map(clean_line, raw):
            if not value:
                self.problem((*where, key), f"{key!r} holds an empty text")
            elif fault and (said := fault(value)):
                self.problem((*where, key), said)
            elif fold(value) in sound:
                self.problem((*where, key), f"{_shown(value)} stands twice in {key!r}")
            else:
                sound[fold(value)] = value
        return tuple(sound.values())

    # -- themes -------------------------------------------------------------------------------------------

    def themes(self, raw: object) -> list[Theme]:
        """Return the themes of ``[[theme]]``; they are of use only where no problem was found."""
        if not isinstance(raw, list) or not raw or any(not isinstance(table, dict) for table in raw):
            self.problem(("theme",), "a codebook needs at least one [[theme]]")
            return []
        if len(raw) > MAX_THEMES:
            self.problem(("theme", MAX_THEMES), f"{len(raw)} themes are too many; at most {MAX_THEMES}")
            return []
        found = [self._theme(("theme", index), table) for index, table in enumerate(raw)]
        keys = self._check_keys(found)
        self._check_names(found, keys)
        owners = self._check_merges(found, keys)
        self._check_examples(found, keys, owners)
        return [one.theme for one in found]

    def _theme(self, where: Where, table: Mapping[str, Any]) -> _Found:
        self.known(where, table, _THEME)
        if "key" not in table:
            self.problem(where, "a theme without 'key'")
        key = self._text(where, table, "key", str.strip, MAX_BYTES)
        if key and (fault := _key_fault(key)):
            self.problem((*where, "key"), fault)
        name = self.line(where, table, "name") or key.replace("-", " ").capitalize()
        theme = Theme(
            key=key,
            name=name,
            definition=self.prose(where, table, "definition"),
            include=self.texts(where, table, "include"),
            exclude=self.texts(where, table, "exclude"),
            phrases=self.texts(where, table, "phrases", _phrase_fault),
            examples=self._examples(where, table.get("example", [])),
            merges=self.texts(where, table, "merges", _key_fault),
        )
        return _Found(where, key, name, theme)

    def _examples(self, where: Where, raw: object) -> tuple[WorkedExample, ...]:
        where = (*where, "example")
        if not isinstance(raw, list) or any(not isinstance(table, dict) for table in raw):
            self.problem(where, "'example' must be a table of its own: [[theme.example]]")
            return ()
        return tuple(self._example((*where, index), table) for index, table in enumerate(raw))

    def _example(self, where: Where, table: Mapping[str, Any]) -> WorkedExample:
        self.known(where, table, _EXAMPLE)
        if "text" not in table:
            self.problem(where, "an example without 'text'")
        carries = table.get("carries", True)
        if not isinstance(carries, bool):
            self.problem((*where, "carries"), f"'carries' must be true or false, not {located_toml.type_name(carries)}")
        return WorkedExample(
            text=self.passage(where, table, "text"),
            title=self.line(where, table, "title"),
            carries=carries is True,
            also=self.texts(where, table, "also"),
            why=self.prose(where, table, "why"),
        )

    # -- what the themes say of each other ------------------------------------------------------------------

    def _check_keys(self, found: list[_Found]) -> dict[str, int]:
        """Return the line of each key; tell of those that stand twice."""
        keys: dict[str, int] = {}
        for one in found:
            where = (*one.where, "key")
            if one.key and one.key in keys:
                self.problem(where, f"a second theme {_shown(one.key)} (the first in line {keys[one.key]})")
            elif one.key:
                keys[one.key] = self.at(where)
        return keys

    def _check_names(self, found: list[_Found], keys: Mapping[str, int]) -> None:
        """Tell of themes that go by one name: `clipper search --theme` takes names as well as keys."""
        names: dict[str, tuple[str, int]] = {}
        for one in found:
            where, name = (*one.where, "name"), _same(one.name)
            if not name or not one.key:
                continue
            key, line = names.setdefault(name, (one.key, self.at(where)))
            if key != one.key:
                self.problem(where, f"a second theme named {_shown(one.name)} (the first in line {line})")
            elif name in keys and name != one.key:
                self.problem(where, f"the name {_shown(one.name)} is the key of the theme in line {keys[name]}")

    def _check_merges(self, found: list[_Found], keys: Mapping[str, int]) -> dict[str, str]:
        """Return the theme that each merged key belongs to; tell of those that belong to several."""
        owners: dict[str, tuple[str, int]] = {}
        for one in found:
            where = (*one.where, "merges")
            for merged in one.theme.merges:
                if merged == one.key:
                    self.problem(where, f"'merges' names {_shown(merged)}, the theme's own key; leave it out")
                elif merged in keys:
                    self.problem(
                        where, f"'merges' names {_shown(merged)}, which is a theme still (line {keys[merged]}); "
                        "take that theme out of the codebook, or the key out of 'merges'"
                    )  # fmt: skip
                elif merged in owners:
                    key, line = owners[merged]
                    self.problem(where, f"{_shown(merged)} is merged into {_shown(key)} already (line {line})")
                else:
                    owners[merged] = (one.key, self.at(where))
        return {merged: key for merged, (key, _) in owners.items()}

    def _check_examples(self, found: list[_Found], keys: Mapping[str, int], owners: Mapping[str, str]) -> None:
        """Tell of unknown themes in ``also``, and of passages that are given twice or two answers."""
        given: dict[tuple[str, str], int] = {}
        said: dict[tuple[str, str], tuple[bool, int]] = {}
        for one in found:
            for index, example in enumerate(one.theme.examples):
                where = (*one.where, "example", index)
                for key in example.also:
                    if key == one.key:
                        self.problem((*where, "also"), "'also' names the example's own theme; 'carries' says that")
                    elif key not in keys and key not in owners:
                        self.problem((*where, "also"), f"unknown theme {_shown(key)} in 'also'{self.near(key, keys)}")
                if not example.text:
                    continue
                line = self.at((*where, "text"))
                text = _same(example.text)
                if (text, one.key) in given:
                    first = given[text, one.key]
                    self.problem((*where, "text"), f"the same passage stands under this theme in line {first}")
                    continue
                given[text, one.key] = line
                for key, carries in ((one.key, example.carries), *((k, True) for k in example.also if k != one.key)):
                    before, other = said.setdefault((text, key), (carries, line))
                    if before != carries:
                        word = "carries" if before else "does not carry"
                        self.problem(where, f"line {other} says that the same passage {word} {_shown(key)}")
