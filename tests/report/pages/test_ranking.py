from __future__ import annotations

from pathlib import Path

from sepeval.report.pages.groups import grouped
from sepeval.report.pages.ranking import Ranking, ranking
from sepeval.report.pages.rows import rows_of
from sepeval.results import gather
from sepeval.store import Run
from tests.report.runs import Score, record, write


def scores(values: dict[str, float | None]) -> list[Score]:
    return [
        Score(track, stem, value, "ok" if value is not None else "undefined")
        for track, value in values.items()
        for stem in ("bass", "drums")
    ]


def ranked(runs: list[Run]) -> Ranking:
    results = gather(runs, "two-stems")
    (group,) = grouped(runs)
    return ranking(results, rows_of(results).values[0], group, decimals=1)


def names(ranking: Ranking, kind: str) -> list[str]:
    return [line.track for line in getattr(ranking, kind)]


def test_the_worst_track_comes_first_and_one_without_a_number_last(tmp_path: Path) -> None:
    values = {"a": 3.0, "b": None, "c": 1.0, "d": 2.0, "e": 4.0}
    found = ranked([write(tmp_path, "one", scores(values))])

    assert names(found, "lines") == ["c", "d", "a", "e", "b"]
    assert names(found, "worst") == ["c", "d", "a"]
    assert names(found, "best") == ["e", "a", "d"]
    assert found.different == ()
    assert found.lines[-1].mean.text == "-"


def test_where_less_is_better_the_largest_is_the_worst(tmp_path: Path) -> None:
    lower = {"sdr": record(higher_is_better=False)}
    values: dict[str, float | None] = {"a": 3.0, "b": 1.0}
    found = ranked([write(tmp_path, "one", scores(values), records=lower)])

    assert names(found, "worst") == ["a", "b"]


def test_tracks_on_which_systems_differ_most_come_first(tmp_path: Path) -> None:
    first: dict[str, float | None] = {"a": 3.0, "b": 1.0, "c": 2.0}
    second: dict[str, float | None] = {"a": 3.5, "b": 4.0, "c": None}
    runs = [write(tmp_path, name, scores(own)) for name, own in (("x", first), ("y", second))]
    found = ranked(runs)

    assert names(found, "different") == ["b", "a"]
    assert [line.spread.text for line in found.different] == ["3.0", "0.5"]
    assert found.systems == ("x", "y")


def test_every_track_has_a_page_of_its_own(tmp_path: Path) -> None:
    values: dict[str, float | None] = {"a/b": 1.0, "a_b": 2.0}
    found = ranked([write(tmp_path, "one", scores(values))])

    assert len({line.page for line in found.lines}) == 2
    assert all(line.page.count("/") == 2 for line in found.lines)
