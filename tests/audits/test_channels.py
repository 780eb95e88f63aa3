"""Stereo estimates with a channel that is lost, exchanged, or at another level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.balance import wrong_balance
from sepeval.audits.base import Finding
from sepeval.audits.dead_channels import dead_channels
from sepeval.audits.gains import wrong_gain
from sepeval.audits.swaps import swapped_channels
from sepeval.types import Array
from tests.audits.boards import SDR, Heard, board, music, noisy, protocol, run

PANNED = np.array([1.0, 0.5])[:, None]


def found(folder: Path, heard: Heard, audit: object) -> list[Finding]:
    """Return what an audit finds in a run of two tracks, the second of them sound."""
    references = heard.references
    sound = Heard(references, noisy(references, level=0.1, seed=3))
    made = run(folder / str(audit), "a", {"one": heard, "two": sound}, [protocol(SDR)])
    return list(audit(board(made)))  # type: ignore[operator]


def decibels(target: Array, error: Array) -> float:
    return float(10.0 * np.log10((target**2).sum() / (error**2).sum()))


def test_a_channel_that_is_zero_from_start_to_end_is_an_error_with_its_decibels(
    tmp_path: Path,
) -> None:
    references = music(channels=2)
    estimates = noisy(references, level=0.1)
    estimates[0, 1] = 0.0

    (finding,) = found(tmp_path, Heard(references, estimates), dead_channels)

    (row,) = finding.evidence
    reference, error = references[0], references[0] - estimates[0]
    assert (row["track"], row["stem"], row["channel"]) == ("one", "bass", 1)
    assert row["sdr_db"] == pytest.approx(decibels(reference, error))
    assert row["undone_db"] == pytest.approx(decibels(reference[0], error[0]))
    assert (finding.severity, finding.where) == ("error", "bass")
    rise = decibels(reference[0], error[0]) - decibels(reference, error)
    assert finding.effect_db == pytest.approx(rise / 2)  # the mean of two tracks


def test_a_channel_that_is_zero_for_a_while_is_a_warning(tmp_path: Path) -> None:
    references = music(channels=2)
    estimates = noisy(references, level=0.1)
    estimates[0, 0, 200:400] = 0.0

    (finding,) = found(tmp_path, Heard(references, estimates), dead_channels)

    assert finding.severity == "warning"
    assert (finding.evidence[0]["dead_s"], finding.evidence[0]["played_s"]) == (2.0, 6.0)


def test_channels_that_rest_with_their_reference_or_all_together_are_not_dead(
    tmp_path: Path,
) -> None:
    references = music(channels=2)
    references[0, 1] = 0.0
    estimates = noisy(references, level=0.1)
    estimates[0, 1] = 0.0  # a stem on one side
    estimates[1, :, 200:400] = 0.0  # for `zeros_while_playing`

    assert found(tmp_path, Heard(references, estimates), dead_channels) == []


def test_exchanged_channels_are_not_told_a_second_time_as_a_lean(tmp_path: Path) -> None:
    references = music() * PANNED
    swapped = Heard(references, noisy(references[:, ::-1], level=0.02))

    assert len(found(tmp_path, swapped, swapped_channels)) == 1
    assert found(tmp_path, swapped, wrong_balance) == []
    assert found(tmp_path, swapped, wrong_gain) == []


def test_a_lean_that_costs_nothing_is_none(tmp_path: Path) -> None:
    references = music(channels=2) * np.array([1.0, 0.02])[:, None]
    gains = np.array([1.0, 0.8])[:, None]  # of a channel 34 dB below the other
    estimates = noisy(references, level=0.0)
    heard = Heard(references, gains * estimates + noisy(0.0 * references, level=0.01, seed=5))

    assert found(tmp_path, heard, wrong_balance) == []
    leaning = Heard(music(channels=2), gains * music(channels=2))
    assert len(found(tmp_path / "b", leaning, wrong_balance)) == 1
