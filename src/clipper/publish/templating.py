"""The one door to the template engine, jinja2: everything that a template shows is escaped and without controls."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from clipper.text import printable


def _shown(value: Any) -> Any:
    """Return a value as a template may show it: markup was made by us, all other text is anybody's."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def environment() -> Environment:
    """Return the engine, with the templates that lie in ``templates/`` beside this file."""
    return Environment(
        loader=PackageLoader("clipper.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )


def render(template: str, **values: Any) -> str:
    """Return a template with its values filled in."""
    return environment().get_template(template).render(values)
