"""`sepeval plot --kind`, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.store import Run
from tests.cli.conftest import Command
from tests.report.runs import protocol, two_tracks, with_another, write


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    """Three systems under two protocols."""
    return [
        with_another(
            write(tmp_path / "runs", name, two_tracks((value, 2), (3, 4))),
            protocol(name="other"),
            two_tracks((value, 1), (2, 3)),
        )
        for name, value in (("a", 1), ("b", 2), ("c", 3))
    ]


@pytest.mark.parametrize(
    ("kind", "more", "count"),
    [
        ("tracks", (), 1),
        ("scatter", ("--baseline", "b"), 2),
        ("time", ("--track", "one"), 1),
        ("differences", (), 1),
        ("ranks", (), 1),
        ("protocols", (), 1),
    ],
)
def test_every_kind_is_written(
    sepeval: Command, runs: list[Run], tmp_path: Path, kind: str, more: tuple[str, ...], count: int
) -> None:
    under = () if kind == "protocols" else ("-p", "two-stems")
    done = sepeval(
        "plot", tmp_path / "runs", "--kind", kind, *under, *more, "-o", tmp_path / "figures"
    )

    paths = [Path(line) for line in done.out.split()]
    assert done.code == 0, done.err
    assert len(paths) == 3 * count
    assert all(kind in path.name and path.is_file() for path in paths)
    assert len(runs) == 3


def test_a_column_is_asked_for_by_name(sepeval: Command, runs: list[Run], tmp_path: Path) -> None:
    done = sepeval("plot", runs[0].folder, "-p", "other", "--width", "one", "-o", tmp_path / "out")

    assert [Path(one).name for one in done.out.split()] == [
        f"other.v1--sdr--mean_of_means--tracks--one-column.{end}" for end in ("png", "pdf", "svg")
    ]


def test_one_system_is_scattered_over_two_protocols(
    sepeval: Command, runs: list[Run], tmp_path: Path
) -> None:
    told = ("plot", runs[0].folder, "--kind", "scatter", "-o", tmp_path / "figures")
    done = sepeval(*told, "-p", "two-stems,other")
    alone = sepeval(*told)

    assert done.code == 0, done.err
    assert "two-stems.v1-sdr--other.v1-sdr--scatter" in done.out
    assert alone.code == 2
    assert "two systems, or one system and two protocols" in alone.err


def test_what_is_missing_is_told(sepeval: Command, runs: list[Run], tmp_path: Path) -> None:
    told = ("plot", tmp_path / "runs", "-p", "other", "-o", tmp_path / "figures", "--kind")
    no_track, no_times = sepeval(*told, "time"), sepeval(*told, "quality")

    assert (no_track.code, no_times.code) == (2, 2)
    assert "name it with --track, such as 'one'" in no_track.err
    assert "no run has timings and a number" in no_times.err
    assert len(runs) == 3
