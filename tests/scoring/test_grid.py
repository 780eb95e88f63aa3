"""Which windows a protocol cuts, and the cells that serve several protocols."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ProtocolError
from sepeval.kernels.windows import gather
from sepeval.protocol import load
from sepeval.scoring import edges, grid
from tests.protocol.documents import WHOLE, protocol, sliding

RATE = 10  # Hz


def cut(
    length: int, windows: dict[str, Any], segments: dict[str, Any] | None = None
) -> list[list[int]]:
    found = grid(protocol(windows=windows, segments=segments), length=length, rate=RATE)
    return [[int(start), int(stop)] for start, stop in found.windows]


def segments(length: int, *, tail: str) -> dict[str, Any]:
    return {"length": length, "length_s": None, "tail": tail, "min_active": 0}


def test_a_whole_track_is_one_window() -> None:
    assert cut(37, WHOLE) == [[0, 37]]


def test_windows_of_the_whole_track_cross_what_segments_would_part() -> None:
    across = cut(60, sliding(2, 1))
    inside = cut(60, sliding(2, 1), segments(30, tail="drop"))

    assert across == [[0, 20], [10, 30], [20, 40], [30, 50], [40, 60]]
    assert inside == [[0, 20], [10, 30], [30, 50], [40, 60]]


def test_a_window_knows_its_segment() -> None:
    rule = protocol(windows=sliding(2, 1), segments=segments(30, tail="partial"))

    found = grid(rule, length=75, rate=RATE)

    assert found.segments.tolist() == [[0, 30], [30, 60], [60, 75]]
    assert found.segment.tolist() == [0, 0, 1, 1, 2]
    assert found.windows[-1].tolist() == [60, 75]


def test_a_padded_segment_has_windows_beyond_the_end_of_the_track() -> None:
    found = cut(65, sliding(2, 1), segments(50, tail="pad"))

    assert found[-4:] == [[50, 70], [60, 80], [70, 90], [80, 100]]


def test_a_dropped_segment_has_no_windows() -> None:
    assert cut(29, WHOLE, segments(30, tail="drop")) == []
    assert cut(31, WHOLE, segments(30, tail="drop")) == [[0, 30]]


def test_segments_in_seconds_are_segments_in_samples() -> None:
    seconds = {"length": None, "length_s": 3.0, "tail": "drop", "min_active": 0}

    assert cut(75, sliding(2, 1), seconds) == cut(75, sliding(2, 1), segments(30, tail="drop"))


def test_a_track_without_samples_has_no_sliding_windows() -> None:
    assert cut(0, sliding(2, 1, shorter="one_window")) == []


@pytest.mark.parametrize("part", ["windows", "segments"])
def test_a_fraction_of_a_sample_is_refused(part: str) -> None:
    parts: dict[str, Any] = {
        "windows": sliding(1.03, 1.0),
        "segments": {"length": None, "length_s": 1.03, "tail": "drop", "min_active": 0},
    }

    with pytest.raises(ProtocolError, match=r"1\.03 s at 10 Hz is 10\.3000 samples"):
        grid(protocol(**{part: parts[part]}), length=100, rate=RATE)


@pytest.mark.parametrize(("chunks", "windows"), [(1, 5), (4, 23), (20, 118)])
def test_whole_tracks_of_chunks_have_the_windows_of_msdm(chunks: int, windows: int) -> None:
    found = grid(load("slakh2100-msdm"), length=chunks * 262144, rate=22050)

    assert len(found.windows) == windows


def test_the_last_part_of_a_second_is_not_scored_by_sisec() -> None:
    found = grid(load("musdb18-sisec18"), length=262144, rate=22050)

    assert len(found.windows) == 11
    assert 262144 - found.windows[-1, 1] == 19594


@given(length=st.integers(0, 300))
def test_the_cells_of_several_protocols_serve_each_of_them(length: int) -> None:
    rules = [
        protocol(windows=sliding(2, 1)),
        protocol(windows=sliding(1.3, 0.7, tail="pad")),
        protocol(windows=WHOLE, segments=segments(64, tail="pad")),
        protocol(windows=sliding(1, 1, tail="drop", shorter="one_window")),
    ]

    found = edges(rules, length=length, rate=RATE)

    assert found[0] == 0
    assert found[-1] == length
    assert (np.diff(found) > 0).all()
    for rule in rules:
        one = grid(rule, length=length, rate=RATE)
        assert gather(one.windows, found) is not None
        assert gather(one.segments, found) is not None
