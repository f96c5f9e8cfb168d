"""What comes along when somebody copies an article from a page or a mail: buttons, notices, lists of other articles.

Only whole lines of a known form are told, and short ones: a headline may begin with *Back to* or *Register*.
"""

from __future__ import annotations

import re

_LONGEST = 200  # characters

# What is never an article's own line, wherever it stands.
_SURE = re.compile(
    r"advertisement|image (?:copyright|source,?|caption:)(?-i:(?: [A-Z][\w./-]*){1,4})|share this with|"
    r"share this (?:page|article|story)|"
    r"these are external links(?: and will open in a new window)?|copy this link|read more about sharing|"
    r"(?:sharing|share) (?:on|via|to) (?:facebook|twitter|e-?mail|linkedin|whatsapp|messenger|pinterest|google\+?)|"
    r"[-–—*#~ ]*(?:ends|end of release)[-–—*#~ ]*|(?:media player|media playback) is (?:un)?(?:supported|"
    r"available).{0,40}|"
    r"please turn on javascript.{0,60}|click here to (?:subscribe|register|sign in|log in)",
    re.IGNORECASE,
)
# What stands around an article: at its head and at its end.
_AROUND = re.compile(
    r"this site is (?:intended )?for\b.{0,120}|skip to (?:main )?(?:content|navigation)|"
    r"(?:sign|log)[ -]?in(?: (?:or|/|to) .{0,80}| here| now)?|(?:register|subscribe)(?: (?:or|/) .{0,60})?|"
    r"(?:register|subscribe|sign up) (?:now|today|here|for free|for free access|to (?:our|the|read|continue|"
    r"receive|get)\b"
    r".{0,80}|for (?:our|the|unlimited|more)\b.{0,80})|(?:subscribe|sign up) now\b.{0,60}|"
    r"from the section .{1,30}|view comments|(?:my account|your account|log ?out|sign ?out|"
    r"logged in as .{1,40})|"
    r"already (?:a subscriber|registered|a member|have an account)\??.{0,60}|"
    r"to (?:continue|keep) reading\b.{0,100}|(?:this article is|available) (?:only )?(?:for|to) subscribers.{0,40}|"
    r"menu|home|search|print(?: (?:this )?(?:page|article|story))?|e-?mail(?: (?:this|to|a friend).{0,30})?|"
    r"share|tweet|"
    r"facebook|twitter|linkedin|whatsapp|google\+|pinterest|reddit|messenger|stumbleupon|delicious|digg|save|follow|"
    r"save (?:article|for later|story)|text size.{0,10}|a a a|listen(?: to (?:this )?article)?|"
    r"(?:we|this (?:web ?)?site|our (?:web ?)?site) uses? cookies\b.{0,160}|"
    r"(?:accept|manage|reject|allow)(?: all)? cookies|(?:our use of )?cookies?(?: (?:policy|settings|notice|"
    r"preferences))?|"
    r"our use of cookies\b.{0,60}|by (?:continuing|using|browsing)\b.{0,60}\bcookies\b.{0,80}|"
    r"read (?:my|the|our) .{0,40}»|back to (?:top|home|homepage|news|list|index|search results|search|results|"
    r"articles?|"
    r"main page|previous page|the top)|go back|"
    r"read more|more\.\.\.|read more:? .{0,3}|\d{1,6} (?:shares?|comments?|likes|retweets|views)|"
    r"(?:shares?|comments?|views) ?\(?\d{0,6}\)?(?: \d{1,6} comments?)?|comments?\d{1,6} comments?|"
    r"no comments?(?: yet)?|"
    r"(?:leave|post|add) a (?:comment|reply)|be the first to comment|have your say|\d{1,3} min(?:ute)?s? read|"
    r"@\w{2,20}|"
    r"sent from my (?:iphone|ipad|blackberry|android|samsung|phone|mobile|htc|windows|galaxy)\b.{0,40}|"
    r"get outlook for (?:ios|android)|[-–—_ ]*(?:forwarded|original) message[-–—_ ]*|begin forwarded message:?|"
    r"you are here:? .{1,120}|(?:home|news) (?:>|›|»|/) .{1,120}|"
    r"(?:copyright:? )?(?:©|\(c\))\s?.{1,120}|copyright:? \d{4}(?: (?:by )?[\w.&' -]{2,40} (?:ltd|limited|plc|"
    r"group|media|news)\b.{0,30})?|all rights reserved|"
    r"(?:previous|next)(?: (?:article|story|post))?|(?:terms (?:and|&) conditions|terms of use|privacy(?: policy)?)",
    re.IGNORECASE,
)
# The paper's departments, over the headline.
_SECTION = re.compile(
    r"(?:uk |world |latest |home |local |health |breaking )?news|news & analysis|society|politics|uk politics|health|"
    r"opinion|comment|comment is free|features?|analysis|blogs?|editorials?|leaders?|letters|business|"
    r"education|science|"
    r"national|social care|news story|top stor(?:y|ies)|exclusive|clippings?|press cutting",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:related|more|other|similar|recommended|popular|latest|top|further|linked)(?: (?:news|health|uk))? "
    r"(?:stories|articles|topics|content|links|posts|news|internet links|reading|coverage|jobs)|"
    r"more on (?:this (?:story|topic)|this)|around the (?:bbc|web)|most (?:read|popular|viewed|shared|commented)|"
    r"you (?:may|might) (?:also )?(?:like|be interested in)|from (?:around )?the web|related|see also|"
    r"elsewhere on.{1,30}|"
    r"read this next|don't miss|recommended for you",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?:readers['’]? )?comments? ?\(\d{1,6}\)|\d{1,6} (?:comments|responses)\b.{0,80}", re.IGNORECASE
)
_COMMENT = re.compile(
    r"report (?:this )?comment|unsuitable or offensive|^reply$|\bsays:$|^anonymous\b.{0,60}\d{4}|^\w+ wrote:$|"
    r"^(?:recommend|like|reply)\s*\(?\d*\)?$",
    re.IGNORECASE | re.MULTILINE,
)
_NOTES = re.compile(r"notes? (?:to|for) (?:the )?editors?\b", re.IGNORECASE)
_CONTACT = re.compile(
    r"(?:for (?:more|further) information,?(?: please)? contact|(?:press|media)?\s*(?:contacts?|enquiries|"
    r"office))\s*:.{1,180}",
    re.IGNORECASE,
)


def is_sure(line: str) -> bool:
    """Whether a line is no article's own, wherever it stands."""
    return len(line) <= _LONGEST and _SURE.fullmatch(line.rstrip(" .:")) is not None


def is_around(line: str) -> bool:
    """Whether a line at the head or the end of a text is a button or a notice of the page that it was copied from."""
    return len(line) <= _LONGEST and (is_sure(line) or _AROUND.fullmatch(line.rstrip(" .:!")) is not None)


def is_section(line: str) -> bool:
    """Whether a line over a headline names no more than a paper's department."""
    return len(line) <= 40 and _SECTION.fullmatch(line) is not None


def begins_others(line: str) -> bool:
    """Whether a line stands over a list of other articles."""
    return len(line) <= 60 and _OTHERS.fullmatch(line.rstrip(" .:")) is not None


def begins_comments(line: str) -> bool:
    """Whether a line stands over readers' comments, and counts them."""
    return len(line) <= 120 and _COMMENTS.fullmatch(line.rstrip(" .:")) is not None


def is_comment(part: str) -> bool:
    """Whether a paragraph shows that it is a reader's comment, or belongs to one."""
    return _COMMENT.search(part[:400]) is not None


def is_for_editors(line: str) -> bool:
    """Whether a paragraph speaks to editors: notes, and whom the press may call."""
    return _NOTES.match(line) is not None or (
        len(line) <= _LONGEST and _CONTACT.fullmatch(line) is not None and bool(re.search(r"@|\d{4}", line))
    )
