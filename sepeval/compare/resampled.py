"""The numbers of several systems over shared resamples of the tracks that all of them have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sepeval.compare.samples import numbers
from sepeval.errors import StoreError
from sepeval.kernels import significance
from sepeval.protocol import Summary
from sepeval.results import Results
from sepeval.summary import ALL, per_track, score_frame, used_scores
from sepeval.types import Array

Frames = Mapping[tuple[int, str], pd.DataFrame]  # the scores in use, by system and stem


@dataclass(frozen=True)
class Resampled:
    """What is drawn together, so that differences are paired.

    A track counts for a stem where every system has a finite value of it.

    Attributes:
        tracks: ids of all tracks.
        stems: of the table, then `All` where the summary has it.
        values: [track system stem], one value per track; nan where the track does not count.
        numbers: [system stem], the numbers of the table over those tracks.
        draws: [draw system stem], the same over every resample.
        without: [track system stem], the same without one track each.
    """

    tracks: tuple[str, ...]
    stems: tuple[str, ...]
    values: Array
    numbers: Array
    draws: Array
    without: Array


def used_frames(results: Results, summary: Summary, metric: str) -> Frames:
    """Return the scores that enter a number, by place of the system and by stem."""
    found: dict[tuple[int, str], pd.DataFrame] = {}
    for place, run in enumerate(results.runs):
        scores = score_frame(run, results.protocol, beside=results.runs)
        used = used_scores(scores[scores["metric"] == metric], summary).astype({"track": str})
        for stem in results.protocol.stems:
            found[place, stem] = used[used["stem"] == stem]
    return found


def resampled(
    results: Results, summary: Summary, metric: str, *, draws: int, seed: int
) -> Resampled:
    """Return the numbers of all systems over shared resamples.

    Args:
        results: of the systems.
        summary: how scores become a number.
        metric: name of the score.
        draws: how many resamples.
        seed: of the resamples.

    Raises:
        StoreError: no track has finite values of all systems.
    """
    frames = used_frames(results, summary, metric)
    stems = tuple(results.protocol.stems)
    systems = range(len(results.systems))
    tracks = tuple(dict.fromkeys(one for frame in frames.values() for one in frame["track"]))
    values = np.full((len(tracks), len(systems), len(stems)), np.nan)
    for (place, stem), frame in frames.items():
        own = per_track(frame, summary).reindex(list(tracks)).to_numpy(np.float64)
        values[:, place, stems.index(stem)] = np.where(np.isfinite(own), own, np.nan)
    common = np.isfinite(values).all(axis=1)
    if not common.any():
        raise StoreError(f"no track has a finite {metric} of all {len(systems)} systems")
    values = np.where(common[:, None, :], values, np.nan)
    made = [
        [
            numbers(frames[place, stem], summary, tracks, common=common[:, column])
            for column, stem in enumerate(stems)
        ]
        for place in systems
    ]
    generator = np.random.default_rng(seed)
    counts = {
        "once": significance.once(len(tracks)),
        "without": significance.left_out(len(tracks)),
        "draws": significance.resamples(len(tracks), draws=draws, generator=generator),
    }
    found = {
        name: np.stack([np.stack([one.of(count) for one in own], axis=-1) for own in made], axis=-2)
        for name, count in counts.items()
    }
    if summary.all_stems:
        chosen = [stems.index(stem) for stem in summary.all_stems]
        found = {name: _with_all(one, chosen, summary.all_by) for name, one in found.items()}
        values = np.concatenate([values, _known_mean(values[:, :, chosen])], axis=2)
        stems = (*stems, ALL)
    return Resampled(tracks, stems, values, found["once"][0], found["draws"], found["without"])


def _with_all(found: Array, chosen: list[int], by: str) -> Array:
    """Append All to [... stem]: undefined as soon as one of its stems is."""
    parts = found[..., chosen]
    ordered = np.sort(parts, axis=-1)
    lower = ordered[..., (len(chosen) - 1) // 2]
    median = (lower + ordered[..., len(chosen) // 2]) / 2.0
    every = {"mean": parts.mean(axis=-1), "median": median, "lower_median": lower}[by]
    every = np.where(np.isnan(parts).any(axis=-1), np.nan, every)
    return np.concatenate([found, every[..., None]], axis=-1)


def _known_mean(values: Array) -> Array:
    """Return [track system 1], the mean over the stems that a track has."""
    known = np.isfinite(values)
    count = known.sum(axis=2, keepdims=True)
    total = np.where(known, values, 0.0).sum(axis=2, keepdims=True)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
