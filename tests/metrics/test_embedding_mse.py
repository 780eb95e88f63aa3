"""Embedding MSE: closed forms, channels, rates, and no value that another encoder has made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepeval.errors import DataError, ProtocolError
from sepeval.kernels.resampling import torchaudio_hann
from sepeval.metrics.base import SignalMetric, build
from sepeval.protocol import Protocol
from sepeval.scoring.score import measurement_key
from sepeval.types import Array
from tests.protocol.documents import protocol
from tests.scoring.tracks import scored, statuses

HERE = "tests.metrics.encoders"
RATE = 8000


def rule(encoder: str = f"{HERE}:samples_themselves", **changes: object) -> Protocol:
    parameters: dict[str, Any] = {
        "encoder": encoder,
        "rate": RATE,
        "resampler": "none",
        "channels": "downmixed",
        **changes,
    }
    entry = {
        "name": "x",
        "metric": "embedding_mse",
        "where": "every_window",
        "parameters": parameters,
    }
    return protocol("a", metrics=[entry])


def value(reference: Array, estimate: Array, protocol: Protocol, *, rate: int = RATE) -> float:
    """Score of one stem, [channel sample]."""
    return float(scored(protocol, reference[None], estimate[None], rate=rate).values.item())


def noise(*shape: int, seed: int = 0) -> Array:
    return 0.1 * np.random.default_rng(seed).standard_normal(shape)


def test_with_samples_as_embedding_it_is_the_mean_square_of_the_downmixed_error() -> None:
    reference, estimate = noise(2, 2, 300)

    found = value(reference, estimate, rule())

    expected = np.square((estimate - reference).mean(axis=0)).mean()
    assert found == pytest.approx(expected, rel=1e-6)  # the encoder hears single precision


def test_an_error_of_opposite_sign_in_two_channels_is_lost_in_the_mean_of_channels() -> None:
    reference = noise(2, 300)
    estimate = reference + np.array([[0.5], [-0.5]])

    assert value(reference, estimate, rule()) == pytest.approx(0.0, abs=1e-12)
    each = value(reference, estimate, rule(channels="each_then_mean"))
    assert each == pytest.approx(0.25, rel=1e-6)


@pytest.mark.parametrize("name", ["frames", "samples_themselves", "Doubled"])
def test_a_perfect_estimate_has_zero(name: str) -> None:
    for signal in (noise(2, 300), np.zeros((1, 300)), noise(1, 1)):
        assert value(signal, signal, rule(f"{HERE}:{name}")) == 0.0


def test_the_mean_runs_over_frames_and_dimensions() -> None:
    reference, estimate = np.zeros((1, 16)), np.full((1, 16), 0.5)

    found = value(reference, estimate, rule(f"{HERE}:frames"))

    assert found == pytest.approx((0.5**2 + 0.25**2) / 2)


def test_audio_is_resampled_to_the_rate_that_the_encoder_wants() -> None:
    reference, estimate = noise(2, 1, 441)

    found = value(reference, estimate, rule(resampler="torchaudio_hann"), rate=22050)

    error = torchaudio_hann(estimate - reference, rate=22050, to=RATE)
    assert found == pytest.approx(np.square(error).mean(), rel=1e-5)


def test_another_rate_is_refused_without_a_resampler() -> None:
    with pytest.raises(ProtocolError, match="wants 8000 Hz; the audio has 22050 Hz"):
        value(noise(1, 99), noise(1, 99), rule(), rate=22050)


def test_an_embedding_without_numbers_is_undefined() -> None:
    found = scored(rule(f"{HERE}:nothing"), noise(1, 1, 9), noise(1, 1, 9), rate=RATE)

    assert statuses(found) == [[["undefined"]]]


def test_a_window_that_the_encoder_cannot_take_is_an_error() -> None:
    with pytest.raises(DataError, match="on 9 samples at 8000 Hz raised RuntimeError: too short"):
        value(noise(1, 9), noise(1, 9), rule(f"{HERE}:fails"))


def test_values_of_another_encoder_are_not_taken_for_this_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    source = tmp_path / "own_encoder.py"

    def key(text: str) -> str:
        source.write_text(text)
        asked = rule("own_encoder:f")
        metric = build(asked.metrics[0])
        assert isinstance(metric, SignalMetric)
        return measurement_key(asked, metric)

    first = "def f(samples, rate):\n    return samples\n"

    assert key(first) == key(first)
    assert key(first) != key(first.replace("samples\n", "2 * samples\n"))


def test_the_place_of_an_encoder_file_does_not_identify_it(tmp_path: Path) -> None:
    keys = set()
    for name in ("one.onnx", "two.onnx"):
        path = tmp_path / name
        path.write_bytes(b"the same")
        metric = build(rule(str(path)).metrics[0])
        assert isinstance(metric, SignalMetric)
        keys.add(str(dict(metric.measurement())))

    assert len(keys) == 1
