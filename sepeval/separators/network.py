"""What all separators with a network share: its fields, its checks, and the way over a track.

A newcomer subclasses `NetworkSeparator`, says what its network gives (`Model`), and inherits
chunks, batches, noise, precision and the description. A subclass is a frozen pydantic dataclass too
(`kw_only=True`, `extra="forbid"`). It defines `is_stochastic` (from its settings alone, without
loading anything), `_name`, `_settings` and `_model`. What `_model` loads is kept by a
`functools.lru_cache` on a function of its module, keyed by file, digest and device, and never on
the instance. Networks are built and loaded inside functions, so that listing separators does not
load torch.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Self, TypeAlias

import numpy as np
from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.fingerprint import digests, of_document
from sepeval.inference import (
    ChunkFunction,
    Chunking,
    Device,
    Joined,
    Precision,
    chunk_seed,
    hardware,
    in_chunks,
    refuse_missing_device,
)
from sepeval.kernels import overlap_add
from sepeval.separators.base import Described, Estimate, Plain, Separator
from sepeval.types import Array

if TYPE_CHECKING:
    from torch import Tensor, nn

# what is done where the mixture has another number of channels than the network hears
Channels: TypeAlias = Literal["match", "each", "downmix", "repeat"]

_PLACE = ("device", "precision", "batch")  # fields that say where and how a network runs


@dataclasses.dataclass(frozen=True)
class Model:
    """What one network gives.

    Attributes:
        stems: names of the stems, in the order of the network's output.
        rate: at which it works, in Hz.
        channels: that it hears, and gives for each stem.
        segment: samples in a chunk, as it was trained or published; None where it takes whole
            tracks.
        function: the network with its sampler; see `inference.ChunkFunction`. It takes chunks of
            any length that is a multiple of `multiple`, on the separator's device.
        nfe: network evaluations for one chunk.
        multiple: lengths must be a multiple of it; other chunks are filled up with zeros, and
            their estimates cut.
        parts: the networks by name, such as `extractor` and `refiner`; for counts and timings.
    """

    stems: tuple[str, ...]
    rate: int
    channels: int
    segment: int | None
    function: ChunkFunction
    nfe: int
    multiple: int = 1
    parts: Mapping[str, nn.Module] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class NetworkSeparator(Separator):
    """A network that hears the mixture in chunks.

    Attributes:
        checkpoint: the weights: a path, or `hf://org/repo@revision/file`.
        device: `cpu`, `cuda`, `cuda:1`, `mps`; recorded with a run, and not part of its identity.
        precision: `fp32`, `tf32`, `bf16` or `fp16`; see `inference.devices`.
        batch: chunks that are processed at once, at most; changes no more than rounding.
        chunk: samples in a chunk; None: the network's own segment, or the whole track.
        overlap: samples that neighbouring chunks share.
        window: weights under which they are averaged; see `kernels.overlap_add`.
        tail: what becomes of an end that does not fill a chunk; see `kernels.overlap_add`.
        border: whether the mixture is continued by its reflection at both ends.
        channels: what is done where the mixture has another number of channels than the network.
            `match`: nothing, it is an error. `each`: a mono network hears each channel by itself.
            `downmix`: a mono network hears the mean of the channels, and every channel of the
            estimate is the same. `repeat`: a network of several channels hears a mono mixture in
            all of them, and the estimate is their mean.
    """

    checkpoint: str
    device: Device = "cpu"
    precision: Precision = "fp32"
    batch: Annotated[int, Field(gt=0)] = 1
    chunk: Annotated[int, Field(gt=0)] | None = None
    overlap: Annotated[int, Field(ge=0)] = 0
    window: overlap_add.Window = "none"
    tail: overlap_add.Tail = "pad"
    border: overlap_add.Border = "none"
    channels: Channels = "match"

    @model_validator(mode="after")
    def _overlap_within_the_chunk(self) -> Self:
        if self.chunk is not None and self.overlap >= self.chunk:
            raise ValueError(f"overlap must be less than chunk {self.chunk}; found {self.overlap}")
        if self.precision == "tf32" and not self.device.startswith("cuda"):
            raise ValueError(f"precision tf32 is one of CUDA devices; found device {self.device!r}")
        return self

    @property
    @abstractmethod
    def _name(self) -> str:
        """As it is registered."""

    @abstractmethod
    def _settings(self) -> Mapping[str, Plain]:
        """Return what can change the output beside the fields above: its own fields, architecture.

        It may read the head of the checkpoint, and builds no network.
        """

    @abstractmethod
    def _model(self) -> Model:
        """Return the network, loaded, in evaluation mode, on the device."""

    def describe(self) -> Mapping[str, Plain]:
        """Return all settings but device and batch, and the SHA-256 of the weights.

        Raises:
            SeparatorError: there is no such checkpoint.
            DependencyError: a package that fetches it is not installed.
        """
        return {
            "name": self._name,
            "version": 1,
            "weights_sha256": weights_digest(self.checkpoint),
            "precision": self.precision,
            "chunk": self.chunk,
            "overlap": self.overlap,
            "window": self.window,
            "tail": self.tail,
            "border": self.border,
            "channels": self.channels,
            **self._settings(),
        }

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        """Return the joined estimates of all chunks; see `Separator.separate`.

        Raises:
            SeparatorError: the network works at another rate or with other channels, the chunks
                do not fit it, the memory does not suffice, or it returns no finite estimate.
            DependencyError: the device is not there.
        """
        refuse_missing_device(self.device, self.precision)
        model = self._model()
        self._refuse_rate(model, rate)
        heard = _heard(mixture, model, self.channels)
        draws = [seed, *(chunk_seed(seed, number) for number in range(1, len(heard)))]
        found = [self._in_chunks(one, model, draw) for one, draw in zip(heard, draws, strict=True)]
        audio = _given([one.audio for one in found], self.channels, len(mixture))
        chunks = sum(one.chunks for one in found)
        notes = tuple(dict.fromkeys(note for one in found for note in one.notes))
        return Estimate(model.stems, audio, nfe=model.nfe * chunks, notes=notes)

    def _in_chunks(self, mixture: Array, model: Model, seed: int) -> Joined:
        joined = in_chunks(
            mixture,
            _filled_up(model.function, model.multiple),
            chunking=self._chunking(model, mixture.shape[-1]),
            batch=self.batch,
            seed=seed,
            device=self.device,
            precision=self.precision,
        )
        found = joined.audio.shape[:2]
        if found != (len(model.stems), len(mixture)):
            message = (
                f"{self._name}: expected {len(model.stems)} stems ({', '.join(model.stems)}) of "
                f"{len(mixture)} channels; the network returned {list(found)}"
            )
            raise SeparatorError(message)
        return joined

    def _chunking(self, model: Model, length: int) -> Chunking:
        chunk = self.chunk or model.segment or max(length, self.overlap + 1)
        return Chunking(chunk, self.overlap, self.window, self.tail, self.border)

    def _refuse_rate(self, model: Model, rate: int) -> None:
        if rate != model.rate:
            message = (
                f"{self._name}: the network works at {model.rate} Hz; the mixture has {rate} Hz. "
                f"Take a protocol whose audio rule has rate {model.rate}: nothing is resampled "
                "unless a protocol says so"
            )
            raise SeparatorError(message)


def place(separator: Described) -> dict[str, Plain]:
    """Return where and how a separator, or the one inside it, runs its network; else nothing.

    Device and batch are recorded with a run, and are not part of its identity.

    Raises:
        SeparatorError: nothing has the device's name.
        DependencyError: the device is not there.

    Example:
        >>> from sepeval.separators.trivial import Mixture
        >>> place(Mixture(("bass",)))
        {}
    """
    if isinstance(separator, NetworkSeparator):
        found: dict[str, Plain] = {name: getattr(separator, name) for name in _PLACE}
        return {**found, "hardware": hardware(separator.device)}
    inner = getattr(separator, "inner", None)
    return place(inner) if isinstance(inner, Described) else {}


def weights_digest(checkpoint: str) -> str:
    """Return the SHA-256 of a checkpoint: of the file, or of all files of a folder with names.

    Raises:
        SeparatorError: there is no such checkpoint.
        DependencyError: a package that fetches it is not installed.
        DataError: a file cannot be read.
    """
    from sepeval.checkpoints import resolve

    path: Path = resolve(checkpoint)
    if path.is_file():
        return digests([path])[path]
    files = [
        one for one in sorted(path.rglob("*")) if one.is_file() and not one.name.startswith(".")
    ]
    found = digests(files)
    return of_document({one.relative_to(path).as_posix(): found[one] for one in files})


class WeightsFile(NamedTuple):
    """A checkpoint's path, and a text that changes when it or its card does."""

    path: Path
    state: str


def weights_file(checkpoint: str) -> WeightsFile:
    """Return where a checkpoint lies, and its state, by which loaded weights are kept.

    Raises:
        SeparatorError: there is no such checkpoint.
        DependencyError: a package that fetches it is not installed.
        DataError: a file cannot be read.
    """
    from sepeval.checkpoints import beside, resolve

    path: Path = resolve(checkpoint)
    card = beside(path)
    told = digests([card])[card] if card.exists() else ""
    return WeightsFile(path, weights_digest(checkpoint) + told)


def _heard(mixture: Array, model: Model, rule: Channels) -> list[Array]:
    """Return what the network hears, once or once per channel, each [channel sample]."""
    count = len(mixture)
    if count == model.channels:
        return [mixture]
    if model.channels == 1 and rule == "each":
        return [channel[None] for channel in mixture]
    if model.channels == 1 and rule == "downmix":
        return [mixture.mean(axis=0, keepdims=True)]
    if count == 1 and rule == "repeat":
        return [np.repeat(mixture, model.channels, axis=0)]
    ways = {1: "each or channels=downmix"}.get(model.channels, "repeat" if count == 1 else "")
    message = (
        f"the network hears {model.channels} channels; the mixture has {count}, and channels is "
        f"{rule!r}" + (f"; say channels={ways}" if ways else "; take a protocol that downmixes")
    )
    raise SeparatorError(message)


def _given(found: list[Array], rule: Channels, channels: int) -> Array:
    """Return the estimates with as many channels as the mixture, [stem channel sample]."""
    audio = np.concatenate(found, axis=1)
    if audio.shape[1] == channels:
        return audio
    if rule == "repeat":
        return np.asarray(audio.mean(axis=1, keepdims=True))
    return np.repeat(audio, channels, axis=1)


def _filled_up(function: ChunkFunction, multiple: int) -> ChunkFunction:
    """Return the function for any length: filled up with zeros to a multiple, and cut again."""

    def filled(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        from torch.nn import functional

        length = chunks.shape[-1]
        return function(functional.pad(chunks, (0, -length % multiple)), seeds)[..., :length]

    return filled
