"""Protocols against each other, on one set of estimates."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.patches import Rectangle

from sepeval.errors import StoreError, UnknownNameError
from sepeval.report.figures.rosetta import plot_protocols, rosetta
from sepeval.report.figures.rosetta_chart import Row, commonest
from sepeval.store import Run
from tests.report.runs import protocol, two_tracks, with_another, write

OTHER = protocol(name="other")


def row(*values: float | None, upward: bool = True) -> Row:
    statuses = tuple("undefined" if one is None else "ok" for one in values)
    return Row("p.v1", "sdr", "dB", "", upward, values, statuses)


def runs(tmp_path: Path, *values: tuple[float, float]) -> list[Run]:
    """Systems by their number under the two protocols."""
    return [
        with_another(
            write(tmp_path / "runs", name, two_tracks((first, first), (first, first))),
            OTHER,
            two_tracks((second, second), (second, second)),
        )
        for name, (first, second) in zip("abcdefghijklmnop", values, strict=False)
    ]


def test_places_follow_the_direction_and_equal_numbers_share_one() -> None:
    assert row(1.0, 3.0, 3.0, None).places == (3, 1, 1, None)
    assert row(1.0, 3.0, 3.0, None, upward=False).places == (1, 2, 2, None)


def test_the_commonest_order_is_the_one_that_others_are_held_against() -> None:
    rows = [row(1.0, 2.0), row(2.0, 1.0), row(None, None), row(None, None), row(4.0, 1.0)]

    assert commonest(rows) is rows[1]


def test_what_is_not_finite_is_said_and_never_shaded() -> None:
    infinite = Row("p.v1", "sdr", "dB", "", True, (None, 1.0), ("plus_inf", "ok"))

    assert infinite.texts(2) == ("+inf", "1.00")
    assert row(None).texts(1) == ("none",)


def test_numbers_and_changed_places_stand_in_the_cells(tmp_path: Path) -> None:
    drawing = rosetta(runs(tmp_path, (1.0, 4.0), (2.0, 3.0)))

    assert "two-stems.v1, sdr, in dB, higher is better: a 1.00, b 2.00" in drawing.words
    (axis,) = drawing.draw().axes
    told = [text.get_text() for text in axis.texts]
    assert told == [
        "in dB, higher is better, 1.00 to 4.00",
        *("1.00", "2", "2.00", "1"),
        *("4.00", "1 ▲", "3.00", "2 ▼"),
    ]
    frames = [one for one in axis.patches if isinstance(one, Rectangle) and one.get_width() < 1.0]
    assert len(frames) == 2


def test_a_dark_cell_has_light_letters(tmp_path: Path) -> None:
    (axis,) = rosetta(runs(tmp_path, (1.0, 1.0), (2.0, 2.0))).draw().axes
    inks = {text.get_text(): text.get_color() for text in axis.texts}

    assert (inks["1.00"], inks["2.00"]) == ("black", "white")


def test_one_system_has_no_places(tmp_path: Path) -> None:
    drawing = rosetta(runs(tmp_path, (1.0, 4.0)))

    assert [text.get_text() for text in drawing.draw().axes[0].texts][1:] == ["1.00", "4.00"]
    assert drawing.title.startswith("Do protocols agree about a?")


def test_a_protocol_that_a_run_lacks_is_named(tmp_path: Path) -> None:
    both = runs(tmp_path, (1.0, 4.0))
    lacking = write(tmp_path / "runs", "z", two_tracks((1, 1), (1, 1)))
    drawing = rosetta([*both, lacking])

    told = " ".join(text.get_text() for text in drawing.draw().texts).replace("\n", " ")
    assert "not shown, because a run was not scored under it: other.v1" in told
    with pytest.raises(StoreError, match="has no scores under 'other'"):
        rosetta([*both, lacking], ["other"])


def test_a_stem_may_be_shown_alone(tmp_path: Path) -> None:
    drawing = rosetta(runs(tmp_path, (1.0, 4.0)), stem="bass")

    assert "bass" in drawing.name
    with pytest.raises(UnknownNameError, match="numbers of 'brass'"):
        rosetta(runs(tmp_path, (1.0, 4.0)), stem="brass")
    with pytest.raises(UnknownNameError, match="no protocol has a metric 'sir'"):
        rosetta(runs(tmp_path, (1.0, 4.0)), metric="sir")


def test_too_many_systems_for_a_column_are_refused(tmp_path: Path) -> None:
    many = runs(tmp_path, *((float(one), float(one)) for one in range(12)))

    with pytest.raises(StoreError, match=r"12 systems do not fit on a figure of 3\.35 inches"):
        plot_protocols(many, folder=tmp_path, formats=["png"], width="one")
    paths = plot_protocols(many, folder=tmp_path, formats=["png"], width="two")
    assert [path.name.endswith("--two-columns.png") for path in paths] == [True]
