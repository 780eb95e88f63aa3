"""What silent references do to a number, as text, Markdown, CSV and JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence

from sepeval import csv_text
from sepeval.report.tables.formats import aligned, escaped, pipes, wrapped
from sepeval.results import signature
from sepeval.silence import ZEROS, Silence
from sepeval.silence.facts import Gain, Part

_PARTS = (
    "system",
    "stem",
    "silent windows",
    "active",
    "silent",
    "from silence",
    "scored",
    "left out",
    "rank scored",
    "rank left out",
)
_GAINS = ("system", "stem", "gain", "on active", "on silent", "from active", "from silence")


def as_text(found: Silence, *, width: int = 100) -> str:
    """Return the tables as aligned text."""
    parts = [wrapped(_title(found), width)]
    parts.append(aligned(_PARTS[1:], [row[1:] for row in _rows(found)], width, _headings(found)))
    if found.gains:
        parts.append(wrapped(_over(found), width))
        rows = _gain_rows(found)
        heads = {place: row[0] for place, row in _starts(rows).items()}
        parts.append(aligned(_GAINS[1:], [row[1:] for row in rows], width, heads))
    parts += [wrapped(note, width) for note in _notes(found)]
    return "\n\n".join([*parts, signature(found.runs, found.protocol.id)]) + "\n"


def as_markdown(found: Silence) -> str:
    """Return the tables as Markdown."""
    parts = [f"**{escaped(_title(found))}**"]
    rows = [[escaped(row[0]), *row[1:]] for row in _rows(found)]
    parts.append(pipes(_PARTS, rows))
    if found.gains:
        rows = [[escaped(row[0]), *row[1:]] for row in _gain_rows(found)]
        parts += [f"**{escaped(_over(found))}**", pipes(_GAINS, rows)]
    parts.append("\n".join(f"- {escaped(note)}" for note in _notes(found)))
    return "\n\n".join([*parts, escaped(signature(found.runs, found.protocol.id))]) + "\n"


def as_csv(found: Silence) -> str:
    """Return one line per system and stem, unrounded, with the gain over the baseline."""
    gains = {(one.system, one.stem): one for one in found.gains}
    names = [field.name for field in dataclasses.fields(Part)]
    extra = ["scored", "on_active", "on_silent", "from_active", "from_silence"]
    head = ["protocol", "metric", *names, "share", "baseline", *(f"gain_{one}" for one in extra)]
    rows = []
    for part in found.parts:
        own = gains.get((part.system, part.stem))
        row = {"protocol": found.protocol.id, "metric": found.metric, "share": part.share}
        row |= {name: getattr(part, name) for name in names}
        if own is not None:
            row |= {f"gain_{name}": getattr(own, name) for name in extra}
            row["baseline"] = own.baseline
        rows.append(row)
    return csv_text.as_csv(head, rows)


def as_json(found: Silence) -> str:
    """Return everything, single windows too; a level that is minus infinity is null."""
    document = {
        "title": _title(found),
        "signature": signature(found.runs, found.protocol.id),
        "protocol": found.protocol.id,
        "metric": found.metric,
        "baseline": found.baseline,
        "parts": [{**dataclasses.asdict(one), "share": one.share} for one in found.parts],
        "gains": [dataclasses.asdict(one) for one in found.gains],
        "points": [
            {
                key: None if isinstance(value, float) and not math.isfinite(value) else value
                for key, value in dataclasses.asdict(one).items()
            }
            for one in found.points
        ],
        "notes": _notes(found),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)


def _title(found: Silence) -> str:
    return (
        f"{found.metric} under {found.protocol.id}: windows whose reference sounds (active) and "
        "windows whose reference is silent"
    )


def _over(found: Silence) -> str:
    return f"Gains over {found.baseline}, on the windows that both have, and where they are made"


def _rows(found: Silence) -> list[list[str]]:
    return [
        [
            part.system,
            part.stem,
            f"{part.silent} of {part.windows}",
            _number(part.mean_active),
            _number(part.mean_silent),
            f"{part.from_silence:.2f}",
            _number(part.scored),
            _number(part.active),
            str(part.rank_scored),
            str(part.rank_active),
        ]
        for part in found.parts
    ]


def _gain_rows(found: Silence) -> list[list[str]]:
    return [
        [
            one.system,
            one.stem,
            f"{one.scored:+.2f}",
            _number(one.on_active, signed=True),
            _number(one.on_silent, signed=True),
            f"{one.from_active:+.2f}",
            f"{one.from_silence:+.2f}",
        ]
        for one in found.gains
    ]


def _headings(found: Silence) -> dict[int, str]:
    return {place: row[0] for place, row in _starts(_rows(found)).items()}


def _starts(rows: Sequence[list[str]]) -> dict[int, list[str]]:
    """Return the first row of each system, by its place."""
    return {
        place: row for place, row in enumerate(rows) if place == 0 or rows[place - 1][0] != row[0]
    }


def _notes(found: Silence) -> list[str]:
    """Return what a reader must know, in sentences."""
    notes = [
        "scored, left out: the table's number with silent references scored, and without; from "
        "silence: what silent windows add to the mean over all windows; ranks are those of two "
        "decimals",
        f"{ZEROS} is a system that outputs nothing; its numbers follow exactly from the stored "
        "references and mixture",
    ]
    if found.points:
        zero = [one for one in found.points if math.isinf(one.reference_dbfs)]
        apart = max((abs(one.score - one.over_leak_db) for one in zero), default=0.0)
        notes.append(
            f"{len(zero)} of {len(found.points)} silent scores have a reference of exact zeros: "
            f"each is the level of the mixture over the level of the leak (largest difference "
            f"{apart:.1g} dB); the other references are under the threshold and not zero"
        )
    best = _largest(found.gains)
    if best is not None:
        told = (
            f"the {best.scored:+.2f} of {best.system} over {best.baseline} on {best.stem} consists "
            f"of {best.from_silence:+.2f} made on silent windows and {best.from_active:+.2f} made "
            "where the reference sounds"
        )
        if found.protocol.silence.reference != "score":
            told = (
                f"{found.protocol.id} leaves silent references out, so that the gains in a table "
                f"are those of its numbers left out; were silence scored, {told}"
            )
        notes.append(told)
    return notes


def _largest(gains: Sequence[Gain]) -> Gain | None:
    own = [one for one in gains if one.stem != "All" and one.scored > 0]
    return max(own, key=lambda one: one.from_silence, default=None)


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:+.2f}" if signed else f"{value:.2f}"
