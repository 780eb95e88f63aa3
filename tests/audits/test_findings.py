from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.audits import findings
from sepeval.audits.base import Finding, Runs, failing, ordered
from sepeval.errors import StoreError
from sepeval.store import parts
from tests.report.runs import Score, write


def finding(name: str, severity: str = "warning", **fields: object) -> Finding:
    texts = {"subject": "run", "message": "It is so.", "way_out": "mend it"}
    return Finding(audit=name, severity=severity, **{**texts, **fields})  # type: ignore[arg-type]


def test_errors_come_first_then_decibels_then_places() -> None:
    found = [
        finding("wrong", "error", effect_db=0.5),
        finding("small", effect_db=0.1),
        finding("places", effect_ranks=2),
        finding("note", "note"),
        finding("large", "note", effect_db=9.0),
        finding("unknown", "error"),
    ]

    names = [one.audit for one in ordered(found)]

    assert names == ["unknown", "wrong", "large", "small", "places", "note"]


def test_a_check_fails_from_its_severity_on() -> None:
    found = [finding("a", "note"), finding("b", "warning"), finding("c", "error")]

    assert [one.audit for one in failing(found, least="warning")] == ["b", "c"]


def test_a_heading_names_few_runs_and_counts_many(tmp_path: Path) -> None:
    runs = [write(tmp_path, f"run {place}", [Score("one", "bass", 1.0)]) for place in range(5)]

    assert Runs(tuple(runs[:4])).name == "run 0, run 1, run 2, run 3"
    assert Runs(tuple(runs)).name == "5 runs"


def test_an_id_stays_the_same_when_the_number_changes() -> None:
    one, other = finding("a", effect_db=1.0), finding("a", effect_db=2.0)

    assert one.id == other.id != finding("a", where="bass").id


def test_findings_come_back_from_their_files(tmp_path: Path) -> None:
    rows = ({"track": "Ünder", "n": 1, "x": 0.5, "none": None},)
    found = (finding("a", evidence=rows, effect_db=1.0, effect_ranks=2), finding("b", "note"))

    table, _ = findings.write(found, tmp_path)

    assert findings.read(table) == found
    assert findings.read(findings.write((), tmp_path / "empty")[0]) == ()


def test_another_table_holds_no_findings(tmp_path: Path) -> None:
    import pyarrow as pa

    parts.write_table(tmp_path / "a.parquet", pa.table({"x": [1]}), {})

    with pytest.raises(StoreError, match="holds no findings"):
        findings.read(tmp_path / "a.parquet")


def test_findings_of_another_schema_are_refused_with_both_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(findings, "_SCHEMA", 9)
        path, _ = findings.write([], tmp_path)

    with pytest.raises(StoreError, match="findings of schema 9; this sepeval reads 2"):
        findings.read(path)


def test_text_says_what_where_how_much_and_the_way_out() -> None:
    rows = tuple({"track": f"t{number}", "gain": 0.123456} for number in range(6))

    text = findings.as_text([finding("gain", where="bass", effect_db=3.21, evidence=rows)])

    assert "3.21 dB" in text.splitlines()[0]
    assert "run: bass" in text
    assert "track t0, gain 0.1235" in text
    assert "and 4 more" in text
    assert "-> mend it" in text
    assert text.endswith("1 warning")
    assert max(map(len, text.splitlines())) <= 80


def test_findings_of_one_audit_are_told_together_unless_all_is_asked_for() -> None:
    found = [finding("gain", where=stem, effect_db=3.0) for stem in ("bass", "drums")]

    short, full = findings.as_text(found), findings.as_text(found, full=True)

    assert "also run: drums: 3.00 dB" in short
    assert short.count("-> mend it") == 1
    assert full.count("-> mend it") == 2


def test_rows_for_a_page_are_texts() -> None:
    (row,) = findings.as_rows([finding("gain", effect_db=1.0, effect_ranks=1)])

    assert row["effect"] == "1.00 dB, 1 place"
    assert all(isinstance(value, str) for value in row.values())
