from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.aggregation import (
    aggregation_order,
    infinite_scores,
    left_out_scores,
    length_weighting,
    lower_median,
    stems_in_all,
)
from sepeval.audits.base import Runs
from sepeval.interchange import import_museval
from sepeval.store import Run
from tests.audits.boards import board
from tests.interchange import museval_json
from tests.report.runs import Score, protocol, summary, write

RULES = (
    aggregation_order,
    infinite_scores,
    left_out_scores,
    length_weighting,
    lower_median,
    stems_in_all,
)


def scored(root: Path, label: str, tracks: dict[str, list[float]], **changed: object) -> Run:
    """A run whose two stems have these scores in the windows of each track."""
    rows = [
        Score(track, stem, value)
        for track, values in tracks.items()
        for stem in ("bass", "drums")
        for value in values
    ]
    return write(root, label, rows, under=protocol(**changed))


def campaign(root: Path) -> Runs:
    """Two systems as museval writes them: one even, one that fails in some frames."""
    generator = np.random.default_rng(0)
    for name, level in (("even", 5.0), ("moody", 6.0)):
        for track in range(6):
            frames = level + 0.1 * generator.normal(size=(9 + track, 4))
            if name == "moody":
                frames[:3] = -20.0
            scores = {stem: frames.round(5) for stem in museval_json.FOUR}
            museval_json.write(root / "json" / name / "test" / f"song {track}.json", scores)
    return Runs(import_museval(root / "json", root=root / "runs"))


@pytest.mark.parametrize("rule", RULES)
def test_even_scores_do_not_care(tmp_path: Path, rule: object) -> None:
    runs = [
        scored(tmp_path, name, {"one": [value] * 3, "two": [value] * 6})
        for name, value in (("good", 9.0), ("bad", 3.0))
    ]

    assert not list(rule(board(*runs)))  # type: ignore[operator]


def test_every_order_of_aggregation_is_tried_on_imported_scores(tmp_path: Path) -> None:
    runs = campaign(tmp_path)

    findings = {one.where: one for one in aggregation_order(runs)}

    finding = findings["musdb18-sisec18.v1 on museval-json/test"]
    rules = {str(row["rule"]) for row in finding.evidence}
    assert rules == {
        "median of medians",
        "flat median",
        "mean of medians",
        "median of means",
        "mean of means",
        "flat mean",
    }
    assert finding.effect_ranks == 1
    assert finding.severity == "warning"
    frames = runs.runs[1].read_scores("musdb18-sisec18.v1").to_pandas()
    sdr = frames[(frames["metric"] == "sdr") & (frames["stem"] == "bass")]
    row = next(
        row
        for row in finding.evidence
        if (row["rule"], row["system"], row["metric"], row["stem"])
        == ("mean of means", "moody", "sdr", "bass")
    )
    assert row["value_by_better_rule"] == pytest.approx(
        sdr.groupby("track", observed=True)["value"].mean().mean()
    )


def test_the_lower_median_of_an_even_count_is_found(tmp_path: Path) -> None:
    steps = [
        {"over": ["window"], "by": "median"},
        {"over": ["track"], "by": "median"},
        {"over": ["replicate"], "by": "mean"},
    ]
    made = scored(tmp_path, "a", {"one": [1.0, 2.0]}, summaries=[summary(steps=steps)])

    (finding,) = lower_median(board(made))

    assert finding.effect_db == 0.5


def test_a_long_track_that_weighs_more_is_found(tmp_path: Path) -> None:
    made = scored(tmp_path, "a", {"long": [10.0] * 9, "short": [0.0]})

    (finding,) = length_weighting(board(made))

    assert (finding.value, finding.value_by_better_rule) == (5.0, 9.0)
    assert "ratio 9.0" in finding.message


def test_infinite_scores_that_are_dropped_are_found(tmp_path: Path) -> None:
    rows = [Score("one", stem, 1.0) for stem in ("bass", "drums")]
    rows.append(Score("one", "bass", None, "plus_inf"))
    made = write(tmp_path, "a", rows)

    (finding,) = infinite_scores(board(made))

    assert "a perfect window is lost" in finding.message
    assert finding.evidence[0]["count"] == 1


def test_stand_ins_for_scores_without_a_value_are_told(tmp_path: Path) -> None:
    rows = [Score("one", stem, 10.0) for stem in ("bass", "drums")]
    rows.append(Score("two", "bass", None, "undefined"))
    rows.append(Score("two", "drums", 10.0))
    made = write(tmp_path, "a", rows)

    (finding,) = left_out_scores(board(made))

    assert finding.effect_db == 5.0
    assert "5.00 instead of 10.00" in finding.message
    assert "below all others" not in finding.message  # no program does that to a mean


def test_the_effect_is_that_of_the_stand_in_that_moves_most(tmp_path: Path) -> None:
    steps = [{"over": ["window", "track", "replicate"], "by": "median"}]
    medians = protocol(summaries=[summary(steps=steps)])
    rows = [
        Score("one", stem, value) for stem in ("bass", "drums") for value in (-9.0, -8.0, 4.0, 5.0)
    ]
    rows += [Score("one", "bass", None, "undefined")] * 2

    (finding,) = left_out_scores(board(write(tmp_path, "a", rows, under=medians)))

    assert finding.effect_db == pytest.approx(6.5)  # zeros move it by 2 dB alone
    assert "-8.50 instead of -2.00" in finding.message


def test_a_stem_that_decides_the_order_is_found(tmp_path: Path) -> None:
    def two(label: str, bass: float, drums: float) -> Run:
        return write(tmp_path, label, [Score("one", "bass", bass), Score("one", "drums", drums)])

    (finding,) = stems_in_all(board(two("a", 20.0, 1.0), two("b", 2.0, 5.0)))

    assert "without bass" in finding.message
    assert finding.effect_ranks == 1


def test_the_effect_is_the_largest_of_all_orders_though_another_turns_the_table(
    tmp_path: Path,
) -> None:
    even = scored(tmp_path, "even", {"one": [5.0] * 9, "two": [5.0] * 9, "three": [5.0] * 9})
    moody = {"one": [6.0] * 5 + [-9.0] * 4, "two": [6.0] * 9, "three": [6.0] * 9}

    (finding,) = aggregation_order(board(even, scored(tmp_path, "moody", moody)))

    moves = [abs(float(str(row["change_db"]))) for row in finding.evidence]
    assert finding.effect_db == pytest.approx(max(moves))
    assert finding.effect_ranks == max(
        abs(int(str(row["rank"])) - int(str(row["rank_by_better_rule"])))
        for row in finding.evidence
    )
    assert all(row["summary"] for row in finding.evidence)
