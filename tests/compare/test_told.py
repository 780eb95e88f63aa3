"""What a comparison tells of its tracks: how few, how weighed, and of which audio."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.compare import compare
from sepeval.errors import StoreError
from sepeval.report.tables.comparison import ComparisonText
from sepeval.store import Run
from tests.compare.test_comparison import BASS, DRUMS, STEPS, scores
from tests.report.runs import Score, protocol, summary, write


def test_stems_of_few_or_fewer_tracks_say_how_many(tmp_path: Path) -> None:
    def run(name: str, gain: float) -> Run:
        silent = [Score("t0", "bass", None, status="silent_reference")]
        return write(tmp_path, name, [*scores(BASS + gain, DRUMS + gain)[1:], *silent])

    text = ComparisonText(compare([run("base", 0.0), run("new", 1.0)], "two-stems"))

    for shown in (text.as_text(200), text.as_markdown().replace("\\", "")):
        assert "bass (5 tracks)" in shown
        assert "drums (" not in shown
    stems = [line[0] for line in next(text.grids()).lines]
    assert stems == ["bass (5 tracks)", "drums", "All"]


def test_a_comparison_of_few_tracks_says_so_at_every_stem(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, name, scores(BASS[:3] + gain, DRUMS[:3]))
        for name, gain in (("a", 0), ("b", 1))
    ]

    shown = ComparisonText(compare(runs, "two-stems")).as_text(200)

    assert all(f"{stem} (3 tracks): a" in shown for stem in ("bass", "drums", "All"))


@pytest.mark.parametrize("by", ["mean", "median"])
@pytest.mark.parametrize(("long", "is_told"), [(1, False), (9, True)])
def test_intervals_that_weigh_tracks_otherwise_than_the_tests_say_so(
    tmp_path: Path, by: str, long: int, *, is_told: bool
) -> None:
    document = protocol(summaries=[summary(steps=[{**STEPS["flat mean"][0], "by": by}])])

    def run(name: str, gain: float) -> Run:
        first = [Score("t0", stem, gain) for stem in ("bass", "drums") for _ in range(long)]
        rest = [one for one in scores(BASS + gain, DRUMS + gain) if one.track != "t0"]
        return write(tmp_path, name, [*first, *rest], under=document)

    found = compare([run("base", 0.0), run("new", 1.0)], "two-stems", draws=200)

    assert found.alike is not is_told
    assert ("weigh a track by its windows" in ComparisonText(found).as_text(400)) is is_told


def test_other_audio_is_refused_with_a_way_out_that_there_is(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, "base", scores(BASS, DRUMS)),
        write(tmp_path, "new", scores(BASS, DRUMS), identity={"dataset": "another"}),
    ]

    with pytest.raises(StoreError, match="Name runs of one dataset") as refused:
        compare(runs, "two-stems")
    assert "say so (--mixed)" not in str(refused.value)
    assert "dataset invented and another" in str(refused.value)
