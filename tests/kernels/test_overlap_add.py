"""Cutting into chunks and joining: what is cut and not changed comes back."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.kernels import overlap_add

WINDOWS = get_args(overlap_add.Window)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("pad", [[0, 4], [3, 7], [6, 10], [9, 13]]),
        ("partial", [[0, 4], [3, 7], [6, 10], [9, 12]]),
        ("drop", [[0, 4], [3, 7], [6, 10]]),
    ],
)
def test_a_tail_is_padded_shortened_or_dropped(
    tail: overlap_add.Tail, expected: list[list[int]]
) -> None:
    assert overlap_add.bounds(12, chunk=4, overlap=1, tail=tail).tolist() == expected


@pytest.mark.parametrize("tail", ["pad", "partial", "drop"])
def test_a_signal_that_fills_its_chunks_has_no_tail(tail: overlap_add.Tail) -> None:
    assert overlap_add.bounds(10, chunk=4, overlap=1, tail=tail)[-1].tolist() == [6, 10]


@pytest.mark.parametrize(("tail", "expected"), [("pad", [[0, 4]]), ("partial", [[0, 3]])])
def test_a_signal_shorter_than_a_chunk_is_one_chunk(
    tail: overlap_add.Tail, expected: list[list[int]]
) -> None:
    assert overlap_add.bounds(3, chunk=4, overlap=2, tail=tail).tolist() == expected


def test_a_short_signal_whose_tail_is_dropped_has_no_chunk() -> None:
    assert overlap_add.bounds(3, chunk=4, overlap=2, tail="drop").shape == (0, 2)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("none", [1.0] * 6),
        ("triangle", [1 / 3, 2 / 3, 1.0, 1.0, 2 / 3, 1 / 3]),
        ("hann", [0.066987, 0.5, 0.933013, 0.933013, 0.5, 0.066987]),
    ],
)
def test_weights_are_those_of_the_formula(
    window: overlap_add.Window, expected: list[float]
) -> None:
    assert overlap_add.weights(window, chunk=6) == pytest.approx(expected, abs=1e-6)


def test_linear_fades_take_a_tenth_of_the_chunk_at_each_end() -> None:
    weights = overlap_add.weights("linear_fade", chunk=40)

    assert weights[:5].tolist() == [0.125, 0.375, 0.625, 0.875, 1.0]
    assert weights[4:-4].min() == 1.0
    assert weights.tolist() == weights[::-1].tolist()


@given(
    length=st.integers(1, 200),
    chunk=st.integers(1, 60),
    overlap=st.integers(0, 59),
    window=st.sampled_from(WINDOWS),
    tail=st.sampled_from(get_args(overlap_add.Tail)),
)
def test_a_signal_that_is_not_changed_comes_back(
    length: int,
    chunk: int,
    overlap: int,
    window: overlap_add.Window,
    tail: overlap_add.Tail,
) -> None:
    signal = np.random.default_rng(length).standard_normal((2, length))
    padded = np.pad(signal, [(0, 0), (0, chunk)])
    bounds = overlap_add.bounds(length, chunk=chunk, overlap=overlap % chunk, tail=tail)
    covered = int(np.minimum(bounds[:, 1], length).max(initial=0))

    back = overlap_add.joined(
        (padded[:, start:stop] for start, stop in bounds),
        starts=bounds[:, 0],
        weights=overlap_add.weights(window, chunk=chunk),
        length=covered,
    )

    assert covered == length or (tail == "drop" and length - covered < chunk)
    assert back.ravel() == pytest.approx(signal[:, :covered].ravel(), abs=1e-12)


def test_overlapping_chunks_are_averaged_by_weight() -> None:
    chunks = [np.array([[1.0, 1.0, 1.0]]), np.array([[5.0, 5.0, 5.0]])]

    joined = overlap_add.joined(
        chunks, starts=np.array([0, 2]), weights=np.array([1.0, 2.0, 3.0]), length=5
    )

    assert joined.tolist() == [[1.0, 1.0, 2.0, 5.0, 5.0]]


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_chunks_than_starts_is_refused(count: int) -> None:
    with pytest.raises(ShapeError, match="starts"):
        overlap_add.joined(
            [np.ones((1, 2))] * count, starts=np.array([0, 2]), weights=np.ones(2), length=4
        )


def test_a_sample_that_is_in_no_chunk_is_refused() -> None:
    with pytest.raises(ShapeError, match="cover all 5 samples"):
        overlap_add.joined(
            [np.ones((1, 2))] * 2, starts=np.array([0, 3]), weights=np.ones(2), length=5
        )
