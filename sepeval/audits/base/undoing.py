"""By how much a score would move if something were undone: scored again from stored statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sepeval.audits.base.audit import Plain
from sepeval.kernels.cells import Statistics, join
from sepeval.kernels.windows import Gather, gather
from sepeval.metrics.base import build
from sepeval.protocol import Protocol
from sepeval.scoring import TrackStatistics, grid, score_track
from sepeval.store import Run
from sepeval.store.parts import data_frame
from sepeval.store.scores import Scored, score_table
from sepeval.summary import SummaryRow, summarise_scores
from sepeval.types import Array, BoolArray, IntArray
from sepeval.what_if import Held, energy_part, held, key_of

SOUNDING = ("every_window", "active_reference")  # where scores say more than how loud a leak is
_LOUDEST = 1e140  # an energy in units of full scale squared; its square is still a number
_SHOWN_DB = 0.005  # what two decimals show


class Whole(NamedTuple):
    """Statistics of a whole track under the first protocol of a run that holds some.

    Attributes:
        track: its id.
        replicate: which draw.
        stems: names.
        rate: in Hz.
        length: in samples.
        statistics: of one stretch, the track.
    """

    track: str
    replicate: int
    stems: tuple[str, ...]
    rate: int
    length: int
    statistics: Statistics

    def decibels(self, gram: Array) -> float:
        """Return the level of an energy over all channels of the track, in dBFS."""
        mean = float(gram) / (self.length * self.statistics.channels)
        return 10.0 * float(np.log10(mean)) if mean > 0 else -np.inf


class Effect(NamedTuple):
    """How the numbers of a run move.

    Attributes:
        value: the number that moves most, as it is; None where none moves.
        undone: what it would be.
        rows: every number that was compared, the largest move first.
    """

    value: float | None
    undone: float | None
    rows: tuple[Mapping[str, Plain], ...]

    @property
    def size(self) -> float:
        """By how many dB that number moves."""
        return 0.0 if self.value is None or self.undone is None else abs(self.undone - self.value)

    @property
    def words(self) -> str:
        """The number that moves most, as the end of a sentence."""
        if not self.rows or self.size < _SHOWN_DB:
            return "no score of this run moves"
        row = self.rows[0]
        return (
            f"{row['metric']} of {row['stem']} under {row['protocol']} would be "
            f"{self.undone:.2f} instead of {self.value:.2f} dB"
        )


Change = Callable[[Held], TrackStatistics | None]
NOTHING = Effect(None, None, ())


def protocols_with_statistics(run: Run) -> tuple[Protocol, ...]:
    """Return the protocols of a run that can be scored again, reduced to their energy metrics."""
    found = []
    for name in run.manifest.protocols:
        protocol = energy_part(run.protocol(name))
        if protocol is not None and any(name in one.protocols for one in run.manifest.layouts):
            found.append(protocol)
    return tuple(found)


def whole_tracks(run: Run) -> tuple[Whole, ...]:
    """Return the statistics of every track; none where the run holds no statistics."""
    for protocol in protocols_with_statistics(run)[:1]:
        return tuple(_whole_tracks(run, protocol))
    return ()


def statistics_of(run: Run, protocol: Protocol) -> tuple[Held, ...]:
    """Return the statistics of every track under a protocol.

    Tracks with errors are left out, and those that are too loud for energies to be multiplied.
    """
    return tuple(
        one
        for one in held(key_of(run, protocol))
        if one.statistics is not None and (np.abs(one.statistics.cells.gram) < _LOUDEST).all()
    )


def windows_of(protocol: Protocol, track: TrackStatistics) -> tuple[Statistics, IntArray] | None:
    """Return the statistics of a protocol's windows and the windows; None where edges lack."""
    cut = grid(protocol, length=int(track.edges[-1]), rate=track.rate).windows
    into = gather(cut, track.edges)
    return None if into is None else (join(track.cells, into), cut)


def undone(run: Run, change: Change) -> Effect:
    """Return how the numbers of a run move when the statistics of its tracks are changed.

    Numbers that are not in dB, and those of silent windows alone, are not looked at.

    Args:
        run: a run with statistics.
        change: returns what would be stored of a track; None where it stays as it is.
    """
    rows: list[Mapping[str, Plain]] = []
    for protocol in protocols_with_statistics(run):
        before, after = [], []
        for one in held(key_of(run, protocol)):
            if one.statistics is None:
                continue
            scored = score_track(protocol, one.statistics)
            changed = change(one)
            other = scored if changed is None else score_track(protocol, changed)
            before.append(Scored(one.track, one.replicate, scored))
            after.append(Scored(one.track, one.replicate, other))
        if before:
            rows += moves(numbers_of(protocol, before), numbers_of(protocol, after), protocol)
    return strongest(rows)


def over_tracks(estimates: Iterable[tuple[str, float, float]]) -> Effect:
    """Return how a mean over tracks moves, of the stem where it moves most.

    Args:
        estimates: stem, value as it is and value with the fault undone, of every estimate of a run;
            sound ones have the same value twice.
    """
    stems: dict[str, list[tuple[float, float]]] = {}
    for stem, now, then in estimates:
        stems.setdefault(stem, []).append((now, then))
    means = [np.mean(pairs, axis=0).tolist() for pairs in stems.values()]
    value, undone = max(means, key=lambda pair: abs(pair[1] - pair[0]), default=(None, None))
    return Effect(value, undone, ())


def with_gains(statistics: Statistics, gains: Array) -> Statistics:
    """Return what would be stored if each estimate had been multiplied by a gain, [stem]."""
    stems = statistics.stems
    scale = np.ones(2 * stems + 2)
    scale[stems : 2 * stems] = gains
    residual = statistics.residual.copy()
    residual[:, :, 0] *= gains**2
    return Statistics(statistics.gram * (scale[:, None] * scale), residual, stems)


def with_balance(statistics: Statistics, gains: Array) -> Statistics:
    """Return what would be stored if each channel of each estimate had been multiplied by a gain.

    The row of the summed channels, which only protocols that mix down read, gets the mean gain.

    Args:
        statistics: of stereo audio.
        gains: [stem channel].
    """
    stems = statistics.stems
    scale = np.ones((statistics.gram.shape[1], 2 * stems + 2))
    scale[:, stems : 2 * stems] = np.concatenate([gains.T, gains.mean(axis=1)[None]])
    residual = statistics.residual.copy()
    residual[:, :, 0] *= scale[:, stems : 2 * stems] ** 2
    gram = statistics.gram * scale[:, :, None] * scale[:, None, :]
    return Statistics(gram, residual, stems)


def with_order(statistics: Statistics, order: IntArray) -> Statistics:
    """Return what would be stored if stem i had the estimate of stem order[i].

    What is orthogonal to another reference is formed as ‖e‖² - ⟨e, r⟩² / ‖r‖², which is exact to
    rounding: 150 dB below the estimate.
    """
    stems = statistics.stems
    signals = np.concatenate([np.arange(stems), stems + order, [2 * stems, 2 * stems + 1]])
    gram = statistics.gram[:, :, signals][:, :, :, signals]
    moved = Statistics(gram, statistics.residual.copy(), stems)
    energy, cross = moved.reference, moved.cross[:, :, 0]
    along = np.divide(cross**2, energy, out=np.zeros_like(cross), where=energy > 0)
    rest = np.maximum(moved.estimate - along, 0.0)
    stay = order == np.arange(stems)
    moved.residual[:, :, 0] = np.where(stay, moved.residual[:, :, 0], rest)
    return moved


def with_leak(track: TrackStatistics, mean_square: float, where: BoolArray) -> TrackStatistics:
    """Return what would be stored if independent noise lay on estimates.

    Args:
        track: statistics.
        mean_square: of the noise, on every channel.
        where: [cell stem].
    """
    cells, stems = track.cells, track.cells.stems
    lengths = np.diff(track.edges).astype(np.float64)[:, None, None]
    rows = np.full(cells.gram.shape[1], mean_square)
    if len(rows) > 1:
        rows[-1] = mean_square * cells.channels
    added = lengths * rows[:, None] * where[:, None, :]
    gram, residual = cells.gram.copy(), cells.residual.copy()
    places = stems + np.arange(stems)
    gram[:, :, places, places] += added
    residual[:, :, 0] += added
    return replace(track, cells=Statistics(gram, residual, stems))


def _whole_tracks(run: Run, protocol: Protocol) -> Iterator[Whole]:
    for one in statistics_of(run, protocol):
        track = one.statistics
        if track is not None and len(track.edges) > 1:
            count = len(track.edges) - 1
            into = Gather(np.arange(count), np.array([0]), np.array([count]))
            length = int(track.edges[-1])
            yield Whole(
                *(one.track, one.replicate, track.stems, track.rate, length),
                join(track.cells, into),
            )


def numbers_of(protocol: Protocol, scored: list[Scored]) -> tuple[SummaryRow, ...]:
    """Return the numbers of a table from the scores of tracks."""
    return summarise_scores(data_frame(score_table(protocol, scored)), protocol, system="")


def moves(
    before: tuple[SummaryRow, ...], after: tuple[SummaryRow, ...], protocol: Protocol
) -> Iterator[Mapping[str, Plain]]:
    """Yield how each number in dB moves that both tables have."""
    in_db = {
        entry.name
        for entry in protocol.metrics
        if build(entry).unit == "dB" and entry.where in SOUNDING
    }
    for one, other in zip(before, after, strict=True):
        if one.metric in in_db and one.value is not None and other.value is not None:
            yield {
                "protocol": one.protocol,
                "summary": one.summary,
                "metric": one.metric,
                "stem": one.stem,
                "value": one.value,
                "value_by_better_rule": other.value,
                "change_db": other.value - one.value,
            }


def strongest(rows: Iterable[Mapping[str, Plain]]) -> Effect:
    """Return the effect whose rows these are, the largest move first."""
    ordered = sorted(rows, key=lambda row: -abs(float(str(row["change_db"]))))
    if not ordered:
        return NOTHING
    value, undone = (float(str(ordered[0][name])) for name in ("value", "value_by_better_rule"))
    return Effect(value, undone, tuple(ordered))
