"""One run under all its protocols, in one table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from sepeval.errors import StoreError
from sepeval.protocol import MetricEntry, load, released
from sepeval.report import side_by_side
from sepeval.report.tables.protocols_apart import FACTS, facts
from sepeval.store import Run
from tests.report.runs import (
    Score,
    protocol,
    record,
    summary,
    two_tracks,
    with_another,
    write,
)


def entry(name: str = "sdr", **parameters: object) -> dict[str, object]:
    return {"name": name, "metric": "sdr", "where": "every_window", "parameters": parameters}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run under a protocol with two scores, and under one whose windows are whole tracks."""
    eps = {"target": 1e-8, "error": 0, "ratio": 0}
    first = protocol(
        metrics=[
            entry(eps=eps, channels="energies_summed", zero_mean=False),
            entry("mrstft", zero_mean=True),
        ],
        summaries=[summary(metrics=["sdr", "mrstft"], infinite="keep")],
    )
    records = {"mrstft": record(metric="mrstft", unit="1", higher_is_better=False)}
    scores = [
        *two_tracks((1, 3), (3, 5)),
        Score("one", "bass", 0.5, silent=True, metric="mrstft"),
        Score("one", "drums", None, "plus_inf", metric="mrstft"),
        Score("two", "drums", None, "silent_reference", metric="mrstft"),
    ]
    made = write(tmp_path, "system", scores, under=first, records=records)
    whole = protocol(name="whole", windows={"kind": "whole"}, summaries=[summary(all_stems=[])])
    return with_another(made, whole, two_tracks((1, 1), (2, 2)))


def lines(text: str) -> list[str]:
    return text.split("\n\nBeside a protocol", maxsplit=1)[0].splitlines()


def test_every_score_of_every_protocol_has_a_line(run: Run) -> None:
    made = side_by_side(run)

    assert [(one.protocol, one.metric) for one in made.lines] == [
        ("two-stems.v1", "sdr"),
        ("two-stems.v1", "mrstft"),
        ("whole.v1", "sdr"),
    ]
    assert made.lines[0].values == {"bass": 2.0, "drums": 4.0, "All": 3.0}
    assert made.stems == ("bass", "drums", "All")


def test_text_has_protocols_above_their_scores(run: Run) -> None:
    text = lines(side_by_side(run).as_text())

    hashes = [run.protocol(name).hash[:8] for name in ("two-stems", "whole")]
    assert [line for line in text if line and not line.startswith(" ")] == [
        run.folder.name,
        f"two-stems.v1 {hashes[0]}: windows: 1 s / 1 s of track; silence: scored",
        f"whole.v1 {hashes[1]}: windows: whole of track; silence: scored",
    ]
    assert [" ".join(line.split()) for line in text if line.startswith("  sdr")] == [
        "sdr, mean of means (eps: 1e-08; channels: energies summed) 2.00 4.00 3.00 0/4 0",
        "sdr, mean of means 1.00 2.00 - 0/4 0",
    ]


def test_unit_direction_and_infinite_numbers_are_told(run: Run) -> None:
    (text,) = (line for line in lines(side_by_side(run).as_text()) if "mrstft" in line)

    assert "mrstft, mean of means (no unit; lower is better; means: removed)" in text
    assert text.split()[-5:] == ["0.50", "+inf", "+inf", "1/2", "1"]


def test_a_unit_other_than_decibels_stands_with_the_score(tmp_path: Path) -> None:
    points = {"sdr": record(unit="points")}
    run = write(tmp_path, "a", two_tracks((1, 1), (1, 1)), records=points)

    assert "sdr, mean of means (points) " in side_by_side(run).as_text()
    assert r"sdr, mean of means (points) |" in side_by_side(run).as_markdown()


@pytest.mark.parametrize("width", [80, 120, 160])
def test_text_keeps_to_its_width(run: Run, width: int) -> None:
    text = side_by_side(run).as_text(width)

    assert max(map(len, text.splitlines())) <= width
    assert text.count("two-stems.v1") == 1


def test_partial_runs_and_errors_are_marked(tmp_path: Path) -> None:
    run = write(
        tmp_path, "a", two_tracks((1, 1), (1, 1)), partial="3 of 50", errors={"three": "no file"}
    )
    made = side_by_side(run)

    assert "(3 of 50; 1 track with errors): windows" in made.as_text()
    assert "partial: 3 of 50" in made.signature
    assert made.lines[0].left == 2


def test_protocols_can_be_chosen(run: Run) -> None:
    assert {one.protocol for one in side_by_side(run, protocols=["whole"]).lines} == {"whole.v1"}
    with pytest.raises(StoreError, match="it has two-stems"):
        side_by_side(run, protocols=["three-stems"])


def test_markdown_has_a_column_for_each_difference(run: Run) -> None:
    head, _, *rows = side_by_side(run, decimals=1).as_markdown().split("\n\n")[0].splitlines()

    assert [cell.strip() for cell in head.strip("|").split("|")] == [
        "protocol", "metric", "bass", "drums", "All", "silent", "left out", *FACTS
    ]  # fmt: skip
    assert [cell.strip() for cell in rows[0].strip("|").split("|")][2:] == [
        "2.0", "4.0", "3.0", "0/4", "0",
        "1 s / 1 s of track", "scored", "1e-08", "energies summed", "kept",
    ]  # fmt: skip


def test_csv_has_one_row_per_number(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(side_by_side(run).as_csv())))

    assert [(row["metric"], row["stem"], row["value"], row["status"]) for row in rows[3:6]] == [
        ("mrstft", "bass", "0.5", "ok"),
        ("mrstft", "drums", "", "plus_inf"),
        ("mrstft", "All", "", "plus_inf"),
    ]
    assert {row["run"] for row in rows} == {run.folder.name}
    assert [row["unit"] for row in rows] == ["dB"] * 3 + ["1"] * 3 + ["dB"] * 2


def test_json_has_every_line(run: Run) -> None:
    document = json.loads(side_by_side(run).as_json())

    assert [one["values"] for one in document["lines"]][2] == {"bass": 1.0, "drums": 2.0}
    assert document["lines"][1]["statuses"]["drums"] == "plus_inf"
    assert document["lines"][1]["facts"]["means"] == "removed"


@pytest.mark.parametrize(
    ("parameters", "eps"),
    [
        ({}, "-"),
        ({"eps": 1e-5}, "1e-05"),
        ({"eps": 0, "gain_eps": 0}, "none"),
        ({"eps": 0, "gain_eps": 1e-8}, "1e-08"),
        ({"eps": {"target": 1e-8, "error": 1e-6, "ratio": 0}}, "1e-06"),
        ({"eps": {"scale": 1e-8, "scale_counts": "per_sample"}}, "1e-08 per sample"),
        ({"eps": {"target": 0, "error": 0, "ratio": 0}}, "none"),
    ],
)
def test_the_largest_eps_is_told(parameters: Mapping[str, object], eps: str) -> None:
    document = {**entry(), "parameters": parameters}

    assert facts(protocol(), MetricEntry.model_validate(document)).eps == eps


@pytest.mark.parametrize(
    ("changed", "where", "told"),
    [
        ({}, "every_window", "scored"),
        ({}, "silent_reference", "only silent references"),
        ({"reference": "leave_out"}, "every_window", "left out"),
        ({"other": "leave_out"}, "every_window", "leaves out all stems"),
        (
            {"other": "leave_out", "mask": "shared"},
            "every_window",
            "leaves out all stems, of all systems compared (here one)",
        ),
    ],
)
def test_what_becomes_of_silence_is_told(
    changed: Mapping[str, object], where: str, told: str
) -> None:
    silence = protocol().model_dump(mode="json")["silence"] | dict(changed)
    under = protocol(silence=silence)

    assert facts(under, MetricEntry.model_validate({**entry(), "where": where})).silence == told


@pytest.mark.parametrize("name", released())
def test_every_released_protocol_is_told(name: str) -> None:
    for one in (document := load(name)).metrics:
        found = facts(document, one)

        assert found.shared([found]) == found.told()
        assert len(found.told()) >= 2
