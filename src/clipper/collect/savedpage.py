"""Where a page that somebody saved had lived: what browsers, mirrors and web archives note in it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from clipper.collect.dates import parse_date
from clipper.identity import same_site, url_key

_LOOKED_AT = 500_000  # characters in which notes are looked for: styles that were saved with a page may come first
_MOST_COMMENTS, _LONGEST_COMMENT = 300, 6000
_LONGEST_URL = 4000

_SAVED_FROM = re.compile(r"saved from(?: url)?\s*[=:]?\s*(?:\(\d{1,8}\))?\s*(\S+)", re.IGNORECASE)
_SINGLE_FILE = re.compile(r"\bSingleFile\b")
_MIRRORED = re.compile(r"mirrored from (\S+) by HTTrack[^,]*(?:,(.{6,60}))?", re.IGNORECASE)
_FIELD = re.compile(r"(url|saved date):(.*)", re.IGNORECASE)
_SAVED_DAY = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d{1,2} \d{4}) ")  # as JavaScript writes a moment

_ELEMENT = re.compile(r"<(?:html|meta|base|input|link)\s[^<>]{1,5000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]{1,60})=(?:"([^"]*)"|'([^']*)'|([^\s"'>]{1,4000}))""")
_WOMBAT = re.compile(r"""__wm\.wombat\(\s*["'](https?:[^"'\s]{4,4000})["']""")
_METAS = ("savepage-url", "savepage-from", "source-url", "scrapbook-source")

_ARCHIVES = re.compile(
    r"https?://(?:(?:web|wayback|liveweb|www)\.archive\.org/(?:web/)?|wayback\.archive-it\.org/(?:\w{1,12}/)?|"
    r"archive\.(?:today|is|ph|md|li|vn|fo)/|(?:www\.)?webarchive\.org\.uk/(?:\w{1,12}/){1,4}|"
    r"webarchive\.nationalarchives\.gov\.uk/(?:ukgwa/)?|webarchive\.parliament\.uk/|arquivo\.pt/wayback/)"
    r"(?:\d{4}[\d.-]{0,20}(?:[a-z]{2}_)?|\*)/(?P<url>.+)",
    re.IGNORECASE,
)
_CACHE = re.compile(
    r"https?://webcache\.googleusercontent\.com/search\?(?:[^#]{0,200}&)?q=cache:(?:[\w-]{8,16}:)?(?P<url>[^+&#]+)",
    re.IGNORECASE,
)
_INDEX = re.compile(r"(?:index|default|home)\.\w{2,5}$", re.IGNORECASE)


@dataclass(frozen=True)
class SavedPage:
    """A page as a file holds it: its bytes, their media type with the charset, where it lived, the day of saving.

    ``saved`` is ``YYYY-MM-DD``: the day on which somebody saved the page, never the day of its publication.
    """

    html: bytes
    content_type: str = "text/html"
    url: str | None = None
    saved: str | None = None


@dataclass(frozen=True)
class Note:
    """What was noted in a page when it was saved: its address, and the day (``YYYY-MM-DD``)."""

    url: str | None = None
    saved: str | None = None


def original_url(url: str) -> str | None:
    """Return the web address that a page had before an archive or a cache kept it; None for what is no web address.

    A file on somebody's disk (``file://``), ``about:`` and ``data:`` are none.
    """
    url = url.strip().replace("-%2D", "--")  # browsers write so what must not end a comment
    for _ in range(3):  # an archive keeps pages of other archives
        if found := _ARCHIVES.match(url):
            url = found["url"]
        elif found := _CACHE.match(url):
            url = unquote(found["url"])
        else:
            break
        url = re.sub(r"^(https?):/(?=[^/])", r"\1://", url, flags=re.IGNORECASE)
        url = url if re.match(r"https?://|[a-z]{3,10}:", url, re.IGNORECASE) else f"http://{url}"
    if not re.match(r"https?://[^\s/?#]", url, re.IGNORECASE) or len(url) > _LONGEST_URL:
        return None
    if re.search(r"[\s<>\"\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", url):
        return None
    try:
        return url if urlsplit(url).hostname else None
    except ValueError:
        return None


def saved_note(page: str) -> Note:
    """Return what was noted in a page's HTML when it was saved.

    Heard in this order: browsers' and mirrors' comments, the elements that extensions add, a web archive's banner,
    the page's ``base``. What stands first is the last that was written: a page may have been saved twice.
    """
    head = page[:_LOOKED_AT]
    url, saved = None, None
    for comment in _comments(head):
        noted = _noted(comment)
        url, saved = url or noted.url, saved or noted.saved
        if url:
            return Note(url, saved)
    attributes = [dict(_attributes(found[0])) for found in _ELEMENT.finditer(head)]
    if found := _WOMBAT.search(head):
        url = original_url(found[1])
    return Note(_added(attributes) or url or _based(attributes), saved)


def saved_from(page: str) -> str | None:
    """Return the address that a page's HTML says that it was saved from, None where it says none."""
    return saved_note(page).url


def address(saved: str | None, canonical: str | None) -> str | None:
    """Return which of two addresses is a saved page's own: where it was saved from, or its canonical link.

    The canonical link wins on the site that the page was saved from: it is what the paper calls the article,
    without what a reader's way there added. A link to a front page names no article, and one to another site may
    be a stranger's: there the address that it was saved from wins.
    """
    canonical = original_url(canonical) if canonical else None
    if canonical and is_front(canonical):
        canonical = None
    if not saved:
        return canonical
    return canonical if canonical and same_site(saved, canonical) else saved


def is_front(url: str) -> bool:
    """Whether an address is a site's front page: a host alone."""
    return not re.search(r"[/?]", url_key(url))


def _comments(head: str) -> Iterator[str]:
    """Return the comments of a page, each up to a length that notes have."""
    at = 0
    for _ in range(_MOST_COMMENTS):
        start = head.find("<!--", at)
        if start < 0:
            return
        end = head.find("-->", start)
        if end < 0:
            return
        yield head[start + 4 : min(end, start + 4 + _LONGEST_COMMENT)]
        at = end + 3


def _noted(comment: str) -> Note:
    if found := _MIRRORED.search(comment):
        host = found[1]
        url = host if re.match(r"https?://", host, re.IGNORECASE) else f"http://{host}"
        return Note(original_url(url), parse_date((found[2] or "").strip()))
    if _SINGLE_FILE.search(comment):
        said: dict[str, str] = {}
        for line in comment.splitlines():
            if found := _FIELD.match(line.strip()):
                said.setdefault(found[1].lower(), found[2].strip())
        moment = said.get("saved date", "")[:60]
        day = _SAVED_DAY.match(moment)
        return Note(original_url(said.get("url", "")), parse_date(day[1] if day else moment))
    found = _SAVED_FROM.match(comment.strip())
    return Note(original_url(found[1])) if found else Note()


def _attributes(element: str) -> Iterator[tuple[str, str]]:
    yield "", element[1:5].lower()
    for found in _ATTRIBUTE.finditer(element):
        yield found[1].lower(), html.unescape(found[2] or found[3] or found[4] or "").strip()


def _added(attributes: list[dict[str, str]]) -> str | None:
    """Return the address in what WebScrapBook, Save Page WE, Evernote or an archive's banner added to a page."""
    for said in attributes:
        url = said.get("data-scrapbook-source")
        if not url and (said.get("name") or said.get("itemprop") or "").lower() in _METAS:
            url = said.get("content")
        if not url and said.get("id") == "wmtbURL":
            url = said.get("value")
        if url and (whole := original_url(url)):
            return whole
    for said in attributes:  # an archive that calls its own copy the page's address
        url = (said.get("content") if said.get("property") == "og:url" else None) or (
            said.get("href") if said.get("rel", "").lower() == "canonical" else None
        )
        if url and (whole := original_url(url)) and whole != url.strip():
            return whole
    return None


def _based(attributes: list[dict[str, str]]) -> str | None:
    """Return a page's ``base`` where it can be nothing but the page itself, not the folder that it lies in."""
    for said in attributes:
        if said[""] == "base" and (url := original_url(urljoin("", said.get("href", "")))):
            last = urlsplit(url).path.rpartition("/")[2]
            return url if last and not _INDEX.match(last) else None
    return None
