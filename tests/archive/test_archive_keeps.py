"""Whatever happens to an archive, what was acknowledged is there once and the catalogue agrees with the lines."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.models import Article, Run, Tagging, to_line

MONTHS = ("2026-10", "2026-11", "2026-12")
IDS = ("0a", "0b", "1c", "1cd", "ff")
URL = "https://fenwickecho.example/"
FILES = st.sampled_from([f"articles/{m}.jsonl" for m in MONTHS] + ["tags.jsonl", "runs.jsonl"])
WORDS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('\n\r\u2028\x85\0"\\')), max_size=12
)


class Keeping(RuleBasedStateMachine):
    """An archive, and beside it the plain list of the lines that it must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(tempfile.mkdtemp(prefix="clipper-"))
        Archive.create(self.path)
        self.lines: dict[str, list[str]] = {}  # of each file, what was acknowledged
        self.torn: dict[str, bytes] = {}
        self.aside: Counter[bytes] = Counter()
        self.told: list[str] = []
        self.revisions: Counter[str] = Counter()
        self.written = 0
        self.archive = Archive(self.path, self.told.append)

    def teardown(self) -> None:
        self.archive.catalogue.close()
        shutil.rmtree(self.path)

    def acknowledge(self, name: str, record: Any) -> None:
        self.lines.setdefault(name, []).append(to_line(record.to_json()))

    def wrote(self) -> None:
        """After each writing the torn ends are gone from the files, kept aside, and told one by one."""
        self.aside.update(self.torn.values())
        assert len(self.told) == len(self.torn)
        assert all(any(str(self.path / name) in line for line in self.told) for name in self.torn)
        self.told.clear()
        self.torn.clear()

    def article(self, article: str, month: str, words: str) -> Article:
        self.revisions[article] += 1
        self.written += 1
        text = f"{words}{self.written}"
        return Article(
            id=article, revision=self.revisions[article], url=f"{URL}{article}", guid=article, source="echo",
            title=words, text=text, sha256=checksum(text), fetched=f"{month}-03T12:00:00Z",
        )  # fmt: skip

    # -- what clipper does ----------------------------------------------------------------------------------

    @rule(batch=st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(MONTHS), WORDS), max_size=4))
    def append_articles(self, batch: list[tuple[str, str, str]]) -> None:
        articles = [self.article(*one) for one in batch]
        with self.archive.writing() as writer:
            writer.articles(articles)
        for article in articles:
            self.acknowledge(f"articles/{article.fetched[:7]}.jsonl", article)
        self.wrote()

    @rule(batch=st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from("mn")), max_size=3))
    def append_tags(self, batch: list[tuple[str, str]]) -> None:
        tags = [
            Tagging(article=a, revision=self.revisions[a], tags=[], scores={}, model=m, codebook="c", tagged="")
            for a, m in batch
        ]
        self.archive.add_taggings(tags)
        for tagging in tags:
            self.acknowledge("tags.jsonl", tagging)
        self.wrote()

    @rule(number=st.integers(0, 4), lasting=st.booleans())
    def append_a_run(self, number: int, lasting: bool) -> None:
        refused = {"target": f"{URL}no/{number}", "status": "refused", "cause": "no article", "lasting": lasting}
        run = Run(command="fetch", started="", ended="", version="1", sources=[], not_archived=[refused])
        self.archive.add_run(run)
        self.acknowledge("runs.jsonl", run)
        self.wrote()

    @rule()
    def open_again(self) -> None:
        self.archive.catalogue.close()
        self.archive = Archive(self.path, self.told.append)

    # -- what befalls it ------------------------------------------------------------------------------------

    @rule(name=FILES, words=WORDS, data=st.data())
    def a_crash_tears_a_line_at_any_byte(self, name: str, words: str, data: st.DataObject) -> None:
        line = to_line(Article(id="torn", text=words).to_json()).encode()
        half = line[: data.draw(st.integers(1, len(line)))]
        with (self.path / name).open("ab") as file:
            file.write(half)
        self.torn[name] = self.torn.get(name, b"") + half

    @rule()
    def the_cache_is_deleted(self) -> None:
        self.archive.catalogue.close()
        shutil.rmtree(self.path / "cache")
        self.archive = Archive(self.path, self.told.append)

    @rule(data=st.data(), garbage=st.binary(max_size=200))
    def the_cache_is_cut_or_overwritten_from_its_beginning(self, data: st.DataObject, garbage: bytes) -> None:
        self.archive.catalogue.close()
        file = self.path / "cache" / "catalogue.sqlite"
        raw = file.read_bytes()
        cut = data.draw(st.integers(0, len(raw) - 1))
        file.write_bytes(raw[:cut] if not garbage else garbage * 50)
        self.archive = Archive(self.path, self.told.append)

    @precondition(lambda self: any(self.lines.values()))
    @rule(data=st.data())
    def a_file_is_replaced_by_one_that_lacks_a_line_or_has_another_order(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(n for n, lines in self.lines.items() if lines)))
        if data.draw(st.booleans()):
            del self.lines[name][data.draw(st.integers(0, len(self.lines[name]) - 1))]
        else:
            self.lines[name].reverse()
        self.torn.pop(name, None)
        other = self.path / "restored"
        other.write_bytes("".join(line + "\n" for line in self.lines[name]).encode())
        other.replace(self.path / name)

    # -- what must hold -------------------------------------------------------------------------------------

    @invariant()
    def every_acknowledged_line_is_there_once_and_in_order(self) -> None:
        for name, lines in self.lines.items():
            whole = "".join(line + "\n" for line in lines).encode()
            assert (self.path / name).read_bytes() == whole + self.torn.get(name, b"")
        aside = Counter(p.read_bytes() for p in (self.path / "damaged").glob("*"))
        assert aside == self.aside

    @invariant()
    def the_catalogue_agrees_with_a_plain_reading(self) -> None:
        catalogue = self.archive.catalogue
        assert dict(catalogue.catch_up()) == {
            self.path / n: sum(len(line.encode()) + 1 for line in self.lines.get(n, ())) for n in self.torn
        }
        records = {n: [json.loads(line) for line in lines] for n, lines in self.lines.items()}
        newest: dict[str, dict[str, Any]] = {}
        for record in (r for m in MONTHS for r in records.get(f"articles/{m}.jsonl", ())):
            if record["revision"] >= newest.get(record["id"], record)["revision"]:
                newest[record["id"]] = record
        tags = {t["article"]: t for t in records.get("tags.jsonl", ())}
        refused = {i["target"] for r in records.get("runs.jsonl", ()) for i in r["not_archived"] if i["lasting"]}

        assert catalogue.count() == len(newest)
        assert sorted(c.entry.id for c in catalogue.changed_since(0)) == sorted(newest)
        for known in IDS:
            entry, place = catalogue.get(known), catalogue.tagging(known)
            assert (self.archive.read(entry.place).to_json() if entry else None) == newest.get(known)
            assert (self.archive.read_tagging(place).to_json() if place else None) == tags.get(known)
            assert catalogue.by_url(f"{URL}{known}/") == catalogue.by_guid("echo", known) == (known if entry else None)
        stale = {
            i for i, a in newest.items()
            if (tags.get(i, {}).get("model"), tags.get(i, {}).get("revision")) != ("m", a["revision"])
        }  # fmt: skip
        assert {e.id for e in catalogue.untagged("m")} == stale
        assert {f"{URL}no/{n}" for n in range(5) if catalogue.refusal(f"{URL}no/{n}")} == refused


TestKeeping = Keeping.TestCase
TestKeeping.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
