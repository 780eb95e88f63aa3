from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sepeval.errors import StoreError
from sepeval.protocol import Protocol
from sepeval.report import signature, table
from sepeval.store import Run
from sepeval.summary import score_frame
from tests.report.runs import Score, protocol, record, summary, two_tracks, write


@pytest.fixture
def pair(tmp_path: Path) -> list[Run]:
    """Two systems whose means are 2 and 4 (quiet), and 3 and 3 (loud)."""
    return [
        write(tmp_path, "quiet", two_tracks(bass=(1, 3), drums=(3, 5))),
        write(tmp_path, "loud", two_tracks(bass=(2, 4), drums=(3, 3))),
    ]


def cells(text: str, system: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(system))
    return line.removeprefix(system).split()


def test_the_table_shows_the_mean_of_means_and_marks_the_best(pair: list[Run]) -> None:
    text = table(pair, "two-stems").as_text()

    assert cells(text, "quiet") == ["2.00", "4.00*", "3.00*"]
    assert cells(text, "loud") == ["3.00*", "3.00", "3.00*"]


def test_the_best_is_the_smallest_where_lower_is_better(tmp_path: Path) -> None:
    records = {"sdr": record(higher_is_better=False)}
    runs = [
        write(tmp_path, "quiet", two_tracks(bass=(1, 3), drums=(3, 5)), records=records),
        write(tmp_path, "loud", two_tracks(bass=(2, 4), drums=(3, 3)), records=records),
    ]
    text = table(runs, "two-stems").as_text()

    assert cells(text, "quiet") == ["2.00*", "4.00", "3.00*"]
    assert "lower is better" in text


@pytest.mark.parametrize(
    ("unit", "told"), [("points", "in points; higher"), ("1", "without a unit; higher")]
)
def test_the_unit_is_that_of_the_metric(tmp_path: Path, unit: str, told: str) -> None:
    run = write(tmp_path, "a", two_tracks((1, 1), (1, 1)), records={"sdr": record(unit=unit)})
    made = table([run], "two-stems")

    assert told in made.as_text()
    assert {row["unit"] for row in csv.DictReader(io.StringIO(made.as_csv()))} == {unit}


def test_runs_scored_with_two_versions_of_a_metric_are_refused_with_both(
    pair: list[Run], tmp_path: Path
) -> None:
    newer = {"sdr": record(version=2)}
    other = write(tmp_path, "newer", two_tracks((1, 1), (1, 1)), records=newer)

    told = "is sdr version 1 in the first, sdr version 2 in the second"
    with pytest.raises(StoreError, match=told) as refused:
        table([*pair, other], "two-stems", mixed=True)
    assert pair[0].folder.name in str(refused.value)
    assert other.folder.name in str(refused.value)


def test_a_run_that_does_not_record_its_metrics_is_refused_with_the_way_out(
    pair: list[Run],
) -> None:
    old = pair[0].save(pair[0].manifest.model_copy(update={"metrics": {}}))

    with pytest.raises(StoreError, match="sepeval rescore"):
        table([old], "two-stems")


def test_a_shared_mask_names_the_systems_that_share_it(tmp_path: Path) -> None:
    rules = protocol().model_dump(mode="json")["silence"]
    under = protocol(silence={**rules, "mask": "shared"})
    scores = two_tracks((1, 1), (1, 1))
    quiet = [*scores[1:], Score("one", "bass", None, "silent_reference")]
    runs = [
        write(tmp_path, "loud", scores, under=under),
        write(tmp_path, "quiet", quiet, under=under),
    ]

    assert any(
        "share one silence mask: loud, quiet. A window" in note
        for note in table(runs, "two-stems").notes
    )
    assert any("loud is shown alone" in note for note in table(runs[:1], "two-stems").notes)
    assert not any(
        "mask" in note for note in table([write(tmp_path, "a", scores)], "two-stems").notes
    )


def test_one_system_alone_is_not_the_best(pair: list[Run]) -> None:
    assert "*" not in table(pair[:1], "two-stems").as_text()


def test_decimals_are_aligned_and_as_many_as_asked_for(pair: list[Run]) -> None:
    lines = table(pair, "two-stems", decimals=4).as_text().splitlines()
    rows = [line for line in lines if line.startswith(("quiet", "loud"))]

    assert [line.index(".") for line in rows] == [rows[0].index(".")] * 2
    assert cells(rows[0], "quiet")[0] == "2.0000"


def test_a_negative_zero_is_shown_as_zero(tmp_path: Path) -> None:
    run = write(tmp_path, "zero", two_tracks(bass=(-0.001, -0.001), drums=(1, 1)))

    assert cells(table([run], "two-stems").as_text(), "zero")[0] == "0.00"


def test_columns_that_do_not_fit_go_below_each_other(pair: list[Run]) -> None:
    text = table(pair, "two-stems").as_text(width=24)

    assert max(len(line) for line in text.splitlines() if "|" not in line) <= 24
    assert text.count("\nloud ") == 2


def test_long_names_are_broken_in_a_narrow_terminal(tmp_path: Path) -> None:
    name = " ".join(["word"] * 20)
    text = table([write(tmp_path, name, two_tracks((1, 1), (1, 1)))], "two-stems").as_text(60)

    assert text.split("\n\n", 2)[1].replace("\n ", "").count("word") == 20
    assert "\n  word" in text


def test_scores_with_a_silent_reference_are_counted_and_told(tmp_path: Path) -> None:
    scores = [*two_tracks((1, 1), (1, 1)), Score("one", "bass", 60.0, silent=True)]
    text = table([write(tmp_path, "a", scores)], "two-stems").as_text()

    assert cells(text, "of which silent") == ["1", "0", "1"]
    assert "1 of 5 scores used (20 %) have a silent reference" in " ".join(text.split())


def test_scores_that_are_left_out_are_counted_by_status(tmp_path: Path) -> None:
    scores = [
        *two_tracks((1, 1), (1, 1)),
        Score("one", "bass", None, "silent_reference"),
        Score("one", "drums", None, "silent_other"),
        Score("two", "drums", None, "silent_other"),
    ]
    text = table([write(tmp_path, "a", scores)], "two-stems").as_text()

    assert cells(text, "left out: silent_reference") == ["1", "0", "1"]
    assert cells(text, "left out: silent_other") == ["0", "2", "2"]


def test_a_number_that_does_not_exist_is_a_dash_with_its_reason_in_the_counts(
    tmp_path: Path,
) -> None:
    scores = [Score("one", "bass", 1.0), Score("one", "drums", None, "silent_reference")]
    made = table([write(tmp_path, "a", scores)], "two-stems")

    assert cells(made.as_text(), "a ") == ["1.00", "-", "-"]
    assert cells(made.as_text(), "left out: silent_reference") == ["0", "1", "1"]
    assert any("no score was left" in note for note in made.notes)


def test_an_infinite_number_is_shown_as_such_and_is_the_best(tmp_path: Path) -> None:
    under = protocol(summaries=[summary(infinite="keep")])
    perfect = [Score("one", "bass", None, "plus_inf"), Score("one", "drums", 1.0)]
    usual = [Score("one", "bass", 9.0), Score("one", "drums", 1.0)]
    runs = [
        write(tmp_path, "perfect", perfect, under=under),
        write(tmp_path, "usual", usual, under=under),
    ]

    text = table(runs, "two-stems").as_text()
    assert cells(text, "perfect") == ["+inf*", "1.00*", "+inf*"]
    assert cells(text, "usual") == ["9.00", "1.00*", "5.00"]


def test_partial_runs_are_marked(pair: list[Run], tmp_path: Path) -> None:
    part = write(tmp_path, "part", two_tracks((1, 1), (1, 1)), partial="2 of 50 tracks")

    assert "higher is better (2 of 50 tracks)" in table([part], "two-stems").as_text()
    assert "part (2 of 50 tracks)" in table([*pair, part], "two-stems").as_text()
    assert "partial: 2 of 50 tracks" in signature([part], "two-stems")


def test_a_system_with_errors_is_marked_and_is_not_the_best(tmp_path: Path) -> None:
    one = [Score("one", "bass", 1.0), Score("one", "drums", 1.0)]
    better = [Score("one", "bass", 9.0), Score("one", "drums", 9.0)]
    whole = [*one, Score("two", "bass", 1.0), Score("two", "drums", 1.0)]
    runs = [
        write(tmp_path, "whole", whole),
        write(tmp_path, "broken", better, errors={"two": "no file"}),
    ]

    text = " ".join(table(runs, "two-stems").as_text().split())
    assert "broken (1 track with errors) 9.00 9.00 9.00" in text
    assert "broken: no scores for two (errors)." in text
    assert "left out: error 1 1 2" in text


def test_a_run_that_is_not_complete_is_marked(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 1), (1, 1)), status="started")

    assert "run not complete" in table([run], "two-stems").as_text()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dataset": "other"}, "dataset invented and other"),
        ({"split": "train"}, "split test and train"),
        ({"choices": {"edition": "second"}}, "choices edition=first and edition=second"),
        ({"tracks": ["one"]}, "tracks"),
        ({"content": "1"}, "content"),
    ],
)
def test_runs_on_different_audio_are_refused_with_the_difference(
    pair: list[Run], tmp_path: Path, changed: dict[str, object], told: str
) -> None:
    other = write(tmp_path, "other", two_tracks((9, 9), (9, 9)), identity=changed)  # type: ignore[arg-type]  # plain values

    with pytest.raises(StoreError, match=told):
        table([*pair, other], "two-stems")


def test_mixed_runs_are_marked_and_none_is_the_best(pair: list[Run], tmp_path: Path) -> None:
    other = write(tmp_path, "other", two_tracks((9, 9), (9, 9)), identity={"content": "1"})

    text = table([*pair, other], "two-stems", mixed=True).as_text()
    assert "other (other data: content" in text
    assert "*" not in text
    assert "mixed data" in text


def test_runs_under_documents_of_one_name_are_refused(pair: list[Run], tmp_path: Path) -> None:
    under = protocol(summaries=[summary(all_by="median")])
    other = write(tmp_path, "other", two_tracks((1, 1), (1, 1)), under=under)

    with pytest.raises(StoreError, match=under.hash[:8]):
        table([*pair, other], "two-stems")


def test_scores_of_another_document_with_the_same_id_are_refused(pair: list[Run]) -> None:
    edited = protocol(title="the same", summaries=[summary(infinite="keep")])

    with pytest.raises(StoreError, match="rescore"):
        score_frame(pair[0], edited)


def test_no_run_is_an_error() -> None:
    with pytest.raises(StoreError, match="no run"):
        table([], "two-stems")


def test_runs_with_one_label_are_told_apart_by_hash(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, "same", two_tracks((1, 1), (1, 1)), identity={"seed": seed})
        for seed in (1, 2)
    ]

    text = table([*runs, runs[0]], "two-stems").as_text()
    assert [text.count(f"\nsame {run.manifest.hash} ") for run in runs] == [1, 1]
    assert all(f"same {run.manifest.hash} {run.manifest.hash}" not in text for run in runs)


def test_equal_counts_are_told_once(pair: list[Run]) -> None:
    assert [one.title for one in table(pair, "two-stems").counts] == ["sdr: all systems"]


def test_systems_scored_on_different_windows_are_told(pair: list[Run], tmp_path: Path) -> None:
    more = write(tmp_path, "more", [*two_tracks((1, 1), (1, 1)), Score("one", "bass", 2.0)])

    made = table([*pair, more], "two-stems")
    assert any("not scored on the same number" in note for note in made.notes)
    assert [one.title for one in made.counts] == ["sdr: quiet, loud", "sdr: more"]


def test_csv_holds_every_number_unrounded(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 2), (0.1, 0.2)))
    rows = list(csv.DictReader(io.StringIO(table([run], "two-stems").as_csv())))

    assert [row["stem"] for row in rows] == ["bass", "drums", "All"]
    assert float(rows[1]["value"]) == pytest.approx(0.15, abs=1e-15)
    assert {row["run"] for row in rows} == {run.manifest.hash}
    assert {row["protocol_hash"] for row in rows} == {protocol().hash}
    assert [row["left_silent_reference"] for row in rows] == ["0", "0", "0"]


def test_json_holds_the_numbers_the_errors_and_the_signature(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 2), (3, 4)), errors={"three": "no file"})
    document = json.loads(table([run], "two-stems").as_json())

    assert [one["value"] for one in document["numbers"]] == [1.5, 3.5, 2.5]
    assert document["systems"][0]["errors"] == {"three": "no file"}
    assert document["signature"] == signature([run], "two-stems")


def test_names_mean_nothing_in_markdown_and_html(tmp_path: Path) -> None:
    made = table([write(tmp_path, "<b>|*x*|_y_", two_tracks((1, 1), (1, 1)))], "two-stems")

    assert r"\<b\>\|\*x\*\|\_y\_" in made.as_markdown()
    assert "<b>" not in made.as_html()
    assert "&lt;b&gt;" in made.as_html()


def test_the_best_is_bold_in_markdown_and_strong_in_html(pair: list[Run]) -> None:
    made = table(pair, "two-stems")

    assert "|     2.00 | **4.00** | **3.00** |" in made.as_markdown()
    assert "<strong>4.00</strong>" in made.as_html()


def test_a_name_with_line_breaks_stays_on_one_line(tmp_path: Path) -> None:
    text = table([write(tmp_path, "a\nb\tc", two_tracks((1, 1), (1, 1)))], "two-stems").as_text()

    assert cells(text, "a b c") == ["1.00", "1.00", "1.00"]


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json", "html"])
def test_the_same_runs_give_the_same_bytes(pair: list[Run], form: str) -> None:
    texts = {str(getattr(table(pair, "two-stems"), f"as_{form}")()) for _ in range(2)}

    assert len(texts) == 1
    if form != "csv":
        assert protocol().hash[:8] in texts.pop()


def test_the_signature_names_everything_in_one_line(pair: list[Run]) -> None:
    line = signature(pair, "two-stems.v1")

    hashes = [run.manifest.hash for run in pair]
    assert line == (
        f"two-stems.v1 {protocol().hash[:8]} | quiet {hashes[0]}, loud {hashes[1]} | sepeval 0.1.0 "
        "| invented/test (edition=first) | 2 tracks, 4 scores each (0 with a silent reference), "
        "left out: none"
    )


def test_the_signature_gives_ranges_where_systems_differ(pair: list[Run], tmp_path: Path) -> None:
    scores = [*two_tracks((1, 1), (1, 1)), Score("one", "bass", None, "undefined")]
    line = signature([*pair, write(tmp_path, "c", scores[1:])], "two-stems")

    assert "3 to 4 scores each" in line
    assert "left out: undefined 0 to 1" in line


def test_two_metrics_and_two_summaries_have_a_block_each(tmp_path: Path) -> None:
    metrics: list[dict[str, object]] = [
        {"name": name, "metric": "sdr", "where": "every_window", "parameters": {}}
        for name in ("sdr", "sir")
    ]
    under = protocol(
        metrics=metrics,
        summaries=[summary(metrics=["sdr", "sir"]), summary(name="other", all_stems=[])],
    )
    scores = two_tracks((1, 2), (3, 4))
    scores += [replace(one, metric="sir") for one in scores]
    made = table([write(tmp_path, "a", scores, under=under)], "two-stems")

    assert [(one.metric, one.summary, one.stems[-1]) for one in made.blocks] == [
        ("sdr", "mean of means", "All"),
        ("sir", "mean of means", "All"),
        ("sdr", "other", "drums"),
    ]


def test_an_unknown_protocol_is_an_error(pair: list[Run]) -> None:
    assert isinstance(pair[0].protocol("two-stems"), Protocol)
    with pytest.raises(StoreError, match="it has two-stems"):
        table(pair, "three-stems")
