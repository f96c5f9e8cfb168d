"""Where clipper finds what it ships with, and where it keeps what it can build again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from clipper.errors import CannotWork

CACHE_VARIABLE = "CLIPPER_CACHE"

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the path of a shipped file or folder, such as ``codebook.toml``, ``config.toml`` or ``demo``.

    They lie beside the package in a wheel, and at the top of a checkout otherwise. Raises CannotWork when the
    installation is not whole.
    """
    checkout = _PACKAGE.parent.parent
    places = [_PACKAGE / "data" / name, checkout / "data" / name]
    if name == "config.toml":
        places = [_PACKAGE / "data" / name, checkout / name]
    for path in places:
        if path.exists():
            return path
    raise CannotWork(f"{places[0]}: missing from this installation of clipper; install it again")


def user_cache() -> Path:
    """Return the user's folder for what can be built again: ``CLIPPER_CACHE``, or the system's place for such.

    That is ``XDG_CACHE_HOME``, or what the XDG Base Directory Specification and Apple's guidelines name without it.
    Raises CannotWork for a user who has no home.
    """
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    given = os.environ.get("XDG_CACHE_HOME", "")
    if given.startswith("/"):  # the specification has any other passed over
        return Path(given) / "clipper"
    home = os.path.expanduser("~")  # noqa: PTH111  # Path's own raises where nobody's home is known
    if not home.startswith("/"):
        raise CannotWork(f"no home folder is known to keep a cache in; name a folder in {CACHE_VARIABLE}")
    return Path(home) / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "clipper"
