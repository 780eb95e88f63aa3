"""Track against track: two systems, or one system under two protocols."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sepeval.errors import StoreError
from sepeval.report.figures.kinds import plot, plot_against
from sepeval.report.figures.paired_tracks import NAMED, Pairs, far, pairs_of, told, winners
from sepeval.report.figures.scatter import scatter
from sepeval.results import gather
from tests.report.runs import Score, protocol, record, two_tracks, with_another, write

KEY = ("mean of means", "sdr")


def pairs(*values: tuple[float, float]) -> Pairs:
    below, beside = (np.array(column, np.float64) for column in zip(*values, strict=True))
    return Pairs(tuple(map(str, range(len(values)))), below, beside, 0)


def test_tracks_without_a_finite_value_of_both_are_counted_and_left_out() -> None:
    below = pd.Series({"one": 1.0, "two": np.inf, "three": 3.0, "four": np.nan})
    beside = pd.Series({"one": 2.0, "two": 1.0, "three": np.nan, "four": 1.0})

    found = pairs_of(below, beside)

    assert (found.tracks, found.without) == (("one",), 3)


@pytest.mark.parametrize(("upward", "who"), [(True, [1, 0, -1]), (False, [0, 1, -1])])
def test_the_better_system_depends_on_the_direction(upward: bool, who: list[int]) -> None:
    found = pairs((1.0, 2.0), (2.0, 1.0), (3.0, 3.0))

    assert winners(found, upward=upward).tolist() == who
    assert "1 ties" in told(found, upward=upward, names=["a", "b"])


def test_equal_orders_have_a_rank_correlation_of_one() -> None:
    found = pairs((1.0, 10.0), (2.0, 11.0), (3.0, 99.0))

    assert told(found, upward=None, names=[]) == "3 tracks, rank correlation 1.00"
    assert told(pairs((1.0, 1.0)), upward=None, names=[]) == "1 track, no rank correlation"


def test_the_farthest_track_is_named_and_others_beyond_the_fence() -> None:
    close = [(float(one), one + 0.1 * (one % 3)) for one in range(20)]

    assert far(pairs(*close, (5.0, 55.0), (6.0, -30.0)), one_unit=True) == [20, 21]
    assert len(far(pairs(*close), one_unit=True)) == 1
    assert len(far(pairs(*close, *[(0.0, 50.0 + one) for one in range(6)]), one_unit=True)) <= NAMED


def test_every_system_is_held_against_the_baseline(tmp_path: Path) -> None:
    runs = [write(tmp_path, name, two_tracks((1, 2), (3, 4))) for name in "abc"]
    found = scatter(gather(runs, "two-stems"), *KEY, baseline="b")

    asked = [one.title.partition("?")[0] for one in found]
    assert asked == [f"On which tracks is {name} better than b" for name in "ac"]


def test_a_chart_says_who_is_better_on_how_many_tracks(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, "a", two_tracks((1, 2), (3, 4))),
        write(tmp_path, "b", two_tracks((2, 3), (4, 1))),
    ]
    (drawing,) = scatter(gather(runs, "two-stems"), *KEY)

    assert "bass: 2 tracks: b better on 2, a on 0. drums: 2 tracks: b better on 1" in drawing.words
    bass = drawing.draw().axes[0]
    assert [text.get_text() for text in bass.texts][-2:] == ["b\nbetter on 2", "a\nbetter on 0"]


def test_lower_may_be_better(tmp_path: Path) -> None:
    lower = {"sdr": record(higher_is_better=False)}
    runs = [
        write(tmp_path, name, two_tracks((value, value), (value, value)), records=lower)
        for name, value in (("a", 1), ("b", 2))
    ]
    (drawing,) = scatter(gather(runs, "two-stems"), *KEY)

    assert "b better on 0, a on 2" in drawing.words


def test_one_run_is_drawn_under_two_protocols(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 2), (3, 4)))
    run = with_another(run, protocol(name="other"), two_tracks((5, 9), (2, 1)))

    paths = plot_against(
        run, ("two-stems", "other"), folder=tmp_path / "figures", formats=["png"], width="one"
    )

    assert [path.name for path in paths] == [
        f"two-stems.v1-sdr--other.v1-sdr--scatter--a-{run.manifest.hash}--one-column.png"
    ]


def test_a_scatter_takes_two_systems_and_a_known_baseline(tmp_path: Path) -> None:
    runs = [write(tmp_path, name, [Score("one", "bass", 1.0)]) for name in "ab"]

    with pytest.raises(StoreError, match="takes two systems"):
        plot(runs[:1], "two-stems", metric="sdr", folder=tmp_path, kinds=["scatter"])
    with pytest.raises(StoreError, match="no system 'c'; there are a, b"):
        plot(runs, "two-stems", metric="sdr", folder=tmp_path, kinds=["scatter"], baseline="c")
