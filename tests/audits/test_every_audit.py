"""What holds for all registered audits: each is planted in a test, and sound data set off none."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from sepeval.audits.base import AUDITS, Runs, Table, failing
from sepeval.audits.running import audit_all
from sepeval.publications import folder
from tests.audits.planting import as_they_are, run

TESTS = Path(__file__).parent
PITFALLS = {f"P{number}" for number in range(1, 45)}
SOUND = """system,bass,drums,All
ours,6.00,7.00,6.50
theirs,3.00,5.00,4.00
"""


@cache
def named_in_tests() -> frozenset[str]:
    """Names and texts inside the test functions of this folder, parameters among them."""
    found: set[str] = set()
    for path in TESTS.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for part in ast.walk(node):
                    if isinstance(part, ast.Name):
                        found.add(part.id)
                    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                        found.add(part.value)
    return frozenset(found)


@pytest.mark.parametrize("name", AUDITS.names())
def test_an_audit_has_a_test_that_names_it(name: str) -> None:
    assert name in named_in_tests()


def test_every_pitfall_has_an_audit() -> None:
    assert {one for name in AUDITS.names() for one in AUDITS.get(name).pitfalls} == PITFALLS


@pytest.mark.parametrize(
    ("layout", "protocols", "seconds"),
    [
        ("slakh2100_22050", ("slakh2100-active",), 14.0),
        ("musdb18hq", ("musdb18-usdr",), 2.0),
    ],
)
def test_sound_runs_set_off_no_alarm(
    tmp_path: Path, layout: str, protocols: tuple[str, ...], seconds: float
) -> None:
    runs = [
        run(
            tmp_path / label,
            as_they_are,
            data=tmp_path / "music",
            layout=layout,
            protocols=protocols,
            label=label,
            seconds=seconds,
            noise=noise,
        )
        for label, noise in (("good", 0.03), ("fair", 0.1))
    ]

    found = failing(audit_all([Runs(tuple(runs))]), least="warning")

    assert [(one.audit, one.message) for one in found] == []


def test_a_sound_table_sets_off_no_alarm() -> None:
    assert audit_all([Table(Path("sound.csv"), SOUND)]) == ()


@pytest.mark.parametrize("path", sorted(folder().glob("*.csv")), ids=lambda path: path.name)
def test_published_tables_can_be_looked_at(path: Path) -> None:
    found = audit_all([Table(path, path.read_text(encoding="utf-8"))])

    assert not [one for one in found if one.where == "the audit itself"]
