"""The rows that a report carries are those of the runs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepeval.report.pages.rows import STATUSES, rows_of
from sepeval.report.pages.scripts import as_json, script
from sepeval.results import gather
from tests.report.runs import RATE, Score, two_tracks, write

KINDS = ("<i4", "<i4", "<f4", np.uint8, np.uint8)


def unpacked(packed: dict[str, Any], system: int, stem: str, replicate: int = 0) -> list[Any]:
    places = packed["systems"][system][replicate]["sdr"][stem]
    texts = [base64.b64decode(packed["columns"][place]) for place in places]
    return [np.frombuffer(text, kind).tolist() for text, kind in zip(texts, KINDS, strict=True)]


def test_every_window_is_there_with_value_status_and_silence(tmp_path: Path) -> None:
    scores = [
        Score("one", "bass", 1.5),
        Score("one", "bass", None, "silent_reference", silent=True),
        Score("one", "bass", None, "plus_inf", silent=None),
        Score("one", "drums", -3.25),
    ]
    found = rows_of(gather([write(tmp_path, "a", scores)], "two-stems"))

    starts, stops, values, statuses, silent = unpacked(found.tracks["one"], 0, "bass")
    assert starts == [0, RATE, 2 * RATE]
    assert stops == [RATE, 2 * RATE, 3 * RATE]
    assert values[0] == 1.5
    assert np.isnan(values[1:]).all()
    assert [STATUSES[one] for one in statuses] == ["ok", "silent_reference", "plus_inf"]
    assert silent == [0, 1, 2]
    assert unpacked(found.tracks["one"], 0, "drums")[2] == [-3.25]


def test_equal_columns_are_there_once(tmp_path: Path) -> None:
    runs = [write(tmp_path, name, two_tracks((1, 2), (1, 2))) for name in ("a", "b")]
    found = rows_of(gather(runs, "two-stems")).tracks["one"]

    columns = found["columns"]
    assert isinstance(columns, list)
    assert len(columns) == len(set(columns)) == 4  # starts, stops, values, and statuses as silent


def test_replicates_stay_apart(tmp_path: Path) -> None:
    scores = [
        Score("one", stem, 1.0 + draw, replicate=draw)
        for draw in (0, 1)
        for stem in ("bass", "drums")
    ]
    found = rows_of(gather([write(tmp_path, "a", scores)], "two-stems")).tracks["one"]

    assert [unpacked(found, 0, "bass", draw)[2] for draw in (0, 1)] == [[1.0], [2.0]]


def test_a_track_has_one_value_per_stem_and_the_mean_of_its_stems(tmp_path: Path) -> None:
    scores = [*two_tracks((1, 3), (3, 5)), Score("one", "bass", 2.0)]
    found = rows_of(gather([write(tmp_path, "a", scores)], "two-stems"))

    (values,) = found.values
    assert values.stems == ("bass", "drums", "All")
    assert values.values[0, :, 0].tolist() == [1.5, 3.0, 2.25]
    assert found.tracks["one"]["values"] == [[[1.5, 3.0, 2.25]]]


def test_a_track_that_failed_has_rows_of_errors_and_no_value(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 3), (3, 5)), errors={"three": "damaged"})
    found = rows_of(gather([run], "two-stems")).tracks["three"]

    assert [STATUSES[one] for one in unpacked(found, 0, "bass")[3]] == ["error"]
    assert found["values"] == [[[None, None, None]]]


@pytest.mark.parametrize(
    "text", ["</script><b>", "<!--", "]]>", "a & b", "\u2028", "'; alert(1); '", "\\u003c", "ü"]
)
def test_no_text_of_the_data_ends_the_script_that_carries_it(text: str) -> None:
    written = as_json({"track": text})

    assert json.loads(written) == {"track": text}
    assert not set("<>&\u2028\u2029") & set(script(text, {text: [text]}))
