from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from clipper.coding.metrics import Evaluation, evaluate
from clipper.errors import UsageError

pytest.importorskip("matplotlib", reason="pictures need matplotlib, the extra 'plot'")

from clipper.coding import pictures
from clipper.coding.pictures import Kind, kind_of, picture

BEGINS: dict[Kind, bytes] = {"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "svg": b"<?xml"}


def _evaluation(themes: int = 4, articles: int = 60) -> Evaluation:
    rng = np.random.default_rng(2)
    chances = rng.beta(1, 2, (articles, themes))
    truth = (rng.random(chances.shape) < chances).astype(np.float64)
    truth[:, -1:] = 0  # a theme with nothing to find
    keys = [f"theme-{k}" for k in range(themes)]
    return evaluate(keys, truth, chances >= 0.5, chances, seed=1, draws=50)


@pytest.mark.parametrize("kind", BEGINS)
def test_each_kind_of_file_begins_as_it_must_and_comes_again_to_the_byte(kind: Kind) -> None:
    drawn = picture(_evaluation(), kind, title="Spring round")
    assert drawn.startswith(BEGINS[kind])
    assert picture(_evaluation(), kind, title="Spring round") == drawn
    assert picture(_evaluation(), kind, title="Autumn round") != drawn


def test_no_file_tells_when_it_was_made() -> None:
    assert b"<dc:date>" not in picture(_evaluation(), "svg")
    assert b"CreationDate" not in picture(_evaluation(), "pdf")
    assert set(Image.open(BytesIO(picture(_evaluation(), "png"))).info) <= {"dpi"}


def test_settings_of_the_users_own_change_nothing(tmp_path: Path) -> None:
    usual = picture(_evaluation(), "svg")
    with pictures.style.context({"font.size": 30, "lines.linewidth": 9, "axes.grid": True, "svg.hashsalt": "x"}):
        assert picture(_evaluation(), "svg") == usual


def test_the_ending_of_a_file_says_its_kind() -> None:
    assert [kind_of(Path(name)) for name in ("a.svg", "b.PNG", "c.d/e.pdf")] == ["svg", "png", "pdf"]
    for name in ("plot", "plot.jpg", "svg"):
        with pytest.raises(UsageError, match=re.escape(f"{name!r}: name a file that ends in")):
            kind_of(Path(name))


def test_a_picture_is_180_mm_wide_and_grows_with_the_themes() -> None:
    sizes = []
    for themes in (1, 14, 40):
        root = ElementTree.fromstring(picture(_evaluation(themes), "svg"))
        sizes.append([float(root.attrib[side].removesuffix("pt")) for side in ("width", "height")])
    assert {round(width / 72 * 25.4) for width, _ in sizes} == {180}
    assert sizes[0][1] < sizes[1][1] < sizes[2][1]


def test_themes_stand_in_the_order_of_the_codebook_each_with_its_scores() -> None:
    found = _evaluation()
    axes = pictures._figure(found, None).subfigs[0].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [t.theme for t in found.themes] + ["macro mean"]
    assert axes.yaxis_inverted()
    drawn = {str(line.get_label()).split(",")[0]: list(line.get_xdata()) for line in axes.lines}
    for label, name in (("F1", "f1"), ("precision", "precision"), ("recall", "recall")):
        scores = [getattr(s, name).value for s in (*found.themes, found.macro)]
        assert drawn[label] == [value for value in scores if value is not None]
    assert "nothing to find" in {text.get_text() for text in axes.texts}


def test_the_diagram_shows_every_bin() -> None:
    found = _evaluation()
    reliability, amounts = pictures._figure(found, None).subfigs[1].axes[:2]
    line = next(line for line in reliability.lines if line.get_label() == "found")
    assert line.get_xydata().tolist() == [[b.probability, b.share] for b in found.calibration.bins]  # type: ignore[union-attr]  # it is there
    assert [bar.get_height() for bar in amounts.patches] == [b.n for b in found.calibration.bins]


def test_colours_are_told_apart_by_shape_too() -> None:
    axes = pictures._figure(_evaluation(), None).subfigs[0].axes[0]
    marked = [line for line in axes.lines if line.get_marker() not in ("None", "", None)]
    assert len({line.get_marker() for line in marked}) == len(marked) == 3


def test_a_title_is_shown_as_it_is_written() -> None:
    picture(_evaluation(), "svg", title="Cuts of $5m or \\frac{$ & <b>")  # as mathematics it would be an error


def test_nothing_judged_can_be_drawn() -> None:
    for themes, articles in ((1, 0), (3, 0), (0, 0)):
        assert picture(_evaluation(themes, articles), "png").startswith(BEGINS["png"])


def test_a_long_key_is_cut_and_leaves_room_for_the_marks() -> None:
    found = evaluate(["k" * 300], np.eye(4, 1), np.eye(4, 1), np.eye(4, 1), seed=1, draws=20)
    axes = pictures._figure(found, None).subfigs[0].axes[0]
    assert axes.get_yticklabels()[0].get_text() == "k" * 29 + "…"
    assert picture(found, "png").startswith(BEGINS["png"])


def test_no_window_is_ever_asked_for() -> None:
    told = "import sys, clipper.coding.pictures; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
