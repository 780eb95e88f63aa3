"""Where windows are cut: from tracks or segments, how long, how far apart, and what of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.protocol import Protocol, Segments, Sliding, Whole, released
from sepeval.protocol import load as load_protocol
from sepeval.runner import score_table
from sepeval.summary import summarise_scores
from sepeval.what_if import Case, Comparison, Numbers, cases, compare

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
        asked = _variants(case.protocol)
        for told, variant in asked.items():
            numbers = _numbers(case, variant)
            if numbers is not None:
                up = case.board.higher_is_better
                answered[told] = compare(case.numbers, numbers, higher_is_better=up)
        if not answered:
            continue
        told = max(answered, key=lambda one: (answered[one].turns, answered[one].effect_db))
        strongest = answered[told]
        if strongest.effect_db < _LEAST_DB and not strongest.turns:
            continue
        yield Finding(
            audit="windows",
            severity="warning" if strongest.turns else "note",
            subject=runs.name,
            where=case.board.title,
            message=f"With windows of {told}, {strongest.words}",
            way_out="state length, hop, what windows are cut from, and what becomes of the rest",
            **strongest.facts(_rows(answered, asked)),
        )


def _numbers(case: Case, variant: Protocol) -> Numbers | None:
    """Return the table under other windows, from the cells as they are stored; None without."""
    from sepeval.errors import StoreError

    found = {}
    for name, run in zip(case.board.names, case.board.runs, strict=True):
        try:
            frame = score_table(run, variant).to_pandas()
        except StoreError:
            return None
        found[name] = summarise_scores(frame, variant, system=name)
    return found


def _variants(protocol: Protocol) -> dict[str, Protocol]:
    """Return the protocol with the windows, and the segments, of every released one."""
    found: dict[str, Protocol] = {}
    for own in _tails(protocol):
        found[_told(own)] = own
    for name in released():
        other = load_protocol(name)
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


def _holder(variant: Protocol) -> str:
    """Return how a run comes to hold these windows."""
    for name in released():
        other = load_protocol(name)
        if (other.windows, other.segments) == (variant.windows, variant.segments):
            return f"evaluate under {name} too"
    return "evaluate under a protocol with these windows"
