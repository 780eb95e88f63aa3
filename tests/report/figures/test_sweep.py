"""Figures of sweeps, from numbers that are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from sepeval.errors import UnknownNameError
from sepeval.report.figures.sweep import drawings, plot_sweep
from sepeval.report.tables.sweep import WARNING, chosen, words
from sepeval.sweeps import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

SIGMAS = (0.001, 0.01, 0.1)


def row(steps: float, sigma: float, seed: int | None, value: float, **changes: object) -> object:
    return {
        **{"role": "point", "steps": steps, "sigma_max": sigma, "s_churn": 0, "seed": seed},
        **{"run": "0123abcd", "nfe": 4 * steps, "nfe_per_s": steps, "rtf": 0.1 * steps},
        **{"protocol": "x.v1", "summary": "mean", "metric": "si_sdri", "unit": "dB"},
        **{"better": "higher", "stem": "All", "value": value, "status": "ok", "tracks": 3},
        **{"used": 9, "left": 0, "failed": 0, "split": "validation", "is_test": False},
        **changes,
    }


def sweep(
    *more: object, varied: tuple[str, ...] = ("steps", "sigma_max"), split: str = "validation"
) -> Sweep:
    rows = [
        row(steps, sigma, seed, 10.0 * steps + place + 0.5 * seed)
        for steps in (1, 2)
        for place, sigma in enumerate(SIGMAS)
        for seed in (0, 1)
    ]
    frame = pd.DataFrame([*rows, *more])
    frame["seed"] = frame["seed"].astype("Int64")
    return Sweep(frame, varied, "net", "det", "music", split, "", {"x.v1": "01234567"}, "0")


BASELINE = row(float("nan"), float("nan"), None, 15.0, role="baseline", nfe=4.0, rtf=0.05)


def axes(found: Sweep, name: str, **chosen: Any) -> list[Axes]:  # noqa: ANN401 - passed on
    (drawing,) = [one for one in drawings(found, **chosen) if one.name == name]
    return [axis for axis in drawing.draw().axes if axis.get_visible()]


def drawn(line: Line2D) -> list[list[float]]:
    """The points [x, y] of a line."""
    points: list[list[float]] = np.asarray(line.get_xydata()).tolist()
    return points


def heights(line: Line2D) -> list[float]:
    return [y for _, y in drawn(line)]


def test_there_is_one_chart_per_number_of_steps_over_log_sigma_max() -> None:
    charts = axes(sweep(BASELINE), "sweep-si_sdri-sigma_max")

    assert [axis.get_title(loc="left") for axis in charts] == ["steps = 1", "steps = 2"]
    assert {axis.get_xscale() for axis in charts} == {"log"}
    assert charts[0].get_ylabel() == "si_sdri, mean of all stems, in dB"


def test_a_line_goes_through_the_means_of_the_seeds() -> None:
    first, second = axes(sweep(BASELINE), "sweep-si_sdri-sigma_max")

    assert drawn(first.lines[0]) == [[0.001, 10.25], [0.01, 11.25], [0.1, 12.25]]
    assert heights(second.lines[0]) == [20.25, 21.25, 22.25]
    assert sorted(heights(first.lines[1])) == [10.0, 10.5, 11.0, 11.5, 12.0, 12.5]


def test_the_baseline_is_a_dashed_line_in_every_chart() -> None:
    for axis in axes(sweep(BASELINE), "sweep-si_sdri-sigma_max"):
        (dashed,) = [line for line in axis.lines if line.get_linestyle() == "--"]
        assert set(np.asarray(dashed.get_ydata()).tolist()) == {15.0}


def test_without_a_baseline_nothing_is_dashed() -> None:
    for axis in axes(sweep(), "sweep-si_sdri-sigma_max"):
        assert all(line.get_linestyle() != "--" for line in axis.lines)


def test_the_best_up_to_each_cost_is_drawn_over_nfe() -> None:
    (axis,) = axes(sweep(BASELINE), "sweep-si_sdri-nfe")

    marks = {tuple(point) for line in axis.lines[:2] for point in drawn(line)}
    assert (4.0, 12.25) in marks
    assert len(marks) == 6
    assert drawn(axis.lines[2]) == [[4.0, 12.25], [8.0, 22.25]]
    assert axis.get_xlabel() == "network evaluations per track"


def test_lower_is_better_where_the_metric_says_so() -> None:
    found = sweep()
    found.rows["better"] = "lower"

    (axis,) = axes(found, "sweep-si_sdri-nfe")

    assert drawn(axis.lines[2]) == [[4.0, 10.25]]


def test_tracks_of_different_nfe_are_shown_per_second() -> None:
    found = sweep()
    found.rows["nfe"] = None

    names = [one.name for one in drawings(found)]

    assert names == [f"sweep-si_sdri-{name}" for name in ("sigma_max", "nfe_per_s", "rtf")]


def test_other_settings_are_told_apart_by_lines() -> None:
    more = [row(steps, sigma, 0, 5.0, s_churn=20) for steps in (1, 2) for sigma in SIGMAS]
    found = sweep(*more, varied=("steps", "sigma_max", "s_churn"))

    first, _ = axes(found, "sweep-si_sdri-sigma_max")

    legend = first.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["s_churn = 0", "s_churn = 20"]
    assert first.lines[0].get_linestyle() != first.lines[2].get_linestyle()


def test_settings_can_be_put_elsewhere() -> None:
    charts = axes(sweep(), "sweep-si_sdri-steps", x="steps", panel="sigma_max")

    assert [axis.get_title(loc="left") for axis in charts] == [
        "sigma_max = 0.001",
        "sigma_max = 0.01",
        "sigma_max = 0.1",
    ]


def test_a_test_split_is_told_in_titles_and_words() -> None:
    found = sweep(split="test")

    assert all(one.title.startswith(WARNING) for one in drawings(found))
    assert WARNING in words(chosen(found, metric="", stem="", x="", panel=""))


def test_words_hold_every_mean_with_its_range() -> None:
    text = words(chosen(sweep(BASELINE), metric="", stem="", x="", panel=""))

    lines = [line.split() for line in text.splitlines()]
    assert ["2", "0.1", "8", "0.2", "22.25", "2", "22", "22.5"] in lines
    assert "baseline det: 15" in text
    assert text.endswith(
        "x.v1 01234567, mean | net: 12 runs, seeds 0, 1 | baseline det 0123abcd | sepeval 0 | "
        "music/validation | 3 tracks, 9 scores each"
    )


def test_values_that_are_missing_are_counted() -> None:
    found = sweep()
    found.rows.loc[0, "value"] = None
    (drawing, *_) = drawings(found)

    texts = [text.get_text() for text in drawing.draw().texts]

    assert any("1 of 12 runs have no value" in text for text in texts)


def test_where_no_run_has_a_value_nothing_is_drawn() -> None:
    found = sweep()
    found.rows["value"] = None

    assert drawings(found) == ()


@pytest.mark.parametrize(
    "wrong", [{"metric": "sdr"}, {"stem": "bass"}, {"x": "rho"}, {"panel": "rho"}]
)
def test_what_is_not_there_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UnknownNameError):
        drawings(sweep(), **wrong)


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    first = plot_sweep(sweep(BASELINE), folder=tmp_path / "a", formats=("png", "pdf", "svg"))
    second = plot_sweep(sweep(BASELINE), folder=tmp_path / "b", formats=("png", "pdf", "svg"))

    assert len(first) == 9
    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]


def test_settings_that_are_no_numbers_have_no_axis() -> None:
    found = sweep(varied=("s_churn", "sigma_max"))
    found.rows["sigma_max"] = found.rows["sigma_max"].astype(str)

    assert [one.name for one in drawings(found)] == []
