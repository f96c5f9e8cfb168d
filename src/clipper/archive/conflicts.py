"""Copies that a shared folder made of the archive's files: two machines wrote to one file before they were in step.

A program that keeps a folder in step between machines keeps both versions then, the other one under a name of its
own, in the language of its user. Such a copy is not read; it is told, and ``clipper.archive.merging`` brings in what
is only there.

How they are named: Dropbox ``2026-11 (ward's conflicted copy 2026-11-20).jsonl``, Nextcloud ``2026-11 (conflicted copy
2026-11-20 140211).jsonl``, Syncthing ``2026-11.sync-conflict-20261120-140211-ABCDEF7.jsonl``, OneDrive
``2026-11-WARD.jsonl``, iCloud ``2026-11 2.jsonl``, Google Drive ``2026-11 (1).jsonl``, Synology Drive
``2026-11_ward_Nov-20-1402-2026_Conflict.jsonl``. All begin as our name does and go on otherwise.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from clipper.archive import files
from clipper.errors import CannotWork

_LINES = ".jsonl"
_AS_MONTH = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2]))(?![0-9])")
_AS_WARC = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{4,})(?![0-9])")
_AS_NAMED = re.compile(rf"({'|'.join(name.removesuffix(_LINES) for name in files.NAMED)})(?![a-z])", re.IGNORECASE)
_NUMBERED = re.compile(r"\.jsonl ?\([0-9]{1,3}\)", re.IGNORECASE)  # a number after the whole name, as browsers set it
_UNDER_WAY = (".new", ".tmp", ".part")  # what is being written at this moment, by us or by others
_PUT_AWAY = re.compile(r"\.(.+)\.icloud")


def conflicting(archive: Path) -> list[Path]:
    """Return the conflicting copies in an archive, those of raw pages first; none where it cannot be looked at.

    In ``articles/`` and beside it these are all files of lines that are not ours, in ``warc/`` those whose name begins
    as one of ours does. Hidden files and those of other kinds are nobody's business.
    """
    found = [path for path in _files(archive / "warc") if _AS_WARC.match(path.name) and _is_packed(path.name)]
    found = [path for path in found if not files.WARC.fullmatch(path.name)]
    found += [path for path in _files(archive / "articles") if _is_lines(path.name, _AS_MONTH)]
    found = [path for path in found if not files.MONTH.fullmatch(path.name)]
    found += [path for path in _files(archive) if _is_lines(path.name, _AS_NAMED) and path.name not in files.NAMED]
    return found


def original(copy: Path) -> Path | None:
    """Return the file of ours that a conflicting copy is one of, None where its name does not tell."""
    patterns = {"warc": (_AS_WARC, ".warc.gz"), "articles": (_AS_MONTH, _LINES)}
    pattern, end = patterns.get(copy.parent.name, (_AS_NAMED, _LINES))
    found = pattern.match(copy.name)
    return copy.with_name(found[1].lower() + end) if found else None


def notice(archive: Path) -> str | None:
    """Return a line that tells of conflicting copies, None where there are none.

    Raises CannotWork where files of the archive are not on this machine: what they hold would be fetched again.
    """
    for folder in (archive / "articles", archive):
        for name in _names(folder):
            if (away := _PUT_AWAY.fullmatch(name)) and (files.MONTH.fullmatch(away[1]) or away[1] in files.NAMED):
                raise CannotWork(f"{folder / away[1]}: not on this machine; have iCloud download it first")
    found = conflicting(archive)
    if not found:
        return None
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return (
        f"{found[0]}: a conflicting copy, as shared folders make them{more}; what only it holds is not read; "
        "bring it in with: clipper check --repair"
    )


def _is_lines(name: str, ours: re.Pattern[str]) -> bool:
    low = name.lower()
    if low.endswith(_UNDER_WAY):
        return False
    return low.endswith(_LINES) or bool(ours.match(name) and _NUMBERED.search(name))


def _is_packed(name: str) -> bool:
    return ".gz" in name.lower() and not name.endswith(_UNDER_WAY)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # a third of the time of a Path's
    except OSError:
        return []


def _files(folder: Path) -> list[Path]:
    return [path for name in _names(folder) if not name.startswith((".", "~")) and (path := folder / name).is_file()]
