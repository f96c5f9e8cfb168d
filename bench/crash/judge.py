"""What must hold after a crash, whatever it was: nothing reported is lost, nothing is there twice, older lines are as
they were, the next run carries on by itself, ``check`` has nothing left to say, and ``search`` finds what there is.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crash.stage import MARK, Ended, Stage

Key = tuple[Any, ...]
Keys = dict[str, Counter[Key]]

# What Python or its packages say of themselves, and no user is to read.
_OWN_WORDS = re.compile(r"Traceback|unexpected error|\[Errno|Error\(|errno|<class|object at 0x|NoneType", re.IGNORECASE)
_KEPT = re.compile(r"(articles/)?[^/]+\.jsonl|warc/[^/]+\.warc\.gz")
_TROUBLE = (3, 4, 6, 75)  # exit codes of a command that met trouble and said so


def _key(name: str, record: Mapping[str, Any]) -> Key | None:
    """Return what makes a line of a file the line that it is; None for one of which there may be many."""
    if name.startswith("articles/"):
        return (record["id"], record["revision"], record.get("sha256"), record.get("forgotten") is not None)
    if name == "labels.jsonl":
        return tuple(record.get(k) for k in ("article", "theme", "coder", "round", "value"))
    if name == "tags.jsonl":
        return (record["article"], record["revision"], record["model"])
    if name in ("samples.jsonl", "searches.jsonl"):
        return (record["name"], json.dumps(record.get("articles")), record.get("query"))
    return None


def files_of(archive: Path) -> dict[str, bytes]:
    """Return the files of an archive that are more than a cache."""
    found = [*archive.glob("articles/*.jsonl"), *archive.glob("*.jsonl"), *archive.glob("warc/*.warc.gz")]
    return {path.relative_to(archive).as_posix(): path.read_bytes() for path in sorted(found)}


def kept(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those of an archive's files that are more than a cache, as ``files_of`` does."""
    return {name: raw for name, raw in files.items() if _KEPT.fullmatch(name)}


def keys_of(files: Mapping[str, bytes]) -> Keys:
    """Return what the whole lines of each kind of file are, and how often each is there; others are left out."""
    found: Keys = {}
    for name, raw in files.items():
        kind = name.partition("/")[0]
        if not name.endswith(".jsonl"):
            continue
        for line in raw.split(b"\n")[:-1]:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if (key := _key(name, record)) is not None:
                found.setdefault(kind, Counter())[key] += 1
    return found


@dataclass
class Verdict:
    """What is wrong after a crash, by what it is; and how many reported lines were looked for."""

    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.changed or self.stuck or self.said)

    def take(self, other: Verdict, where: str) -> None:
        """Take in another verdict, with a word on what it is about."""
        self.acknowledged += other.acknowledged
        for name in ("lost", "doubled", "changed", "stuck", "said"):
            getattr(self, name).extend(f"{where}: {what}" for what in getattr(other, name))

    def lines(self) -> Iterable[str]:
        """Give what is wrong, a line each."""
        for name in ("lost", "doubled", "changed", "stuck", "said"):
            for what in getattr(self, name):
                yield f"{name}: {what}"


Find = Callable[[Mapping[str, Any], Keys], bool]


def article_is_there(said: Mapping[str, Any], keys: Keys) -> bool:
    """Whether what fetch and add report in a line is in the archive."""
    there = [key for key in keys.get("articles", ()) if key[0] == said["id"]]
    return said["status"] in ("failed", "refused") or any(key[1] > 1 or said["status"] != "revised" for key in there)


def label_is_there(said: Mapping[str, Any], keys: Keys) -> bool:
    """Whether what label reports in a line is in the archive."""
    return _key("labels.jsonl", said) in keys.get("labels.jsonl", ())


def tags_are_there(said: Mapping[str, Any], keys: Keys) -> bool:
    """Whether as many taggings are in the archive as tag reports."""
    tags = keys.get("tags.jsonl", Counter())
    return sum(1 for key in tags if key[2] == said["model"]) >= said["written"]


def is_forgotten(said: Mapping[str, Any], keys: Keys) -> bool:
    """Whether every line of an article that forget reports is a tombstone."""
    there = [key for key in keys.get("articles", ()) if key[0] == said["id"]]
    return bool(there) and all(key[3] for key in there)


def sample_is_there(said: Mapping[str, Any], keys: Keys) -> bool:
    """Whether an article that sample reports belongs to a sample."""
    return any(said["id"] in json.loads(key[1]) for key in keys.get("samples.jsonl", ()))


def nothing_is_promised(said: Mapping[str, Any], keys: Keys) -> bool:
    """A line that promises nothing of the archive."""
    return True


@dataclass(frozen=True)
class Scenario:
    """A command in a prepared project, and how what it reports is found in the archive.

    ``leaving`` is the id of the article that it takes out: then lines that name it are not held against those before.
    ``torn`` tells that the project's files end in half lines, which the command sets aside.
    """

    name: str
    project: str
    arguments: tuple[str, ...]
    find: Find
    leaving: str = ""
    torn: bool = False

    def is_as_it_was(self, old: bytes, new: bytes) -> bool:
        """Whether what was in a file is there, where it was, as it was."""
        whole = old[: old.rfind(b"\n") + 1] if self.torn else old
        if not self.leaving:
            return new.startswith(whole)
        at = 0
        for line in whole.splitlines(keepends=True):
            if self.leaving.encode() not in line and new[at : at + len(line)] != line:
                return False
            at += len(line)
        return True


def after_crash(
    scenario: Scenario, before: Mapping[str, bytes], now: Mapping[str, bytes], acknowledged: Iterable[Mapping[str, Any]]
) -> Verdict:
    """Judge the files as a crash left them."""
    verdict = Verdict()
    for name, old in before.items():
        if name.endswith(".gz") and scenario.leaving:
            continue  # whether the raw pages of the others are where they were is looked at below
        if not scenario.is_as_it_was(old, now.get(name, b"")):
            verdict.changed.append(f"{name}: its older lines are not as they were")
    keys = keys_of(now)
    for line in acknowledged:
        verdict.acknowledged += 1
        if not scenario.find(line, keys):
            verdict.lost.append(f"reported and not in the archive: {json.dumps(line)[:160]}")
    _look_for_doubles(verdict, keys)
    _raw_pages(verdict, scenario, now)
    return verdict


def message_of(verdict: Verdict, ended: Ended) -> None:
    """Judge what a command said that was not killed: one clear line where it could not do its work."""
    if _OWN_WORDS.search(ended.err):
        verdict.said.append(f"no words for a user: {ended.err.strip()[-300:]}")
    if ended.code and ended.code not in _TROUBLE:
        verdict.said.append(f"exit code {ended.code}: {ended.err.strip()[-300:]}")
    if ended.code and not ended.err.strip():
        verdict.said.append(f"exit code {ended.code} and not a word")


def recover(
    verdict: Verdict,
    scenario: Scenario,
    reference: Keys,
    stage: Stage,
    project: Path,
    acknowledged: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Run the same command again, then check and search, and judge what there is after that."""
    archive = project / "data" / "archive"
    crashed = keys_of(files_of(archive))
    again = stage.run(project, *scenario.arguments)
    if again.code or _OWN_WORDS.search(again.err):
        verdict.stuck.append(f"the next run ended with {again.code}: {again.err.strip()[-300:]}")
    checked = stage.run(project, "check")
    if checked.code == 5:  # it names what it would set aside
        repaired = stage.run(project, "check", "--repair", "--yes")
        checked = stage.run(project, "check")
        if checked.code:
            verdict.stuck.append(f"check, after repairing: {checked.err.strip()[-200:]} {repaired.err.strip()[-300:]}")
    elif checked.code or _OWN_WORDS.search(checked.err):
        verdict.stuck.append(f"check ended with {checked.code}: {checked.err.strip()[-300:]}")
    keys = keys_of(files_of(archive))
    for kind, expected in reference.items():
        for key in expected:
            if key not in keys.get(kind, ()):
                verdict.stuck.append(f"{kind}: the next run did not bring what an undisturbed one brings: {key}")
    for kind, there in crashed.items():
        if not scenario.leaving:
            gone = [key for key in there if key not in keys.get(kind, ())]
            verdict.lost += [f"{kind}: gone after the next run: {key}" for key in gone]
    for line in acknowledged:
        if not scenario.find(line, keys):
            verdict.lost.append(f"reported and gone after the next run: {json.dumps(line)[:160]}")
    _look_for_doubles(verdict, keys)
    _search(verdict, stage, project, archive)
    _raw_pages(verdict, scenario, files_of(archive))


def _look_for_doubles(verdict: Verdict, keys: Keys) -> None:
    for kind, there in keys.items():
        found = [f"{kind}: {number} times {key}" for key, number in there.items() if number > 1]
        verdict.doubled += [one for one in found if one not in verdict.doubled]


def _search(verdict: Verdict, stage: Stage, project: Path, archive: Path) -> None:
    lines = [json.loads(line) for name, raw in files_of(archive).items() if name.startswith("articles/")
             for line in raw.split(b"\n")[:-1]]  # fmt: skip
    expected = {line["id"] for line in lines if line.get("kind") != "page" and not line.get("forgotten")}
    searched = stage.run(project, "search", "--json", "--copies", "-n", "1000", MARK)
    found = {one["id"] for one in searched.acknowledged}
    if missing := sorted(expected - found):
        verdict.stuck.append(f"search does not find {missing}; it ended with {searched.code}: {searched.err[-300:]}")


def _raw_pages(verdict: Verdict, scenario: Scenario, files: Mapping[str, bytes]) -> None:
    """Look whether the raw page of each article lies where its line says."""
    for name, raw in files.items():
        if not name.startswith("articles/"):
            continue
        for line in raw.split(b"\n")[:-1]:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            place = record.get("warc")
            if not place or record["id"] == scenario.leaving:
                continue
            try:
                kept = io.BytesIO(files.get(place["file"], b"")[place["offset"] :])
                head = gzip.GzipFile(fileobj=kept).read(2000)
            except (OSError, EOFError, zlib.error) as error:
                verdict.lost.append(f"{name}: the raw page of {record['id']} cannot be read ({error})")
                continue
            if f"WARC-Target-URI: {record['url']}\r\n".encode() not in head:
                verdict.lost.append(f"{name}: the raw page of {record['id']} is not where it says")
