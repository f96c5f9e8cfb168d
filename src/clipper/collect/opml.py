"""Sources to and from OPML 2.0, the format in which feed readers exchange their subscriptions.

A feed is written as every reader knows it. What other programs have no word for goes into attributes of a namespace
of our own; a source that is no feed is an outline of the type ``link``, which feed readers pass over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from clipper.collect.discover import unique_name
from clipper.collect.listings import selector_fault
from clipper.config import KINDS, LISTING_KEYS, MAX_PAGES, SOURCE_KEYS, Source, is_web_address
from clipper.errors import FetchFailed
from clipper.identity import url_key
from clipper.text import clean_line, without_login

SPACE = "urn:clipper:source:1"
MAX_OUTLINES = 10_000


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A source as an OPML file has it, with or without a name; ``folder`` is where it lay."""

    source: Source
    title: str
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class Read:
    """What an OPML file holds: the subscriptions, and the outlines that name an address which is none of the web.

    ``without_login`` are those addresses from which a name and a password were left out: clipper sends none.
    """

    subscriptions: list[Subscription]
    left_out: list[str]
    without_login: list[str]


def read_opml(body: bytes) -> Read:
    """Return what an OPML file subscribes to, in order. Raises FetchFailed with the cause for a file that is none."""
    if b"<!entity" in body.replace(b"\x00", b"").lower():
        raise FetchFailed("not read: it declares entities, as no honest OPML file does")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if "Excessive depth" in str(error):
            raise FetchFailed("not read: outlines inside each other, deeper than any reader makes them") from None
        raise FetchFailed(f"not OPML: it does not parse ({clean_line(str(error))[:100]})") from None
    if etree.QName(root).localname.lower() != "opml":
        raise FetchFailed(f"not OPML: its root is <{etree.QName(root).localname[:40]}>")
    found: list[Subscription] = []
    left_out: list[str] = []
    bared: list[str] = []
    for number, outline in enumerate(root.iter("outline")):
        if number >= MAX_OUTLINES:
            raise FetchFailed(f"more than {MAX_OUTLINES} outlines are too many to be subscriptions")
        # Readers do not agree on the capitals of xmlUrl.
        by_lower = {str(name).lower(): clean_line(str(value)) for name, value in outline.attrib.items()}
        url = _web(by_lower.get("xmlurl", ""))
        kind = outline.get(f"{{{SPACE}}}kind", "")
        if not url and kind in KINDS and by_lower.get("type") == "link":
            url = by_lower.get("url", "")
        if not url:
            continue
        plain = without_login(url)
        title = without_login(by_lower.get("title") or by_lower.get("text") or "")  # which may be the address again
        if plain != url and is_web_address(plain):
            bared.append(plain)
        url = plain
        if is_web_address(url):
            source = _source(outline, url, kind if kind in KINDS else "feed")
            found.append(Subscription(source=source, title=title, folder=_folder(outline)))
        else:
            left_out.append(f"{title} ({url})" if title else url)
    return Read(subscriptions=found, left_out=left_out, without_login=bared)


def _web(url: str) -> str:
    """Return the web address that is meant by ``feed:``, as some readers write."""
    if inside := re.match(r"feed:(?:/{0,2})(https?://.+)", url, re.IGNORECASE):
        return inside[1]
    return re.sub(r"^feed://", "http://", url, flags=re.IGNORECASE)


def _folder(outline: Any) -> str:
    names = [clean_line(str(o.get("text") or o.get("title") or "")) for o in outline.iterancestors("outline")]
    folder = " / ".join(reversed([name for name in names if name]))
    return folder or clean_line(str(outline.get("category") or "")).strip("/").replace("/", " / ")


def _source(outline: Any, url: str, kind: str) -> Source:
    """Return the source of an outline, with those of our own attributes that are sound."""
    own = {
        name: clean_line(outline.get(f"{{{SPACE}}}{name}", "")) for name in (*SOURCE_KEYS, *LISTING_KEYS)
    }  # fmt: skip
    changes: dict[str, Any] = {"outlet": own["outlet"] or None, "full_text": own["full_text"] == "true"}
    for key in ("match", "drop"):
        changes[key] = _words(own[key])
    with suppress(ValueError):
        changes["since"] = date.fromisoformat(own["since"]).isoformat()
    if kind == "listing":
        pages = own["pages"]
        changes["pages"] = int(pages) if re.fullmatch(r"[1-9]\d?", pages, re.ASCII) and int(pages) <= MAX_PAGES else 1
        for key in ("links", "next"):
            if own[key] and not selector_fault(own[key]) and (key == "links" or changes["pages"] > 1):
                changes[key] = own[key]
        with suppress(re.error, RecursionError, OverflowError):
            re.compile(own["pattern"])
            changes["pattern"] = own["pattern"] or None
    return replace(Source(name=own["name"], url=url, kind=kind), **changes)


def _words(text: str) -> tuple[str, ...]:
    with suppress(ValueError, RecursionError):
        words = json.loads(text)
        if isinstance(words, list) and all(isinstance(word, str) and word.strip() for word in words):
            return tuple(words)
    return ()


def sort_out(
    sources: Sequence[Source], subscriptions: Iterable[Subscription]
) -> tuple[list[Subscription], list[tuple[Source, str]]]:
    """Return the subscriptions that are new, each with a name of its own, and those that are there with their names."""
    by_key = {url_key(source.url): source.name for source in sources}
    taken = {source.name.casefold() for source in sources} | {"added", ""}
    fresh: list[Subscription] = []
    there: list[tuple[Source, str]] = []
    for one in subscriptions:
        source, key = one.source, url_key(one.source.url)
        if key in by_key:
            there.append((source, by_key[key]))
            continue
        if source.name.casefold() in taken:
            source = replace(source, name=unique_name(source.name or one.title, source.url, taken))
        taken.add(source.name.casefold())
        by_key[key] = source.name
        fresh.append(replace(one, source=source))
    return fresh, there


def write_opml(sources: Iterable[Source], now: datetime) -> bytes:
    """Return sources as an OPML file in UTF-8."""
    root = etree.Element("opml", version="2.0", nsmap={"clipper": SPACE})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Sources of clipper"
    etree.SubElement(head, "dateCreated").text = format_datetime(now, usegmt=True)
    body = etree.SubElement(root, "body")
    for source in sources:
        outline = etree.SubElement(body, "outline", text=_safe(source.name))
        if source.outlet:
            outline.set("title", _safe(source.outlet))
        if source.kind == "feed":
            outline.set("type", "rss")
            outline.set("xmlUrl", _safe(source.url))
        else:
            outline.set("type", "link")
            outline.set("url", _safe(source.url))
            outline.set(f"{{{SPACE}}}kind", source.kind)
        outline.set(f"{{{SPACE}}}name", _safe(source.name))
        for key in ("outlet", "since", "links", "pattern", "next"):
            if value := getattr(source, key):
                outline.set(f"{{{SPACE}}}{key}", _safe(value))
        for key in ("match", "drop"):
            if words := getattr(source, key):
                outline.set(f"{{{SPACE}}}{key}", _safe(json.dumps(words, ensure_ascii=False)))
        if source.full_text:
            outline.set(f"{{{SPACE}}}full_text", "true")
        if source.pages != 1:
            outline.set(f"{{{SPACE}}}pages", str(source.pages))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _safe(text: str) -> str:
    """Return text without the characters that XML cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
