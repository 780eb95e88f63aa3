"""Tables: systems x stems, with the counts behind every number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

from sepeval import csv_text
from sepeval.compare import Key, Seeds, over_seeds
from sepeval.publications import PublishedLine, PublishedNumber
from sepeval.report.tables import formats, latex, literature, marks, replicates
from sepeval.report.tables.blocks import Block, Counts, blocks, counts, notes
from sepeval.report.templates import rendered
from sepeval.results import Results, System, failed, gather
from sepeval.results.signature import line
from sepeval.results.words import as_text
from sepeval.store import MetricRecord, Run
from sepeval.summary import SummaryRow
from sepeval.types import Status

_Record: TypeAlias = dict[str, str | int | float | None]
_STATUSES = tuple(str(status) for status in Status if status != Status.OK)


@dataclass(frozen=True)
class Table:
    """The numbers of several runs under one protocol. The same runs give the same bytes.

    Attributes:
        title: protocol and what it measures.
        signature: one line that says where the numbers come from.
        results: the numbers themselves.
        blocks: systems x stems, one for each summary and metric, as shown.
        counts: tracks and scores behind the blocks.
        notes: what a reader must know, as sentences.
        published: numbers of others that are shown below the measured ones.
        seeds: how far numbers move by the seeds of stochastic systems.
    """

    title: str
    signature: str
    results: Results
    blocks: tuple[Block, ...]
    counts: tuple[Counts, ...]
    notes: tuple[str, ...]
    published: tuple[PublishedLine, ...] = ()
    seeds: Mapping[Key, Seeds] = field(default_factory=dict)

    def as_text(self, width: int = 100) -> str:
        """Return aligned text for a terminal of so many characters; `*` marks the best."""
        return formats.as_text(
            self.title, self.blocks, self.counts, self.notes, self.signature, width=width
        )

    def as_markdown(self) -> str:
        """Return Markdown; the best numbers are bold."""
        return formats.as_markdown(self.title, self.blocks, self.counts, self.notes, self.signature)

    def as_html(self) -> str:
        """Return a fragment of HTML without styles; the best numbers are in `<strong>`."""
        return rendered("table.html.j2", table=self)

    def as_latex(self, *, is_document: bool = True) -> str:
        r"""Return LaTeX (booktabs, siunitx): a document, or tables for `\input`."""
        return latex.as_latex(
            self.title,
            self.blocks,
            self.counts,
            self.notes,
            self.signature,
            is_document=is_document,
        )

    def as_csv(self) -> str:
        """Return one line per number, unrounded, with its counts and hashes.

        A published number has its `source`, and neither run nor hash; its status is `published`.
        """
        rows = [*self._long(), *map(_published, self._others())]
        return csv_text.as_csv(list(rows[0]), rows)

    def as_json(self) -> str:
        """Return a document: signature, notes, systems, and one entry per number, unrounded."""
        document = {
            "title": self.title,
            "signature": self.signature,
            "protocol": self.results.protocol.id,
            "protocol_hash": self.results.protocol.hash,
            "mixed": self.results.mixed,
            "notes": list(self.notes),
            "systems": [
                {
                    "system": system.name,
                    "run": system.run.manifest.hash,
                    "dataset": system.run.manifest.dataset,
                    "split": system.run.manifest.split,
                    "choices": system.run.manifest.choices,
                    "partial": system.run.manifest.partial,
                    "complete": system.run.manifest.status == "complete",
                    "errors": failed(system.run, self.results.protocol.id),
                    "marks": list(system.marks),
                }
                for system in self.results.systems
            ],
            "numbers": self._long(),
            "published": [asdict(number) for number in self._others()],
        }
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def _others(self) -> list[PublishedNumber]:
        return [number for line in self.published for number in line.numbers.values()]

    def _long(self) -> list[_Record]:
        """Return one flat record per measured number."""
        protocol_hash = self.results.protocol.hash
        return [
            {
                "system": system.name,
                "run": system.run.manifest.hash,
                "dataset": system.run.manifest.dataset,
                "split": system.run.manifest.split,
                "choices": as_text(system.run.manifest.choices),
                "marks": "; ".join(system.marks),
                "protocol": row.protocol,
                "protocol_hash": protocol_hash,
                "source": "",
                **_plain(row, self.results.metrics[row.metric]),
                **self._spread(system, row),
            }
            for system in self.results.systems
            for row in system.rows
        ]

    def _spread(self, system: System, row: SummaryRow) -> _Record:
        """Return the spread of a number over seeds, flat; nothing where there is one replicate."""
        found = self.seeds.get(Key(system.name, row.summary, row.metric, row.stem))
        return {
            "replicates": 1 if found is None else found.replicates,
            "over_seeds": None if found is None else found.deviation,
        }


def table(
    runs: Sequence[Run],
    protocol: str,
    *,
    decimals: int = 2,
    mixed: bool = False,
    published: Sequence[PublishedLine] = (),
    baseline: str = "",
) -> Table:
    """Return the table of runs under one protocol.

    Args:
        runs: one per line of the table, in this order.
        protocol: id or name of a protocol that all of them were scored under.
        decimals: shown in text, Markdown and HTML.
        mixed: accept runs that measured different audio, and mark them.
        published: numbers of others to show below, from `sepeval.publications.lines`; those of
            other metrics and stems are left out.
        baseline: name of the system that the others are tested against, over tracks; numbers that
            differ get a sign. Without it nothing is tested.

    Raises:
        StoreError: a run has no scores under the protocol, or the runs are not comparable.
        UnknownNameError: no system has the baseline's name.
        DataError: published lines are given and none has a metric and stem of the table.
    """
    results = gather(runs, protocol, mixed=mixed)
    (fit,) = literature.fitting([results.protocol], published)
    return of_results(results, decimals=decimals, published=fit, baseline=baseline)


def of_results(
    results: Results,
    *,
    decimals: int,
    published: tuple[PublishedLine, ...] = (),
    baseline: str = "",
) -> Table:
    """Return the table of numbers that are gathered already, with published lines that fit it."""
    seeds = over_seeds(results)
    measured = replicates.beside(
        blocks(results, decimals=decimals), results, seeds, decimals=decimals
    )
    data = {run.manifest.dataset for run in results.runs}
    tested = marks.comparisons(results, baseline) if baseline else {}
    if tested:
        measured = marks.marked(measured, tested)
    return Table(
        title=f"{results.protocol.id}: {results.protocol.title}",
        signature=line(results),
        results=results,
        blocks=literature.beside(measured, published, data),
        counts=counts(results),
        notes=(
            *notes(results),
            *([replicates.remark(seeds)] if seeds else []),
            *([marks.remark(tested)] if tested else []),
            *literature.remarks(published, data),
        ),
        published=published,
        seeds=seeds,
    )


def _plain(row: SummaryRow, record: MetricRecord) -> _Record:
    return {
        "unit": record.unit,
        "higher_is_better": record.higher_is_better,
        "metric_version": record.version,
        "summary": row.summary,
        "metric": row.metric,
        "stem": row.stem,
        "value": row.value,
        "status": str(row.status),
        "tracks": row.tracks,
        "used": row.used,
        "silent": row.silent,
        **{f"left_{name}": row.left.get(name, 0) for name in _STATUSES},
    }


def _published(number: PublishedNumber) -> _Record:
    """Return a flat record of what a source says; the rest is missing."""
    return {
        "system": f"{number.model}, {number.configuration}".removesuffix(", "),
        "dataset": number.dataset,
        "marks": number.note,
        "protocol": number.protocol,
        "source": number.source,
        "unit": number.unit,
        "metric": number.metric,
        "stem": number.stem,
        "value": number.value,
        "status": "published",
    }
