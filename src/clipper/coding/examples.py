"""Labelled passages that a model learns from: JSON lines with
``id, event, register, year, title, text, themes``, and the worked examples of a codebook.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipper.coding.codebook import Codebook
from clipper.errors import CannotWork
from clipper.text import fold

_TEXTS = ("event", "id", "text", "title")
_KEYS = (*_TEXTS, "themes")


@dataclass(frozen=True)
class Example:
    """One passage. Passages that tell the same ``event`` must not stand on both sides of a test.

    Of the themes in ``judged``, it carries those in ``themes`` and no other; of the rest nothing is known. None
    says that all were judged. ``weight`` is how many plain passages it counts for.
    """

    id: str
    event: str
    title: str
    text: str
    themes: frozenset[str]
    judged: frozenset[str] | None = None
    weight: float = 1.0


def load(paths: Path | Iterable[Path], book: Codebook) -> list[Example]:
    """Return the examples of one file or of several in order, their themes as the codebook has them now.

    A passage whose every theme is unknown to this codebook is left out: it may well be about one of the
    codebook's own. Raises CannotWork with the line of a passage that cannot be read.
    """
    found: list[Example] = []
    for path in [paths] if isinstance(paths, Path) else paths:
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    data = _passage(line, f"{path}:{number}")
                    themes = frozenset(now for key in data["themes"] if (now := book.current(key)) is not None)
                    if themes or not data["themes"]:
                        found.append(Example(data["id"], data["event"], data["title"], data["text"], themes))
        except OSError as error:
            raise CannotWork(f"{path}: the examples cannot be read ({error.strerror})") from None
    return found


def _passage(line: bytes, place: str) -> Mapping[str, Any]:
    """Return the object on a line, whose keys are all there and of their types. Raises CannotWork with the place."""
    try:
        data = json.loads(line.decode("utf-8-sig"))
        # Half a character is legal in JSON, and can be written nowhere.
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise CannotWork(f"{place}: not UTF-8, or half a character in it; save the file as UTF-8") from None
    except RecursionError:
        raise CannotWork(f"{place}: an example must be one JSON object on a line (this one nests too deep)") from None
    except ValueError as error:
        raise CannotWork(f"{place}: an example must be one JSON object on a line ({error})") from None
    if not isinstance(data, dict):
        raise CannotWork(f"{place}: an example must be one JSON object on a line")
    if missing := [key for key in _KEYS if key not in data]:
        raise CannotWork(f"{place}: an example needs {', '.join(_KEYS)}; here is no {', '.join(missing)}")
    for key in _TEXTS:
        if not isinstance(data[key], str) or not (data[key].strip() or key == "title"):
            raise CannotWork(f"{place}: {key!r} of an example must be text{'' if key == 'title' else ', not empty'}")
    if not isinstance(data["themes"], list) or not all(isinstance(key, str) for key in data["themes"]):
        raise CannotWork(f"{place}: 'themes' of an example must be a list of keys")
    return data


def from_codebook(book: Codebook) -> list[Example]:
    """Return the worked examples of a codebook as passages, in its order; their event is ``codebook-THEME-NUMBER``.

    One that carries its theme was judged for all themes: it carries those in ``also`` too, and no other. One that
    does not says nothing beyond its theme and those in ``also``. A passage that stands under several themes
    becomes one example, named for the first of them, with what is said of it everywhere: as two, it could teach
    and test a model at once.
    """
    found: dict[str, Example] = {}
    for theme in book.themes:
        for number, worked in enumerate(theme.examples, 1):
            name = f"codebook-{theme.key}-{number}"
            themes = frozenset([theme.key] if worked.carries else []) | frozenset(
                key for one in worked.also if (key := book.current(one))
            )
            judged = None if worked.carries else themes | {theme.key}
            text = " ".join(fold(worked.text).split())
            if before := found.get(text):
                themes |= before.themes
                judged = None if before.judged is None or judged is None else before.judged | judged
                found[text] = Example(
                    before.id, before.event, before.title or worked.title, before.text, themes, judged
                )
            else:
                found[text] = Example(name, name, worked.title, worked.text, themes, judged)
    return list(found.values())
