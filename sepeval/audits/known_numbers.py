"""A printed table against what is known: published numbers, protocols, and usual uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from sepeval.audits.base import Finding, Plain, Table, audit
from sepeval.datasets.official import slakh2100
from sepeval.printed import ALL, Line, lines, numbers, step
from sepeval.publications import PublishedNumber, same_name
from sepeval.publications import numbers as published

# Standard deviation of a number over 50 tracks, in dB, found by drawing the tracks of SiSEC 2018
# again: of the mean of four stems, and of one stem. It falls with the root of the tracks.
_OF_ALL_DB, _OF_STEM_DB, _DRAWN = 0.25, 0.5, 50
_PRINTED = 0.005


@audit("close_margins", of="tables", pitfalls=("P35",))
def close_margins(table: Table) -> Iterator[Finding]:
    """Are lines of a table nearer to each other than other tracks could bring about?

    Without scores per track, the usual standard deviation over that many tracks is taken:
    a difference that only a paired test on the tracks could support. `margins` tests it on runs.
    """
    for lead, column in _columns(table).items():
        if len(column) < 2:
            continue
        tracks, told = _tracks(lead[1])
        usual = _OF_ALL_DB if lead[4] == ALL else _OF_STEM_DB
        limit = round(usual * math.sqrt(2.0 * _DRAWN / tracks), 2)  # as printed
        ordered = sorted(column, key=lambda line: -line.value(lead[4]))
        rows: list[Mapping[str, Plain]] = []
        for first, second in pairwise(ordered):
            margin = round(first.value(lead[4]) - second.value(lead[4]), 4)
            if _PRINTED < margin < limit and first.name != second.name:
                names = {"system": first.name, "next": second.name}
                rows.append({**names, "value": first.value(lead[4]), "margin": margin})
        if not rows:
            continue
        rows.sort(key=lambda row: float(str(row["margin"])))
        closest = rows[0]
        yield Finding(
            audit="close_margins",
            severity="note",
            subject=table.name,
            where=", ".join(part for part in lead if part),
            message=(
                f"{closest['system']} is {float(str(closest['margin'])):.2f} dB ahead of "
                f"{closest['next']}; {len(rows)} of {len(ordered) - 1} neighbours are closer than "
                f"{limit:.2f} dB, one standard deviation of an unpaired difference over {told}"
            ),
            way_out="test the difference on the same tracks (paired), and give its interval",
            effect_ranks=1,
            evidence=tuple(rows),
        )


@audit("against_published", of="tables", pitfalls=("P30",))
def against_published(table: Table) -> Iterator[Finding]:
    """Does a line print other numbers than its system has published?

    A line is held against published numbers of the same model, configuration, metric and data,
    where the table names them. A model that is published under other configurations alone, such as
    `MSDM (Dirac)` for `MSDM`, is told where its numbers are none of theirs.
    """
    known: dict[str, list[PublishedNumber]] = {}
    models: dict[str, list[PublishedNumber]] = {}
    for one in published():
        known.setdefault(_plain(one.model + one.configuration), []).append(one)
        for name in dict.fromkeys((one.model, one.model.partition(" (")[0])):
            models.setdefault(_plain(name), []).append(one)
    for line in lines(numbers(table.text, name=table.name)):
        own = _of(line, known.get(_plain(line.system + line.configuration), []))
        beside = [] if own else _of(line, models.get(_plain(line.system), []))
        rows = [row for stem in line.numbers for row in _differing(line, stem, own or beside)]
        if rows:
            yield _contradicted(table, line, rows, beside)


def _contradicted(
    table: Table, line: Line, rows: list[Mapping[str, Plain]], beside: list[PublishedNumber]
) -> Finding:
    """Return the finding of a line; `beside` holds its model's other configurations, if any."""
    largest = max(float(str(row["apart"])) for row in rows)
    told = f"{len(rows)} numbers of {line.name} are not those that are published, by up to"
    if beside:
        plain = all(_plain(one.model) == _plain(line.system) for one in beside)
        others = " and ".join(
            dict.fromkeys(
                repr(one.configuration if plain else f"{one.model} {one.configuration}".strip())
                for one in beside
            )
        )
        told = (
            f"{line.name} is published as {others} and not as {line.configuration!r}: "
            f"{len(rows)} numbers are none of theirs, by up to"
        )
    return Finding(
        audit="against_published",
        severity="note" if beside else "warning",
        subject=table.name,
        where=f"{line.table[0]}, {line.name}, {line.metric}",
        message=f"{told} {largest:.2f} {line.unit}",
        way_out="name the source of the number, and the protocol that it was measured under",
        effect_db=largest if line.unit == "dB" and not beside else None,
        evidence=tuple(rows),
    )


@audit("rows_of_other_protocols", of="tables", pitfalls=("P9", "P36"))
def rows_of_other_protocols(table: Table) -> Iterator[Finding]:
    """Do the lines of one column state different protocols or data?"""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines(numbers(table.text, name=table.name)):
        if line.unit == "dB" and line.has(ALL):
            groups.setdefault((line.table[0], line.metric), []).append(line)
    for (source, metric), own in groups.items():
        stated = list(dict.fromkeys((line.table[1], line.table[2]) for line in own))
        shared = len({line.name for line in own}) > 1
        systems: dict[str, set[tuple[str, str]]] = {}
        for line in own:
            systems.setdefault(line.name, set()).add((line.table[1], line.table[2]))
        apart = any(rules != set(stated) for rules in systems.values())
        if len(stated) < 2 or not shared or not apart:
            continue
        yield Finding(
            audit="rows_of_other_protocols",
            severity="note",
            subject=table.name,
            where=f"{source}, {metric}",
            message=f"The column {metric!r} holds {len(stated)} stated protocols or data",
            way_out="set apart what was not measured under the same protocol",
            evidence=tuple(
                {"system": line.name, "dataset": line.table[1], "protocol": line.table[2]}
                for line in own
            ),
        )


def _tracks(dataset: str) -> tuple[int, str]:
    """Return over how many tracks a table of a test split is taken, and what is assumed for it."""
    if "slakh" in dataset.casefold():
        orig, redux = (len(slakh2100(edition)["test"]) for edition in ("orig", "redux"))
        return orig, f"{orig} tracks (orig is assumed; redux has {redux})"
    known = "musdb" in dataset.casefold()
    return _DRAWN, f"{_DRAWN} tracks" + ("" if known else ", which is assumed")


def _columns(table: Table) -> dict[tuple[str, str, str, str, str], list[Line]]:
    """Return the lines of one source, data, protocol and metric, by that and `All` or a stem.

    A line counts under `All` where it has one, else under each of its stems.
    """
    groups: dict[tuple[str, str, str, str, str], list[Line]] = {}
    for line in lines(numbers(table.text, name=table.name)):
        if line.unit != "dB":
            continue
        if " minus " in line.system:
            continue
        for lead in (ALL,) if line.has(ALL) else line.stems:
            groups.setdefault((*line.table, line.metric, lead), []).append(line)
    return groups


def _differing(line: Line, stem: str, known: list[PublishedNumber]) -> list[Mapping[str, Plain]]:
    """Return the published numbers that a number contradicts; none where one agrees."""
    if not line.has(stem):
        return []
    value, half = line.value(stem), step(line.numbers[stem].printed) / 2.0
    own = [one for one in known if same_name(one.stem, stem)]
    apart = [(abs(value - float(one.value or 0.0)), one) for one in own]
    if not apart or any(gap <= half + step(one.printed) / 2.0 for gap, one in apart):
        return []
    gap, one = min(apart, key=lambda pair: pair[0])
    return [
        {
            "stem": stem,
            "printed": line.numbers[stem].printed,
            "published": one.printed,
            "apart": gap,
            "source": one.source,
        }
    ]


def _of(line: Line, known: list[PublishedNumber]) -> list[PublishedNumber]:
    """Return the published numbers that a line can be held against, of any stem."""
    _, dataset, protocol = line.table
    return [
        one
        for one in known
        if one.value is not None
        and one.unit == line.unit
        and (not line.metric or same_name(one.metric, line.metric))
        and (
            not dataset or same_name(one.dataset, dataset) or one.dataset.startswith(f"{dataset} ")
        )
        and (not protocol or one.protocol == protocol)
    ]


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())
