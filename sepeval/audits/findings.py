"""Findings as a list: files, text, and rows for a report."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from sepeval.audits.base import SEVERITIES, Finding, Plain
from sepeval.errors import StoreError
from sepeval.store import parts
from sepeval.store.files import write_text

_SCHEMA = 2  # of findings; 1 called the value by the better rule otherwise
_SHOWN = 2  # rows of evidence in text
_MARGIN = " " * 9  # width of the column of severities


def write(findings: Sequence[Finding], folder: Path) -> tuple[Path, Path]:
    """Write `findings.parquet`, evidence as JSON texts, and `findings.json`; return their paths.

    Raises:
        StoreError: they cannot be written.
    """
    table, document = folder / "findings.parquet", folder / "findings.json"
    rows = [{**_fields(one), "evidence": json.dumps(list(one.evidence))} for one in findings]
    parts.write_table(table, pa.Table.from_pylist(rows, schema=_columns()), {"findings": _SCHEMA})
    write_text(document, as_json(findings) + "\n")
    return table, document


def read(path: Path) -> tuple[Finding, ...]:
    """Return the findings of a `findings.parquet`.

    Raises:
        StoreError: the file is missing, damaged, no such file, or of another schema.
    """
    table, facts = parts.read_table(path)
    schema = facts.get("findings", _SCHEMA)  # at first only the columns told
    if schema != _SCHEMA:
        message = f"{path}: holds findings of schema {schema}; this sepeval reads {_SCHEMA}"
        raise StoreError(f"{message}; audit again")
    if table.schema.names != _columns().names:
        raise StoreError(f"{path}: holds no findings; `sepeval audit -o FOLDER` writes them")
    rows = table.drop_columns(["id"]).to_pylist()
    with parts.well_formed(path):
        evidence = [tuple(json.loads(row.pop("evidence"))) for row in rows]
    return tuple(Finding(**row, evidence=own) for row, own in zip(rows, evidence, strict=True))


def as_json(findings: Iterable[Finding]) -> str:
    """Return findings as a JSON list."""
    rows = [{**_fields(one), "evidence": list(one.evidence)} for one in findings]
    return json.dumps(rows, indent=1, ensure_ascii=False)


def as_rows(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Return findings as rows of texts for a page: what, where, by how much, and the way out."""
    return [
        {
            "severity": one.severity,
            "audit": one.audit,
            "id": one.id,
            "subject": one.subject,
            "where": one.where,
            "message": one.message,
            "effect": effect(one),
            "way out": one.way_out,
        }
        for one in findings
    ]


def effect(one: Finding) -> str:
    """Return by how much a finding can move a number, such as `3.1 dB, 2 places`."""
    found = [] if one.effect_db is None else [f"{one.effect_db:.2f} dB"]
    if one.effect_ranks:
        found.append(f"{one.effect_ranks} place{'s' if one.effect_ranks > 1 else ''}")
    return ", ".join(found)


def as_text(findings: Sequence[Finding], *, width: int = 80, full: bool = False) -> str:
    """Return findings as text of at most `width` columns, and a last line that counts them.

    Args:
        findings: in the order in which they are told.
        width: in columns.
        full: tell every finding with all of its evidence. Otherwise the first of each audit and
            severity is told with some, and the others in a line each.
    """
    if full:
        blocks = ["\n".join(_lines(one, width, shown=len(one.evidence))) for one in findings]
        return "\n\n".join([*blocks, counted(findings)])
    alike: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        alike.setdefault((one.audit, one.severity), []).append(one)
    blocks = []
    for first, *others in alike.values():
        lines = _lines(first, width, shown=_SHOWN)
        for other in others:
            size = effect(other)
            lines += _wrapped(
                f"also {_place(other)}{f': {size}' if size else ''}", width, hanging="  "
            )
        blocks.append("\n".join(lines))
    hidden = any(len(one.evidence) > _SHOWN for one in findings) or len(alike) < len(findings)
    more = ["all evidence: --full, or -o FOLDER for files"] if hidden else []
    return "\n\n".join([*blocks, "\n".join([*more, counted(findings)])])


def counted(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity.

    Example:
        >>> counted([])
        'nothing found'
    """
    counts = Counter(one.severity for one in findings)
    words = [
        f"{counts[one]} {one}{'s' if counts[one] > 1 else ''}"
        for one in reversed(SEVERITIES)
        if counts[one]
    ]
    return ", ".join(words) or "nothing found"


def _place(one: Finding) -> str:
    return f"{one.subject}: {one.where}" if one.where else one.subject


def _lines(one: Finding, width: int, *, shown: int) -> list[str]:
    head = f"{one.severity:<8} {one.audit}"
    size = effect(one)
    lines = [f"{head}{size:>{max(len(size) + 2, width - len(head))}}" if size else head]
    lines += _wrapped(_place(one), width)
    lines += _wrapped(one.message, width)
    for row in one.evidence[:shown]:
        facts = ", ".join(f"{key} {_value(value)}" for key, value in row.items() if value != "")
        lines += _wrapped(f"- {facts}", width, hanging="  ")
    if len(one.evidence) > shown:
        lines += _wrapped(f"- and {len(one.evidence) - shown} more", width)
    if one.way_out:
        lines += _wrapped(f"-> {one.way_out}", width, hanging="   ")
    return lines


def _wrapped(text: str, width: int, *, hanging: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=_MARGIN, subsequent_indent=_MARGIN + hanging
    ) or [""]


def _value(value: Plain) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _fields(one: Finding) -> dict[str, object]:
    names = [field.name for field in dataclasses.fields(one) if field.name != "evidence"]
    found: Mapping[str, object] = {name: getattr(one, name) for name in names}
    return {"id": one.id, **found}


def _columns() -> pa.Schema:
    kinds = {"effect_db": pa.float64(), "effect_ranks": pa.int64()}
    kinds |= {"value": pa.float64(), "value_by_better_rule": pa.float64()}
    names = [field.name for field in dataclasses.fields(Finding)]
    return pa.schema([(name, kinds.get(name, pa.string())) for name in ["id", *names]])
