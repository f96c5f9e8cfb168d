"""Small bar charts of months, as plain numbers that a template draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clipper.publish.site.views import Bar, Chart
from clipper.wording import counted, human_date

_STEP, _GAP, _HEIGHT = 6.0, 1.0, 40
_LEAST = 0.75  # units of height: what there is can be seen


def months_up_to(last: str, number: int) -> list[str]:
    """Return so many months (2014-11), the oldest first, of which ``last`` is the last."""
    year, month = int(last[:4]), int(last[5:7])
    at = max(year * 12 + month - 1, number)
    return [f"{one // 12:04}-{one % 12 + 1:02}" for one in range(at - number + 1, at + 1)]


def of_months(counts: Mapping[str, int], months: Sequence[str], what: str) -> Chart:
    """Return a chart of how many articles there are in each month; ``what`` they are on goes into its words."""
    most = max((counts.get(month, 0) for month in months), default=0)
    bars = []
    for at, month in enumerate(months):
        if number := counts.get(month, 0):
            height = round(max(number / most * _HEIGHT, _LEAST), 2)
            title = f"{human_date(month)}: {counted(number, 'article')}"
            bars.append(Bar(round(at * _STEP, 2), round(_HEIGHT - height, 2), _STEP - _GAP, height, title))
    total = sum(counts.get(month, 0) for month in months)
    peak = next((month for month in months if counts.get(month, 0) == most), None)
    words = f"{what}: {counted(total, 'article')} from {human_date(months[0])} to {human_date(months[-1])}"
    if peak and most:
        words += f", the most in {human_date(peak)} ({most})"
    return Chart(int(len(months) * _STEP), _HEIGHT, bars, words)
