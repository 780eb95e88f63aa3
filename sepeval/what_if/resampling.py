"""The numbers of a table over other tracks: what resampling and leaving out draw upon.

All systems and stems share every draw, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sepeval.kernels.significance import Statistic
from sepeval.protocol import Summary
from sepeval.summary import per_track, used_scores
from sepeval.types import Array
from sepeval.what_if.numbers import Numbers, numbers


@dataclass(frozen=True)
class Sampled:
    """The numbers of one summary of one metric, as functions of the tracks.

    Attributes:
        systems: names, in order.
        stems: names, in order.
        tracks: ids, in order.
        values: [track system stem], one value per track: the reductions inside a track in the
            protocol's order; nan where there is none, or the track does not count.
        numbers: by system, then by stem.
        whole: places of the stems that enter `All`; empty where there is no such number.
        whole_by: how they become `All`.
    """

    systems: tuple[str, ...]
    stems: tuple[str, ...]
    tracks: tuple[str, ...]
    values: Array
    numbers: tuple[tuple[Numbers, ...], ...]
    whole: tuple[int, ...]
    whole_by: Statistic

    @property
    def is_by_track(self) -> bool:
        """Whether a draw is of tracks; a median over windows draws all windows of a track."""
        return all(len(one.owners) == len(self.tracks) for own in self.numbers for one in own)

    def stems_of(self, counts: Array) -> Array:
        """Return the numbers [draw system stem]; nan where one has no value.

        Args:
            counts: [draw track], how often each track is in a draw.
        """
        return np.stack(
            [np.stack([one.of(counts) for one in own], axis=-1) for own in self.numbers], axis=-2
        )

    def all_of(self, counts: Array) -> Array:
        """Return `All` [draw system]; the first stem where the protocol has no such number."""
        found = self.stems_of(counts)
        return self.joined(found)[..., 0] if self.whole else found[..., 0]

    def joined(self, found: Array) -> Array:
        """Return [... system 1], `All` of numbers [... system stem]: nan as soon as one is."""
        chosen = found[..., list(self.whole)]
        ordered = np.sort(chosen, axis=-1)
        lower = ordered[..., (len(self.whole) - 1) // 2]
        middle = (lower + ordered[..., len(self.whole) // 2]) / 2.0
        every = {"mean": chosen.mean(axis=-1), "median": middle, "lower_median": lower}
        known = np.isfinite(chosen).all(axis=-1)
        return np.asarray(np.where(known, every[self.whole_by], np.nan)[..., None])


def sampled(
    frames: Mapping[str, pd.DataFrame], summary: Summary, metric: str, *, paired: bool = False
) -> Sampled:
    """Return the numbers of a summary as functions of the tracks.

    Args:
        frames: scores by system, as `sepeval.summary.score_frame` returns them.
        summary: of the protocol.
        metric: name of the score.
        paired: a track counts for a stem only where every system has a finite value of it; systems
            without any value of the stem are not asked.
    """
    own = {name: _plain(frame, metric, summary) for name, frame in frames.items()}
    stems = tuple(dict.fromkeys(stem for one in frames.values() for stem in _stems(one, metric)))
    tracks = tuple(dict.fromkeys(str(one) for frame in frames.values() for one in frame["track"]))
    by_stem = [[used[used["stem"] == stem] for stem in stems] for used in own.values()]
    values = np.full((len(tracks), len(own), len(stems)), np.nan)
    for place, columns in enumerate(by_stem):
        for column, used in enumerate(columns):
            found = per_track(used, summary).reindex(list(tracks)).to_numpy(np.float64)
            values[:, place, column] = np.where(np.isfinite(found), found, np.nan)
    known = np.isfinite(values)
    shared = (known | ~known.any(axis=0)).all(axis=1) & known.any(axis=1)
    enters = shared if paired else np.ones(values.shape[::2], np.bool_)
    chosen = () if isinstance(summary.all_stems, str) else tuple(summary.all_stems)
    return Sampled(
        systems=tuple(frames),
        stems=stems,
        tracks=tracks,
        values=np.where(enters[:, None, :], values, np.nan),
        numbers=tuple(
            tuple(
                numbers(used, summary, tracks, common=enters[:, column])
                for column, used in enumerate(columns)
            )
            for columns in by_stem
        ),
        whole=tuple(stems.index(stem) for stem in chosen if stem in stems),
        whole_by=summary.all_by,
    )


def _plain(frame: pd.DataFrame, metric: str, summary: Summary) -> pd.DataFrame:
    used = used_scores(frame[frame["metric"].astype(str) == metric], summary)
    return used.astype({"track": str, "stem": str})


def _stems(frame: pd.DataFrame, metric: str) -> list[str]:
    return list(dict.fromkeys(frame["stem"][frame["metric"].astype(str) == metric].astype(str)))
