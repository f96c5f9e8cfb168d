"""The tables of the catalogue, and how a URL is written in them."""

from __future__ import annotations

import os
from hashlib import blake2b

from clipper.archive.database import Connection

VERSION = 6

# URLs and guids are long and come in no order; as numbers of 64 bits, which is as much as an article's id holds, the
# tables that find them stay small enough to be kept in memory while a large archive is read.
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE files (
    name TEXT PRIMARY KEY, size INTEGER, whole INTEGER, mtime INTEGER, inode INTEGER, tail BLOB) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, revision INTEGER, kind TEXT, title TEXT, sha256 TEXT,
    file TEXT, offset INTEGER, length INTEGER, seq INTEGER,
    source INTEGER, outlet INTEGER, url TEXT, checked TEXT, duplicate_of TEXT, part_of TEXT, forgotten TEXT);
CREATE INDEX articles_seq ON articles (seq);
CREATE INDEX articles_copies ON articles (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX articles_parts ON articles (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX articles_forgotten ON articles (id) WHERE forgotten IS NOT NULL;
CREATE INDEX articles_source ON articles (source, checked);
CREATE TABLE older (
    id TEXT, revision INTEGER, file TEXT, offset INTEGER, length INTEGER, PRIMARY KEY (id, revision)) WITHOUT ROWID;
CREATE TABLE outlets (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, articles INTEGER);
CREATE TABLE sources (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, articles INTEGER);
CREATE TABLE urls (key INTEGER PRIMARY KEY, article INTEGER);
CREATE TABLE guids (key INTEGER PRIMARY KEY, article INTEGER);
CREATE TABLE tags (article INTEGER PRIMARY KEY, revision INTEGER, model TEXT, offset INTEGER, length INTEGER);
CREATE TABLE early_tags (
    article TEXT PRIMARY KEY, revision INTEGER, model TEXT, offset INTEGER, length INTEGER) WITHOUT ROWID;
CREATE TABLE looked_at (article TEXT PRIMARY KEY, revision INTEGER, model TEXT) WITHOUT ROWID;
CREATE TABLE labels (
    article TEXT, theme TEXT, coder TEXT, round TEXT, value INTEGER, revision INTEGER, at TEXT, seq INTEGER,
    PRIMARY KEY (article, theme, coder, round)) WITHOUT ROWID;
CREATE INDEX labels_round ON labels (round);
CREATE TABLE samples (
    name TEXT PRIMARY KEY, round TEXT, articles TEXT, population INTEGER, seed INTEGER, query TEXT, at TEXT,
    seq INTEGER) WITHOUT ROWID;
CREATE TABLE refused (key INTEGER PRIMARY KEY, cause TEXT);
CREATE TABLE withheld (key INTEGER PRIMARY KEY, forgotten TEXT);
CREATE TABLE troubles (key INTEGER PRIMARY KEY, times INTEGER, last TEXT, cause TEXT);
"""


def create(db: Connection) -> None:
    """Make the tables of an empty catalogue, within the transaction that is open."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute("INSERT INTO meta VALUES ('generation', ?), ('seq', '0')", (os.urandom(16).hex(),))


def number_of(text: str) -> int:
    """Return the number that stands for a text: 64 bits of a checksum that nobody can aim at another's."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def as_key(number: int) -> str:
    """Return a number as a tombstone holds it: sixteen hexadecimal digits."""
    return number.to_bytes(8, "big", signed=True).hex()


def from_key(key: str) -> int:
    """Return the number that a tombstone holds. Raises ValueError for what is none."""
    raw = bytes.fromhex(key)
    if len(raw) != 8:
        raise ValueError("not a number of 64 bits")
    return int.from_bytes(raw, "big", signed=True)
