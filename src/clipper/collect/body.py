"""The text of a plainly built article: its container found by the mass of its paragraphs, its furniture left out.

The method is the one that readability made known (Arc90, 2009): paragraphs vote for what holds them. What is new
here is that each element is looked at once, that the votes are plain characters, and that an answer comes with a
word on whether it is plain; what is not goes to the slower extractor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lxml.etree import _Element as Element

from clipper.text import clean_text

# Elements that never hold the article's own words.
_SKIPPED = frozenset((
    "script", "style", "noscript", "svg", "iframe", "button", "form", "nav", "aside", "footer", "figure",
    "figcaption", "input", "select", "textarea", "video", "audio", "object", "template", "picture", "img", "canvas",
    "map", "dialog", "head", "caption", "link", "meta", "embed", "fieldset", "menu", "source", "track", "param",
))  # fmt: skip
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
_BLOCK_KINDS = frozenset(("p", "li", "pre", "td", "th", "blockquote"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

# Names that newspapers' systems give to what stands around and between an article's paragraphs.
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert\w*|sponsor\w*|promo\w*|newsletters?|subscri\w*|sign-?up|related\w*|recommend\w*|"
    r"read-?more|more-?on|also-?read|most-?(?:read|popular|viewed)|trending|popular|teasers?|share\w*|sharing|"
    r"social\w*|"
    r"follow-?us|comments?|commentlist|disqus\w*|respond|replies|sidebar\w*|side-?bar|breadcrumbs?|nav\w*|menu|"
    r"footer\w*|"
    r"cookies?|consent|gdpr|banner|popup|modal|overlay|tooltip|captions?|credits?|copyright|byline|authors?|"
    r"author-?\w*|bio|tags?|tag-?list|toolbar|widget|meta|meta-?data|timestamp|dateline|pagination|outbrain|"
    r"taboola|hidden|"
    r"print-?only|no-?print|screen-?reader\w*|sr-only|visually-?hidden|skip\w*|embed\w*|rating|player|gallery|"
    r"correction-?form|donat\w*|infobox|factbox|toc|audio-?(?:card|player)?|(?:pay|reg|meter)-?wall|"
    r"wall|barrier|key-?events|print-?footer|ref-list|references)(?=$|[\s_-])",
    re.IGNORECASE,
)
_PULLED = re.compile(r"(?:^|\s)pull(?=$|\s)|pull-?quote", re.IGNORECASE)
_QUOTING = frozenset(("blockquote", "q", "p", "div", "span"))
_UNSEEN = re.compile(r"screen-?reader|sr-only|visually-?hidden|display\s*:\s*none|no-?print", re.IGNORECASE)
_LIVE = re.compile(r"live-?blog", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|disqus|respond|replies", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BODY = re.compile(
    r"(?:^|[\s_-])(?:(?:entry|article|post|story|gh)[_-]*(?:content|body|text)|govspeak|field--name-body)(?=$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
# Lines that newspapers' systems put between paragraphs; none of them is a sentence of anybody's.
_LABEL = re.compile(
    r"(?:\d{1,2}[.:]\d\d|(?:story continues (?:below|after) )?(?:this )?advert(?:isement|ising)?|anzeige|werbung|"
    r"publicit[eéà]|publicidad|"
    r"pubblicità|annonse|mainos|reklam[ae]?|read (?:more|also|next|on)|also read|more|more on this(?: story)?|"
    r"see also|"
    r"related(?: (?:articles?|stories|topics|content|news|links?))?|recommended(?: stories)?|explore further|"
    r"watch(?: now)?|"
    r"auch interessant|mehr zum thema|lesen sie auch|lire aussi|à lire aussi|lee también|leer más|leggi anche|"
    r"les også|"
    r"share(?: this(?: (?:article|story|page))?)?|follow us|copy link|link copied|print|comments?|"
    r"loading(?:\.\.\.|…)?|image (?:source|caption)|getty images|video|photos?|gallery)\s*[:>»…]?",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:(?:more|read|latest|related|recommended|popular|trending)(?: [^\s]+){0,3}|most (?:read|popular|"
    r"viewed)(?: \w+)?|"
    r"(?:you (?:may|might) (?:also )?(?:like|be interested).{0,20}|(?:mehr|weitere|ähnliche|"
    r"verwandte)(?: [^\s]+){0,3}|"
    r"das könnte (?:sie|dich).{0,30}|lesen sie auch|à lire (?:aussi|ensuite)|sur le même (?:sujet|thème)|"
    r"te puede interesar|"
    r"leggi anche|les også))\W*",
    re.IGNORECASE,
)
# Headings over what follows an article: sources, the history of the page, how the outlet works.
_NOTES = re.compile(
    r"(?:references|bibliography|works cited|literaturverzeichnis|quellen|sources and further reading|"
    r"(?:updates to|history of|changes to) this (?:page|article|story)|(?:update|version|revision) history|change log|"
    r"corrections?(?: and clarifications?)?|how we (?:check|fact-check|rate|work|choose)\b.{0,40}|"
    r"about (?:this (?:story|article|page|series)|the (?:authors?|writers?)|us)|copyright|footnotes)\W*",
    re.IGNORECASE,
)
_STANDFIRST = re.compile(
    r"(?:^|[\s_-])(?:standfirst|summary|sub-?title|sub-?head\w*|sub-?headline|dek|deck|lead|lede|intro\w*|excerpt|"
    r"sapo|chapo|kicker-?text|description|teaser-?text|vorspann)(?=$|[\s_-])",
    re.IGNORECASE,
)

LEAST_PARAGRAPH = 40  # characters of a paragraph that may vote
# Measured together on saved pages, see docs/extraction.md; one alone is not to be tuned.
CLIMB = 1.2
LEAST_SHARE, LEAST_OF_ALL, LEAST_DENSITY, LEAST_PLAIN = 0.9, 0.35, 0.7, 300
LEAST_NAMED_SHARE, LEAST_NAMED_DENSITY = 0.35, 0.5
LEAST_CLEAR_SHARE, LEAST_CLEAR_DENSITY = 0.84, 0.8
LEAST_LONG, LEAST_LONG_DENSITY = 8000, 0.3
LEAST_OF_ONE, LEAST_DENSITY_OF_ONE = 1000, 0.94
_MOST_LINKED = 0.5  # of a paragraph's characters


@dataclass(frozen=True)
class Body:
    """An article's text, its standfirst where it stands apart, and whether the page leaves no doubt about them."""

    text: str
    standfirst: str | None
    plain: bool


@dataclass(frozen=True)
class Block:
    """One paragraph, heading or list item of the page, and how much of it is link."""

    kind: str
    text: str
    linked: int


def _called(element: Element) -> str:
    return f"{element.get('class', '')} {element.get('id', '')}"[:300]


def _is_named(element: Element) -> bool:
    names = f"{element.get('itemprop', '')} {element.get('class', '')} {element.get('id', '')}"
    return bool(_BODY.search(_CAMEL.sub("-", names)))


@lru_cache(maxsize=8192)
def _names_furniture(names: str, quoting: bool) -> bool:
    """Return whether names are furniture's; the same few hundred come again on all pages of a paper."""
    return bool((quoting and _PULLED.search(names)) or _FURNITURE.search(_CAMEL.sub("-", names)))


def is_furniture(element: Element, spared: frozenset[Element] = frozenset()) -> bool:
    """Return whether an element's kind or its names say that it is no part of the article's text.

    Nothing is said about the ``spared``: a page's outermost wrappers are called after all that they hold, and some
    are shown by a script only.
    """
    if element in spared:
        return False
    if element.tag in _SKIPPED:
        return True
    attributes = element.attrib
    if not attributes:
        return False
    if attributes.get("aria-hidden") == "true" or "hidden" in attributes:
        return True
    style = attributes.get("style")
    if style and _HIDDEN.search(style):
        return True
    if element.tag in ("body", "html", "main", "article"):
        return False
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"[:300]
    return names != " " and _names_furniture(names, element.tag in _QUOTING)


def _paragraphs(tree: Element) -> Iterator[tuple[Element, int]]:
    """Yield what votes: paragraphs, and other elements with text of their own, each with its size."""
    for element in tree.iter("p", "div", "td", "section", "article", "blockquote", "li"):
        if element.tag == "p":
            text = "".join(element.itertext()) if len(element) else element.text or ""
            size = len(text)
            if size < LEAST_PARAGRAPH or text.isspace():
                continue
            if len(element) and sum(len("".join(a.itertext())) for a in element.iter("a")) > _MOST_LINKED * size:
                continue
            yield element.getparent(), size
        else:
            size = len(element.text.strip()) if element.text else 0
            for child in element:
                if child.tail:
                    size += len(child.tail.strip())
            if size >= 2 * LEAST_PARAGRAPH:
                yield element if element.tag != "li" else element.getparent(), size


def _masses(votes: list[tuple[Element, int]]) -> dict[Element, int]:
    mass: dict[Element, int] = {}
    for holder, size in votes:
        mass[holder] = mass.get(holder, 0) + size
    for holder, size in list(mass.items()):
        for node in holder.iterancestors():
            mass[node] = mass.get(node, 0) + size
    return mass


def _spared(tree: Element, mass: dict[Element, int]) -> frozenset[Element]:
    total = max(mass.values(), default=0)
    return frozenset(node for node, size in mass.items() if size > total / 2 and not _COMMENTS.search(_called(node)))


@dataclass(frozen=True)
class Container:
    """Where an article's paragraphs are, and their share of all such text on the page."""

    element: Element
    share: float
    of_all: float
    spared: frozenset[Element]
    named: bool


def container(tree: Element) -> Container | None:
    """Return the element that holds the article's paragraphs, or None."""
    votes = list(_paragraphs(tree))
    everything = sum(size for _, size in votes)
    spared = _spared(tree, _masses(votes))
    known: dict[Element, bool] = {}

    def outside(node: Element) -> bool:
        path = []
        said = False
        while node is not None:
            if node in known:
                said = known[node]
                break
            path.append(node)
            node = node.getparent()
        for one in reversed(path):
            said = said or is_furniture(one, spared)
            known[one] = said
        return said

    votes = [(holder, size) for holder, size in votes if not outside(holder)]
    if not votes:
        return None
    direct: dict[Element, int] = {}
    for holder, size in votes:
        direct[holder] = direct.get(holder, 0) + size
    mass = _masses(votes)
    total = sum(direct.values())
    best = max(direct, key=direct.__getitem__)
    while (best.tag not in ("article", "main", "body") or _is_live(best)) and not (
        _is_named(best) and mass[best] >= 0.7 * total
    ):
        # The nearest wrapper that adds paragraphs of some weight.
        for higher in best.iterancestors():
            if higher.tag in ("body", "html"):
                higher = None
                break
            if mass[higher] >= CLIMB * mass[best]:
                break
            if higher.tag in ("article", "main"):
                higher = None
                break
        else:
            higher = None
        if higher is None:
            break
        best = higher
    return Container(best, mass[best] / total, mass[best] / everything, spared, _is_named(best))


def _is_live(element: Element) -> bool:
    """Return whether an element is one entry of a live blog, each of which may be an article by its tag."""
    holder = element.getparent()
    return holder is not None and bool(_LIVE.search(_called(holder)))


def blocks(element: Element, spared: frozenset[Element]) -> Iterator[Block]:
    """Yield the blocks of text of an element in order, furniture left out."""
    parts: list[str] = []
    linked = 0
    kind = ""
    # What is still to be visited: an element, or (after its children) the kind of block that its end returns to.
    waiting: list[tuple[Element, str | None, bool]] = [(element, None, False)]
    while waiting:
        node, outer, in_link = waiting.pop()
        tag = node.tag
        ends = outer is not None
        if (ends and tag not in _INLINE) or (not ends and tag not in _INLINE and tag != "br" and isinstance(tag, str)):
            if parts:
                text = _tidy("".join(parts))
                if text:
                    yield Block(kind or "p", text, linked)
                parts, linked = [], 0
            if ends:
                kind = outer or ""
        if not ends and isinstance(tag, str):
            if tag == "br":
                parts.append("\n")
            elif node is element or not (_is_unseen(node) if kind and tag in _INLINE else is_furniture(node, spared)):
                within = in_link or tag == "a"
                waiting.append((node, kind, in_link))
                if tag in _HEADINGS or tag in _BLOCK_KINDS:
                    kind = tag
                if node.text:
                    parts.append(node.text.replace("\n", " "))
                    linked += len(node.text.strip()) if within else 0
                waiting.extend((child, None, within) for child in reversed(node))
                continue
        if node is not element and node.tail:
            parts.append(node.tail.replace("\n", " "))
            linked += len(node.tail.strip()) if in_link else 0


def _tidy(text: str) -> str:
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip("\n")


def kept(found: list[Block]) -> list[Block]:
    """Return the blocks that are the article's: no lists of links, nothing said twice, no loose ends."""
    said: set[str] = set()
    good: list[Block] = []
    for block in found[: _end(found)]:
        if _LABEL.fullmatch(block.text) or block.kind == "h1" or block.linked > _MOST_LINKED * len(block.text):
            continue
        if len(block.text) >= LEAST_PARAGRAPH:
            if block.text in said:
                continue
            said.add(block.text)
        good.append(block)
    parts = {block.kind for block in good[1:]} & _HEADINGS
    while good and _is_loose(good[0]) and not (good[0].kind in parts and len(good) > 1 and not _is_loose(good[1])):
        good.pop(0)
    while good and _is_loose(good[-1]):
        good.pop()
    return good


def _end(found: list[Block]) -> int:
    """Return where the article ends: at a heading over a list of other articles, when less than half lies behind it."""
    half = sum(len(b.text) for b in found) / 2
    for i in range(len(found) - 1, 0, -1):
        half -= len(found[i].text)
        if half < 0:
            break
        if found[i].kind in _HEADINGS and (_OTHERS.fullmatch(found[i].text) or _NOTES.fullmatch(found[i].text)):
            return i
    return len(found)


def _is_unseen(element: Element) -> bool:
    return element.tag in _SKIPPED or bool(
        element.attrib and _UNSEEN.search(f"{element.get('class', '')} {element.get('style', '')}")
    )


def _is_loose(block: Block) -> bool:
    return block.kind in _HEADINGS or (len(block.text) < LEAST_PARAGRAPH and not _SENTENCE.search(block.text))


def _density(found: list[Block]) -> float:
    total = sum(len(b.text) for b in found if b.kind != "h1")
    whole = sum(len(b.text) for b in found if len(b.text) >= 2 * LEAST_PARAGRAPH and b.linked <= 0.3 * len(b.text))
    return whole / total if total else 0.0


def read(tree: Element, description: str | None) -> Body:
    """Return what the page's paragraphs give: the text, and whether the page is plainly built.

    ``description`` is how the page's markup sums the article up; it tells the standfirst.
    """
    held = container(tree)
    if held is None:
        return Body("", None, False)
    found = list(blocks(held.element, held.spared))
    text = clean_text("\n\n".join(block.text for block in kept(found)))
    dense = _density(found)
    most = held.share >= LEAST_SHARE and held.of_all >= LEAST_OF_ALL and dense >= LEAST_DENSITY
    called = held.named and held.share >= LEAST_NAMED_SHARE and dense >= LEAST_NAMED_DENSITY
    nothing_else = min(held.share, dense) >= LEAST_SHARE and held.of_all >= LEAST_OF_ALL  # a short notice
    mostly = held.share >= LEAST_CLEAR_SHARE and held.of_all >= LEAST_OF_ALL and dense >= LEAST_CLEAR_DENSITY
    long = min(held.share, held.of_all) >= LEAST_SHARE and dense >= LEAST_LONG_DENSITY and len(text) >= LEAST_LONG
    # One of several articles on the page, as where the next one follows without end.
    one_of = held.share >= LEAST_NAMED_SHARE and held.of_all >= LEAST_OF_ALL and dense >= LEAST_DENSITY_OF_ONE
    long = long or (one_of and len(text) >= LEAST_OF_ONE)
    plain = nothing_else or long or ((most or mostly or called) and len(text) >= LEAST_PLAIN)
    return Body(text, standfirst(tree, held.element, description), plain)


def with_standfirst(text: str, first: str | None) -> str:
    """Return a text with the standfirst at its head, unless it says the same already."""
    if not first or _words(first)[:50] in _words(text[: 2 * len(first) + 2000]):
        return text
    return f"{first}\n\n{text}" if text else first


def standfirst(tree: Element, holder: Element, description: str | None) -> str | None:
    """Return the sentence or two between the heading and the container: what the page calls its description."""
    if not holder.tag.isprintable():  # an element's name is a stranger's too, and lxml looks for no such
        return None
    wanted = _words(description or "")
    begun = False
    first = None  # what stands right under the heading
    for element in tree.iter("h1", "h2", "h3", "p", "div", "span", "strong", holder.tag):
        if element is holder:
            return first
        if element.tag == "h1":
            begun = True
            first = _below(element, holder)
        elif begun and (element.tag in ("p", "h2", "h3") or len(element) == 0):
            names = f"{element.get('class', '')} {element.get('itemprop', '')}"
            parent = element.getparent()
            if parent is not None:
                names += f" {parent.get('class', '')}"
            text = " ".join("".join(element.itertext()).split())
            if len(text) < LEAST_PARAGRAPH:
                continue
            if (wanted and _words(text)[:60] == wanted[:60]) or _STANDFIRST.search(_CAMEL.sub("-", names)):
                return text
    return first


def _below(heading: Element, holder: Element) -> str | None:
    """Return the sentence in the paragraph that comes next after a heading."""
    below = heading.getnext()
    if below is None or below.tag not in ("p", "h2", "h3") or below is holder or is_furniture(below):
        return None
    text = " ".join("".join(below.itertext()).split())
    linked = sum(len("".join(a.itertext())) for a in below.iter("a"))
    return text if len(text) >= LEAST_PARAGRAPH and linked <= _MOST_LINKED * len(text) else None


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
