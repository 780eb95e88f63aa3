"""A system without values is left out by name; the others are compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval.compare import broken, compare, parsed
from sepeval.errors import StoreError
from sepeval.report import table
from sepeval.report.figures.comparison import drawings
from sepeval.report.tables.comparison import ComparisonText
from sepeval.store import Run
from tests.compare.test_comparison import BASS, DRUMS, row, scores
from tests.report.runs import write

TRACKS = [f"t{number}" for number in range(len(BASS))]


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    """One system without anything, one without bass, and two whole ones."""
    drums = [one for one in scores(BASS, DRUMS + 2.0) if one.stem == "drums"]
    return [
        write(tmp_path, "broken", [], errors=dict.fromkeys(TRACKS, "damaged")),
        write(tmp_path, "base", scores(BASS, DRUMS)),
        write(tmp_path, "drummer", drums),
        write(tmp_path, "new", scores(BASS + 1.0, DRUMS + 1.0)),
    ]


def test_systems_without_values_are_left_out_and_the_others_compared(runs: list[Run]) -> None:
    found = compare(runs, "two-stems", baseline="base")

    assert found.lacking == {
        "bass": ("broken", "drummer"),
        "drums": ("broken",),
        "All": ("broken", "drummer"),
    }
    assert (row(found, "bass").difference, row(found, "bass").tracks) == (pytest.approx(1.0), 6)
    assert row(found, "drums", "drummer").difference == pytest.approx(2.0)
    assert row(found, "bass", "drummer").tracks == 0
    assert found.tests == 4
    ranked = {one.stem: [place.system for place in one.places] for one in found.standings}
    assert ranked["bass"] == ranked["All"] == ["base", "new"]
    assert ranked["drums"] == ["base", "drummer", "new"]


def test_what_is_left_out_is_told_in_every_format(runs: list[Run]) -> None:
    text = ComparisonText(compare(runs, "two-stems", baseline="base"))

    for shown in (text.as_text(300), text.as_markdown(), text.as_json()):
        assert "broken has no finite value of bass, drums, All and is left out there" in shown
        assert "drummer has no finite value of bass, All and is left out there" in shown
    assert json.loads(text.as_json())["left_out"]["drums"] == ["broken"]
    assert [line[:2] for line in next(text.grids()).lines] == [
        ("bass", "new"),
        ("drums", "drummer"),
        ("drums", "new"),
        ("All", "new"),
    ]
    places = next(grid for grid in text.grids() if grid.caption.startswith("Place"))
    assert places.lines[-3][:2] == ("drummer", "-")
    for drawing in drawings(text.comparison):
        drawing.draw()


def test_a_baseline_without_values_is_the_error(runs: list[Run]) -> None:
    with pytest.raises(StoreError, match="the baseline broken has no finite sdr on any track"):
        compare(runs, "two-stems", baseline="broken")
    with pytest.raises(StoreError, match="no system but the baseline new has a finite sdr: broken"):
        compare([runs[0], runs[3]], "two-stems", baseline="new")

    partly = ComparisonText(compare(runs, "two-stems", baseline="drummer"))
    told = "drummer has no finite value of bass, All and is the baseline, so nothing is compared"
    assert told in partly.as_text(300)


def test_the_first_system_with_values_is_the_baseline_where_none_is_named(runs: list[Run]) -> None:
    assert compare(runs, "two-stems").baseline == "base"


def test_a_gate_on_a_system_that_is_left_out_fails_with_the_reason(runs: list[Run]) -> None:
    found = compare(runs, "two-stems", baseline="base")

    reasons = broken(parsed("sdr.bass>=0"), found)
    assert [reason.partition(":")[0] for reason in reasons] == ["broken", "drummer"]
    assert "has no value, as drummer has no finite value of bass; the gate asks" in reasons[1]


def test_a_table_is_not_refused_for_the_sake_of_its_marks(runs: list[Run]) -> None:
    told = " ".join(table(runs, "two-stems", baseline="base").notes)
    assert "drummer has no finite value of bass, All and is left out there." in told

    for own, baseline, reason in (
        (runs, "broken", "the baseline broken has no finite sdr"),
        (runs[1:2], "base", "a comparison takes two runs at least"),
    ):
        notes = table(own, "two-stems", baseline=baseline).notes
        assert any(note.startswith(f"† is at no number: {reason}") for note in notes)
