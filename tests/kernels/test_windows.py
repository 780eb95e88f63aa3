"""Where windows begin and end, and which cells they are made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.kernels.windows import Tail, edges, gather, segments, sliding
from sepeval.types import IntArray
from tests.kernels.bsseval.oracle import museval_windows

lengths = st.integers(0, 400)
steps = st.integers(1, 60)
tails = st.sampled_from(["drop", "partial", "pad"])


def as_tail(length: int, window: int, hop: int, tail: Tail) -> list[list[int]]:
    cut = sliding(length, window=window, hop=hop, tail=tail, shorter="as_tail")
    return [[int(start), int(stop)] for start, stop in cut]


def test_windows_are_counted_as_on_paper() -> None:
    assert as_tail(10, 4, 2, "drop") == [[0, 4], [2, 6], [4, 8], [6, 10]]
    assert as_tail(11, 4, 2, "drop") == [[0, 4], [2, 6], [4, 8], [6, 10]]
    assert as_tail(11, 4, 2, "partial") == [[0, 4], [2, 6], [4, 8], [6, 10], [8, 11]]
    assert as_tail(11, 4, 2, "pad") == [[0, 4], [2, 6], [4, 8], [6, 10], [8, 12]]


@pytest.mark.parametrize(
    ("length", "count", "last"),
    [(0, 0, None), (2, 0, None), (3, 1, [0, 3]), (4, 1, [0, 4]), (5, 2, [2, 5]), (6, 2, [2, 6])],
)
def test_a_short_track_has_the_windows_of_msdm(
    length: int, count: int, last: list[int] | None
) -> None:
    found = as_tail(length, 4, 2, "partial")

    assert len(found) == count
    assert last is None or found[-1] == last


def test_an_eleven_second_segment_ends_with_a_window_of_three_seconds() -> None:
    rate = 44100

    found = as_tail(11 * rate, 4 * rate, 2 * rate, "partial")

    assert len(found) == 5
    assert found[-1] == [8 * rate, 11 * rate]


@given(length=lengths, hop=steps)
def test_half_overlapping_windows_are_those_of_the_loop_of_msdm(length: int, hop: int) -> None:
    count = int(np.ceil((length - hop) / hop))
    looped = [[i * hop, min(i * hop + 2 * hop, length)] for i in range(max(count, 0))]

    assert as_tail(length, 2 * hop, hop, "partial") == looped


@given(length=st.integers(1, 400), window=steps, hop=steps)
@example(length=60, window=60, hop=10)
@example(length=59, window=60, hop=10)
def test_windows_are_those_of_museval(length: int, window: int, hop: int) -> None:
    found = sliding(length, window=window, hop=hop, tail="drop", shorter="one_window")

    assert np.array_equal(found, museval_windows(length, window=window, hop=hop))


@given(length=lengths, window=steps, hop=steps)
def test_a_dropped_tail_leaves_full_windows_only(length: int, window: int, hop: int) -> None:
    dropped = as_tail(length, window, hop, "drop")
    kept = as_tail(length, window, hop, "partial")

    assert all(stop - start == window for start, stop in dropped)
    assert kept[: len(dropped)] == dropped
    assert len(kept) - len(dropped) <= 1


@given(length=lengths, window=steps, hop=steps)
@example(length=10, window=2, hop=6)
def test_no_window_is_empty_and_none_starts_beyond_the_end(
    length: int, window: int, hop: int
) -> None:
    partial, padded = (as_tail(length, window, hop, tail) for tail in ("partial", "pad"))

    assert [[start, min(stop, length)] for start, stop in padded] == partial
    assert all(stop - start == window for start, stop in padded)
    assert all(start < stop <= length for start, stop in partial)


@given(hop=steps, overlap=st.integers(0, 60), length=lengths)
def test_a_kept_tail_reaches_the_end(hop: int, overlap: int, length: int) -> None:
    found = as_tail(length, hop + overlap, hop, "partial")

    covered = np.zeros(length, np.bool_)
    for start, stop in found:
        covered[start:stop] = True
    assert covered.all() == (length == 0 or length > overlap)


@pytest.mark.parametrize("tail", ["drop", "partial", "pad"])
@pytest.mark.parametrize("length", [1, 3, 4])
def test_a_signal_no_longer_than_a_window_follows_its_own_rule(tail: Tail, length: int) -> None:
    one = sliding(length, window=4, hop=3, tail=tail, shorter="one_window")
    none = sliding(length, window=4, hop=3, tail=tail, shorter="none")

    assert one.tolist() == [[0, length]]
    assert none.shape == (0, 2)


def test_an_empty_signal_has_no_windows() -> None:
    for tail in ("drop", "partial", "pad"):
        assert sliding(0, window=4, hop=2, tail=tail, shorter="one_window").shape == (0, 2)
        assert segments(0, segment=4, tail=tail).shape == (0, 2)


@pytest.mark.parametrize(
    ("length", "window", "hop"), [(9, 0, 1), (9, 1, 0), (9, -4, 2), (-1, 4, 2)]
)
def test_lengths_that_are_not_positive_are_refused(length: int, window: int, hop: int) -> None:
    with pytest.raises(ShapeError, match=rf"window {window} and hop {hop}"):
        sliding(length, window=window, hop=hop, tail="drop", shorter="none")


def test_segments_follow_each_other() -> None:
    assert segments(25, segment=10, tail="drop").tolist() == [[0, 10], [10, 20]]
    assert segments(25, segment=10, tail="partial").tolist() == [[0, 10], [10, 20], [20, 25]]
    assert segments(25, segment=10, tail="pad").tolist() == [[0, 10], [10, 20], [20, 30]]
    assert segments(20, segment=10, tail="pad").tolist() == [[0, 10], [10, 20]]
    assert segments(9, segment=10, tail="drop").shape == (0, 2)


def test_edges_are_the_union_of_starts_and_stops_inside_the_signal() -> None:
    one = np.array([[0, 4], [2, 6]])
    other = np.array([[5, 15]])

    assert edges([one, other], length=10).tolist() == [0, 2, 4, 5, 6, 10]
    assert edges([], length=10).tolist() == [0, 10]
    assert edges([], length=0).tolist() == [0]


@given(data=st.data(), length=st.integers(1, 60))
def test_every_window_is_the_union_of_its_cells(data: st.DataObject, length: int) -> None:
    bound = st.tuples(st.integers(0, length), st.integers(0, length + 20)).map(sorted)
    windows = np.array(data.draw(st.lists(bound, max_size=6)), np.int64).reshape(-1, 2)
    more = np.array(data.draw(st.lists(bound, max_size=6)), np.int64).reshape(-1, 2)
    cells = edges([windows, more], length=length)

    found = gather(windows, cells)

    assert found is not None
    for window, (start, stop) in enumerate(windows):
        begin = found.offsets[window]
        mine = found.cells[begin : begin + found.counts[window]]
        samples = [one for cell in mine for one in range(cells[cell], cells[cell + 1])]
        assert samples == list(range(min(start, length), min(stop, length)))


@pytest.mark.parametrize("window", [[1, 4], [0, 5], [3, 3], [-2, 4], [0, 99]])
def test_a_window_whose_edge_is_no_edge_of_a_cell_has_no_cells(window: list[int]) -> None:
    cells = np.array([0, 2, 4, 8])
    whole: IntArray = np.array([window])

    found = gather(whole, cells)

    assert (found is None) == (window != [0, 99])


def test_a_window_without_samples_has_no_cells() -> None:
    found = gather(np.array([[2, 2], [0, 4], [4, 4], [9, 12]]), np.array([0, 2, 4]))

    assert found is not None
    assert found.counts.tolist() == [0, 2, 0, 0]
    assert found.cells.tolist() == [0, 1]


def test_no_windows_gather_nothing() -> None:
    found = gather(np.zeros((0, 2), np.int64), np.array([0, 4]))

    assert found is not None
    assert [len(part) for part in found] == [0, 0, 0]
