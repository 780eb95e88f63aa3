"""Gains that a text states, against the numbers of its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sepeval.audits.base import Finding, Plain, Table, audit
from sepeval.printed import ALL, Line, lines, numbers, sentences, step

_GAIN = re.compile(r"^(.*?)\s*(?:gain|improvement)$", re.IGNORECASE)
_STATED = re.compile(r"(?<![\d.])([+-]?\d+(?:\.\d+)?)\s*dB\b", re.IGNORECASE)
_GAINED = re.compile(
    r"\b(?:gain|improv|outperform|exceed|surpass|ahead of|(?:better|higher) than)\w*", re.IGNORECASE
)
_BESIDE = re.compile(
    r"\b(?:over|than|upon|on|outperform\w*|exceed\w*|surpass\w*|ahead of)\b", re.IGNORECASE
)
_ROUNDING = 1e-9


@audit("gains_in_text", of="tables", pitfalls=("P30",))
def gains_in_text(table: Table) -> Iterator[Finding]:
    """Is a gain that the text states the difference of the table's numbers?

    In CSV a gain is a line whose metric ends in `gain` and whose model reads `A minus B`. In LaTeX
    it is a sentence with numbers in dB, a word of gaining, and the name of the system that is
    gained over; where it names no other system, or no stem behind a number, any line and column may
    be meant. Of several numbers each has the stems that stand between it and the next.
    """
    found = lines(numbers(table.text, name=table.name))
    for line in found:
        yield from _of_line(table, found, line)
    for sentence in sentences(table.text):
        yield from _of_sentence(table, found, sentence)


def _of_line(table: Table, found: Sequence[Line], line: Line) -> Iterator[Finding]:
    match = _GAIN.match(line.metric)
    first, minus, second = line.system.partition(" minus ")
    if match is None or not minus:
        return
    for stem in (*line.stems, *([ALL] if line.has(ALL) else [])):
        pair = [_named(found, name, match.group(1), stem, line) for name in (first, second)]
        if pair[0] is None or pair[1] is None:
            continue
        gain = pair[0].value(stem) - pair[1].value(stem)
        digit = step(line.numbers[stem].printed)
        apart = abs(gain - line.value(stem))
        if apart <= digit / 2.0 + _ROUNDING:
            continue
        yield Finding(
            audit="gains_in_text",
            severity="error" if apart > 2.0 * digit else "note",
            subject=table.name,
            where=", ".join(part for part in (*line.table[:2], line.name, line.metric) if part),
            message=(
                f"The text gives {line.system} a gain of {line.numbers[stem].printed} in "
                f"{match.group(1)}; the table's numbers differ by {gain:.2f}"
            ),
            way_out="state the gain of the table, with its digits",
            effect_db=apart,
            value=line.value(stem),
            value_by_better_rule=gain,
            evidence=(
                {"system": pair[0].name, "value": pair[0].value(stem)},
                {"system": pair[1].name, "value": pair[1].value(stem)},
            ),
        )


def _of_sentence(table: Table, found: Sequence[Line], sentence: str) -> Iterator[Finding]:
    stated, word = list(_STATED.finditer(sentence)), _BESIDE.search(sentence)
    if not stated or word is None or not _GAINED.search(sentence):
        return
    names = _places(sentence, {line.system for line in found})
    behind = [name for at, name in names if at >= word.start()]
    before = [name for at, name in names if at < word.start()]
    if not behind:
        return
    ends = [*(one.start() for one in stated[1:]), len(sentence)]
    for place, (one, end) in enumerate(zip(stated, ends, strict=True)):
        own = sentence[one.end() if place else 0 : end]  # what is said of this number
        said = _BESIDE.search(own) if place else None
        others = _places(own[said.start() :], {line.system for line in found}) if said else []
        systems = before[-1:], others[0][1] if others else behind[0]
        yield from _of_number(table, found, sentence, one.group(1), own, systems)


def _of_number(
    table: Table,
    found: Sequence[Line],
    sentence: str,
    printed: str,
    own: str,
    systems: tuple[list[str], str],
) -> Iterator[Finding]:
    """Yield the finding of one number of a sentence, if no difference of the tables is near it."""
    before, behind = systems
    stems = {stem for line in found for stem in line.numbers}
    spoken = {stem for _, stem in _places(own, stems)}
    rows = [
        row
        for one in found
        for other in found
        if other.system == behind and one.system != other.system and one.table == other.table
        if not before or one.system == before[-1]
        for row in _gains(one, other, spoken or stems)
    ]
    value, digit = float(printed), step(printed)
    rows.sort(key=lambda row: abs(float(str(row["gain"])) - value))
    if not rows:
        return
    gain = float(str(rows[0]["gain"]))
    apart = abs(gain - value)
    if apart <= digit / 2.0 + _ROUNDING:
        return
    yield Finding(
        audit="gains_in_text",
        severity="warning" if apart > digit + _ROUNDING else "note",
        subject=table.name,
        where=f"{before[-1] if before else 'any system'} over {behind}, {printed} dB",
        message=(
            f"The text states {printed} dB ({sentence!r}); the nearest difference of the tables "
            f"is {gain:.2f}"
        ),
        way_out="state the gain of the table, with its digits",
        effect_db=apart,
        value=value,
        value_by_better_rule=gain,
        evidence=tuple(rows),
    )


def _gains(one: Line, other: Line, stems: set[str]) -> Iterator[Mapping[str, Plain]]:
    for stem in stems:
        if one.metric == other.metric and one.unit == "dB" and one.has(stem) and other.has(stem):
            gain = one.value(stem) - other.value(stem)
            names = {"system": one.name, "over": other.name, "stem": stem}
            yield {**names, "gain": gain, "value": one.value(stem), "beside": other.value(stem)}


def _places(sentence: str, names: set[str]) -> list[tuple[int, str]]:
    """Return the names in a sentence with their places; a name inside a longer one is none."""
    text, found = sentence.casefold(), []
    for name in sorted((name for name in names if name), key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(name.casefold())}(?!\w)"
        for match in re.finditer(pattern, text):
            found.append((match.start(), name))
            text = text[: match.start()] + "\0" * len(match.group()) + text[match.end() :]
    return sorted(found)


def _named(found: Sequence[Line], name: str, metric: str, stem: str, beside: Line) -> Line | None:
    """Return the one line that a text means by a name; it may leave out the start of a name."""
    plain = _plain(name)
    data = beside.table[1].split(" ")[0]
    fitting = [
        line
        for line in found
        if _plain(line.metric) == _plain(metric)
        and line.has(stem)
        and line.table[1].split(" ")[0] == data
        and (_plain(line.system) == plain or _plain(line.system).endswith(plain))
    ]
    exact = [line for line in fitting if _plain(line.system) == plain]
    chosen = exact or fitting
    systems = {line.value(stem) for line in chosen}
    return chosen[0] if len(systems) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[\s\-_.]", "", name).casefold()
