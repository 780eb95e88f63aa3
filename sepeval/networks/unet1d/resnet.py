"""The ResNet block of the 1-D U-Net, and how noise level and label act on it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class Film(NamedTuple):
    """Feature-wise affine change, x (scale + 1) + shift; both [item channel 1]."""

    scale: Tensor
    shift: Tensor


class ToFilm(nn.Module):
    """One affine change per channel from the mapping of noise level and label.

    Args:
        mapping: width of the mapping.
        channels: of what is changed.
    """

    def __init__(self, mapping: int, channels: int) -> None:
        super().__init__()
        self.to_scale_shift = nn.Sequential(nn.SiLU(), nn.Linear(mapping, 2 * channels))

    def forward(self, mapping: Tensor) -> Film:
        """Return the change, from [item mapping]."""
        both: Tensor = self.to_scale_shift(mapping)
        return Film(*both.unsqueeze(-1).chunk(2, dim=1))


class Normed(nn.Module):
    """Group norm, an affine change if there is one, SiLU, and a convolution over 3 positions."""

    def __init__(self, channels_in: int, channels_out: int, *, groups: int) -> None:
        super().__init__()
        self.groupnorm = nn.GroupNorm(groups, channels_in)
        self.activation = nn.SiLU()
        self.project = nn.Conv1d(channels_in, channels_out, kernel_size=3, padding=1)

    def forward(self, x: Tensor, film: Film | None = None) -> Tensor:
        """Return [item channel position], as long as `x`."""
        x = self.groupnorm(x)
        if film is not None:
            x = x * (film.scale + 1.0) + film.shift
        projected: Tensor = self.project(self.activation(x))
        return projected


class ResnetBlock(nn.Module):
    """Two normed convolutions beside a skip; noise level and label act between the two.

    Args:
        channels_in: of the input.
        channels_out: of the output; where it differs, the skip is a 1x1 convolution.
        groups: of both group norms.
        mapping: width of the mapping of noise level and label.
    """

    def __init__(self, channels_in: int, channels_out: int, *, groups: int, mapping: int) -> None:
        super().__init__()
        self.block1 = Normed(channels_in, channels_out, groups=groups)
        self.to_scale_shift = ToFilm(mapping, channels_out)
        self.block2 = Normed(channels_out, channels_out, groups=groups)
        is_same = channels_in == channels_out
        self.to_out = nn.Identity() if is_same else nn.Conv1d(channels_in, channels_out, 1)

    def forward(self, x: Tensor, mapping: Tensor) -> Tensor:
        """Return [item channel position] from [item channel position] and [item mapping]."""
        inner = self.block2(self.block1(x), self.to_scale_shift(mapping))
        out: Tensor = inner + self.to_out(x)
        return out
