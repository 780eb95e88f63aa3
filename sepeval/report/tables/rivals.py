"""Whose numbers can be the best of a column: one rule for stems and for All."""

from __future__ import annotations

from sepeval.results import Results
from sepeval.summary import ALL
from sepeval.types import Status

_INFINITE = (Status.PLUS_INF, Status.MINUS_INF)


def rivals(results: Results, summary: str, metric: str) -> dict[str, list[bool]]:
    """Return by column which systems' numbers can be marked as best.

    A number over fewer tracks than another's is no rival: it leaves out what others must solve.
    Nor is an All with such a stem.
    """
    rows = [system.rows_of(summary, metric) for system in results.systems]
    full: dict[str, list[bool]] = {}
    for own in zip(*rows, strict=True):
        most = max(row.tracks for row in own)
        full[own[0].stem] = [row.tracks == most for row in own]
    chosen = next(one for one in results.protocol.summaries if one.name == summary).all_stems
    inside = [full[stem] for stem in full if stem in chosen]
    if ALL in full:
        full[ALL] = [all(own) for own in zip(*inside, strict=True)]
    fit = [system.comparable for system in results.systems]
    return {
        stem: [one and own for one, own in zip(fit, owns, strict=True)]
        for stem, owns in full.items()
    }


def unmarked(results: Results) -> str:
    """Return the columns in which several systems have numbers and too few of them are rivals."""
    found: dict[str, None] = {}
    for key in results.keys:
        rows = [system.rows_of(*key) for system in results.systems]
        fit = rivals(results, *key)
        for own in zip(*rows, strict=True):
            has = [row.value is not None or row.status in _INFINITE for row in own]
            left = sum(one and rival for one, rival in zip(has, fit[own[0].stem], strict=True))
            if sum(has) > 1 and left < 2 and not results.mixed:
                found[own[0].stem] = None
    return f"; of {', '.join(found)} fewer than two are left, so none is marked" if found else ""
