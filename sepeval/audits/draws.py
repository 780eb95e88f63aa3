"""Separators that draw random numbers: how many draws, and whether a draw can be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.store import Run
from sepeval.summary import ALL, score_frame, summarise_scores
from sepeval.what_if import Board, Comparison, boards, of_frames

_LEAST_DB = 1e-6


@audit("one_draw", of="runs", pitfalls=("P34",))
def one_draw(runs: Runs) -> Iterator[Finding]:
    """Is the number of a stochastic separator a single draw, or a separator without a seed?"""
    for run in runs.runs:
        who = run.manifest.identity
        separator = who.get("separator")
        name = separator.get("name") if isinstance(separator, dict) else None
        if who.get("seed") is not None and who.get("replicates") == 1:
            told = "is one draw of a stochastic separator: nobody knows how far another lies"
            way_out = "draw several (--replicates 3) and show the spread"
        elif name == "callable" and who.get("seed") is None:
            told = "comes from a callable without a seed: if it draws, nobody can repeat it"
            way_out = "give the callable a parameter `seed`, and draw from it alone"
        else:
            continue
        yield Finding(
            audit="one_draw",
            severity="note",
            subject=run.manifest.label,
            where=run.folder.name,
            message=f"The number of {run.manifest.label} {told}",
            way_out=way_out,
            evidence=({"seed": str(who.get("seed")), "replicates": str(who.get("replicates"))},),
        )


@audit("spread_of_draws", of="runs", pitfalls=("P34",))
def spread_of_draws(runs: Runs) -> Iterator[Finding]:
    """How far apart are the draws of a stochastic separator, and is that more than its margin?"""
    for board in boards(runs.runs):
        frames = board.frames()
        rows = _draws(board, frames)
        for metric in dict.fromkeys(str(row["metric"]) for row in rows):
            own = [row for row in rows if row["metric"] == metric]
            values = _by_system(own)
            widest = max(values, key=lambda name: np.ptp(values[name]))
            spread = float(np.ptp(values[widest]))
            nearest = _nearest(board, frames, metric, str(own[0]["stem"]), widest)
            if spread < _LEAST_DB:
                continue
            beyond = nearest is not None and spread > nearest
            yield Finding(
                audit="spread_of_draws",
                severity="warning" if beyond else "note",
                subject=runs.name,
                where=f"{board.title}, {metric}",
                message=(
                    f"{len(values[widest])} draws of {widest} lie {spread:.2f} apart in {metric}"
                    + (f"; the next system is {nearest:.2f} away" if nearest is not None else "")
                ),
                way_out="show the mean over draws with its spread",
                effect_db=spread if metric in board.in_db else None,
                effect_ranks=1 if beyond else 0,
                evidence=tuple(own),
            )


@audit("unrepeatable", of="runs", pitfalls=("P34",))
def unrepeatable(runs: Runs) -> Iterator[Finding]:
    """Do two runs of the same separator, seed and audio give two numbers?"""
    for first, second in combinations(runs.runs, 2):
        if first.manifest.identity != second.manifest.identity:
            continue
        rows, comparisons = _differences(first, second)
        if not rows:
            continue
        largest = max(float(str(row["largest"])) for row in rows)
        moves = [one.effect_db for one in comparisons if one.effect_db is not None]
        yield Finding(
            audit="unrepeatable",
            severity="error",
            subject=f"{first.manifest.label}, {second.manifest.label}",
            where=first.manifest.hash,
            message=(
                "Two runs of one identity (separator, seed, audio) have scores that are up to "
                f"{largest:.2f} apart, and {comparisons[0].words}: the separator draws what its "
                "seed does not decide"
            ),
            way_out="derive every random number from the seed; fix kernels that are not repeatable",
            effect_db=max(moves, default=None),
            evidence=tuple(rows),
        )


def _draws(board: Board, frames: Mapping[str, pd.DataFrame]) -> list[Mapping[str, Plain]]:
    """Return `All`, or every stem, of every replicate of systems that have several."""
    rows: list[Mapping[str, Plain]] = []
    for system, frame in frames.items():
        replicates = sorted(frame["replicate"].unique())
        if len(replicates) < 2:
            continue
        for replicate in replicates:
            own = frame[frame["replicate"] == replicate]
            found = summarise_scores(own, board.protocol, system=system)
            whole = [row for row in found if row.stem == ALL] or list(found)
            rows += [
                {
                    "system": system,
                    "metric": row.metric,
                    "stem": row.stem,
                    "replicate": int(replicate),
                    "value": row.value,
                }
                for row in whole
                if row.value is not None
            ]
    return rows


def _by_system(rows: list[Mapping[str, Plain]]) -> dict[str, list[float]]:
    first = rows[0]["stem"]
    found: dict[str, list[float]] = {}
    for row in rows:
        if row["stem"] == first:
            found.setdefault(str(row["system"]), []).append(float(str(row["value"])))
    return found


def _nearest(
    board: Board, frames: Mapping[str, pd.DataFrame], metric: str, stem: str, system: str
) -> float | None:
    """Return how far the nearest other system is; None without one."""
    values: dict[str, float] = {}
    for name, frame in frames.items():
        for row in summarise_scores(frame, board.protocol, system=name):
            if (row.metric, row.stem) == (metric, stem) and row.value is not None:
                values.setdefault(name, row.value)
    own = values.pop(system, None)
    if own is None or not values:
        return None
    return min(abs(own - other) for other in values.values())


def _differences(first: Run, second: Run) -> tuple[list[Mapping[str, Plain]], list[Comparison]]:
    """Return how far single scores and numbers are apart, by protocol, the largest first."""
    found: list[tuple[Mapping[str, Plain], Comparison]] = []
    for board in boards((first,)):
        document = board.protocol
        if document.id not in second.manifest.protocols:
            continue
        one, other = score_frame(first, document), score_frame(second, document)
        if second.protocol(document.id).hash != document.hash or len(one) != len(other):
            continue
        apart = (one["value"] - other["value"]).abs()
        if apart.max() > _LEAST_DB:
            row: dict[str, Plain] = {"protocol": document.id, "scores": len(one)}
            row |= {"largest": float(apart.max()), "mean": float(apart.mean())}
            numbers = (of_frames({board.names[0]: each}, document) for each in (one, other))
            found.append((row, board.compare(*numbers)))
    found.sort(key=lambda pair: -(pair[1].effect_db or 0.0))
    return [row for row, _ in found], [comparison for _, comparison in found]
