"""When two URLs name one article. Identity only: nothing here is ever fetched or shown in place of a URL.

The parameters left out are the ones that campaigns and share buttons add (Urchin/Google ``utm_*``, Facebook,
Google Ads, Microsoft, Mailchimp, AT Internet, BBC and Guardian campaign marks).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(utm_\w+|at_\w+|mc_[ce]id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|twclid|ttclid|_ga|_gl|ns_\w+|"
    r"wt\.\w+|cmp|cmpid|icid|ito|ocid|smid|spref|xtor|ref_?src|ref_?url|rss|feed_?id|ssi|ftag|sh|share|"
    r"__twitter_impression|outputtype|amp)$",
    re.IGNORECASE,
)
_SIDE_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_AMP_END = re.compile(r"(?:/amp|\.amp)$", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "/:@!$&'()*+,;=-._~%"


def canonical_url(url: str) -> str:
    """Return the URL without what does not tell articles apart, its scheme kept.

    Left out: fragment, tracking parameters, default port, a trailing slash, ``index.html``, AMP forms. The
    host is lower case, parameters are sorted, percent escapes are of one form. An unusual URL comes back as is.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return url.strip()
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return url.strip()
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    path = quote(unquote(parts.path, errors="surrogateescape"), safe=_SAFE, errors="surrogateescape")
    path = _INDEX.sub("/", re.sub(r"//+", "/", path)).rstrip("/")
    path = _AMP_END.sub("", path)
    pairs = [p for p in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(p[0])]
    return urlunsplit((parts.scheme, netloc, path, urlencode(sorted(pairs)), ""))


def url_key(url: str) -> str:
    """Return what two URLs of one article share: the canonical URL without scheme and side host (www, m, amp)."""
    canonical = canonical_url(url)
    scheme, found, rest = canonical.partition("://")
    if not found or scheme not in _DEFAULT_PORTS:
        return canonical
    return _SIDE_HOST.sub("", rest)


def same_site(one: str, other: str) -> bool:
    """Whether two URLs lie on one host, side hosts (www, m, amp) counted in."""
    return url_key(one).partition("/")[0].partition("?")[0] == url_key(other).partition("/")[0].partition("?")[0]
