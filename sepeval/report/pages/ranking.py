"""Which tracks to look at first: the worst, the best, and those on which systems differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepeval.report.pages.groups import Group
from sepeval.report.pages.rows import Values
from sepeval.results import Results
from sepeval.results.traits import direction, in_unit
from sepeval.results.words import headline, plain

_SHOWN = 3  # tracks of each kind
NONE = "-"


@dataclass(frozen=True)
class Number:
    """A number as it is shown, and what is sorted by; None where there is none."""

    text: str
    number: float | None


@dataclass(frozen=True)
class Line:
    """One track.

    Attributes:
        id: of the track.
        track: its id, as it is shown.
        page: address of its page.
        systems: one number for each.
        mean: over the systems that have one.
        spread: from the lowest to the highest system.
    """

    id: str
    track: str
    page: str
    systems: tuple[Number, ...]
    mean: Number
    spread: Number


@dataclass(frozen=True)
class Ranking:
    """The tracks of a section by its first number.

    Attributes:
        title: what is shown, with unit and direction.
        stem: whose number it is.
        systems: names.
        lines: the worst track first; tracks without a number last.
        worst: the first lines.
        best: the best first.
        different: the largest spread first; empty for one system.
    """

    title: str
    stem: str
    systems: tuple[str, ...]
    lines: tuple[Line, ...]
    worst: tuple[Line, ...]
    best: tuple[Line, ...]
    different: tuple[Line, ...]


def ranking(results: Results, values: Values, group: Group, *, decimals: int) -> Ranking:
    """Return the tracks of a section in the order in which to look at them.

    Args:
        results: of the section.
        values: of its first summary and metric; their headline is what tracks are ordered by.
        group: that the runs belong to.
        decimals: shown.
    """
    record = results.metrics[values.metric]
    stem = headline(values.stems)
    shown = values.values[:, values.stems.index(stem)]  # [system track]
    finite = np.where(np.isfinite(shown), shown, np.nan)
    known = np.isfinite(finite).any(axis=0)
    pages = {track.id: group.page(track) for track in group.tracks}
    lines = []
    for place, track in enumerate(values.tracks):
        own = finite[:, place][np.isfinite(finite[:, place])]
        mean = float(np.mean(own)) if len(own) else np.nan
        spread = float(np.ptp(own)) if len(own) > 1 else np.nan
        numbers = tuple(_number(one, decimals) for one in shown[:, place])
        name = plain(track) or pages[track]
        both = _number(mean, decimals), _number(spread, decimals)
        lines.append(Line(track, name, pages[track], numbers, *both))
    upward = record.higher_is_better
    order = sorted(np.flatnonzero(known), key=lambda at: _sorted_by(lines[at].mean, upward=upward))
    ranked = [lines[at] for at in order]
    apart = sorted(
        (one for one in ranked if one.spread.number), key=lambda one: -(one.spread.number or 0.0)
    )
    return Ranking(
        title=(
            f"{values.metric} of {stem}, {values.summary}, {in_unit(record.unit)}; "
            f"{direction(record)}"
        ),
        stem=stem,
        systems=tuple(system.name for system in results.systems),
        lines=(*ranked, *(lines[at] for at in np.flatnonzero(~known))),
        worst=tuple(ranked[:_SHOWN]),
        best=tuple(ranked[::-1][:_SHOWN]),
        different=tuple(apart[:_SHOWN]),
    )


def _sorted_by(number: Number, *, upward: bool) -> float:
    value = number.number or 0.0
    return value if upward else -value


def _number(value: float, decimals: int) -> Number:
    if np.isnan(value):
        return Number(NONE, None)
    if np.isinf(value):
        return Number("+inf" if value > 0 else "-inf", float(value))
    return Number(f"{round(value, decimals) + 0.0:.{decimals}f}", float(value))
