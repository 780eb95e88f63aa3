"""Published numbers stand beside measured ones and are never taken for them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sepeval.errors import DataError
from sepeval.publications import PublishedLine, PublishedNumber
from sepeval.report import Table, page, table
from tests.report import runs


def line(
    model: str, metric: str = "SDR", protocol: str = "as stated", **values: str
) -> PublishedLine:
    found = {
        stem: PublishedNumber(
            "a paper", "some data", protocol, model, "", stem, metric, text, float(text), "dB",
            f"doubt about {stem}" if stem == "bass" else "",
        )
        for stem, text in values.items()
    }  # fmt: skip
    return PublishedLine(model, "a paper", "some data", protocol, metric, "dB", found)


@pytest.fixture
def made(tmp_path: Path) -> Table:
    """One measured system, and two published ones under two protocols."""
    run = runs.write(tmp_path, "mine", runs.two_tracks((1.0, 2.0), (3.0, 4.0)))
    found = [
        line("theirs", bass="99.125", All="9"),
        line("others", protocol="another", drums="-1.50"),
        line("third", metric="uSDR", bass="1"),
    ]
    return table([run], "two-stems", published=found)


def test_a_published_line_comes_below_and_says_what_it_is(made: Table) -> None:
    names = [name for name, _ in made.blocks[0].lines]

    assert names == [
        "mine",
        "theirs (published [1], other data: some data)",
        "others (published [2], other data: some data)",
    ]


def test_a_number_is_shown_as_it_is_printed(made: Table) -> None:
    cells = dict(made.blocks[0].lines)

    theirs, others = (cells[f"{name}, other data: some data)"] for name in (
        "theirs (published [1]", "others (published [2]"
    ))  # fmt: skip
    assert [one.text for one in theirs] == ["99.125", "-", "9"]
    assert [one.text for one in others] == ["-", "-1.50", "-"]


def test_no_published_number_is_the_best(made: Table) -> None:
    published = [cells for name, cells in made.blocks[0].lines if "published" in name]

    assert not any(one.best for cells in published for one in cells)


def test_the_notes_have_protocol_source_and_doubts(made: Table) -> None:
    said = "\n".join(made.notes)

    assert "[1] SDR on some data, by “as stated”. Source: a paper." in said
    assert "[2] SDR on some data, by “another”. Source: a paper." in said
    assert "theirs (published [1], other data: some data), bass: doubt about bass." in said


def test_counts_are_of_measured_systems_alone(made: Table) -> None:
    assert all("theirs" not in one.title for one in made.counts)


def test_in_csv_a_published_number_has_a_source_and_no_run(made: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(made.as_csv())))

    others = [row for row in rows if row["status"] == "published"]
    assert [(row["system"], row["stem"], row["value"]) for row in others] == [
        ("theirs", "bass", "99.125"), ("theirs", "All", "9.0"), ("others", "drums", "-1.5")
    ]  # fmt: skip
    assert {row["source"] for row in others} == {"a paper"}
    assert {row["run"] + row["protocol_hash"] + row["used"] for row in others} == {""}
    assert {row["source"] for row in rows if row not in others} == {""}


def test_a_page_shows_a_line_in_the_tables_that_it_fits(tmp_path: Path) -> None:
    run = runs.write(tmp_path / "runs", "mine", runs.two_tracks((1.0, 2.0), (3.0, 4.0)))
    other = runs.protocol(
        name="others",
        metrics=[{"name": "sir", "metric": "sdr", "where": "every_window", "parameters": {}}],
        summaries=[runs.summary(metrics=["sir"])],
    )
    scores = [replace(one, metric="sir") for one in runs.two_tracks((1, 1), (1, 1))]
    run = runs.with_another(run, other, scores)

    path = page([run], tmp_path / "page", published=[line("theirs", bass="99.125")])

    assert (
        path.read_text(encoding="utf-8").count("theirs (published [1], other data: some data)</th>")
        == 1
    )
    with pytest.raises(DataError, match="the table shows sdr, sir"):
        page([run], tmp_path / "page", published=[line("third", metric="uSDR", bass="1")])


def test_every_format_shows_them(made: Table) -> None:
    for text in (made.as_text(), made.as_markdown(), made.as_html()):
        assert "99.125" in text
    document = json.loads(made.as_json())
    assert [one["model"] for one in document["published"]] == ["theirs", "theirs", "others"]


def test_lines_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    run = runs.write(tmp_path, "mine", runs.two_tracks((1.0, 2.0), (3.0, 4.0)))

    with pytest.raises(DataError, match="none of 1 published lines fits: they have uSDR"):
        table([run], "two-stems", published=[line("third", metric="uSDR", bass="1")])
    with pytest.raises(DataError, match="the table shows sdr"):
        table([run], "two-stems", published=[line("third", vocals="1")])


def test_a_table_without_published_lines_is_as_it_was(tmp_path: Path) -> None:
    run = runs.write(tmp_path, "mine", runs.two_tracks((1.0, 2.0), (3.0, 4.0)))

    assert table([run], "two-stems").as_text() == table([run], "two-stems", published=[]).as_text()


@pytest.mark.parametrize(
    ("measured", "stated", "said"),
    [
        ("slakh2100", "Slakh2100 test", ""),
        ("slakh2100_22050", "Slakh2100 11.9 s 22.05 kHz", ""),
        ("slakh2100", "MUSDB18 test", ", other data: MUSDB18 test"),
        ("musdb18hq", "MUSDB18-HQ test", ""),
        ("musdb18", "MUSDB18-HQ test", ", other data: MUSDB18-HQ test"),
        ("folder", "MUSDB18 test", ", on MUSDB18 test"),
    ],
)
def test_a_line_on_another_dataset_says_so_beside_its_numbers(
    tmp_path: Path, measured: str, stated: str, said: str
) -> None:
    scores = runs.two_tracks((1.0, 2.0), (3.0, 4.0))
    run = runs.write(tmp_path, "mine", scores, identity={"dataset": measured})
    theirs = replace(line("theirs", bass="9"), dataset=stated)

    made = table([run], "two-stems", published=[theirs])

    for text in (made.as_text(), made.as_markdown().replace("\\", ""), made.as_html()):
        assert f"theirs (published [1]{said})" in text
