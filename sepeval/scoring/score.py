"""The scores of one track under one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sepeval.errors import StoreError
from sepeval.fingerprint import of_document
from sepeval.kernels.cells import Statistics, join
from sepeval.kernels.levels import silent
from sepeval.kernels.windows import gather
from sepeval.metrics.base import EnergyMetric, SignalMetric, build
from sepeval.protocol import Protocol
from sepeval.scoring.grid import Grid, grid
from sepeval.types import Array, BoolArray, IntArray, Status

_CODES = tuple(Status)
_CODE = {status: np.uint8(code) for code, status in enumerate(_CODES)}


@dataclass(frozen=True)
class TrackStatistics:
    """Everything that was stored about one estimate of one track.

    Attributes:
        cells: statistics of the cells.
        edges: [edge] int64, of the cells, in samples.
        stems: names of the stems in `cells`.
        missing: stems that the track does not have.
        rate: in Hz.
        measured: by key of measurement, columns [stem window] that signal metrics stored.
    """

    cells: Statistics
    edges: IntArray
    stems: tuple[str, ...]
    missing: tuple[str, ...]
    rate: int
    measured: Mapping[str, Mapping[str, Array]]


@dataclass(frozen=True)
class TrackScores:
    """Scores of one estimate of one track.

    Attributes:
        metrics: names of the metrics, as the protocol calls them.
        stems: names of the stems.
        windows: [window 2] int64, start and stop in samples, cut to the track.
        values: [metric stem window], nan unless the status is `ok`.
        statuses: [metric stem window] uint8, places in the order of `Status`.
        silent: [stem window], whether the reference is silent by the protocol's rule.
    """

    metrics: tuple[str, ...]
    stems: tuple[str, ...]
    windows: IntArray
    values: Array
    statuses: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    silent: BoolArray


class _Quiet(NamedTuple):
    """Which references and estimates are silent, [stem window]."""

    reference: BoolArray
    estimate: BoolArray


@np.errstate(over="ignore", invalid="ignore")  # what comes of it has a status
def score_track(protocol: Protocol, track: TrackStatistics) -> TrackScores:
    """Return the scores of a track.

    Args:
        protocol: says what is measured.
        track: stored statistics whose stems and edges serve the protocol.

    Raises:
        StoreError: the stored stems, edges or measurements do not serve the protocol.
        ProtocolError: a metric's parameters have problems.
        UnknownNameError: a metric is not known.
    """
    stems = tuple(protocol.stems)
    length = int(track.edges[-1])
    cut = grid(protocol, length=length, rate=track.rate)
    chosen = _selected(protocol, track)
    windows = _joined(chosen, cut.windows, track.edges, protocol)
    lengths = cut.windows[:, 1] - cut.windows[:, 0]
    quiet, outcome = _outcomes(protocol, track, chosen, windows, cut)
    asked = {
        "every_window": np.ones_like(quiet.reference),
        "active_reference": ~quiet.reference,
        "silent_reference": quiet.reference,
        "silent_estimate": quiet.estimate,
    }
    no_more: Mapping[Status, BoolArray] = {}
    shape = (len(protocol.metrics), len(stems), len(cut.windows))
    values, statuses = np.full(shape, np.nan), np.empty(shape, np.uint8)
    for place, entry in enumerate(protocol.metrics):
        metric = build(entry)
        if isinstance(metric, EnergyMetric):
            found, left_out = metric.score(windows, lengths=lengths), no_more
        else:
            found, left_out = metric.score(_stored(protocol, track, metric))
        found = np.where(asked[entry.where], found, np.nan)
        own = _status_of(found)
        for status, where in left_out.items():
            own[where] = _CODE[status]
        statuses[place] = np.where(outcome == _CODE[Status.OK], own, outcome)
        kept = statuses[place] == _CODE[Status.OK]
        values[place][kept] = found[kept]
    names = tuple(entry.name for entry in protocol.metrics)
    shown = np.minimum(cut.windows, length)
    return TrackScores(names, stems, shown, values, statuses, quiet.reference)


def measurement_key(protocol: Protocol, metric: SignalMetric) -> str:
    """Return eight hexadecimal digits that stand for what a signal metric stores."""
    segments = protocol.segments and protocol.segments.model_dump()
    stems = [[stem, list(parts)] for stem, parts in protocol.stems.items()]
    cuts = [segments, protocol.windows.model_dump()]
    return of_document([dict(metric.measurement()), protocol.audio.model_dump(), stems, cuts])[:8]


def _selected(protocol: Protocol, track: TrackStatistics) -> Statistics:
    unknown = [stem for stem in protocol.stems if stem not in track.stems]
    if unknown:
        message = (
            f"{protocol.id} scores {', '.join(unknown)}; the run holds {', '.join(track.stems)}; "
            "run it again on the audio with this protocol"
        )
        raise StoreError(message)
    return track.cells.select([track.stems.index(stem) for stem in protocol.stems])


def _stored(
    protocol: Protocol, track: TrackStatistics, metric: SignalMetric
) -> Mapping[str, Array]:
    key = measurement_key(protocol, metric)
    if key not in track.measured:
        message = (
            f"{protocol.id} needs {type(metric).__name__} energies ({key}) that the run does not "
            "hold; run it again on the audio"
        )
        raise StoreError(message)
    return track.measured[key]


def _joined(
    cells: Statistics, windows: IntArray, edges: IntArray, protocol: Protocol
) -> Statistics:
    into = gather(windows, edges)
    if into is None:
        message = (
            f"{protocol.id} cuts windows where the run has no edges of cells; run it again on "
            "the audio with this protocol"
        )
        raise StoreError(message)
    return join(cells, into)


def _outcomes(
    protocol: Protocol, track: TrackStatistics, cells: Statistics, windows: Statistics, cut: Grid
) -> tuple[_Quiet, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Return what is silent, and statuses before any value is seen, both [stem window]."""
    rule = protocol.silence
    lengths = cut.windows[:, 1] - cut.windows[:, 0]
    rest = {"rule": rule.rule, "threshold": rule.threshold}
    reference = silent(windows.reference, lengths=lengths, **rest).T  # type: ignore[arg-type]  # a Rule
    estimate = silent(windows.estimate, lengths=lengths, **rest).T  # type: ignore[arg-type]  # a Rule
    outcome = np.full(reference.shape, _CODE[Status.OK], np.uint8)
    if rule.other == "leave_out":
        quiet = reference | estimate
        outcome[quiet.sum(axis=0) - quiet > 0] = _CODE[Status.SILENT_OTHER]
    few = (~reference).sum(axis=0) < rule.min_active
    few |= _in_quiet_segment(protocol, track, cells, cut)
    outcome[:, few] = _CODE[Status.SILENT_OTHER]
    if rule.estimate == "leave_out":
        outcome[estimate] = _CODE[Status.SILENT_ESTIMATE]
    left = reference & ((rule.reference == "leave_out") | few)
    if protocol.audio.missing == "leave_out":
        gone = [stem in track.missing for stem in protocol.stems]
        left |= np.array(gone)[:, None]
    outcome[left] = _CODE[Status.SILENT_REFERENCE]
    return _Quiet(reference, estimate), outcome


def _in_quiet_segment(
    protocol: Protocol, track: TrackStatistics, cells: Statistics, cut: Grid
) -> BoolArray:
    """Return where a window lies in a segment that has too few active references."""
    least = protocol.segments.min_active if protocol.segments else 0
    if not least:
        return np.zeros(len(cut.windows), dtype=np.bool_)
    whole = _joined(cells, cut.segments, track.edges, protocol)
    rule = protocol.silence
    lengths = cut.segments[:, 1] - cut.segments[:, 0]
    quiet = silent(whole.reference, lengths=lengths, rule=rule.rule, threshold=rule.threshold)
    return np.asarray(((~quiet).sum(axis=1) < least)[cut.segment])


def _status_of(values: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    found = np.full(values.shape, _CODE[Status.OK], np.uint8)
    found[np.isnan(values)] = _CODE[Status.UNDEFINED]
    found[np.isposinf(values)] = _CODE[Status.PLUS_INF]
    found[np.isneginf(values)] = _CODE[Status.MINUS_INF]
    return found
