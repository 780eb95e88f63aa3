"""Scores under stress: levels, lengths, channels and stems at which programs err."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepeval.kernels.cells import join, measure
from sepeval.kernels.windows import gather
from sepeval.metrics.base import Means, SignalMetric, build
from sepeval.protocol import Protocol, released
from sepeval.scoring import grid
from sepeval.types import Array, Streamed, StreamedStems
from tests.robustness.damage import rounds
from tests.robustness.figures import count
from tests.robustness.stress import (
    ENERGY,
    OK,
    Sounds,
    by_hand,
    channels,
    edges_of,
    protocol,
    rate,
    score,
    sounds,
    windows_by_hand,
)

pytestmark = pytest.mark.robustness
KIND = "numbers under stress"
STEMS = tuple("abcdefghijkl")
OPEN = [name for name in released() if protocol(name).audio.channels == "any"]
every_protocol = pytest.mark.parametrize("name", released())
LEVELS_DB = (-200, -160, -120, -90, -60, -30, 0, 20)


def _short(rule: Protocol) -> int:
    """A length with few windows: the shortest at which all that a protocol has is met."""
    return 3 * rate(rule) + 1 if rule.segments is None else edges_of(rule)[-1] // 2 + 1


@every_protocol
def test_windows_and_scores_are_those_by_hand_at_every_edge(name: str) -> None:
    rule = protocol(name)
    stems = tuple(rule.stems)
    lengths = edges_of(rule)

    for length in lengths[:: max(1, len(lengths) // rounds(len(lengths)))]:
        heard = sounds(len(stems), channels(rule), length)
        found = score(rule, heard)
        count(KIND)
        cut = windows_by_hand(rule, length)
        assert grid(rule, length=length, rate=rate(rule)).windows.tolist() == [list(w) for w in cut]
        for window in {0, len(cut) // 2, len(cut) - 1} if cut else ():
            start, stop = cut[window]
            for place, entry in enumerate(rule.metrics):
                if entry.metric not in ENERGY or entry.parameters["precision"] == "float32":
                    continue
                for stem in range(len(stems)):
                    if found.statuses[place, stem, window] == OK:
                        value = by_hand(entry, heard, stem, start, min(stop, length))
                        assert found.values[place, stem, window] == pytest.approx(value, abs=1e-5)
                        count("scores by hand")


@every_protocol
def test_no_level_gives_a_number_without_a_status(name: str) -> None:
    rule = protocol(name)
    heard = sounds(len(rule.stems), channels(rule), _short(rule))

    for level_db in LEVELS_DB[:: 1 if rounds(8) > 1 else 3]:
        gain = 10 ** (level_db / 20)
        for which in ("all", "references", "estimates"):
            scaled = Sounds(
                heard.references * (gain if which != "estimates" else 1.0),
                heard.estimates * (gain if which != "references" else 1.0),
                heard.mixture * (gain if which != "estimates" else 1.0),
            )
            for kind in (np.float64, np.float32):
                one = Sounds(*(part.astype(kind).astype(np.float64) for part in scaled))
                score(rule, one)
                count(KIND)


@pytest.mark.parametrize("name", released())
def test_a_gain_on_everything_changes_no_ratio_without_eps(name: str) -> None:
    rule = protocol(name)
    heard = sounds(len(rule.stems), channels(rule), _short(rule))
    plain = [
        place
        for place, entry in enumerate(rule.metrics)
        if entry.metric in ENERGY and not any(_numbers(entry.parameters["eps"]))
    ]
    if not plain or not rule.silence.rule.startswith("zero"):
        return
    expected = score(rule, heard)

    for power in (-33, -20, -1, 3):  # of two: -199 to 18 dB, without rounding
        found = score(rule, Sounds(*(one * 2.0**power for one in heard)))
        count(KIND)
        assert np.array_equal(found.statuses[plain], expected.statuses[plain])
        np.testing.assert_allclose(found.values[plain], expected.values[plain], rtol=0, atol=1e-9)


def _numbers(eps: object) -> list[float]:
    assert isinstance(eps, dict)
    return [one for one in eps.values() if not isinstance(one, str)]


@every_protocol
def test_stems_and_channels_may_change_places(name: str) -> None:
    rule = protocol(name)
    heard = sounds(len(rule.stems), channels(rule), _short(rule))
    expected = score(rule, heard)
    order = [*range(1, len(rule.stems)), 0]

    turned = score(rule, Sounds(heard.references[order], heard.estimates[order], heard.mixture))
    swapped = score(rule, Sounds(*(np.flip(one, axis=-2) for one in heard)))

    count(KIND, 2)
    np.testing.assert_allclose(turned.values, expected.values[:, order], rtol=0, atol=1e-6)
    np.testing.assert_allclose(swapped.values, expected.values, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("number", range(1, 9))
def test_any_number_of_channels_has_scores(name: str, number: int) -> None:
    rule = protocol(name)
    if rounds(8) == 1 and number not in (1, 8):
        return
    heard = sounds(len(rule.stems), number, _short(rule))

    assert (score(rule, heard).statuses == OK).any()
    count(KIND)


@pytest.mark.parametrize("name", [name for name in OPEN if protocol(name).every_stem])
@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 12])
def test_any_number_of_stems_has_scores(name: str, number: int) -> None:
    rule = protocol(name, STEMS[:number])
    if rounds(8) == 1 and number not in (1, 12):
        return
    heard = sounds(number, 1, _short(rule))

    found = score(rule, heard)

    count(KIND)
    assert found.values.shape[1] == number
    assert (found.statuses == OK).any()


@every_protocol
@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("value", [0.0, 1e-10, 1.0, 10.0])
def test_single_samples_have_a_status(name: str, length: int, value: float) -> None:
    rule = protocol(name)
    stems = len(rule.stems)
    shape = (stems, channels(rule), length)

    score(rule, Sounds(np.full(shape, value), np.full(shape, value / 2), np.full(shape[1:], value)))
    count(KIND)


@every_protocol
def test_silence_everywhere_has_a_status(name: str) -> None:
    rule = protocol(name)
    heard = sounds(len(rule.stems), channels(rule), _short(rule))
    nothing = np.zeros_like(heard.references)

    for one in (
        Sounds(nothing, nothing, nothing[0]),
        Sounds(nothing, heard.estimates, heard.mixture),
        Sounds(heard.references, nothing, heard.mixture),
        Sounds(heard.references, heard.references, heard.mixture),
    ):
        score(rule, one)
        count(KIND)


def _streamed(audio: Array) -> Streamed:
    return Streamed(audio.shape, lambda start, stop: audio[:, start:stop].copy())


@every_protocol
def test_audio_in_files_has_the_statistics_of_audio_in_memory(name: str) -> None:
    rule = protocol(name)
    heard = sounds(len(rule.stems), channels(rule), _short(rule))
    length = heard.mixture.shape[1]
    windows = np.minimum(grid(rule, length=length, rate=rate(rule)).windows, length)
    edges = np.unique(np.append(windows, [0, length]))
    parts = [StreamedStems(tuple(map(_streamed, one))) for one in heard[:2]]

    whole = measure(*heard, edges)
    sliced = measure(parts[0], parts[1], _streamed(heard.mixture), edges)

    assert np.array_equal(whole.gram, sliced.gram)
    assert np.array_equal(whole.residual, sliced.residual)
    for entry in rule.metrics:
        metric = build(entry)
        if isinstance(metric, SignalMetric) and entry.metric.startswith("bsseval"):
            stored = []
            for references, estimates in (heard[:2], parts):
                prepared = metric.prepare(
                    references,
                    mixture=heard.mixture,
                    windows=windows,
                    rate=rate(rule),
                    means=Means(),
                )
                stored.append(prepared.measure(references, estimates, means=Means()))
            assert all(
                np.array_equal(*(one[key] for one in stored), equal_nan=True) for key in stored[0]
            )
    count(KIND)


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    stems=st.integers(1, 4),
    number=st.integers(1, 4),
    level_db=st.sampled_from(LEVELS_DB),
    single=st.booleans(),
)
@settings(max_examples=rounds(300))
def test_cells_add_up(
    lengths: list[int], stems: int, number: int, level_db: int, single: bool
) -> None:
    gain = 10 ** (level_db / 20)
    heard = Sounds(*(gain * one for one in sounds(stems, number, sum(lengths))))
    if single:
        heard = Sounds(*(one.astype(np.float32).astype(np.float64) for one in heard))
    edges = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ends = edges[[0, -1]]
    into = gather(ends[None], edges)
    assert into is not None

    joined, whole = join(measure(*heard, edges), into), measure(*heard, ends)

    count(KIND)
    level = np.abs(whole.gram[..., :-1, :-1]).max()
    np.testing.assert_allclose(joined.gram, whole.gram, rtol=1e-12, atol=1e-14 * level)
    np.testing.assert_allclose(joined.residual, whole.residual, rtol=1e-9, atol=1e-14 * level)
