"""The scores of a table as columns that share their tracks, ready to be drawn again.

The number of a table is taken as the protocol takes it: the reductions inside a track first, then
those over tracks. A flat mean over windows is the mean over tracks weighted by their windows; a
flat median keeps the windows and draws them by track. Replicates are averaged inside a track.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sepeval.kernels.significance import Statistic, reduced
from sepeval.protocol import Summary
from sepeval.summary import per_track, used_scores
from sepeval.types import Array, IntArray


@dataclass(frozen=True)
class Sampled:
    """Columns of one summary of one metric.

    Attributes:
        systems: names, in order.
        stems: names, in order.
        tracks: ids, in order.
        values: [unit series], where a unit is a track or a window, and a series is a system's
            stem, systems outermost; nan where there is no value.
        weights: [unit series], or None where every unit counts once.
        track: [unit], the place of its track.
        by: the statistic over units.
        whole: [stem] places of the stems that enter `All`; empty where there is no such number.
        whole_by: how they become `All`.
    """

    systems: tuple[str, ...]
    stems: tuple[str, ...]
    tracks: tuple[str, ...]
    values: Array
    weights: Array | None
    track: IntArray
    by: Statistic
    whole: tuple[int, ...]
    whole_by: Statistic

    def stems_of(self, counts: Array) -> Array:
        """Return the numbers [draw system stem].

        Args:
            counts: [draw track], how often each track is in a draw.
        """
        found = reduced(self.values, counts[:, self.track], by=self.by, weights=self.weights)
        return found.reshape(len(counts), len(self.systems), len(self.stems))

    def all_of(self, counts: Array) -> Array:
        """Return `All` [draw system]; the first stem where the protocol has no such number."""
        own = self.stems_of(counts)
        if not self.whole:
            return own[..., 0]
        chosen = own[..., list(self.whole)]
        if self.whole_by == "mean":
            return np.asarray(chosen.mean(axis=-1))
        if self.whole_by == "median":
            return np.asarray(np.median(chosen, axis=-1))
        return np.asarray(np.sort(chosen, axis=-1)[..., (len(self.whole) - 1) // 2])


def sampled(frames: Mapping[str, pd.DataFrame], summary: Summary, metric: str) -> Sampled:
    """Return the columns of a summary.

    Args:
        frames: scores by system, as `sepeval.summary.score_frame` returns them.
        summary: of the protocol.
        metric: name of the score.
    """
    own = {name: _plain(frame, metric, summary) for name, frame in frames.items()}
    stems = tuple(dict.fromkeys(stem for one in frames.values() for stem in _stems(one, metric)))
    tracks = tuple(sorted({track for one in frames.values() for track in _tracks(one)}))
    chosen = () if isinstance(summary.all_stems, str) else tuple(summary.all_stems)
    whole = tuple(stems.index(stem) for stem in chosen if stem in stems)
    flat = next(step for step in summary.steps if "track" in step.over)
    if "window" in flat.over and flat.by != "mean":
        values, units = _windows(own, stems)
        places = np.array([tracks.index(track) for track, _ in units], dtype=np.int64)
        weights = None
    else:
        values, counts = _by_track(own, stems, tracks, summary)
        places = np.arange(len(tracks), dtype=np.int64)
        weights = counts if "window" in flat.over else None
    return Sampled(
        systems=tuple(frames),
        stems=stems,
        tracks=tracks,
        values=values,
        weights=weights,
        track=places,
        by=flat.by,
        whole=whole,
        whole_by=summary.all_by,
    )


def _plain(frame: pd.DataFrame, metric: str, summary: Summary) -> pd.DataFrame:
    used = used_scores(frame[frame["metric"].astype(str) == metric], summary)
    return used.astype({"track": str, "stem": str})


def _stems(frame: pd.DataFrame, metric: str) -> list[str]:
    return list(dict.fromkeys(frame["stem"][frame["metric"].astype(str) == metric].astype(str)))


def _tracks(frame: pd.DataFrame) -> list[str]:
    return [str(track) for track in frame["track"].unique()]


def _by_track(
    own: Mapping[str, pd.DataFrame],
    stems: tuple[str, ...],
    tracks: tuple[str, ...],
    summary: Summary,
) -> tuple[Array, Array]:
    """Return values and counts of scores, both [track series]."""
    values, counts = [], []
    for used in own.values():
        for stem in stems:
            column = used[used["stem"] == stem]
            values.append(per_track(column, summary).reindex(list(tracks)).to_numpy(np.float64))
            count = column.groupby("track")["value"].size().reindex(list(tracks), fill_value=0)
            counts.append(count.to_numpy(np.float64))
    return np.stack(values, axis=1), np.stack(counts, axis=1)


def _windows(
    own: Mapping[str, pd.DataFrame], stems: tuple[str, ...]
) -> tuple[Array, list[tuple[str, int]]]:
    """Return values [window series], and the track and start of each window."""
    columns = [
        used[used["stem"] == stem].groupby(["track", "start"])["value"].mean()
        for used in own.values()
        for stem in stems
    ]
    joined = pd.concat(columns, axis=1)
    units = [(str(track), int(start)) for track, start in joined.index]
    return joined.to_numpy(np.float64), units
