"""config.toml: where it is found, what may stand in it, and every problem in it with its line."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from clipper import located_toml
from clipper.errors import ConfigError, UsageError, nearest
from clipper.located_toml import LocatedToml, Where
from clipper.records import Record, record
from clipper.text import without_login

FILE_NAME = "config.toml"
VARIABLE = "CLIPPER_CONFIG"
KINDS = ("feed", "sitemap", "listing", "page")
EXCERPTS = ("none", "short")
MAX_PAGES = 50
SOURCE_KEYS = ("name", "url", "kind", "outlet", "match", "drop", "since", "full_text")
LISTING_KEYS = ("links", "pattern", "next", "pages")

# A table of ours in a file that does not parse, a bracket or a quotation mark of it missing perhaps.
_OURS = rb"""^[ \t\r]*(?:\[+[ \t]*["']?clipper(?![\w-])|["']?clipper["']?[ \t]*[\].=])"""

SelectorFault = Callable[[str], str | None]


@record
class Source(Record):
    """One ``[[source]]``: where articles come from.

    Of a listing: ``links`` and ``next`` are CSS selectors, ``pattern`` is a regular expression that compiles,
    ``pages`` how many pages of it to read at most.
    """

    name: str
    url: str
    kind: str = "feed"
    outlet: str | None = None
    match: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    since: str | None = None
    full_text: bool = False
    links: str | None = None
    pattern: str | None = None
    next: str | None = None
    pages: int = 1


class FetchSettings(NamedTuple):
    """``[fetch]``: how the outside world is asked. ``delay`` and ``timeout`` are seconds."""

    contact: str = ""
    delay: float = 2.0
    concurrency: int = 8
    timeout: float = 30.0
    warc: bool = True
    allow_hosts: tuple[str, ...] = ()


class PublishSettings(NamedTuple):
    """``[publish]``: what is given out, and how it is called.

    ``url`` is where the site is to be found on the web, if anywhere; ``excerpt`` is ``none`` or ``short``.
    ``full_text`` says whose whole texts may be given out: all (true), none (false), or those of some outlets.
    """

    title: str = "Clippings"
    url: str = ""
    excerpt: str = "short"
    full_text: bool | tuple[str, ...] = False


class Config(NamedTuple):
    """A project: its file, its archive, its codebook, its sources. Paths are absolute.

    What is made in a ``private`` archive nobody but the user may read.
    """

    path: Path
    archive: Path
    codebook: Path
    fetch: FetchSettings = FetchSettings()
    sources: tuple[Source, ...] = ()
    private: bool = True
    publish: PublishSettings = PublishSettings()

    def chosen(self, names: Sequence[str]) -> list[Source]:
        """Return the sources of these names, all for none. Raises UsageError for an unknown name, or without any."""
        if not self.sources:
            raise UsageError(f"{self.path}: no [[source]] in it; add one with: clipper sources add URL")
        by_name = {source.name.casefold(): source for source in self.sources}
        for name in names:
            if name.casefold() not in by_name:
                raise UsageError(
                    f"{self.path}: no source named {name!r}{nearest(name, [s.name for s in self.sources])}"
                )
        return list(dict.fromkeys(by_name[name.casefold()] for name in names)) if names else list(self.sources)


def find(given: Path | None, environment: Mapping[str, str], start: Path) -> Path:
    """Return the configuration file: ``--config``, else ``CLIPPER_CONFIG``, else the nearest upwards.

    A ``config.toml`` without a ``[clipper]`` table belongs to another program and is passed over; one that cannot be
    read as TOML is ours where it seems to have one, so that its fault is told and no other project is taken for it.
    Raises ConfigError where none is found.
    """
    return _found(given, environment, start)[0]


def _found(given: Path | None, environment: Mapping[str, str], start: Path) -> tuple[Path, LocatedToml | None]:
    """Return the configuration file, and what is in it where it had to be read to be known for ours."""
    if given is not None:
        return _named(given, "--config"), None
    if named := environment.get(VARIABLE):
        return _named(Path(named), VARIABLE), None
    start = start.absolute()
    for folder in (start, *start.parents):
        path = folder / FILE_NAME
        if not path.is_file():
            continue
        try:
            toml = _read(path)
        except ConfigError:
            if _looks_ours(path):
                return path, None
        else:
            if "clipper" in toml.data:
                return path, toml
    raise ConfigError([f"no {FILE_NAME} with a [clipper] table here or above {start}; run: clipper init"])


def _named(path: Path, by: str) -> Path:
    with suppress(OSError, ValueError):  # a name that no file can have names none
        if path.is_dir():
            path = path / FILE_NAME
        if path.is_file():
            return path.absolute()
    raise ConfigError([f"{str(path)[:200]}: no such file (named by {by}); run: clipper init"])


def _looks_ours(path: Path) -> bool:
    """Whether a file that does not read looks as if it was meant to have a ``[clipper]`` table: its faults are told."""
    try:
        with path.open("rb") as file:
            held = file.read(located_toml.MAX_BYTES)
    except OSError:
        return True
    # In UTF-16 every other byte of a letter of ASCII is nought.
    plain = re.sub(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)|\x00", b"", held)
    return re.search(_OURS, plain, re.MULTILINE) is not None


def _read(path: Path) -> LocatedToml:
    """Read a configuration file. Raises ConfigError with one line for one that cannot be read or parsed."""
    try:
        return located_toml.read(path)
    except ConfigError:
        with suppress(OSError), path.open("rb") as file:
            begins = file.read(2)
            marked = begins in (b"\xff\xfe", b"\xfe\xff")
            if marked or (len(begins) == 2 and b"\x00" in begins):
                form = "UTF-16" if marked else "UTF-16LE" if begins[0] else "UTF-16BE"
                said = "not UTF-8 but UTF-16; save it as UTF-8 in your editor, or convert it"
                raise ConfigError([f"{path}:1: {said}: iconv -f {form} -t UTF-8 {path.name} > new.toml"]) from None
        raise


def load(path: Path, selector_fault: SelectorFault | None = None) -> Config:
    """Read and check a configuration file. Raises ConfigError with every problem, a line each.

    ``selector_fault`` says what is wrong with a CSS selector, None for a sound one: it knows a parser that is too
    slow to start for this file to import it.
    """
    path = path.absolute()
    return _checked(path, _read(path), selector_fault)


def _checked(path: Path, toml: LocatedToml, selector_fault: SelectorFault | None) -> Config:
    reader = _Reader(toml, selector_fault)
    reader.known((), toml.data, ("clipper", "fetch", "publish", "source"), "table")

    clipper = reader.table("clipper", ("archive", "codebook", "private"))
    archive = reader.path(clipper, "archive", "data/archive")
    codebook = reader.path(clipper, "codebook", "data/codebook.toml")
    private = reader.flag(("clipper",), clipper, "private", True)

    raw = reader.table("fetch", ("contact", "delay", "concurrency", "timeout", "warc", "allow_hosts"))
    where: Where = ("fetch",)
    settings = FetchSettings(
        contact=reader.text(where, raw, "contact", ""),
        delay=reader.number(where, raw, "delay", 2.0, 0, 3600),
        concurrency=int(reader.number(where, raw, "concurrency", 8, 1, 64, whole=True)),
        timeout=reader.number(where, raw, "timeout", 30.0, 0.1, 600),
        warc=reader.flag(where, raw, "warc", True),
        allow_hosts=reader.hosts(where, raw, "allow_hosts"),
    )
    if any(ord(c) < 32 or ord(c) > 126 for c in settings.contact):
        reader.problem(("fetch", "contact"), "'contact' may hold plain ASCII only: it goes into a request's header")

    publish = reader.publish()
    sources = reader.sources(toml.data.get("source", []))
    if reader.problems:
        raise ConfigError(reader.problems)
    return Config(
        path=path,
        archive=archive,
        codebook=codebook,
        fetch=settings,
        sources=tuple(sources),
        private=private,
        publish=publish,
    )


class _Reader:
    """Takes values out of a parsed file and collects every problem with its line."""

    def __init__(self, toml: LocatedToml, selector_fault: SelectorFault | None = None) -> None:
        self.toml = toml
        self.selector_fault = selector_fault
        self.problems: list[str] = []

    def problem(self, where: Where, message: str) -> None:
        self.problems.append(f"{self.toml.at(*where)}: {message}")

    def wrong(self, where: Where, key: str, wanted: str, got: object) -> None:
        self.problem((*where, key), f"{key!r} must be {wanted}, not {located_toml.type_name(got)}")

    def known(self, where: Where, data: Mapping[str, Any], keys: tuple[str, ...], what: str) -> None:
        for key in data:
            if key not in keys:
                inside = f" in [{where[0]}]" if where else ""
                self.problem((*where, key), f"unknown {what} {key!r}{inside}{nearest(key, keys)}")

    def table(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        value = self.toml.data.get(name, {})
        if not isinstance(value, dict):
            self.wrong((), name, f"a table: [{name}]", value)
            return {}
        self.known((name,), value, keys, "key")
        return value

    def text(self, where: Where, table: Mapping[str, Any], key: str, default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            self.wrong(where, key, "text in quotes", value)
            return default
        if "\x00" in value:
            self.problem((*where, key), f"{key!r} holds a NUL character")
            return default
        return value

    def path(self, table: Mapping[str, Any], key: str, default: str) -> Path:
        """Return a path of ``[clipper]``, relative to the file's folder."""
        folder = self.toml.path.parent
        said = self.text(("clipper",), table, key, default)
        if not said.strip():
            self.problem(("clipper", key), f"{key!r} is empty; write a path such as {default!r}")
            return folder / default
        try:
            return folder / Path(said).expanduser()
        except RuntimeError:
            self.problem(("clipper", key), f"{key!r} names the home folder of nobody known here")
            return folder / default

    def number(
        self,
        where: Where,
        table: Mapping[str, Any],
        key: str,
        default: float,
        low: float,
        high: float,
        *,
        whole: bool = False,
    ) -> float:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            self.wrong(where, key, "a whole number" if whole else "a number", value)
            return default
        if not low <= value <= high:
            self.problem((*where, key), f"{key!r} must lie between {low:g} and {high:g}, not {_shown(value)}")
            return default
        return value

    def flag(self, where: Where, table: Mapping[str, Any], key: str, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            self.wrong(where, key, "true or false", value)
            return default
        return value

    def words(self, where: Where, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            self.wrong(where, key, "a list of words in quotes", value)
            return ()
        for number, word in enumerate(value, 1):
            if not isinstance(word, str):
                said = f"{located_toml.type_name(word)}; write it in quotes"
            elif not word.strip():
                said = "empty"
            else:
                continue
            self.problem((*where, key), f"{key!r} must be a list of words in quotes; number {number} in it is {said}")
            return ()
        return tuple(value)

    def hosts(self, where: Where, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Return the names of hosts, with or without a port, as they are compared: an IPv6 address has no brackets."""
        hosts = [word.strip().lower() for word in self.words(where, table, key)]
        for host in hosts:
            if not _is_host(host):
                said = f"{without_login(host)[:60]!r} is no host; write such as 'intranet.example' or '127.0.0.1:8080'"
                self.problem((*where, key), f"{key!r}: {said}")
        return tuple(host.replace("[", "").replace("]", "") for host in hosts)

    def publish(self) -> PublishSettings:
        """Return what ``[publish]`` says."""
        where: Where = ("publish",)
        table = self.table("publish", PublishSettings._fields)
        settings = PublishSettings()
        url = self.text(where, table, "url", "").strip()
        if url and (fault := _address_fault(url)):
            self.problem((*where, "url"), fault)
        excerpt = self.text(where, table, "excerpt", settings.excerpt)
        if excerpt not in EXCERPTS:
            self.problem((*where, "excerpt"), f"'excerpt' must be one of {', '.join(EXCERPTS)}, not {excerpt[:60]!r}")
        full_text = table.get("full_text", settings.full_text)
        return PublishSettings(
            title=" ".join(self.text(where, table, "title", settings.title).split()) or settings.title,
            url=url.rstrip("/"),
            excerpt=excerpt,
            full_text=full_text if isinstance(full_text, bool) else self.words(where, table, "full_text"),
        )

    def sources(self, raw: object) -> list[Source]:
        """Return the ``[[source]]`` tables that are sound."""
        if not isinstance(raw, list) or any(not isinstance(s, dict) for s in raw):
            self.problem(("source",), "'source' must be a list of tables: [[source]]")
            return []
        found: list[Source] = []
        names: dict[str, int] = {}
        for index, table in enumerate(raw):
            where: Where = ("source", index)
            before = len(self.problems)
            self.known(where, table, SOURCE_KEYS + LISTING_KEYS, "key")
            for key in ("name", "url"):
                if key not in table:
                    self.problem(where, f"a source without {key!r}")
            name = self.text(where, table, "name", "").strip()
            url = self.text(where, table, "url", "").strip()
            kind = self.text(where, table, "kind", "feed")
            if isinstance(table.get("name"), str) and (not name or name == "added"):
                self.problem((*where, "name"), "'name' must be a word of your own (and 'added' is taken)")
            if isinstance(table.get("url"), str) and (fault := _address_fault(url)):
                self.problem((*where, "url"), fault)
            if kind not in KINDS:
                self.problem(
                    (*where, "kind"),
                    f"unknown kind {kind!r}; one of {', '.join(KINDS)}{nearest(kind, KINDS)}",
                )
            if name and name.casefold() in names:
                other = self.toml.at("source", names[name.casefold()]).rpartition(":")[2]
                self.problem((*where, "name"), f"a second source named {name!r} (the first in line {other})")
            names.setdefault(name.casefold(), index)
            source = Source(
                name=name,
                url=url,
                kind=kind,
                outlet=self.text(where, table, "outlet", "").strip() or None,
                match=self.words(where, table, "match"),
                drop=self.words(where, table, "drop"),
                since=self.day(where, table, "since"),
                full_text=self.flag(where, table, "full_text", False),
                links=self.selector(where, table, "links"),
                pattern=self.pattern(where, table, "pattern"),
                next=self.selector(where, table, "next"),
                pages=int(self.number(where, table, "pages", 1, 1, MAX_PAGES, whole=True)),
            )
            if len(self.problems) == before:
                self.of_listing(where, table, source)
            if len(self.problems) == before:
                found.append(source)
        return found

    def of_listing(self, where: Where, table: Mapping[str, Any], source: Source) -> None:
        """Refuse what has no effect: a listing's keys elsewhere, and a next page that is never read."""
        for key in LISTING_KEYS:
            if key in table and source.kind != "listing":
                self.problem((*where, key), f'{key!r} is for kind = "listing", and this source is a {source.kind}')
        if source.kind == "listing" and source.next and source.pages == 1:
            self.problem((*where, "next"), "'next' has no effect without 'pages', such as pages = 5")

    def selector(self, where: Where, table: Mapping[str, Any], key: str) -> str | None:
        """Return a CSS selector, None for none."""
        given = table.get(key)
        value = self.text(where, table, key, "").strip()
        if isinstance(given, str) and not given.strip():
            self.problem((*where, key), f'{key!r} is empty; write a CSS selector such as "article h2 a"')
        elif value and self.selector_fault and (fault := self.selector_fault(value)):
            self.problem((*where, key), f"{key!r} is no CSS selector: {fault}")
        return value or None

    def pattern(self, where: Where, table: Mapping[str, Any], key: str) -> str | None:
        """Return a regular expression that compiles, None for none."""
        value = self.text(where, table, key, "")
        if table.get(key) == "":
            self.problem((*where, key), f"{key!r} is empty; write a regular expression such as '/20[0-9]{{2}}/'")
        try:
            with warnings.catch_warnings():
                # What a later Python may come to read otherwise is meant for programmers, not for this file's owner.
                warnings.simplefilter("ignore")
                re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            said = str(error) or type(error).__name__
            self.problem((*where, key), f"{key!r} is no regular expression: {said}")
            return None
        return value or None

    def day(self, where: Where, table: Mapping[str, Any], key: str) -> str | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        try:
            return date.fromisoformat(value).isoformat()
        except TypeError:
            self.wrong(where, key, "a date such as 2014-11-07", value)
        except ValueError:
            self.problem((*where, key), f"{key!r} must be a date such as 2014-11-07, not {value[:40]!r}")
        return None


def _shown(value: float) -> str:
    """Return a number for a message: one of thousands of digits is not written out."""
    return "that" if isinstance(value, int) and value.bit_length() > 64 else str(value)


def is_web_address(url: str) -> bool:
    """Whether a text is an http or https URL with a host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and host != "" and not re.search(r"\s", host) and parts.port != 0
    except ValueError:
        return False


def _address_fault(url: str) -> str | None:
    """Return what is wrong with an address in the configuration, None for a sound one."""
    if without_login(url) != url:
        return "'url' holds a name or a password, and clipper sends none: leave out what ends in @"
    if is_web_address(url):
        return None
    if url.lower().startswith(("http://", "https://")):
        return f"'url' is no web address, since its host or its port is none: {url[:60]!r}"
    return f"'url' must begin with http:// or https://, not {url[:60]!r}"


def _is_host(text: str) -> bool:
    """Whether a text is a host as it stands in a URL, with or without a port; an IPv6 address may lack its brackets."""
    shown = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    return not re.search(r"[\s/?#@*\\]", text) and is_web_address(f"http://{shown}")


def from_environment(given: Path | None = None, selector_fault: SelectorFault | None = None) -> Config:
    """Return the configuration that this process is meant to use."""
    path, toml = _found(given, os.environ, Path.cwd())
    return load(path, selector_fault) if toml is None else _checked(path, toml, selector_fault)


def source_of(raw: Mapping[str, Any], selector_fault: SelectorFault | None = None) -> Source:
    """Return the source that the keys of a ``[[source]]`` table make. Raises UsageError with what is wrong in them."""
    nowhere = Path("source")
    reader = _Reader(LocatedToml(nowhere, {}, ""), selector_fault)
    found = reader.sources([dict(raw)])
    if reader.problems:
        raise UsageError("; ".join(problem.removeprefix(f"{nowhere}:1: ") for problem in reader.problems))
    return found[0]
