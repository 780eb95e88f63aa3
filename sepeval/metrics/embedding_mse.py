"""Mean squared error between embeddings of references and estimates.

No encoder is shipped: it is a file or a callable that the protocol names. Nothing is cached in
files, no audio is rounded, and the encoder's content is part of what identifies stored values,
so values of another encoder are never taken for this one's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, final

import numpy as np
from pydantic import Field, JsonValue

from sepeval.encoders import Encoder, encoder, facts
from sepeval.errors import DataError, ProtocolError
from sepeval.kernels.resampling import torchaudio_hann
from sepeval.metrics.base import (
    METRICS,
    Means,
    Prepared,
    Scored,
    SignalMetric,
    by_window,
)
from sepeval.types import Array, IntArray, Signal, Stems


@final
@METRICS.add("embedding_mse")
class EmbeddingMse(SignalMetric):
    """MSE = mean (f(e) − f(r))² over all numbers of an embedding f; lower is better.

    f sees a window alone, as float32 at the rate it wants. The value is in the squared unit of
    the embedding: it says nothing beside one of another encoder or layer. 0 for a perfect estimate.
    Undefined (nan) where a window is empty or its embedding has no numbers. Silence is no special
    case. A window that the encoder cannot take, such as one that is too short for it, is an error
    of the track.

    Attributes:
        encoder: see `sepeval.encoders`. Naming a callable runs its module.
        rate: of the audio that the encoder wants, in Hz.
        resampler: how it gets there; with `none` audio at another rate is refused.
        channels: the encoder sees the mean of the channels (`downmixed`), to which an error of
            opposite sign in two channels is nothing, or each of them (`each_then_mean`).

    References:
        [1] Bereuter, Stahl, Plumbley, Sontacchi. "Towards reliable objective evaluation metrics for
            generative singing voice separation models", WASPAA 2025.
    """

    summary: ClassVar[str] = "mean squared error between embeddings"
    version: ClassVar[int] = 1
    held: ClassVar[float] = 4.0  # two signals, resampled; what the encoder takes is not known
    unit: ClassVar[str] = "1"
    higher_is_better: ClassVar[bool] = False

    encoder: str = Field(min_length=1)
    rate: int = Field(ge=1)
    resampler: Literal["none", "torchaudio_hann"]
    channels: Literal["downmixed", "each_then_mean"]

    def measurement(self) -> Mapping[str, JsonValue]:
        """See `SignalMetric.measurement`.

        Raises:
            ProtocolError: the encoder is not there.
        """
        own = self.model_dump(exclude={"encoder"})
        return {
            "kind": "embedding_mse",
            "version": self.version,
            **own,
            "encoder": dict(facts(self.encoder)),
        }

    def prepare(
        self,
        references: Stems,
        *,
        mixture: Signal,  # noqa: ARG002 - not part of the definition
        windows: IntArray,
        rate: int,
        means: Means,  # noqa: ARG002 - the encoder has threads of its own
    ) -> Prepared:
        """See `SignalMetric.prepare`.

        Raises:
            DataError: the encoder cannot take the audio.
            DependencyError: what runs the encoder is not installed.
            ProtocolError: the encoder cannot be loaded, or the audio has another rate.
        """
        if rate != self.rate and self.resampler == "none":
            message = (
                f"encoder {self.encoder!r} wants {self.rate} Hz; the audio has {rate} Hz and "
                "`resampler` is none"
            )
            raise ProtocolError(message)
        heard = _Ear(encoder(self.encoder), self.rate, rate, self.channels)
        embeddings = [
            [heard(stem[:, start:stop]) for start, stop in windows] for stem in references
        ]
        return _Embedded(windows, heard, embeddings)

    def working_bytes(self, *, stems: int, channels: int, windows: IntArray, means: Means) -> int:
        """See `SignalMetric.working_bytes`; one window at a time."""
        alone = replace(means, threads=1)
        return super().working_bytes(stems=stems, channels=channels, windows=windows, means=alone)

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        with np.errstate(invalid="ignore"):
            return Scored(stored["squares"] / stored["numbers"], {})


@dataclass(frozen=True, eq=False)
class _Ear:
    """An encoder, and what happens to audio on its way there."""

    encoder: Encoder
    wanted: int
    rate: int
    channels: Literal["downmixed", "each_then_mean"]

    def __call__(self, signal: Array) -> Array:
        """Return the embedding of [channel sample], [channel ...]."""
        if signal.shape[1] == 0:
            return np.zeros((1, 0))
        one = signal.mean(axis=0, keepdims=True) if self.channels == "downmixed" else signal
        resampled = torchaudio_hann(one, rate=self.rate, to=self.wanted)
        return np.stack([self.encoder(channel, rate=self.wanted) for channel in resampled])


@dataclass(frozen=True, eq=False)
class _Embedded(Prepared):
    """Embeddings of the references, by stem and window."""

    windows: IntArray
    heard: _Ear
    references: list[list[Array]]

    def measure(
        self,
        references: Stems,
        estimates: Stems,
        *,
        means: Means,  # noqa: ARG002 - the encoder has threads of its own
    ) -> dict[str, Array]:
        """See `Prepared.measure`.

        Raises:
            DataError: the encoder cannot take the audio, or embeds signals of one length in
                different shapes.
        """

        def one(stem: int, window: int) -> tuple[float, float]:
            start, stop = self.windows[window]
            true = self.references[stem][window]
            guess = self.heard(estimates[stem, :, start:stop])
            if true.shape != guess.shape:
                message = (
                    f"an embedding of {stop - start} samples has the shape {list(true.shape)} for "
                    f"the reference and {list(guess.shape)} for the estimate"
                )
                raise DataError(message)
            return float(np.square(guess - true).sum()), float(true.size)

        return by_window(
            one,
            names=("squares", "numbers"),
            stems=len(references),
            windows=len(self.windows),
            threads=1,
        )
