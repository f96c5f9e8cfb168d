"""When two URLs name one article. Identity only: nothing here is ever fetched or shown in place of a URL.

The parameters left out are the ones that campaigns and share buttons add (Urchin/Google ``utm_*``, Facebook,
Google Ads, Microsoft, Mailchimp, AT Internet, BBC and Guardian campaign marks).
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote, urlsplit, urlunsplit

_TRACKING = (
    r"^(utm_\w+|at_\w+|mc_[ce]id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|twclid|ttclid|_ga|_gl|ns_\w+|"
    r"wt\.\w+|cmp|cmpid|icid|ito|ocid|smid|spref|xtor|ref_?src|ref_?url|rss|feed_?id|ssi|ftag|sh|share|"
    r"__twitter_impression|outputtype|amp)$"
)
_SIDE_HOST = r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)"
_INDEX = r"/(?:index|default)\.(?:html?|php|aspx?)$"
_AMP_END = r"(?:/amp|\.amp)$"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 8000  # characters; no article's URL is longer, and what is costs more to tidy than it is worth
_ESCAPE = "%([0-9A-Fa-f]{2})|([^!-~])"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


_compiled = cache(re.compile)  # when first used: most commands ask for no URL


def canonical_url(url: str) -> str:
    """Return the URL without what does not tell articles apart, its scheme kept.

    Left out: fragment, tracking parameters, default port, a trailing slash, ``index.html``, AMP forms. The
    host is lower case, parameters are sorted, percent escapes are of one form (RFC 3986, section 6.2.2). An
    unusual URL comes back as is.
    """
    url = url.encode("utf-8", "replace").decode("utf-8").strip()
    if len(url) > _LONGEST:
        return url
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").strip().rstrip(".")
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return url
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    index, amp_end, tracking = (_compiled(one, re.IGNORECASE) for one in (_INDEX, _AMP_END, _TRACKING))
    path, before = re.sub(r"//+", "/", _one_form(parts.path)), None
    while path != before:
        before = path
        path = amp_end.sub("", index.sub("/", path).rstrip("/"))
    pairs = [pair for pair in _one_form(parts.query).split("&") if pair and not tracking.match(pair.partition("=")[0])]
    return urlunsplit((parts.scheme, netloc, path, "&".join(sorted(pairs)), ""))


def _one_form(text: str) -> str:
    """Return text with each escape in its one form: none for what needs none, capitals for the rest."""

    def form(found: re.Match[str]) -> str:
        if found[1] is None:
            return quote(found[2], safe="")
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return _compiled(_ESCAPE).sub(form, text)


def url_key(url: str) -> str:
    """Return what two URLs of one article share: the canonical URL without scheme and side host (www, m, amp)."""
    canonical = canonical_url(url)
    scheme, found, rest = canonical.partition("://")
    if not found or scheme not in _DEFAULT_PORTS:
        return canonical
    return _compiled(_SIDE_HOST).sub("", rest)


def same_site(one: str, other: str) -> bool:
    """Whether two web addresses lie on one host, side hosts (www, m, amp) counted in."""
    return _site(one) == _site(other) != ""


def _site(url: str) -> str:
    canonical = canonical_url(url)
    if not canonical.startswith(("http://", "https://")):
        return ""
    return re.split(r"[/?]", url_key(canonical), maxsplit=1)[0]
