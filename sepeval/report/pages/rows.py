"""The score rows of a section, packed: every window of every track, for all that is shown.

A page that opens from disk cannot read a file of data, but it can run a script. So each track's
rows are a script that hands over one object; columns are Base64 of 32-bit numbers and bytes, and
equal columns are there once. Values are rounded to what a 32-bit float holds (seven digits); the
run's own score file has them in full.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sepeval.protocol import Protocol, Summary
from sepeval.results import Results
from sepeval.summary import ALL, known_mean, per_track, score_frame, used_scores
from sepeval.types import Array, Status

STATUSES = tuple(str(status) for status in Status)
_UNKNOWN = 2  # whether the reference is silent, where nobody knows
_KEYS = ("replicate", "metric", "stem")
Packed: TypeAlias = dict[str, object]


class Values(NamedTuple):
    """One value per track for one summary of one metric.

    Attributes:
        summary: name of the reduction.
        metric: name of the score.
        stems: of the table, then `All` where the summary has it.
        tracks: ids.
        values: [system stem track]; nan where there is none.
    """

    summary: str
    metric: str
    stems: tuple[str, ...]
    tracks: tuple[str, ...]
    values: Array


class Rows(NamedTuple):
    """What is behind the numbers of a section.

    Attributes:
        tracks: packed rows of every track, by its id; see `_track`.
        values: one entry for each summary and metric.
    """

    tracks: dict[str, Packed]
    values: tuple[Values, ...]


def rows_of(results: Results) -> Rows:
    """Return the rows behind the numbers of systems under one protocol, track by track."""
    protocol = results.protocol
    tracks = tuple(record.id for record in results.runs[0].manifest.tracks)
    frames = [_frame(score_frame(run, protocol, beside=results.runs)) for run in results.runs]
    values = tuple(
        _values(frames, protocol, summary, metric, tracks)
        for summary in protocol.summaries
        for metric in summary.metrics
    )
    by_track = [dict(iter(frame.groupby("track", sort=False))) for frame in frames]
    packed = {
        track: _track([own.get(track) for own in by_track], values, place)
        for place, track in enumerate(tracks)
    }
    return Rows(packed, values)


def _frame(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are shown, with plain texts, in order of time."""
    texts = dict.fromkeys(("track", "stem", "metric", "status"), str)
    found: pd.DataFrame = scores.astype(texts).sort_values([*_KEYS, "start"], kind="stable")
    return found


def _track(frames: Sequence[pd.DataFrame | None], values: Sequence[Values], place: int) -> Packed:
    """Return what a script hands over.

    `systems` has, for each system, replicate, metric and stem, the places of five columns: start
    and stop in samples (int32), value (float32, nan for none), status (uint8, place in the order
    of `Status`), and whether the reference is silent (uint8; 2: unknown). `values` has, for each
    summary and metric, a list of stems for each system.
    """
    columns = _Columns()
    return {
        "systems": [_system(frame, columns) for frame in frames],
        "values": [
            [[_plain(one) for one in stems] for stems in each.values[:, :, place]]
            for each in values
        ],
        "columns": columns.texts,
    }


def _system(frame: pd.DataFrame | None, columns: _Columns) -> list[dict[str, dict[str, list[int]]]]:
    if frame is None:
        return []
    found: dict[int, dict[str, dict[str, list[int]]]] = {}
    for (replicate, metric, stem), own in frame.groupby(list(_KEYS), sort=False):
        packed = [columns.add(column) for column in _columns(own)]
        found.setdefault(int(str(replicate)), {}).setdefault(str(metric), {})[str(stem)] = packed
    return [found[replicate] for replicate in sorted(found)]


def _columns(rows: pd.DataFrame) -> Iterator[NDArray[np.generic]]:
    yield rows["start"].to_numpy().astype("<i4")
    yield rows["stop"].to_numpy().astype("<i4")
    yield rows["value"].to_numpy(np.float64, na_value=np.nan).astype("<f4")
    yield rows["status"].map(STATUSES.index).to_numpy().astype(np.uint8)
    silent = rows["silent"].map({True: 1, False: 0}).fillna(_UNKNOWN)
    yield silent.to_numpy().astype(np.uint8)


def _values(
    frames: Sequence[pd.DataFrame],
    protocol: Protocol,
    summary: Summary,
    metric: str,
    tracks: tuple[str, ...],
) -> Values:
    stems = tuple(protocol.stems)
    found = np.full((len(frames), len(stems), len(tracks)), np.nan)
    for system, frame in enumerate(frames):
        used = used_scores(frame[frame["metric"] == metric], summary)
        for place, stem in enumerate(stems):
            with np.errstate(invalid="ignore"):
                own = per_track(used[used["stem"] == stem], summary)
            found[system, place] = own.reindex(list(tracks)).to_numpy(np.float64)
    if summary.all_stems:
        chosen = [stems.index(stem) for stem in summary.all_stems]
        found = np.concatenate([found, known_mean(found[:, chosen], axis=1)[:, None]], axis=1)
        stems = (*stems, ALL)
    return Values(summary.name, metric, stems, tracks, found)


def _plain(value: float) -> float | str | None:
    """Return a number as JSON can hold it."""
    if np.isnan(value):
        return None
    if np.isinf(value):
        return "+inf" if value > 0 else "-inf"
    return round(float(value), 6)


class _Columns:
    """Columns as Base64 texts, each once; a column is named by its place."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def add(self, column: NDArray[np.generic]) -> int:
        """Return the place of a column."""
        text = base64.b64encode(np.ascontiguousarray(column).tobytes()).decode("ascii")
        return self._places.setdefault(text, len(self._places))

    @property
    def texts(self) -> list[str]:
        """All columns in order."""
        return list(self._places)
