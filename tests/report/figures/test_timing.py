"""Quality over the real-time factor."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.errors import StoreError, UnknownNameError
from sepeval.report.figures.timing import plot_timing
from sepeval.report.tables.timed_quality import joined
from sepeval.store import Run
from sepeval.timing import Timing
from tests.report import runs
from tests.timing.made import arm, timing
from tests.timing.tiny import protocol, segment


def scored(root: Path, label: str, value: float, **separator: object) -> Run:
    scores = runs.two_tracks((value, value), (value, value))
    identity = {"separator": {"name": label, "chunk": 200, "overlap": 0, **separator}}
    return runs.write(root, label, scores, identity=identity)  # type: ignore[arg-type]  # plain values


@pytest.fixture
def timed(tmp_path: Path) -> Timing:
    return timing(tmp_path, [arm(0, "fast"), arm(1, "slow")], [0.5, 4.0])


def test_runs_meet_the_times_of_the_same_separator(tmp_path: Path, timed: Timing) -> None:
    own = [scored(tmp_path, "fast", 5.0), scored(tmp_path, "slow", 7.0)]

    paths = plot_timing(own, "two-stems.v1", [timed], folder=tmp_path / "figures")

    assert [path.name for path in paths] == [
        "timing-tiny.v1-two-stems.v1-sdr.png",
        "timing-tiny.v1-two-stems.v1-sdr.pdf",
    ]
    assert all(path.stat().st_size > 1000 for path in paths)


def test_a_column_of_a_paper_is_as_wide_as_it_is(tmp_path: Path, timed: Timing) -> None:
    own = [scored(tmp_path, "fast", 5.0), scored(tmp_path, "slow", 7.0)]

    (path,) = plot_timing(
        own, "two-stems.v1", [timed], folder=tmp_path, formats=("png",), width="one"
    )

    assert path.name == "timing-tiny.v1-two-stems.v1-sdr--one-column.png"
    assert int.from_bytes(path.read_bytes()[16:20]) == 536  # 3.35 inches at 160 dots


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


def words(own: list[Run], timed: Timing) -> str:
    """What is told beside the figure."""
    found = joined(own, "two-stems.v1", [timed])
    return "; ".join([*(f"{one.name} {one.rtf:g}" for one in found.matches), *found.left])


def test_overlapping_chunks_have_the_time_of_their_own_track(tmp_path: Path) -> None:
    told = {"name": "fast", "chunk": 200, "overlap": 150}
    arms = [
        arm(0, "fast", description=told),
        arm(1, "fast", description=told, unit="track", produced_s=10.0),
    ]
    timed = timing(tmp_path, arms, [0.5, 10.0])

    assert words([scored(tmp_path, "fast", 5.0, overlap=150)], timed) == "fast 1"
    assert words([scored(tmp_path / "b", "fast", 5.0)], timed) == "fast 0.25"


def test_a_segment_is_no_time_of_chunks_that_overlap(tmp_path: Path, timed: Timing) -> None:
    both = [scored(tmp_path, "fast", 5.0, overlap=150), scored(tmp_path, "slow", 7.0)]

    found = words(both, timed)

    assert found.startswith("slow 2; timed with other chunks")
    assert found.endswith(": fast")


def test_times_under_two_protocols_are_no_one_axis(tmp_path: Path, timed: Timing) -> None:
    other = protocol(name="timing-other", segment=segment(transfer=True))
    both = [timed, timing(tmp_path, [arm(0, "fast")], [0.5], protocol=other)]

    with pytest.raises(StoreError, match=r"timing-tiny\.v1, timing-other\.v1"):
        plot_timing([scored(tmp_path, "fast", 5.0)], "two-stems.v1", both, folder=tmp_path)
