"""Two or more systems on the same tracks: what differs, and whether other tracks would agree.

The unit that is resampled is the track, and all systems and stems share every resample. The
interval is of the difference of the table's own numbers; the tests are of the tracks' values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sepeval.compare.outcome import DRAWS, POWER, Comparison, Difference, Move
from sepeval.compare.ranking import standing
from sepeval.compare.resampled import Resampled, resampled
from sepeval.compare.seeds import spreads
from sepeval.errors import StoreError, UnknownNameError
from sepeval.kernels import significance
from sepeval.protocol import Summary
from sepeval.registry import nearest
from sepeval.results import Results, difference, gather
from sepeval.results.words import not_named, some
from sepeval.store import Run


def compare(
    runs: Sequence[Run],
    protocol: str,
    *,
    baseline: str = "",
    metric: str = "",
    summary: str = "",
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Return what systems differ in, and how sure that is, over the tracks that all of them have.

    A system without any value of a stem is left out there and is in `Comparison.lacking`; the
    others are compared. Of fewer than two tracks there is no interval.

    Args:
        runs: scored under the protocol; of the same audio.
        protocol: id or name.
        baseline: name or hash of the system that the others are held against; the first that has a
            value if left out.
        metric: name of a score; the first of the protocol's tables if left out.
        summary: name of a reduction; the first that reduces the metric if left out.
        confidence: of all intervals.
        draws: resamples of the tracks, and patterns of signs.
        seed: of both.

    Raises:
        StoreError: fewer than two runs are given, they measured different audio or were scored
            under different protocols, or the baseline and another have no track in common.
        UnknownNameError: there is no such baseline, metric or summary.
    """
    results = gather(runs, protocol, mixed=True)
    _refuse_other_audio(results)
    if len(results.systems) < 2:
        raise StoreError("a comparison takes two runs at least; found one")
    how, score = _chosen(results, metric, summary)
    names = [system.name for system in results.systems]
    chosen = _place(results, baseline) if baseline else None  # before the work
    found = resampled(results, how, score, draws=draws, seed=seed)
    has_any = np.isfinite(found.values).any(axis=(0, 2))
    first = int(has_any.argmax()) if chosen is None else chosen
    _refuse_nothing(found, names, first, score)
    upward = results.metrics[score].higher_is_better
    return Comparison(
        results=results,
        summary=how.name,
        metric=score,
        baseline=names[first],
        confidence=confidence,
        draws=draws,
        seed=seed,
        by=found.by,
        alike=found.alike,
        differences=_differences(found, names, first, confidence, seed, upward=upward),
        moves=tuple(_moves(found, names, first)),
        spreads=spreads(results, how, score, found),
        standings=standing(found, names, confidence=confidence, higher_is_better=upward),
    )


def _differences(
    found: Resampled,
    names: Sequence[str],
    first: int,
    confidence: float,
    seed: int,
    *,
    upward: bool,
) -> tuple[Difference, ...]:
    """Return every system and stem against the baseline; Holm corrects over all of them."""
    others = [place for place in range(len(names)) if place != first]
    shape = (len(others), len(found.stems))
    observed = found.numbers[others] - found.numbers[first]
    drawn = found.draws[:, others] - found.draws[:, [first]]
    without = found.without[:, others] - found.without[:, [first]]
    shared = (len(found.values), -1)
    of_baseline = np.broadcast_to(found.values[:, [first]], found.values[:, others].shape)
    columns, worth = significance.paired(
        found.values[:, others].reshape(shared), of_baseline.reshape(shared)
    )
    count = np.isfinite(columns).sum(axis=0)
    interval = significance.bca(
        np.where(count > 1, observed.ravel(), np.nan),  # one track says nothing of others
        drawn.reshape(len(drawn), -1),
        without.reshape(len(without), -1),
        confidence=confidence,
    )
    generator = np.random.default_rng([seed, 1])
    flipped = significance.sign_flips(columns, flips=len(drawn), generator=generator, worth=worth)
    signed = significance.wilcoxon(columns, worth=worth)
    corrected = significance.holm(flipped if found.by == "mean" else signed)
    effect = significance.effect_size(columns, by=found.by, worth=worth)
    needed = significance.tracks_needed(
        columns, by=found.by, confidence=confidence, power=POWER, worth=worth
    )
    better = columns if upward else -columns
    rows = []
    for place, (row, column) in enumerate(np.ndindex(shape)):
        rows.append(
            Difference(
                system=names[others[row]],
                stem=found.stems[column],
                baseline=_known(found.numbers[first, column]),
                value=_known(found.numbers[others[row], column]),
                difference=_known(observed[row, column]),
                low=_known(interval.low[place]),
                high=_known(interval.high[place]),
                p_permutation=_known(flipped[place]),
                p_wilcoxon=_known(signed[place]),
                p_holm=_known(corrected[place]),
                effect=None if np.isnan(effect[place]) else float(effect[place]),
                wins=int((better[:, place] > 0).sum()),
                ties=int((better[:, place] == 0).sum()),
                losses=int((better[:, place] < 0).sum()),
                tracks=int(count[place]),
                needed=int(needed[place]) if np.isfinite(needed[place]) else None,
            )
        )
    return tuple(rows)


def _moves(found: Resampled, names: Sequence[str], first: int) -> Iterator[Move]:
    """Yield the tracks that differ, by system and stem, the largest difference first."""
    for place, name in enumerate(names):
        for column, stem in enumerate(found.stems):
            values, base = found.values[:, place, column], found.values[:, first, column]
            paired = significance.paired(values[:, None], base[:, None])
            apart = np.nan_to_num(np.abs(paired.differences[:, 0]))
            for track in np.argsort(-apart, kind="stable"):
                if apart[track] > 0:
                    moved = float(base[track]), float(values[track])
                    yield Move(name, stem, found.tracks[track], *moved)


def _refuse_nothing(found: Resampled, names: Sequence[str], first: int, metric: str) -> None:
    """Refuse a baseline that shares no track with any other system."""
    known = np.isfinite(found.values)  # [track system stem]
    others = np.delete(known, first, axis=1)
    if (others & known[:, [first]]).any():
        return
    if others.any() and not known[:, first].any():
        message = (
            f"the baseline {names[first]} has no finite {metric} on any track, so nothing can be "
            "held against it; choose another with --baseline"
        )
        raise StoreError(message)
    if known[:, first].any():
        rest = some([name for place, name in enumerate(names) if place != first])
        message = f"no system but the baseline {names[first]} has a finite {metric}: {rest} without"
        raise StoreError(message)
    raise StoreError(f"no track has a finite {metric} of all systems that have any")


def _known(value: float) -> float | None:
    """Return a number, or None for one that is not finite."""
    return float(value) if np.isfinite(value) else None


def _refuse_other_audio(results: Results) -> None:
    first = results.runs[0]
    gaps = ((run, difference(first, run)) for run in results.runs[1:])
    apart = next(((run, gap) for run, gap in gaps if gap), None)
    if apart is not None:
        message = (
            f"{first.folder.name} and {apart[0].folder.name} did not measure the same: {apart[1]}; "
            "a comparison pairs tracks of the same audio. Name runs of one dataset, split and "
            "choice of tracks; `sepeval table --mixed` shows the others beside them, untested"
        )
        raise StoreError(message)


def _place(results: Results, baseline: str) -> int:
    """Return the place of the system with that name or hash."""
    names = [system.name for system in results.systems]
    known = [*names, *(system.run.manifest.hash for system in results.systems)]
    if baseline not in known:
        raise UnknownNameError(not_named(baseline, names))
    return known.index(baseline) % len(names)


def _chosen(results: Results, metric: str, summary: str) -> tuple[Summary, str]:
    """Return the summary and the metric that were asked for, or the first ones."""
    keys = results.keys
    metric = metric or keys[0][1]
    fitting = [name for name, one in keys if one == metric]
    if not fitting:
        known = dict.fromkeys(one for _, one in keys)
        message = f"{results.protocol.id} has no metric {metric!r}; {nearest(metric, known)}"
        raise UnknownNameError(message)
    summary = summary or fitting[0]
    if summary not in fitting:
        message = f"{results.protocol.id} has no summary {summary!r} of {metric}; "
        raise UnknownNameError(message + nearest(summary, fitting))
    return next(one for one in results.protocol.summaries if one.name == summary), metric
