"""One set of estimates under every protocol, with what the protocols do differently."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sepeval.protocol import MetricEntry, Protocol, Segments, Sliding, Summary
from sepeval.report.formats import aligned, pipes
from sepeval.store import Run
from sepeval.summary import ALL, SummaryRow, summarise

_NONE = "-"


@dataclass(frozen=True)
class Line:
    """The numbers of one score under one protocol.

    Attributes:
        protocol: id of the protocol.
        hash: first eight digits of its hash.
        metric: name of the score.
        summary: name of the reduction.
        values: by stem, and `All`; None where there is no number.
        used: scores that entered, over all stems.
        silent: how many of those have a silent reference.
        left: how many were left out.
        windows: where the windows are cut.
        silence: what becomes of silent references.
        eps: stabilisers of the metric.
        channels: how channels become one score.
    """

    protocol: str
    hash: str
    metric: str
    summary: str
    values: Mapping[str, float | None]
    used: int
    silent: int
    left: int
    windows: str
    silence: str
    eps: str
    channels: str


@dataclass(frozen=True)
class SideBySide:
    """All numbers of a run.

    Attributes:
        run: name of its folder.
        lines: one per protocol, metric and reduction.
    """

    run: str
    lines: tuple[Line, ...]

    @property
    def stems(self) -> tuple[str, ...]:
        """All stems that a protocol scores, `All` last."""
        names = dict.fromkeys(stem for line in self.lines for stem in line.values if stem != ALL)
        return (*names, ALL)

    def as_text(self, width: int = 160) -> str:
        """Return aligned columns; `silent` counts scores whose reference is silent."""
        head, rows = self._cells()
        return f"{self.run}\n{aligned(head, rows, width)}\n"

    def as_markdown(self) -> str:
        """Return a pipe table."""
        return pipes(*self._cells()) + "\n"

    def as_csv(self) -> str:
        """Return one row per line and stem, unrounded."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["run", *_FACTS, "stem", "value"])
        for line in self.lines:
            facts = [getattr(line, name) for name in _FACTS]
            for stem, value in line.values.items():
                writer.writerow([self.run, *facts, stem, "" if value is None else repr(value)])
        return text.getvalue()

    def as_json(self) -> str:
        """Return a document, unrounded."""
        return json.dumps(asdict(self), indent=1) + "\n"

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        stems = self.stems
        head = ["protocol", "metric", *stems, "silent", "windows", "silence", "eps", "channels"]
        rows = [
            [
                line.protocol,
                f"{line.metric}, {line.summary}",
                *(_shown(line.values.get(stem)) for stem in stems),
                f"{line.silent}/{line.used}",
                line.windows,
                line.silence,
                line.eps,
                line.channels,
            ]
            for line in self.lines
        ]
        return head, rows


_FACTS = (
    "protocol",
    "hash",
    "metric",
    "summary",
    "used",
    "silent",
    "left",
    "windows",
    "silence",
    "eps",
    "channels",
)


def side_by_side(run: Run) -> SideBySide:
    """Return all numbers of a run, protocol by protocol.

    Raises:
        StoreError: a score file is missing or damaged.
    """
    lines = []
    for name in run.manifest.protocols:
        protocol = run.protocol(name)
        rows = summarise(run, name)
        for summary in protocol.summaries:
            for metric in summary.metrics:
                own = [row for row in rows if (row.summary, row.metric) == (summary.name, metric)]
                lines.append(_line(protocol, summary, metric, own))
    return SideBySide(run.folder.name, tuple(lines))


def _line(protocol: Protocol, summary: Summary, metric: str, rows: list[SummaryRow]) -> Line:
    entry = next(one for one in protocol.metrics if one.name == metric)
    stems = [row for row in rows if row.stem != ALL]
    return Line(
        protocol=protocol.id,
        hash=protocol.hash[:8],
        metric=metric,
        summary=summary.name,
        values={row.stem: row.value for row in rows},
        used=sum(row.used for row in stems),
        silent=sum(row.silent for row in stems),
        left=sum(sum(row.left.values()) for row in stems),
        windows=_windows(protocol),
        silence=_silence(protocol, entry),
        eps=_eps(entry),
        channels=str(entry.parameters.get("channels", _NONE)).replace("_", " "),
    )


def _windows(protocol: Protocol) -> str:
    rule = protocol.windows
    window = f"{rule.length_s:g} s / {rule.hop_s:g} s" if isinstance(rule, Sliding) else "whole"
    return f"{window} of {_place(protocol.segments)}"


def _place(segments: Segments | None) -> str:
    if segments is None:
        return "track"
    return f"{segments.length} samples" if segments.length else f"{segments.length_s:g} s"


def _silence(protocol: Protocol, entry: MetricEntry) -> str:
    if entry.where != "every_window":
        return entry.where.replace("_", " ") + " only"
    rule = protocol.silence
    if rule.other == "leave_out":
        return "one silent, all out" + (", shared" if rule.mask == "shared" else "")
    return "scored" if rule.reference == "score" else "left out"


def _eps(entry: MetricEntry) -> str:
    """Return the largest eps, and where it is more than one sum."""
    eps = entry.parameters.get("eps")
    if not isinstance(eps, dict):
        return _NONE if eps is None else f"{float(str(eps)):.0e}"
    values = [float(value) for value in eps.values() if isinstance(value, int | float)]
    found = max(values, default=0.0)
    if not found:
        return "none"
    return f"{found:.0e}" + (" per sample" if eps.get("scale_counts") == "per_sample" else "")


def _shown(value: float | None) -> str:
    return _NONE if value is None else f"{value:.2f}"
