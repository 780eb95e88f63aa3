"""One track over time: scores, windows without a value, level of the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.errors import UnknownNameError
from sepeval.report.figures.kinds import plot
from sepeval.report.figures.lanes import Curve, Lane, Stretch, joined
from sepeval.report.figures.timeline import timeline
from sepeval.results import gather
from sepeval.store import Run
from tests.report.runs import Score, write


def curve(*values: float, name: str = "a", hop: float = 1.0, length: float = 1.0) -> Curve:
    """One window per value; nan for a silent reference."""
    start = hop * np.arange(len(values), dtype=np.float64)
    found = np.array(values)
    why = tuple("ok" if np.isfinite(one) else "silent_reference" for one in values)
    return Curve(name, start, start + length, found, found, found, why)


def test_windows_without_a_value_are_joined() -> None:
    nan = float("nan")

    assert curve(1.0, nan, nan, 2.0, nan).gaps == (
        Stretch(1.0, 3.0, "silent_reference"),
        Stretch(4.0, 5.0, "silent_reference"),
    )


def test_overlapping_windows_take_turns() -> None:
    nan = float("nan")

    assert curve(1.0, nan, 2.0, hop=2.0, length=4.0).gaps == (
        Stretch(3.0, 5.0, "silent_reference"),
    )


def test_stretches_of_other_statuses_stay_apart() -> None:
    found = joined([Stretch(0, 2, "r"), Stretch(1, 3, "r"), Stretch(3, 4, "e"), Stretch(5, 6, "e")])

    assert found == (Stretch(0, 3, "r"), Stretch(3, 4, "e"), Stretch(5, 6, "e"))


def test_systems_that_lack_the_same_windows_share_a_row() -> None:
    nan = float("nan")
    lack, more = curve(nan, 1.0), curve(nan, nan, name="c")
    lane = Lane("bass", (lack, curve(nan, 2.0, name="b"), more), None, ())

    assert [name for name, _ in lane.rows] == ["2 systems", "c"]
    assert [name for name, _ in Lane("bass", (lack, lack), None, ()).rows] == ["all"]
    assert Lane("bass", (curve(1.0),), None, ()).rows == ()


def scores(value: float) -> list[Score]:
    return [
        Score("one", "bass", value),
        Score("one", "bass", None, "silent_reference", silent=True),
        Score("one", "bass", value + 2.0),
        Score("one", "drums", None, "plus_inf"),
        Score("one", "drums", 1.0),
        Score("one", "drums", 2.0),
        Score("two", "bass", 9.0),
    ]


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return [write(tmp_path / "runs", name, scores(value)) for name, value in (("a", 1), ("b", 2))]


def test_statuses_are_shown_where_there_is_no_value(runs: list[Run]) -> None:
    drawing = timeline(gather(runs, "two-stems"), "sdr", "one")

    assert "bass: a 2.00 (1.00 to 3.00), b 3.00 (2.00 to 4.00)." in drawing.words
    figure = drawing.draw()
    _, score, gaps, level, *_ = figure.axes
    assert score.get_title(loc="left") == "bass"
    assert [text.get_text() for text in gaps.texts] == ["all", "r"]
    assert [text.get_text() for text in level.texts] == ["level not stored"]
    assert "r silent_reference, + plus_inf" in " ".join(
        text.get_text().replace("\n", " ") for text in figure.texts
    )
    assert figure.axes[-1].get_xlabel() == "time (samples)"


def test_replicates_are_a_mean_in_a_band(tmp_path: Path) -> None:
    drawn = [Score("one", "bass", 1.0 + 2.0 * one, replicate=one) for one in (0, 1)]
    run = write(tmp_path, "a", [*drawn, Score("one", "drums", 1.0)])
    drawing = timeline(gather([run], "two-stems"), "sdr", "one")

    assert "bass: a 2.00 (2.00 to 2.00)" in drawing.words
    shown = drawing.draw()
    assert any("smallest to the largest replicate" in text.get_text() for text in shown.texts)
    assert len(shown.axes[1].collections) > 0


def test_a_track_with_an_error_says_so_over_its_whole_length(tmp_path: Path) -> None:
    run = write(tmp_path, "a", scores(1.0), errors={"lost": "is not there"})
    drawing = timeline(gather([run], "two-stems"), "sdr", "lost")

    assert "bass: a no value. drums: a no value." in drawing.words
    _, score, gaps, *_ = drawing.draw().axes
    assert [text.get_text() for text in score.texts] == ["no value"]
    assert [text.get_text() for text in gaps.texts] == ["a", "!"]


def test_a_track_that_is_not_there_is_told(runs: list[Run]) -> None:
    with pytest.raises(UnknownNameError, match="no track 'onne'; did you mean 'one'"):
        timeline(gather(runs, "two-stems"), "sdr", "onne")


@pytest.mark.slow
def test_the_same_runs_give_the_same_bytes_on_any_paper(runs: list[Run], tmp_path: Path) -> None:
    found = [
        [
            path.read_bytes()
            for path in plot(
                runs,
                "two-stems",
                metric="sdr",
                folder=tmp_path / folder,
                kinds=["time"],
                track="one",
                width="one",
            )
        ]
        for folder in ("first", "second")
    ]

    assert found[0] == found[1]
