"""One set of estimates under every protocol, with what the protocols do differently."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sepeval import csv_text
from sepeval.report.tables.formats import aligned, escaped, pipes, wrapped
from sepeval.report.tables.protocols_apart import FACTS, Facts, facts
from sepeval.results import Results, gather
from sepeval.results.signature import data_line
from sepeval.store import Run
from sepeval.summary import ALL
from sepeval.types import Status

_NONE = "-"
_INFINITE = {str(Status.PLUS_INF): "+inf", str(Status.MINUS_INF): "-inf"}
_LEGEND = (
    "Beside a protocol: what holds for all its scores; in brackets: what holds for one. silent: "
    "scores with a silent reference, of all scores used. left out: scores not used; the table of "
    "the protocol says why. eps: the largest one."
)


@dataclass(frozen=True)
class Line:
    """The numbers of one score under one protocol.

    Attributes:
        protocol: id of the protocol.
        hash: first eight digits of its hash.
        metric: name of the score.
        metric_version: of the metric behind it.
        summary: name of the reduction.
        unit: of the numbers; `1` where there is none.
        higher_is_better: the direction.
        values: by stem, and `All`; None where there is no number.
        statuses: by stem, and `All`: `ok`, or why there is no number.
        tracks: how many entered.
        used: scores that entered, over all stems.
        silent: how many of those have a silent reference.
        left: how many were left out.
        marks: what a reader must know before comparing, such as `2 tracks with errors`.
        facts: what the protocol does with them.
    """

    protocol: str
    hash: str
    metric: str
    metric_version: int
    summary: str
    unit: str
    higher_is_better: bool
    values: Mapping[str, float | None]
    statuses: Mapping[str, str]
    tracks: int
    used: int
    silent: int
    left: int
    marks: tuple[str, ...]
    facts: Facts


@dataclass(frozen=True)
class SideBySide:
    """All numbers of a run. The same run gives the same bytes.

    Attributes:
        run: name of its folder.
        signature: one line that says what was measured.
        decimals: shown in text and Markdown.
        lines: one per protocol, metric and reduction.
    """

    run: str
    signature: str
    decimals: int
    lines: tuple[Line, ...]

    @property
    def stems(self) -> tuple[str, ...]:
        """All stems that a protocol scores, and `All` last where one has it."""
        names = dict.fromkeys(stem for line in self.lines for stem in line.values)
        return tuple(sorted(names, key=lambda name: name == ALL))

    def as_text(self, width: int = 160) -> str:
        """Return protocols as headings and scores as lines, for so many characters."""
        headings: dict[int, str] = {}
        rows: list[list[str]] = []
        for protocol in dict.fromkeys(line.protocol for line in self.lines):
            own = [line for line in self.lines if line.protocol == protocol]
            shared = own[0].facts.shared(line.facts for line in own)
            marks = f" ({'; '.join(own[0].marks)})" if own[0].marks else ""
            headings[len(rows)] = f"{protocol} {own[0].hash}{marks}: {'; '.join(shared)}"
            rows += [[f"  {_named(line, apart_from=shared)}", *self._numbers(line)] for line in own]
        grid = aligned(self._head(), rows, width, headings)
        below = "\n\n".join(wrapped(text, width) for text in (_LEGEND, self.signature))
        return f"{wrapped(self.run, width)}\n\n{grid}\n\n{below}\n"

    def as_markdown(self) -> str:
        """Return a pipe table with a column for each thing that protocols do differently."""
        head = ["protocol", "metric", *map(escaped, self._head()[1:]), *FACTS]
        rows = [
            [
                f"{line.protocol} {line.hash}",
                escaped(_titled(line)),
                *self._numbers(line),
                *map(escaped, asdict(line.facts).values()),
            ]
            for line in self.lines
        ]
        return f"{pipes(head, rows)}\n\n{escaped(self.signature)}\n"

    def as_csv(self) -> str:
        """Return one row per line and stem, unrounded."""
        columns = ["run", *_COLUMNS, *FACTS]
        rows = []
        for line in self.lines:
            record = {"run": self.run, **asdict(line), **asdict(line.facts)}
            kept = {name: record[name] for name in columns if name in record}
            kept["marks"] = "; ".join(line.marks)
            rows += [
                {**kept, "stem": stem, "value": value, "status": line.statuses[stem]}
                for stem, value in line.values.items()
            ]
        return csv_text.as_csv(columns, rows)

    def as_json(self) -> str:
        """Return a document, unrounded."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def _head(self) -> list[str]:
        return ["", *self.stems, "silent", "left out"]

    def _numbers(self, line: Line) -> list[str]:
        return [
            *(self._shown(line, stem) for stem in self.stems),
            f"{line.silent}/{line.used}",
            str(line.left),
        ]

    def _shown(self, line: Line, stem: str) -> str:
        value = line.values.get(stem)
        if value is None:
            return _INFINITE.get(line.statuses.get(stem, ""), _NONE)
        return f"{round(value, self.decimals) + 0.0:.{self.decimals}f}"  # no minus before a zero


_COLUMNS = (
    "protocol",
    "hash",
    "metric",
    "metric_version",
    "summary",
    "unit",
    "higher_is_better",
    "stem",
    "value",
    "status",
    "tracks",
    "used",
    "silent",
    "left",
    "marks",
)


def side_by_side(
    run: Run, *, protocols: Sequence[str] | None = None, decimals: int = 2
) -> SideBySide:
    """Return all numbers of a run, protocol by protocol.

    Args:
        run: that was scored.
        protocols: ids or names, in this order; None for all that the run was scored under.
        decimals: shown in text and Markdown.

    Raises:
        StoreError: the run has no scores under a protocol, or a score file is missing or damaged.
    """
    names = list(run.manifest.protocols) if protocols is None else protocols
    gathered = [gather([run], name) for name in names]
    lines = [_line(results, *key) for results in gathered for key in results.keys]
    return SideBySide(run.folder.name, data_line(run), decimals, tuple(lines))


def _line(results: Results, summary: str, metric: str) -> Line:
    (system,) = results.systems
    entry = next(one for one in results.protocol.metrics if one.name == metric)
    record = results.metrics[metric]
    rows = system.rows_of(summary, metric)
    stems = [row for row in rows if row.stem != ALL]
    return Line(
        protocol=results.protocol.id,
        hash=results.protocol.hash[:8],
        metric=metric,
        metric_version=record.version,
        summary=summary,
        unit=record.unit,
        higher_is_better=record.higher_is_better,
        values={row.stem: row.value for row in rows},
        statuses={row.stem: str(row.status) for row in rows},
        tracks=max(row.tracks for row in rows),
        used=sum(row.used for row in stems),
        silent=sum(row.silent for row in stems),
        left=sum(sum(row.left.values()) for row in stems),
        marks=system.marks,
        facts=facts(results.protocol, entry),
    )


def _titled(line: Line, *more: str) -> str:
    """Return score and reduction, and in brackets unit and direction where they are unusual."""
    own = [] if line.unit == "dB" else ["no unit" if line.unit == "1" else line.unit]
    own += [] if line.higher_is_better else ["lower is better"]
    own += more
    return f"{line.metric}, {line.summary}" + (f" ({'; '.join(own)})" if own else "")


def _named(line: Line, *, apart_from: Sequence[str]) -> str:
    return _titled(line, *(fact for fact in line.facts.told() if fact not in apart_from))
