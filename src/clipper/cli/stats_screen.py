"""How counts are laid out on a terminal: tables, bars and strips that fit its width, in letters that it has."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, TypeVar

from clipper.cli.columns import cells, wrapped
from clipper.cli.output import data, on_terminal, width
from clipper.cli.stats_text import (
    alone,
    encodes,
    ends,
    few,
    first_and_last,
    in_steps,
    is_incomplete,
    many,
    months_or_years,
    pad,
    percent,
    percent_of_both,
    points,
    share_with_interval,
    short_share,
    sign,
    silences,
    sources_there,
)
from clipper.text import printable
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.publish.stats.coverage import Covered
    from clipper.publish.stats.intervals import Change, Share
    from clipper.publish.stats.report import Report
    from clipper.publish.stats.tables import Table
    from clipper.publish.stats.together import Together
    from clipper.publish.stats.trends import Trend

_Letters = tuple[str, str, str, str]  # levels, nothing, bars, up and down
_BLOCKS: _Letters = ("▁▂▃▄▅▆▇█", "·", "▇", "↑↓")
_ASCII: _Letters = (":-=+*%#@", ".", "#", "^v")
_LONGEST = 24  # columns of a name
_NARROW = 64  # columns below which intervals and dates are left out
_WIDE = 104  # columns from which on a share has its interval beside it
_BAR = 30  # columns of the longest bar
_ROWS = 12  # of outlets and sources in an overview
_TIME = ("month", "year")
_T = TypeVar("_T")


class Screen:
    """Prints a report. ``limit`` is how many rows a table has, None for all; an overview has some of each."""

    def __init__(self, limit: int | None = None, *, columns: int | None = None, encoding: str | None = None) -> None:
        self._limit = limit
        self._width = columns or width()
        self._narrow = self._width < _NARROW
        self._longest = 12 if self._narrow else _LONGEST
        self._letters: _Letters = _BLOCKS if encodes(_BLOCKS, encoding or sys.stdout.encoding) else _ASCII

    # -- what there is ----------------------------------------------------------------------------------------

    def put(self, report: Report, *, overview: bool) -> None:
        """Print all that a report holds, what there is before what it says."""
        self._head(report)
        if overview:
            self._in_time(report)
            self._themes(report.themes, report)
        for table in report.tables:
            self._table(table, _ROWS if overview and self._limit is None else self._limit, report)
        if report.covered and not overview:
            self._coverage(report)
        if report.rising is not None:
            self._terms(report)
        if report.together is not None:
            self._together(report.together)
        data("")
        for note in report.notes:
            for number, line in enumerate(self._wrap(note, "  ")):
                data(line if number else f"- {line[2:]}")

    def _head(self, report: Report) -> None:
        from clipper.publish.stats.months import labels

        articles, sources = many(report.stories, "article"), many(report.sources, "source")
        months = labels(report.when.months) if report.when.months else ""
        if report.narrowed:  # months and sources are those of all articles, with which the matches are compared
            match = "matches" if report.stories == 1 else "match"
            self._say(f"{articles} {match} · among those of {f'{months} from ' if months else ''}{sources}", "")
        else:
            self._say(" · ".join(filter(None, (articles, months, sources))), "")

    def _in_time(self, report: Report) -> None:
        months = report.when.months
        if not months:
            return
        data("")
        room = self._width - 20
        counts = [report.matches.months.get(month, 0) for month in months]
        sources = [report.units.get(month, 0) for month in months]
        data(f"{'articles a month':<18}{self._strip(counts, room)}")
        if report.trend:
            shares = report.trend.months
            data(f"{'share of all':<18}{self._share_strip([shares[month] for month in months], room)}")
        data(f"{'sources there':<18}{self._strip(sources, room)}")
        data(f"{sign(len(months), room, 'month'):<18}{self._axis(months, room)}")
        if report.trend and report.trend.whole.value is not None:
            whole = report.trend
            change = self._change(whole.change)
            data("")
            for line in self._wrap(
                f"{whole.whole.n:,} of {whole.whole.of:,} articles match, {share_with_interval(whole.whole)}"
                + (f"; change {change} points" if change else "")
            ):
                data(line)

    # -- themes -----------------------------------------------------------------------------------------------

    def _themes(self, themes: Sequence[Trend], report: Report) -> None:
        shown = themes if self._limit is None else sorted(themes, key=lambda one: -one.whole.n)[: self._limit]
        if not shown:
            return
        changes = [self._change(one.change) for one in shown]
        name = max(cells("theme"), *(min(cells(one.key), self._longest) for one in shown))
        share: Callable[[Share], str] = share_with_interval if self._width >= _WIDE else short_share
        shares = [share(one.whole) for one in shown]
        of_n, of_share = max(len(f"{one.whole.n:,}") for one in shown), max(5, *map(len, shares))
        of_change = max(len("change"), *map(len, changes)) if report.compared else 0
        room = max(self._width - name - of_n - of_share - of_change - 8, 6)
        months = report.when.months
        step = ceil(len(months) / room) if months else 1
        used = min(room, max(ceil(len(months) / step), len("over time"))) if months else len("over time")
        data("")
        head = f"{pad('theme', name)}  {'n':>{of_n}}  {'share':>{of_share}}  {pad('over time', used)}"
        data((head + (f"  {'change':>{of_change}}" if report.compared else "")).rstrip())
        for one, said, change in zip(shown, shares, changes, strict=True):
            strip = self._share_strip([one.months[month] for month in months], room)
            strip = pad(strip, used, squeeze=False)  # a blank is a time without articles
            line = f"{pad(one.key, name)}  {one.whole.n:>{of_n},}  {said:>{of_share}}  {strip}"
            data((line + (f"  {change:>{of_change}}" if report.compared else "")).rstrip())
        if months:
            self._below("", name + of_n + of_share + 6, self._axis(months, room))
        self._legend(themes, step)

    def _legend(self, themes: Sequence[Trend], step: int) -> None:
        said = [f"each strip to its own most; a sign is {counted(step, 'month')}, a blank one without articles"]
        if any(one.change for one in themes):
            up, down = tuple(self._letters[3])
            said.append(f"change in points [95% interval], {up}{down} where it is beyond chance")
        self._say("; ".join(said))

    def _change(self, change: Change | None) -> str:
        if change is None or change.value is None or change.low is None or change.high is None:
            return ""
        up, down = tuple(self._letters[3])
        mark = (up if change.value > 0 else down) if change.clear else "*" if few(change) else " "
        if self._narrow:
            return f"{points(change.value)}{mark}"
        return f"{points(change.value)} [{points(change.low)} to {points(change.high)}]{mark}"

    # -- counts by something ------------------------------------------------------------------------------------

    def _table(self, table: Table, limit: int | None, report: Report) -> None:
        data("")
        if len(table.by) == 2 and table.by[1] not in _TIME:
            self._matrix_of(table, limit)
            return
        if len(table.by) == 2:
            self._rows_in_time(table, limit)
        else:
            self._single(table, limit, report)

    def _single(self, table: Table, limit: int | None, report: Report) -> None:
        rows = [row for row in table.rows if row.share.n or table.by[0] in _TIME]
        in_time = table.by[0] in _TIME
        shown = rows if limit is None else rows[-limit:] if in_time else rows[:limit]
        names = [row.keys[0] + "~" * is_incomplete(row.keys[0], report) for row in shown]
        heading = table.by[0] + " (each record)" * table.each_copy
        name = min(max(map(cells, [heading, *names])), max(self._longest, self._width // 2 - 4))
        figures = max((len(f"{row.share.n:,}") for row in shown), default=1)
        # A month's share of all months says nothing; of all that was there in this month it does.
        said = short_share if self._narrow else share_with_interval
        shares = ["" if in_time and not table.of_each else said(row.share) for row in shown]
        of_share = max(map(len, shares), default=0)
        head = "" if not of_share else "share of all in it" if table.of_each else "share [95%]"
        head = head[:5] if self._narrow else head
        of_share = max(of_share, len(head))
        there = [sources_there(row.keys[0], report) for row in shown] if in_time else []
        of_there = len("sources") + 2 if in_time else 0
        bars = max(min(_BAR, self._width - name - figures - of_share - of_there - 6), 4)
        most = max((row.share.n for row in shown), default=1) or 1
        sources = "  sources" * in_time
        data(f"{pad(heading, name)}  {'n':>{figures}}{sources}  {head:<{of_share}}".rstrip())
        for number, (row, share, key) in enumerate(zip(shown, shares, names, strict=True)):
            bar = self._letters[2] * max(round(bars * row.share.n / most), 1 if row.share.n else 0)
            beside = f"  {there[number]:>7}" if in_time else ""
            shared = f"  {share:<{of_share}}" if of_share else ""
            data(f"{pad(key, name)}  {row.share.n:>{figures},}{beside}{shared}  {bar}".rstrip())
        if len(shown) < len(rows):
            self._say(f"and {len(rows) - len(shown):,} more (-n)")
        if any(one.endswith("~") for one in names):
            data("  ~ not complete")

    def _rows_in_time(self, table: Table, limit: int | None) -> None:
        found: dict[str, dict[str, int]] = {}
        for row in table.rows:
            found.setdefault(row.keys[0], {})[row.keys[1]] = row.share.n
        shown = list(found)[: limit or None]
        times = [one for one in table.values(1) if one.replace("-", "").isdigit()]
        name = max(cells(table.by[0]), *(min(cells(one), self._longest) for one in shown))
        totals = {one: sum(found[one].values()) for one in shown}
        figures = max(len(f"{n:,}") for n in totals.values())
        room = self._width - name - figures - 6
        all_times = months_or_years(times, table.by[1])
        self._head_of(f"{pad(table.by[0], name)}  {'n':>{figures}}  by {table.by[1]}, each to its own most")
        for one in shown:
            strip = self._strip([found[one].get(time, 0) for time in all_times], room)
            data(f"{pad(one, name)}  {totals[one]:>{figures},}  {strip}".rstrip())
        if all_times:
            axis = ends(all_times[0], all_times[-1], len(all_times), room)
            self._below(sign(len(all_times), room, table.by[1]), name + figures + 4, axis)
        if len(shown) < len(found):
            self._say(f"and {len(found) - len(shown):,} more (-n)")

    def _matrix_of(self, table: Table, limit: int | None) -> None:
        found = {row.keys: row.share.n for row in table.rows}
        totals: dict[str, int] = {}
        for (_, second), n in found.items():
            totals[second] = totals.get(second, 0) + n
        rows = list(dict.fromkeys(row.keys[0] for row in table.rows))
        columns = sorted(totals, key=lambda one: (-totals[one], one))
        room = max((self._width - self._longest - 2) // (max(len(f"{max(found.values()):,}"), 3) + 1), 1)
        shown, across = rows[: limit or None], columns[:room]
        heading = " by ".join(table.by) + (" (each record)" if table.each_copy else "")
        self._matrix(heading, shown, across, lambda row, column: f"{found.get((row, column), 0):,}")
        rows_more, columns_more = len(rows) - len(shown), len(columns) - len(across)
        more = [
            f"{rows_more:,} more rows (-n)" if rows_more else "",
            f"{columns_more:,} more columns (--csv has all)" if columns_more else "",
        ]
        if any(more):
            self._say(f"and {', '.join(filter(None, more))}")

    def _matrix(
        self, heading: str, rows: Sequence[str], columns: Sequence[str], cell: Callable[[str, str], str]
    ) -> None:
        """Print a table of two kinds; the columns are numbers, which are told below where they are no rows."""
        texts = {(row, column): cell(row, column) for row in rows for column in columns}
        same = list(rows) == list(columns)
        names = {row: f"{number} {row}" if same else row for number, row in enumerate(rows, 1)}
        size = max([2, len(str(len(columns))), *map(len, texts.values())])
        name = min(max(map(cells, [heading, *names.values()])), max(self._width - (size + 1) * len(columns), 10))
        data(pad(heading, name) + "".join(f" {number:>{size}}" for number in range(1, len(columns) + 1)))
        for row in rows:
            data(pad(names[row], name) + "".join(f" {texts[row, column]:>{size}}" for column in columns))
        if not same:
            self._say("; ".join(f"{number} {column}" for number, column in enumerate(columns, 1)))

    # -- coverage -----------------------------------------------------------------------------------------------

    def _coverage(self, report: Report) -> None:
        months = report.when.months
        shown = report.covered[: self._limit or None]
        name = max(cells("source"), *(min(cells(str(one.unit)), self._longest) for one in shown))
        figures = max(2, *(len(f"{one.counts.total:,}") for one in shown))
        dates = 0 if self._narrow else 18
        room = max(self._width - name - figures - dates - 6, 10)
        data("")
        head = "" if self._narrow else f"  {'first':<7}  {'last':<7}"
        self._head_of(f"{pad('source', name)}  {'n':>{figures}}{head}  each to its own most")
        for one in shown:
            when = "" if self._narrow else "  ".join(["", *first_and_last(one)])
            strip = self._covered(one, months, room)
            data(f"{pad(str(one.unit), name)}  {one.counts.total:>{figures},}{when}  {strip}".rstrip())
            if said := silences(one):
                self._say(said, "    ")
        if months:
            self._below(sign(len(months), room, "month"), name + figures + dates + 4, self._axis(months, room))
        nothing = self._letters[1]
        self._say(f"{nothing} nothing between what came before and after; ! every fetch failed")
        if len(shown) < len(report.covered):
            self._say(f"and {len(report.covered) - len(shown):,} more (-n)")

    def _covered(self, one: Covered, months: range, room: int) -> str:
        counts = [one.counts.months.get(month, 0) for month in months]
        step = ceil(len(months) / room) if months else 1
        drawn = list(self._strip(counts, room))
        for place in range(len(drawn)):
            some = months[place * step : (place + 1) * step]
            if not any(one.counts.months.get(month) for month in some):
                inside = one.first is not None and one.last is not None and one.first < some[0] <= one.last
                drawn[place] = "!" if one.failed.intersection(some) else self._letters[1] if inside else " "
        return "".join(drawn)

    # -- terms, and themes together -----------------------------------------------------------------------------

    def _terms(self, report: Report) -> None:
        rising = report.rising
        if rising is None:
            return
        data("")
        if not rising.last or not rising.before:
            data("Terms that rise: there is nothing to compare.")
            return
        read = f"{rising.last:,} articles of the last period with {rising.before:,} of the one before"
        some = f", drawn at random from {rising.all_last:,} and {rising.all_before:,}" if rising.sampled else ""
        for line in self._wrap(f"Terms that rise: {many(rising.tested, 'term')} tested, {read}{some}."):
            data(line)
        if not rising.terms:
            data("  None rose beyond chance.")
            return
        data("")
        rows = [
            (
                one.text,
                f"{one.last:,} ({percent(one.last, rising.last)})",
                f"{one.before:,} ({percent(one.before, rising.before)})",
                "new" if one.odds is None else f"{one.odds:.1f} times",
                f"{one.rose} of {one.sources}",
            )
            for one in rising.terms
        ]
        self._columns(("term", "last", "before", "odds", "rose in sources"), rows)

    def _together(self, found: Together) -> None:
        data("")
        themes = found.themes
        if len(themes) < 2:
            data("Fewer than two themes are in these articles.")
            return
        room = max((self._width - 12) // 4, 2)
        shown = sorted(themes, key=lambda one: -alone(found, one))[: self._limit or None]
        shown = [one for one in themes if one in shown][:room]
        said = "Of the articles with the theme of a row, those with the column's as well, in %"
        for line in self._wrap(f"{said} (of {many(found.of, 'article')}):"):
            data(line)
        self._matrix("theme", shown, shown, lambda row, column: percent_of_both(found.pairs.get((row, column))))
        if len(shown) < len(themes):
            self._say(f"and {len(themes) - len(shown):,} more themes (--csv has all)")
        strongest = [pair for pair in found.strongest if pair.n or not pair.few][: self._limit or 10]
        data("")
        rows = [
            (
                f"{pair.theme} + {pair.other}",
                f"{pair.n:,}",
                f"{pair.expected:,.0f}" if pair.expected >= 10 else f"{pair.expected:.1f}",
                "–" if pair.lift is None else f"{pair.lift:.1f}{'*' if pair.few else ''}",
                f"{pair.phi:+.2f}" if pair.phi is not None else "–",
            )
            for pair in strongest
        ]
        self._columns(("together, beyond chance", "both", "by chance", "times", "phi"), rows)
        if any(pair.few for pair in strongest):
            data("  * too few to say")

    def _columns(self, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        sizes = [max(cells(row[i]) for row in [head, *rows]) for i in range(len(head))]
        while len(sizes) > 2 and self._width - sum(sizes[1:]) - 2 * (len(sizes) - 1) < 12:
            sizes.pop()  # what is told last is what matters least
        first = min(sizes[0], max(self._width - sum(sizes[1:]) - 2 * (len(sizes) - 1), 12))
        for row in [head, *rows]:
            rest = zip(row[1:], sizes[1:], strict=False)
            data(pad(row[0], first) + "".join(f"  {one:>{size}}" for one, size in rest))

    def _head_of(self, text: str) -> None:
        data(pad(text, self._width, squeeze=False).rstrip() if cells(text) > self._width else text)

    def _say(self, text: str, indent: str = "  ") -> None:
        for line in self._wrap(text, indent):
            data(line)

    def _wrap(self, text: str, indent: str = "") -> list[str]:
        """Return the lines of a text: wrapped on a terminal by the columns that it takes, whole in a pipe."""
        line = printable(" ".join(text.split()))
        if not on_terminal():
            return [indent + line]
        return [indent + line[start:end] for start, end in wrapped(line, self._width - len(indent))]

    @staticmethod
    def _below(said: str, indent: int, axis: str) -> None:
        """Print what stands under strips: what one sign is, before their axis or, where there is no room, below it."""
        beside = len(said) < indent
        data(f"{said if beside else '':<{indent}}{axis}".rstrip())
        if not beside:
            data(f"  {said}")

    # -- strips ---------------------------------------------------------------------------------------------------

    def _strip(self, counts: Sequence[int], room: int) -> str:
        """Return counts as a row of blocks, several in one where there is not room for each."""
        step = ceil(len(counts) / room) if counts else 1
        means = [sum(some) / len(some) for some in in_steps(counts, step)]
        return self._drawn([*means])

    def _share_strip(self, shares: Sequence[Share], room: int) -> str:
        step = ceil(len(shares) / room) if shares else 1
        values: list[float | None] = []
        for some in in_steps(shares, step):
            of = sum(one.of for one in some)
            values.append(sum(one.n for one in some) / of if of else None)
        return self._drawn(values)

    def _drawn(self, values: Sequence[float | None]) -> str:
        blocks, nothing = self._letters[0], self._letters[1]
        most = max((value for value in values if value), default=0)
        return "".join(
            " " if value is None else nothing if not value else blocks[min(int(len(blocks) * value / most), 7)]
            for value in values
        )

    def _axis(self, months: range, room: int) -> str:
        from clipper.publish.stats.months import label

        return ends(label(months[0]), label(months[-1]), len(months), room)
