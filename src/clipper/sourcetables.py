"""``[[source]]`` tables as they are written, and appended to config.toml."""

from __future__ import annotations

import os
from collections.abc import Sequence

from clipper.config import Config, SelectorFault, Source, load
from clipper.errors import CannotWork, ConfigError


def as_toml(source: Source, comment: str = "") -> str:
    """Return a source as the text of a ``[[source]]`` table: only what differs from the defaults."""
    lines = ["[[source]]", f"name = {_quoted(source.name)}", f"url = {_quoted(source.url)}"]
    if comment:
        lines.insert(1, f"# {''.join(c if c.isprintable() else ' ' for c in comment)}")
    if source.kind != "feed":
        lines.append(f"kind = {_quoted(source.kind)}")
    if source.outlet:
        lines.append(f"outlet = {_quoted(source.outlet)}")
    for key in ("match", "drop"):
        if words := getattr(source, key):
            lines.append(f"{key} = [{', '.join(_quoted(word) for word in words)}]")
    if source.since:
        lines.append(f"since = {source.since}")
    if source.full_text:
        lines.append("full_text = true")
    for key in ("links", "pattern", "next"):
        if value := getattr(source, key):
            lines.append(f"{key} = {_quoted(value)}")
    if source.pages != 1:
        lines.append(f"pages = {source.pages}")
    return "\n".join(lines) + "\n"


def append_sources(config: Config, tables: Sequence[str], selector_fault: SelectorFault | None = None) -> Config:
    """Append ``[[source]]`` tables to a project's file and return the project as it now is.

    What is in the file stays as it is, to the letter. The new text is read and checked before it takes the file's
    place, all at once. Raises ConfigError when it does not read, CannotWork when it cannot be written or the file was
    changed by somebody else meanwhile.
    """
    target = config.path.resolve()  # a link to the file stays a link
    try:
        before = target.read_bytes()
        end = b"\r\n" if b"\r\n" in before else b"\n"
        text = "\n".join(["", *tables]).encode("utf-8").replace(b"\n", end)
        whole = before + (end if before and not before.endswith(b"\n") else b"") + text
        fresh = target.with_name(f".{target.name}.{os.urandom(4).hex()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise CannotWork(f"{config.path}: cannot be written ({error.strerror}); nothing was added") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        _check_appended(config, load(fresh, selector_fault), len(tables))
        fresh.chmod(target.stat().st_mode & 0o7777)
        if target.read_bytes() != before:
            raise CannotWork(f"{config.path}: changed by somebody else just now; nothing was added, try again")
        fresh.replace(target)
    except ConfigError as error:
        raise ConfigError([problem.replace(str(fresh), str(config.path)) for problem in error.problems]) from None
    except OSError as error:
        raise CannotWork(f"{config.path}: cannot be written ({error.strerror}); nothing was added") from None
    finally:
        fresh.unlink(missing_ok=True)
    return load(config.path, selector_fault)


def _check_appended(before: Config, after: Config, number: int) -> None:
    kept = after.fetch == before.fetch and after.sources[:-number] == before.sources
    if not kept or len(after.sources) != len(before.sources) + number:
        raise ConfigError([f"{before.path}:1: sources cannot be appended at its end; write them in by hand"])


def _quoted(text: str) -> str:
    """Return text as a TOML string: a literal one where backslashes would have to be doubled and nothing forbids it."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'
