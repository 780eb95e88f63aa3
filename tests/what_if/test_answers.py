"""Variants answered in memory are what a run scored anew would say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.kernels.significance import left_out, once
from sepeval.protocol import Protocol
from sepeval.report import table as printed
from sepeval.runner import rescore
from sepeval.store import Run
from sepeval.summary import summarise
from sepeval.what_if import (
    boards,
    cases,
    changed_silence,
    sampled,
    sheets,
    table,
)
from tests.audits.boards import SDR, Heard, music, noisy, protocol, run, silence
from tests.report.runs import summary

FLAT_MEDIAN = [
    {"over": ["window", "track"], "by": "median"},
    {"over": ["replicate"], "by": "mean"},
]
MEAN_OF_MEDIANS = [
    {"over": ["window"], "by": "median"},
    {"over": ["track"], "by": "mean"},
    {"over": ["replicate"], "by": "mean"},
]
FLAT_MEAN = [{"over": ["window", "track", "replicate"], "by": "mean"}]


def rested(root: Path, label: str, under: list[Protocol], *, level: float = 0.1) -> Run:
    tracks = {}
    for place in range(4):
        references = music(seconds=4 + place, seed=place)
        references[0, 0, : 100 * place] = 0.0
        tracks[f"track {place}"] = Heard(
            references, noisy(references, level=level, seed=10 * place + round(100 * level))
        )
    return run(root, label, tracks, under)


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": "leave_out"},
        {"rule": "rms_dbfs", "threshold": -30.0},
        {"other": "leave_out", "reference": "leave_out", "estimate": "leave_out"},
        {"min_active": 2},
    ],
)
def test_a_variant_in_memory_is_the_run_scored_anew(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    made = rested(tmp_path, "a", [protocol()])
    variant = changed_silence(protocol(), **changed)
    (case,) = cases([made])

    found = table(case.systems, variant)["a"]

    anew = rescore(made, [variant.model_copy(update={"name": "anew"})])
    assert [(row.stem, row.value, row.used, row.left) for row in found] == [
        (row.stem, row.value, row.used, row.left) for row in summarise(anew, "anew")
    ]


def test_a_shared_mask_in_memory_is_that_of_a_table(tmp_path: Path) -> None:
    own = protocol(SDR, silence=silence(estimate="leave_out", rule="rms_dbfs", threshold=-20.0))
    shared = changed_silence(own, mask="shared").model_copy(update={"name": "shared"})
    runs = [rested(tmp_path, name, [own, shared], level=level) for name, level in LEVELS]
    (case,) = [one for one in cases(runs) if one.protocol.name == "two-stems"]

    found = table(case.systems, changed_silence(own, mask="shared"))

    rows = {system.name: system.rows for system in printed(runs, "shared.v1").results.systems}
    for name, numbers in found.items():
        assert [row.value for row in numbers] == [row.value for row in rows[name]]


LEVELS = (("a", 0.1), ("b", 0.9))


def test_statistics_that_change_are_read_again(tmp_path: Path) -> None:
    (before,) = cases([rested(tmp_path, "a", [protocol()])])
    first = before.numbers["a"][0].value

    (after,) = cases([rested(tmp_path, "a", [protocol()], level=0.2)])

    assert after.numbers["a"][0].value != first


def test_runs_of_other_audio_stand_on_other_boards(tmp_path: Path) -> None:
    heard = Heard(music(), music(seed=1))
    runs = [
        run(tmp_path, name, {"one": heard}, [protocol()], identity={"content": content})
        for name, content in (("a", "0"), ("b", "0"), ("c", "1"))
    ]

    assert [one.names for one in boards(runs)] == [("a", "b"), ("c",)]


def test_places_are_those_of_a_printed_table(tmp_path: Path) -> None:
    runs = [rested(tmp_path, name, [protocol()], level=level) for name, level in LEVELS]
    (case,) = cases(runs)

    same = case.board.compare(case.numbers, case.numbers)

    assert same.effect_db == same.effect_ranks == 0
    assert not same.turns
    assert {(one.system, one.rank) for one in same.changes if one.stem == "All"} == {
        ("a", 1),
        ("b", 2),
    }


@pytest.mark.parametrize("steps", [FLAT_MEAN, FLAT_MEDIAN, MEAN_OF_MEDIANS])
def test_columns_that_are_drawn_once_give_the_number_of_the_table(
    tmp_path: Path, steps: list[dict[str, object]]
) -> None:
    under = protocol(summaries=[summary(metrics=["si_sdri"], steps=steps)])
    runs = [rested(tmp_path, name, [under], level=level) for name, level in LEVELS]
    (sheet,) = sheets(runs)

    columns = sampled(sheet.frames, under.summaries[0], "si_sdri")

    known = {(name, row.stem): row.value for name, rows in sheet.numbers.items() for row in rows}
    stems, whole = columns.stems_of(once(4))[0], columns.all_of(once(4))[0]
    for place, name in enumerate(columns.systems):
        assert whole[place] == pytest.approx(known[name, "All"])
        for column, stem in enumerate(columns.stems):
            assert stems[place, column] == pytest.approx(known[name, stem])
    assert np.isfinite(columns.all_of(left_out(4))).all()
