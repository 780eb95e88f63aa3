"""Whole tracks of two real systems have the values that MSST's own code prints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.documents import protocol
from tests.scoring.tracks import scored
from tests.shared_data import RATE, STEMS, TRACKS, joined, needs_audio, needs_golden, rows

pytestmark = [pytest.mark.data, needs_golden, needs_audio]

AS_IF: dict[str, Any] = {"hz": 44100, "other": "as_if"}  # MSST's, whatever the audio has
TRANSFORM = {"window": "hann", "ends": "reflect", "channels": "flattened", "slope": 10}
DISTANCE = {
    **TRANSFORM,
    "floor": 1e-8,
    "weights": {"convergence": 1, "log": 1, "linear": 0},
    "normalised_by": "estimate",
    "mel_bands": None,
    "a_weighting_taps": None,
    "rate": None,
}
BLEED = {
    "fft": 4096,
    "hop": 1024,
    "window": "hann",
    "ends": "zeros",
    "mel_bands": 512,
    "rate": AS_IF,
    "floor": 1e-10,
    "range_db": 80,
    "mean_over": "one_sided_bins",
}
METRICS: dict[str, dict[str, Any]] = {
    "l1_freq": {**TRANSFORM, "window": "rectangular", "fft": 2048, "hop": 1024},
    "log_wmse": {
        "mixture_level": "every_channel",
        "weighting": "hearing",
        "rate": AS_IF,
        "inaudible_db": 68,
        "mixture_eps": 1e-8,
        "eps": 1e-8,
    },
    "aura_stft": {**DISTANCE, "resolutions": [{"fft": 1024, "hop": 256, "window": 1024}]},
    "aura_mrstft": {
        **DISTANCE,
        "resolutions": [{"fft": fft, "hop": fft // 4, "window": fft} for fft in (1024, 2048, 4096)],
        "mel_bands": 128,
        "a_weighting_taps": 101,
        "rate": AS_IF,
    },
    "bleedless": BLEED,
    "fullness": BLEED,
}
COLUMNS = {  # and how far single precision is from double where MSST has no other
    "l1_freq": ("l1_freq_float64", 1e-6),
    "log_wmse": ("log_wmse_float64", 1e-6),
    "aura_stft": ("aura_stft_float64", 1e-6),
    "aura_mrstft": ("aura_mrstft", 2e-4),
    "bleedless": ("bleedless", 5e-4),
    "fullness": ("fullness", 5e-4),
}


@pytest.mark.parametrize(
    ("system", "track"),
    [
        ("Vanilla", "track00"),
        ("CD_4_step", "track01"),
        pytest.param("Vanilla", "track01", marks=pytest.mark.slow),
        pytest.param("CD_4_step", "track00", marks=pytest.mark.slow),
    ],
)
def test_whole_tracks_have_the_spectral_scores_of_msst(system: str, track: str) -> None:
    metrics = [
        {"name": name, "metric": name, "where": "every_window", "parameters": parameters}
        for name, parameters in METRICS.items()
    ]
    references = joined("original", TRACKS[track])

    found = scored(
        protocol(*STEMS, metrics=metrics), references, joined(system, TRACKS[track]), rate=RATE
    )

    theirs = {
        row["stem"]: row for row in rows("msst") if (row["system"], row["track"]) == (system, track)
    }
    assert set(theirs) == set(STEMS)
    for place, name in enumerate(found.metrics):
        column, tolerance = COLUMNS[name]
        for value, stem in zip(found.values[place, :, 0], STEMS, strict=True):
            assert value == pytest.approx(theirs[stem][column], abs=tolerance)
