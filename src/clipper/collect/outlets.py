"""Names of papers and newsrooms that British clippings are cut from: they tell an outlet from a title."""

from __future__ import annotations

import re

from clipper.collect.dates import parse_date
from clipper.text import fold

_NAMES = """
BBC|BBC News|BBC News Online|BBC Online|BBC Health|BBC Radio 4|BBC Wales|BBC Scotland|BBC London|ITV|ITV News
Channel 4|Channel 4 News|Sky|Sky News|Reuters|Press Association|PA|Bloomberg|AFP|Associated Press|AP|CNN|LBC
The Guardian|The Observer|The Independent|The Independent on Sunday|The i|i|i paper|The Times|The Sunday Times
The Telegraph|The Daily Telegraph|The Sunday Telegraph|Daily Telegraph|The Daily Mail|Daily Mail|Mail Online
MailOnline|Mail on Sunday|The Mail on Sunday|The Sun|The Sun on Sunday|The Mirror|Daily Mirror|The Daily Mirror
Sunday Mirror|Sunday People|The Express|Daily Express|The Daily Express|Sunday Express|Daily Star|Morning Star|Metro
Evening Standard|The Evening Standard|London Evening Standard|Financial Times|The Financial Times|FT|The Economist
New Statesman|The Spectator|Private Eye|The Scotsman|The Herald|Sunday Herald|Scotland on Sunday|Daily Record
The Courier|Press and Journal|Western Mail|Wales Online|WalesOnline|Belfast Telegraph|Irish News|Irish Times
The Irish Times|News Letter|Huffington Post|The Huffington Post|HuffPost|HuffPost UK|BuzzFeed|BuzzFeed News|Vice
Politico|Politics Home|PoliticsHome|Politics.co.uk|The Conversation|openDemocracy|Open Democracy|Our NHS|OurNHS
Our NHS openDemocracy|Byline Times|Novara Media|The Canary|Left Foot Forward|Guido Fawkes|Conservative Home
ConservativeHome|Labour List|LabourList|Red Pepper|Tribune|Socialist Worker|HSJ|Health Service Journal
The Health Service Journal|Pulse|Pulse Today|PulseToday|GP|GP Online|GPonline|GP magazine|BMJ|The BMJ
British Medical Journal|BMJ Online|The Lancet|Lancet|Nursing Times|Nursing Standard|Community Care|Health Investor
HealthInvestor|Laing Buisson|LaingBuisson|Digital Health|digitalhealth.net|eHealth Insider|E-Health Insider|EHI
National Health Executive|Public Finance|Local Government Chronicle|LGC|Municipal Journal|The MJ|Public Servant
Civil Service World|Third Sector|Civil Society|Chemist and Druggist|Chemist & Druggist|C+D|Pharmaceutical Journal
The Pharmaceutical Journal|Hospital Doctor|Building|Building Better Healthcare|Construction News|PharmaTimes
Pharma Times|OnMedica|Independent Nurse|Practice Business|Practice Index|Healthcare Leader|Commissioning Review
The Commissioning Review|Computer Weekly|Supply Management|Management Today|People Management|Personnel Today
Optician|Dentistry|The Probe|BMA|BMA News|RCN Bulletin|Unison|Unite|NHS Confederation|NHS Providers
NHS Support Federation|NHS For Sale|Keep Our NHS Public|KONP|Health Campaigns Together|Health Emergency
The King's Fund|King's Fund|Nuffield Trust|The Nuffield Trust|Health Foundation|The Health Foundation|Which?
Full Fact|Bureau of Investigative Journalism|The Big Issue|Community Practitioner|Therapy Today|The Economist
Manchester Evening News|Liverpool Echo|Birmingham Mail|Birmingham Post|Yorkshire Post|The Yorkshire Post
Yorkshire Evening Post|Sheffield Star|The Star|Hull Daily Mail|Eastern Daily Press|East Anglian Daily Times
The Northern Echo|Northern Echo|The Chronicle|Newcastle Chronicle|The Journal|Sunderland Echo|Hartlepool Mail
Lancashire Telegraph|Lancashire Evening Post|The Argus|Brighton Argus|Kent Online|KentOnline|Kent Messenger
Oxford Mail|Bristol Post|Western Daily Press|Western Morning News|Plymouth Herald|Cornish Guardian|The Cornishman
West Briton|Gloucestershire Echo|Gloucester Citizen|Swindon Advertiser|Wiltshire Times|Bournemouth Echo|Dorset Echo
Southern Daily Echo|Daily Echo|Portsmouth News|The News|Surrey Advertiser|Get Surrey|Croydon Advertiser
Camden New Journal|Hackney Gazette|Ham & High|Islington Tribune|East London Advertiser|Nottingham Post
Leicester Mercury|Derby Telegraph|Burton Mail|The Sentinel|Stoke Sentinel|Stoke-on-Trent Live|Express & Star
Express and Star|Shropshire Star|Coventry Telegraph|Worcester News|Hereford Times|Northampton Chronicle
Bedford Today|Bedfordshire on Sunday|Cambridge News|Lincolnshire Echo|Grimsby Telegraph|Scunthorpe Telegraph
York Press|The Press|Bradford Telegraph and Argus|Telegraph & Argus|Telegraph and Argus|Halifax Courier
Huddersfield Examiner|Wakefield Express|Blackpool Gazette|The Gazette|Bolton News|Oldham Chronicle|Rochdale Observer
Stockport Express|Chester Chronicle|Wigan Today|Cumberland News|North West Evening Mail|News and Star|The Mail
Carlisle News and Star|Isle of Wight County Press
"""
_ARTICLE = re.compile(r"^the\s+")
_KNOWN = frozenset(
    _ARTICLE.sub("", fold(name.strip())) for line in _NAMES.splitlines() for name in line.split("|") if name.strip()
)
_SMALL = frozenset(("and", "of", "the", "for", "in", "on", "at", "to", "&", "de", "la", "by", "with", "from"))
_PAPER = re.compile(
    r"\b(?:news|times|post|mail|express|gazette|herald|echo|observer|journal|chronicle|telegraph|guardian|"
    r"mercury|argus|"
    r"advertiser|courier|standard|star|tribune|press|magazine|online|today|radio|tv|blog|bulletin|review|weekly|"
    r"daily|"
    r"evening|sunday|record|examiner|reporter|messenger|independent|mirror|live|world|week|investor|monitor|"
    r"observatory|network|foundation|trust|fund|federation|association|union)\b",
    re.IGNORECASE,
)
_SITE = re.compile(
    r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:co\.uk|org\.uk|com|net|org|uk|info|tv|news|london)", re.IGNORECASE
)
# What stands before a date, or before a colon, and names no outlet.
_NEVER_FIRST = frozenset((
    "sent", "date", "from", "to", "subject", "cc", "posted", "published", "updated", "modified", "written",
    "issued", "embargoed", "embargo", "received", "dated", "since", "until", "before", "after", "between",
    "during", "by", "re", "fw", "fwd", "chapter", "section", "part", "appendix", "recommendation", "figure",
    "table", "item", "agenda", "minute", "minutes", "question", "answer", "q", "a", "note", "notes",
    "deadline", "closing", "venue", "time", "tel", "telephone", "phone", "email", "contact", "author",
    "authors", "press-release", "accessed", "source", "sources", "correction", "see", "also", "writing",
    "update", "related", "issue", "vol", "edition", "no.", "retrieved", "available", "first", "last", "next",
    "created", "added", "last-updated",
))  # fmt: skip
_NUMBERED = re.compile(
    r"^(?:ward|room|page|phase|stage|step|day|week|year|group|level|annex|volume|number|no|theme|point|paragraph|"
    r"objective|action|option|case|aim|goal|priority) \d{1,3}$", re.IGNORECASE,
)  # fmt: skip
_DIVIDED = re.compile(r":\s|\s[–—|-]\s|\s\|")
_NO_NAME = re.compile(
    r"\b(?:press|news|media) release\b|for immediate|\b\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|"
    r"aug|sep|oct|nov|dec)|"
    r"\b(?:jan|feb|march|april|june|july|aug|sept|oct|nov|dec)[a-z]* \d", re.IGNORECASE,
)  # fmt: skip
MOST_WORDS, MOST_LETTERS = 8, 60


def is_known(name: str) -> bool:
    """Whether a name is that of an outlet for certain: one that is known, or a site's."""
    flat = _ARTICLE.sub("", fold(" ".join(name.split())))
    return flat in _KNOWN or bool(_SITE.fullmatch(name.strip()))


def names_a_paper(name: str) -> bool:
    """Whether a name has a word in it that papers are called by."""
    return bool(_PAPER.search(name))


def may_be_outlet(name: str, *, loose: bool = False) -> bool:
    """Whether a few words can be an outlet's name: short, and written as names are.

    It may be ``loose`` where the words stand for nothing else: between a bracket and a date.
    """
    name = name.strip()
    if not name or len(name) > MOST_LETTERS:
        return False
    if is_known(name):
        return True
    words = name.split()
    if len(words) > MOST_WORDS or name[-1] in "!?;:,…" or parse_date(name) or name.isdigit():
        return False
    if _DIVIDED.search(name) or any(name.count(opened) != name.count(closed) for opened, closed in ("()", "[]")):
        return False
    if (
        words[0].lower() in _SMALL - {"the"}
        or words[0].lower().rstrip(":") in _NEVER_FIRST
        or _NUMBERED.search(name)
        or _NO_NAME.search(name)
    ):
        return False
    if not any(c.isalpha() for c in name):
        return False
    if loose:
        return (name[0].isupper() or name[0].isdigit()) and words[0].lower() not in _SMALL - {"the"}
    capital = [word[:1].isupper() or word[:1].isdigit() for word in words if word.lower() not in _SMALL]
    return bool(capital) and (capital[0] or bool(_SITE.search(name))) and sum(capital) >= 0.6 * len(capital)
