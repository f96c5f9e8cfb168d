"""Make whole projects with large archives of made-up news, to measure with: the same lines for the same arguments.

The words follow Zipf's law: function words in about the proportions of English, words of health policy and
collocations on ranks of their own, and below them some hundred thousand words made of syllables. The lines are what
clipper writes: articles in a file for each month in which they were fetched, with copies, clippings and the pages
that these were cut from, and tags. Articles on a theme hold more of its words than others.

    python bench/archives.py DIR --articles 100000 [--words 600] [--seed 1]
"""

from __future__ import annotations

import argparse
import calendar
import json
import os
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np

from clipper.checksums import article_id, checksum
from clipper.coding import codebook
from clipper.models import Article, Tagging, to_line
from clipper.places import shipped

FIRST, LAST = (2008, 1), (2026, 10)  # the months in which articles were fetched
MADE = 300_000  # words below the common ones
CHUNK = 1000  # articles that are made at a time: the lines depend on it

_S = 1.07  # the exponent of Zipf's law
_RANK, _RANKS = 60, 5000  # between which ranks the words of health policy stand
_FINE = 1 << 24  # into how many parts chance is cut
_PLAIN, _CAPITAL, _COMMA, _STOP, _PARAGRAPH, _END = range(6)
_FORMS = ("{} ", "{} ", "{}, ", "{}. ", "{}.\n\n", "{}.")
_THEMES_EACH = (0.35, 0.30, 0.20, 0.10, 0.05)  # the part of articles that carry no theme, one, two …
_COPIES, _CLIPPINGS, _PER_PAGE = 0.03, 0.02, 20
_NO_DATE, _ONLY_YEAR, _ONLY_MONTH = 0.01, 0.02, 0.04  # each up to its own bound
_OUTLETS, _AUTHORS, _SOURCES = 200, 2000, 30
_MODEL = "lr-0a1b2c3d4e5f"

# The commonest words, each with its share of all words in hundredths; ``_`` stands for a space.
_COMMON = """
the 5.6 of 2.7 to 2.5 and 2.5 in 1.9 a 2.1 that 1.0 is 0.95 for 0.95 on 0.7 it 0.75 be 0.6 with 0.65 as 0.62 was 0.7
by 0.55 at 0.5 he 0.45 have 0.45 has 0.38 are 0.5 from 0.42 said 0.42 not 0.4 this 0.38 will 0.36 but 0.4 an 0.33
they 0.33 his 0.28 or 0.28 who 0.28 their 0.27 were 0.27 had 0.3 been 0.27 which 0.3 more 0.24 we 0.28 would 0.24
one 0.2 there 0.2 its 0.22 up 0.17 when 0.17 about 0.17 all 0.17 can 0.17 out 0.16 her 0.16 she 0.17 if 0.15 what 0.14
than 0.15 so 0.14 other 0.11 people 0.14 new 0.14 also 0.12 after 0.13 into 0.12 two 0.11 over 0.11 could 0.11
time 0.11 year 0.11 some 0.11 them 0.11 no 0.12 only 0.1 last 0.1 first 0.1 years 0.1 now 0.1 just 0.09 most 0.09
many 0.08 any 0.08 being 0.08 before 0.08 between 0.07 because 0.08 do 0.1 I 0.2 you 0.15 our 0.1 such 0.06
through 0.07 those 0.06 these 0.06 under 0.06 where 0.06 while 0.06 should 0.06 how 0.07 then 0.05 may 0.06
against 0.05 during 0.05 still 0.05 both 0.05 since 0.05 even 0.05 of_the 0.4 in_the 0.3 to_the 0.14 on_the 0.1
for_the 0.1 at_the 0.07 and_the 0.07 by_the 0.06 with_the 0.05 one_of_the 0.03 as_well_as 0.02 the_end_of_the 0.008
health 0.42 NHS 0.4 care 0.25 hospital 0.15 patients 0.2 government 0.12 services 0.12 service 0.1 public 0.08
trust 0.1 staff 0.1 England 0.07 private 0.06 minister 0.05
"""

# Words of health policy, the commonest first; ``contractor/s`` stands for both forms.
_POLICY = """
contract/s/ed/ing minister/s doctor/s nurse/s nursing patient funding fund/s/ed waiting_list/s budget/s pressure/s
commissioning commissioner/s contractor/s provider/s private_sector privatisation privatised tender/s/ed/ing
prime_contractor/s secretary hospital/s clinic/s clinical surgery surgeries surgeon/s cancer treatment/s emergency
ambulance/s board/s council/s councillor/s union/s strike/s campaign/ers reform/s review/s report/s/ed decision/s
consultation/s closure/s close/d unit/s ward/s bed/s deficit/s saving/s cut/s cost/s spending billion million
social_care integrated_care mental_health primary_care general_practice waiting_time/s public_health health_secretary
foundation_trust/s prime_minister local_authority local_authorities clinical_commissioning_group/s department
outsourcing outsourced procurement bidder/s bid/s bidding award/ed company companies firm/s profit/s shareholder/s
investor/s equity subsidiary independent_sector competition market/s choice quality safety regulator/s inspection/s
inspector/s inspectorate improvement/s performance target/s standard/s outcome/s outcomes-based payment/s tariff/s
incentive/s indicator/s integration integrated partnership/s pathway/s system/s organisation/s organisational
reorganisation restructuring merger/s merged fragmentation fragmented coordination cooperation accountable
accountability governance chief_executive/s director/s manager/s management leadership chair/man chairwoman spokesman
spokeswoman consultant/s physician/s therapist/s midwife midwives paramedic/s pharmacist/s pharmacy pharmacies
dentist/s dental optician/s carer/s volunteer/s workforce workload vacancy vacancies recruitment retention agency
agencies locum/s pension/s pay salary salaries wage/s junior_doctor/s training student/s graduate/s shortage/s burnout
sickness overtime rota/s admission/s discharge/d delay/s/ed referral/s referred appointment/s operation/s operating
theatre/s outpatient/s inpatient/s accident casualty trolley/s corridor/s winter crisis flu infection/s vaccine/s
vaccination pandemic epidemic screening diagnosis diagnostic/s scan/s scanner/s laboratory laboratories pathology
radiology maternity paediatric geriatric elderly dementia diabetes asthma stroke cardiac orthopaedic hip/s knee/s
cataract/s eye/s dermatology musculoskeletal physiotherapy hospice/s palliative community_services
community_hospital/s cottage_hospital/s nursing_home/s care_home/s residential homecare domiciliary eligibility
means-tested charge/s fee/s prescription/s medicine/s drug/s device/s equipment estate/s building/s repair/s
maintenance backlog debt/s loan/s bailout insolvency administration administrator/s collapse/d terminate/d termination
penalty penalties breach/es failure/s failing special_measures whistleblower/s inquiry inquiries inquest/s coroner
negligence complaint/s compensation apology apologise/d scandal/s transparency transparent confidential
freedom_of_information disclosure minutes audit/s auditor/s watchdog ombudsman parliament parliamentary committee/s
backbencher/s legislation bill/s act amendment/s regulation/s statutory guidance white_paper green_paper manifesto
election/s coalition opposition devolution devolved region/s regional county district borough/s rural urban deprived
deprivation inequality inequalities poverty housing obesity smoking tobacco alcohol sugar prevention preventive
wellbeing lifestyle cohort evaluation evidence research researcher/s university universities study studies trial/s
analysis analyst/s statistics figure/s percentage increase/s decrease/s trend/s forecast/s estimate/s projection/s
shortfall/s surplus efficiency productivity innovation technology digital data record/s software hardware telephone
telehealth video app/s website/s supplier/s supply logistics catering cleaning laundry portering security transport
parking private_patient/s insurance insurer/s premium/s voucher/s co-payment/s top-up/s charity charities voluntary
social_enterprise/s mutual/s cooperative trade_union/s ballot/s picket/s protest/s petition/s demonstration/s
judicial_review court/s judge/s lawyer/s solicitor/s ruling/s appeal/s tribunal/s claim/s privatization organization
Whitehall Westminster Treasury Downing_Street London Manchester Birmingham Leeds Bristol Cambridge Cornwall Yorkshire
Scotland Wales Stevenage Staffordshire Peterborough
"""

# What makes tokens hard: money and numbers, hyphens, apostrophes straight and curly, accents.
_MIXED = """
£120m £3.5bn 1,200 £800m £1.2bn £10m £5m £250,000 £1.5m 10,000 2.5 60% 18 24 2012 2014 2015 1948 30-day £22bn 111 999
95% doctor's doctor’s patients' patients’ nurse’s trust's trust’s government's government’s isn't isn’t don't don’t
it's it’s long-term short-term prime-contractor co-operation co-ordination re-tender re-tendered part-time full-time
cost-cutting front-line waiting-list for-profit not-for-profit A&E GP GPs GP’s CCG CCGs PFI Covid-19 follow-up
decision-making high-risk multi-disciplinary five-year hard-working O’Brien café naïve rôle façade Zoë €40m $2bn 3.5bn
4-hour four-hour 1.4m 7,500
"""

# Which words an article on a theme holds more of.
_THEME_WORDS = {
    "privatisation": "privatisation privatised outsourcing shareholder/s profit/s private_sector company equity",
    "fragmentation": "fragmentation fragmented coordination provider/s system/s restructuring",
    "prime-contractor": "prime_contractor/s prime-contractor contractor/s supplier/s contract",
    "outcomes-based": "outcomes-based outcome/s payment/s incentive/s indicator/s",
    "integrated-care": "integrated_care integration partnership/s pathway/s social_care",
    "procurement": "procurement tender/s/ed/ing bidder/s bid/s award/ed £120m",
    "contract-failure": "collapse/d termination penalty breach/es failure/s insolvency contract/s",
    "destabilisation": "deficit/s income hospital/s debt/s bailout foundation_trust/s",
    "service-closure": "closure/s close/d ward/s bed/s campaign/ers maternity consultation/s",
    "funding": "funding budget/s spending £3.5bn billion shortfall/s Treasury cut/s",
    "workforce": "workforce nurse/s vacancy vacancies recruitment shortage/s pay junior_doctor/s",
    "private-patients": "private_patient/s fee/s insurance insurer/s income premium/s",
    "access": "waiting_list/s waiting_time/s referral/s appointment/s delay/s rationing",
    "commissioning-reform": "commissioning commissioner/s reform/s legislation clinical_commissioning_group/s bill",
}

# What all other words are made of, and the ends of newspapers' names.
_ONSETS = "b br c cl d dr f fl g gr h j k l m n p pl qu r s sk st t tr v w z"
_VOWELS, _CODAS = "a e i o u ai ea oo", ("", "", *"lmnrkp", "nd", "lt")
_PLACES = "ham bury ford ton wick by stead mouth"
_KINDS = "Courier Gazette Post Herald Echo Chronicle Journal News Observer Review"


@dataclass(frozen=True)
class Vocabulary:
    """Words, the rarest last. ``draws`` holds each one's number as often as its share of all words says."""

    words: tuple[str, ...]
    draws: np.ndarray
    numbers: dict[str, int]


def _spelled_out(row: str) -> list[str]:
    """Return the words of a list, each once."""
    found: dict[str, None] = {}
    for entry in row.split():
        stem, *endings = entry.replace("_", " ").split("/")
        found.update(dict.fromkeys([stem, *(stem + ending for ending in endings)]))
    return list(found)


def _made_words(lot: np.random.Generator, count: int, taken: set[str]) -> list[str]:
    """Return so many words made of syllables, short ones first, none twice and none of those taken."""
    syllables = np.array(["".join(parts) for parts in product(_ONSETS.split(), _VOWELS.split(), _CODAS)], dtype=object)
    found: dict[str, None] = {}
    while len(found) < count:
        long = 3 if len(found) > count // 15 else 2
        drawn = syllables[lot.integers(0, len(syllables), (20_000, long))].sum(axis=1)
        found.update((word, None) for word in drawn.tolist() if word not in taken)
    return list(found)[:count]


@cache
def vocabulary() -> Vocabulary:
    """Return the words of all archives; they do not depend on the seed."""
    listed = _COMMON.split()
    common = [word.replace("_", " ") for word in listed[::2]]
    given = np.array(listed[1::2], dtype=float) / 100
    special = [word for word in _spelled_out(_POLICY) if word not in common]
    mixed = [word for word in _spelled_out(_MIXED) if word not in common]
    lot = np.random.default_rng(20)
    for word in mixed:  # among the others, so that some are common and some are not
        special.insert(int(lot.integers(20, len(special))), word)
    special = list(dict.fromkeys(special))
    # The further down, the wider apart.
    steps = np.linspace(0, 1, len(special)) ** 1.5 * (_RANKS - _RANK - len(special))
    at = set((steps.astype(int) + np.arange(len(special))).tolist())
    made, waiting = iter(_made_words(lot, MADE, {*common, *special})), iter(special)
    rest = [next(waiting) if number in at else next(made) for number in range(MADE)]
    zipf = np.arange(_RANK, _RANK + MADE, dtype=float) ** -_S
    shares = np.concatenate([given, zipf / zipf.sum() * (1 - given.sum())])
    words = (*common, *rest)
    edges = np.round(np.concatenate([[0.0], np.cumsum(shares)]) / shares.sum() * _FINE).astype(np.int64)
    draws = np.repeat(np.arange(len(words), dtype=np.int32), np.diff(edges))
    return Vocabulary(words, draws, {word: number for number, word in enumerate(words)})


def names() -> tuple[list[str], list[str]]:
    """Return the names of the newspapers and of the people who write for them, made of syllables."""
    made = [word.capitalize() for word in _made_words(np.random.default_rng(21), _OUTLETS + 2 * _AUTHORS, set())]
    places, kinds = _PLACES.split(), _KINDS.split()
    papers = [
        f"{'The ' if n % 3 else ''}{made[n]}{places[n % 8]} {kinds[n % 10]}{' & Argus' if n % 17 == 5 else ''}"
        for n in range(_OUTLETS)
    ]
    accents = str.maketrans({"e": "é", "o": "ö"})
    people = []
    for n in range(_AUTHORS):
        first, last = made[_OUTLETS + n], made[_OUTLETS + _AUTHORS + n]
        people.append(f"{first} {'O’' if n % 23 == 7 else ''}{last.translate(accents) if n % 19 == 3 else last}")
    return papers, people


def months(articles: int) -> list[tuple[int, int, int]]:
    """Return each month as year, month and how many articles were fetched in it: three times as many at the end."""
    every = [(y, m) for y in range(FIRST[0], LAST[0] + 1) for m in range(1, 13) if FIRST <= (y, m) <= LAST]
    edges = np.concatenate([[0.0], np.cumsum(np.linspace(1, 3, len(every)))])
    counts = np.diff(np.round(edges / edges[-1] * articles).astype(int))
    return [(*month, int(count)) for month, count in zip(every, counts, strict=True)]


class _Maker:
    """What a process needs to make articles: words in every form, names, and the codebook's themes."""

    def __init__(self, words: int, seed: int, book: Path) -> None:
        self.length, self.seed = words, seed
        self.words = vocabulary()
        self.forms = [
            form.format(word[:1].upper() + word[1:] if number == _CAPITAL else word)
            for number, form in enumerate(_FORMS)
            for word in self.words.words
        ]
        loaded = codebook.load(book)
        self.mark, self.themes = loaded.mark, [theme.key for theme in loaded.themes]
        numbers = self.words.numbers
        groups = [
            [numbers[word] for word in _spelled_out(_THEME_WORDS.get(key, "health")) if word in numbers]
            for key in self.themes
        ]
        width = max(map(len, groups))
        self.theme_words = np.array([[group[n % len(group)] for n in range(width)] for group in groups])
        self.weights = np.linspace(2.0, 0.6, len(self.themes))
        self.thresholds = np.round(np.linspace(0.35, 0.5, len(self.themes)), 4).tolist()
        self.outlets, self.authors = names()
        self.hosts = [f"www.{'-'.join(name.lower().replace('& ', '').split())}.example" for name in self.outlets]
        zipf = 1 / np.arange(1, _OUTLETS + 1)
        self.outlet_shares = zipf / zipf.sum()

    def _tokens(self, lot: np.random.Generator, owner: np.ndarray, themes: _Themes, part: float) -> np.ndarray:
        """Return words by their numbers. For a part of them, words of a theme that their article carries stand in."""
        tokens = self.words.draws[lot.integers(0, _FINE, len(owner))]
        at = np.flatnonzero((lot.random(len(tokens), dtype=np.float32) < part) & (themes.each[owner] > 0))
        mine = owner[at]
        theme = themes.order[mine, (lot.random(len(at)) * themes.each[mine]).astype(int)]
        tokens[at] = self.theme_words[theme, lot.integers(0, self.theme_words.shape[1], len(at))]
        return tokens

    def texts(self, lot: np.random.Generator, themes: _Themes) -> list[list[str]]:
        """Return the sentences' words of each article, with the marks and spaces that follow them."""
        count = len(themes.each)
        lengths = np.clip(np.exp(lot.normal(np.log(self.length), 0.5, count)), 30, 8 * self.length)
        sentences = np.maximum(1, np.round(lengths / 19)).astype(np.int64)
        sizes = lot.integers(8, 31, int(sentences.sum()))
        ends, last = np.cumsum(sizes), np.cumsum(sentences) - 1
        owner = np.repeat(np.arange(count), sentences)
        tokens = self._tokens(lot, np.repeat(owner, sizes), themes, 0.008)
        form = np.where(lot.random(len(tokens), dtype=np.float32) < 0.05, _COMMA, _PLAIN)
        form[ends - sizes] = _CAPITAL
        place = np.arange(len(sizes)) - (last - sentences + 1)[owner]
        form[ends - 1] = np.where(place % 4 == 3, _PARAGRAPH, _STOP)
        form[ends[last] - 1] = _END
        spelled = list(map(self.forms.__getitem__, (form * len(self.words.words) + tokens).tolist()))
        return [spelled[start:end] for start, end in pairwise([0, *ends[last].tolist()])]

    def titles(self, lot: np.random.Generator, themes: _Themes) -> list[str]:
        """Return the headline of each article, which holds more of its themes' words than the text does."""
        sizes = lot.integers(6, 13, len(themes.each))
        tokens = self._tokens(lot, np.repeat(np.arange(len(sizes)), sizes), themes, 0.08)
        words = list(map(self.words.words.__getitem__, tokens.tolist()))
        lines = (" ".join(words[start:end]) for start, end in pairwise([0, *np.cumsum(sizes).tolist()]))
        return [line[:1].upper() + line[1:] for line in lines]

    def tags(self, lot: np.random.Generator, themes: _Themes) -> list[dict[str, Any]]:
        """Return of each article's tagging what the themes say: the tags, best first, and the scores."""
        size = themes.order.shape
        low, high = np.round(0.3 * lot.random(size) ** 3, 4), np.round(0.55 + 0.44 * lot.random(size), 4)
        found = []
        for each, order, small, large in zip(
            themes.each.tolist(), themes.order.tolist(), low.tolist(), high.tolist(), strict=True
        ):
            carried = sorted(order[:each], key=lambda theme: -large[theme])
            for theme in carried:
                small[theme] = large[theme]
            tags = [
                {"theme": self.themes[n], "probability": small[n], "threshold": self.thresholds[n]} for n in carried
            ]
            found.append({"tags": tags, "scores": dict(zip(self.themes, small, strict=True))})
        return found

    def records(
        self, lot: np.random.Generator, year: int, month: int, span: tuple[float, float], count: int
    ) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Return so many articles of a month, of which ``span`` is the part, with their tags, as they were fetched.

        Pages of clippings are among them; they have no tags.
        """
        long = calendar.monthrange(year, month)[1] * 86400
        moments = np.sort(lot.integers(int(span[0] * long), max(int(span[1] * long), 1), count)).tolist()
        themes = _Themes.drawn(lot, count, self.weights)
        texts, titles, tags = self.texts(lot, themes), self.titles(lot, themes), self.tags(lot, themes)
        outlets = lot.choice(_OUTLETS, count, p=self.outlet_shares).tolist()
        people, chance = lot.integers(0, _AUTHORS, (count, 2)).tolist(), lot.random((count, 4)).tolist()
        found: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
        originals: list[int] = []
        page, on_page = "", _PER_PAGE
        for number, second in enumerate(moments):
            words, outlet, (kind, dated, copied, which) = texts[number], outlets[number], chance[number]
            day = f"{year}-{month:02}-{second // 86400 + 1:02}"
            fetched = f"{day}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z"
            by = [self.authors[one] for one in people[number][: 2 if which < 0.1 else 1 if which < 0.85 else 0]]
            published: str | None = day
            if dated < _ONLY_MONTH:
                published = None if dated < _NO_DATE else day[:4] if dated < _ONLY_YEAR else day[:7]
            url: str | None = f"https://{self.hosts[outlet]}/{day.replace('-', '/')}/{int(which * 1e9):09}{second:07}"
            source, extractor = f"source-{outlet % _SOURCES + 1:02}", "trafilatura 2.3.1"
            what, part_of, original = "article", None, None
            if kind < _CLIPPINGS:
                url, by, source, extractor = None, [], "clippings", "clipper layout 1"
                words = words[: max(40, len(words) // 6)]
                if on_page == _PER_PAGE and number + 1 < count:  # first the page that the next ones are cut from
                    what, on_page = "page", 0
                    titles[number] = f"Cuttings of {day}, sheet {number}"
                elif page:
                    what, part_of, on_page = "clipping", page, on_page + 1
            elif copied < _COPIES and originals:
                first = originals[int(which * len(originals))]
                original = found[first][0]["id"]
                titles[number], tags[number] = titles[first], tags[first]
                words = [*words[:12], *texts[first][: max(40, len(texts[first]) - 30)]]
            else:
                originals.append(number)
            text = "".join(words).rstrip(" \n,")
            title, name = titles[number], self.outlets[outlet]
            paper = None if what == "page" else name
            identity = article_id(
                canonical=url, outlet=paper, published=published, title=title, text=text,
                kind="clipping" if what == "clipping" else "article",
            )  # fmt: skip
            if what == "page":
                page = identity
            article = {
                "id": identity, "revision": 1, "kind": what, "url": url, "canonical": url, "guid": url, "title": title,
                "outlet": paper, "authors": by, "published": published, "fetched": fetched,
                "language": "en", "text": text, "excerpt": text[:120].rpartition(" ")[0] if which > 0.5 else None,
                "categories": ["Health"] if which < 0.3 else [], "source": source, "part_of": part_of,
                "duplicate_of": original, "partial": which > 0.985, "sha256": checksum(text), "warc": None,
                "extractor": extractor, "schema": 1,
            }  # fmt: skip
            tagging = {
                "article": identity, "revision": 1, **tags[number], "model": _MODEL, "codebook": self.mark,
                "tagged": fetched, "schema": 1,
            }  # fmt: skip
            found.append((article, None if what == "page" else tagging))
        return found


@dataclass(frozen=True)
class _Themes:
    """How many themes each article carries, and the order in which they are taken."""

    each: np.ndarray
    order: np.ndarray

    @classmethod
    def drawn(cls, lot: np.random.Generator, count: int, weights: np.ndarray) -> _Themes:
        """Draw themes for so many articles, the heavier ones more often."""
        order = np.argsort(-(lot.random((count, len(weights))) ** (1 / weights)), axis=1)
        return cls(lot.choice(len(_THEMES_EACH), count, p=_THEMES_EACH), order)


_maker: _Maker | None = None


def _begin(words: int, seed: int, book: Path) -> None:
    global _maker  # one for each process: it takes seconds to make
    _maker = _Maker(words, seed, book)


def _line(record: dict[str, Any]) -> str:
    """Return a record as ``to_line`` does, without its search for line ends that no made-up text holds."""
    return json.dumps(record, ensure_ascii=False, separators=(", ", ": "))


def _write_month(year: int, month: int, count: int, articles: Path, tags: Path) -> int:
    """Write the articles of one month and their tags; return how many bytes of articles."""
    assert _maker is not None
    with (
        articles.open("w", encoding="utf-8", newline="\n") as file,
        tags.open("w", encoding="utf-8", newline="\n") as beside,
    ):
        for done in range(0, count, CHUNK):
            some = min(CHUNK, count - done)
            lot = np.random.default_rng([_maker.seed, year, month, done])
            made = _maker.records(lot, year, month, (done / count, (done + some) / count), some)
            for number, (article, tagging) in enumerate(made):
                line = _line(article)
                file.write(line + "\n")
                if tagging is not None:
                    beside.write(_line(tagging) + "\n")
                if number == 0 and tagging is not None:  # the lines are what clipper itself would write
                    assert to_line(Article.from_json(article).to_json()) == line
                    assert to_line(Tagging.from_json(tagging).to_json()) == _line(tagging)
    return articles.stat().st_size


def begin(folder: Path) -> Path:
    """Make a project without articles, as ``clipper init`` does but with sources of its own; return its archive."""
    archive = folder / "data" / "archive"
    (archive / "articles").mkdir(parents=True)
    head = shipped("config.toml").read_text("utf-8").partition("\n[[source]]")[0]
    sources = "".join(
        f'\n[[source]]\nname = "source-{n:02}"\nurl = "https://feeds.example/{n:02}.xml"\n'
        for n in range(1, _SOURCES + 1)
    )
    (folder / "config.toml").write_text(head + sources, "utf-8")
    (folder / "data" / "codebook.toml").write_bytes(shipped("codebook.toml").read_bytes())
    return archive


def make(folder: Path, articles: int, *, words: int = 600, seed: int = 1) -> int:
    """Make a project with an archive of so many articles in a new folder; return how many bytes of articles.

    Raises FileExistsError where there is a project already.
    """
    archive = begin(folder)
    parts = archive / "parts"
    parts.mkdir()
    book = folder / "data" / "codebook.toml"
    with ProcessPoolExecutor(os.cpu_count(), initializer=_begin, initargs=(words, seed, book)) as pool:
        waiting, pieces = [], []
        for year, month, count in months(articles):
            if count:
                name = f"{year}-{month:02}.jsonl"
                pieces.append(parts / name)
                waiting.append(pool.submit(_write_month, year, month, count, archive / "articles" / name, parts / name))
        size = sum(one.result() for one in waiting)
    with (archive / "tags.jsonl").open("wb") as whole:
        for piece in pieces:
            with piece.open("rb") as part:
                shutil.copyfileobj(part, whole, 1 << 20)
            piece.unlink()
    parts.rmdir()
    return size


def news(folder: Path, count: int) -> list[Article]:
    """Return articles that a project made here does not have yet, fetched after all of its own."""
    global _maker  # as above
    year, month = (LAST[0], LAST[1] + 1)
    there = folder / "data" / "archive" / "articles" / f"{year}-{month:02}.jsonl"
    _maker = _maker or _Maker(600, 1, folder / "data" / "codebook.toml")
    lot = np.random.default_rng([2, there.stat().st_size if there.exists() else 0])
    return [Article.from_json(article) for article, _ in _maker.records(lot, year, month, (0.0, 1.0), count)]


def main() -> None:
    """Make one archive and tell how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=600, help="the median of an article")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    start = time.perf_counter()
    try:
        size = make(given.folder, given.articles, words=given.words, seed=given.seed)
    except FileExistsError:
        raise SystemExit(f"{given.folder}: there is a project already") from None
    print(f"{given.articles:,} articles, {size / 1e6:,.0f} MB, in {time.perf_counter() - start:.0f} seconds")


if __name__ == "__main__":
    main()
