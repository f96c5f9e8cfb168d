"""Parquet, for pandas, Polars, DuckDB and R: columns with types, packed; the one door to pyarrow.

pyarrow is optional (the extra ``parquet``); whoever imports this file without it gets the ImportError.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet as pq

from clipper import __version__
from clipper.publish.about import About
from clipper.publish.formats.jsonlines import VERSION, as_record
from clipper.publish.selection import Item

_ROWS = 2000  # that are gathered before they are packed: what is in memory is bounded by them
_GROUP = 32 << 20  # bytes, as they are in memory, of a group of rows: what a reader has to hold of a column at once

_TAG = pa.struct(
    [
        ("theme", pa.string()),
        ("probability", pa.float64()),
        ("threshold", pa.float64()),
        ("by", pa.string()),
        ("disputed", pa.bool_()),
        ("model", pa.string()),
        ("codebook", pa.string()),
    ]
)
_LABEL = pa.struct(
    [
        ("theme", pa.string()),
        ("value", pa.bool_()),
        ("coder", pa.string()),
        ("round", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
    ]
)
_SCORE = pa.struct([("theme", pa.string()), ("probability", pa.float64())])
_COLUMNS = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("revision", pa.int64(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    ("url", pa.string()),
    ("canonical", pa.string()),
    ("guid", pa.string()),
    ("title", pa.string()),
    ("outlet", pa.string()),
    ("authors", pa.list_(pa.string())),
    ("published", pa.string()),
    ("published_day", pa.date32()),
    ("fetched", pa.timestamp("us", "UTC")),
    ("language", pa.string()),
    ("text", pa.string()),
    ("excerpt", pa.string()),
    ("categories", pa.list_(pa.string())),
    ("source", pa.string()),
    ("part_of", pa.string()),
    ("duplicate_of", pa.string()),
    ("partial", pa.bool_()),
    ("sha256", pa.string()),
    ("extractor", pa.string()),
    ("themes", pa.list_(pa.string())),
    ("tags", pa.list_(_TAG)),
    ("scores", pa.list_(_SCORE)),
    ("labels", pa.list_(_LABEL)),
    ("copies", pa.list_(pa.string())),
]


def write(items: Iterable[Item], about: About, stream: BinaryIO) -> None:
    """Write articles to a stream, a group of rows after the other."""
    known = {
        "clipper": __version__,
        "export": str(VERSION),
        "title": about.title,
        "query": about.query,
        "made": about.moment,
        "themes": json.dumps(dict(about.themes)),
    }
    schema = pa.schema(_COLUMNS, metadata={f"clipper.{name}": value.encode() for name, value in known.items()})
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        waiting: list[Any] = []
        rows: list[dict[str, Any]] = []
        for item in items:
            rows.append(_as_row(item, about))
            if len(rows) >= _ROWS:
                waiting.append(pa.Table.from_pylist(rows, schema))
                rows = []
                if sum(table.nbytes for table in waiting) >= _GROUP:
                    _put(writer, waiting)
                    waiting = []
        waiting.append(pa.Table.from_pylist(rows, schema))
        _put(writer, waiting)


def _put(writer: Any, tables: Sequence[Any]) -> None:
    whole = pa.concat_tables(tables)
    if whole.num_rows:
        writer.write_table(whole, row_group_size=whole.num_rows)


def _as_row(item: Item, about: About) -> dict[str, Any]:
    record = as_record(item, about)
    tagging = item.tagging if item.tagging and item.tagging.revision == item.article.revision else None
    row = {name: _whole(value) for name, value in record.items()}
    row["published_day"] = _day(item.article.published)
    row["fetched"] = _moment(item.article.fetched)
    row["themes"] = [_whole(key) for key in item.carried]
    row["tags"] = [{**_whole(tag), "disputed": bool(tag.get("disputed"))} for tag in record["tags"]]
    row["scores"] = (
        [{"theme": _whole(theme), "probability": p} for theme, p in tagging.scores.items()] if tagging else []
    )
    row["labels"] = [{**_whole(label), "at": _moment(label["at"])} for label in record["labels"]]
    return row


def _whole(value: Any) -> Any:
    """Return a value without half characters, which JSON may hold and no text in UTF-8 can."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    return value


def _day(published: str | None) -> date | None:
    """Return a day; None where no more than the month is stated, since the first of it would be a guess."""
    try:
        return date.fromisoformat(published) if published and len(published) == 10 else None
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
