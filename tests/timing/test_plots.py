"""Quality over the real-time factor, and its front."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import StoreError, UnknownNameError
from sepeval.report.timing_plots import Point, front, plot_timing
from sepeval.store import Run
from sepeval.timing import Timing
from tests.report import runs
from tests.timing.made import arm, timing


def scored(root: Path, label: str, value: float, **separator: object) -> Run:
    scores = runs.two_tracks((value, value), (value, value))
    identity = {"separator": {"name": label, "chunk": 9, **separator}}
    return runs.write(root, label, scores, identity=identity)  # type: ignore[arg-type]  # plain values


@pytest.fixture
def timed(tmp_path: Path) -> Timing:
    return timing(tmp_path, [arm(0, "fast"), arm(1, "slow")], [0.5, 4.0])


def test_the_front_holds_what_nothing_cheaper_matches() -> None:
    given_points = [Point("c", 3.0, 4.0), Point("a", 1.0, 5.0), Point("b", 2.0, 7.0)]

    found = front(given_points, higher=True)

    assert [(one.name, one.is_best) for one in found] == [("a", True), ("b", True), ("c", False)]
    assert [one.is_best for one in front(given_points, higher=False)] == [True, False, True]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-9, 9)), min_size=1, max_size=12))
def test_a_point_is_on_the_front_unless_another_is_no_worse_in_both(
    pairs: list[tuple[int, int]],
) -> None:
    unique = sorted(set(pairs))
    found = front([Point(str(one), float(one[0]), float(one[1])) for one in unique], higher=True)

    for one in found:
        beaten = any(
            other is not one and other.rtf <= one.rtf and other.value >= one.value
            for other in found
        )
        assert one.is_best == (not beaten)


def test_runs_meet_the_times_of_the_same_separator(tmp_path: Path, timed: Timing) -> None:
    own = [scored(tmp_path, "fast", 5.0), scored(tmp_path, "slow", 7.0)]

    paths = plot_timing(own, "two-stems.v1", [timed], folder=tmp_path / "figures")

    assert [path.name for path in paths] == [
        "timing-two-stems.v1-sdr.png",
        "timing-two-stems.v1-sdr.pdf",
    ]
    assert all(path.stat().st_size > 1000 for path in paths)


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path, timed: Timing) -> None:
    own = [scored(tmp_path, "fast", 5.0)]
    first, second = (
        plot_timing(own, "two-stems.v1", [timed], folder=tmp_path / name, formats=("svg",))
        for name in ("a", "b")
    )

    assert first[0].read_bytes() == second[0].read_bytes()


def test_a_separator_with_other_settings_is_another(tmp_path: Path, timed: Timing) -> None:
    own = [scored(tmp_path, "fast", 5.0, steps=2)]

    with pytest.raises(StoreError, match=r"not timed, or without a number: fast; not scored: fast"):
        plot_timing(own, "two-stems.v1", [timed], folder=tmp_path)


def test_a_metric_that_is_not_there_is_told(tmp_path: Path, timed: Timing) -> None:
    with pytest.raises(UnknownNameError, match="sir"):
        plot_timing(
            [scored(tmp_path, "fast", 5.0)], "two-stems.v1", [timed], metric="sir", folder=tmp_path
        )
