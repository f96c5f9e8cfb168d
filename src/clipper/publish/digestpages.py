"""A digest as Markdown, as plain text and as a page in HTML, piece by piece as it is read.

The layouts are such that ``clipper add`` finds every item in them again: by the marks that ``clipper.digestform``
names, and, where these got lost, by the rules for anybody's page of clippings.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from clipper.digestform import (
    ALSO_IN,
    GENERATOR,
    KEPT_SPACE,
    MARKDOWN_MARK,
    TEXT_FORM,
    TEXT_MARK,
    ending,
    markdown,
    markdown_paragraph,
    wrapped,
)
from clipper.publish.digest import Copy, Digest, Elsewhere, Shown, made_on
from clipper.publish.templating import environment, render
from clipper.text import shorten

_IN_ANGLES = str.maketrans({"<": "%3C", ">": "%3E", '"': "%22", "\\": "%5C", "`": "%60"})  # no URL has them bare
_LONGEST_HOST = 60
_TOGETHER = 45  # columns


def as_markdown(digest: Digest) -> Iterator[str]:
    """Yield a digest in Markdown."""
    lead = "\n\n".join(map(markdown_paragraph, [*digest.lead(), *_counts(digest)]))
    yield f"{MARKDOWN_MARK}\n\n# {markdown(digest.title)}\n\n{lead}\n"
    level = "##"
    if digest.group_by:
        level = "###"
    for group in digest.shown_groups():
        if digest.group_by:
            yield f"\n## {markdown(group.name)}\n\n{markdown_paragraph(group.said(digest.week) + '.')}\n"
        rows = [f"- {_markdown_heading(one)}, under *{markdown(one.under)}*" for one in digest.elsewhere(group)]
        if rows:
            yield "\n" + "\n".join(rows) + "\n"
        for item in digest.shown(group):
            yield f"\n{level} {_markdown_heading(item)}\n" + "".join(f"\n{part}\n" for part in _markdown_parts(item))
    yield f"\n---\n\n{TEXT_MARK} on {made_on(digest.about.moment)}.\n"


def _markdown_heading(item: Shown | Elsewhere) -> str:
    return f"{markdown(item.heading)} {ending(_escaped(item.outlet), item.published)}"


def _markdown_parts(item: Shown) -> Iterator[str]:
    if item.authors:
        yield f"*{markdown(_by(item.authors))}*"
    yield from map(markdown_paragraph, item.paragraphs)
    if item.link:
        yield f"<{item.link.translate(_IN_ANGLES)}>"
    if item.copies:
        yield f"**{ALSO_IN}**"
        yield "\n".join(map(_markdown_copy, item.copies))


def _markdown_copy(copy: Copy) -> str:
    where = ending(_escaped(copy.outlet), copy.published)
    if copy.link:
        link = copy.link.translate(_IN_ANGLES)
        where = f"([{where[1:-1]}]({f'<{link}>' if '(' in link or ')' in link else link}))"
    return f"- {markdown(copy.heading)} {where}"


def _escaped(outlet: str | None) -> str | None:
    return markdown(outlet, outlet=True) if outlet else None


# -- plain text ---------------------------------------------------------------------------------------------------


def as_text(digest: Digest) -> Iterator[str]:
    """Yield a digest in plain text: two blank lines stand before every heading, one between paragraphs."""
    yield f"{_underlined(digest.title, '=')}\n"
    for line in [*digest.lead(), *_counts(digest)]:
        yield f"\n{wrapped(line)}\n"
    for group in digest.shown_groups():
        if digest.group_by:
            yield f"\n\n{_underlined(group.name, '-')}\n\n{wrapped(group.said(digest.week) + '.')}\n"
        rows = [wrapped(f"{_heading(one)}, under {one.under}", "- ", "  ") for one in digest.elsewhere(group)]
        if rows:
            yield "\n" + "\n".join(rows) + "\n"
        for item in digest.shown(group):
            yield f"\n\n{wrapped(_heading(item))}\n" + "".join(_text_parts(item))
    # Its first line ends in a space too: where that is gone, all such spaces are.
    yield f"\n\n{TEXT_MARK} on {made_on(digest.about.moment)}. \n{TEXT_FORM}\n"


def _underlined(title: str, sign: str) -> str:
    lines = wrapped(title)
    return f"{lines}\n{sign * min(max(3, *map(len, lines.splitlines())), 76)}"


def _heading(item: Shown | Elsewhere | Copy) -> str:
    where = ending(item.outlet, item.published)
    # Outlet and date stay in one line where there is room for them.
    return f"{item.heading} {where.replace(' ', KEPT_SPACE) if len(where) <= _TOGETHER else where}"


def _text_parts(item: Shown) -> Iterator[str]:
    if item.authors:
        yield f"{wrapped(_by(item.authors))}\n"
    for paragraph in item.paragraphs:
        yield f"\n{wrapped(paragraph)}\n"
    if item.link:
        yield f"\n<{item.link.translate(_IN_ANGLES)}>\n"
    if item.copies:
        yield f"\n{ALSO_IN}\n"
        for copy in item.copies:
            yield f"{wrapped(_heading(copy), '- ', '  ')}\n"
            if copy.link:
                yield f"  <{copy.link.translate(_IN_ANGLES)}>\n"


def _by(authors: Sequence[str]) -> str:
    """Return a line of authors; semicolons divide names of which one holds a comma or an *and*."""
    if any("," in name or " and " in name for name in authors):
        return f"By {'; '.join(authors)}{';' if len(authors) == 1 else ''}"
    return f"By {', '.join(authors[:-1])} and {authors[-1]}" if len(authors) > 1 else f"By {authors[0]}"


def _counts(digest: Digest) -> list[str]:
    """Return the line that tells how much stands under each heading."""
    groups = [group for group in digest.shown_groups() if group.name]
    if len(groups) < 2:
        return []
    numbers = (f"{group.name} ({len(group.entries) + len(group.elsewhere):,})" for group in groups)
    return [f"By {digest.group_by}: {', '.join(numbers)}"]


# -- HTML ---------------------------------------------------------------------------------------------------------


@cache
def _style() -> Markup:
    return Markup(environment().get_template("digest/style.css").render())  # our own file


def _policy() -> str:
    """Return what a browser may do with the page: show it, with the one style that is in it."""
    checksum = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{checksum}'; base-uri 'none'; form-action 'none'"


def as_html(digest: Digest) -> Iterator[str]:
    """Yield a digest as a page in HTML that needs no other file."""
    groups = digest.shown_groups()
    yield render(
        "digest/head.html", title=digest.title, lead=digest.lead(), groups=[group for group in groups if group.name],
        by=digest.group_by, generator=GENERATOR, style=_style(), policy=_policy(),
    )  # fmt: skip
    for number, group in enumerate(groups, 1):
        if digest.group_by:
            yield render(
                "digest/group.html", number=number, name=group.name, said=group.said(digest.week),
                elsewhere=digest.elsewhere(group), ending=_where,
            )  # fmt: skip
        for item in digest.shown(group):
            yield render("digest/item.html", item=item, level=3 if digest.group_by else 2, where=_where, host=_host,
                         also_in=ALSO_IN)  # fmt: skip
        if digest.group_by:
            yield "</section>\n"
    yield render("digest/foot.html", said=f"{TEXT_MARK} on {made_on(digest.about.moment)}.")


def _where(item: Shown | Elsewhere | Copy) -> Markup:
    """Return outlet and date in brackets, each marked as what it is."""
    said = ending(None, item.published)[1:-1]
    day = Markup('<time datetime="{}">{}</time>').format(item.published, said) if item.published else escape(said)
    outlet = Markup('<span class="outlet">{}</span>: ').format(item.outlet) if item.outlet else Markup()
    return Markup('<span class="where">({}{})</span>').format(outlet, day)


def _host(link: str) -> str:
    """Return the site that a link leads to, as people call it."""
    return shorten((urlsplit(link).hostname or link).removeprefix("www."), _LONGEST_HOST)
