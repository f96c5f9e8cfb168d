"""How well copies of one story are told from look-alikes, and what the index of prints costs.

The stories are made from the invented passages that ship with clipper, each of about 540 words; what newsrooms do to
copy (cut, sub, head anew, put a paywall before it) is done to them at random. The look-alikes are made from templates
and from what stories share: a statement, background, furniture. Prints two Markdown tables.

    python bench/duplicates.py                      quality
    python bench/duplicates.py --articles 100000    cost: the archive itself is not written, only the index
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from clipper.archive.catalogue import Change, Entry, Place
from clipper.archive.likeness import Likeness
from clipper.checksums import checksum
from clipper.coding import codebook, examples
from clipper.collect.duplicates import Finder
from clipper.models import Article
from clipper.places import shipped
from clipper.sketch import Sketch
from clipper.text import paragraphs, sentences

TOWNS = ["Fenwick", "Skelby", "Orrinmouth", "Hartwell", "Dunmere", "Kelsop", "Pellbridge", "Wexcombe", "Tarrow"]
PEOPLE = ["Jane Hale", "Tom Orrin", "Priya Nair", "Colin Breck", "Ada Mensah", "Rhys Penhale", "Moira Keir"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
PAYWALL = "To continue reading this article, subscribe today or log in. Your first month costs nothing."
FURNITURE = (
    "Sign up to our newsletter and have the day's news from the county in your inbox every morning at seven. You can "
    "leave the list at any time, and we never pass your address on.\n\nFollow our reporters on the usual networks, "
    "and tell us what you think: our letters page is open to all who live, work or were treated here. We are a member "
    "of the press council and correct what we get wrong. Call the newsdesk between nine and five, or write to us."
)
TEMPLATES = (
    "{town} hospitals saw {a} patients with flu in the week to {day} {n} {month}, {up} from {b} the week before, the "
    "weekly bulletin of the health protection team shows. Of these, {c} were in intensive care, compared with {d} a "
    "week earlier. The rate of positive tests was {e}.{f} per cent, and was highest in children under five, of whom "
    "{g} per cent tested positive.\n\nNorovirus kept {h} beds a day occupied or closed. Calls to the advice line about "
    "vomiting stood at {i}. Outbreaks were reported from {j} care homes and {k} schools.\n\n{who}, who leads the team, "
    "said that everyone who is entitled to a vaccine should come forward, and that hands should be washed often with "
    "soap and warm water, since gels do not stop the stomach bug. The next bulletin appears on {day}.",
    "Almost {a} people in {town} have waited more than {b} weeks for hospital treatment, new figures show. At the end "
    "of {month}, {c} patients were on the list of {town} General Hospital, {up} from {d} a month before. Of these, {e} "
    "per cent had waited for longer than the target allows, and {f} for more than a year.\n\nNine patients in ten "
    "should begin their treatment within the target. The median wait was {g} weeks. In the emergency department, {h} "
    "per cent of patients were seen within four hours; {i} waited for more than twelve hours for a bed after it had "
    "been decided to admit them.\n\n{who}, of the think tank that studies the figures, said that staff were working "
    "flat out and that without more beds and more people to look after them the lists would not come down. A spokesman "
    "for the department said that it was determined to cut waits and had set money aside for new centres.",
    "{town} beat {other} {a}-{b} on {day} night before a crowd of {c}. {who} opened the scoring after {d} minutes "
    "with a low drive from the edge of the area, and {town} never looked back. The visitors drew level through "
    "{who2} in minute {e}, but a penalty just before the break restored the lead, and it was one-way traffic in the "
    "second half.\n\nThe manager said that he was proud of the lads, who had given everything for the shirt, and that "
    "they would take each game as it comes. {town} now have {f} points from {g} games and lie in place {h}. They "
    "travel to {other} on {month} {n}.",
    "A public meeting on the future of the health centre in {town} will be held on {day} {n} {month} at {a}pm in the "
    "hall of {town} school. The commissioning group proposes to move the practice of Dr {who} and Dr {who2} to a new "
    "building at {other}, {b} miles away, at a cost of £{c} million. About {d} patients are registered there.\n\n"
    "Plans can be seen at the library until {month} {e}. Comments should be sent in writing and will be put before "
    "the board, which decides at its next meeting in public. Those who need the papers in large print or in another "
    "language should ask the group's office. Refreshments will be served, and the hall has step-free access.",
    "Shares in {town} Healthcare closed {a} pence {up} at {b} pence on {day}, after the group said that revenue in the "
    "quarter had been £{c} million, against £{d} million a year earlier. Operating profit was £{e} million. The group, "
    "which runs {f} private hospitals and {g} clinics, said that demand from patients who pay for themselves remained "
    "strong, while the number of those whom the health service sends had been {up}.\n\n{who}, its chief executive, "
    "said that trading since the end of the quarter had been in line with expectations and that the board looked to "
    "the rest of the year with confidence. The interim dividend is {h} pence a share, payable on {n} {month}.",
)
SPARSE = (  # templates in which little changes from issue to issue
    "The {town} heat and health service has issued its daily notice for {day} {n} {month}. {a} people were treated for "
    "the effects of heat yesterday, and {b} were kept in overnight.\n\nOlder people, babies and those who live with "
    "long-term illness are most at risk, and everyone is asked to look in on neighbours who live alone. Keep out of "
    "the sun between eleven and three, draw the curtains in rooms that face south, drink water often and avoid "
    "alcohol. "
    "Cars left in the sun become dangerously hot within minutes: never leave a child or an animal in one. Take "
    "medicines as usual, and store those that must be kept cool in the refrigerator.\n\nIf somebody is dizzy, "
    "confused or sick, bring them into the shade, loosen their clothes, cool their skin with water and give them "
    "something to drink. If they are no better within half an hour, or if they lose consciousness, call an ambulance. "
    "Pharmacists can advise on lesser troubles, and the advice line is open day and night. The next notice will be "
    "published tomorrow at noon, and the service thanks all those who are helping to keep the county well.",
    "Blood donors are wanted in {town} on {day} {n} {month}, when the mobile unit calls at {town} school from {a} in "
    "the morning.\n\nAnyone in good health between the ages of seventeen and sixty-five may come, and those who "
    "have given "
    "before may do so for longer. New donors are seen by a nurse, who asks about travel, medicines and earlier "
    "illnesses and takes a drop of blood from a finger. The donation itself lasts about ten minutes; with rest, tea "
    "and a biscuit the visit takes an hour. Nobody should come on an empty stomach, and two glasses of water "
    "beforehand help.\n\nStocks are lowest of the groups that every patient can be given, and the service asks those "
    "who have them not to wait for a letter. Appointments are made on the website or by telephone; those who come "
    "without one are welcome, but may have to wait. Anyone who cannot keep an appointment is asked to say so, that "
    "another may have it. Parking is free, and the unit can be reached with a wheelchair.",
    "Waiting times at the minor injuries unit of {town} hospital were {a} minutes on average in {month}, the board was "
    "told on {day}; {b} patients were seen, of whom {c} were sent on to the emergency department.\n\nThe unit is led "
    "by nurses and treats cuts, burns, bites, sprains and simple fractures. It cannot treat chest pain, "
    "breathlessness, strokes or serious bleeding, for which an ambulance should be called. X-rays are taken until an "
    "hour before closing. Children under the age of one are seen at the emergency department only.\n\nThe chair "
    "thanked the staff for their work in difficult months. Members asked for figures on those who left before they "
    "were seen, which will be brought to the next meeting, and noted that the new waiting room had been well received "
    "by patients and by those who come with them. The minutes are on the board's website.",
)
STATEMENT = (
    "“We understand that the people who use these services are anxious, and we want to assure them that nothing has "
    "been decided. Over the coming weeks we shall listen to patients, to staff and to everybody else who has an "
    "interest in safe and lasting services. What we cannot do is to leave things as they are: rotas that depend on "
    "agency doctors are neither safe nor affordable, and the buildings are at the end of their life. Every view that "
    "reaches us will be weighed before the board is asked to decide,” a spokeswoman said."
)


@dataclass(frozen=True)
class Case:
    """Articles that are archived one after the other: is the last one a duplicate of the first?"""

    name: str
    articles: tuple[Article, ...]
    copy: bool


def article(text: str, title: str | None, outlet: str = "The Fenwick Echo", **more: object) -> Article:
    """Return an article with an id of its own."""
    key = checksum(f"{title}|{outlet}|{text}|{more}")
    made = Article(id=key[:16], text=text, title=title, outlet=outlet, sha256=checksum(text), published="2026-03-05")
    return replace(made, **more)  # type: ignore[arg-type]  # any field


def filled(template: str, rng: random.Random) -> str:
    """Return one issue of a template."""
    town, other = rng.sample(TOWNS, 2)
    who, who2 = rng.sample(PEOPLE, 2)
    numbers = {key: str(rng.choice((rng.randrange(2, 30), rng.randrange(30, 5000)))) for key in "abcdefghijk"}
    return template.format(
        town=town, other=other, who=who, who2=who2, day=rng.choice(DAYS), month=rng.choice(["March", "April", "May"]),
        n=rng.randrange(1, 29), up=rng.choice(["up", "down"]), **numbers,
    )  # fmt: skip


def subbed(text: str, rng: random.Random, every: int, dropped: float, pool: Sequence[str]) -> str:
    """Return a text with one word in ``every`` changed, some sentences dropped, and curly quotes."""
    out = []
    for paragraph in paragraphs(text):
        kept = [s for s in sentences(paragraph) if rng.random() >= dropped]
        row = [rng.choice(pool) if rng.random() < 1 / every else w for s in kept for w in s.split()]
        if row:
            out.append(" ".join(row).replace("'", "’"))
    return "\n\n".join(out)


def passage(text: str, rng: random.Random, share: float) -> str:
    """Return words that follow each other, of at least forty."""
    row = text.split()
    length = max(42, int(len(row) * share) + 2)
    start = rng.randrange(max(len(row) - length, 1))
    return " ".join(row[start : start + length])


def stories() -> list[tuple[str, str]]:
    """Return title and text of each story: four of the shipped passages."""
    book = codebook.load(shipped("codebook.toml"))
    shown = examples.load(shipped("examples.jsonl"), book)[:434]  # as many as when it was first measured
    return [
        (shown[n].title or "", "\n\n".join(one.text for one in shown[n : n + 4])) for n in range(0, len(shown) - 3, 4)
    ]


def cases(seed: int = 7) -> Iterator[Case]:
    """Yield every case of the corpus."""
    rng = random.Random(seed)
    told = stories()
    pool = " ".join(text for _, text in told).split()
    others = [f"{a} {b}" for a in TOWNS for b in ("Post", "Mail")]
    for number, (title, text) in enumerate(told):
        full = article(text, title)
        head = f"{rng.choice(PEOPLE)} on what {rng.choice(TOWNS)} must do next"
        outlet = rng.choice(others)

        def pair(name: str, second: Article, first: Article = full, *, copy: bool = True, turned: bool = False) -> Case:
            both = (second, first) if turned else (first, second)
            return Case(name, both, copy)

        once = rng.random() < 0.5  # which of the two is archived first
        yield pair("wire copy, subbed lightly", article(subbed(text, rng, 60, 0.05, pool), head, outlet))
        yield pair("wire copy, cut by a quarter", article(subbed(text, rng, 80, 0.25, pool), head, outlet))
        yield pair("the same with furniture", article(f"{text}\n\n{FURNITURE}", title, outlet))
        yield pair("one figure corrected", article(re.sub(r"\d+", "77", text, count=1), title, url="https://x.example"))
        short = article(" ".join(text.split()[: rng.randrange(180, 320)]), head, outlet)
        yield pair("shortened print", short, turned=once)
        cut = article(passage(text, rng, rng.uniform(0.15, 0.5)), head, outlet, kind="clipping")
        yield pair("clipping", cut, turned=once)
        rough = article(subbed(passage(text, rng, 0.2), rng, 45, 0, pool), None, outlet)
        yield pair("passage without a title, subbed", rough, turned=once)
        stub = article(" ".join(text.split()[:35]) + "\n\n" + PAYWALL, title, outlet, partial=True)
        yield pair("stub and paywall", stub, turned=once)

        # -- look-alikes ----------------------------------------------------------------------------------
        _, text2 = told[(number + 1) % len(told)]
        half, half2 = (" ".join(t.split()[:260]) for t in (text, text2))
        quoting, quoting2 = (
            article(f"{t}\n\n{STATEMENT}", h, o)
            for t, h, o in ((half, title, full.outlet or ""), (half2, head, outlet))
        )
        yield pair("one statement in two stories", quoting2, quoting, copy=False)
        yield pair("a statement, and a story that quotes it", quoting2, article(STATEMENT, title), copy=False)
        background = "\n\n".join(paragraphs(text)[-3:])
        follow = article(f"{half2}\n\n{background}", head)
        yield pair("follow-up with three old paragraphs", follow, copy=False)
        briefs = [" ".join(t.split()[:60]) for t in (text, text2, told[(number + 2) % len(told)][1])]
        shown = tuple(article(f"{b}\n\n{FURNITURE}", f"Brief {n} of the week's news") for n, b in enumerate(briefs))
        yield Case("short briefs over the same furniture", shown, False)
        pieces = [" ".join(told[(number + n) % len(told)][1].split()[:70]) for n in range(6)]
        item = article(pieces[0], title)
        yield pair("an item and a round-up", article("\n\n".join(pieces), "The week in brief"), item, copy=False)
        template = TEMPLATES[number % len(TEMPLATES)]
        title1 = template.split("{")[1].split("}")[1].strip()[:40]
        issue, issue2 = (article(filled(template, rng), title1 if once else h, fetched="") for h in (title, head))
        issue2 = replace(issue2, published="2026-03-12")
        yield pair("two issues of one template", issue2, issue, copy=False)
        issues = [article(filled(SPARSE[number % 3], rng), h, o) for h, o in ((title, ""), (title, ""), (head, outlet))]
        yield pair("two issues, little changed, one title and outlet", issues[1], issues[0], copy=False)
        yield pair("two issues, little changed", issues[2], issues[0], copy=False)
        notes = [article(f"{' '.join(b.split()[:16])}\n\n{FURNITURE}", f"Note {b[:12]}") for b in briefs]
        yield Case("two notes over more furniture", tuple(notes[:2]), False)
        yield Case("three notes over more furniture", tuple(notes), False)
        column = replace(article(half2, title), published="2026-03-19")
        yield pair("one title, two texts", column, copy=False)


def tied(case: Case) -> bool:
    """Whether the last article of a case is found to be a duplicate, by way of the index."""
    index = Likeness()
    known: dict[str, Article] = {}
    finder = Finder(index, known.get)
    found = [finder.tied(one) for one in case.articles]
    index.close()
    return found[-1].duplicate_of is not None


def quality() -> None:
    """Print how many of each kind are tied."""
    counts: dict[str, list[bool]] = {}
    truth: dict[str, bool] = {}
    for case in cases():
        truth[case.name] = case.copy
        counts.setdefault(case.name, []).append(tied(case))
    print("| pair | is one story | pairs | tied |\n| --- | --- | ---: | ---: |")
    for name, found in counts.items():
        print(f"| {name} | {'yes' if truth[name] else 'no'} | {len(found)} | {sum(found)} |")
    right = sum(sum(found) for name, found in counts.items() if truth[name])
    wrong = sum(sum(found) for name, found in counts.items() if not truth[name])
    there = sum(len(found) for name, found in counts.items() if truth[name])
    print(f"\nprecision {right / (right + wrong):.3f}, recall {right / there:.3f}")


class _Growing:
    """Stands for the catalogue of a large archive; the articles are made when they are read."""

    generation = "bench"

    def __init__(self, count: int) -> None:
        self._rng = np.random.default_rng(5)
        shown = " ".join(text for _, text in stories()).split()
        self._sayings = [" ".join(shown[n : n + 6]) for n in range(len(shown) - 6)]
        syllables = ["ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "du", "fe", "ga"]
        self._words = np.array(["".join(four) for four in itertools.product(syllables, repeat=4)])
        odds = 1 / np.arange(1, len(self._words) + 1)
        self._odds = np.cumsum(odds / odds.sum())
        self.count = count

    def text(self) -> str:
        """Return a text of some 600 words: a fifth of them in rows that other texts have too, the rest by Zipf."""
        row = self._words[np.searchsorted(self._odds, self._rng.random(480))].tolist()
        for place in self._rng.integers(0, 480, 20).tolist():
            row[place] += " " + self._sayings[place * 97 % len(self._sayings)]
        return " ".join(row) + "\n\n" + FURNITURE

    def changed_since(self, seq: int) -> list[Change]:
        """Return the articles that are new."""
        return [
            Change(Entry(f"{n:016x}", 1, "article", None, f"{n + 1:064x}", Place("", n, 0)), None, n + 1)
            for n in range(seq, self.count)
        ]

    def read(self, place: Place) -> Article:
        """Return an article."""
        return Article(id=f"{place.offset:016x}", title=f"Story number {place.offset} of many", text=self.text())


def timed(what: Callable[[], object], times: int) -> float:
    """Return the median milliseconds of a call."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def cost(most: int) -> None:
    """Print what the index costs as it grows."""
    folder = Path(tempfile.mkdtemp())
    catalogue = _Growing(0)
    making = timed(catalogue.text, 200)
    text = catalogue.text()
    print(f"a sketch of {len(text.split())} words: {timed(lambda: Sketch(text).prints, 200):.2f} ms\n")
    print("| articles | bytes an article | first time, ms an article | look-up, ms | ten more, ms an article |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    before = 0
    for count in (most // 10, most // 3, most):
        index = Likeness(folder)
        catalogue.count = count
        began = time.perf_counter()
        index.catch_up(catalogue, catalogue.read)
        each = (time.perf_counter() - began) * 1000 / (count - before) - making
        drawn = iter([Sketch(catalogue.text()) for _ in range(200)])
        look = timed(lambda: index.candidates(next(drawn), "A title of its own"), 200)  # noqa: B023

        def ten() -> None:
            catalogue.count += 10
            index.catch_up(catalogue, catalogue.read)  # noqa: B023

        more = timed(ten, 20) / 10 - making
        before = catalogue.count
        index.close()
        size = sum(p.stat().st_size for p in folder.iterdir()) / before
        print(f"| {count} | {size:.0f} | {each:.2f} | {look:.1f} | {more:.2f} |", flush=True)
    shutil.rmtree(folder)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=0)
    wanted = parser.parse_args().articles
    if wanted:
        cost(wanted)
    else:
        quality()


if __name__ == "__main__":
    main()
