"""What stands where an article should: consent pages, bot checks, error pages, logins, empty shells, lists.

And the wall behind the first lines: what tells a teaser from a whole article. A page is judged by what it is made
of (its title, its controls, how little it says), never by a word in an article's text: articles are written about
cookies and errors, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from lxml.etree import XPath
from lxml.etree import _Element as Element

from clipper.collect.markup import Access
from clipper.errors import Refused
from clipper.text import clean_line

SHORT = 1500  # characters: more is hardly ever a wall
_LITTLE = 250
_NOTHING = 50
_FEW = 3  # words
_LONG_LINE = 400
_MOST_READ = 20_000

_ERROR_TITLE = re.compile(
    r"(?:http |server )?(?:error|fehler|erreur)?\s*[:#-]?\s*(?:4(?:00|01|03|04|10|29)|50[0-4])"
    r"(?:\W+(?:error|not found|page not found|forbidden|access denied|unauthori[sz]ed|bad gateway|gateway time-?out|"
    r"internal server error|service (?:temporarily )?unavailable|page|fehler|seite nicht gefunden))*|"
    r"(?:.{0,20}\b)?(?:page|article|story|seite|artikel|content)?\s*(?:was |could |can |is |wurde )?"
    r"(?:not (?:be )?found|cannot be found|can't be found|no longer (?:available|exists)|does(?:n't| not) exist|"
    r"nicht gefunden|introuvable|no encontrada|non trovata|unavailable)|"
    r"(?:access|permission) (?:denied|forbidden)|forbidden|internal server error|bad gateway|gateway time-?out|"
    r"service (?:temporarily )?unavailable|too many requests|(?:an? )?(?:unexpected )?error(?: has)? occurred|"
    r"something went wrong|oops!?.{0,30}|zugriff verweigert|"
    r"(?:.{0,30}\b)?(?:site |website |service )?(?:is )?(?:currently |temporarily )?(?:down for|under|undergoing) "
    r"(?:\w+ )?maintenance|(?:scheduled |planned )?maintenance(?: mode| work)?|"
    r"(?:sorry,? )?we(?:'ll| will) be (?:right )?back(?: \w+){0,2}|"
    r"(?:temporarily|currently) (?:down|offline|unavailable)",
    re.IGNORECASE,
)
_BOT_TITLE = re.compile(
    r"just a moment\W*|attention required.{0,20}|are you (?:a )?(?:robot|human)\W*|"
    r"access to this page has been denied\W*|"
    r"(?:please )?verify (?:that )?you are (?:a )?human\W*|(?:human|bot|browser) (?:verification|check)|"
    r"security check|"
    r"checking your browser.{0,40}|pardon our interruption\W*|ddos-guard|captcha|robot check|one more step|"
    r"you have been blocked|sorry, you have been blocked|client challenge|making sure you're not a bot!?",
    re.IGNORECASE,
)
_BOT_WORDS = re.compile(
    r"verify(?:ing)? (?:that )?you are (?:a |not a )?(?:human|robot|bot)|"
    r"checking (?:if the site connection is secure|your browser)|"
    r"unusual traffic from your|complete the (?:security check|captcha)|prove (?:that )?you(?:'re|"
    r" are) (?:human|not a robot)|"
    r"are you a robot\?|press (?:and|&) hold|not a robot|enable javascript and cookies to continue",
    re.IGNORECASE,
)
_CONSENT_TITLE = re.compile(
    r"(?:your )?(?:cookie|consent|privacy)s?(?: (?:consent|settings|preferences|choices|policy|notice|wall|"
    r"options))?|"
    r".{0,20}before you continue.{0,30}|(?:ihre )?(?:zustimmung|einwilligung|datenschutz\w*|"
    r"privatsphäre\w*)(?: .{0,30})?|"
    r"we (?:value|respect) your privacy|data protection (?:choices|settings)|votre vie privée.{0,30}",
    re.IGNORECASE,
)
_CONSENT_WORDS = re.compile(
    r"cookies?\b|consent\b|privacy policy|our (?:\d+ )?partners|personal data|personali[sz]ed (?:ads|"
    r"advertising|content)|"
    r"legitimate interest|zustimm\w+|einwillig\w+|datenschutz\w*|personenbezogen\w*|werbung|vie privée|"
    r"nos partenaires",
    re.IGNORECASE,
)
_CONSENT_CONTROL = re.compile(
    r"(?:i )?(?:accept|agree|consent|allow)(?: all| cookies| and (?:continue|close)| all cookies)?|reject(?: all)?|"
    r"(?:manage|more|cookie|privacy) (?:options|preferences|settings|cookies|choices)|alle akzeptieren|"
    r"akzeptieren|zustimmen|"
    r"(?:akzeptieren|zustimmen) und weiter|einstellungen|tout accepter|accepter(?: et continuer)?|refuser|"
    r"aceptar(?: todo)?",
    re.IGNORECASE,
)
_LOGIN_TITLE = re.compile(
    r"(?:(?:please )?(?:log|sign)[ -]?(?:in|on|up)|register|subscribe)(?: (?:to|or|with) .{0,40})?|(?:user )?login|"
    r"registration|create (?:an|your) account|"
    r"(?:you (?:need|have) to|you must|please)(?: be)? (?:(?:log|sign|logged|signed)[ -]?in|register\w*)\b.{0,40}|"
    r"anmelden|anmeldung|einloggen|connexion|iniciar sesión|accedi",
    re.IGNORECASE,
)
_NEEDS_SCRIPT = re.compile(
    r"(?:enable|activate|turn on|requires?|needs?|without|aktivieren sie|activer|"
    r"activez)\W{1,3}(?:\w+\W{1,3}){0,4}java-?script|"
    r"java-?script (?:\w+ ){0,3}(?:disabled|required|enabled|deaktiviert|aktivieren|désactivé)",
    re.IGNORECASE,
)
_BARRIER = re.compile(
    r"(?:subscrib\w+|sign (?:up|in)|log ?in|register|registrat\w+|join|upgrade|pay|create (?:a |"
    r"an )?(?:free )?account)\b[^.!?\n]{0,60}\b"
    r"(?:to|and) (?:continue|keep|read|finish|unlock|access|get (?:full|unlimited))\b|"
    r"to (?:continue|keep) reading\b|(?:continue|keep) reading (?:with|by|for)\b|"
    r"(?:article|story|content|piece) is (?:only |exclusively )?(?:available )?(?:for|to|"
    r"reserved for) (?:\w+ ){0,2}(?:subscribers|members)|"
    r"to (?:read|see|view) (?:the (?:rest|full|whole|remainder|complete)|more of this|this (?:full )?"
    r"(?:article|story|post))\b[^.!?\n]{0,80}\b(?:subscri\w+|sign|log|regist\w+|member\w*|purchase|buy|account)|"
    r"(?:go|carry|read) on reading\b|this is (?:an? )?(?:\w+ )?(?:subscribers?|members?|premium)['’]?(?:[ -]only)? "
    r"(?:content|story|article|post)|"
    r"(?:get|gain|purchase|buy|rent) (?:full|instant|unlimited|[\w-]+[ -]hours?) access\b|"
    r"log ?in (?:via|through) your institution|"
    r"already (?:a |have a |an? \w+ )?(?:subscriber|subscription|member)\b|(?:subscribers?|members?)[ -]only|"
    r"unlock (?:this|the|full) (?:article|story)|(?:want|like) to read (?:more|on)\?|you(?:['’]ve|"
    r" have) (?:reached|read|used)(?: all)?(?: of)? your (?:last |\d+ )?(?:free|limit|monthly)|"
    r"(?:jetzt |um )?(?:weiterlesen|weiterzulesen)(?: mit| als)\b|nur für abonnent\w*|mit einem abo|bereits abonnent|"
    r"réservé (?:aux|à nos) abonnés|déjà abonné|il vous reste [\d.,]+ ?%|exclusivo para suscriptores|"
    r"有料会員|会員限定",
    re.IGNORECASE,
)

_LETTER = re.compile(r"newsletter|inbox|e-?mails?\b", re.IGNORECASE)

_CONTROLS = XPath("//button | //input[@type='submit' or @type='button'] | //a[@role='button']")
_PASSWORD = XPath("boolean(//input[@type='password'])")
_CHALLENGE = XPath(
    "boolean(//*[contains(@id, 'cf-challenge') or contains(@id, 'challenge-form') or @id='px-captcha' or "
    "@id='challenge-stage' or @id='challenge-error-text' or contains(@class, 'h-captcha') or "
    "contains(@class, 'g-recaptcha') or contains(@class, 'cf-turnstile')] | "
    "//script[contains(@src, 'captcha-delivery') or contains(@src, '/cdn-cgi/challenge-platform/h/')])"
)
_MOUNTS = XPath("boolean(//*[@id='root' or @id='app' or @id='__next' or @id='__nuxt' or @id='main-app'])")
_LISTED = XPath("//*[self::h2 or self::h3 or self::h4][.//a or parent::a]")
_WALL = re.compile(
    r"[pP]ay-?[wW]all|[rR]eg-?[wW]all|[-_ ]wall|[bB]arrier|[sS]ubscri|[oO]verlay|[-_ ]?access\b|[mM]eter"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MOST_WALLS = 20
_UNREAD = frozenset(("script", "style", "template", "head", "title", "svg"))
_LEAST_LISTED, _LEAST_CARDS = 15, 3
_INTRODUCTION = 150  # characters over a list
_MOST_TEASED = 2  # paragraphs of a teaser
_SENTENCE = 40
_HEADLINES = XPath("//*[self::h2 or self::h3 or self::h4][.//a or parent::a] | //li/a/*[self::strong or self::b]")
_HEADLINES_WITHIN = XPath(
    ".//*[self::h2 or self::h3 or self::h4][.//a or parent::a] | .//a/*[self::strong or self::b][ancestor::li]"
)


def visible_text(tree: Element, unread: frozenset[str] = _UNREAD) -> str:
    """Return what a page says, from its beginning to 20,000 characters; ``unread`` are the elements left out."""
    parts: list[str] = []
    size = 0
    waiting = [tree]
    while waiting and size <= _MOST_READ:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            size += len(node)
        elif isinstance(node.tag, str) and node.tag not in unread:
            if node.text:
                parts.append(node.text)
                size += len(node.text)
            for child in reversed(node):
                if child.tail:
                    waiting.append(child.tail)
                waiting.append(child)
    return " ".join(" ".join(parts).split())


def refuse_walls(tree: Element, titles: Sequence[str], text: str, *, is_article: bool) -> None:
    """Raise Refused where a page is a wall or a shell.

    ``titles`` are the page's title and headings, ``text`` what was taken for its article's; ``is_article`` whether
    its markup states a day or an article.
    """
    if len(text) > SHORT or is_article:
        return
    named = [part.replace("’", "'") for title in titles for part in (title, *_title_parts(title))]
    said = visible_text(tree)
    headed = any(len(title.split()) > _FEW and title in titles[0] for title in titles[1:])  # as articles are
    if any(_BOT_TITLE.fullmatch(name) for name in named) or (
        len(said) < SHORT and not headed and (_CHALLENGE(tree) or _BOT_WORDS.search(said))
    ):
        raise Refused("a bot check (the server asks whether a person reads)", lasting=False)
    wrong = next((name for name in named if _ERROR_TITLE.fullmatch(name)), None)
    if wrong is not None and len(said) < 4 * SHORT:
        raise Refused(f"an error page with status 200 ({wrong[:60].lower()})", lasting=False)
    if _is_consent(tree, named, said, headed=headed):
        raise Refused("a cookie or consent page, not the article", lasting=False)
    if any(_LOGIN_TITLE.fullmatch(name) for name in named) and (_PASSWORD(tree) or len(said) < _LITTLE):
        raise Refused("a login page, not the article")
    needs_script = len(said) < 4 * SHORT and bool(_NEEDS_SCRIPT.search(said))
    if needs_script and len(visible_text(tree, _UNREAD | {"noscript"})) < _NOTHING:  # only readers without it are told
        raise Refused("an empty page that needs JavaScript", lasting=False)
    if len(text) < _LITTLE and len(said) < 2 * _LITTLE and (needs_script or (_MOUNTS(tree) and not text)):
        raise Refused("an empty page that needs JavaScript", lasting=False)


def is_list(tree: Element) -> bool:
    """Return whether a page is plainly a list of others: many headings that are links, little else."""
    listed = [" ".join("".join(heading.itertext()).split()) for heading in _LISTED(tree)]
    return len({line for line in listed if len(line.split()) > _FEW}) >= _LEAST_LISTED


def is_front(tree: Element, titles: Sequence[str]) -> bool:
    """Return whether all that a page says stands in teasers: elements of one headline that is a link, and a sentence.

    ``titles`` are the page's title and headings: a heading of some words that the title repeats is an article's.
    """
    if any(len(title.split()) > _FEW and title in titles[0] for title in titles[1:]):
        return False
    cards = set()
    for heading in _HEADLINES(tree):
        if len("".join(heading.itertext()).split()) > _FEW:
            card = next((node for node in heading.iterancestors("article", "li", "div", "section", "td")), None)
            if card is not None and len(_HEADLINES_WITHIN(card)) == 1 and len(list(card.iter("p"))) <= _MOST_TEASED:
                cards.add(card)
    if len(cards) < _LEAST_CARDS:
        return False
    outside = 0
    for paragraph in tree.iter("p"):
        size = len("".join(paragraph.itertext()).strip())
        if size >= _SENTENCE and not any(node in cards for node in paragraph.iterancestors()):
            outside += size
    return outside < _INTRODUCTION


def _is_consent(tree: Element, named: Sequence[str], said: str, *, headed: bool) -> bool:
    if len(said) > 4 * SHORT:
        return False
    controls = sum(
        1
        for control in _CONTROLS(tree)[:60]
        if _CONSENT_CONTROL.fullmatch(
            clean_line("".join(control.itertext()) or control.get("value") or "").strip(" .!")
        )
    )
    words = len(said.split()) or 1
    share = len(_CONSENT_WORDS.findall(said)) / words
    titled = any(_CONSENT_TITLE.fullmatch(name) for name in named)
    return (titled and share > 0.01 and controls > 0) or (not headed and share > 0.03 and controls > 0 and words > 10)


def _title_parts(title: str) -> list[str]:
    parts = [*re.split(r"\s+[|–—·:-]\s+|\s*\|\s*", title)[:4], title.rpartition(": ")[2]]
    return [part.strip(" .!") for part in parts if part.strip(" .!")]


def is_barrier(line: str) -> bool:
    """Return whether a line asks the reader to pay, to sign in or to register before going on."""
    if len(line) >= _LONG_LINE or not _BARRIER.search(line):
        return False
    return not _LETTER.search(line) or "reading" in line.lower()


@lru_cache(maxsize=8192)
def _is_named_wall(names: str) -> bool:
    return _WALL.search(names) is not None


def has_barrier(tree: Element) -> bool:
    """Return whether something that is shown and named after a paywall asks the reader to pay or to sign in."""
    seen = 0
    for element in tree.iter("div", "section", "aside", "p", "form", "article"):
        names = f"{element.get('class', '')} {element.get('id', '')}"
        if len(names) == 1 or not _is_named_wall(names):
            continue
        if any(is_barrier(line) for line in _lines(element)) and not _is_hidden(element):
            return True
        seen += 1
        if seen == _MOST_WALLS:
            break
    return False


def _lines(element: Element) -> Iterator[str]:
    """Yield what an element says, and each of its short pieces, for a barrier may be in the midst of offers."""
    yield " ".join(" ".join(element.itertext())[:2000].split())[: _LONG_LINE - 1]
    for piece in islice(element.iter("p", "h2", "h3", "h4", "strong", "span"), _MOST_WALLS):
        yield " ".join("".join(piece.itertext()).split())


def _is_hidden(element: Element) -> bool:
    return any(
        "hidden" in node.attrib or node.get("aria-hidden") == "true" or _HIDDEN.search(node.get("style", ""))
        for node in (element, *element.iterancestors())
    )


def is_partial(text: str, access: Access, *, barred: bool) -> bool:
    """Return whether a text is only an article's beginning.

    ``barred`` tells whether a barrier stands on the page. Nothing is partial only because it must be paid for: many
    papers send the whole text and cover it.
    """
    words = len(text.split())
    if access.text and len(access.text) > 600 and len(text) > 0.8 * len(access.text):
        return False
    if access.words >= 100 and words < 0.5 * access.words:
        return True
    if not access.free:
        return words < 60 or (barred and words < 300)
    return barred and words < 200
