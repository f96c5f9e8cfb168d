"""The command itself: finds the subcommand, runs it, turns every ending into an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from clipper import __version__
from clipper.cli.common import config_option
from clipper.cli.output import open_standard_streams, tell, unwritten
from clipper.errors import CANNOT, ClipperError, ConfigError
from clipper.text import printable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Each command's module and its line in the list; the module is imported when the command is used.
COMMANDS = {
    "init": ("clipper.cli.init_cmd", "Make a new project."),
    "fetch": ("clipper.cli.fetch_cmd", "Collect what is new from the configured sources."),
    "add": ("clipper.cli.add_cmd", "Put in what you have: URLs, pages, texts, documents, lists, web archives."),
    "extract": ("clipper.cli.extract_cmd", "Find the text of kept raw pages anew, offline."),
    "tag": ("clipper.cli.tag_cmd", "Label what is new with themes."),
    "label": ("clipper.cli.label_cmd", "Record your own judgement of an article's themes."),
    "sample": ("clipper.cli.sample_cmd", "Draw articles at random for a round of coding."),
    "review": ("clipper.cli.review_cmd", "Code articles one after the other, those first that teach the most."),
    "themes": ("clipper.cli.themes_cmd", "The codebook, with counts."),
    "evaluate": ("clipper.cli.evaluate_cmd", "How good the tags are, and how far coders agree."),
    "search": ("clipper.cli.search_cmd", "Find articles: ranked, highlighted, filtered."),
    "show": ("clipper.cli.show_cmd", "Show one article."),
    "quote": ("clipper.cli.quote_cmd", "Check a quotation against an article."),
    "digest": ("clipper.cli.digest_cmd", "Make a clippings page: a theme, a period, the last week."),
    "export": ("clipper.cli.export_cmd", "Give out articles as tables, references, a feed or raw pages."),
    "stats": ("clipper.cli.stats_cmd", "How much, from where, which themes, over time; charts of it."),
    "publish": ("clipper.cli.publish_cmd", "Make a static site of the archive."),
    "check": ("clipper.cli.check_cmd", "Look whether the archive is as it was written; set damages aside."),
    "sources": ("clipper.cli.sources_cmd", "List, check, add, discover, import and export sources."),
    "forget": ("clipper.cli.forget_cmd", "Take articles out of the archive on request, for good."),
    "demo": ("clipper.cli.demo_cmd", "Run the whole job on a small bundled news site, offline."),
    "completion": ("clipper.cli.completion_cmd", "Make bash, zsh or fish complete commands, themes and outlets."),
}


# Commands that write nothing which the end of the program would have to put in order.
_LOOKING = ("search", "show", "quote")


class _Commands(click.Group):
    """A group that imports a command when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=said) for name, (_, said) in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from clipper.errors import nearest

            raise click.UsageError(f"no such command {args[0]!r}{nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clipper", message="%(prog)s %(version)s")
@config_option
def cli(config_path: Path | None) -> None:
    """Archive news clippings, label them with policy themes, and find them again.

    Begin with `clipper demo`, or with `clipper init`.
    """


def main() -> None:
    """Run the command line and end the program."""
    open_standard_streams()
    if shell := os.environ.get("_CLIPPER_COMPLETE"):
        from clipper.cli.shells import answer

        sys.stdout.write(answer(cli, shell))
        sys.exit(0)
    code = run(sys.argv[1:])
    if sys.argv[1:2] and sys.argv[1] in _LOOKING:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End at once, without taking the program to pieces, which takes a search a tenth of its time."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line; return its exit code."""
    try:
        result = cli.main(arguments, prog_name="clipper", standalone_mode=False)
        sys.stdout.flush()
        return _heard(result if isinstance(result, int) else 0)
    except (BrokenPipeError, SystemExit):
        # Click itself ends the program, with 1, when it meets a broken pipe, and for nothing else in this mode.
        return _quiet_pipe()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.UsageError as error:
        where = f" (clipper {error.ctx.info_name} --help)" if error.ctx and error.ctx.parent else " (clipper --help)"
        tell(f"{error.format_message().rstrip('.')}{where}")
        return error.exit_code
    except click.ClickException as error:
        tell(error.format_message())
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        tell("interrupted; what was reported is kept")
        return 130
    except ClipperError as error:
        for line in _lines(error):
            tell(line) if not line.startswith("  ") else click.echo(printable(line), err=True)
        return error.exit_code
    except OSError as error:
        if error.filename is None:
            return _bug(error)
        tell(f"{error.filename}: {error.strerror}")
        return CANNOT
    except Exception as error:
        return _bug(error)


def _lines(error: ClipperError) -> list[str]:
    """Return what an error says, line by line. A name within it that holds a line's end makes no line of its own."""
    if isinstance(error, ConfigError):
        return error.problems
    said = str(error).split("\n")
    return said if all(line.startswith("  ") for line in said[1:]) else [" ".join(said)]


def _heard(code: int) -> int:
    """Return the exit code of a command that did its work: another one when what it said was lost."""
    lost = unwritten()
    for said in lost:
        tell(said)
    return CANNOT if lost and code < 128 else code  # beyond: a signal ended it, which its sender wants to know


def _bug(error: Exception) -> int:
    """Tell of an error that nobody foresaw; the traceback is for those who ask for it."""
    if os.environ.get("CLIPPER_DEBUG"):
        raise error
    tell(f"unexpected error: {type(error).__name__}: {error} (a bug in clipper; CLIPPER_DEBUG=1 shows where)")
    return CANNOT


def _quiet_pipe() -> int:
    """End without a word when the reader of a pipe has had enough (`clipper search … | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
