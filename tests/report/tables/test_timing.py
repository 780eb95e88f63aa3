"""The table of times: known numbers, published rows, machines."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sepeval.errors import StoreError, UnknownNameError
from sepeval.publications import numbers
from sepeval.report.tables.timing import TimingTable, by_protocol, timing_table
from sepeval.report.tables.timing_rows import rows_of
from sepeval.timing.machine import State
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


def printed(found: TimingTable) -> list[dict[str, str]]:
    """The first rows of the two tables of Markdown."""
    lines = [
        [cell.strip() for cell in line.split("|")] for line in found.as_markdown().splitlines()
    ]
    heads = [place for place, line in enumerate(lines) if line[1:2] == ["system"]]
    return [dict(zip(lines[one][1:-1], lines[one + 2][1:-1], strict=True)) for one in heads]


def test_a_track_alone_has_no_columns_of_a_segment(tmp_path: Path) -> None:
    arms = [arm(0, "one", unit="track", produced_s=10.0, parameters={}, flops=None, passes={})]

    paper, more = printed(timing_table([timing(tmp_path, arms, [4.0])]))

    assert paper == {
        **{"system": "one", "track, s": "4", "track RTF": "0.4"},
        **{"precision": "fp32", "execution": "eager"},
    }
    assert more == {
        **{"system": "one", "precision": "fp32", "execution": "eager"},
        **{"track p5-p95, s": "4-4", "track calls": "4", "batch": "1", "memory, MB": "34"},
    }


def test_the_layout_is_that_of_the_papers_with_all_quantiles_below(tmp_path: Path) -> None:
    paper, more = printed(timing_table([timing(tmp_path, [arm(0, "plain")], [0.5])]))

    assert list(paper)[:5] == ["system", "parameters", "segment, s", "time, ms", "RTF"]
    assert list(paper.values())[:5] == ["plain", "1M + 2M", "2", "500", "0.25"]
    assert list(more)[3:7] == ["q25-q75, ms", "p5-p95, ms", "least, ms", "calls"]
    assert list(more.values())[3:7] == ["500-500", "500-500", "500", "4"]
    assert (more["passes"], more["of peak"], more["memory, MB"]) == ("2", "0.8 %", "12 + 34")


def test_what_a_gpu_and_a_compiler_add_has_columns_of_its_own(tmp_path: Path) -> None:
    changes = {"execution": "compiled", "precision": "bf16", "transfer_s": 0.003}
    arms = [arm(0, "plain"), arm(1, "fast", **changes)]
    made = timing(tmp_path, arms, [0.5, 0.25])
    made = replace(made, calls=tuple(one._replace(device_s=0.2) for one in made.calls))

    found = timing_table([made])

    _, more = printed(found)
    assert (more["device, ms"], more["transfer, ms"], more["first, s"]) == ("200", "–", "–")
    assert [line for line in found.as_text().splitlines() if line.startswith("fast")][1].split()[
        7:10
    ] == ["200", "3", "1"]
    for word in ("device: ", "transfer: ", "first: ", "bf16, fp16: "):
        assert any(note.startswith(word) for note in found.notes)


def test_segment_and_track_are_both_explained(tmp_path: Path) -> None:
    arms = [arm(0, "one"), arm(1, "one", unit="track", produced_s=10.0)]

    note = timing_table([timing(tmp_path, arms, [0.5, 4.0])]).notes[0]

    assert "time, RTF: one segment" in note
    assert "track: with chunks, overlap" in note


def test_load_and_clocks_are_in_the_signature(tmp_path: Path) -> None:
    seen = {"when": "warm", "load": 1.25, "clock_mhz": 1980.0, "gpu": {}, "gpu_used_bytes": None}
    states = [
        State(**seen, gpu_processes=2),
        State(**{**seen, "clock_mhz": 345.0}, gpu_processes=1),
    ]

    found = timing_table([timing(tmp_path, [arm(0, "one")], [0.5], states=states)])

    told = "load 1.2 to 1.2, clock 345 to 1980 MHz, at most 2 processes on the GPU"
    assert told in found.signature


def test_published_rows_stand_below_and_are_marked(tmp_path: Path) -> None:
    found = timing_table([timing(tmp_path, [arm(0, "plain")], [0.5])], published=V2)

    text = found.as_text()
    printed = {one.model for one in numbers(**V2)}
    assert len(found.published) >= len(printed)
    assert all("(published)" in row["system"] for row in found.published)
    (row,) = (row for row in found.published if row["system"].startswith("BS-RF Det."))
    assert (row["parameters"], row["time, ms"], row["RTF"]) == ("131M", "231", "0.021")
    assert text.index("plain") < text.index("(published)")
    assert "not measured here" in text


def test_seconds_that_were_published_are_shown_in_ms(tmp_path: Path) -> None:
    filters = {"source": "DiCoSe v1", "metric": "inference time", "model": "Diffusion"}
    found = timing_table([timing(tmp_path, [arm(0, "plain")], [0.5])], published=filters)

    assert [row["time, ms"] for row in found.published] == ["1399"]


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

    assert "a (machine A, run 1)" in text
    assert "machine A: Z80, 1 threads, torch 2.11; differs in: processor Z80" in text
    assert "machine B: 6502, 1 threads, torch 2.11; differs in: processor 6502" in text
    assert "2 machines" in text


def test_rows_of_two_runs_say_so_with_the_load_of_each(tmp_path: Path) -> None:
    both = [timing(tmp_path, [arm(0, "a")], [seconds]) for seconds in (0.5, 1.0)]

    text = timing_table(both).as_text()

    assert "a (run 1)" in text
    assert "a (run 2)" in text
    assert "run 2, of 2000-01-01T00:00:00+00:00: load 0.5 to 0.5; its arms took turns" in text
    assert "run 1" not in timing_table(both[:1]).as_text()


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
