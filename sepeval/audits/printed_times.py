"""Printed times: measured, or multiplied?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from sepeval.audits.base import Finding, Plain, Table, audit
from sepeval.printed import Line, lines, numbers, step

_TIME_S = {"s": 1.0, "ms": 1e-3}  # seconds per unit
_PER_STEM = re.compile(r"multiplied by (\d+)")  # one stem at a time, as the table states it
_CHANCE = 0.05  # of so many hits among random times, over all that are tried
_MOST = 20  # passes; beyond, rounding leaves nothing to tell
_DISAGREES = 0.05  # share of a time; rounding of an RTF of two digits is less


class _Time(NamedTuple):
    """A printed time in seconds, half a unit of its last digit, and of how many stems it is."""

    name: str
    seconds: float
    half: float
    stems: int


class _Hit(NamedTuple):
    """A time that is a start plus a whole number of passes, and the chance of that."""

    time: _Time
    passes: int
    chance: float


@audit("multiplied_times", of="tables", pitfalls=("P44",))
def multiplied_times(table: Table) -> Iterator[Finding]:
    """Are printed times exact multiples of one pass, so that nobody has measured them?

    Tried are t = k b, and t = a + k b, with a and b among the printed times. Reported is what
    chance would bring about less than once in twenty tables.
    """
    found = lines(numbers(table.text, name=table.name))
    for data, times in _by_data(found).items():
        best = _explained(times)
        if best is None:
            continue
        start, base, hits = best
        rows: list[Mapping[str, Plain]] = [
            {
                "system": hit.time.name,
                "seconds": hit.time.seconds,
                "start_s": start.seconds if start else 0.0,
                "passes": hit.passes,
                "pass_s": base.seconds,
                "pass_of_a_stem_s": base.seconds / (base.stems if start is None else 1),
            }
            for hit in hits
        ]
        sums = ", ".join(_sum(start, base, hit) for hit in hits)
        yield Finding(
            audit="multiplied_times",
            severity="warning",
            subject=table.name,
            where=data,
            message=(
                f"{len(hits)} times are exact multiples of one pass ({sums}, in s"
                f"{_of_stem(start, base)}): they look computed, not measured"
            ),
            way_out="measure every row, and state hardware, precision, warm-up and repetitions",
            evidence=tuple(rows),
        )


@audit("time_and_factor", of="tables", pitfalls=("P44",))
def time_and_factor(table: Table) -> Iterator[Finding]:
    """Do the time and the real-time factor of a system speak of the same audio?"""
    found = lines(numbers(table.text, name=table.name))
    factors = [one for one in found if one.metric.casefold() == "rtf" and one.stems]
    for line in found:
        time = _time(line)
        if time is None:
            continue
        own = [one for one in factors if one.table[1] == line.table[1] and _same(line, one)]
        if len(own) != 1:
            continue
        audio_s = _audio(line)
        factor = own[0].value(own[0].stems[0])
        if audio_s is None or abs(factor * audio_s / time.seconds - 1.0) < _DISAGREES:
            continue
        told = factor * audio_s
        digit = step(own[0].numbers[own[0].stems[0]].printed) * audio_s  # may have been cut off
        if abs(told - time.seconds) <= digit + time.half:
            continue
        yield Finding(
            audit="time_and_factor",
            severity="error",
            subject=table.name,
            where=f"{line.table[0]}, {line.name}",
            message=(
                f"{line.name} takes {time.seconds:g} s, and its factor {factor:g} times "
                f"{audio_s:.1f} s of audio is {told:.3g} s"
            ),
            way_out="find out which of the two was measured",
            evidence=({"factor_of": own[0].name, "factor": factor, "audio_s": audio_s},),
        )


def _by_data(found: Sequence[Line]) -> dict[str, list[_Time]]:
    """Return distinct times by dataset."""
    times: dict[str, dict[float, _Time]] = {}
    for line in found:
        time = _time(line)
        if time is not None:
            times.setdefault(line.table[1], {}).setdefault(time.seconds, time)
    return {data: list(own.values()) for data, own in times.items()}


def _time(line: Line) -> _Time | None:
    if line.unit not in _TIME_S or len(line.stems) != 1 or "time" not in line.metric:
        return None
    number, scale = line.numbers[line.stems[0]], _TIME_S[line.unit]
    value = line.value(line.stems[0])
    stated = _PER_STEM.search(line.table[2])
    count = int(stated.group(1)) if stated else 1
    return _Time(line.name, value * scale, step(number.printed) * scale / 2.0, count)


def _explained(times: Sequence[_Time]) -> tuple[_Time | None, _Time, list[_Hit]] | None:
    """Return the start and pass that explain most times least by chance; None without any."""
    starts: list[tuple[_Time | None, _Time]] = [(None, base) for base in times]
    pairs = starts + [(start, base) for start, base in permutations(times, 2)]
    best = None
    least = _CHANCE
    for group in (starts, pairs):
        for start, base in group:
            hits = _hits(start, base, times)
            if len(hits) < 2:
                continue
            chance = float(len(group))
            for hit in hits:
                chance *= hit.chance
            if chance < least:
                least, best = chance, (start, base, hits)
        if best is not None:
            return best
    return best


def _hits(start: _Time | None, base: _Time, times: Sequence[_Time]) -> list[_Hit]:
    begin, half = (start.seconds, start.half) if start else (0.0, 0.0)
    found = []
    for time in times:
        passes = round((time.seconds - begin) / base.seconds)
        least = 1 if start else 2
        if time in (start, base) or not least <= passes <= _MOST:
            continue
        allowed = half + passes * base.half + time.half
        if abs(begin + passes * base.seconds - time.seconds) <= allowed + 1e-12:
            found.append(_Hit(time, passes, min(1.0, 2.0 * allowed / base.seconds)))
    return found


def _sum(start: _Time | None, base: _Time, hit: _Hit) -> str:
    begin = f"{start.seconds:g} + " if start else ""
    return f"{hit.time.seconds:g} = {begin}{hit.passes} x {base.seconds:g}"


def _of_stem(start: _Time | None, base: _Time) -> str:
    """Return the pass of one stem, where the table says that stems are taken one by one."""
    if start is not None or base.stems == 1:
        return ""
    return f"; {1e3 * base.seconds / base.stems:g} ms for each of {base.stems} stems"


def _same(line: Line, other: Line) -> bool:
    """Return whether two lines are of one system, the second perhaps named in the first's words."""
    if line.name == other.name:
        return True
    words = set(re.findall(r"[a-z0-9]+", line.name.casefold()))
    named = re.sub(r"\(.*?\)", "", line.system).strip() == other.system
    return named and bool(other.configuration) and other.configuration.casefold() in words


def _audio(line: Line) -> float | None:
    """Return the seconds of audio that the table speaks of: None where it is not stated."""
    stated = re.search(r"(\d+(?:\.\d+)?)\s*s\b", f"{line.table[1]} {line.table[2]}")
    return float(stated.group(1)) if stated else None
