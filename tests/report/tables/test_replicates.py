"""The spread over seeds beside the numbers of stochastic systems."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sepeval.report import Table, table
from tests.report.runs import Score, write

GAINS = (0.0, 1.0, 2.0)  # of three replicates: a standard deviation of one


@pytest.fixture
def made(tmp_path: Path) -> Table:
    noisy = [
        Score(track, stem, level + gain * (stem == "bass"), replicate=replicate)
        for replicate, gain in enumerate(GAINS)
        for track, level in (("a", 1.0), ("b", 3.0))
        for stem in ("bass", "drums")
    ]
    plain = [Score(track, stem, 4.0) for track in "ab" for stem in ("bass", "drums")]
    runs = [
        write(tmp_path, "noisy", noisy, identity={"replicates": 3}),
        write(tmp_path, "plain", plain),
    ]
    return table(runs, "two-stems", baseline="plain")


def test_every_number_has_the_deviation_of_its_replicates(made: Table) -> None:
    text = made.as_text()

    assert re.search(r"noisy +3\.00 ±1\.00 +2\.00 ±0\.00 +2\.50 ±0\.50\n", text)
    assert re.search(r"plain +4\.00\* +4\.00\* +4\.00\* *\n", text)
    assert "from one replicate to another (replicates: noisy 3)" in text.replace("\n", " ")
    assert "3.00±1.00" in made.as_markdown()
    assert "<small>±1.00</small>" in made.as_html()


def test_data_formats_have_replicates_and_spread_of_every_number(made: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(made.as_csv())))
    found = {(row["system"], row["stem"]): (row["replicates"], row["over_seeds"]) for row in rows}

    assert found["noisy", "bass"] == ("3", "1.0")
    assert found["noisy", "All"] == ("3", "0.5")
    assert found["plain", "bass"] == ("1", "")
    assert {one["over_seeds"] for one in json.loads(made.as_json())["numbers"]} == {
        1.0,
        0.0,
        0.5,
        None,
    }


def test_without_replicates_nothing_is_said_of_them(tmp_path: Path) -> None:
    plain = [Score("a", stem, 4.0) for stem in ("bass", "drums")]

    text = table([write(tmp_path, "plain", plain)], "two-stems").as_text()

    assert "±" not in text


def test_in_latex_the_spread_has_a_column_of_its_own(made: Table) -> None:
    text = made.as_latex()

    body = text[text.index("\\toprule") : text.index("\\bottomrule")]
    lines = [line for line in body.splitlines() if "&" in line]
    assert lines[0].count(r"\multicolumn{2}{c}") == 3
    assert {line.count("&") for line in lines[1:]} == {6}
    assert r"3.00 & {\footnotesize$\,\pm$1.00}" in text


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
def test_a_table_with_spreads_compiles(made: Table, tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_text(made.as_latex(), encoding="utf-8")

    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:]
