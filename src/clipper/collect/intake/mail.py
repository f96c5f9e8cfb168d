"""An e-mail that was saved (``.eml``) to its text: a newsletter as it was sent. Attachments are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from email.utils import parsedate_to_datetime
from typing import Any

from clipper.collect.dates import london_day
from clipper.errors import Refused
from clipper.text import clean_line

_HEADER = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){3,}")
_MAILS = re.compile(
    rb"^(?:message-id|received|return-path|delivered-to|mime-version|x-mailer|dkim-signature):", re.I | re.M
)
_LOOKED_AT = 64 << 10  # bytes in which its headers are
_LONGEST_VALUE = 1000  # characters of a header that are read


class _Bounded(EmailPolicy):
    """How headers are read: no more of each than any mail needs, since the parser takes long over long ones."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_VALUE]


_POLICY: Any = _Bounded()


@dataclass(frozen=True)
class Mail:
    """The part of an e-mail that a reader sees, with its media type; its subject, and the day that it was sent."""

    body: bytes
    html: bool
    content_type: str
    subject: str | None
    day: str | None


def is_mail(name: str, body: bytes) -> bool:
    """Whether a file is an e-mail with its headers, by its name or by what it begins with."""
    if name.lower().endswith(".eml"):
        return True
    head = _HEADER.match(body[:_LOOKED_AT].lstrip())
    return head is not None and _MAILS.search(head[0]) is not None


def read(body: bytes) -> Mail:
    """Return what an e-mail holds. Raises Refused for one without a text."""
    try:
        message = BytesParser(_class=EmailMessage, policy=_POLICY).parsebytes(body)
        part = message.get_body(("html", "plain"))
        content = part.get_payload(decode=True) if part is not None else None
        subject, date = message["subject"], message["date"]
        charset = part.get_content_charset() if part is not None else None
        html = part is not None and part.get_content_subtype() == "html"
    except Exception:  # the parser of the standard library falls over some headers
        raise Refused("an e-mail that cannot be read; save it as a web page or as text") from None
    if not isinstance(content, bytes) or not content.strip():
        raise Refused("an e-mail without a text")
    if not html:
        try:
            content = content.decode(charset or "utf-8", "replace").encode()
        except (LookupError, ValueError):  # a charset is a stranger's word
            content = content.decode("utf-8", "replace").encode()
    return Mail(content, html, f"text/html; charset={charset}" if charset else "text/html",
                clean_line(str(subject))[:300] if subject else None, _day(str(date)) if date else None)  # fmt: skip


def _day(said: str) -> str | None:
    try:
        return london_day(parsedate_to_datetime(said))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
