"""What ``clipper evaluate`` shows: tables that fit 80 columns, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from clipper.cli.output import data, width, wrap
from clipper.coding.verdicts import ADJUDICATOR
from clipper.text import shorten
from clipper.wording import counted, shown_title

if TYPE_CHECKING:
    from clipper.archive.catalogue import Catalogue
    from clipper.coding.agreement import Disagreement, RoundAgreement, ThemeAgreement
    from clipper.coding.evaluation import Coded, Report, RoundReport
    from clipper.coding.metrics import Bin, Calibration, Neighbour, Score, Scores
    from clipper.coding.resampling import Interval

_LONGEST_KEY = 28  # a longer one has a line of its own
_NONE = "–"
_AT_ONCE = 3  # bins of the calibration told on one line
_MEANS = ("macro", "micro")
_NEIGHBOURS = 8
_CODERS_BESIDE = 3  # with more, their counts have a table of their own

Row = tuple[str, ...]


# -- how good the tags are --------------------------------------------------------------------------------


def show_report(report: Report, title: str, notes: list[str]) -> None:
    """Print how good the tags are on one set of passages; ``notes`` say how far the figures reach."""
    evaluation = report.evaluation
    data(title)
    for note in [*notes, f"Cross-validated; ranges are {evaluation.level:.0%} intervals, n those that have the theme."]:
        _lines(note)
    data("")
    rows = [(t.theme, str(t.support), *_cells(t)) for t in evaluation.themes]
    means = [(name, "", *_cells(getattr(evaluation, name))) for name in _MEANS]
    _table(("theme", "n", "precision", "recall", "F1 [low–high]", "AP"), rows, means)
    if report.untaught:
        _lines(f"Never tagged, for too few examples: {', '.join(report.untaught)}.")
    data("")
    _show_calibration(evaluation.calibration)
    if report.neighbours:
        data("")
        data("Taken for one another most often:")
        for pair in report.neighbours[:_NEIGHBOURS]:
            _lines(_neighbour(pair), "  ")


def warnings(coded: Coded | None) -> list[str]:
    """Return how far figures reach: those of the starter set (None), or of people's labels."""
    if coded is None:
        return ["Passages written and chosen to teach, not drawn at random: the figures do not describe the archive."]
    found = []
    if coded.chosen:
        found.append(
            f"{coded.chosen} of {counted(len(coded.examples), 'article')} "
            f"{'was' if coded.chosen == 1 else 'were'} chosen, not drawn at random: the figures do not describe the "
            "archive."
        )
    if coded.disputed:
        found.append(f"Left out: {counted(coded.disputed, 'disputed label')}, until somebody adjudicates.")
    if coded.stale:
        found.append(f"Left out: {counted(coded.stale, 'label')} on texts that have changed since.")
    return found


def _cells(scores: Scores) -> Row:
    f1 = _value(scores.f1.value) + _range(scores.f1.interval)
    return _value(scores.precision.value), _value(scores.recall.value), f1, _value(scores.average_precision.value)


def _show_calibration(found: Calibration) -> None:
    if found.error is None or found.brier is None:
        return
    _lines(f"Calibration error {found.error:.3f}, Brier score {found.brier:.3f}, of {found.n:,} probabilities:")
    rows = [
        (f"{b.low:.1f} to {b.high:.1f}", f"{b.n:,}", f"{b.probability:.0%}", f"{b.share:.0%}")
        for b in _coarser(found.bins)
    ]
    _table(("probability", "how many", "on average", "came true"), rows, [], "  ")


def _coarser(bins: tuple[Bin, ...]) -> list[Bin]:
    """Return the bins of a calibration, three in one: fifteen lines tell a reader no more than five."""
    from clipper.coding.metrics import BINS, Bin

    groups: dict[int, list[Bin]] = {}
    for one in bins:
        groups.setdefault(round(one.low * BINS) // _AT_ONCE, []).append(one)
    found = []
    for place, some in groups.items():
        n = sum(b.n for b in some)
        found.append(
            Bin(
                low=place * _AT_ONCE / BINS,
                high=(place + 1) * _AT_ONCE / BINS,
                n=n,
                probability=sum(b.n * b.probability for b in some) / n,
                share=sum(b.n * b.share for b in some) / n,
            )
        )
    return found


def _neighbour(pair: Neighbour) -> str:
    if pair.kind == "wrong":
        return f"{pair.theme} given wrongly: {pair.count} of {pair.of} really have {pair.other}"
    return f"{pair.theme} missed: {pair.count} of {pair.of} were wrongly given {pair.other}"


def report_records(part: str, report: Report, coded: Coded | None) -> Iterator[dict[str, Any]]:
    """Yield how good the tags are, one object for each line of the tables. ``theme`` is null in those on all."""
    evaluation = report.evaluation
    random = coded is not None and not coded.chosen
    whole = {"articles": evaluation.articles, "groups": evaluation.groups, "level": evaluation.level, "random": random}
    for theme in evaluation.themes:
        counts = {"judged": theme.judged, "support": theme.support, "given": theme.given}
        yield {"part": part, "theme": theme.theme, "mean": None} | counts | _scores(theme) | whole
    for name in _MEANS:
        nothing = {"judged": None, "support": None, "given": None}
        yield {"part": part, "theme": None, "mean": name} | nothing | _scores(getattr(evaluation, name)) | whole
    calibrations = [(None, evaluation.calibration), *((t.theme, t.calibration) for t in evaluation.themes)]
    for key, found in calibrations:
        bins = [vars(one) for one in found.bins]
        head = {"part": "calibration", "of": part, "theme": key}
        yield head | {"n": found.n, "error": found.error, "brier": found.brier, "bins": bins}
    for pair in report.neighbours:
        names = {"kind": pair.kind, "theme": pair.theme, "other": pair.other}
        yield {"part": "neighbours", "of": part} | names | {"count": pair.count, "out_of": pair.of}


def _scores(scores: Scores) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("precision", "recall", "f1", "average_precision"):
        score: Score = getattr(scores, name)
        found |= _with_ends(name, score.value, score.interval)
    return found


# -- how far coders agree ---------------------------------------------------------------------------------


def show_agreement(together: RoundAgreement, *, chosen: bool) -> None:
    """Print the agreement between coders over all labels."""
    shared = [theme for theme in together.themes if theme.units]
    if not shared:
        data("Agreement: no article was coded by two coders.")
        return
    data(f"Agreement: {counted(together.shared, 'article')} coded by two coders or more")
    if chosen:
        _lines("Not all of them drawn at random, nor all coded blind: a round tells more (--round NAME).")
    _agreement_table(together, shared)


def _agreement_table(together: RoundAgreement, themes: list[ThemeAgreement]) -> None:
    coders = together.coders
    _lines(f"Coders: {', '.join(coders)}; yes: how often each said so, in this order, of what each judged.")
    data("")
    counts = [
        (
            "/".join(str(theme.positives[coder]) for coder in coders),
            "/".join(str(theme.judged[coder]) for coder in coders),
        )
        for theme in themes
    ]
    results = [(_percent(theme.agreement), _value(theme.alpha) + _range(theme.interval)) for theme in themes]
    head = ("agree", "alpha [low–high]")
    keys = [(theme.theme, str(theme.units)) for theme in themes]
    if len(coders) <= _CODERS_BESIDE:
        rows = [key + count + result for key, count, result in zip(keys, counts, results, strict=True)]
        _table(("theme", "n", "yes", "of", *head), rows, [])
    else:
        _table(("theme", "n", *head), [key + result for key, result in zip(keys, results, strict=True)], [])
        data("")
        _table(("theme", "yes", "of"), [(key[0], *count) for key, count in zip(keys, counts, strict=True)], [])


def agreement_records(together: RoundAgreement) -> Iterator[dict[str, Any]]:
    """Yield the agreement over all labels, an object for each theme that two coders judged on one article."""
    for theme in together.themes:
        if theme.units:
            yield {"part": "agreement"} | _agreement(theme)


def _agreement(theme: ThemeAgreement) -> dict[str, Any]:
    counts = {"theme": theme.theme, "units": theme.units, "judged": theme.judged, "positives": theme.positives}
    return counts | {"agreement": theme.agreement} | _with_ends("alpha", theme.alpha, theme.interval)


# -- a round ----------------------------------------------------------------------------------------------


def show_round(found: RoundReport, catalogue: Catalogue) -> None:
    """Print a round of coding: agreement, what is to be settled, and how common each theme is."""
    together = found.agreement
    judged = [theme for theme in together.themes if any(theme.judged.values())]
    some = f"{together.shared} of them coded by two coders or more"
    data(f"Round {found.name}: {counted(together.units, 'article')}, {some}")
    _agreement_table(together, judged)
    data("")
    _show_disagreements(found, catalogue)
    data("")
    _show_prevalences(found)


def _show_disagreements(found: RoundReport, catalogue: Catalogue) -> None:
    if not found.disagreements:
        data(f"Nothing to adjudicate{f'; {found.settled} settled already' if found.settled else ''}.")
        return
    data(f"To adjudicate: {counted(len(found.disagreements), 'disagreement')}; {found.settled} settled already.")
    _lines("The command for a yes is shown; for a no write - in place of +.")
    for one in found.disagreements:
        short, title = _named(one, catalogue)
        data("")
        data(f"{short}  {shorten(title, max(width() - len(short) - 2, 20))}")
        _lines(f"{one.theme}: {', '.join(f'{coder} {_yes(value)}' for coder, value in one.values.items())}", "  ")
        data(f"  {_command(short, one.theme)}")


def _show_prevalences(found: RoundReport) -> None:
    if found.sample is None:
        _lines(
            "No figure that describes the archive can be had from this round: it was not coded on a random sample of "
            "its own."
        )
        return
    sample = found.sample
    of = f"{sample.population:,} articles"
    where = f"that were drawn from: {sample.query}" if sample.query else "of the archive"
    _lines(
        f"How common each theme is among {of} {where}, estimated from {found.coded} random, blind codes "
        f"(of {counted(len(sample.articles), 'article')} drawn):"
    )
    if found.undecided:
        _lines(f"{counted(found.undecided, 'disputed code')} left out, and not at random: adjudicate them first.")
    data("")
    rows = []
    for theme, share in zip(found.agreement.themes, found.prevalences, strict=True):
        if share is not None:
            about = f"{share.share:.1%} [{share.interval.low:.1%}–{share.interval.high:.1%}]"
            rows.append((theme.theme, f"{share.positives}", f"{share.n}", about))
    _table(("theme", "yes", "of", "share [low–high]"), rows, [])


def round_records(found: RoundReport, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield a round, an object for each theme, then for each disagreement that is not settled."""
    shares = found.prevalences or [None] * len(found.agreement.themes)
    sample = found.sample
    for theme, share in zip(found.agreement.themes, shares, strict=True):
        yield (
            {"part": "round", "round": found.name}
            | _agreement(theme)
            | {"random": sample is not None, "coded": share.n if share else None}
            | {"yes": share.positives if share else None, "population": sample.population if sample else None}
            | {"drawn_from": sample.query if sample else None}
            | _with_ends("prevalence", share.share if share else None, share.interval if share else None)
        )
    for one in found.disagreements:
        short, title = _named(one, catalogue)
        yield {
            "part": "disagreement",
            "round": found.name,
            "article": one.unit,
            "title": title,
            "theme": one.theme,
            "values": one.values,
            "settle": _command(short, one.theme),
        }


def _named(one: Disagreement, catalogue: Catalogue) -> tuple[str, str]:
    entry = catalogue.get(one.unit)
    title = shown_title(entry.title, "") if entry else "[no longer in the archive]"
    return catalogue.unique_prefix(one.unit), title.strip()


def _command(short: str, theme: str) -> str:
    return f"clipper label {short} +{theme} --coder {ADJUDICATOR}"


# -- small things -----------------------------------------------------------------------------------------


def _table(head: Row, rows: Sequence[Row], below: Sequence[Row], indent: str = "") -> None:
    """Print rows in columns, the first to the left; those ``below`` after a line."""
    keys = min(max(len(row[0]) for row in [head, *rows, *below]), _LONGEST_KEY)
    widths = [max(len(row[i]) for row in [head, *rows, *below]) for i in range(1, len(head))]

    def line(row: Row) -> None:
        first = row[0]
        if len(first) > keys:
            data(indent + first)
            first = ""
        cells = "  ".join(f"{cell:>{size}}" for cell, size in zip(row[1:], widths, strict=True))
        data(f"{indent}{first:<{keys}}  {cells}".rstrip())

    line(head)
    for row in rows:
        line(row)
    if below:
        data(indent + "-" * (keys + sum(widths) + 2 * len(widths)))
    for row in below:
        line(row)


def _lines(text: str, indent: str = "") -> None:
    for line in wrap(text, indent):
        data(line)


def _value(value: float | None) -> str:
    return _NONE if value is None else f"{value:.2f}"


def _range(interval: Interval | None) -> str:
    return f" [{interval.low:.2f}–{interval.high:.2f}]" if interval else " " * 12


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{value:.0%}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _with_ends(name: str, value: float | None, interval: Interval | None) -> dict[str, float | None]:
    low, high = (interval.low, interval.high) if interval else (None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}
