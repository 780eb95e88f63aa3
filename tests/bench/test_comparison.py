"""The bench measures equal work, and says what it could not measure."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from sepeval.bench import Bench, Result, Task, compare
from sepeval.bench.comparison import MUSDB18_S, largest_difference
from sepeval.bench.presentation import as_json, as_text, drawing
from sepeval.bench.task import measure
from sepeval.errors import DependencyError, SepevalError

MEGABYTE = 10**6


@pytest.fixture(scope="module")
def bench() -> Bench:
    told: list[str] = []
    found = compare(
        lengths=[1, 2],
        estimates=[1, 3],
        engines=["scipy"],
        tools=["museval", "torchmetrics"],
        repeats=1,
        told=told.append,
    )
    assert told[:3] == [
        "museval: 1 s, 1 estimate",
        "sepeval (scipy): 1 s, 1 estimate",
        "sepeval (scipy): 1 s, 3 estimates",
    ]
    return found


def result(tool: str, seconds: float, *, estimates: int = 1, **values: list[float]) -> Result:
    task = Task("windows", tool, "scipy", (60,), estimates, 1)  # type: ignore[arg-type]
    return Result(task, seconds, 900 * MEGABYTE, 400 * MEGABYTE, values)


@pytest.mark.slow
def test_every_tool_is_measured_at_every_length(bench: Bench) -> None:
    found = [
        (one.task.work, one.task.name, one.task.seconds[0], one.task.estimates)
        for one in bench.results
    ]

    windows = [("museval", 1), ("museval", 3), ("sepeval (scipy)", 1), ("sepeval (scipy)", 3)]
    whole = ["torchmetrics", "sepeval (scipy)"]
    assert found == [
        *(("windows", tool, length, count) for length in (1, 2) for tool, count in windows),
        *(("whole", tool, length, 1) for length in (1, 2) for tool in whole),
    ]
    assert all(one.seconds > 0 and one.peak >= one.before > 50 * MEGABYTE for one in bench.results)


@pytest.mark.slow
def test_the_tools_compute_the_same(bench: Bench) -> None:
    compared = [
        difference for one in bench.results if (difference := bench.difference(one)) is not None
    ]

    assert len(compared) >= 6
    assert max(compared) < 1e-9


@pytest.mark.slow
def test_a_tool_that_shares_nothing_is_measured_once_and_multiplied(bench: Bench) -> None:
    one, three = bench.results[:2]

    assert three.seconds == pytest.approx(3 * one.seconds)
    assert three.scaled
    assert not one.scaled


@pytest.mark.slow
def test_the_plot_is_written(bench: Bench, tmp_path: Path) -> None:
    paths = drawing(bench).write(tmp_path, ("png", "svg"))

    assert [path.name for path in paths] == ["bench.png", "bench.svg"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_tool_that_is_not_there_is_an_error_with_the_command() -> None:
    if importlib.util.find_spec("fast_bss_eval") is not None:
        pytest.skip("fast_bss_eval is installed")

    with pytest.raises(DependencyError, match="pip install fast_bss_eval"):
        measure(Task("whole", "fast_bss_eval", "scipy", (1,), 1, 1))


@pytest.mark.slow
def test_a_measurement_that_fails_says_why() -> None:
    with pytest.raises(SepevalError, match=r"sepeval \(scipy\) failed with exit 1: ValueError"):
        measure(Task("windows", "sepeval", "scipy", (0,), 1, 1))


def test_the_ratio_is_the_time_of_museval_over_the_time() -> None:
    bench = Bench("m", (result("museval", 60.0), result("sepeval", 1.5)), ())

    assert bench.ratio(bench.results[1]) == 40.0
    assert bench.ratio(bench.results[0]) == 1.0
    assert Bench("m", bench.results[1:], ()).ratio(bench.results[1]) is None


def test_estimates_are_compared_with_as_many() -> None:
    one, five = result("museval", 10.0), result("museval", 50.0, estimates=5)
    ours = result("sepeval", 2.0, estimates=5)

    assert Bench("m", (one, five, ours), ()).ratio(ours) == 25.0


def test_the_difference_is_the_largest_of_shared_finite_scores() -> None:
    one = {"sdr": [1.0, 2.0, np.nan, 150.0], "isr": [5.0]}
    other = {"sdr": [1.5, 2.0, 3.0, 170.0], "sar": [9.0]}

    assert largest_difference(one, other) == 0.5
    assert largest_difference({"sdr": [1.0]}, {"sar": [1.0]}) is None
    with pytest.raises(SepevalError, match="sdr"):
        largest_difference({"sdr": [1.0]}, {"sdr": [1.0, 2.0]})


def test_the_table_aligns_and_names_what_is_missing() -> None:
    ours = result("sepeval", 1.5, sdr=[1.0])
    bench = Bench("a machine", (result("museval", 60.0, sdr=[1.0]), ours), ("no device",))

    lines = as_text(bench).splitlines()

    assert lines[0] == "machine: a machine"
    assert "not measured: no device" in lines
    rows = [line for line in lines if line.startswith(("tool", "museval", "sepeval"))]
    assert len({len(row) for row in (rows[0], rows[2])}) == 1
    assert rows[2].split() == [
        *("sepeval", "(scipy)", "60", "s", "1", "1.50", "s", "40.0"),
        *("0.90", "GB", "0.50", "GB", "0e+00", "dB"),
    ]


def test_the_document_has_one_entry_per_measurement() -> None:
    bench = Bench("a machine", (result("museval", 60.0), result("sepeval", 1.5)), ())

    document = json.loads(as_json(bench))

    assert [one["tool"] for one in document["results"]] == ["museval", "sepeval (scipy)"]
    assert document["results"][1]["ratio"] == 40.0
    assert document["results"][1]["above_input_bytes"] == 500 * MEGABYTE


def test_the_set_has_the_lengths_of_musdb18() -> None:
    assert len(MUSDB18_S) == 50
    assert (min(MUSDB18_S), max(MUSDB18_S)) == (75, 430)
    assert sum(MUSDB18_S) == pytest.approx(12435, abs=5)
