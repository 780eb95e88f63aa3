"""Where windows are cut: from tracks or segments, how long, how far apart, and what of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.protocol import Protocol, Segments, Sliding, Whole, released
from sepeval.protocol import load as load_protocol
from sepeval.what_if import Case, Comparison, cases, held, strongest

_LEAST_DB = 0.05
_REFUSED = "cells have other edges"


@audit("windows", of="runs", pitfalls=("P18", "P19"))
def windows(runs: Runs) -> Iterator[Finding]:
    """How much does a number depend on where its windows are cut?

    Answered where the cells of the runs have the edges; for other windows the evidence names a
    protocol whose windows they are, so that a run under it holds them.
    """
    for case in cases(runs.runs):
        answered: dict[str, Comparison] = {}
        asked = _variants(case.protocol, _rate(case))
        for told, variant in asked.items():
            comparison = case.under_windows(variant)
            if comparison is not None:
                answered[told] = comparison
        most = strongest(answered)
        if most is None or (most.effect < _LEAST_DB and not most.turns):
            continue
        yield Finding(
            audit="windows",
            severity="warning" if most.turns else "note",
            subject=runs.name,
            where=case.board.title,
            message=f"With windows of {most.name}, {most.words}",
            way_out="state length, hop, what windows are cut from, and what becomes of the rest",
            **most.facts(_rows(answered, asked)),
        )


def _rate(case: Case) -> int:
    """Return the rate of the statistics, in Hz; 0 without any."""
    tracks = (one.statistics for one in held(next(iter(case.systems.values()))))
    return next((one.rate for one in tracks if one is not None), 0)


def _variants(protocol: Protocol, rate: int) -> dict[str, Protocol]:
    """Return the protocol with the windows, and the segments, of every released one.

    Segments that are so many samples of another rate are left out.
    """
    found: dict[str, Protocol] = {}
    for own in _tails(protocol):
        found[_told(own)] = own
    for other in _released():
        counted = other.segments is not None and other.segments.length is not None
        if counted and other.audio.rate not in ("native", rate):
            continue
        update = {"windows": other.windows, "segments": other.segments}
        variant = protocol.model_copy(update=update)
        found.setdefault(_told(variant), variant)
    found.pop(_told(protocol), None)
    return found


def _tails(protocol: Protocol) -> Iterator[Protocol]:
    """Yield the protocol with other tails, and its windows cut from the track."""
    own = protocol.windows
    if isinstance(own, Sliding):
        for tail in ("drop", "partial", "pad"):
            changed = own.model_copy(update={"tail": tail})
            yield protocol.model_copy(update={"windows": changed})
    if protocol.segments is not None:
        yield protocol.model_copy(update={"segments": None})


def _told(protocol: Protocol) -> str:
    own = protocol.windows
    if isinstance(own, Whole):
        text = "the whole length"
    else:
        text = f"{own.length_s:g} s every {own.hop_s:g} s, rest {own.tail}"
    return f"{text}, cut from {_segment(protocol.segments)}"


def _segment(rule: Segments | None) -> str:
    if rule is None:
        return "the track"
    size = f"{rule.length} samples" if rule.length_s is None else f"{rule.length_s:g} s"
    return f"segments of {size}"


def _rows(
    answered: Mapping[str, Comparison], asked: Mapping[str, Protocol]
) -> list[Mapping[str, Plain]]:
    rows: list[Mapping[str, Plain]] = []
    for told, one in answered.items():
        rows += [{"windows": told, "answered": True, **row} for row in one.facts()["evidence"]]
    blank = dict.fromkeys(rows[0])
    rows += [
        {**blank, "windows": told, "answered": False, "system": f"{_REFUSED}: {_holder(variant)}"}
        for told, variant in asked.items()
        if told not in answered
    ]
    return rows


@cache
def _released() -> tuple[Protocol, ...]:
    return tuple(load_protocol(name) for name in released())


def _holder(variant: Protocol) -> str:
    """Return how a run comes to hold these windows."""
    for other in _released():
        if (other.windows, other.segments) == (variant.windows, variant.segments):
            return f"evaluate under {other.name} too"
    return "evaluate under a protocol with these windows"
