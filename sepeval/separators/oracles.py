"""Upper bounds: filters of the mixture that only knowledge of the references allows.

The three filters and their defaults are those of SiSEC 2018: frames of 2048 samples, half
overlapped, whatever the rate. `ideal_binary_mask` with power 1 and 2 is its IBM1 and IBM2,
`ideal_ratio_mask` its IRM1 and IRM2, `multichannel_wiener` its MWF. `describe()` records every
setting. A track is processed in blocks of frames, so memory is spent on the audio only.

References:
    Stöter, Liutkus, Ito. "The 2018 Signal Separation Evaluation Campaign", LVA/ICA 2018.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.kernels import masks, stft
from sepeval.separators.base import SEPARATORS, Estimate, Oracle, Plain
from sepeval.types import Array

Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
_WINDOW = 2048  # samples, SiSEC 2018
_HOP = 1024  # samples, SiSEC 2018


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("ideal_binary_mask")
class IdealBinaryMask(Oracle):
    """Each bin of the mixture goes whole to every stem that holds the share `theta` of it.

    Attributes:
        power: 1 compares magnitudes (IBM1), 2 powers (IBM2).
        theta: the share; 0.5 in SiSEC 2018.
        window: samples in a frame.
        hop: samples from one frame to the next.
    """

    summary: ClassVar[str] = "oracle: ideal binary mask (SiSEC 2018: IBM1; power 2: IBM2)"
    power: Literal[1, 2] = 1
    theta: Share = 0.5
    window: Positive = _WINDOW
    hop: Positive = _HOP

    def __post_init__(self) -> None:
        _check_frames(self.window, self.hop)

    def describe(self) -> Mapping[str, Plain]:
        """Return name, version and all settings."""
        return {
            "name": "ideal_binary_mask",
            "version": 1,
            "power": self.power,
            "theta": self.theta,
            "window": self.window,
            "hop": self.hop,
        }

    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        """Return the masked mixture of each stem; see `Oracle.separate`."""
        filtered = (
            masks.binary_mask(sources, mixed, power=self.power, theta=self.theta) * mixed
            for sources, mixed in _pairs(references, mixture, self.window, self.hop)
        )
        return _estimate(filtered, mixture, stems, self.window, self.hop)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("ideal_ratio_mask")
class IdealRatioMask(Oracle):
    """Each bin of the mixture is shared out in the proportion of the stems' spectrograms.

    Attributes:
        power: 1 takes magnitudes (IRM1), 2 powers (IRM2).
        window: samples in a frame.
        hop: samples from one frame to the next.
    """

    summary: ClassVar[str] = "oracle: ideal ratio mask (SiSEC 2018: IRM2; power 1: IRM1)"
    power: Literal[1, 2] = 2
    window: Positive = _WINDOW
    hop: Positive = _HOP

    def __post_init__(self) -> None:
        _check_frames(self.window, self.hop)

    def describe(self) -> Mapping[str, Plain]:
        """Return name, version and all settings."""
        return {
            "name": "ideal_ratio_mask",
            "version": 1,
            "power": self.power,
            "window": self.window,
            "hop": self.hop,
        }

    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        """Return the masked mixture of each stem; see `Oracle.separate`."""
        filtered = (
            masks.ratio_mask(sources, power=self.power) * mixed
            for sources, mixed in _pairs(references, mixture, self.window, self.hop)
        )
        return _estimate(filtered, mixture, stems, self.window, self.hop)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("multichannel_wiener")
class MultichannelWiener(Oracle):
    """The Wiener filter of the local Gaussian model; for mono, the ratio mask of power 2.

    Two things differ from the script of SiSEC 2018. A spatial covariance is divided by its trace
    at each frequency; the script's trace runs over frequency and channel and takes in only the
    two lowest frequencies, which costs its stems of almost equal channels more than 1 dB (drums
    and bass of one track of MUSDB18: 1.6 dB) and others less than 0.1 dB. And the covariances are
    regularised relative to the level, so that a silent stem is no NaN and quiet bins are kept.

    Attributes:
        window: samples in a frame.
        hop: samples from one frame to the next.
    """

    summary: ClassVar[str] = "oracle: multichannel Wiener filter (SiSEC 2018: MWF); mono, stereo"
    window: Positive = _WINDOW
    hop: Positive = _HOP

    def __post_init__(self) -> None:
        _check_frames(self.window, self.hop)

    def describe(self) -> Mapping[str, Plain]:
        """Return name, version and all settings."""
        return {
            "name": "multichannel_wiener",
            "version": 1,
            "window": self.window,
            "hop": self.hop,
        }

    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        """Return the filtered mixture of each stem; see `Oracle.separate`.

        Raises:
            SeparatorError: there are more than two channels.
        """
        if len(mixture) > 2:
            message = f"multichannel_wiener filters mono and stereo; found {len(mixture)} channels"
            raise SeparatorError(message)
        covariances = masks.spatial_covariances(
            stft.spectra(references, window=self.window, hop=self.hop)
        )
        filtered = (
            masks.wiener_filtered(sources, mixed, covariances=covariances)
            for sources, mixed in _pairs(references, mixture, self.window, self.hop)
        )
        return _estimate(filtered, mixture, stems, self.window, self.hop)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("leaky_reference")
class LeakyReference(Oracle):
    """Each reference with a little of everything else: a stand-in for a good separator.

        eⱼ = rⱼ + 10^(leak_db / 20) (x − rⱼ)

    Where a reference is silent the estimate is not, as with real separators.

        -s leaky_reference -S leak_db=-20

    Attributes:
        leak_db: gain of the leak in dB; 0 gives the mixture.
    """

    summary: ClassVar[str] = "oracle: the reference plus a leak of the rest at `leak_db`"
    leak_db: Annotated[float, Field(allow_inf_nan=False)]

    def describe(self) -> Mapping[str, Plain]:
        """Return name, version and the leak."""
        return {"name": "leaky_reference", "version": 1, "leak_db": self.leak_db}

    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        """Return the leaky references; see `Oracle.separate`."""
        audio = mixture - references
        audio *= 10.0 ** (self.leak_db / 20.0)
        audio += references
        return Estimate(stems, audio)


def _check_frames(window: int, hop: int) -> None:
    if window % hop or window < 2 * hop:
        message = f"hop must divide window in two or more; found hop {hop}, window {window}"
        raise SeparatorError(message)


def _pairs(
    references: Array, mixture: Array, window: int, hop: int
) -> Iterator[tuple[stft.Spectra, stft.Spectra]]:
    """Spectra of the references and of the mixture, block by block."""
    return zip(
        stft.spectra(references, window=window, hop=hop),
        stft.spectra(mixture, window=window, hop=hop),
        strict=True,
    )


def _estimate(
    filtered: Iterator[stft.Spectra], mixture: Array, stems: tuple[str, ...], window: int, hop: int
) -> Estimate:
    audio = stft.inverse(filtered, length=mixture.shape[-1], window=window, hop=hop)
    return Estimate(stems, audio)
