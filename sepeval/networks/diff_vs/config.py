"""The numbers that shape the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from pydantic import TypeAdapter


@dataclass(frozen=True)
class DiffVsConfig:
    """What shapes the network and the spectra it works on.

    Attributes:
        channels: audio channels.
        transform: samples in a frame of the short-time transform, even. Its highest bin, half the
            rate, is left out and stays zero.
        hop: samples between two frames.
        bands: bins in each band of the normalisation, from low to high; they sum to half of
            `transform`.
        subbands: equal stretches of the frequency axis that are stacked as channels, so that the
            convolutions run on fewer and wider pixels.
        width: feature channels at the highest resolution, before the multipliers.
        multipliers: of the width, per level; each level halves both axes.
        blocks: residual blocks per level on the way down; one more on the way up.
        attention: per level, whether each block is followed by a dual-path block.
        heads: of the attention.
        head_width: features per head, even.
        groups: of the group normalisation.

    Raises:
        ValueError: the numbers do not fit each other.
    """

    channels: int
    transform: int
    hop: int
    bands: tuple[int, ...]
    subbands: int
    width: int
    multipliers: tuple[int, ...]
    blocks: int
    attention: tuple[bool, ...]
    heads: int
    head_width: int
    groups: int

    def __post_init__(self) -> None:
        step = self.subbands * 2 ** (len(self.multipliers) - 1)
        faults = [
            (sum(self.bands) != self.bins, f"bands sum to {sum(self.bands)}, not to {self.bins}"),
            (self.bins % step != 0, f"{self.bins} bins are no multiple of {step}"),
            (self.width % self.groups != 0, f"width {self.width} is no multiple of {self.groups}"),
            (
                len(self.attention) != len(self.multipliers),
                f"attention is said for {len(self.attention)} of {len(self.multipliers)} levels",
            ),
        ]
        told = "; ".join(message for wrong, message in faults if wrong)
        if told:
            raise ValueError(told)

    @property
    def bins(self) -> int:
        """Frequency bins of the spectra; the one at half the rate is not among them."""
        return self.transform // 2


def config_of(hyper: Mapping[str, object]) -> DiffVsConfig:
    """Return the configuration with these hyper-parameters; lists stand for tuples.

    Raises:
        ValueError: one is missing, unknown or of another type, or they do not fit each other.
    """
    unknown = set(hyper) - {field.name for field in fields(DiffVsConfig)}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: no hyper-parameter of this network")
    return TypeAdapter(DiffVsConfig).validate_python(dict(hyper))


# Bands narrow at the bottom, where music has most of its energy and its finest structure. Bins are
# 21.5 Hz wide at 44.1 kHz: bands of 86 Hz up to 1.4 kHz, 172 Hz to 4.1 kHz, 345 Hz to 9.6 kHz,
# 689 Hz above. The widths give 56,890,016 parameters; the paper has about 57 million.
STANDARD = DiffVsConfig(
    channels=2,
    transform=2048,
    hop=512,
    bands=(*(4,) * 16, *(8,) * 16, *(16,) * 16, *(32,) * 18),
    subbands=4,
    width=80,
    multipliers=(1, 2, 3, 4),
    blocks=2,
    attention=(False, False, True, True),
    heads=8,
    head_width=40,
    groups=16,
)
