"""A printed table against itself: `All`, sets of stems, unread cells, numbers told twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Table, audit
from sepeval.printed import ALL, Line, lines, numbers, step, steps

_ROUNDING = 1e-9
_WRONG_DB = 0.05  # no rounding of stems explains more


@audit("all_is_the_mean", of="tables", pitfalls=("P30",))
def all_is_the_mean(table: Table) -> Iterator[Finding]:
    """Is `All` the mean of the stems beside it?

    Off by one in the last digit is a note: `All` may have been taken before rounding. More than
    the rounding of stems and `All` allows is an error.
    """
    for line in lines(numbers(table.text, name=table.name)):
        if not line.has(ALL) or len(line.stems) < 2 or line.unit != "dB" or line.unread:
            continue
        mean = sum(line.value(stem) for stem in line.stems) / len(line.stems)
        printed = line.value(ALL)
        digit = steps([line.numbers[stem] for stem in (*line.stems, ALL)])
        apart = abs(printed - mean)
        if apart <= digit / 2.0 + _ROUNDING:
            continue
        yield Finding(
            audit="all_is_the_mean",
            severity="error" if apart > max(_WRONG_DB, digit) else "note",
            subject=table.name,
            where=_place(line),
            message=(
                f"{line.name}: the stems average {_exact(mean)}, and All is printed "
                f"{line.numbers[ALL].printed}"
            ),
            way_out="compute All again; say whether it is taken before or after rounding",
            effect_db=apart,
            value=printed,
            value_by_better_rule=mean,
            evidence=tuple(_rows(line)),
        )


@audit("other_stem_sets", of="tables", pitfalls=("P29",))
def other_stem_sets(table: Table) -> Iterator[Finding]:
    """Do the lines of one column average over different stems?

    The effect is by how much `All` of another line moves when it, too, is taken over the fewer
    stems.
    """
    for column in _columns(table):
        sets = {line.stems for line in column}
        fewest = min(sets, key=len)
        widest = max(sets, key=len)
        few = [line for line in column if set(line.stems) < set(widest) and len(line.stems) > 1]
        if not few or not set(fewest) < set(widest):
            continue
        rows: list[Mapping[str, Plain]] = []
        largest = 0.0
        for short in few:
            for line in column:
                if not set(short.stems) < set(line.stems):
                    continue
                alike = sum(line.value(stem) for stem in short.stems) / len(short.stems)
                largest = max(largest, abs(alike - line.value(ALL)))
                rows.append(
                    {
                        "system": short.name,
                        "all": short.value(ALL),
                        "stems": ", ".join(short.stems),
                        "beside": line.name,
                        "its_all": line.value(ALL),
                        "over_the_same_stems": alike,
                    }
                )
        told = ", ".join(line.name for line in few)
        yield Finding(
            audit="other_stem_sets",
            severity="warning",
            subject=table.name,
            where=_place(few[0]),
            message=(
                f"All of {told} is over {len(few[0].stems)} stems, that of others over "
                f"{len(widest)}; over the same stems the others move by up to {largest:.2f}"
            ),
            way_out="give All over the stems that all lines have",
            effect_db=largest,
            evidence=tuple(rows),
        )


@audit("unread_cells", of="tables", pitfalls=("P30",))
def unread_cells(table: Table) -> Iterator[Finding]:
    """Which cells begin like a number and are none, so that no audit has looked at them?"""
    rows: list[Mapping[str, Plain]] = [
        {"system": line.name, "stem": stem, "printed": line.numbers[stem].printed}
        for line in lines(numbers(table.text, name=table.name))
        for stem in line.unread
        if line.unit == "dB"
    ]
    if rows:
        yield Finding(
            audit="unread_cells",
            severity="warning",
            subject=table.name,
            message=(
                f"{len(rows)} cells could not be read as numbers, such as {rows[0]['printed']!r} "
                f"({rows[0]['system']}, {rows[0]['stem']}): nothing is said of their lines' `All`."
            ),
            evidence=tuple(rows),
            way_out="print one plain number in each cell, with a point for decimals",
        )


@audit("told_twice", of="tables", pitfalls=("P30",))
def told_twice(table: Table) -> Iterator[Finding]:
    """Does one source print two numbers for the same thing?"""
    seen: dict[tuple[str, ...], list[Line]] = {}
    for line in lines(numbers(table.text, name=table.name)):
        if not line.metric:
            continue  # two tables without a word on what they show
        data = line.table[1].split(" ")[0]
        key = (line.system, line.configuration, line.metric, line.unit, data)
        seen.setdefault(key, []).append(line)
    for own in seen.values():
        told = [line for line in own if line.has(ALL)]
        for other in told[1:]:
            first = told[0]
            rule_differs = first.table[2] != other.table[2] and first.table[0] == other.table[0]
            apart = abs(first.value(ALL) - other.value(ALL))
            if rule_differs or apart <= step(other.numbers[ALL].printed) / 2.0 + _ROUNDING:
                continue
            yield _twice(table, first, other, apart)


def _twice(table: Table, first: Line, other: Line, apart: float) -> Finding:
    return Finding(
        audit="told_twice",
        severity="warning",
        subject=table.name,
        where=_place(other),
        message=(
            f"{first.name}, {first.metric}: {first.numbers[ALL].printed} in {first.table[0]!r} and "
            f"{other.numbers[ALL].printed} in {other.table[0]!r}"
        ),
        way_out="find out which evaluation each number comes from",
        effect_db=apart if first.unit == "dB" else None,
        value=other.value(ALL),
        value_by_better_rule=first.value(ALL),
        evidence=(
            {"source": first.table[0], "protocol": first.table[2], "value": first.value(ALL)},
            {"source": other.table[0], "protocol": other.table[2], "value": other.value(ALL)},
        ),
    )


def _columns(table: Table) -> Iterator[list[Line]]:
    """Yield the lines of one table and metric that have `All` and stems."""
    groups: dict[tuple[str, str, str], list[Line]] = {}
    for line in lines(numbers(table.text, name=table.name)):
        if line.has(ALL) and line.stems and line.unit == "dB" and not line.unread:
            data = line.table[1].split(" ")[0]
            groups.setdefault((line.table[0], data, line.metric), []).append(line)
    yield from groups.values()


def _rows(line: Line) -> list[Mapping[str, Plain]]:
    return [{"stem": stem, "printed": line.numbers[stem].printed} for stem in (*line.stems, ALL)]


def _place(line: Line) -> str:
    parts = (line.table[0], line.table[1], line.name, line.metric)
    return ", ".join(part for part in parts if part)


def _exact(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
