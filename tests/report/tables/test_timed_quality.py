"""Numbers beside times: of measured separators from runs, of published ones from their papers."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from sepeval.errors import UnknownNameError
from sepeval.publications import numbers
from sepeval.report.tables.timed_quality import joined, published_quality
from sepeval.report.tables.timing import timing_table
from sepeval.timing import Timing
from tests.report.figures.test_timing import scored
from tests.timing.made import arm, timing

TABLE_3 = "DiCoSe v2 (arXiv:2412.06965, revised), Table 3"


@pytest.fixture
def timed(tmp_path: Path) -> Timing:
    return timing(tmp_path, [arm(0, "fast"), arm(1, "slow"), arm(2, "other")], [0.5, 4.0, 1.0])


def test_a_number_stands_beside_the_time_of_the_same_separator(
    tmp_path: Path, timed: Timing
) -> None:
    runs = [scored(tmp_path, "slow", 7.0), scored(tmp_path, "fast", 5.0)]
    found = timing_table([timed], quality=joined(runs, "two-stems", [timed]))

    lines = found.as_text().splitlines()
    (head,) = (line for line in lines if "parameters" in line)
    ends: dict[str, str] = {}
    for line in lines:
        if line.startswith(("fast ", "slow ", "other ")):
            ends.setdefault(line.split()[0], line.split()[-1])
    rows = list(csv.DictReader(io.StringIO(found.as_csv())))
    document = json.loads(found.as_json())

    assert head.rstrip().endswith("sdr, dB")
    assert "sdr, dB: the number of all stems under two-stems.v1" in found.as_text()
    assert "; not scored: other" in found.as_text().replace("\n", " ")
    assert [row["value"] for row in rows] == ["5.0", "7.0", ""]
    assert [row["runs"] for row in rows] == ["fast", "slow", ""]
    assert [one["value"] for one in document["quality"]["matches"]] == [7.0, 5.0]
    assert ends == {"fast": "5.00", "slow": "7.00", "other": "–"}


def test_a_run_with_other_chunks_is_named_and_has_no_number(tmp_path: Path, timed: Timing) -> None:
    found = joined([scored(tmp_path, "fast", 5.0, overlap=150)], "two-stems", [timed])

    assert found.matches == ()
    assert found.left[0].startswith("timed with other chunks")


def test_a_metric_that_is_not_there_is_told(tmp_path: Path, timed: Timing) -> None:
    with pytest.raises(UnknownNameError, match=r"two-stems\.v1 has no metric 'sir'"):
        joined([scored(tmp_path, "fast", 5.0)], "two-stems", [timed], metric="sir")


def test_a_published_time_has_the_number_that_its_paper_prints_of_the_same_model() -> None:
    (time,) = numbers(source=TABLE_3, model="U-Net + CD (row 3)", metric="RTF")
    found = published_quality(time, "si_sdri")

    assert found is not None
    assert (time.printed, found.printed) == ("0.048", "24.2")
    assert "Table 1" in found.source
    assert published_quality(time, "isr") is None


def test_published_numbers_stand_beside_published_times(tmp_path: Path, timed: Timing) -> None:
    quality = joined([scored(tmp_path, "fast", 5.0)], "two-stems", [timed])

    found = timing_table([timed], published={"source": TABLE_3}, quality=quality)

    values = {row["system"]: row.get("sdr, dB") for row in found.published}
    assert values["U-Net + CD (row 3) (published) [1]"] == "11.95"
    assert values["ISDM (published) [1]"] is None
    assert any("sdr, dB: “SDR, SiSEC18" in note for note in found.notes)
