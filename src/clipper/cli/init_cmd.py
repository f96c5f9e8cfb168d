"""``clipper init``: a new project."""

from __future__ import annotations

from pathlib import Path

import click

from clipper.cli.output import tell


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make a new project in DIR (here, without one).

    Writes config.toml with a dozen health-policy sources, data/codebook.toml with the starter themes, and an
    empty archive. A project that is there already is left as it is.
    """
    init(folder)
    tell(f"a new project in {folder.absolute()}")
    tell("next: put your address into 'contact' in config.toml, choose your sources, then run: clipper fetch")


def init(folder: Path) -> None:
    """Make a project. Raises UsageError when a file of it is there already."""
    from clipper import modes
    from clipper.archive.store import Archive
    from clipper.errors import CannotWork, UsageError
    from clipper.places import shipped

    files = {
        folder / "config.toml": shipped("config.toml"),
        folder / "data" / "codebook.toml": shipped("codebook.toml"),
    }
    for path in files:
        if path.exists():
            raise UsageError(f"{path}: there already; nothing was changed (choose another folder: clipper init DIR)")
    try:
        for path, source in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(source.read_bytes())
    except OSError as error:
        raise CannotWork(f"{path}: cannot be written ({error.strerror})") from None
    with modes.private():  # as the configuration says that was just written
        Archive.create(folder / "data" / "archive")
