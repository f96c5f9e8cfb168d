"""What the commands share in starting: the project's configuration and its archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper import modes
from clipper.cli.output import tell
from clipper.text import without_login

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.archive.store import Archive
    from clipper.config import Config


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--config``, which may stand before the command's name as well."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        help="The project's config.toml (else CLIPPER_CONFIG, else the nearest upwards).",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")(command)


def project(config_path: Path | None, *, selectors: bool = True) -> Config:
    """Return the configuration that the command line asks for.

    A command that asks no source passes ``selectors=False``: CSS selectors are not checked then, whose parser takes
    longer to start than a search takes.
    """
    from clipper.config import from_environment

    return from_environment(asked_for(config_path), selector_fault if selectors else None)


def asked_for(config_path: Path | None) -> Path | None:
    """Return what ``--config`` says, which may stand before the command's name as well."""
    context: click.Context | None = click.get_current_context()
    while config_path is None and context is not None:
        config_path, context = context.params.get("config_path"), context.parent
    return config_path


def address_of(given: str) -> str:
    """Return a target of the command line; of a URL without the name and the password, which are not sent."""
    plain = without_login(given) if given.startswith(("http://", "https://")) else given
    if plain != given:
        tell(f"{plain}: asked for without the name and password; clipper sends none")
    return plain


def selector_fault(selector: str) -> str | None:
    """Return what is wrong with a CSS selector: its parser is started only where there is one."""
    from clipper.collect.listings import selector_fault as fault

    return fault(selector)


def keep_private(config: Config) -> None:
    """Make files that nobody but the user may read until the command ends, unless the configuration says otherwise."""
    if config.private:
        modes.keep_private()
        if context := click.get_current_context(silent=True):
            context.find_root().call_on_close(modes.as_before)


def open_archive(config: Config) -> Archive:
    """Return the project's archive; what is amiss in it is told on stderr."""
    from clipper.archive import clock, conflicts, locks
    from clipper.archive.store import Archive, now

    keep_private(config)
    context = click.get_current_context(silent=True)
    locks.known_as(f"clipper {context.info_name}" if context else "clipper")
    archive = Archive(config.archive, tell)
    for line in (clock.doubt(archive.path, now()), conflicts.notice(archive.path)):
        if line:
            tell(line)
    return archive


def open_reader(config: Config) -> Reader:
    """Return the project's archive for a command that only looks something up, which starts sooner so."""
    from clipper.archive.reader import Reader

    keep_private(config)
    return Reader(config.archive, tell)
