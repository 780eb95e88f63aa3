from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sepeval.compare import Comparison, Difference, Place, Standing, compare
from sepeval.errors import StoreError, UnknownNameError
from sepeval.report.tables.comparison import ComparisonText
from sepeval.store import MetricRecord, Run
from tests.report.runs import Score, protocol, summary, write

BASS = np.array([3.0, 5.0, 4.0, 9.0, 1.0, 6.0])
DRUMS = np.array([7.0, 2.0, 2.0, 3.0, 8.0, 5.0])


def scores(bass: np.ndarray, drums: np.ndarray, *, replicate: int = 0) -> list[Score]:
    """One window per track and stem."""
    return [
        Score(f"t{number}", stem, float(value), replicate=replicate)
        for stem, values in (("bass", bass), ("drums", drums))
        for number, value in enumerate(values)
    ]


def two(
    root: Path,
    bass: np.ndarray,
    drums: np.ndarray,
    records: Mapping[str, MetricRecord] | None = None,
) -> list[Run]:
    return [
        write(root, "base", scores(BASS, DRUMS), records=records),
        write(root, "new", scores(bass, drums), records=records),
    ]


def row(found: Comparison, stem: str, system: str = "new") -> Difference:
    (one,) = (one for one in found.differences if (one.system, one.stem) == (system, stem))
    return one


def test_a_system_is_no_different_from_itself(tmp_path: Path) -> None:
    found = compare(two(tmp_path, BASS, DRUMS), "two-stems")

    for stem in ("bass", "drums", "All"):
        one = row(found, stem)
        assert (one.difference, one.low, one.high, one.effect) == (0.0, 0.0, 0.0, 0.0)
        assert (one.p_permutation, one.p_wilcoxon, one.p_holm) == (1.0, 1.0, 1.0)
        assert (one.wins, one.ties, one.losses, one.needed) == (0, 6, 0, None)


def test_a_gain_of_one_decibel_everywhere_is_certain(tmp_path: Path) -> None:
    found = compare(two(tmp_path, BASS + 1.0, DRUMS + 1.0), "two-stems")

    one = row(found, "All")
    assert one.difference == pytest.approx(1.0)
    assert (one.low, one.high) == (pytest.approx(1.0), pytest.approx(1.0))
    assert (one.wins, one.ties, one.losses) == (6, 0, 0)
    assert one.p_permutation == 2 / 2**6  # both signs of the one pattern
    assert one.p_holm == 3 * one.p_permutation  # bass, drums and All


def test_interval_is_that_of_scipy(tmp_path: Path) -> None:
    bass = BASS + np.array([0.5, -0.25, 1.0, 2.0, 0.125, 0.75])
    found = compare(two(tmp_path, bass, DRUMS), "two-stems", draws=20_000)

    expected = stats.bootstrap(
        (bass - BASS,), np.mean, n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    one = row(found, "bass")
    assert one.low == pytest.approx(expected.low, abs=0.03)  # two draws of the resamples
    assert one.high == pytest.approx(expected.high, abs=0.03)
    assert one.effect == pytest.approx(np.mean(bass - BASS) / np.std(bass - BASS, ddof=1))
    assert one.p_wilcoxon == pytest.approx(stats.wilcoxon(bass - BASS).pvalue)


def test_numbers_are_those_of_the_table(tmp_path: Path) -> None:
    runs = two(tmp_path, BASS + 1.0, DRUMS * 2.0)
    found = compare(runs, "two-stems")

    for system in found.results.systems:
        for number in system.rows:
            one = row(found, number.stem)
            shown = one.baseline if system.name == "base" else one.value
            assert shown == pytest.approx(number.value)


STEPS: dict[str, list[dict[str, object]]] = {
    "flat mean": [{"over": ["window", "track", "replicate"], "by": "mean"}],
    "flat median": [{"over": ["window", "track", "replicate"], "by": "median"}],
    "flat lower median": [
        {"over": ["window", "track"], "by": "lower_median"},
        {"over": ["replicate"], "by": "mean"},
    ],
    "median of medians": [
        {"over": ["window"], "by": "median"},
        {"over": ["track"], "by": "median"},
        {"over": ["replicate"], "by": "mean"},
    ],
    "mean of medians": [
        {"over": ["window"], "by": "median"},
        {"over": ["track"], "by": "mean"},
        {"over": ["replicate"], "by": "median"},
    ],
    "replicates first": [
        {"over": ["replicate"], "by": "median"},
        {"over": ["window"], "by": "mean"},
        {"over": ["track"], "by": "lower_median"},
    ],
    "windows and replicates": [
        {"over": ["window", "replicate"], "by": "mean"},
        {"over": ["track"], "by": "mean"},
    ],
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_any_order_of_reductions_gives_the_number_of_the_table(
    tmp_path: Path, steps: list[dict[str, object]]
) -> None:
    document = protocol(summaries=[summary(steps=steps)])
    generator = np.random.default_rng(0)

    def run(label: str) -> Run:
        windows = [
            Score(f"t{track}", stem, float(value), replicate=replicate)
            for replicate in range(3)
            for stem in ("bass", "drums")
            for track in range(5)
            for value in generator.normal(size=1 + 2 * track)
        ]
        identity = {"replicates": 3}
        return write(tmp_path, label, windows, under=document, identity=identity)

    found = compare([run("base"), run("new")], "two-stems", draws=200)

    for system in found.results.systems:
        for number in system.rows:
            one = row(found, number.stem)
            shown = one.baseline if system.name == "base" else one.value
            assert shown == pytest.approx(number.value, abs=1e-12)
    assert {one.replicates for one in found.spreads} == {3}


def test_a_long_track_weighs_more_where_the_protocol_says_so(tmp_path: Path) -> None:
    steps = [{"over": ["window", "track", "replicate"], "by": "mean"}]
    document = protocol(summaries=[summary(steps=steps)])

    def run(label: str, long: float, short: float) -> Run:
        windows = [
            *(Score("long", stem, long) for stem in ("bass", "drums") for _ in range(9)),
            *(Score("short", stem, short) for stem in ("bass", "drums")),
        ]
        return write(tmp_path, label, windows, under=document)

    found = compare([run("base", 0.0, 0.0), run("new", 1.0, 11.0)], "two-stems")

    assert row(found, "bass").difference == pytest.approx(2.0)  # (9 * 1 + 11) / 10, not 6


def test_a_track_without_a_value_of_one_system_counts_for_none(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, "base", scores(BASS, DRUMS)),
        write(
            tmp_path,
            "new",
            [
                *scores(BASS + 1.0, DRUMS)[1:],
                Score("t0", "bass", None, status="silent_estimate"),
            ],
        ),
    ]

    one = row(compare(runs, "two-stems"), "bass")

    assert one.tracks == 5
    assert one.baseline == pytest.approx(BASS[1:].mean())
    assert one.difference == pytest.approx(1.0)


def test_a_stem_that_no_track_has_is_told_without_a_number(tmp_path: Path) -> None:
    def run(name: str, gain: float) -> Run:
        silent = [Score(f"t{place}", "bass", None, status="silent_reference") for place in range(6)]
        return write(tmp_path, name, [*scores(BASS, DRUMS + gain)[6:], *silent])

    found = compare([run("base", 0.0), run("new", 1.0), run("newer", 2.0)], "two-stems")

    assert (row(found, "bass").difference, row(found, "bass").tracks) == (None, 0)
    assert row(found, "drums").difference == pytest.approx(1.0)
    assert [one.stem for one in found.standings] == ["drums"]  # All is a mean with bass
    for stem in ("bass", "All"):
        one = row(found, stem)
        assert (one.p_permutation, one.p_wilcoxon, one.p_holm) == (None, None, None)
        assert (one.effect, one.needed, one.tracks) == (None, None, 0)
    one = row(found, "drums")
    assert one.p_permutation is not None
    assert one.p_holm == 2 * one.p_permutation  # what is not tested needs no correction
    assert "so nothing is compared: bass, All" in ComparisonText(found).as_text(200)


def test_a_median_over_tracks_is_tested_as_a_median(tmp_path: Path) -> None:
    document = protocol(summaries=[summary(steps=STEPS["median of medians"])])
    drums = np.arange(15.0)
    gains = np.append(np.linspace(0.3, 0.6, 14), -90.0)  # one track is far off

    found = compare(
        [
            write(tmp_path, "base", scores(drums, drums), under=document),
            write(tmp_path, "new", scores(drums + gains, drums), under=document),
        ],
        "two-stems",
    )

    one = row(found, "bass")
    median = np.median(gains)
    tested = sum(one.p_wilcoxon is not None for one in found.differences)
    assert one.p_wilcoxon == pytest.approx(stats.wilcoxon(gains).pvalue)
    assert one.p_permutation == pytest.approx(1.0, abs=0.1)  # the mean sees one track alone
    assert one.p_wilcoxon is not None
    assert one.p_holm == pytest.approx(tested * one.p_wilcoxon)
    assert one.p_holm < 0.05
    assert one.effect == pytest.approx(median / (1.4826 * np.median(np.abs(gains - median))))
    assert "Wilcoxon's signed-rank test, as the table takes a median" in ComparisonText(
        found
    ).as_text(200)


def test_few_tracks_say_how_small_a_p_value_can_be(tmp_path: Path) -> None:
    found = compare(two(tmp_path, BASS + 1.0, DRUMS + 1.0), "two-stems")

    shown = ComparisonText(found).as_text(200)
    assert "6 tracks let no p Holm be less than 0.094" in shown  # 3 tests, 2 of 64 patterns


@pytest.mark.parametrize(
    ("critical", "groups"),
    [
        (0.4, []),
        (0.5, [(0, 2)]),
        (1.1, [(0, 2), (2, 4)]),
        (1.6, [(0, 2), (1, 3), (2, 4)]),
        (2.0, [(0, 3), (2, 4)]),
        (9.0, [(0, 4)]),
    ],
)
def test_groups_are_as_long_as_the_critical_difference_lets_them(
    critical: float, groups: list[tuple[int, int]]
) -> None:
    places = tuple(
        Place(name, 1, 1, 1, rank) for name, rank in zip("dacb", (4.0, 1.0, 3.0, 1.5), strict=True)
    )

    found = Standing("bass", places, 10, critical, None)

    assert [one.system for one in found.by_mean_rank] == list("abcd")
    assert [(one.start, one.stop) for one in found.groups] == groups


def test_places_are_told_from_the_best_to_the_worst(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, name, scores(BASS + gain, DRUMS + gain))
        for name, gain in (("low", 0.0), ("high", 5.0), ("middle", 2.0))
    ]

    (places,) = (
        one
        for one in ComparisonText(compare(runs, "two-stems")).grids()
        if one.caption.startswith("Place")
    )

    assert [one[0] for one in places.lines[:3]] == ["high", "middle", "low"]


def test_infinite_values_take_part_in_no_difference(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, "base", scores(BASS, DRUMS)),
        write(
            tmp_path,
            "new",
            [*scores(BASS, DRUMS)[1:], Score("t0", "bass", None, status="plus_inf")],
            under=protocol(),
        ),
    ]

    assert row(compare(runs, "two-stems"), "bass").tracks == 5


def test_lower_is_better_turns_wins_and_places_round(tmp_path: Path) -> None:
    record = MetricRecord(metric="sdr", version=1, unit="dB", higher_is_better=False)
    found = compare(two(tmp_path, BASS + 1.0, DRUMS + 1.0, records={"sdr": record}), "two-stems")

    assert (row(found, "bass").wins, row(found, "bass").losses) == (0, 6)
    assert [place.rank for place in found.standings[0].places] == [1, 2]


def test_places_of_a_system_that_always_wins_are_certain(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, name, scores(BASS + gain, DRUMS + gain))
        for name, gain in (("low", 0.0), ("high", 5.0), ("middle", 2.0))
    ]

    found = compare(runs, "two-stems")

    for standing in found.standings:
        assert [(one.rank, one.low, one.high) for one in standing.places] == [
            (3, 3, 3),
            (1, 1, 1),
            (2, 2, 2),
        ]
        assert [one.mean_rank for one in standing.places] == [3.0, 1.0, 2.0]
        values = np.stack([BASS, BASS + 5.0, BASS + 2.0])
        assert standing.friedman == pytest.approx(stats.friedmanchisquare(*values).pvalue)
        # q of 3 systems at 0.05 is 2.343 in Demsar's table 5a
        assert standing.critical == pytest.approx(2.343 * math.sqrt(3 * 4 / (6 * 6)), abs=1e-3)


def test_spread_over_seeds_is_apart_from_spread_over_tracks(tmp_path: Path) -> None:
    identity = {"replicates": 2}
    noisy = [*scores(BASS, DRUMS), *scores(BASS + 2.0, DRUMS, replicate=1)]
    runs = [
        write(tmp_path, "base", scores(BASS, DRUMS)),
        write(tmp_path, "new", noisy, identity=identity),
    ]

    found = {one.stem: one for one in compare(runs, "two-stems").spreads}

    assert found["bass"].over_seeds == pytest.approx(math.sqrt(2.0))
    assert found["drums"].over_seeds == 0.0
    assert found["bass"].over_tracks == pytest.approx(np.std(BASS) / math.sqrt(6), rel=0.05)


def test_tracks_that_move_most_come_first(tmp_path: Path) -> None:
    bass = BASS.copy()
    bass[[2, 4]] += [1.0, -3.0]
    found = compare(two(tmp_path, bass, DRUMS), "two-stems")

    moved = [(one.track, one.difference) for one in found.moves if one.stem == "bass"]
    assert moved == [("t4", -3.0), ("t2", 1.0)]


def test_same_runs_give_the_same_comparison(tmp_path: Path) -> None:
    runs = two(tmp_path, BASS + np.arange(6), DRUMS)

    assert compare(runs, "two-stems") == compare(runs, "two-stems")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda root: [write(root, "base", scores(BASS, DRUMS))], "two runs at least"),
        (
            lambda root: [
                write(root, "base", scores(BASS, DRUMS)),
                write(root, "new", scores(BASS, DRUMS), identity={"content": "1"}),
            ],
            "the audio of the references differs",
        ),
        (
            lambda root: [
                write(root, "base", scores(BASS, DRUMS)),
                write(root, "new", scores(BASS[1:], DRUMS[1:])),
            ],
            "tracks, 6 and 5",
        ),
        (
            lambda root: [
                write(root, "base", scores(BASS, DRUMS)),
                write(
                    root,
                    "new",
                    scores(BASS, DRUMS),
                    under=protocol(summaries=[summary(all_by="median")]),
                ),
            ],
            "one table shows one protocol",
        ),
    ],
)
def test_what_does_not_compare_is_refused(
    tmp_path: Path, change: Callable[[Path], list[Run]], reason: str
) -> None:
    with pytest.raises(StoreError, match=reason):
        compare(change(tmp_path), "two-stems")


@pytest.mark.parametrize("wrong", [{"baseline": "bas"}, {"metric": "sdl"}, {"summary": "men"}])
def test_a_typo_is_answered_with_the_nearest_name(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean|known"):
        compare(two(tmp_path, BASS, DRUMS), "two-stems", **wrong)


def test_ten_systems_are_compared_in_every_stem(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    runs = [
        write(tmp_path, f"s{number}", scores(*generator.normal(size=(2, 50))))
        for number in range(10)
    ]

    found = compare(runs, "two-stems")

    assert len(found.differences) == 27
