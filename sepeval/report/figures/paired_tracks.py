"""The tracks of two systems, or of one under two protocols, side by side: the numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sepeval.report.drawing.lettering import shortened
from sepeval.results import Results, System
from sepeval.results.words import count_of, plain
from sepeval.summary import per_track, score_frame, used_scores
from sepeval.types import Array

FENCE = 1.5  # interquartile ranges beyond a quartile, after Tukey, "Exploratory Data Analysis"
NAMED = 4  # tracks with their names in a chart, at most


@dataclass(frozen=True)
class Side:
    """What one axis of a scatter shows.

    Attributes:
        name: of a system or a protocol.
        key: of the system's run, for the names of files.
        measure: the score, with its unit.
        unit: of the values.
        place: of the system among those shown, for its colour and marker.
        values: one row per track, one column per stem; infinite or missing where so.
    """

    name: str
    key: str
    measure: str
    unit: str
    place: int
    values: pd.DataFrame


@dataclass(frozen=True)
class Pairs:
    """The tracks of one stem that have finite values on both sides.

    Attributes:
        tracks: their names.
        below: [track], on the horizontal axis.
        beside: [track], on the vertical axis.
        without: how many tracks lack a finite value of one side or both.
    """

    tracks: tuple[str, ...]
    below: Array
    beside: Array
    without: int


def track_values(system: System, results: Results, summary: str, metric: str) -> pd.DataFrame:
    """Return one value per track and stem, [track stem]; nan where a track has none.

    Args:
        system: one of the results.
        results: what it is shown beside.
        summary: name of the reduction whose steps inside a track are taken.
        metric: name of the score.
    """
    how = next(one for one in results.protocol.summaries if one.name == summary)
    scores = score_frame(system.run, results.protocol, beside=results.runs)
    used = used_scores(scores[scores["metric"] == metric], how)
    found = {}
    with np.errstate(invalid="ignore"):
        for stem in results.protocol.stems:
            own = per_track(used[used["stem"] == stem], how)
            found[stem] = own.set_axis(own.index.astype(str))
    ids = [track.id for track in system.run.manifest.tracks]
    return pd.DataFrame(found).reindex(ids)


def pairs_of(below: pd.Series[float], beside: pd.Series[float]) -> Pairs:
    """Return the tracks that have a finite value of both.

    Args:
        below: values by track id, for the horizontal axis.
        beside: values by track id, for the vertical axis.
    """
    both = pd.DataFrame({"x": below, "y": beside})
    finite = both[np.isfinite(both).all(axis=1)]
    names = tuple(plain(str(track)) for track in finite.index)
    columns = [finite[one].to_numpy(np.float64) for one in ("x", "y")]
    return Pairs(names, columns[0], columns[1], len(both) - len(finite))


def told(pairs: Pairs, *, upward: bool | None, names: Sequence[str]) -> str:
    """Return who is better on how many tracks, or how alike the orders of the tracks are."""
    count = count_of(len(pairs.tracks), "track")
    if upward is None:
        return f"{count}, {likeness(pairs)}"
    better = winners(pairs, upward=upward)
    ties = f", {int((better < 0).sum())} ties" if (better < 0).any() else ""
    return (
        f"{count}: {shortened(names[1], 20)} better on {int((better == 1).sum())}, "
        f"{shortened(names[0], 20)} on {int((better == 0).sum())}{ties}"
    )


def likeness(pairs: Pairs) -> str:
    """Return Spearman's rank correlation in words."""
    ranks = [pd.Series(one).rank() for one in (pairs.below, pairs.beside)]
    if any(one.nunique() < 2 for one in ranks):
        return "no rank correlation"
    return f"rank correlation {float(ranks[0].corr(ranks[1])):.2f}"


def winners(pairs: Pairs, *, upward: bool) -> Array:
    """Return for every track which side is better, 0 or 1; -1 where they are equal."""
    gap = pairs.beside - pairs.below if upward else pairs.below - pairs.beside
    return np.where(gap > 0, 1.0, np.where(gap < 0, 0.0, -1.0))


def far(pairs: Pairs, *, one_unit: bool) -> list[int]:
    """Return the tracks whose two values differ most from what the others' differ by."""
    if not len(pairs.tracks):
        return []
    sides = [pairs.below, pairs.beside]
    if not one_unit:
        sides = [np.asarray(pd.Series(one).rank(), np.float64) for one in sides]
    gap = sides[1] - sides[0]
    low, high = np.quantile(gap, [0.25, 0.75])
    beyond = np.maximum(low - gap, gap - high) > FENCE * (high - low)
    order = np.argsort(-np.abs(gap), kind="stable")
    return [int(one) for rank, one in enumerate(order) if rank == 0 or beyond[one]][:NAMED]
