"""The sizes of figures: a page, one column, two columns."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import get_args

import pytest

from sepeval.errors import StoreError
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.drawing.paper import ONE, PAGE, PAPERS, TWO, Paper, Width, drawn_for, paper
from sepeval.report.figures.kinds import drawings, plot
from sepeval.results import gather
from tests.report.runs import two_tracks, write

NAMES = ("short", "a system with a name that is far too long for any column", "y" * 70)


def test_every_width_has_its_paper() -> None:
    assert set(PAPERS) == set(get_args(Width))
    assert (ONE.width_in, TWO.width_in) == (3.35, 6.9)
    assert min(one.small for one in PAPERS.values()) >= 6.0  # points


def test_the_paper_is_put_back() -> None:
    with drawn_for("one"):
        within = paper()

    assert (within, paper()) == (ONE, PAGE)


@pytest.mark.parametrize(("count", "across"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 3), (6, 3)])
def test_rows_of_panels_are_as_equal_as_can_be(count: int, across: int) -> None:
    assert TWO.across(count, most=4, each_in=1.2, beside_in=1.0) == across


@pytest.mark.parametrize("sheet", [ONE, TWO])
def test_a_panel_is_always_drawn(sheet: Paper) -> None:
    assert sheet.across(4, most=4, each_in=1.2, beside_in=99.0) == 1


@pytest.mark.parametrize(("width", "pixels"), [("one", 536), ("two", 1104)])
def test_a_column_is_never_exceeded(tmp_path: Path, width: Width, pixels: int) -> None:
    runs = [write(tmp_path / "runs", name, two_tracks((1, 2), (3, 4))) for name in NAMES]

    paths = plot(
        runs,
        "two-stems",
        metric="sdr",
        folder=tmp_path / "figures",
        formats=["png"],
        kinds=("tracks", "time", "scatter", "differences", "ranks"),
        width=width,
        track="one",
    )

    assert len(paths) == 6
    for path in paths:
        assert struct.unpack(">I", path.read_bytes()[16:20]) == (pixels,)


@pytest.mark.parametrize("width", ["one", "two"])
def test_nothing_is_cut_off_in_a_column(tmp_path: Path, width: Width) -> None:
    runs = [write(tmp_path / "runs", name, two_tracks((1, 2), (3, 4))) for name in NAMES]
    (drawing,) = drawings(gather(runs, "two-stems"), "sdr")
    with drawn_for(width):
        figure = drawing.draw()
        figure.draw_without_rendering()

    texts = [*figure.texts, *figure.axes[0].get_yticklabels(), figure.axes[0].title]
    boxes = [text.get_window_extent() for text in texts]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_the_width_is_in_the_name_of_the_file(tmp_path: Path) -> None:
    run = write(tmp_path / "runs", "a", two_tracks((1, 2), (3, 4)))
    (drawing,) = drawings(gather([run], "two-stems"), "sdr")
    names = [_only(drawing, tmp_path, width) for width in ("page", "one", "two")]

    assert names == [f"{drawing.name}{end}.pdf" for end in ("", "--one-column", "--two-columns")]


def _only(drawing: Drawing, folder: Path, width: Width) -> str:
    (path,) = drawing.write(folder, ["pdf"], width=width)
    return path.name


def test_ranks_take_three_systems(tmp_path: Path) -> None:
    runs = [write(tmp_path, name, two_tracks((1, 2), (3, 4))) for name in "ab"]

    with pytest.raises(StoreError, match="three systems at least; found 2"):
        plot(runs, "two-stems", metric="sdr", folder=tmp_path, kinds=["ranks"])
