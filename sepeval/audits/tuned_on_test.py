"""Settings that were chosen on the split that is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.kernels.significance import once
from sepeval.store import Run
from sepeval.what_if import Board, Sampled, boards, sampled

_FOR_TUNING = ("train", "valid", "validation", "val", "dev", "development")
_OTHERS = ("files", "mixture", "mixture_over_n", "zeros")  # have no settings that are tuned
_LEAST = 3  # settings; two are a comparison
_HALVES = 200


@audit("tuned_on_test", of="runs", pitfalls=("P32", "P44"))
def tuned_on_test(runs: Runs) -> Iterator[Finding]:
    """Were several settings of one separator scored on the split that is reported?

    The best of them is then chosen by the tracks that judge it. The effect is what this is worth
    here: the best on one half of the tracks, minus the same setting on the other half.
    """
    for board in boards(runs.runs):
        if board.runs[0].manifest.split.lower() in _FOR_TUNING:
            continue
        for name, places in _settings(board.runs).items():
            if len(places) < _LEAST:
                continue
            metric, worth = _optimism(board, places)
            yield Finding(
                audit="tuned_on_test",
                severity="warning",
                subject=runs.name,
                where=f"{board.title}, {name}",
                message=(
                    f"{len(places)} settings of {name} are scored on "
                    f"{board.runs[0].manifest.split!r}; to report the best of them is to choose "
                    f"it on the test data"
                    + ("" if worth is None else f", worth {worth:.2f} in {metric} on these tracks")
                ),
                way_out="choose settings on a validation split, and report that one setting",
                effect_db=None if worth is None or metric not in board.in_db else max(0.0, worth),
                evidence=tuple(_rows(board, places)),
            )


def _settings(runs: Sequence[Run]) -> dict[str, list[int]]:
    """Return the places of runs whose separators differ in their settings alone, by name."""
    found: dict[str, dict[str, int]] = {}
    for place, run in enumerate(runs):
        separator = run.manifest.identity.get("separator")
        if isinstance(separator, dict) and separator.get("name") not in (None, *_OTHERS):
            name = str(separator.get("target") or separator["name"])
            found.setdefault(name, {})[str(sorted(separator.items(), key=str))] = place
    return {name: list(own.values()) for name, own in found.items()}


def _optimism(board: Board, places: Sequence[int]) -> tuple[str, float | None]:
    """Return the first metric, and what choosing by it on the tracks themselves is worth."""
    summary = board.protocol.summaries[0]
    metric = summary.metrics[0]
    frames = board.frames()
    names = [board.names[place] for place in places]
    one = sampled({name: frames[name] for name in names}, summary, metric)
    if len(one.tracks) < 4 or not np.isfinite(one.all_of(once(len(one.tracks)))).all():
        return metric, None
    return metric, _worth(one, higher_is_better=board.higher_is_better[metric])


def _worth(one: Sampled, *, higher_is_better: bool) -> float:
    count = len(one.tracks)
    generator = np.random.default_rng(0)
    order = generator.permuted(np.tile(np.arange(count), (_HALVES, 1)), axis=1)
    half = np.zeros((_HALVES, count))
    np.put_along_axis(half, order[:, : count // 2], 1.0, axis=1)
    sign = 1.0 if higher_is_better else -1.0
    here, there = sign * one.all_of(half), sign * one.all_of(1.0 - half)
    best = here.argmax(axis=1)
    rows = np.arange(_HALVES)
    gain = here[rows, best] - here.mean(axis=1)
    kept = there[rows, best] - there.mean(axis=1)
    return float(np.nanmean(gain - kept))


def _rows(board: Board, places: Sequence[int]) -> list[Mapping[str, Plain]]:
    rows: list[Mapping[str, Plain]] = []
    for place in places:
        separator = board.runs[place].manifest.identity.get("separator")
        rows.append({"system": board.names[place], "settings": str(separator)})
    return rows
