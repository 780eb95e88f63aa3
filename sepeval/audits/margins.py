"""Whether a table's order would survive other tracks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.kernels.significance import (
    bca,
    left_out,
    once,
    rank_intervals,
    ranks,
    resamples,
)
from sepeval.what_if import Board, Sampled, boards, sampled

_DRAWS = 2000
_DRAWS_OF_WINDOWS = 300  # a flat median keeps every window, which takes a hundred times longer
_CONFIDENCE = 0.95
_PRINTED = 0.005  # dB; what is closer is equal in a table
_DOMINATES_DB = 0.5


@audit("margins", of="runs", pitfalls=("P35",))
def margins(runs: Runs) -> Iterator[Finding]:
    """Is a system ahead of the next by more than other tracks could change?

    Tracks are drawn again, the same for both systems (paired bootstrap, BCa interval, 95 %). A
    track that one system lacks does not enter, so that all are compared on the same.
    """
    for board in boards(runs.runs):
        for place, metric, one in _columns(board, paired=True):
            rows = _neighbours(one, higher_is_better=board.higher_is_better[metric])
            open_ = [row for row in rows if not row["supported"] and not row["equal_as_printed"]]
            if not open_:
                continue
            first = open_[0]
            yield Finding(
                audit="margins",
                severity="warning" if first["rank"] == 1 else "note",
                subject=runs.name,
                where=place,
                message=(
                    f"{first['system']} is {abs(float(str(first['margin']))):.2f} ahead of "
                    f"{first['next']} over {_tracks(one)}, and the 95 % interval is "
                    f"{float(str(first['low'])):.2f} to {float(str(first['high'])):.2f}; "
                    f"{len(open_)} of {len(rows)} neighbours are not told apart"
                ),
                way_out="give intervals; call systems equal that the tracks do not tell apart",
                effect_db=abs(float(str(first["margin"]))) if metric in board.in_db else None,
                effect_ranks=1,
                evidence=tuple(rows),
            )


@audit("dominant_track", of="runs", pitfalls=("P35", "P42"))
def dominant_track(runs: Runs) -> Iterator[Finding]:
    """Does one track decide a number, or the order of the systems?"""
    for board in boards(runs.runs):
        for place, metric, one in _columns(board):
            count = len(one.tracks)
            whole, without = one.all_of(once(count))[0], one.all_of(left_out(count))
            known = np.asarray(
                np.isfinite(without).all(axis=1)
            )  # a stem may sound in one track alone
            if not known.any():
                continue
            moves = np.where(known[:, None], np.abs(without - whole), 0.0)
            up = board.higher_is_better[metric]
            before = ranks(whole.round(2), higher_is_better=up)
            after = np.where(known[:, None], without, whole)
            places = np.abs(ranks(after.round(2), higher_is_better=up) - before)
            track, system = np.unravel_index(np.argmax(moves), moves.shape)
            usual = float(np.median(moves[known]))
            largest = float(moves[track, system])
            dominates = largest >= _DOMINATES_DB and largest > 4.0 * usual
            if not dominates and not places.max():
                continue
            worst = int(track) if dominates else int(places.max(axis=1).argmax())
            shown = int(system) if dominates else int(moves[worst].argmax())
            yield Finding(
                audit="dominant_track",
                severity="warning" if dominates else "note",
                subject=runs.name,
                where=place,
                message=(
                    f"Without {one.tracks[worst]!r} {metric} of {one.systems[shown]} would be "
                    f"{without[worst, shown]:.2f} instead of {whole[shown]:.2f} (usual effect of "
                    f"a track: {usual:.2f}); systems that change places: "
                    f"{int((places[worst] > 0).sum())}"
                ),
                way_out="reduce over tracks by the median, or show every track",
                effect_db=float(moves[worst, shown]) if metric in board.in_db else None,
                effect_ranks=int(places.max()),
                value=float(whole[shown]),
                value_by_better_rule=float(without[worst, shown]),
                evidence=tuple(_rows(one, known, moves, without, places)),
            )


def _columns(board: Board, *, paired: bool = False) -> Iterator[tuple[str, str, Sampled]]:
    """Yield place, metric and column of all that has values on two tracks or more."""
    frames = board.frames()
    for summary in board.protocol.summaries:
        for metric in summary.metrics:
            one = sampled(frames, summary, metric, paired=paired)
            whole = one.all_of(once(len(one.tracks)))
            if len(one.tracks) > 1 and np.isfinite(whole).all():
                again = sum(metric in other.metrics for other in board.protocol.summaries) > 1
                told = f", {summary.name}" if again else ""
                yield f"{board.title}, {metric}{told}", metric, one


def _tracks(one: Sampled) -> str:
    """Return over how many tracks systems are compared, in words."""
    shared = int(np.isfinite(one.values).any(axis=(1, 2)).sum())
    lost = len(one.tracks) - shared
    return f"{shared} tracks" + (f" that all systems have ({lost} are lacking)" if lost else "")


def _neighbours(one: Sampled, *, higher_is_better: bool) -> list[Mapping[str, Plain]]:
    """Return the margin of each system over the next in the table, with its interval."""
    if len(one.systems) < 2:
        return []
    count = len(one.tracks)
    draws = _DRAWS if one.is_by_track else _DRAWS_OF_WINDOWS
    counts = resamples(count, draws=draws, generator=np.random.default_rng(0))
    whole, drawn = one.all_of(once(count))[0], one.all_of(counts)
    jackknife = one.all_of(left_out(count))
    order = np.argsort(-whole if higher_is_better else whole, kind="stable")
    places = rank_intervals(whole, drawn, confidence=_CONFIDENCE, higher_is_better=higher_is_better)
    first, second = order[:-1], order[1:]
    interval = bca(
        whole[first] - whole[second],
        drawn[:, first] - drawn[:, second],
        jackknife[:, first] - jackknife[:, second],
        confidence=_CONFIDENCE,
    )
    rows: list[Mapping[str, Plain]] = []
    for place, (a, b) in enumerate(zip(first, second, strict=True)):
        low, high = float(interval.low[place]), float(interval.high[place])
        margin = float(whole[a] - whole[b])
        rows.append(
            {
                "rank": place + 1,
                "system": one.systems[a],
                "next": one.systems[b],
                "margin": margin,
                "low": low,
                "high": high,
                "supported": not low <= 0.0 <= high,
                "equal_as_printed": abs(margin) < _PRINTED,
                "best_rank": int(places.low[a]),
                "worst_rank": int(places.high[a]),
            }
        )
    return rows


def _rows(
    one: Sampled, known: np.ndarray, moves: np.ndarray, without: np.ndarray, places: np.ndarray
) -> list[Mapping[str, Plain]]:
    rows: list[Mapping[str, Plain]] = [
        {
            "track": track,
            "system": system,
            "without": float(without[at, place]),
            "effect": float(moves[at, place]),
            "places": int(places[at, place]),
        }
        for at, track in enumerate(one.tracks)
        if known[at]
        for place, system in enumerate(one.systems)
    ]
    rows.sort(key=lambda row: -float(str(row["effect"])))
    return rows
