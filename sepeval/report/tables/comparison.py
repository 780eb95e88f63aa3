"""A comparison as text, Markdown, CSV and JSON: the effect with its interval before any p-value."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from sepeval import csv_text
from sepeval.compare import Comparison, Difference, Place, Standing
from sepeval.report.tables import formats
from sepeval.report.tables.comparison_notes import compared_stems, notes
from sepeval.results.signature import line
from sepeval.results.traits import direction, in_unit
from sepeval.results.words import count_of, headline

_MOVES = 3  # tracks shown of each system
_FEW = 6  # tracks; five let no p-value be less than 0.06
_MANY = 10  # systems from which one track of each is shown
_HEAD = ("system", "value", "difference", "interval", "effect", "w/t/l", "needed", "p", "p Holm")


class Grid(NamedTuple):
    """A table: caption, names of the columns, lines."""

    caption: str
    head: tuple[str, ...]
    lines: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class ComparisonText:
    """What is written of a comparison. The same runs give the same bytes.

    Attributes:
        comparison: what was found.
        decimals: of values in the metric's unit.
    """

    comparison: Comparison
    decimals: int = 2

    @property
    def title(self) -> str:
        """Protocol, metric and baseline in one sentence."""
        found = self.comparison
        record = found.results.metrics[found.metric]
        return (
            f"{found.metric} of {found.results.protocol.id} ({found.summary}), "
            f"{in_unit(record.unit)}, {direction(record)}; against {found.baseline}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the columns are, what was tested, and what is left out."""
        return notes(self.comparison)

    def as_text(self, width: int = 100) -> str:
        """Return aligned text for a terminal of so many characters."""
        rows, headings = self._rows()
        parts = [
            formats.wrapped(self.title, width),
            formats.aligned(_HEAD, rows, width, headings),
            "\n".join(formats.wrapped(note, width) for note in self.notes),
        ]
        for caption, head, lines in self._more():
            parts.append(
                f"{formats.wrapped(caption, width)}\n{formats.aligned(head, lines, width)}"
            )
        return "\n\n".join([*parts, line(self.comparison.results)]) + "\n"

    def as_markdown(self) -> str:
        """Return Markdown with one table per stem."""
        parts = [f"**{formats.escaped(self.title)}**"]
        for stem in self._stems():
            own = self._of(stem)
            escaped = [(formats.escaped(row[0]), *row[1:]) for row in map(self._line, own)]
            parts += [formats.escaped(self._named(own[0])), formats.pipes(_HEAD, escaped)]
        parts.append("\n".join(f"- {formats.escaped(note)}" for note in self.notes))
        for caption, head, lines in self._more():
            escaped = [tuple(map(formats.escaped, row)) for row in lines]
            parts += [formats.escaped(caption), formats.pipes(head, escaped)]
        parts.append(formats.escaped(line(self.comparison.results)))
        return "\n\n".join(parts) + "\n"

    def as_csv(self) -> str:
        """Return one line per system and stem, unrounded."""
        found = self.comparison
        fixed = {
            "protocol": found.results.protocol.id,
            "protocol_hash": found.results.protocol.hash,
            "summary": found.summary,
            "metric": found.metric,
            "baseline_system": found.baseline,
            "confidence": found.confidence,
        }
        rows = [{**fixed, **_record(one)} for one in found.differences]
        return csv_text.as_csv(list(rows[0]), rows)

    def as_json(self) -> str:
        """Return everything that was found, unrounded."""
        found = self.comparison
        document = {
            "title": self.title,
            "signature": line(found.results),
            "notes": list(self.notes),
            "protocol": found.results.protocol.id,
            "protocol_hash": found.results.protocol.hash,
            "summary": found.summary,
            "metric": found.metric,
            "baseline": found.baseline,
            "confidence": found.confidence,
            "draws": found.draws,
            "seed": found.seed,
            "left_out": found.lacking,
            "differences": [_record(one) for one in found.differences],
            "standings": [asdict(one) for one in found.standings],
            "spreads": [asdict(one) for one in found.spreads],
            "moves": [{**asdict(one), "difference": one.difference} for one in found.moves],
        }
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def grids(self) -> Iterator[Grid]:
        """Yield all tables; the first has every stem and system, and their differences."""
        rows = [
            (self._named(one), *self._line(one)) for stem in self._stems() for one in self._of(stem)
        ]
        yield Grid("Differences", ("stem", *_HEAD), rows)
        yield from self._more()

    def _of(self, stem: str) -> list[Difference]:
        """Return the differences of a stem that some track has."""
        return [one for one in self.comparison.differences if one.stem == stem and one.tracks]

    def _stems(self) -> tuple[str, ...]:
        return compared_stems(self.comparison)

    def _rows(self) -> tuple[list[tuple[str, ...]], dict[int, str]]:
        """Return all lines, and the stems as headings by the place of their first line."""
        rows: list[tuple[str, ...]] = []
        headings: dict[int, str] = {}
        for stem in self._stems():
            own = self._of(stem)
            base = _number(own[0].baseline, f".{self.decimals}f")
            named = self._named(own[0])
            headings[len(rows)] = f"{named}: {self.comparison.baseline} {base}"
            rows += [self._line(one) for one in own]
        return rows, headings

    def _named(self, row: Difference) -> str:
        """Return the stem, and over how many tracks where they are few or fewer than others'."""
        if row.tracks >= max(_FEW, self.comparison.tracks):
            return row.stem
        return f"{row.stem} ({count_of(row.tracks, 'track')})"

    def _line(self, row: Difference) -> tuple[str, ...]:
        plain, signed = f".{self.decimals}f", f"+.{self.decimals}f"
        return (
            row.system,
            _number(row.value, plain),
            _number(row.difference, signed),
            "-" if row.low is None else f"{row.low:{signed}} to {_number(row.high, signed)}",
            _number(row.effect, "+.2f"),
            f"{row.wins}/{row.ties}/{row.losses}",
            "-" if row.needed is None else str(row.needed),
            _p(row.p_permutation if self.comparison.by == "mean" else row.p_wilcoxon),
            _p(row.p_holm),
        )

    def _more(self) -> Iterator[Grid]:
        """Yield caption, head and lines of the tables below the first."""
        found = self.comparison
        if len(found.results.systems) > 2 and found.standings:
            yield self._places(found.standings)
        if found.spreads:
            signed = f".{self.decimals + 1}f"
            caption = (
                "Spread over seeds (standard deviation) beside that over tracks (standard error)"
            )
            rows = [
                (
                    f"{one.system}, {one.stem}",
                    str(one.replicates),
                    f"{one.over_seeds:{signed}}",
                    _number(one.over_tracks, signed),
                )
                for one in found.spreads
            ]
            yield Grid(caption, ("system, stem", "replicates", "seeds", "tracks"), rows)
        moved = [row for system in self._others() for row in self._moved(system)]
        if moved:
            head = ("system, stem, track", "baseline", "value", "difference")
            yield Grid(f"Tracks that move most, {self._shown} of each system", head, moved)

    @property
    def _shown(self) -> int:
        """How many tracks of each system are shown."""
        return 1 if len(self.comparison.results.systems) > _MANY else _MOVES

    def _others(self) -> list[str]:
        return list(dict.fromkeys(one.system for one in self.comparison.differences))

    def _moved(self, system: str) -> list[tuple[str, ...]]:
        stem = headline(self._stems())
        own = [one for one in self.comparison.moves if (one.system, one.stem) == (system, stem)]
        plain = f".{self.decimals}f"
        return [
            (
                f"{system}, {one.stem}, {one.track}",
                f"{one.baseline:{plain}}",
                f"{one.value:{plain}}",
                f"{one.difference:+{plain}}",
            )
            for one in own[: self._shown]
        ]

    def _places(self, standings: Sequence[Standing]) -> Grid:
        """Return the places of all systems, with intervals, by stem."""
        share = f"{100 * self.comparison.confidence:g} %"
        head = ("system", *(one.stem for one in standings))
        first = next(one for one in standings if one.stem == headline(head[1:]))
        names = [one.system for one in sorted(first.places, key=lambda at: (at.rank, at.mean_rank))]
        names += dict.fromkeys(
            place.system for one in standings for place in one.places if place.system not in names
        )
        rows = []
        for name in names:
            own = [[place for place in one.places if place.system == name] for one in standings]
            rows.append((name, *(_place(*places) if places else "-" for places in own)))
        rows.append(("critical difference", *(f"{one.critical:.2f}" for one in standings)))
        rows.append(("Friedman p", *(_p(one.friedman) for one in standings)))
        caption = (
            f"Place by the table's number ({share} interval over resampled tracks), and mean rank "
            "over tracks; those closer than the critical difference (Nemenyi) are not told apart. "
            f"In the order of {first.stem}"
        )
        return Grid(caption, head, rows)


def _record(row: Difference) -> dict[str, str | float | int | None]:
    """Return a difference as a flat record; an infinite effect is a word, as JSON has none."""
    found = asdict(row)
    has_no_spread = row.effect is not None and math.isinf(row.effect)
    return found | ({"effect": f"{row.effect:+}"} if has_no_spread else {})


def _place(place: Place) -> str:
    """Return rank, its interval, and the mean rank."""
    return f"{place.rank} ({place.low}-{place.high}) {place.mean_rank:.2f}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _p(value: float | None) -> str:
    """Return a p-value; small ones as a bound."""
    if value is None:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"
