"""Open-Unmix: one spectrogram network per target, and the multichannel Wiener filter behind it.

Names and shapes of the parameters are those of the published `umx`, `umxhq` and `umxl` weights, so
that a state dict loads strictly once `LEFTOVERS` are dropped.

Convention: magnitudes are [item channel bin frame]; a target's network sees the mixture alone.

References:
    [1] Stöter, Uhlich, Liutkus, Mitsufuji. "Open-Unmix - A Reference Implementation for Music
        Source Separation", JOSS 4(41), 2019.
    [2] Nugraha, Liutkus, Vincent. "Multichannel music separation with deep neural networks",
        EUSIPCO 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

LEFTOVERS = ("sample_rate", "stft.window", "transform.0.window")  # in files of versions before 1.1
EPS = 1e-10  # regularisation of the published filter; it matters where the mixture is silent
LOUDEST = 10.0  # the filter works on a mixture whose largest bin is at most this, as published


@dataclass(frozen=True)
class OpenUnmixConfig:
    """What shapes the network of one target.

    Attributes:
        bins: frequency bins of the spectrogram that comes out, half the transform plus one.
        max_bin: bins that go in, from the lowest; the published ones end at 16 kHz.
        channels: audio channels.
        hidden: width of the bottleneck.
        layers: LSTM layers.
        bidirectional: whether the LSTM also runs backwards in time.
    """

    bins: int
    max_bin: int
    channels: int
    hidden: int
    layers: int
    bidirectional: bool


def config_of(shapes: Mapping[str, tuple[int, ...]]) -> OpenUnmixConfig:
    """Return the configuration that has these shapes.

    Args:
        shapes: by name of the parameter, as in a published state dict.

    Raises:
        KeyError: a parameter is missing that every Open-Unmix network has.
    """
    (bins,) = shapes["output_mean"]
    return OpenUnmixConfig(
        bins=bins,
        max_bin=shapes["input_mean"][0],
        channels=shapes["fc3.weight"][0] // bins,
        hidden=shapes["fc1.weight"][0],
        layers=sum(f"lstm.weight_ih_l{layer}" in shapes for layer in range(len(shapes))),
        bidirectional="lstm.weight_ih_l0_reverse" in shapes,
    )


class OpenUnmix(nn.Module):
    """Magnitude spectrogram of one target, from that of the mixture.

    Args:
        config: see `OpenUnmixConfig`.
    """

    def __init__(self, config: OpenUnmixConfig) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden
        self.input_mean = nn.Parameter(torch.zeros(config.max_bin))
        self.input_scale = nn.Parameter(torch.ones(config.max_bin))
        self.output_mean = nn.Parameter(torch.ones(config.bins))
        self.output_scale = nn.Parameter(torch.ones(config.bins))
        self.fc1 = nn.Linear(config.max_bin * config.channels, hidden, bias=False)
        self.bn1 = nn.BatchNorm1d(hidden)
        self.lstm = nn.LSTM(
            hidden,
            hidden // 2 if config.bidirectional else hidden,
            num_layers=config.layers,
            bidirectional=config.bidirectional,
            dropout=0.4 if config.layers > 1 else 0.0,
        )
        self.fc2 = nn.Linear(2 * hidden, hidden, bias=False)
        self.bn2 = nn.BatchNorm1d(hidden)
        self.fc3 = nn.Linear(hidden, config.bins * config.channels, bias=False)
        self.bn3 = nn.BatchNorm1d(config.bins * config.channels)

    def forward(self, magnitude: Tensor) -> Tensor:
        """Return the magnitude of the target, at least 0.

        Args:
            magnitude: [item channel bin frame], |X|, of the mixture.

        Returns:
            [item channel bin frame], the mixture's magnitude times a gain of at least 0.
        """
        items, channels, bins, frames = magnitude.shape
        mixture = magnitude.permute(3, 0, 1, 2)  # the LSTM wants time first
        seen = (mixture[..., : self.config.max_bin] + self.input_mean) * self.input_scale
        code = torch.tanh(self.bn1(self.fc1(seen.flatten(2).flatten(0, 1))))
        code = code.reshape(frames, items, -1)
        memory, _ = self.lstm(code)
        both = torch.cat([code, memory], dim=-1).flatten(0, 1)
        gain = self.bn3(self.fc3(torch.relu(self.bn2(self.fc2(both)))))
        gain = gain.reshape(frames, items, channels, bins) * self.output_scale + self.output_mean
        return (torch.relu(gain) * mixture).permute(1, 2, 3, 0)


def targets(
    mixture: Tensor, magnitudes: Tensor, *, iterations: int, residual: bool, frames: int | None
) -> Tensor:
    """Complex spectrograms of the targets: magnitudes with the mixture's phase, then refined.

    Args:
        mixture: [channel bin frame], complex, X.
        magnitudes: [target channel bin frame], what the networks say.
        iterations: rounds of `refined`; 0 keeps the mixture's phase.
        residual: whether what the targets leave of the mixture becomes one more target, last.
        frames: frames that are refined together, so that the spatial model can follow a source
            that moves; None for all at once.

    Returns:
        [target channel bin frame], complex.
    """
    phase = torch.angle(mixture)
    found = torch.polar(magnitudes, phase.expand_as(magnitudes).contiguous())
    if residual:
        found = torch.cat([found, (mixture - found.sum(dim=0))[None]])
    if iterations == 0:
        return found
    count = mixture.shape[-1]
    step = count if frames is None else frames
    parts = [
        refined(found[..., first : first + step], mixture[..., first : first + step], iterations)
        for first in range(0, count, step)
    ]
    return torch.cat(parts, dim=-1)


def refined(estimates: Tensor, mixture: Tensor, iterations: int) -> Tensor:
    """Multichannel Wiener filter with a spatial covariance per target and bin, iterated.

        v_j = mean_c |y_j|²                        power of target j, per bin and frame
        R_j = Σ_t y_j y_jᴴ / (ε + Σ_t v_j)         spatial covariance, per bin
        y_j = v_j R_j (√ε I + Σ_k v_k R_k)⁻¹ x     next estimate

    This is the approximate EM of [2]; computed in the precision of its arguments.

    Args:
        estimates: [target channel bin frame], complex, y.
        mixture: [channel bin frame], complex, x.
        iterations: rounds, at least one.

    Returns:
        [target channel bin frame], complex; their sum is close to the mixture.
    """
    scale = (mixture.abs().amax() / LOUDEST).clamp(min=1.0)
    x = (mixture / scale).permute(1, 2, 0)[..., None]  # [bin frame channel 1]
    y = (estimates / scale).permute(0, 2, 3, 1)  # [target bin frame channel]
    noise = EPS**0.5 * torch.eye(x.shape[-2], dtype=x.dtype, device=x.device)
    for _ in range(iterations):
        power = y.abs().square().mean(dim=-1)  # [target bin frame]
        covariance = torch.einsum("jbtc,jbtd->jbcd", y, y.conj())
        covariance = covariance / (EPS + power.sum(dim=-1))[..., None, None]
        total = noise + torch.einsum("jbt,jbcd->btcd", power.to(x.dtype), covariance)
        whitened = _inverse(total) @ x
        y = torch.einsum("jbt,jbcd,btd->jbtc", power.to(x.dtype), covariance, whitened[..., 0])
    return y.permute(0, 3, 1, 2) * scale


def _inverse(matrix: Tensor) -> Tensor:
    """[... channel channel]; in closed form for one or two channels, which is faster."""
    if matrix.shape[-1] == 1:
        return matrix.reciprocal()
    if matrix.shape[-1] > 2:
        found: Tensor = torch.linalg.inv(matrix)
        return found
    a, b, c, d = matrix.flatten(-2).unbind(dim=-1)
    adjugate = torch.stack([d, -b, -c, a], dim=-1).reshape(matrix.shape)
    return adjugate / (a * d - b * c)[..., None, None]
