"""How runs were made: draws, data, machines, settings, and what is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pydantic import JsonValue

from sepeval.audits.draws import one_draw, spread_of_draws, unrepeatable
from sepeval.audits.one_table import (
    incomplete_runs,
    metric_versions,
    mixed_data,
    mixed_protocols,
    other_machines,
    shards,
)
from sepeval.audits.stored_parts import (
    changed_parts,
    counted_twice,
    stale_scores,
    unequal_cost,
)
from sepeval.audits.tuned_on_test import tuned_on_test
from sepeval.runner import rescore
from sepeval.store import Run, parts
from sepeval.summary import summarise
from tests.audits.boards import Heard, board, music, noisy, protocol, run, silence
from tests.report.runs import Score, record, write
from tests.report.runs import protocol as written

RULES = (
    changed_parts,
    counted_twice,
    incomplete_runs,
    metric_versions,
    mixed_data,
    mixed_protocols,
    one_draw,
    other_machines,
    shards,
    spread_of_draws,
    stale_scores,
    tuned_on_test,
    unequal_cost,
    unrepeatable,
)


def heard(seed: int = 0, *, level: float = 0.1) -> Heard:
    references = music(seed=seed)
    return Heard(references, noisy(references, level=level, seed=seed + 50))


def sound(root: Path, label: str, **changed: object) -> Run:
    tracks = {"one": heard(0), "two": heard(1)}
    return run(root, label, tracks, [protocol()], **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", RULES)
def test_two_sound_runs_have_no_finding(tmp_path: Path, rule: object) -> None:
    runs = [sound(tmp_path, "a"), sound(tmp_path, "b")]

    assert not list(rule(board(*runs)))  # type: ignore[operator]


def test_a_single_draw_is_noted(tmp_path: Path) -> None:
    drawn = sound(tmp_path, "drawn", identity={"seed": 0, "replicates": 1})
    foreign = sound(tmp_path, "foreign", identity={"separator": {"name": "callable"}})

    first, second = one_draw(board(drawn, foreign))

    assert "one draw of a stochastic separator" in first.message
    assert "without a seed" in second.message


def test_draws_that_lie_further_apart_than_systems_are_found(tmp_path: Path) -> None:
    references = music()
    draws = [Heard(references, noisy(references, level=level)) for level in (0.1, 0.12, 0.14)]
    stochastic = run(
        tmp_path, "drawn", {"one": draws}, [protocol()], identity={"seed": 0, "replicates": 3}
    )
    fixed = run(tmp_path, "fixed", {"one": draws[1]}, [protocol()])

    (finding,) = spread_of_draws(board(stochastic, fixed))

    assert finding.severity == "warning"
    assert finding.effect_db == pytest.approx(20 * np.log10(1.4), abs=0.02)


def test_a_separator_that_does_not_repeat_itself_is_found(tmp_path: Path) -> None:
    tracks = {"one": heard(0)}
    other = {"one": heard(0, level=0.2)}
    who = {"separator": {"name": "same"}, "seed": 3, "replicates": 1}
    runs = [
        run(tmp_path / name, name, one, [protocol()], identity=who)  # type: ignore[arg-type]
        for name, one in (("first", tracks), ("second", other))
    ]

    (finding,) = unrepeatable(board(*runs))

    assert finding.severity == "error"
    assert finding.effect_db == pytest.approx(20 * np.log10(2), abs=0.2)


def test_other_audio_in_one_table_is_an_error(tmp_path: Path) -> None:
    runs = [
        sound(tmp_path, "hq", identity={"dataset": "musdb18hq"}),
        sound(tmp_path, "aac", identity={"dataset": "musdb18"}),
    ]

    (finding,) = mixed_data(board(*runs))

    assert finding.severity == "error"
    assert "dataset musdb18hq and musdb18" in finding.message


def test_runs_of_other_tables_are_no_finding(tmp_path: Path) -> None:
    other = run(
        tmp_path,
        "other",
        {"one": heard(0)},
        [protocol(name="another")],
        identity={"dataset": "elsewhere"},
    )
    runs = [sound(tmp_path, "a"), other]

    assert not list(mixed_data(board(*runs)))
    assert not list(mixed_protocols(board(*runs)))


def test_two_documents_of_one_name_are_an_error(tmp_path: Path) -> None:
    tracks = {"one": heard(0)}
    changed = protocol(silence=silence(reference="leave_out"))
    runs = [
        run(tmp_path, "a", tracks, [protocol()]),
        run(tmp_path, "b", tracks, [changed]),
        run(tmp_path, "c", tracks, [protocol(name="another")]),
    ]

    same_name, nothing_shared = mixed_protocols(board(*runs))

    assert same_name.where == "two-stems.v1"
    assert "share no protocol" in nothing_shared.message


def test_two_versions_of_one_protocol_are_told_as_such(tmp_path: Path) -> None:
    tracks = {"one": heard(0)}
    runs = [
        run(tmp_path, "a", tracks, [protocol()]),
        run(tmp_path, "b", tracks, [protocol(version=2)]),
    ]

    (found,) = mixed_protocols(board(*runs))

    assert "two-stems.v1 and two-stems.v2 are versions of one protocol" in found.message
    assert not list(mixed_protocols(board(*runs[:1])))


def test_scores_of_an_older_metric_are_an_error(tmp_path: Path) -> None:
    old = write(tmp_path, "old", [Score("one", "bass", 1.0)], records={"sdr": record(version=0)})

    (finding,) = metric_versions(board(old))

    assert (finding.evidence[0]["version"], finding.evidence[0]["version_now"]) == (0, 1)


def test_tracks_with_errors_are_an_error(tmp_path: Path) -> None:
    made = write(tmp_path, "a", [Score("one", "bass", 1.0)], errors={"two": "no such file"})

    (finding,) = incomplete_runs(board(made))

    assert "1 of 2 tracks have errors" in finding.message
    assert finding.evidence[0]["error"] == "no such file"


def test_parts_of_a_split_that_overlap_are_found(tmp_path: Path) -> None:
    who: dict[str, JsonValue] = {"separator": {"name": "same"}}
    first = [Score(track, "bass", 1.0) for track in ("one", "two")]
    second = [Score(track, "bass", 1.0) for track in ("two", "three")]
    runs = [
        write(tmp_path, name, rows, identity={**who, "part": name}, partial="2 of 3 tracks")
        for name, rows in (("first", first), ("second", second))
    ]

    (finding,) = shards(board(*runs))

    assert [row["track"] for row in finding.evidence] == ["two"]


def test_other_packages_and_platforms_are_noted(tmp_path: Path) -> None:
    runs = [
        sound(tmp_path, "a", environment={"platform": "linux", "packages": {"torch": "2.11"}}),
        sound(tmp_path, "b", environment={"platform": "linux", "packages": {"torch": "2.12"}}),
    ]

    (finding,) = other_machines(board(*runs))

    assert finding.severity == "note"
    assert "torch 2.11 and 2.12" in finding.message


def test_settings_that_are_chosen_on_the_test_split_are_found(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    runs = [
        write(
            tmp_path,
            f"steps {steps}",
            [
                Score(f"{track:02d}", stem, float(value))
                for track, value in enumerate(generator.normal(5.0, 2.0, 20))
                for stem in ("bass", "drums")
            ],
            identity={"separator": {"name": "sampler", "steps": steps}},
        )
        for steps in range(8)
    ]

    (finding,) = tuned_on_test(board(*runs))

    assert "8 settings of sampler" in finding.message
    assert finding.effect_db is not None
    assert finding.effect_db > 0.3  # eight equal settings: the best is luck
    assert not list(tuned_on_test(board(*runs[:2])))


def test_settings_on_a_validation_split_are_no_finding(tmp_path: Path) -> None:
    runs = [
        write(
            tmp_path,
            f"steps {steps}",
            [Score("one", "bass", 1.0)],
            under=written(),
            identity={"split": "validation", "separator": {"name": "sampler", "steps": steps}},
        )
        for steps in range(4)
    ]

    assert not list(tuned_on_test(board(*runs)))


def test_a_track_under_two_names_is_found(tmp_path: Path) -> None:
    tracks = {"one": heard(0), "again": heard(0), "two": heard(1)}
    made = run(tmp_path, "a", tracks, [protocol()])

    (finding,) = counted_twice(board(made))

    assert {row["track"] for row in finding.evidence if "track" in row} == {"one", "again"}
    assert "one track is in the number 2 times. With one alone" in finding.message
    once = run(tmp_path / "once", "a", {"one": heard(0), "two": heard(1)}, [protocol()])
    own, wanted = (
        {row.stem: row.value for row in summarise(each, "two-stems")} for each in (made, once)
    )
    rows = {row["stem"]: row for row in finding.evidence if "stem" in row}
    assert {stem: row["value"] for stem, row in rows.items()} == pytest.approx(own)
    better = {stem: row["value_by_better_rule"] for stem, row in rows.items()}
    assert better == pytest.approx(wanted)
    assert finding.effect_db == pytest.approx(max(abs(own[stem] - wanted[stem]) for stem in own))


def test_scores_that_the_cells_do_not_give_are_found(tmp_path: Path) -> None:
    made = sound(tmp_path, "a")
    path = made.scores("two-stems.v1")
    table, facts = parts.read_table(path)
    value = table.column_names.index("value")
    changed = table.set_column(value, "value", [np.asarray(table.column(value)) + 1.0])
    parts.write_table(path, changed, facts)
    made = made.save(made.manifest.model_copy(update={"parts": made.part_digests()}))

    (finding,) = stale_scores(board(made))

    assert finding.effect_db == pytest.approx(1.0)
    assert not list(stale_scores(board(rescore(made, [protocol()]))))


def test_statistics_that_were_changed_afterwards_are_found(tmp_path: Path) -> None:
    made = sound(tmp_path, "a")
    done = made.save(made.manifest.model_copy(update={"parts": made.part_digests()}))
    (cells,) = [one for one in done.manifest.parts if "cells" in one and "two" in one]
    (done.folder / cells).write_bytes(b"")

    (finding,) = changed_parts(board(done))

    assert [row["file"] for row in finding.evidence] == [cells]


def test_systems_that_cost_different_amounts_are_noted(tmp_path: Path) -> None:
    runs = [sound(tmp_path, name) for name in ("fast", "slow")]
    for made, nfe in zip(runs, (1, 4), strict=True):
        for record_ in made.manifest.tracks:
            columns = {"nfe": [nfe], "seconds": [1.0], "audio_s": [6.0], "replicate": [0]}
            table = pa.table(columns)
            parts.write_table(made.timings(record_), table, {"schema": 1})

    (finding,) = unequal_cost(board(*runs))

    assert finding.evidence[0]["system"] == "slow"
