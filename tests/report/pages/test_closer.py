"""The figures of a section that look closer."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.report.pages.closer import Look, looks, protocols_apart
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.groups import grouped
from sepeval.report.pages.ranking import ranking
from sepeval.report.pages.rows import rows_of
from sepeval.results import gather
from sepeval.store import Run
from tests.report.runs import protocol, two_tracks, with_another, write


def runs_of(root: Path, count: int) -> list[Run]:
    return [
        write(root / "runs", f"s{place}", two_tracks((1 + place, 3), (3, 5)))
        for place in range(count)
    ]


def found(root: Path, count: int, *, baseline: str = "") -> tuple[Look, ...]:
    runs = runs_of(root, count)
    results = gather(runs, "two-stems")
    (group,) = grouped(runs)
    order = ranking(results, rows_of(results).values[0], group, decimals=2)
    return looks(results, order, Folder(root / "report"), "figures", baseline=baseline)


def test_every_system_is_drawn_against_the_baseline(tmp_path: Path) -> None:
    scatter, time = found(tmp_path, 3, baseline="s1")

    assert scatter.folded
    assert [("s0" in one.title, "s2" in one.title) for one in scatter.pictures] == [
        (True, False),
        (False, True),
    ]
    assert all("s1" in one.title for one in scatter.pictures)
    assert time.words == "The track on which the systems differ most."
    for one in (*scatter.pictures, *time.pictures):
        assert (tmp_path / "report" / one.source).is_file()
        assert min(one.width, one.height) > 100


def test_many_systems_are_not_drawn_in_pairs(tmp_path: Path) -> None:
    scatter, _ = found(tmp_path, 8)

    assert scatter.pictures == ()
    assert "Not drawn for 8 systems" in scatter.words


def test_one_system_has_its_worst_track_over_time(tmp_path: Path) -> None:
    (time,) = found(tmp_path, 1)

    assert time.words == "The track with the worst number."
    assert len(time.pictures) == 1


@pytest.mark.parametrize("shared", [True, False])
def test_protocols_of_the_same_systems_are_held_against_each_other(
    tmp_path: Path, shared: bool
) -> None:
    other = protocol(name="another")
    scores = two_tracks((1, 3), (3, 5))
    runs = [with_another(run, other, scores) for run in runs_of(tmp_path, 2)]
    names = ["two-stems", "another"][: 2 if shared else 1]

    picture = protocols_apart(
        [gather(runs, name) for name in names], Folder(tmp_path / "report"), "figures"
    )

    assert (picture is not None) == shared
