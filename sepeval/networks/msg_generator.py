"""The generator of MSG, which makes a separated stem sound better: a Demucs v2 without sources.

Names and shapes of the parameters are those of the published weights: `encoder.i.{0,2}`,
`decoder.i.{0,2}`, and `outconv`, which the published forward pass never uses.

References:
    [1] Schaffer, Cogan, Manilow, Morrison, Seetharaman, Pardo. "Music Separation Enhancement with
        Generative Modeling", ISMIR 2022.
    [2] Défossez, Usunier, Bottou, Bach. "Music Source Separation in the Waveform Domain",
        arXiv:1911.13254, 2019.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

FLOOR = 1e-5  # added to the standard deviation that the input is divided by, as published
ZEROS = 24  # zero crossings of the resampling filter on each side
ROLLOFF = 0.945  # its cutoff, relative to half the lower rate


@dataclass(frozen=True)
class MsgConfig:
    """What shapes the generator.

    Attributes:
        channels: width of each encoder layer; the published ones double from 64, six times.
        kernel: samples that an encoder layer looks at.
        stride: samples it moves by; not visible in the weights, 4 in the published ones.
        context: kernel of the convolution before each transposed one.
        lstm_layers: layers of the LSTM in the middle; 0 in the published weights.
        skip: whether encoder outputs are added to decoder inputs; not visible in the weights,
            true for the published ones.
        segment: samples that come out.
    """

    channels: tuple[int, ...]
    kernel: int
    stride: int
    context: int
    lstm_layers: int
    skip: bool
    segment: int


def config_of(
    shapes: Mapping[str, tuple[int, ...]], *, stride: int, skip: bool, segment: int
) -> MsgConfig:
    """Return the configuration that has these shapes.

    Args:
        shapes: by name of the parameter, as in a published state dict.
        stride: see `MsgConfig`, like those that follow.
        skip: see `MsgConfig`.
        segment: see `MsgConfig`.

    Raises:
        KeyError: a parameter is missing that every generator has.
    """
    depth = sum(f"encoder.{layer}.0.weight" in shapes for layer in range(len(shapes)))
    return MsgConfig(
        channels=tuple(shapes[f"encoder.{layer}.0.weight"][0] for layer in range(depth)),
        kernel=shapes["encoder.0.0.weight"][2],
        stride=stride,
        context=shapes["decoder.0.0.weight"][2],
        lstm_layers=sum(f"lstm.lstm.weight_ih_l{layer}" in shapes for layer in range(len(shapes))),
        skip=skip,
        segment=segment,
    )


class MsgGenerator(nn.Module):
    """One mono chunk, refined.

    The input is longer than the output on both sides, because no layer pads.

    Args:
        config: see `MsgConfig`.
    """

    def __init__(self, config: MsgConfig) -> None:
        super().__init__()
        self.config = config
        self.outconv = nn.Conv1d(2, 1, 1)  # unused; kept because the weights have it
        self.encoder = nn.ModuleList()
        self.decoder = nn.ModuleList()
        below = 1
        for width in config.channels:
            self.encoder.append(
                nn.Sequential(
                    nn.Conv1d(below, width, config.kernel, config.stride),
                    nn.ReLU(),
                    nn.Conv1d(width, 2 * width, 1),
                    nn.GLU(dim=1),
                )
            )
            last = [nn.ReLU()] if len(self.decoder) else []
            up = nn.ConvTranspose1d(width, below, config.kernel, config.stride)
            wide = nn.Conv1d(width, 2 * width, config.context)
            self.decoder.insert(0, nn.Sequential(wide, nn.GLU(dim=1), up, *last))
            below = width
        self.lstm = _Memory(below, config.lstm_layers) if config.lstm_layers else None

    def forward(self, audio: Tensor) -> Tensor:
        """Return the refined middle of each chunk.

        Args:
            audio: [item 1 sample], an initial estimate of a stem.

        Returns:
            [item 1 sample], of `config.segment` samples.

        Raises:
            ValueError: the input is too short for that many samples.
        """
        mean = audio.mean(dim=-1, keepdim=True)
        deviation = audio.std(dim=-1, keepdim=True)
        x = resampled((audio - mean) / (deviation + FLOOR), old=1, new=2)
        skips: list[Tensor] = []
        for encode in self.encoder:
            x = encode(x)
            skips.append(x)
        if self.lstm is not None:
            x = self.lstm(x)
        for decode in self.decoder:
            skip = skips.pop()
            x = decode(x + _middle(skip, x.shape[-1]) if self.config.skip else x)
        x = _middle(resampled(x, old=2, new=1), self.config.segment)
        return x * deviation + mean


class _Memory(nn.Module):
    """LSTM in both directions over time, and a linear layer back to the width."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, num_layers=layers, bidirectional=True)
        self.linear = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.linear(self.lstm(x.permute(2, 0, 1))[0])
        return found.permute(1, 2, 0)


def resampled(audio: Tensor, *, old: int, new: int) -> Tensor:
    """Resample by a ratio of small integers with a windowed sinc, as Demucs does.

        y[n] = Σ_m x[m] h(n / new − m / old),  h(t) = sinc(π r t) cos²(π r t / 2 z)

    with r = 0.945 min(old, new), z = 24 zero crossings, each phase of h scaled to the sum 1, and
    the first and last sample repeated beyond the ends.

    Args:
        audio: [item 1 sample].
        old: rate of `audio`, relative.
        new: rate of the result; `old` and `new` have no common factor.

    Returns:
        [item 1 sample], of ⌊samples · new / old⌋ samples.

    Example:
        >>> resampled(torch.ones(1, 1, 5), old=1, new=2).shape
        torch.Size([1, 1, 10])
    """
    cutoff = min(old, new) * ROLLOFF
    reach = math.ceil(ZEROS * old / cutoff)
    place = torch.arange(-reach, reach + old, dtype=torch.float64)[None]
    phase = torch.arange(new, dtype=torch.float64)[:, None]
    time = ((place / old - phase / new) * cutoff).clamp(-ZEROS, ZEROS)
    kernel = torch.sinc(time) * torch.cos(math.pi * time / ZEROS / 2.0).square()
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).to(audio)[:, None]
    padded = functional.pad(audio, (reach, reach + old), mode="replicate")
    found = functional.conv1d(padded, kernel, stride=old)
    return found.transpose(1, 2).flatten(1)[:, None, : audio.shape[-1] * new // old]


def _middle(x: Tensor, length: int) -> Tensor:
    """The middle samples; of an odd surplus the larger half is cut at the end."""
    surplus = x.shape[-1] - length
    if surplus < 0:
        raise ValueError(f"{x.shape[-1]} samples are left where {length} are needed")
    return x[..., surplus // 2 : surplus // 2 + length]
