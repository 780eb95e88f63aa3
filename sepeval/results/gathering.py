"""What tables, figures and pages are made of: the numbers of several runs side by side.

Runs that measured different things (another dataset, split, choice, set of tracks or audio) are
not put side by side unless that is asked for by name, and then each of them says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sepeval.errors import StoreError
from sepeval.protocol import Protocol
from sepeval.results.comparable import difference, outdated
from sepeval.results.traits import traits
from sepeval.results.words import as_text, count_of, plain
from sepeval.store import MetricRecord, Run
from sepeval.summary import SummaryRow, summarise_all


@dataclass(frozen=True)
class System:
    """One run under one protocol.

    Attributes:
        name: the label, made unique among the runs shown together.
        run: where the numbers come from.
        rows: the numbers, as `summarise` returns them.
        marks: what a reader must know before comparing: `3 of 50 tracks`, `2 tracks with errors`.
        comparable: False where the run is not complete or the data are mixed.
    """

    name: str
    run: Run
    rows: tuple[SummaryRow, ...]
    marks: tuple[str, ...]
    comparable: bool

    def rows_of(self, summary: str, metric: str) -> tuple[SummaryRow, ...]:
        """Return the numbers of one summary of one metric, by stem."""
        return tuple(row for row in self.rows if (row.summary, row.metric) == (summary, metric))


@dataclass(frozen=True)
class Results:
    """Several runs under one protocol.

    Attributes:
        protocol: what was measured.
        systems: in the order of the runs.
        metrics: what the scores are, by name.
        mixed: the runs did not measure the same audio.
        shared_marks: the marks that all systems have; a heading carries them.
    """

    protocol: Protocol
    systems: tuple[System, ...]
    metrics: Mapping[str, MetricRecord]
    mixed: bool
    shared_marks: tuple[str, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of the systems."""
        return tuple(system.run for system in self.systems)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Every summary and metric, in the protocol's order."""
        return tuple(
            (summary.name, metric)
            for summary in self.protocol.summaries
            for metric in summary.metrics
        )

    def own_marks(self, system: System) -> tuple[str, ...]:
        """Return the marks of a system that are not in the heading."""
        return tuple(mark for mark in system.marks if mark not in self.shared_marks)

    def shown(self, system: System) -> str:
        """Return a system's name with its own marks."""
        own = self.own_marks(system)
        return f"{system.name} ({'; '.join(own)})" if own else system.name


def gather(runs: Sequence[Run], protocol: str, *, mixed: bool = False) -> Results:
    """Return the numbers of runs under one protocol.

    Args:
        runs: of which the first sets what the others are held against; repeated ones count once.
        protocol: id or name.
        mixed: accept runs that measured different audio, and mark them.

    Raises:
        StoreError: there is no run, one has no scores under the protocol, or the runs are not
            comparable (audio, protocol, version of a metric); the message names the difference.
    """
    chosen = _distinct(runs)
    document = chosen[0].protocol(protocol)
    for run in chosen[1:]:
        _refuse_other_protocol(run, chosen[0], document, protocol)
    metrics = traits(chosen, document)
    gaps = [difference(chosen[0], run) for run in chosen]
    is_mixed = any(gaps)
    if is_mixed and not mixed:
        which = next(place for place, gap in enumerate(gaps) if gap)
        older = outdated(chosen[0], chosen[which])
        message = (
            f"{chosen[0].folder.name} and {chosen[which].folder.name} did not measure the same: "
            f"{gaps[which]}; such numbers do not compare. {older}{'. ' if older else ''}To show "
            "them together all the same, say so (--mixed)"
        )
        raise StoreError(message)
    marks = [
        _marks(run, document.id, gap=gap, mixed=is_mixed)
        for run, gap in zip(chosen, gaps, strict=True)
    ]
    shared = set(marks[0]).intersection(*marks[1:])
    systems = tuple(
        System(
            name=name,
            run=run,
            rows=rows,
            marks=own,
            comparable=is_complete(run) and not is_mixed,
        )
        for name, run, rows, own in zip(
            _names(chosen), chosen, summarise_all(chosen, document), marks, strict=True
        )
    )
    return Results(
        document, systems, metrics, is_mixed, tuple(one for one in marks[0] if one in shared)
    )


def _refuse_other_protocol(run: Run, first: Run, document: Protocol, name: str) -> None:
    ours, theirs = (one.manifest.protocols.get(document.id) for one in (first, run))
    if ours == theirs:  # word for word, so there is nothing to hash
        return
    other = run.protocol(name)
    if (other.id, other.hash) != (document.id, document.hash):
        message = (
            f"{run.folder.name} is scored under {other.id} {other.hash[:8]}, "
            f"{first.folder.name} under {document.id} {document.hash[:8]}; one table shows one "
            "protocol: score them again under the same (sepeval rescore)"
        )
        raise StoreError(message)


def by_protocol(runs: Sequence[Run]) -> Mapping[str, tuple[Run, ...]]:
    """Return the runs that have scores under a protocol, for each protocol that one of them has."""
    names = dict.fromkeys(name for run in runs for name in run.manifest.protocols)
    return {name: tuple(run for run in runs if name in run.manifest.protocols) for name in names}


def groups(runs: Sequence[Run]) -> tuple[tuple[Run, ...], ...]:
    """Return the runs in groups that measured the same audio, in the order of appearance.

    Raises:
        StoreError: there is no run.
    """
    found: list[list[Run]] = []
    for run in _distinct(runs):
        home = next((one for one in found if not difference(one[0], run)), None)
        if home is None:
            found.append([run])
        else:
            home.append(run)
    return tuple(tuple(one) for one in found)


def failed(run: Run, protocol: str) -> dict[str, str]:
    """Return why tracks have no scores under a protocol, by track id."""
    return run.manifest.errors(protocol)


def is_complete(run: Run) -> bool:
    """Return whether the run was finished."""
    return run.manifest.status == "complete"


def dataset_of(run: Run) -> str:
    """Return dataset, split and choices in one line."""
    manifest = run.manifest
    where = f"{manifest.dataset}/{manifest.split}"
    return f"{where} ({as_text(manifest.choices)})" if manifest.choices else where


def _distinct(runs: Sequence[Run]) -> tuple[Run, ...]:
    found = {
        (run.manifest.label, run.manifest.hash, run.manifest.share): run for run in reversed(runs)
    }
    if not found:
        raise StoreError("no run was given; `sepeval run` makes one")
    return tuple(reversed(found.values()))


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    labels = [plain(run.manifest.label) or run.manifest.hash for run in runs]
    counts = Counter(labels)
    return tuple(
        label if counts[label] == 1 else f"{label} {run.manifest.hash}"
        for label, run in zip(labels, runs, strict=True)
    )


def _marks(run: Run, protocol: str, *, gap: str, mixed: bool) -> tuple[str, ...]:
    marks = [run.manifest.partial] if run.manifest.partial else []
    errors = len(failed(run, protocol))
    if errors:
        marks.append(f"{count_of(errors, 'track')} with errors")
    if not is_complete(run):
        marks.append("run not complete")
    if mixed:
        marks.append(f"other data: {gap}" if gap else "first of mixed data")
    return tuple(marks)
