"""What to do about an entry: ask for its page, ask again, or leave it. Decided from what the archive knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from clipper.archive.catalogue import Entry as Stored
from clipper.archive.catalogue import Trouble, is_taken_out, taken_out_on
from clipper.archive.entering import guid_key_number
from clipper.archive.store import utc
from clipper.collect import patience
from clipper.collect.entries import Entry
from clipper.identity import url_key
from clipper.text import fold


class Catalogue(Protocol):
    """What is asked of the catalogue."""

    def get(self, article: str) -> Stored | None:
        """Return what is known of an article by its whole id."""

    def by_url(self, url: str) -> str | None:
        """Return the id of the article that a URL names."""

    def by_guid(self, source: str, guid: str) -> str | None:
        """Return the id of the article that a source gave this guid."""

    def refusal(self, url: str) -> str | None:
        """Return why a URL was refused for good."""

    def withheld(self, *keys: int) -> str | None:
        """Return when an article was taken out that had one of these numbers."""

    def trouble(self, url: str) -> Trouble | None:
        """Return how a URL failed so far."""

    def checked(self, article: str) -> str:
        """Return when an article's page was last asked for."""


CLOCKS_DIFFER = timedelta(hours=1)  # by which a server's clock may be ahead of ours


@dataclass(frozen=True)
class Ask:
    """The page is to be asked for: for the first time, or ``again`` for the article that it is."""

    again: str | None = None


@dataclass(frozen=True)
class Leave:
    """No request is needed: the article that it is, or another ``cause``."""

    id: str | None
    cause: str | None = None


@dataclass(frozen=True)
class PutOff:
    """The page failed before and is left alone ``until`` a moment."""

    until: datetime


Decision = Ask | Leave | PutOff


class Agenda:
    """The decisions of one run; each page is on it once."""

    def __init__(self, catalogue: Catalogue, now: datetime) -> None:
        self._catalogue = catalogue
        self._now = now
        self._claimed: set[str] = set()

    def decide(self, source: str, entry: Entry) -> Decision:
        """Return what to do about an entry of a source."""
        known = self.article(source, entry)
        if known:
            refused = entry.url and self._catalogue.refusal(entry.url)
            return self.again(known, entry.url) if not refused and self._changed(known, entry) else Leave(known)
        if entry.guid and (when := self._catalogue.withheld(guid_key_number(source, entry.guid, entry.facts.title))):
            return Leave(None, taken_out_on(when))
        if not entry.url:
            return Ask()
        if cause := self._catalogue.refusal(entry.url):
            return Leave(None, cause if is_taken_out(cause) else f"refused before: {cause}")
        if not self._claim(entry.url):
            return Leave(None, "listed twice in this run")
        until = self.put_off(entry.url)
        return PutOff(until) if until else Ask()

    def again(self, article: str, url: str | None) -> Decision:
        """Return what to do about an article whose page changed, or is to be looked at because time has gone by."""
        if not self._claim(url or f"article {article}"):
            return Leave(article)
        until = self.put_off(url) if url else None
        return PutOff(until) if until else Ask(article)

    def article(self, source: str, entry: Entry) -> str | None:
        """Return the id of the article that an entry is, if it is in the archive."""
        if entry.url and (article := self._catalogue.by_url(entry.url)):
            return article
        if not entry.guid or not (article := self._catalogue.by_guid(source, entry.guid)):
            return None
        # A guid on a new link is the same article moved, unless the feed gives every entry the same one.
        stored = self._catalogue.get(article)
        renamed = stored and stored.title and entry.facts.title and fold(stored.title) != fold(entry.facts.title)
        return None if entry.url and renamed else article

    def put_off(self, url: str) -> datetime | None:
        """Return until when a page that failed before is left alone, None when it may be asked for now."""
        trouble = self._catalogue.trouble(url)
        if not trouble:
            return None
        wait = timedelta(seconds=patience.put_off(trouble.times))
        try:
            until = datetime.fromisoformat(trouble.last) + wait
            # A run whose clock was ahead must not put a page off until then.
            return until if self._now < until <= self._now + wait + CLOCKS_DIFFER else None
        except (ValueError, TypeError, OverflowError):
            return None

    def _changed(self, article: str, entry: Entry) -> bool:
        """Whether the source says that a page changed after it was last looked at. What lies far ahead is no date."""
        latest = utc(self._now + CLOCKS_DIFFER)
        checked = self._catalogue.checked(article)
        if checked > latest:  # our own clock was ahead then; when it was is not known
            checked = ""
        return bool(entry.updated) and checked < (entry.updated or "") <= latest

    def _claim(self, url: str) -> bool:
        key = url_key(url)
        if key in self._claimed:
            return False
        self._claimed.add(key)
        return True
