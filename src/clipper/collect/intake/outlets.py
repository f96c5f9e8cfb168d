"""Names of papers and newsrooms that British clippings are cut from: they tell an outlet from a title."""

from __future__ import annotations

import re

from clipper.collect.dates import parse_date
from clipper.text import fold

_NAMES = """
BBC|BBC News|BBC News Online|BBC Online|BBC Health|BBC Radio 4|BBC Wales|BBC Scotland|BBC London|ITV|ITV News|Channel 4
Channel 4 News|Sky|Sky News|Reuters|Press Association|PA|Bloomberg|AFP|Associated Press|AP|CNN|LBC
The Guardian|The Observer|The Independent|The Independent on Sunday|The i|i|i paper|The Times|The Sunday Times|The Telegraph
The Daily Telegraph|The Sunday Telegraph|Daily Telegraph|The Daily Mail|Daily Mail|Mail Online|MailOnline|Mail on Sunday
The Mail on Sunday|The Sun|The Sun on Sunday|The Mirror|Daily Mirror|The Daily Mirror|Sunday Mirror|Sunday People|The Express
Daily Express|The Daily Express|Sunday Express|Daily Star|Morning Star|Metro|Evening Standard|The Evening Standard
London Evening Standard|Financial Times|The Financial Times|FT|The Economist|New Statesman|The Spectator|Private Eye
The Scotsman|The Herald|Sunday Herald|Scotland on Sunday|Daily Record|The Courier|Press and Journal|Western Mail|Wales Online
WalesOnline|Belfast Telegraph|Irish News|Irish Times|The Irish Times|News Letter|Huffington Post|The Huffington Post|HuffPost
HuffPost UK|BuzzFeed|BuzzFeed News|Vice|Politico|Politics Home|PoliticsHome|Politics.co.uk|The Conversation|openDemocracy
Open Democracy|Our NHS|OurNHS|Our NHS openDemocracy|Byline Times|Novara Media|The Canary|Left Foot Forward|Guido Fawkes
Conservative Home|ConservativeHome|Labour List|LabourList|Red Pepper|Tribune|Socialist Worker
HSJ|Health Service Journal|The Health Service Journal|Pulse|Pulse Today|PulseToday|GP|GP Online|GPonline|GP magazine
BMJ|The BMJ|British Medical Journal|BMJ Online|The Lancet|Lancet|Nursing Times|Nursing Standard|Community Care|Health Investor
HealthInvestor|Laing Buisson|LaingBuisson|Digital Health|digitalhealth.net|eHealth Insider|E-Health Insider|EHI
National Health Executive|Public Finance|Local Government Chronicle|LGC|Municipal Journal|The MJ|Public Servant
Civil Service World|Third Sector|Civil Society|Chemist and Druggist|Chemist & Druggist|C+D|Pharmaceutical Journal
The Pharmaceutical Journal|Hospital Doctor|Building|Building Better Healthcare|Construction News|PharmaTimes|Pharma Times
OnMedica|Independent Nurse|Practice Business|Practice Index|Healthcare Leader|Commissioning Review|The Commissioning Review
Computer Weekly|Supply Management|Management Today|People Management|Personnel Today|Optician|Dentistry|The Probe
BMA|BMA News|RCN|RCN Bulletin|RCGP|RCM|RCP|RCS|CSP|Unison|UNISON|Unite|GMB|TUC|NHS England|NHS Confederation|NHS Providers
NHS Employers|NHS Improvement|NHS Support Federation|NHS For Sale|Keep Our NHS Public|KONP|Health Campaigns Together
Health Emergency|The King's Fund|King's Fund|Nuffield Trust|The Nuffield Trust|Health Foundation|The Health Foundation
Reform|Civitas|Policy Exchange|IPPR|Monitor|CQC|Care Quality Commission|Department of Health|DH|Public Health England
National Audit Office|NAO|Hansard|Parliament|Public Accounts Committee|Which?|Age UK|Full Fact|Bureau of Investigative Journalism
Manchester Evening News|Liverpool Echo|Birmingham Mail|Birmingham Post|Yorkshire Post|The Yorkshire Post|Yorkshire Evening Post
Sheffield Star|The Star|Hull Daily Mail|Eastern Daily Press|East Anglian Daily Times|The Northern Echo|Northern Echo
The Chronicle|Newcastle Chronicle|The Journal|Sunderland Echo|Hartlepool Mail|Lancashire Telegraph|Lancashire Evening Post
The Argus|Brighton Argus|Kent Online|KentOnline|Kent Messenger|Oxford Mail|Bristol Post|Western Daily Press|Western Morning News
Plymouth Herald|Cornish Guardian|The Cornishman|West Briton|Gloucestershire Echo|Gloucester Citizen|Swindon Advertiser
Wiltshire Times|Bournemouth Echo|Dorset Echo|Southern Daily Echo|Daily Echo|Portsmouth News|The News|Surrey Advertiser
Get Surrey|Croydon Advertiser|Camden New Journal|Hackney Gazette|Ham & High|Islington Tribune|East London Advertiser
Nottingham Post|Leicester Mercury|Derby Telegraph|Burton Mail|The Sentinel|Stoke Sentinel|Stoke-on-Trent Live|Express & Star
Express and Star|Shropshire Star|Coventry Telegraph|Worcester News|Hereford Times|Northampton Chronicle|Bedford Today
Bedfordshire on Sunday|Cambridge News|Lincolnshire Echo|Grimsby Telegraph|Scunthorpe Telegraph|York Press|The Press
Bradford Telegraph and Argus|Telegraph & Argus|Telegraph and Argus|Halifax Courier|Huddersfield Examiner|Wakefield Express
Blackpool Gazette|The Gazette|Bolton News|Oldham Chronicle|Rochdale Observer|Stockport Express|Chester Chronicle|Wigan Today
Cumberland News|North West Evening Mail|News and Star|The Mail|Carlisle News and Star|Isle of Wight County Press
"""
_ARTICLE = re.compile(r"^the\s+")
_KNOWN = frozenset(
    _ARTICLE.sub("", fold(name.strip())) for line in _NAMES.splitlines() for name in line.split("|") if name.strip()
)
_SMALL = frozenset("and of the for in on at to & de la by with from".split())
_PAPER = re.compile(
    r"\b(?:news|times|post|mail|express|gazette|herald|echo|observer|journal|chronicle|telegraph|guardian|mercury|argus|"
    r"advertiser|courier|standard|star|tribune|press|magazine|online|today|radio|tv|blog|bulletin|review|weekly|daily|"
    r"evening|sunday|record|examiner|reporter|messenger|independent|mirror|live|world|week|investor|monitor|"
    r"observatory|network|foundation|trust|fund|federation|association|union)\b",
    re.IGNORECASE,
)
_SITE = re.compile(
    r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:co\.uk|org\.uk|com|net|org|uk|info|tv|news|london)", re.IGNORECASE
)
MOST_WORDS, MOST_LETTERS = 8, 60


def is_known(name: str) -> bool:
    """Whether a name is that of an outlet for certain: one that is known, or a site's."""
    flat = _ARTICLE.sub("", fold(" ".join(name.split())))
    return flat in _KNOWN or bool(_SITE.fullmatch(name.strip()))


def names_a_paper(name: str) -> bool:
    """Whether a name has a word in it that papers are called by."""
    return bool(_PAPER.search(name))


def may_be_outlet(name: str) -> bool:
    """Whether a few words can be an outlet's name: short, and written as names are."""
    name = name.strip()
    if not name or len(name) > MOST_LETTERS:
        return False
    if is_known(name):
        return True
    words = name.split()
    if len(words) > MOST_WORDS or name[-1] in "!?;:,…" or parse_date(name) or name.isdigit():
        return False
    capital = [word[:1].isupper() or word[:1].isdigit() for word in words if word.lower() not in _SMALL]
    return bool(capital) and (capital[0] or bool(_SITE.search(name))) and sum(capital) >= 0.6 * len(capital)
