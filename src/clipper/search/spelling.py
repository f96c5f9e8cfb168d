"""British and American spelling, and words written together or apart.

A query word is looked for in all its spellings. The text of the index and the query both arrive here folded: in
lower case, and with -iz- and -yz- written as -is- and -ys-, so that "organization" needs no entry. Everything else is
a table of beginnings that change, each with the endings it may take. As the index stems its words, an inflection that
is missing here is seldom missed; an ending too many would tie two different words together, so the lists are strict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# No word of either language is longer; a limit keeps the work on a hostile word small.
_LONGEST: Final = 40

_ANY: Final = "*"  # any ending: only for beginnings that no other word shares
_NOUN: Final = "- s"
_VERB: Final = "- s ed ing ings er ers"

# Each row: what changes, what stands before it, and the endings that may follow ("-" is none). Where letters stand
# between the change and the ending, a bar marks the place of the change. A row without a change names both forms.
_ROWS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "our/or",
        "arb ard arm behavi cand clam clang col demean enam endeav fav ferv flav harb hon hum lab"
        " misdemean neighb od parl ranc rig rum sav savi splend succ tum val vap vig glam dol",
        "- s ed er ers ing ings able ably ful fully less lessly hood hoods ly liness some ee ees",
    ),
    ("our/or", "behavi col lab", "al ally ism ist ists ise ised ises ising isation ite ites ation"),
    ("our/or", "fav", "ite ites itism"),
    ("our/or", "arm flav sav vap", "y ies iness"),
    ("our/or", "harb", "master masters side front"),
    ("our/or", "col", "blind fast way ways"),
    # -re and -er
    (
        "re/er",
        "accout calib cent epicent fib goit lacklust lit centilit decilit millilit lust meag met centimet kilomet"
        " micromet millimet nanomet mit nit och reconnoit sab saltpet scept sepulch somb spect theat amphitheat tit",
        _NOUN,
    ),
    ("r/er", "cent reconnoit calib", "ed ing"),
    ("re/er", "cent", "piece pieces ground left right most"),
    ("re/er", "fib", "glass board boards optic optics"),
    ("re/er", "meag somb", "ly ness"),
    ("re/er", "theat", "goer goers going land"),
    ("re/er", "accout", "ment ments"),
    ("oeuvre/euver", "man outman", _NOUN),
    ("oeuvr/euver", "man outman", "ed er ers ing ings able ability"),
    # -ce and -se
    ("ce/se", "defen offen preten licen practi malpracti", "- s"),
    ("ce/se", "defen offen", "less lessly lessness man men"),
    ("c/s", "licen", "ed ing er ers ee ees able ure"),
    ("c/s", "practi", "ed ing er ers"),
    # -ogue and -og
    ("ogue/og", "anal catal demag dial epil homol monol pedag prol travel synag", _NOUN),
    ("ogu/og", "catal dial", "ed ing er ers"),
    # A last letter that is doubled before an ending in one country only.
    (
        "l/",
        "apparel barrel bedevil bevel cancel carol channel chisel counsel credential cudgel devil dial dishevel drivel"
        " duel empanel enamel equal fuel funnel gambol gravel grovel hostel impanel imperil initial jewel kennel label"
        " level libel marshal marvel medal metal model panel parcel pedal pencil pummel quarrel revel rival shovel"
        " shrivel signal snivel snorkel spiral squirrel stencil swivel tassel total towel trammel travel trial tunnel"
        " unravel victual weasel yodel",
        "ed ing ings er ers able",
    ),
    ("l/", "council counsel", "or ors orship orships"),
    ("l/", "duel medal panel", "ist ists"),
    ("l/", "libel marvel", "ous ously"),
    ("l/", "cruel", "er est"),
    ("l/", "wool", "en ens"),
    ("l/", "crystal tranquil", "ise ised ises ising iser isers isation ity"),
    ("s/", "bias focus bus", "ed es ing"),
    ("t/", "benefit combat", "ed ing"),
    ("p/", "kidnap worship", "ed ing er ers"),
    ("t/", "carburet", "or ors"),
    ("m/", "program", "ed ing er ers"),
    # ... and one that is single in Britain.
    ("/l", "appal distil enrol enthral fulfil instal instil", _NOUN),
    ("/l", "enrol fulfil instal", "ment ments"),
    ("/l", "skil wil", "ful fully fulness"),
    ("/l", "thral", "dom"),
    # A silent e that is kept or dropped.
    ("e/", "abridg acknowledg judg lodg", "ment ments mental mentally"),
    ("e/", "ag", "ing ism ist ists"),
    ("e/", "bing cu glu queu rout whing", "ing"),
    (
        "e/",
        "blam hir immov lik liv lov mistak mov nam rat sal shak sis trad unmistak us",
        "able ably ability ableness",
    ),
    ("e/", "mil", "age"),
    ("ey/y", "nos phon pric", "-"),
    ("me/", "program gram kilogram microgram milligram", _NOUN),
    # A past in -t.
    ("t/ed", "burn dream lean leap learn spoil unlearn", "-"),
    ("t/led", "dwel misspel smel spel spil", "-"),
    # ae and e
    (
        "ae/e",
        "acid|mi alkal|mi an|mi an|sth azot|mi bacter|mi calc|mi cholesterol|mi encyclop|d erythr|mi galactos|mi"
        " glyc|mi gyn|c h|mang h|mat h|mo isch|mi kal|mi leuk|mi lipid|mi medi|val natr|mi orthop|d hypox|mi anox|mi"
        " p|diatr p|doph pal|o ph|ochrom polycyth|mi prim|val py|mi septic|mi syn|sth thalass|mi tox|mi tular|mi ur|mi"
        " uric|mi vir|mi vol|mi arch|o |tiolog |sthet c|cum c|cal f|cal f|ces f|culent def|cat c|sium",
        _ANY,
    ),
    ("ae/e", "|on", _NOUN),
    ("ae/e", "n|vus n|vi", "-"),
    # oe and e
    (
        "oe/e",
        "amenorrh|a amenorrh|ic am|b apn|a apn|ic c|liac c|lom diarrh|a diarrh|ic dysmenorrh|a dyspn|a dyspn|ic |dema"
        " |cumenic |strog f|tal f|tus f|ticid f|toscop f|toplacent f|tid galactorrh|a gonorrh|a hom|opath hom|ostas"
        " hom|ostat hypopn|a logorrh|a orthopn|a |soph oligomenorrh|a otorrh|a pharmacop|ia pyorrh|a rhinorrh|a"
        " seborrh|a seborrh|ic steatorrh|a tachypn|a",
        _ANY,
    ),
    ("oe/e", "|strus |stradiol |striol |strone", _NOUN),
    # Other letters, many words
    ("c/k", "s|eptic", _ANY),
    ("c/k", "leu|ocyt leu|openi leu|odystroph", _ANY),
    ("ph/f", "sul|a sul|i sul|o sul|u", _ANY),
    ("en/in", "|quir", _ANY),
    ("y/a", "p|jama", _ANY),
    ("ou/o", "sm|lder", _ANY),
    ("ou/o", "m|ld", "- s ed ing ings er ers y ier iest able"),
    ("ou/o", "m|lt", "- s ed ing"),
    ("ough/ow", "pl", "- s ed ing man men share shares"),
    ("e/a", "gr|y", "- s ed ing er est ish ness ly scale"),
    ("u/o", "m|m", _NOUN),
    ("u/o", "m|mmy m|mmies", "-"),
    ("s/z", "co|y co|ily co|ier co|iest co|iness co|ies co|ied", "-"),
    ("e/i", "art|fact", "- s ual"),
    ("c/k", "dis", "- s less"),
    ("c/k", "mollus", _NOUN),
    ("e/i", "d|spatch", "- es ed ing er ers"),
    ("y/i", "c|pher s|phon", "- s ed ing"),
    ("er/or", "advis protest impost", _NOUN),
    ("or/er", "conven", _NOUN),
    ("ant/ent", "depend", _NOUN),
    ("t/c", "dieti|ian", _NOUN),
    ("ity/ty", "special", "-"),
    ("ities/ties", "special", "-"),
    ("ium/um", "alumin", _NOUN),
    ("e/", "adrenalin gelatin glycerin furor", _NOUN),
    ("ated/ed", "orient disorient", "-"),
    ("x/ct", "conne|ion infle|ion", _NOUN),
    # Words by themselves
    (
        "",
        "aeroplane/airplane barbecue/barbeque calliper/caliper cauldron/caldron chequebook/checkbook donut/doughnut"
        " hiccough/hiccup liquorice/licorice moslem/muslim moustache/mustache omelette/omelet"
        " pedlar/peddler phial/vial rouble/ruble titbit/tidbit tsar/czar tsarina/czarina"
        " yoghurt/yogurt/yoghourt draughtsman/draftsman chilli/chili colouration/coloration waggon/wagon"
        " caesarean/cesarean/caesarian/cesarian leucorrhoea/leukorrhoea/leucorrhea/leukorrhea",
        _NOUN,
    ),
    ("", "gaol/jail", _VERB),
    (
        "",
        "axe/ax gipsy/gypsy whisky/whiskey behove/behoove kerbside/curbside knelt/kneeled maths/math"
        " chequered/checkered",
        "-",
    ),
    ("", "gipsies/gypsies whiskies/whiskeys draughtsmen/draftsmen jewellery/jewelry", "-"),
    ("", "carcase/carcass carcases/carcasses", "-"),
)

# What may stand before a word of the table. The rest must be long enough to be a word of its own.
_PREFIXES_TEXT: Final = (
    "angio anti bi bio cardio co counter dis electro eu euro gastro hyper hypo immuno inter job lymph macro micro mis"
    " mono multi myx neuro non normo over papill poly post pre pseudo psycho re self semi socio step sub super tri"
    " ultra un under uni water"
)
_SHORTEST_REST: Final = 5
# ... but never before these: a trimeter is no metre, and polyphony is not phoney.
_ALONE: Final = ("bus", "dependant", "dependent", "gram", "meter", "metre", "phoney", "phony", "specter", "spectre")

# Words in two parts that are written together, apart or with a hyphen: the first part, and how the second begins.
_COMPOUNDS_TEXT: Final = """
after care
anti austerity bacterial bod competitive depress inflammat microbial privatis social trust vax vaxx vaxxer viral
back bench bencher dat fir lash log stop track
bail out
bed block blocker pan ridden room side sore
bench mark
bi annual lateral monthly partisan
bill payer
bio bank diversity marker medic security similar technolog
birth day place rate weight
black list
blood stream
bread winner
break down even through up
build up
buy out
by election law pass product
car maker park
cardio respiratory vascular
care worker
carve up
case load mix work worker
check list point up
chemo therap
child bearing birth care minder minding
clamp down
class room
clean up
co author chair commission education exist found locat morbid morbidit operat opt ordinat owner pay payment produc
co signator worker
cost cutting
counter argument measure part productive
country wide
cover up
covid 19
crack down
cross bench bencher border cutting examin party referenc sector subsid
cut back
cyber attack crime security
data base set
day care case time
de carbonis centralis commission merg nationalis regulat select stabilis valu
decision maker making
down grad load play scal sis stream time turn
drug maker store
e book cigarette commerce consult government health learning mail petition prescrib prescription referral
end point
euro sceptic skeptic zone
europe wide
extra curricular
fast track
fire fighter fighting
flash point
follow up
food bank
foot fall print
free lance lancer lancing
front bench bencher line page runner
fund rais
grass root
ground breaking swell work
hand book held out over washing
hard line ware
head count line quarter teacher
health care
heart beat breaking burn
home care owner worker
house builder building hold
immuno compromis suppress therap
in fighting house patient sourc
inter agency agencies connect departmental depend disciplinar generational governmental operab professional relat
intra venous
job centre center seeker
kick start
land lord mark slide
law maker making suit
lay off
life line long saving span style time
line up
lock down
long lasting standing
macro econom
mega merger
melt down
micro biolog manag
mid career term way week
mile stone
mini bus
mis diagnos handl inform manag report sell sold spend spent treat
money maker making
nation wide
neo conservativ liberal natal
neuro science scientist surg
new born
night time
note book
off load set shor site line
on going line shor site
opt out
out dat number patient perform reach source sourc spend
over charg crowd dos estimat prescrib prescription spend spent regulat stretch use using weight work
pan european
paper work
part time
pay off out roll
per cent
physio therap
policy holder maker making
post cod graduat menopaus mortem natal operativ war
pre approv diabet empt exist natal paid pay plan school select
pro activ
psycho social therap
radio therap
re admission admit admitt allocat appoint build built commission design draft elect evaluat examin introduc invest issu
re centralis nationalis negotiat open organis regulat privatis procur structur tender think thought usable usage use
re using
ring fenc
roll out
round up
rule book
run up
school child teacher
safe guard
score card
sell off
semi detached final independ privat retir skill
set back up
shake up
share holder
short fall list
show case down
shut down
slow down
smart phone
socio econom
soft ware
spin off
spread sheet
stake holder
stand by off point still
start up
state wide
still birth born
stock pile piling
sub committee contract group let region section standard title total
super bug market
take away over
tax payer
team work
teen age ager
tele care consult health medicine
think tank
time frame line scal table
tip off
tool kit
top up
trade off
trans atlantic gender national sexual
turn around out over
u turn
under age estimat fund graduat invest perform privileg regulat report represent resourc spend spent staff use using
under valu way
up front grad load skill stream turn
view point
wait list
walk in out
watch dog
web cast chat master page site
week day end
well being
wheel chair
whistle blow blower
wide spread
work force load place shop station
world wide
write off
year book
"""
_COMPOUND_ENDINGS: Final = (
    "- s es e d ed er ers r rs ing ings y ies ly al ally ant ants ent ents ence ency or ors ion ions ional ive ively"
    " ives ment ments ation ations able ability ic ical ics ist ists ory ary isation"
)

# First parts that go before any word, with the beginnings after which they are no first part at all.
_FREE: Final[dict[str, tuple[str, ...]]] = {
    "non": ("age", "ago", "chal", "esuch", "ethe", "illi", "pare", "plus", "sens"),
    "multi": ("far", "para", "ple", "pli", "ply", "tud"),
}
_SHORTEST_FREE: Final = 4

_Row = tuple[list[str], frozenset[str] | None]


def _endings(text: str) -> frozenset[str]:
    return frozenset("" if ending == "-" else ending for ending in text.split())


def _tables() -> tuple[dict[str, tuple[_Row, ...]], dict[str, tuple[_Row, ...]]]:
    """
    Return the rows by what stands before a change, and the rows of those beginnings that are looked up whole.

    Every command line that searches pays for this, so a row is shared by all its beginnings and never written out.
    """
    before_change: dict[str, tuple[_Row, ...]] = {}
    whole: dict[str, tuple[_Row, ...]] = {}
    for swap, bases, text in _ROWS:
        endings = None if text == _ANY else _endings(text)
        letters = swap.split("/")
        shared = ((letters, endings),)
        for base in bases.split():
            if swap and "|" not in base:
                before_change[base] = before_change[base] + shared if base in before_change else shared
                continue
            before, _, after = base.partition("|")
            forms = [before + each + after for each in letters] if swap else base.split("/")
            for form in forms:
                whole[form] = (*whole.get(form, ()), (forms, endings))
    return before_change, whole


def _compounds() -> dict[str, frozenset[str]]:
    """Return, by first part, the beginnings of the second parts."""
    compounds: dict[str, frozenset[str]] = {}
    for line in _COMPOUNDS_TEXT.strip().splitlines():
        first, *seconds = line.split()
        compounds[first] = compounds.get(first, frozenset()).union(seconds)
    return compounds


_BEFORE_CHANGE, _WHOLE = _tables()
_COMPOUNDS: Final = _compounds()
_PREFIXES: Final = frozenset(_PREFIXES_TEXT.split())
_SECOND_ENDINGS: Final = _endings(_COMPOUND_ENDINGS)
_FIRSTS: Final = frozenset([*_COMPOUNDS, *_FREE])
_LONGEST_BEGINNING: Final = max(map(len, [*_BEFORE_CHANGE, *_WHOLE]))
_LONGEST_PREFIX: Final = max(map(len, _PREFIXES))
_LONGEST_FIRST: Final = max(map(len, _FIRSTS))


def _changed(word: str) -> list[str]:
    """Return the other spellings of a word that stands in the table itself."""
    found = []
    for end in range(1, min(len(word), _LONGEST_BEGINNING) + 1):
        beginning = word[:end]
        if beginning in _BEFORE_CHANGE:
            for letters, endings in _BEFORE_CHANGE[beginning]:
                for each in letters:
                    ending = word[end + len(each) :]
                    if word.startswith(each, end) and (endings is None or ending in endings):
                        found += [beginning + other + ending for other in letters if other != each]
        if beginning in _WHOLE:
            ending = word[end:]
            for forms, endings in _WHOLE[beginning]:
                if endings is None or ending in endings:
                    found += [other + ending for other in forms if other != beginning]
    return found


def _spellings(word: str) -> list[str]:
    """Return all spellings of a word in one piece, the word itself first."""
    found = [word, *_changed(word)]
    for end in range(2, min(len(word) - _SHORTEST_REST, _LONGEST_PREFIX) + 1):
        if word[:end] in _PREFIXES and not word.startswith(_ALONE, end):
            # Measured on both sides, so that what one way finds the way back finds too.
            found += [word[:end] + other for other in _changed(word[end:]) if len(other) >= _SHORTEST_REST]
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def _is_compound(first: str, second: str) -> bool:
    if first in _FREE:
        return len(second) >= _SHORTEST_FREE and second.isalpha() and not second.startswith(_FREE[first])
    seconds = _COMPOUNDS.get(first)
    if seconds is None:
        return False
    return any(second[:end] in seconds and second[end:] in _SECOND_ENDINGS for end in range(len(second), 1, -1))


def _apart(word: str) -> list[str]:
    """Return the ways to write a word as two."""
    places = [at for at in range(1, min(len(word) - 2, _LONGEST_FIRST) + 1) if word[:at] in _FIRSTS]
    return [f"{word[:at]} {word[at:]}" for at in places if _is_compound(word[:at], word[at:])]


def variants(word: str) -> tuple[str, ...]:
    """
    Return the other spellings of a lower-case word, without the word itself: those in one word first, then those
    in two, with a space between, which are to be looked for as a phrase.

    >>> variants("behaviour")
    ('behavior',)
    >>> variants("healthcare")
    ('health care',)
    """
    if len(word) > _LONGEST:
        return ()
    spellings = _spellings(word)
    return (*spellings[1:], *(pair for spelling in spellings for pair in _apart(spelling)))


def joined(words: Sequence[str]) -> tuple[str, ...]:
    """
    Return the forms in one word of a row of lower-case words, as it was typed with hyphens or within quotation marks.

    >>> joined(["health", "care"])
    ('healthcare',)
    """
    if len(words) != 2 or len(words[0]) + len(words[1]) > _LONGEST:
        return ()
    return tuple(_spellings("".join(words))) if _is_compound(words[0], words[1]) else ()
