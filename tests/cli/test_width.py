"""What goes to a terminal fits its width, and no word is broken at its edge."""

from __future__ import annotations

import re
import sys

import pytest

from conftest import Project, on_terminal

SHOWN = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")
CLIPPER = [sys.executable, "-m", "clipper"]
OUTLET = "Hastings and St Leonards Observer"
PAGE = "".join(
    f"Campaigners who try to save hospital services protest for the {n}th time ({OUTLET}: 1{n} September 2013)\n\n"
    f"By Sunil Dace\n\nThey stood before the town hall in the rain, {n} of them.\n\n"
    for n in (1, 2, 3)
)


def lines_of(said: str) -> list[str]:
    """Return the lines that stay on a terminal: not those of a bar that shows how far it is."""
    pieces = SHOWN.sub("\n", said.replace("\r", "\n")).split("\n")  # a bar is wiped out by signs that move the cursor
    return [piece.rstrip() for piece in pieces if piece.strip() and "━" not in piece]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_lines_of_add_keep_outlet_and_date_and_messages_break_between_words(project: Project, columns: int) -> None:
    (project.folder / "page.txt").write_text(PAGE)
    code, said = on_terminal([*CLIPPER, "add", "page.txt"], cwd=project.folder, columns=columns)
    assert code == 0
    lines = lines_of(said)
    assert max(map(len, lines)) <= columns
    rows = [line for line in lines if "September 2013" in line]
    assert len(rows) == 3
    assert all("Campaign" in row and "(Hasting" in row for row in rows)


def test_a_long_message_goes_on_in_a_line_of_its_own_unless_it_holds_a_longer_word(project: Project) -> None:
    (project.folder / "a.txt").write_text("A note\n\nNobody says here on which day of which year it was written.\n")
    name = "an old file of cuttings from the office that was found in the cellar.txt"
    (project.folder / "a.txt").rename(project.folder / name)
    code, said = on_terminal([*CLIPPER, "add", name], cwd=project.folder, columns=60)
    assert code == 0
    lines = lines_of(said)
    assert f"clipper: {name}: no date stated; archived without one" in "\n".join(lines).replace("\n  ", " ")
    assert max(map(len, lines)) <= 60
    long = "x" * 90
    code, said = on_terminal([*CLIPPER, "add", f"{long}.txt"], cwd=project.folder, columns=60)
    assert code != 0 and f"{long}.txt" in said.replace("\r", "")
