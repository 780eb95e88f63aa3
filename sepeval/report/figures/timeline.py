"""The scores of one track over time, with what the reference does meanwhile: the numbers alone.

A window without a value has a status instead, which is kept beside it. The level of the reference
comes from the stored statistics, so no audio is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sepeval.errors import UnknownNameError
from sepeval.registry import nearest
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.figures.lanes import Activity, Curve, Lane, Stretch, joined
from sepeval.report.figures.timeline_charts import draw
from sepeval.results import Results, line
from sepeval.results.traits import direction, in_unit, with_unit
from sepeval.results.words import plain
from sepeval.store import Run, TrackRecord, parts
from sepeval.store.run import file_name, slug
from sepeval.summary import score_frame
from sepeval.types import Array, Status

_FLOOR_DB = -90.0  # below the least level of 16 bit, nothing is told apart
_OK = str(Status.OK)


@dataclass(frozen=True)
class _Clock:
    """How samples become seconds; samples stay samples where nobody recorded the rate."""

    rate: int | None

    @property
    def label(self) -> str:
        """What the horizontal axis shows."""
        return "time (samples)" if self.rate is None else "time (s)"

    def of(self, samples: pd.Series[int] | Array) -> Array:
        return np.asarray(samples, np.float64) / (self.rate or 1)


def timeline(results: Results, metric: str, track: str) -> Drawing:
    """Return the figure of one track: the score of every system over time, stem by stem.

    Args:
        results: the systems.
        metric: name of the score.
        track: its id.

    Raises:
        UnknownNameError: no run has such a track.
        StoreError: the statistics of the track are damaged.
    """
    records = _records(results, track)
    clock = _Clock(_rate(results, records))
    frames = [
        frame[(frame["metric"] == metric) & (frame["track"].astype(str) == track)]
        for frame in (
            score_frame(one.run, results.protocol, beside=results.runs) for one in results.systems
        )
    ]
    names = [results.shown(one) for one in results.systems]
    lanes = [
        Lane(
            stem=stem,
            curves=tuple(
                _curve(frame[frame["stem"] == stem], name, clock)
                for frame, name in zip(frames, names, strict=True)
            ),
            activity=_activity(results, records, stem, clock),
            silent=_silent(frames, stem, clock),
        )
        for stem in results.protocol.stems
    ]
    record = results.metrics[metric]
    title = (
        f"Where in “{plain(track)}” is each system good? {metric}, {direction(record)}, "
        f"{results.protocol.id}"
    )
    number = next(iter(records.values()))
    return Drawing(
        name=slug(f"{results.protocol.id}--{metric}--time--{file_name(number)}"),
        title=title,
        words=f"Mean over windows and range, {in_unit(record.unit)}. {_spoken(lanes)}",
        draw=lambda: draw(
            lanes,
            title=title,
            beside=with_unit(metric, record.unit),
            below=clock.label,
            signature=line(results),
        ),
    )


def _records(results: Results, track: str) -> Mapping[str, TrackRecord]:
    """Return the records of a track by the hash of the run that has it."""
    found = {
        run.manifest.hash: one
        for run in results.runs
        for one in run.manifest.tracks
        if one.id == track
    }
    if not found:
        known = [one.id for one in results.runs[0].manifest.tracks]
        raise UnknownNameError(f"there is no track {track!r}; {nearest(track, known)}")
    return found


def _curve(rows: pd.DataFrame, name: str, clock: _Clock) -> Curve:
    """Return the scores of one system and stem, window by window."""
    if not len(rows):
        nothing = np.zeros(0)
        return Curve(name, nothing, nothing, nothing, nothing, nothing, ())
    status = rows["status"].astype(str)
    value = rows["value"].astype(np.float64).where(status == _OK)
    windows = rows.assign(value=value, status=status).groupby(["start", "stop"], sort=True)
    means = windows["value"].agg(["mean", "min", "max"])
    why = windows["status"].agg(lambda own: _OK if (own == _OK).any() else str(own.iloc[0]))
    edges = means.index.to_frame()
    middle, low, high = (means[one].to_numpy(np.float64) for one in ("mean", "min", "max"))
    start, stop = (clock.of(edges[one]) for one in ("start", "stop"))
    return Curve(name, start, stop, middle, low, high, tuple(map(str, why)))


def _silent(frames: Sequence[pd.DataFrame], stem: str, clock: _Clock) -> tuple[Stretch, ...]:
    """Return the windows whose reference is silent by the protocol, as the first run says."""
    for frame in frames:
        own = frame[frame["stem"] == stem].drop_duplicates(["start", "stop"])
        own = own.sort_values("start")
        chosen = own[own["silent"].fillna(value=False).to_numpy(np.bool_)]
        if len(own):
            pairs = zip(clock.of(chosen["start"]), clock.of(chosen["stop"]), strict=True)
            return joined(Stretch(float(start), float(stop), "") for start, stop in pairs)
    return ()


def _activity(
    results: Results, records: Mapping[str, TrackRecord], stem: str, clock: _Clock
) -> Activity | None:
    """Return the level of a reference over time; None where no statistics are stored."""
    for run in results.runs:
        path = _cells(run, results, records)
        if path is None:
            continue
        found = parts.read_cells(path, read=run.read_table)
        stems = found.facts["stems"]
        place = list(stems).index(stem) if isinstance(stems, list) else 0
        one = found.replicates[0]
        energy = one.gram[:, : one.channels, place, place].mean(axis=1)
        power = energy / np.diff(found.edges)
        with np.errstate(divide="ignore"):
            level = np.maximum(10.0 * np.log10(np.maximum(power, 0.0)), _FLOOR_DB)
        return Activity(clock.of(found.edges.astype(np.float64)), level, _FLOOR_DB)
    return None


def _rate(results: Results, records: Mapping[str, TrackRecord]) -> int | None:
    """Return the rate at which a track was scored, in Hz; None where nobody recorded it."""
    rule = results.protocol.audio.rate
    if rule != "native":
        return rule
    for run in results.runs:
        path = _cells(run, results, records)
        if path is not None:
            return int(str(run.read_table(path)[1]["rate"]))
    return None


def _cells(run: Run, results: Results, records: Mapping[str, TrackRecord]) -> Path | None:
    """Return the file of a track's statistics under a protocol, if it is there."""
    record = records.get(run.manifest.hash)
    if record is None:
        return None
    for layout in run.manifest.layouts:
        path = run.cells(layout.key, record)
        if results.protocol.id in layout.protocols and path.is_file():
            return path
    return None


def _spoken(lanes: Sequence[Lane]) -> str:
    spoken = []
    for lane in lanes:
        told = ", ".join(_told(curve) for curve in lane.curves)
        spoken.append(f"{lane.stem}: {told}.")
    return " ".join(spoken)


def _told(curve: Curve) -> str:
    values = curve.value[np.isfinite(curve.value)]
    if not len(values):
        return f"{curve.name} no value"
    return f"{curve.name} {values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"
