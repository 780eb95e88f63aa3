"""Statistics in which something is undone are those of audio in which it was undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.base.leaving_out import without_stretches
from sepeval.audits.base.undoing import (
    whole_tracks,
    with_balance,
    with_gains,
    with_leak,
    with_order,
)
from sepeval.kernels.cells import Statistics, measure
from sepeval.scoring import TrackStatistics
from sepeval.types import Array, BoolArray, IntArray
from sepeval.what_if import Held
from tests.audits import boards
from tests.audits.planting import Make, as_they_are


def statistics(seed: int = 1) -> tuple[Array, Array, Array, TrackStatistics]:
    generator = np.random.default_rng(seed)
    references = generator.standard_normal((3, 2, 600))
    estimates = references + 0.1 * generator.standard_normal(references.shape)
    mixture = references.sum(axis=0)
    edges = np.array([0, 200, 450, 600])
    found = measure(references, estimates, mixture, edges)
    return references, estimates, mixture, TrackStatistics(found, edges, ("a", "b", "c"), (), 1, {})


def test_statistics_with_gains_are_those_of_scaled_audio() -> None:
    references, estimates, mixture, track = statistics()
    gains = np.array([0.5, -2.0, 1.0])

    found = with_gains(track.cells, gains)

    wanted = measure(references, estimates * gains[:, None, None], mixture, track.edges)
    np.testing.assert_allclose(found.gram, wanted.gram, rtol=1e-12)
    np.testing.assert_allclose(found.residual, wanted.residual, rtol=1e-12)


def test_statistics_with_a_gain_for_each_channel_are_those_of_scaled_audio() -> None:
    references, estimates, mixture, track = statistics()
    gains = np.array([[0.5, 2.0], [1.0, 1.0], [3.0, 0.1]])

    found = with_balance(track.cells, gains)

    wanted = measure(references, estimates * gains[:, :, None], mixture, track.edges)
    np.testing.assert_allclose(found.gram[:, :2], wanted.gram[:, :2], rtol=1e-12)
    np.testing.assert_allclose(found.residual[:, :2], wanted.residual[:, :2], rtol=1e-12)


def test_statistics_in_another_order_are_those_of_renamed_audio() -> None:
    references, estimates, mixture, track = statistics()
    order = np.array([2, 1, 0])

    found = with_order(track.cells, order)

    wanted = measure(references, estimates[order], mixture, track.edges)
    np.testing.assert_allclose(found.gram, wanted.gram, rtol=1e-12)
    np.testing.assert_allclose(found.residual, wanted.residual, rtol=1e-9)


def test_a_leak_adds_its_energy_where_it_lies() -> None:
    _, _, _, track = statistics()
    where = np.array([[True, False, False]] * 3)

    found = with_leak(track, 0.01, where).cells

    added = found.estimate - track.cells.estimate
    assert added[:, 0, 0] == pytest.approx([2.0, 2.5, 1.5])
    assert added[:, 2, 0] == pytest.approx([4.0, 5.0, 3.0])
    assert added[:, :, 1:] == pytest.approx(0.0)


def test_a_whole_track_is_the_sum_of_its_cells(make: Make) -> None:
    found = make(as_they_are)

    tracks = whole_tracks(found)

    assert [one.track for one in tracks] == [one.id for one in found.manifest.tracks]
    assert all(one.statistics.gram.shape[0] == 1 for one in tracks)


def _hole(_: Held, windows: Statistics, cut: IntArray) -> BoolArray:
    found = np.zeros((len(cut), windows.stems), np.bool_)
    found[:, 0] = (cut[:, 0] < 350) & (cut[:, 1] > 250)
    return found


def test_a_hole_in_a_whole_track_leaves_its_other_cells(tmp_path: Path) -> None:
    references = boards.music()
    estimates = boards.noisy(references, level=0.1)
    estimates[0, :, 250:350] = 0.0
    whole = boards.protocol(boards.SDR, name="whole", windows={"kind": "whole"})
    heard = {"one": boards.Heard(references, estimates)}
    cells = boards.run(tmp_path, "cells", heard, [whole, boards.protocol()])
    single = boards.run(tmp_path, "single", heard, [whole])

    rows = without_stretches(cells, _hole).rows

    rest = np.r_[0:200, 400:600]
    reference, error = references[0, 0, rest], (references - estimates)[0, 0, rest]
    wanted = 10.0 * np.log10((reference @ reference) / (error @ error))
    found = {row["stem"]: row for row in rows if row["protocol"] == "whole.v1"}
    assert found["bass"]["value_by_better_rule"] == pytest.approx(wanted)
    assert found["drums"]["change_db"] == pytest.approx(0.0)
    assert without_stretches(single, _hole).rows == ()
