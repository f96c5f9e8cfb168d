"""The front page: what is newest, and the trend of each theme against all that was collected."""

from __future__ import annotations

from collections.abc import Mapping

from clipper.publish.site import addresses, charts
from clipper.publish.site.lists import MONTHS
from clipper.publish.site.state import State
from clipper.publish.site.views import Front, Link, Row, Trend
from clipper.wording import human_date

SHOWN = 12  # articles: the themes stand below them
YEAR = 12  # months that are compared with those before


def chart_months(state: State) -> list[str]:
    """Return the months that charts show: up to that in which the newest article was fetched, whatever today is.

    Where nothing was published in these, as with old cuttings, they end with the last in which something was.
    """
    last = state.newest_fetched()[:7]
    months = charts.months_up_to(last, MONTHS) if len(last) == 7 and addresses.day(last) else []
    dated = [month for month in state.by_month("months") if len(month) == 7]
    if months and dated and max(dated) < months[0]:
        return charts.months_up_to(max(dated), MONTHS)
    return months


def front(state: State, rows: list[Row], outlets: int, themes: Mapping[str, str]) -> Front:
    """Return the front page.

    Trends are shares of all articles of the same months: a new source brings more of every theme.
    """
    months = chart_months(state)
    everything = state.by_month("months")
    dated = [month for month in everything if month]
    trends = []
    for key, name in themes.items():
        counts = state.by_month(f"themes/{key}")
        recent, share = _share(counts, everything, months[-YEAR:])
        before, share_before = _share(counts, everything, months[-2 * YEAR : -YEAR])
        if months:
            link = Link(name, addresses.overview(f"themes/{key}"), sum(counts.values()))
            trends.append(Trend(link, recent, before, share, share_before, charts.of_months(counts, months, name)))
    return Front(
        articles=state.count(),
        outlets=outlets,
        as_of=human_date(state.newest_fetched()[:10] or None),
        first=human_date(dated[0]) if dated else "",
        last=human_date(dated[-1]) if dated else "",
        newest=rows,
        trends=trends,
        months=charts.of_months(everything, months, "All articles") if months else None,
    )


def _share(counts: Mapping[str, int], everything: Mapping[str, int], months: list[str]) -> tuple[int, str]:
    number = sum(counts.get(month, 0) for month in months)
    of = sum(everything.get(month, 0) for month in months)
    return number, f"{100 * number / of:.1f}%" if of else "–"
