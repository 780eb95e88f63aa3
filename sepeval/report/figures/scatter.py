"""Figures of track against track: two systems, or one system under two protocols."""

from __future__ import annotations

from collections.abc import Sequence

from sepeval.errors import StoreError
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.figures.paired_tracks import Side, pairs_of, told, track_values
from sepeval.report.figures.scatter_charts import draw
from sepeval.report.figures.tracks import words_of
from sepeval.results import Results, line
from sepeval.results.traits import direction, in_unit, with_unit
from sepeval.store.run import slug


def scatter(
    results: Results, summary: str, metric: str, *, baseline: str = ""
) -> tuple[Drawing, ...]:
    """Return a figure of track against track for every system and the baseline.

    Args:
        results: two systems at least.
        summary: name of the reduction that makes a track's value.
        metric: name of the score.
        baseline: name of the system on the horizontal axes; the first if left out.

    Raises:
        StoreError: there is one system, or none is called so.
    """
    names = [system.name for system in results.systems]
    if len(names) < 2:
        message = (
            f"a scatter of tracks takes two systems, or one under two protocols; found {names[0]!r}"
        )
        raise StoreError(message)
    if baseline and baseline not in names:
        raise StoreError(f"there is no system {baseline!r}; there are {', '.join(names)}")
    first = names.index(baseline) if baseline else 0
    sides = [
        _side(
            results,
            place,
            summary,
            metric,
        )
        for place in range(len(names))
    ]
    return tuple(
        _of_systems(results, summary, metric, sides[first], side)
        for place, side in enumerate(sides)
        if place != first
    )


def scatter_of_protocols(
    below: Results, beside: Results, below_key: tuple[str, str], beside_key: tuple[str, str]
) -> Drawing:
    """Return the figure of one system's tracks under two protocols.

    Args:
        below: the system under the protocol of the horizontal axes.
        beside: the same system under the other protocol.
        below_key: summary and metric on the horizontal axes.
        beside_key: summary and metric on the vertical axes.

    Raises:
        StoreError: the protocols share no stem.
    """
    sides = [
        _side(
            results,
            0,
            *key,
            name=results.protocol.id,
        )
        for results, key in ((below, below_key), (beside, beside_key))
    ]
    stems = [stem for stem in below.protocol.stems if stem in beside.protocol.stems]
    if not stems:
        raise StoreError(f"{below.protocol.id} and {beside.protocol.id} share no stem")
    name = below.systems[0].name
    title = (
        f"Do two protocols see the same tracks? {name}: {below_key[1]} of {below.protocol.id} "
        f"against {beside_key[1]} of {beside.protocol.id}"
    )
    return _drawing(
        f"{below.protocol.id}-{below_key[1]}--{beside.protocol.id}-{beside_key[1]}--scatter--{sides[0].key}",
        title,
        stems,
        sides,
        signed=f"{line(below)} || {line(beside)}",
        upward=None,
        how=" and ".join(
            dict.fromkeys(
                _how(one, key[0]) for one, key in ((below, below_key), (beside, beside_key))
            )
        ),
    )


def _side(results: Results, place: int, summary: str, metric: str, *, name: str = "") -> Side:
    system = results.systems[place]
    values = track_values(system, results, summary, metric)
    unit = results.metrics[metric].unit
    key = f"{slug(system.name)[:16]}-{system.run.manifest.hash}"
    return Side(name or system.name, key, with_unit(metric, unit), unit, place, values)


def _of_systems(results: Results, summary: str, metric: str, first: Side, other: Side) -> Drawing:
    record = results.metrics[metric]
    marks = f" ({'; '.join(results.shared_marks)})" if results.shared_marks else ""
    title = (
        f"On which tracks is {other.name} better than {first.name}? {metric}, "
        f"{direction(record)}, {results.protocol.id}{marks}"
    )
    return _drawing(
        f"{results.protocol.id}--{metric}--scatter--{first.key}--{other.key}",
        title,
        list(results.protocol.stems),
        [first, other],
        signed=line(results),
        upward=record.higher_is_better,
        how=_how(results, summary),
    )


def _how(results: Results, summary: str) -> str:
    return words_of(next(one for one in results.protocol.summaries if one.name == summary))


def _drawing(
    name: str,
    title: str,
    stems: Sequence[str],
    sides: Sequence[Side],
    *,
    signed: str,
    upward: bool | None,
    how: str,
) -> Drawing:
    """Return a scatter; `upward` says who is better on a track, None that nobody is."""
    pairs = [pairs_of(sides[0].values[stem], sides[1].values[stem]) for stem in stems]
    spoken = [told(one, upward=upward, names=[side.name for side in sides]) for one in pairs]
    unit = in_unit(sides[0].unit)
    return Drawing(
        name=slug(name),
        title=title,
        words=f"Tracks, {unit}. "
        + ". ".join(f"{stem}: {words}" for stem, words in zip(stems, spoken, strict=True))
        + ".",
        draw=lambda: draw(title, stems, sides, pairs, signed, upward, how),
    )
