"""From the scores of windows to the number of a table: order, statistic, and what is left out.

Answered from stored scores, so that scores imported from other tools are looked at too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import pandas as pd

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.unmixed import always_infinite
from sepeval.protocol import Protocol, Step, Summary
from sepeval.protocol.rules import Reduction
from sepeval.types import Status
from sepeval.what_if import Board, Comparison, Sheet, changed_summaries, sheets, strongest

_LEAST_DB = 0.05
_LOW = -100.0  # dB, below every score
_UNEVEN = 1.5  # ratio of lengths under which no track outweighs another


def _two(inside: Reduction, over: Reduction) -> list[Step]:
    return [
        Step(over=["window"], by=inside),
        Step(over=["track"], by=over),
        Step(over=["replicate"], by="mean"),
    ]


def _flat(by: Reduction) -> list[Step]:
    return [Step(over=["window", "track"], by=by), Step(over=["replicate"], by="mean")]


ORDERS: Mapping[str, list[Step]] = {
    "median of medians": _two("median", "median"),
    "flat median": _flat("median"),
    "mean of medians": _two("median", "mean"),
    "median of means": _two("mean", "median"),
    "mean of means": _two("mean", "mean"),
    "flat mean": _flat("mean"),
}


@audit("aggregation_order", of="runs", pitfalls=("P14",))
def aggregation_order(runs: Runs) -> Iterator[Finding]:
    """How much does a number depend on what is averaged first, and by mean or median?"""
    for sheet in sheets(runs.runs):
        found = {name: _under(sheet, steps) for name, steps in ORDERS.items()}
        yield from _strongest(
            runs, sheet.board, "aggregation_order", found, "As the {name}, {words}"
        )


@audit("lower_median", of="runs", pitfalls=("P15",))
def lower_median(runs: Runs) -> Iterator[Finding]:
    """What is the median of an even count: the mean of the middle two, or the lower?"""
    for sheet in sheets(runs.runs):
        board = sheet.board
        kinds = {step.by for one in board.protocol.summaries for step in one.steps}
        if not kinds & {"median", "lower_median"}:
            continue
        swapped: Reduction = "median" if "lower_median" in kinds else "lower_median"
        found = {swapped.replace("_", " "): sheet.under(_swapped(board.protocol, swapped))}
        yield from _strongest(
            runs, sheet.board, "lower_median", found, "With the {name} of an even count, {words}"
        )


@audit("length_weighting", of="runs", pitfalls=("P42",))
def length_weighting(runs: Runs) -> Iterator[Finding]:
    """Does a long track weigh more than a short one?"""
    for sheet in sheets(runs.runs):
        board = sheet.board
        flat = all(len(one.steps[0].over) > 1 for one in board.protocol.summaries)
        kind = board.protocol.summaries[0].steps[0].by
        steps = _two(kind, kind) if flat else _flat(kind)
        lengths = _lengths(sheet)
        if len(lengths) < 2:
            continue
        told = "every track weighing the same" if flat else "every window weighing the same"
        ratio = max(lengths.values()) / min(lengths.values())
        if ratio < _UNEVEN:
            continue
        yield from _strongest(
            runs,
            sheet.board,
            "length_weighting",
            {told: _under(sheet, steps)},
            f"Tracks have {min(lengths.values())} to {max(lengths.values())} scores of a stem "
            f"(ratio {ratio:.1f}); with {{name}}, {{words}}",
        )


@audit("infinite_scores", of="runs", pitfalls=("P17",))
def infinite_scores(runs: Runs) -> Iterator[Finding]:
    """Are there infinite scores, and does leaving them out punish perfection?"""
    for sheet in sheets(runs.runs):
        board = sheet.board
        known = always_infinite(board.protocol)  # `nothing_to_separate` tells it
        counted = _counted(sheet, (Status.PLUS_INF, Status.MINUS_INF))
        rows = [row for row in counted if row["metric"] not in known]
        if not rows:
            continue
        kept = any(one.infinite == "keep" for one in board.protocol.summaries)
        best = any(row["status"] == str(Status.PLUS_INF) for row in rows)
        lost = "a perfect window is lost" if best else "the worst windows are lost"
        told = "kept: one makes a mean infinite" if kept else f"left out: {lost}"
        yield Finding(
            audit="infinite_scores",
            severity="warning",
            subject=runs.name,
            where=board.title,
            message=f"{_sum(rows)} scores are infinite; they are {told}",
            way_out="add an eps that the protocol states, or reduce by the median and keep them",
            evidence=tuple(rows),
        )


@audit("left_out_scores", of="runs", pitfalls=("P16", "P41"))
def left_out_scores(runs: Runs) -> Iterator[Finding]:
    """Which scores have no value, and what would stand-ins for them do?

    Other programs let them vanish, log 0.0, or keep them below all others, which a median bears.
    None of these is better; the effect is that of the stand-in that moves a number furthest.
    """
    gone = (Status.UNDEFINED, Status.ILL_CONDITIONED, Status.ERROR)
    for sheet in sheets(runs.runs):
        board = sheet.board
        rows = _counted(sheet, gone)
        if not rows:
            continue
        values = {"as 0.0": 0.0}
        if all(step.by != "mean" for one in board.protocol.summaries for step in one.steps[:1]):
            values["below all others"] = _LOW
        found = {
            told: sheet.under(board.protocol, _all_filled(sheet, gone, value))
            for told, value in values.items()
        }
        most = strongest(found)
        if most is None or most.effect < _LEAST_DB:
            continue
        yield Finding(
            audit="left_out_scores",
            severity="note",
            subject=runs.name,
            where=board.title,
            message=f"{_sum(rows)} scores have no value; "
            + "; ".join(f"counted {told}, {one.words}" for told, one in found.items()),
            way_out="state how many scores are left out, and why; never let one stand for none",
            **most.facts(rows),
        )


@audit("stems_in_all", of="runs", pitfalls=("P29",))
def stems_in_all(runs: Runs) -> Iterator[Finding]:
    """Does one stem decide the order in `All`?"""
    for sheet in sheets(runs.runs):
        board = sheet.board
        found: dict[str, Comparison] = {}
        for stem in board.protocol.stems:
            variant = changed_summaries(board.protocol, partial(_without, stem=stem))
            if variant != board.protocol:
                found[f"without {stem}"] = sheet.under(variant)
        moving = {name: one for name, one in found.items() if one.turns}
        yield from _strongest(runs, sheet.board, "stems_in_all", moving, "`All` {name}: {words}")


def _strongest(
    runs: Runs, board: Board, name: str, found: Mapping[str, Comparison], message: str
) -> Iterator[Finding]:
    """Yield the finding of the rule that moves the table most, if it moves."""
    most = strongest(found)
    if most is None or (most.effect < _LEAST_DB and not most.turns):
        return
    rows: list[Mapping[str, Plain]] = [
        {"rule": key, **row} for key, one in found.items() for row in one.facts()["evidence"]
    ]
    yield Finding(
        audit=name,
        severity="warning" if most.turns else "note",
        subject=runs.name,
        where=board.title,
        message=message.format(name=most.name, words=most.words),
        way_out="state the reductions in their order; compare numbers of one order only",
        **most.facts(rows),
    )


def _under(sheet: Sheet, steps: list[Step]) -> Comparison:
    def changed(one: Summary) -> Summary:
        return one.model_copy(update={"steps": steps})

    return sheet.under(changed_summaries(sheet.board.protocol, changed))


def _swapped(protocol: Protocol, by: Reduction) -> Protocol:
    def changed(one: Summary) -> Summary:
        steps = [
            step if step.by == "mean" else step.model_copy(update={"by": by}) for step in one.steps
        ]
        return one.model_copy(update={"steps": steps})

    return changed_summaries(protocol, changed)


def _without(summary: Summary, *, stem: str) -> Summary:
    left = [one for one in summary.all_stems if one != stem]
    return summary.model_copy(update={"all_stems": left}) if left else summary


def _lengths(sheet: Sheet) -> dict[str, int]:
    """Return how many scores each track has, of the stem where they differ most."""
    frame = next(iter(sheet.frames.values()))
    metric = sheet.board.protocol.summaries[0].metrics[0]
    used = frame[(frame["status"].astype(str) == "ok") & (frame["metric"] == metric)]
    found: dict[str, int] = {}
    widest = 0
    for stem in sheet.board.protocol.stems:
        counts = used[used["stem"] == stem]["track"].astype(str).value_counts()
        if len(counts) > 1 and counts.max() - counts.min() >= widest:
            widest = int(counts.max() - counts.min())
            found = {str(track): int(count) for track, count in counts.items()}
    return found


def _counted(sheet: Sheet, statuses: tuple[Status, ...]) -> list[Mapping[str, Plain]]:
    """Return how many scores have one of the statuses, by system, metric and stem."""
    wanted = {str(one) for one in statuses}
    asked = {one.name for one in sheet.board.protocol.metrics if one.where == "every_window"}
    rows: list[Mapping[str, Plain]] = []
    for system, frame in sheet.frames.items():
        own = frame.astype({"status": str, "metric": str, "stem": str})
        own = own[own["metric"].isin(asked)]
        hit = own[own["status"].isin(wanted)]
        counts = hit.value_counts(["metric", "stem", "status"])
        totals = own.value_counts(["metric", "stem"])
        for (metric, stem, status), count in zip(counts.index, counts, strict=True):
            total = int(totals[metric, stem])
            place = {"system": system, "metric": metric, "stem": stem, "status": status}
            rows.append({**place, "count": int(count), "of": total})
    rows.sort(key=lambda row: -int(str(row["count"])))
    return rows


def _all_filled(
    sheet: Sheet, statuses: tuple[Status, ...], value: float
) -> dict[str, pd.DataFrame]:
    return {name: _filled(frame, statuses, value) for name, frame in sheet.frames.items()}


def _filled(frame: pd.DataFrame, statuses: tuple[Status, ...], value: float) -> pd.DataFrame:
    hit = frame["status"].astype(str).isin({str(one) for one in statuses})
    status = frame["status"].astype(str).mask(hit, str(Status.OK))
    return frame.assign(status=status, value=frame["value"].mask(hit, value))


def _sum(rows: list[Mapping[str, Plain]]) -> int:
    return sum(int(str(row["count"])) for row in rows)
