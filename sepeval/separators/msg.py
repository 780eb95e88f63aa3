"""MSG, which refines the estimates of another separator, from its published weights.

One generator per stem: `msg` refines what another separator gives, `msg-files` estimates that lie
in a folder. It hears 16 kHz in mono, in windows of 1 s that overlap by half, each with 0.25 s of
zeros around it.

The published script sums the windows under a Hamming window whose copies add up to 1.08, and scales
each file to the peak 1. Neither keeps a level that a distortion ratio could be computed at, so the
level is a setting here.

References:
    [1] Schaffer, Cogan, Manilow, Morrison, Seetharaman, Pardo. "Music Separation Enhancement with
        Generative Modeling", ISMIR 2022.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.inference import Device, Precision, numerics, refuse_missing_device, torch_device
from sepeval.inference.batches import in_batches
from sepeval.kernels import overlap_add
from sepeval.kernels.resampling import torchaudio_hann
from sepeval.separators.base import SEPARATORS, Described, Estimate, Plain, Recording, Separator
from sepeval.separators.network import weights_digest
from sepeval.types import Array, IntArray, Track

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.networks.msg_generator import MsgGenerator

Scale: TypeAlias = Literal["generator", "initial", "peak"]

RATE = 16_000  # Hz
SEGMENT = 16_000  # samples that come out of the generator
HOP = 8_000  # samples between two windows
MARGIN = 4_000  # zeros on each side of a window
STRIDE = 4  # of the published generator; its weights do not tell
_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
class _Refiner(Described):
    """The settings and the work that both kinds share.

    Attributes:
        checkpoint: the weights; `{stem}` in it stands for the name of the stem.
        stems: those that are refined, and given.
        scale: level of what is given. `generator`: as the generator gives it. `initial`: times
            the gain that brings it closest to the initial estimate. `peak`: its largest magnitude
            is 1, as the published script leaves it; only measures that ignore gain bear it.
        resampling: where the estimates have another rate. `none`: it is an error.
            `torchaudio_hann`: see `kernels.resampling`; what is given has nothing above 8 kHz.
        channels: where the estimates have more than one channel. `match`: it is an error. `each`:
            every channel is refined by itself. `downmix`: their mean is refined, and every channel
            of the result is the same.
        device: `cpu`, `cuda`, `cuda:1`, `mps`.
        precision: see `inference.devices`.
        batch: windows that are processed at once, at most.
    """

    checkpoint: str
    stems: Annotated[tuple[str, ...], Field(min_length=1)]
    scale: Scale
    resampling: Literal["none", "torchaudio_hann"] = "none"
    channels: Literal["match", "each", "downmix"] = "match"
    device: Device = "cpu"
    precision: Precision = "fp32"
    batch: Annotated[int, Field(gt=0)] = 1

    def _described(self, name: str, inner: Described) -> Mapping[str, Plain]:
        return {
            "name": name,
            "version": 1,
            "weights_sha256": {stem: weights_digest(self._path(stem)) for stem in self.stems},
            "stems": list(self.stems),
            "scale": self.scale,
            "resampling": self.resampling,
            "channels": self.channels,
            "precision": self.precision,
            "inner": dict(inner.describe()),
        }

    def _refined(self, initial: Estimate, *, rate: int) -> Estimate:
        """The initial estimates, refined; windows are counted as evaluations."""
        refuse_missing_device(self.device, self.precision)
        audio = initial.select(self.stems)
        self._refuse(audio.shape[1], rate)
        lengths = _lengths(initial, self.stems)
        found = np.zeros_like(audio)
        nfe, notes = initial.nfe, list(initial.notes)
        for place, (stem, length) in enumerate(zip(self.stems, lengths, strict=True)):
            given = audio[place, :, :length]
            heard = given.mean(axis=0, keepdims=True) if self.channels == "downmix" else given
            heard = torchaudio_hann(heard, rate=rate, to=RATE)
            network, windows = self._network(stem), [_Windows.of(signal) for signal in heard]
            refined = np.stack([self._through(one, network, notes) for one in windows])
            refined *= _gain(self.scale, heard, refined)
            found[place, :, :length] = torchaudio_hann(refined, rate=RATE, to=rate)[:, :length]
            nfe += sum(len(one.starts) for one in windows)
        told = None if initial.lengths is None else lengths
        return Estimate(self.stems, found, nfe, told, tuple(dict.fromkeys(notes)))

    def _refuse(self, channels: int, rate: int) -> None:
        """Refuse estimates that the generator cannot hear without a setting that says how."""
        if rate != RATE and self.resampling == "none":
            message = (
                f"msg: the generator works at {RATE} Hz; the estimates have {rate} Hz. Take a "
                f"protocol whose audio rule has rate {RATE}, or say resampling=torchaudio_hann"
            )
            raise SeparatorError(message)
        if channels != 1 and self.channels == "match":
            message = (
                f"msg: the generator hears 1 channel; the estimates have {channels}; say "
                "channels=each or channels=downmix"
            )
            raise SeparatorError(message)

    def _through(self, windows: _Windows, network: MsgGenerator, notes: list[str]) -> Array:
        """[sample], joined from what the generator makes of each window."""
        import torch

        def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:  # noqa: ARG001 - interface
            found: Tensor = network(torch.nn.functional.pad(chunks, (MARGIN, MARGIN)))
            return found[:, None]

        place = torch_device(self.device)
        with numerics(self.device, self.precision):
            outputs = in_batches(
                lambda number: torch.from_numpy(windows.window(number)).to(place),
                [0] * len(windows.starts),
                function,
                batch=1 if place.type == "cpu" else self.batch,
                notes=notes,
            )
            audio = windows.joined(output.to("cpu").numpy()[0, 0] for output in outputs)
        if not np.isfinite(audio).all():
            message = f"msg: the generator gives NaN or infinite samples at {self.precision}"
            raise SeparatorError(message)
        return audio

    def _network(self, stem: str) -> MsgGenerator:
        from sepeval.checkpoints import resolve

        path = self._path(stem)
        return _loaded(resolve(path), weights_digest(path), self.device)

    def _path(self, stem: str) -> str:
        return self.checkpoint.replace("{stem}", stem)


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
@SEPARATORS.add("msg")
class Msg(_Refiner, Separator):
    r"""Refines what another separator gives.

    On the command line the settings of the inner separator begin with `inner.`:

        -s msg -S 'checkpoint=msg/{stem}.pth' -S scale=initial \
            -S inner=open-unmix -S inner.checkpoint=umxhq

    Attributes:
        inner: the separator whose estimates are refined.
    """

    summary: ClassVar[str] = "MSG: refines the estimates of another separator, at 16 kHz"
    inner: Separator

    @property
    def is_stochastic(self) -> bool:
        """As the inner separator."""
        return self.inner.is_stochastic

    def describe(self) -> Mapping[str, Plain]:
        """Return all settings, digests of the weights, and the inner separator's description."""
        return self._described("msg", self.inner)

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        """Return the refined estimates; see `Separator.separate`.

        Raises:
            SeparatorError: the rate is not 16 kHz, the inner separator fails or lacks a stem, or
                the weights are no generator.
        """
        return self._refined(self.inner.separate(mixture, rate=rate, seed=seed), rate=rate)


@dataclass(frozen=True, kw_only=True, config=_CONFIG)
@SEPARATORS.add("msg-files")
class MsgFiles(_Refiner, Recording):
    r"""Refines estimates that were made elsewhere.

        -s msg-files -S 'checkpoint=msg/{stem}.pth' -S scale=initial \
            -S inner=files -S inner.root=estimates -S 'inner.pattern={track}/{stem}.wav'

    Attributes:
        inner: where the estimates are.
    """

    summary: ClassVar[str] = "MSG: refines a folder of estimates, at 16 kHz"
    inner: Recording

    @property
    def is_of_one_track(self) -> bool:
        """As the inner recording."""
        return self.inner.is_of_one_track

    def describe(self) -> Mapping[str, Plain]:
        """Return all settings and the digests of the weights; the files have their own."""
        return self._described("msg-files", self.inner)

    def estimate(self, track: Track, *, stems: tuple[str, ...], rate: int) -> Estimate:
        """Return the refined files of a track; see `Recording.estimate`.

        Raises:
            DataError: a file is missing, damaged, or does not fit the track.
            SeparatorError: the rate is not 16 kHz, a stem has no weights, or they are no generator.
        """
        found = self._refined(self.inner.estimate(track, stems=self.stems, rate=rate), rate=rate)
        lengths = _lengths(found, stems) if found.lengths is not None else None
        return Estimate(stems, found.select(stems), found.nfe, lengths, found.notes)

    def fingerprint(self, track: Track, *, stems: tuple[str, ...]) -> Mapping[str, str]:
        """Return the digests of the files that are refined; see `Recording.fingerprint`."""
        return self.inner.fingerprint(track, stems=stems)


class _Windows(NamedTuple):
    """One channel, cut as the published script cuts it: each sample lies in two windows."""

    signal: Array  # [sample], with HOP zeros on both sides
    starts: IntArray  # [window], in samples

    @classmethod
    def of(cls, signal: Array) -> _Windows:
        padded = np.pad(signal, HOP)
        bounds = overlap_add.bounds(len(padded), chunk=SEGMENT, overlap=SEGMENT - HOP, tail="pad")
        return cls(padded, bounds[:, 0])

    def window(self, number: int) -> NDArray[np.float32]:
        """[channel sample], filled up with zeros."""
        start = int(self.starts[number])
        found = self.signal[start : start + SEGMENT].astype(np.float32)
        return np.pad(found, (0, SEGMENT - len(found)))[None]

    def joined(self, outputs: Iterable[Array]) -> Array:
        """[sample], the mean of the two windows over each sample, under a Hamming window."""
        weights = 0.54 - 0.46 * np.cos(2.0 * np.pi * np.arange(SEGMENT) / SEGMENT)
        found = overlap_add.joined(
            (output.astype(np.float64) for output in outputs),
            starts=self.starts,
            weights=[weights] * len(self.starts),
            length=len(self.signal),
        )
        return found[HOP : len(found) - HOP]


@lru_cache(maxsize=4)
def _loaded(path: Path, digest: str, device: Device) -> MsgGenerator:  # noqa: ARG001 - the digest is part of the key
    """The generator in a file, on the device."""
    import torch

    from sepeval.checkpoints import contents, fill, read
    from sepeval.networks.msg_generator import MsgGenerator, config_of

    found = contents(read(path))
    if found.layout.separator != "msg":
        message = (
            f"{path}: is {found.layout.name}; the separator for it is {found.layout.separator}"
        )
        raise SeparatorError(message)
    (weights,) = found.networks.values()
    try:
        config = config_of(weights.shapes, stride=STRIDE, skip=True, segment=SEGMENT)
    except (KeyError, IndexError) as error:
        raise SeparatorError(f"{path}: is no generator of MSG: {error!r}") from error
    with torch.device("meta"):
        network = MsgGenerator(config).eval()
    fill(network, weights.tensors, where=str(path))
    return network.to(device)


def _lengths(estimate: Estimate, stems: tuple[str, ...]) -> tuple[int, ...]:
    """True lengths of some stems, in samples."""
    known = estimate.lengths or (estimate.audio.shape[2],) * len(estimate.stems)
    return tuple(known[estimate.stems.index(stem)] for stem in stems)


def _gain(scale: Scale, initial: Array, refined: Array) -> float:
    """Factor of a refined stem [channel sample], at the generator's rate; 1 where it is silent."""
    energy, peak = float((refined**2).sum()), float(np.abs(refined).max(initial=0.0))
    if scale == "generator" or energy == 0.0:
        return 1.0
    return 1.0 / peak if scale == "peak" else float((initial * refined).sum()) / energy
