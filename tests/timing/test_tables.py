"""The table of times: known numbers, published rows, machines."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from sepeval.errors import StoreError, UnknownNameError
from sepeval.publications import numbers
from sepeval.report.timing_rows import rows_of
from sepeval.report.timing_tables import by_protocol, timing_table
from tests.timing.made import MACHINE, arm, timing
from tests.timing.tiny import protocol, segment

V2 = {"source": "DiCoSe v2 (arXiv:2412.06965, revised), Table 3"}


def test_every_number_of_a_row_is_known(tmp_path: Path) -> None:
    arms = [arm(0, "plain"), arm(1, "slow", weights="random", settled=False, batch=2)]

    first, second = rows_of(timing(tmp_path, arms, [0.5, 4.0]), machine="")

    assert (first.host.median, first.host.calls, first.rtf, first.ratio) == (0.5, 4, 0.25, None)
    assert first.of_peak == pytest.approx(4e6 / 0.5 / 1e9)
    assert (first.tflop, first.enqueued, first.device) == (4e-6, 0.5, None)
    assert (second.host.median, second.rtf, second.ratio) == (2.0, 1.0, 4.0)
    assert second.marks == ("random weights", "not settled")


def test_the_segment_and_the_track_of_a_way_are_one_row(tmp_path: Path) -> None:
    arms = [arm(0, "one"), arm(1, "one", unit="track", produced_s=10.0)]

    (row,) = rows_of(timing(tmp_path, arms, [0.5, 4.0]), machine="")

    assert (row.unit, row.rtf, row.track_rtf) == ("segment", 0.25, 0.4)


def test_a_track_alone_has_no_time_of_a_segment(tmp_path: Path) -> None:
    arms = [arm(0, "one", unit="track", produced_s=10.0, parameters={}, flops=None)]

    text = timing_table([timing(tmp_path, arms, [4.0])]).as_markdown()

    cells = [cell.strip() for cell in text.splitlines()[4].split("|")[1:-1]]
    assert cells[:7] == ["one", "–", "–", "–", "–", "–", "0.4"]


def test_the_layout_is_that_of_the_papers(tmp_path: Path) -> None:
    text = timing_table([timing(tmp_path, [arm(0, "plain")], [0.5])]).as_markdown()

    head, _, line = (row.split("|")[1:-1] for row in text.splitlines()[2:5])
    assert [one.strip() for one in head[:5]] == [
        "system",
        "parameters",
        "time, ms",
        "q25-q75",
        "RTF",
    ]
    assert [one.strip() for one in line[:5]] == ["plain", "1M + 2M", "500", "500-500", "0.25"]
    assert line[-1].strip() == "12 + 34"


def test_published_rows_stand_below_and_are_marked(tmp_path: Path) -> None:
    found = timing_table([timing(tmp_path, [arm(0, "plain")], [0.5])], published=V2)

    text = found.as_text()
    printed = {one.model for one in numbers(**V2)}
    assert len(found.published) >= len(printed)
    assert all("(published)" in row[0] for row in found.published)
    (row,) = (row for row in found.published if row[0].startswith("BS-RF Det."))
    assert (row[1], row[2], row[4]) == ("131M", "231", "0.021")
    assert text.index("plain") < text.index("(published)")
    assert "not measured here" in text


def test_seconds_that_were_published_are_shown_in_ms(tmp_path: Path) -> None:
    filters = {"source": "DiCoSe v1", "metric": "inference time", "model": "Diffusion"}
    found = timing_table([timing(tmp_path, [arm(0, "plain")], [0.5])], published=filters)

    assert [row[2] for row in found.published] == ["1399"]


def test_published_numbers_that_are_no_times_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no published time has model=TAK1"):
        timing_table([timing(tmp_path, [arm(0, "a")], [0.5])], published={"model": "TAK1"})


def test_two_machines_are_marked_where_they_are_asked_for(tmp_path: Path) -> None:
    other = MACHINE.model_copy(update={"processor": "6502"})
    both = [
        timing(tmp_path, [arm(0, "a")], [0.5]),
        timing(tmp_path, [arm(0, "a")], [0.25], machine=other),
    ]

    with pytest.raises(StoreError, match="differ in processor"):
        timing_table(both)
    text = timing_table(both, mixed=True).as_text()

    assert "a (machine A)" in text
    assert "machine A: Z80, 1 threads, torch 2.11; differs in: processor Z80" in text
    assert "machine B: 6502, 1 threads, torch 2.11; differs in: processor 6502" in text
    assert "2 machines" in text


def test_times_under_two_protocols_are_two_tables(tmp_path: Path) -> None:
    other = protocol(name="timing-other", segment=segment(transfer=True))
    both = [
        timing(tmp_path, [arm(0, "a")], [0.5]),
        timing(tmp_path, [arm(0, "a")], [0.5], protocol=other),
    ]

    assert [len(group) for group in by_protocol(both)] == [1, 1]
    with pytest.raises(StoreError, match="several protocols"):
        timing_table(both)


def test_csv_and_json_hold_all_quantiles(tmp_path: Path) -> None:
    found = timing_table([timing(tmp_path, [arm(0, "a"), arm(1, "b")], [0.5, 1.0])])

    rows = list(csv.DictReader(io.StringIO(found.as_csv())))
    document = json.loads(found.as_json())

    assert [float(row["host_p95"]) for row in rows] == [0.5, 1.0]
    assert [row["host"]["minimum"] for row in document["rows"]] == [0.5, 1.0]
    assert document["signature"] == found.signature
    assert found.signature.startswith("timing-tiny.v1 ")
