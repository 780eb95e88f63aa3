"""Who is marked as best, and what the sign of a test says."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sepeval.report import table
from sepeval.report.tables.blocks import Block
from sepeval.report.tables.latex import beyond_latin
from tests.compare.test_comparison import BASS, DRUMS, scores
from tests.report.runs import Score, protocol, summary, two_tracks, write


def best(block: Block) -> dict[str, list[str]]:
    """Return the stems in which each system is marked as best."""
    return {
        name: [stem for stem, cell in zip(block.stems, cells, strict=True) if cell.best]
        for name, cells in block.lines
    }


def test_a_stem_of_fewer_tracks_is_marked_neither_alone_nor_in_all(tmp_path: Path) -> None:
    fewer = [
        Score("one", "bass", 9.0),
        *(s for s in two_tracks((0, 0), (9, 9)) if s.stem != "bass"),
    ]
    runs = [
        write(tmp_path, "whole", two_tracks((1, 1), (1, 1))),
        write(tmp_path, "fewer", [*fewer, Score("two", "bass", None, "undefined")]),
    ]

    made = table(runs, "two-stems")
    assert best(made.blocks[0]) == {"whole": [], "fewer": ["drums"]}
    assert any(
        "of bass, All fewer than two are left, so none is marked" in one for one in made.notes
    )

    third = write(tmp_path, "third", two_tracks((0, 0), (0, 0)))
    made = table([*runs, third], "two-stems")
    assert best(made.blocks[0]) == {"whole": ["bass", "All"], "fewer": ["drums"], "third": []}
    assert not any("fewer than two are left" in one for one in made.notes)


def test_bold_and_underlined_are_explained_where_there_are_any(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, f"s{place}", two_tracks((place, place), (place, place)))
        for place in range(3)
    ]

    for count, told in ((1, ""), (2, "; bold: best"), (3, "; bold: best, underlined: second")):
        made = table(runs[:count], "two-stems")
        assert f"higher is better{told}</caption>" in made.as_html()
        assert f"higher is better{told}\n" in made.as_markdown()


def test_a_sign_says_where_the_tracks_lie_the_other_way(tmp_path: Path) -> None:
    steps = [{"over": ["window"], "by": "mean"}, {"over": ["track"], "by": "median"}]
    steps.append({"over": ["replicate"], "by": "mean"})
    under = protocol(summaries=[summary(steps=steps)])
    base = np.array([6, 3, 4, 11, 1, 12, 0, 14, 9, 2, 1, 15, 12.0])
    moved = np.array([3, 10, 3, 10, 0, 10, -1, 13, 7, 1, -2, 14, 11.0])  # median 7 instead of 6
    runs = [
        write(tmp_path, name, scores(own, own), under=under)
        for name, own in (("base", base), ("new", moved))
    ]

    made = table(runs, "two-stems", baseline="base")

    (note,) = (one for one in made.notes if one.startswith("†"))
    assert [cell.mark for cell in made.blocks[0].lines[1][1]] == ["†"] * 3
    assert (
        "† of new, bass: the number is +1.00 from base, and the tracks, which are tested, lie the "
        "other way (1 better, 12 worse)" in note
    )


def test_labels_that_latex_cannot_set_are_found(tmp_path: Path) -> None:
    made = table([write(tmp_path, "é 音", scores(BASS, DRUMS))], "two-stems")

    names = [name for name, _ in made.blocks[0].lines]
    assert beyond_latin([*names, *made.blocks[0].stems, "≥ † é"]) == ("é 音",)
