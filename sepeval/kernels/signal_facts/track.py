"""What an audit wants to know of the signals of one track, gathered in one pass.

References, estimates and mixture are taken in stretches of about eight seconds, each looked at
once while it is in memory; the whole signals are never needed at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sepeval.errors import ShapeError
from sepeval.kernels.signal_facts.along import Along, Elsewhere
from sepeval.kernels.signal_facts.gaps import gaps
from sepeval.kernels.signal_facts.lags import Lag, lag
from sepeval.kernels.signal_facts.levels import SLICE, Levels, Tally
from sepeval.kernels.signal_facts.likeness import Bits, bits, pitch_classes, step_length
from sepeval.kernels.signal_facts.seams import Jumps, Seams, jumps, seams
from sepeval.types import Array, IntArray, Signal, Stems

_STRETCH_S = 8.0
_FURTHEST_S = 0.5  # largest lag
_SHORTEST_S = 0.1  # period of seams
_SEARCHED_S = 96.0  # seams are looked for from the start, as far as here
_PLAYS = 1e-6  # mean square of a reference that plays: -60 dBFS


@dataclass(frozen=True)
class SignalFacts:
    """What there is to know of the signals of one track.

    Attributes:
        rate: in Hz.
        references: levels of each reference.
        estimates: levels of each estimate.
        mixture: levels of the mixture.
        holes: of each stem [hole 2] int64, start and stop in samples of the stretches in which the
            estimate is exactly zero, on all channels, while the reference is above -60 dBFS: whole
            slices of 1024 samples, and shorter runs of 128 samples or more between what sounds.
        played: [stem] int64, samples in which the reference is above -60 dBFS.
        lags: of each stem, where the reference is loudest; None where a signal is all zero.
        elsewhere: of each stem, a stretch in which it has another lag; None where none is found.
        seams: of each stem, in the first 96 s; None where there are none, and where the estimate is
            all zero.
        likeness: fingerprint of the mixture.
    """

    rate: int
    references: tuple[Levels, ...]
    estimates: tuple[Levels, ...]
    mixture: Levels
    holes: tuple[IntArray, ...]
    played: IntArray
    lags: tuple[Lag | None, ...]
    elsewhere: tuple[Elsewhere | None, ...]
    seams: tuple[Seams | None, ...]
    likeness: Bits


class Stretch(NamedTuple):
    """Consecutive audio: references and estimates [stem channel sample], mixture [channel sample].

    All but the last of a track are `stretch_length` samples long.
    """

    references: Array
    estimates: Array
    mixture: Array


class _Loudest(NamedTuple):
    energy: float
    reference: Array
    estimate: Array


def signal_facts(references: Stems, estimates: Stems, mixture: Signal, *, rate: int) -> SignalFacts:
    """Return the facts of signals that are in memory, or are read when they are sliced.

    Args:
        references: [stem channel sample].
        estimates: [stem channel sample].
        mixture: [channel sample].
        rate: in Hz.

    Raises:
        ShapeError: the arrays do not fit together.
    """
    if estimates.shape != references.shape or mixture.shape != tuple(references.shape[1:]):
        message = (
            f"references {list(references.shape)}, estimates {list(estimates.shape)} and mixture "
            f"{list(mixture.shape)} must be [stem channel sample] twice and [channel sample]"
        )
        raise ShapeError(message)
    step, length = stretch_length(rate), mixture.shape[1]
    cuts = [slice(start, start + step) for start in range(0, length, step)]
    whole = (Stretch(references[:, :, cut], estimates[:, :, cut], mixture[:, cut]) for cut in cuts)
    return facts_of_stretches(whole, rate=rate)


def stretch_length(rate: int) -> int:
    """Return the length of a stretch in samples: about eight seconds, in whole slices."""
    return max(1, round(_STRETCH_S * rate / SLICE)) * SLICE


def in_stretches(blocks: Iterable[Stretch], *, rate: int) -> Iterator[Stretch]:
    """Yield consecutive blocks of any length, cut and joined to stretches of the right length."""
    step = stretch_length(rate)
    rest: Stretch | None = None
    for block in blocks:
        joined = block if rest is None else _joined(rest, block)
        length = joined.mixture.shape[1]
        whole = length - length % step
        for start in range(0, whole, step):
            yield _cut(joined, start, start + step)
        rest = _cut(joined, whole, length) if whole < length else None
    if rest is not None:
        yield rest


def facts_of_stretches(stretches: Iterable[Stretch], *, rate: int) -> SignalFacts:
    """Return the facts of a track that comes in stretches; see `Stretch`.

    Args:
        stretches: in order; `in_stretches` makes them of blocks of any length.
        rate: in Hz.

    Raises:
        ShapeError: there is no stretch.
    """
    gathered: _Gathered | None = None
    for stretch in stretches:
        if gathered is None:
            gathered = _Gathered(*stretch.references.shape[:2], rate=rate)
        gathered.add(stretch)
    if gathered is None:
        raise ShapeError("a track of no samples has no facts")
    return gathered.facts()


class _Gathered:
    """What the stretches so far have shown."""

    def __init__(self, stems: int, channels: int, *, rate: int) -> None:
        self._rate = rate
        self._length = 0
        self._references = [Tally(channels) for _ in range(stems)]
        self._estimates = [Tally(channels) for _ in range(stems)]
        self._mixture = Tally(channels)
        self._holes: list[list[IntArray]] = [[] for _ in range(stems)]
        self._gaps: list[list[IntArray]] = [[] for _ in range(stems)]
        self._played = np.zeros(stems, np.int64)
        self._loudest: list[_Loudest | None] = [None] * stems
        self._along = [Along(rate=rate) for _ in range(stems)]
        self._jumps: list[list[Jumps]] = [[] for _ in range(stems)]
        self._errors = np.zeros((stems, 2))  # last two samples of each error
        self._music = np.zeros((stems + 1, 2))  # the same of the references and the mixture
        self._classes: list[Array] = []
        self._unheard = np.zeros(0)  # less than one step of the mixture

    def add(self, stretch: Stretch) -> None:
        """Take in the next stretch."""
        for stem in range(len(self._references)):
            self._add_stem(stem, stretch.references[stem], stretch.estimates[stem])
        if self._length < _SEARCHED_S * self._rate:
            self._look_for_jumps(stretch)
        self._mixture.add(stretch.mixture)
        mono = stretch.mixture.mean(axis=0) if len(stretch.mixture) > 1 else stretch.mixture[0]
        heard = np.concatenate([self._unheard, mono])
        whole = len(heard) // step_length(self._rate) * step_length(self._rate)
        self._classes.append(pitch_classes(heard[:whole], rate=self._rate))
        self._unheard = heard[whole:]
        self._length += stretch.mixture.shape[1]

    def facts(self) -> SignalFacts:
        """Return the facts of the whole track."""
        shortest = int(_SHORTEST_S * self._rate)
        estimates = tuple(one.levels() for one in self._estimates)
        lags = tuple(self._lag(loudest) for loudest in self._loudest)
        return SignalFacts(
            rate=self._rate,
            references=tuple(one.levels() for one in self._references),
            estimates=estimates,
            mixture=self._mixture.levels(),
            holes=tuple(
                _in_order([_stretches(found, self._length), *short])
                for found, short in zip(self._holes, self._gaps, strict=True)
            ),
            played=np.minimum(self._played, self._length),
            lags=lags,
            elsewhere=tuple(
                along.elsewhere(own) for along, own in zip(self._along, lags, strict=True)
            ),
            seams=tuple(
                seams(_all(found), length=self._searched, shortest=shortest)
                if own.energy.any()
                else None
                for own, found in zip(estimates, self._jumps, strict=True)
            ),
            likeness=bits(np.concatenate(self._classes)),
        )

    @property
    def _searched(self) -> int:
        step = stretch_length(self._rate)
        return min(self._length, -(-int(_SEARCHED_S * self._rate) // step) * step)

    def _add_stem(self, stem: int, reference: Array, estimate: Array) -> None:
        energy = self._references[stem].add(reference)
        heard = self._estimates[stem].add(estimate)
        hollow = heard.sum(axis=0) == 0
        plays = energy.sum(axis=0) > _PLAYS * SLICE * len(reference)
        self._holes[stem].append(self._length + SLICE * np.flatnonzero(plays & hollow))
        short = gaps(reference, estimate, hollow=hollow, plays=_PLAYS)
        self._gaps[stem].append(self._length + short)
        self._played[stem] += SLICE * int(plays.sum())
        channel = int(np.argmax(energy.sum(axis=1)))
        loudness = float(energy[channel].sum())
        pair = np.stack([energy[channel], heard[channel]])
        self._along[stem].add(
            reference[channel], estimate[channel], energies=pair, start=self._length
        )
        known = self._loudest[stem]
        if known is None or loudness > known.energy:
            self._loudest[stem] = _Loudest(
                loudness, reference[channel].copy(), estimate[channel].copy()
            )

    def _look_for_jumps(self, stretch: Stretch) -> None:
        references = [_mixed(one) for one in stretch.references]
        music = np.stack([*references, _mixed(stretch.mixture)])
        begun = np.concatenate([self._music, music], axis=1)
        for stem, reference in enumerate(references):
            error = _mixed(stretch.estimates[stem]) - reference
            found = jumps(np.concatenate([self._errors[stem], error]), begun, rate=self._rate)
            self._jumps[stem].append(found._replace(places=found.places + self._length - 2))
            self._errors[stem] = np.concatenate([self._errors[stem], error])[-2:]
        self._music = begun[:, -2:]

    def _lag(self, loudest: _Loudest | None) -> Lag | None:
        if loudest is None:
            return None
        furthest = int(_FURTHEST_S * self._rate)
        return lag(loudest.reference, loudest.estimate, furthest=furthest)


def _stretches(slices: list[IntArray], length: int) -> IntArray:
    """Return the start and stop of slices that follow each other, from where each begins."""
    starts = np.concatenate([np.zeros(0, np.int64), *slices])
    first = np.diff(starts, prepend=-2 * SLICE) != SLICE
    last = np.diff(starts, append=length + 2 * SLICE) != SLICE
    return np.stack([starts[first], np.minimum(starts[last] + SLICE, length)], axis=1)


def _in_order(found: list[IntArray]) -> IntArray:
    edges = np.concatenate(found)
    return edges[np.argsort(edges[:, 0], kind="stable")]


def _all(found: list[Jumps]) -> Jumps:
    if not found:
        return Jumps(np.zeros(0, np.int64), np.zeros(0))
    places = np.concatenate([one.places for one in found])
    order = np.argsort(places, kind="stable")
    return Jumps(places[order], np.concatenate([one.size_db for one in found])[order])


def _mixed(signal: Array) -> Array:
    """Return the channels in one, by weights that let no pair of them cancel."""
    return signal[0] if len(signal) == 1 else 1.0 / np.arange(1, len(signal) + 1) @ signal


def _cut(block: Stretch, start: int, stop: int) -> Stretch:
    return Stretch(*(signal[..., start:stop] for signal in block))


def _joined(one: Stretch, other: Stretch) -> Stretch:
    return Stretch(*(np.concatenate(pair, axis=-1) for pair in zip(one, other, strict=True)))
