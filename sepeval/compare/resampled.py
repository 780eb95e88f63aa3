"""The numbers of several systems over shared resamples of the tracks that all of them have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepeval.kernels import significance
from sepeval.protocol import Summary
from sepeval.results import Results
from sepeval.summary import ALL, known_mean, score_frame
from sepeval.types import Array
from sepeval.what_if import sampled
from sepeval.what_if.numbers import Numbers


@dataclass(frozen=True)
class Resampled:
    """What is drawn together, so that differences are paired.

    A track counts for a stem where every system has a finite value of it. A system without any
    value of a stem is left out there: its numbers are nan, and it takes no track from the others.

    Attributes:
        tracks: ids of all tracks.
        stems: of the table, then `All` where the summary has it.
        values: [track system stem], one value per track; nan where the track does not count. That
            of `All` is the mean over the stems that the track has, and nan where the table has no
            `All`.
        numbers: [system stem], the numbers of the table over those tracks.
        draws: [draw system stem], the same over every resample.
        without: [track system stem], the same without one track each.
        by: how values become numbers, over tracks.
        alike: whether `numbers` weigh all tracks of a stem alike, as `values` do.
    """

    tracks: tuple[str, ...]
    stems: tuple[str, ...]
    values: Array
    numbers: Array
    draws: Array
    without: Array
    by: significance.Statistic
    alike: bool


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
    """
    frames = {
        system.name: score_frame(system.run, results.protocol, beside=results.runs)
        for system in results.systems
    }
    found = sampled(frames, summary, metric, paired=True)
    count = len(found.tracks)
    counts = (
        significance.once(count),
        significance.resamples(count, draws=draws, generator=np.random.default_rng(seed)),
        significance.left_out(count),
    )
    once, drawn, without = (found.stems_of(one) for one in counts)
    by = found.numbers[0][0].by
    alike = all(_alike(one) for own in found.numbers for one in own)
    if not found.whole:
        return Resampled(
            found.tracks, found.stems, found.values, once[0], drawn, without, by, alike
        )
    once, drawn, without = (
        np.concatenate([one, found.joined(one)], axis=-1) for one in (once, drawn, without)
    )
    every = known_mean(found.values[:, :, list(found.whole)], axis=2)[..., None]
    every[:, ~np.isfinite(once[0][:, -1])] = np.nan
    values = np.concatenate([found.values, every], axis=2)
    stems = (*found.stems, ALL)
    return Resampled(found.tracks, stems, values, once[0], drawn, without, by, alike)


def _alike(numbers: Numbers) -> bool:
    """Return whether every track that enters a number does so with the same weight."""
    if numbers.weights is None:
        known = np.isfinite(numbers.values).any(axis=1)
        sizes = np.bincount(numbers.owners[known]).astype(np.float64)
    else:
        sizes = numbers.weights.sum(axis=1)
    sizes = sizes[sizes > 0]
    return bool((sizes == sizes[:1]).all())
