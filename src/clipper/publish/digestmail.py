"""A digest as an e-mail: plain text for some readers, a page for the others, ready for ``sendmail -t``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from typing import NamedTuple

from clipper.digestform import GENERATOR
from clipper.errors import UsageError
from clipper.publish.digest import Digest
from clipper.publish.digestpages import as_html, as_text
from clipper.text import clean_line, printable, shorten

_LONGEST_SUBJECT = 200


class Envelope(NamedTuple):
    """What an e-mail's head says. An empty ``subject`` means the digest's title."""

    to: Sequence[Address] = ()
    sender: Address | None = None
    subject: str = ""


def addresses(given: str, option: str) -> list[Address]:
    """Return the addresses of an option: *a@b.example*, *Ann <a@b.example>*, several with commas between them.

    Raises UsageError for what is no address: a line end in it would write headers of its own.
    """
    found = []
    for name, plain in getaddresses([given]):
        try:
            if printable(given) != given or "\n" in given or "\t" in given or not plain.isascii() or "@" not in plain:
                raise ValueError
            found.append(Address(name, addr_spec=plain))
        except (ValueError, IndexError, MessageError):
            break
    else:
        if found:
            return found
    raise UsageError(f"{option} {shorten(printable(given), 60)}: no e-mail address; write: --to ann@example.org")


def as_mail(digest: Digest, envelope: Envelope, moment: datetime) -> bytes:
    """Return a digest as an e-mail with its headers, the lines ended as mail servers want them (RFC 5322).

    ``moment`` is when it was written.
    """
    message = EmailMessage(policy=SMTP)
    if envelope.sender:
        message["From"] = envelope.sender
    if envelope.to:
        message["To"] = tuple(envelope.to)
    message["Subject"] = shorten(clean_line(envelope.subject or digest.title), _LONGEST_SUBJECT)
    message["Date"] = format_datetime(moment)
    message["Auto-Submitted"] = "auto-generated"  # so that no machine answers
    message["X-Mailer"] = GENERATOR
    message.set_content("".join(as_text(digest)), cte="quoted-printable", params={"format": "flowed"})
    digest.cut = 0  # the same articles are read again, and are to be counted once
    message.add_alternative("".join(as_html(digest)), subtype="html", cte="quoted-printable")
    return message.as_bytes()
