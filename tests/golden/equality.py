"""The table of equality with the original evaluators, computed from real audio.

`python -m tests.golden.equality --write` writes it into the README, between its two marks.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sepeval.protocol import Protocol
from sepeval.summary import ALL, summarise_scores
from tests.golden.claims import CEILING_DB, CLAIMS, EXACT_DB, SINGLE_DB, Claim, Number
from tests.golden.formulas import in_double, projections
from tests.golden.scores import audio, changed, scores
from tests.shared_data import SEGMENT, STEMS, TRACKS, golden, rows

README = Path(__file__).resolve().parents[2] / "README.md"
MARKS = "<!-- equality -->", "<!-- /equality -->"
SYSTEMS = ("Vanilla", "Diffusion", "CD_1_step", "CD_2_step", "CD_4_step")
HEAD = (
    "original code",
    "numbers",
    "protocol",
    "systems",
    "values",
    "largest difference, dB",
    "allowed, dB",
)

NOTE = """\
The audio is mono at 22.05 kHz with the stems of Slakh2100. "Other" names the fields of a protocol
that were replaced, because the printed values have other stems, segments or windows. A code in
single precision is compared where the score is below 60 dB; above, with its formula in float64.
(*) has no printed values: compared with its formula, written out once more from samples.
Protocols that are not here share their measure with a row, or, as `bsseval-v3`, have an oracle in
the tests."""

Key = tuple[str, str, str, int, int]  # system, track, stem, start, stop


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        code: whose numbers.
        numbers: which.
        protocol: that has them, and its fields that were replaced.
        systems: how many systems the values are of.
        values: how many were compared.
        unmatched: values that only one side has.
        difference: the largest, in dB.
        tolerance: in dB.
    """

    code: str
    numbers: str
    protocol: str
    systems: int
    values: int
    unmatched: int
    difference: float
    tolerance: float


@cache
def computed() -> tuple[Row, ...]:
    """Return every row."""
    return (*(compared(claim) for claim in CLAIMS), nussl())


def compared(claim: Claim) -> Row:
    """Return the row of a claim."""
    changes = json.dumps(dict(claim.changes))
    ours: dict[Any, float] = {}
    theirs: dict[Any, float] = {}
    for place, number in enumerate(claim.numbers):
        expected = _aggregates(claim, number) if number.summary else _windows(claim, number)
        for system in {key[0] for key in expected}:
            found = scores(claim.protocol, changes, system)
            chosen = _ok(found, number.metric)
            if number.summary:
                chosen = _reduced(found, changed(claim.protocol, changes), number)
            ours |= {(*key, place): value for key, value in chosen.items()}
        theirs |= {(*key, place): value for key, value in expected.items()}
    name = f"`{claim.protocol}`"
    if claim.changes:
        name += f", other {' and '.join(claim.changes)}"
    names = ", ".join(dict.fromkeys(number.name for number in claim.numbers))
    return _row(claim.code, names, name, ours, theirs, claim.tolerance)


def _row(
    code: str,
    numbers: str,
    protocol: str,
    ours: dict[Any, float],
    theirs: dict[Any, float],
    tolerance: float,
) -> Row:
    both = ours.keys() & theirs.keys()
    largest = max((abs(ours[key] - theirs[key]) for key in both), default=np.inf)
    systems, unmatched = len({key[0] for key in both}), len(ours.keys() ^ theirs.keys())
    return Row(code, numbers, protocol, systems, len(both), unmatched, largest, tolerance)


def _ok(found: pd.DataFrame, metric: str) -> dict[Any, float]:
    """Return scores by system, track, stem, start and stop."""
    kept = found[(found["metric"] == metric) & (found["status"] == "ok")]
    names = ["system", "track", "stem", "start", "stop"]
    keys = kept[names].itertuples(index=False, name=None)
    return dict(zip(keys, kept["value"].tolist(), strict=True))


def _windows(claim: Claim, number: Number) -> dict[Any, float]:
    """Return the printed numbers, and in their place float64 values above the ceiling."""
    found: dict[Any, float] = {}
    for row in rows(claim.document, claim.part):
        facts = {**row, "joined": row["segment"] is None}
        value = row[number.column]
        if value is None or any(facts[name] != one for name, one in number.only.items()):
            continue
        numbers = TRACKS[row["track"]]
        begin = 0 if facts["joined"] else SEGMENT * numbers.index(row["segment"])
        start, stop = row["start"] + begin, row["stop"] + begin
        key: Key = row["system"], row["track"], row["stem"], start, stop
        above = claim.tolerance == SINGLE_DB and value >= CEILING_DB
        found[key] = _in_double(number.metric, key) if above else value
    return found


def _in_double(metric: str, key: Key) -> float:
    system, track, stem, start, stop = key
    window = STEMS.index(stem), 0, slice(start, stop)
    return in_double(metric, audio("original", track)[window], audio(system, track)[window])


def _reduced(found: pd.DataFrame, protocol: Protocol, number: Number) -> dict[Any, float]:
    """Return the protocol's own reductions by system and stem."""
    return {
        (row.system, row.stem): row.value
        for row in summarise_scores(found, protocol, system=str(found["system"].iloc[0]))
        if (row.summary, row.metric) == (number.summary, number.metric)
        and row.value is not None
        and (row.stem != ALL or number.all_stems)
    }


def _aggregates(claim: Claim, number: Number) -> dict[Any, float]:
    names = {stem: number.column.format(stem=stem) for stem in STEMS}
    if number.all_stems:
        names[ALL] = number.all_stems
    return {
        (entry["system"], stem): entry["values"][name]
        for entry in golden(claim.document)["aggregates"]
        if all(entry[key] == one for key, one in number.only.items())
        for stem, name in names.items()
        if entry["values"].get(name) is not None
    }


def nussl() -> Row:
    """Return the row of the one code without a golden file: its formula, on whole tracks."""
    protocol = "nussl-si-sdr"
    ours: dict[Any, float] = {}
    theirs: dict[Any, float] = {}
    for system in SYSTEMS:
        for name in ("si_sdr", "si_sir", "si_sar", "sd_sdr"):
            chosen = _ok(scores(protocol, "{}", system), name)
            ours |= {(*key, name): value for key, value in chosen.items()}
        for track in TRACKS:
            references, estimates = audio("original", track), audio(system, track)
            for place, stem in enumerate(STEMS):
                key = system, track, stem, 0, references.shape[2]
                found = projections(references[:, 0], estimates[place, 0], place)
                theirs |= {(*key, name): value for name, value in found.items()}
    numbers = "SI-SDR, SI-SIR, SI-SAR, SD-SDR"
    return _row("nussl (*)", numbers, f"`{protocol}`", ours, theirs, EXACT_DB)


def table(found: Sequence[Row]) -> str:
    """Return the rows and their note in Markdown."""
    lines = [
        (
            row.code,
            row.numbers,
            row.protocol,
            str(row.systems),
            str(row.values),
            rounded(row.difference),
            f"{row.tolerance:.0e}".replace("e-0", "e-"),
        )
        for row in found
    ]
    rule = ("---",) * 3 + ("---:",) * 4
    return "\n".join([*(f"| {' | '.join(line)} |" for line in (HEAD, rule, *lines)), "", NOTE])


def rounded(difference: float) -> str:
    """Return a difference in dB with one digit, rounded up; below 1e-9 it is rounding.

    Example:
        >>> rounded(1.2e-05), rounded(4e-12)
        ('2e-5', '< 1e-9')
    """
    if difference < EXACT_DB:
        return "< 1e-9"
    exact = Decimal(str(difference))
    digit = Decimal(1).scaleb(exact.adjusted())
    return f"{exact.quantize(digit, rounding=ROUND_CEILING):.0e}".replace("e-0", "e-")


def in_readme(text: str) -> str:
    """Return what stands between the marks."""
    return text.partition(MARKS[0])[2].partition(MARKS[1])[0].strip()


def written(text: str, content: str) -> str:
    """Return the README with other content between the marks."""
    pattern = re.compile(f"({re.escape(MARKS[0])}).*({re.escape(MARKS[1])})", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}\n{content}\n{found[2]}", text)


def main(arguments: list[str]) -> int:
    """Write the table into the README, or print it."""
    content = table(computed())
    if arguments == ["--write"]:
        README.write_text(written(README.read_text(encoding="utf-8"), content), encoding="utf-8")
    else:
        sys.stdout.write(content + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
