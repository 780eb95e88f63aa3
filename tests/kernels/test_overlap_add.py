"""Cutting into chunks and joining: what is cut and not changed comes back."""

from collections.abc import Callable
from typing import NamedTuple, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.kernels import overlap_add
from sepeval.types import Array

WINDOWS = get_args(overlap_add.Window)
Gain = Callable[[Array, int], Array]  # what a separator makes of a chunk and its number


class Rule(NamedTuple):
    window: overlap_add.Window
    tail: overlap_add.Tail
    border: overlap_add.Border


def applied(signal: Array, chunk: int, overlap: int, rule: Rule, gain: Gain) -> Array:
    """The signal [channel sample], cut, changed chunk by chunk, and joined."""
    margin = overlap_add.margin(signal.shape[-1], overlap=overlap, border=rule.border)
    long = np.pad(signal, [(0, 0), (margin, margin)], mode="reflect") if margin else signal
    length = long.shape[-1]
    bounds = overlap_add.bounds(length, chunk=chunk, overlap=overlap, tail=rule.tail)
    outputs = [
        gain(overlap_add.piece(long, start=start, stop=stop, tail=rule.tail), number)
        for number, (start, stop) in enumerate(bounds)
    ]
    joined = overlap_add.joined(
        outputs,
        starts=bounds[:, 0],
        weights=overlap_add.weights_of_all(rule.window, chunk=chunk, count=len(bounds)),
        length=min(length, int(bounds[-1, 1])),
    )
    found: Array = joined[..., margin : length - margin]
    return found


def changed(part: Array, number: int) -> Array:
    """A change that tells chunks, places and what stands beyond the end apart."""
    place = np.arange(part.shape[-1])
    found: Array = part * np.cos(0.1 * place + number) + part.mean(axis=-1, keepdims=True) + number
    return found


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


def test_the_ramps_of_msst_run_from_0_to_1_inclusive() -> None:
    between = overlap_add.weights("msst", chunk=50)

    assert between[:6].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    assert between.tolist() == between[::-1].tolist()


def test_the_first_chunk_of_msst_does_not_fade_in_and_the_last_not_out() -> None:
    first, middle, last = overlap_add.weights_of_all("msst", chunk=50, count=3)

    assert first.tolist() == [1.0] * 45 + middle[45:].tolist()
    assert last.tolist() == middle[:5].tolist() + [1.0] * 45


def test_an_only_chunk_of_msst_does_not_fade() -> None:
    (only,) = overlap_add.weights_of_all("msst", chunk=50, count=1)

    assert only.tolist() == [1.0] * 50


def test_a_chunk_of_msst_begins_at_every_step() -> None:
    bounds = overlap_add.bounds(10, chunk=4, overlap=2, tail="msst")

    assert bounds.tolist() == [[0, 4], [2, 6], [4, 8], [6, 10], [8, 12]]


@pytest.mark.parametrize(
    ("length", "expected"),
    [(3, [1.0, 2.0, 3.0, 2.0]), (2, [1.0, 2.0, 0.0, 0.0]), (1, [1.0, 0.0, 0.0, 0.0])],
)
def test_what_stands_beyond_the_end_is_reflected_if_most_is_signal(
    length: int, expected: list[float]
) -> None:
    signal = np.arange(1.0, length + 1.0)

    assert overlap_add.piece(signal, start=0, stop=4, tail="msst").tolist() == expected


def test_a_border_is_as_long_as_the_overlap_unless_the_signal_is_short() -> None:
    assert overlap_add.margin(100, overlap=30, border="reflect") == 30
    assert overlap_add.margin(60, overlap=30, border="reflect") == 0
    assert overlap_add.margin(100, overlap=30, border="none") == 0


def joined_by_msst(signal: Array, chunk: int, num_overlap: int, gain: Gain) -> Array:
    """MSST's policy for a batch of one, sample by sample."""
    step = chunk // num_overlap
    border = chunk - step
    fade = chunk // 10
    long = [list(channel) for channel in signal]
    length = len(long[0])
    bordered = length > 2 * border > 0
    if bordered:
        before = [[one[border - k] for k in range(border)] for one in long]
        after = [[one[length - 2 - k] for k in range(border)] for one in long]
        long = [b + one + a for b, one, a in zip(before, long, after, strict=True)]
    total = len(long[0])
    sums, counts = np.zeros((len(long), total)), np.zeros(total)
    for number, start in enumerate(range(0, total, step)):
        parts = [one[start : start + chunk] for one in long]
        size = len(parts[0])
        for one in parts:
            for k in range(chunk - size):
                one.append(one[size - 2 - k] if size > chunk // 2 else 0.0)
        output = gain(np.array(parts), number)
        for k in range(size):
            weight = 1.0
            if k < fade and number > 0:
                weight = k / (fade - 1) if fade > 1 else 0.0
            if k >= chunk - fade and not (number > 0 and start + step >= total):
                weight = (chunk - 1 - k) / (fade - 1) if fade > 1 else 1.0
            sums[:, start + k] += weight * output[:, k]
            counts[start + k] += weight
    found = sums / counts
    return found[:, border : total - border] if bordered else found


@pytest.mark.parametrize("chunk", [20, 31, 50])
@pytest.mark.parametrize("num_overlap", [2, 3, 4])
@pytest.mark.parametrize("length", [1, 9, 26, 50, 77, 100, 173])
def test_msst_joins_so(chunk: int, num_overlap: int, length: int) -> None:
    signal = np.random.default_rng(length).standard_normal((2, length))
    overlap = chunk - chunk // num_overlap

    found = applied(signal, chunk, overlap, Rule("msst", "msst", "reflect"), changed)

    expected = joined_by_msst(signal, chunk, num_overlap, changed)
    assert found == pytest.approx(expected, abs=1e-12)


def joined_by_demucs(signal: Array, chunk: int, overlap: int, gain: Gain) -> Array:
    """Triangular weights over chunks that are filled up with zeros, sample by sample."""
    length = signal.shape[1]
    sums, counts = np.zeros(signal.shape), np.zeros(length)
    number, start = 0, 0
    while start == 0 or start + overlap < length:
        part = np.zeros((len(signal), chunk))
        for k in range(min(chunk, length - start)):
            part[:, k] = signal[:, start + k]
        output = gain(part, number)
        peak = (chunk + 1) // 2
        for k in range(min(chunk, length - start)):
            weight = min(k + 1, chunk - k) / peak
            sums[:, start + k] += weight * output[:, k]
            counts[start + k] += weight
        number, start = number + 1, start + chunk - overlap
    return sums / counts


@pytest.mark.parametrize(("chunk", "overlap"), [(20, 5), (21, 5), (32, 8), (7, 3)])
@pytest.mark.parametrize("length", [1, 19, 20, 21, 50, 101])
def test_a_triangle_joins_so(chunk: int, overlap: int, length: int) -> None:
    signal = np.random.default_rng(length).standard_normal((2, length))

    found = applied(signal, chunk, overlap, Rule("triangle", "pad", "none"), changed)

    expected = joined_by_demucs(signal, chunk, overlap, changed)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("length", [20, 39, 40, 41, 99])
def test_without_overlap_and_tail_chunks_stand_side_by_side(length: int) -> None:
    signal = np.random.default_rng(length).standard_normal((2, length))

    found = applied(signal, 20, 0, Rule("none", "drop", "none"), changed)

    chunks = [signal[:, at : at + 20] for at in range(0, length - 19, 20)]
    expected = np.concatenate([changed(one, k) for k, one in enumerate(chunks)], axis=1)
    assert found == pytest.approx(expected, abs=1e-12)


def test_squared_sines_that_overlap_by_half_need_no_division() -> None:
    signal = np.random.default_rng(0).standard_normal((1, 100))

    found = applied(signal, 20, 10, Rule("hann", "pad", "none"), changed)

    shape = np.sin(np.pi * (np.arange(20) + 0.5) / 20) ** 2
    expected = np.zeros((1, 100))
    for number, start in enumerate(range(0, 90, 10)):
        expected[:, start : start + 20] += shape * changed(signal[:, start : start + 20], number)
    assert found[:, 10:90] == pytest.approx(expected[:, 10:90], abs=1e-12)


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
    shared = overlap % chunk
    if window == "msst":
        shared, chunk = max(shared, 2), max(chunk, shared + 1, 3)
    bounds = overlap_add.bounds(length, chunk=chunk, overlap=shared, tail=tail)
    covered = int(np.minimum(bounds[:, 1], length).max(initial=0))

    back = overlap_add.joined(
        (overlap_add.piece(signal, start=start, stop=stop, tail=tail) for start, stop in bounds),
        starts=bounds[:, 0],
        weights=overlap_add.weights_of_all(window, chunk=chunk, count=len(bounds)),
        length=covered,
    )

    assert covered == length or (tail == "drop" and length - covered < chunk)
    assert back.ravel() == pytest.approx(signal[:, :covered].ravel(), abs=1e-12)


def test_overlapping_chunks_are_averaged_by_weight() -> None:
    chunks = [np.array([[1.0, 1.0, 1.0]]), np.array([[5.0, 5.0, 5.0]])]

    joined = overlap_add.joined(
        chunks, starts=np.array([0, 2]), weights=[np.array([1.0, 2.0, 3.0])] * 2, length=5
    )

    assert joined.tolist() == [[1.0, 1.0, 2.0, 5.0, 5.0]]


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_chunks_than_starts_is_refused(count: int) -> None:
    with pytest.raises(ShapeError, match="starts"):
        overlap_add.joined(
            [np.ones((1, 2))] * count, starts=np.array([0, 2]), weights=[np.ones(2)] * 2, length=4
        )


def test_a_sample_that_is_in_no_chunk_is_refused() -> None:
    with pytest.raises(ShapeError, match="cover all 5 samples"):
        overlap_add.joined(
            [np.ones((1, 2))] * 2, starts=np.array([0, 3]), weights=[np.ones(2)] * 2, length=5
        )
