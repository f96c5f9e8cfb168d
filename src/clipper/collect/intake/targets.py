"""What a target of ``add`` is: a URL, stdin, a file, a web archive, or a folder of them. No file is read here."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clipper.errors import FetchFailed

STDIN = "-"

_WEB = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST = re.compile(r"^(?:www\.|[a-z0-9-]+\.(?:co\.uk|org\.uk|gov\.uk|nhs\.uk|com|org|net|uk)(?:/|$))", re.IGNORECASE)
_WEB_ARCHIVES = (".warc", ".warc.gz", ".wacz", ".arc", ".arc.gz")
# What is taken from a folder; a file that is named itself is looked at whatever its name is.
_TAKEN = (
    ".html", ".htm", ".xhtml", ".shtml", ".html.gz", ".htm.gz", ".mhtml", ".mht", ".eml",
    ".txt", ".text", ".md", ".markdown",
    ".pdf", ".docx", ".ris", ".bib", ".csv", ".tsv", ".json", *_WEB_ARCHIVES,
)  # fmt: skip
_RESOURCES = re.compile(r"(?:_files|_fichiers|\.files|-Dateien|_archivos|_file)$")  # beside a page that a browser saved


@dataclass(frozen=True)
class Target:
    """One thing to read. ``name`` is what messages call it; ``path`` is None for a URL and for stdin."""

    name: str
    path: Path | None = None

    @property
    def is_url(self) -> bool:
        """Whether it is asked for over the network."""
        return self.path is None and self.name != STDIN

    @property
    def is_web_archive(self) -> bool:
        """Whether it is a file of many pages that is read as a stream."""
        return self.path is not None and self.name.lower().endswith(_WEB_ARCHIVES)

    @property
    def is_opml(self) -> bool:
        """Whether it is a list of feeds."""
        return self.path is not None and self.name.lower().endswith(".opml")


@dataclass
class Folder:
    """A folder's files: those to read, in the order of their names, and how many others there are of each kind."""

    name: str
    targets: list[Target] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def is_url(target: str) -> bool:
    """Whether a target is to be asked for over the network."""
    return bool(_WEB.match(target))


def resolve(target: str, archive: Path) -> Target | Folder:
    """Return what a target is; the ``archive`` itself is left out of the folders around it.

    Raises FetchFailed for a name that leads nowhere.
    """
    if target == STDIN or is_url(target):
        return Target(target)
    path = Path(target)
    try:
        if path.is_dir():
            return _walk(path, archive)
        if path.is_file():
            return Target(target, path)
        exists = path.exists()
    except OSError as error:
        raise FetchFailed(f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise FetchFailed("not a file name") from None
    hint = "; a web address begins with https://" if _HOST.match(target) else ""
    raise FetchFailed("not a regular file" if exists else f"no such file{hint}")


def _walk(top: Path, archive: Path) -> Folder:
    """Return the files below a folder. Links to other folders are not followed; hidden files are left alone."""
    folder = Folder(str(top))
    own = archive.resolve()

    def refuse(error: OSError) -> None:
        folder.unreadable.append((str(error.filename or top), error.strerror or type(error).__name__))

    for place, names, files in os.walk(top, onerror=refuse):
        names[:] = sorted(name for name in names if not name.startswith(".") and not _has_page(place, name, files))
        names[:] = [name for name in names if (Path(place) / name).resolve() != own]
        for name in sorted(files):
            if name.startswith("."):
                continue
            path = Path(place) / name
            if not path.is_file():  # a pipe would be waited for, a device read without an end
                folder.others["no regular file"] += 1
            elif name.lower().endswith(_TAKEN):
                folder.targets.append(Target(str(path), path))
            else:
                folder.others[path.suffix.lower() or "no ending"] += 1
    return folder


def _has_page(place: str, name: str, files: list[str]) -> bool:
    """Whether a folder holds the pictures and styles of a page that was saved beside it."""
    found = _RESOURCES.search(name)
    base = name[: found.start()] if found else ""
    return bool(found) and any(file.startswith(base + ".htm") for file in files)


def others_line(folder: Folder) -> str | None:
    """Return a line on the files of a folder that were not looked at, None when there are none."""
    if not folder.others:
        return None
    most = ", ".join(f"{count} {ending}" for ending, count in folder.others.most_common(4))
    more = ", …" if len(folder.others) > 4 else ""
    return f"{sum(folder.others.values())} files of other kinds left alone ({most}{more})"


def targets_of(resolved: Target | Folder) -> Iterator[Target]:
    """Give the files and URLs of a resolved target."""
    if isinstance(resolved, Target):
        yield resolved
    else:
        yield from resolved.targets
