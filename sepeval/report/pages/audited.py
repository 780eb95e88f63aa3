"""What audits find in the runs of a report, as it shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sepeval.audits.base import Finding, Plain, Runs, ordered
from sepeval.audits.findings import effect
from sepeval.audits.running import audit_all
from sepeval.report.pages.groups import Group
from sepeval.results.words import plain
from sepeval.store import Run

_SHOWN = 10  # rows of evidence on a page; `sepeval audit` writes all of them


@dataclass(frozen=True)
class Evidence:
    """Rows of one kind.

    Attributes:
        head: names of the columns.
        rows: texts.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Remark:
    """A finding as it stands on the page.

    Attributes:
        finding: what was found.
        where: subject and place in one line.
        effect: by how much a number can move; empty where that is not known.
        scores: as it is and under the better rule; empty where they are not known.
        evidence: the first rows.
        more: how many rows are not shown.
    """

    finding: Finding
    where: str
    effect: str
    scores: str
    evidence: tuple[Evidence, ...]
    more: int


def audited(
    groups: Sequence[Group],
    *,
    protocols: Sequence[str],
    told: Callable[[str], None] | None = None,
) -> tuple[Remark, ...]:
    """Return what all audits of runs find, group by group; they read no audio.

    Args:
        groups: of the report.
        protocols: ids that the report is about; scores under others are not looked at.
        told: called for each group, with what is done.
    """
    found: list[Finding] = []
    homes: dict[int, Group] = {}  # findings are known by identity: two may be equal
    for group in groups:
        runs = Runs(tuple(_about(run, protocols) for run in group.runs))
        if told is not None:
            told(f"audits of {group.name}")
        own = audit_all([runs])
        found += own
        homes |= {id(one): group for one in own}
    return tuple(_remark(one, homes[id(one)].name) for one in ordered(found))


def _about(run: Run, protocols: Sequence[str]) -> Run:
    """Return a run as if it had been scored under those protocols alone."""
    documents = {key: one for key, one in run.manifest.protocols.items() if key in protocols}
    return Run(run.folder, run.manifest.model_copy(update={"protocols": documents}))


def _remark(one: Finding, data: str) -> Remark:
    scores = ""
    if one.value is not None and one.value_by_better_rule is not None:
        scores = f"{one.value:.2f} → {one.value_by_better_rule:.2f}"
    return Remark(
        finding=one,
        where=plain(f"{data}: {one.where}" if one.where else data),
        effect=effect(one),
        scores=scores,
        evidence=tuple(_tables(one.evidence[:_SHOWN])),
        more=max(0, len(one.evidence) - _SHOWN),
    )


def _tables(rows: Iterable[object]) -> list[Evidence]:
    """Return rows in tables, those with the same keys together."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for row in rows:
        if isinstance(row, dict):
            texts = tuple(_shown(value) for value in row.values())
            found.setdefault(tuple(str(key) for key in row), []).append(texts)
    return [Evidence(head, tuple(lines)) for head, lines in found.items()]


def _shown(value: Plain) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    return plain(str(value))
