from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from sepeval.errors import StoreError, UnknownNameError
from sepeval.report.figures.silence import figures, write
from sepeval.report.tables.silence import as_csv, as_json, as_markdown, as_text
from sepeval.silence import ZEROS, Silence, silence
from sepeval.store import Run
from sepeval.summary import ALL
from tests.audits.boards import SDR, Heard, board, music, noisy, protocol, run
from tests.audits.boards import silence as rule_of
from tests.cli.conftest import Command
from tests.shared_data import needs_audio
from tests.test_real_audio import SYSTEMS, published

REPORT = Path(__file__).resolve().parents[2] / "reports" / "silence-on-real-segments"


def two(root: Path) -> list[Run]:
    """A system that separates better, and one that is quieter where the bass rests."""
    references = music()
    references[0, 0, :300] = 0.0
    better, quieter = (noisy(references, level=level) for level in (0.1, 0.2))
    generator = np.random.default_rng(5)
    better[0, 0, :300] = 1e-2 * generator.normal(size=300)
    quieter[0, 0, :300] = 1e-4 * generator.normal(size=300)
    return [
        run(root, name, {"one": Heard(references, one)}, [protocol()])
        for name, one in (("better", better), ("quieter", quieter))
    ]


@pytest.fixture
def found(tmp_path: Path) -> Silence:
    return silence(two(tmp_path))


def test_scores_on_silence_are_the_closed_form(found: Silence) -> None:
    assert len(found.points) == 6
    for point in found.points:
        assert point.reference_dbfs == -np.inf
        assert point.score == pytest.approx(point.over_leak_db, abs=1e-9)


def test_gains_are_parted_without_a_rest(found: Silence) -> None:
    (gain,) = [one for one in found.gains if one.stem == "bass"]

    assert gain.scored == pytest.approx(gain.from_active + gain.from_silence)
    assert gain.on_active is not None
    assert gain.on_silent is not None
    assert gain.on_active == pytest.approx(-20 * np.log10(2), abs=0.3)
    assert gain.on_silent == pytest.approx(40.0, abs=1.5)
    assert gain.scored == pytest.approx((gain.on_active + gain.on_silent) / 2)


def test_the_parts_are_those_of_the_table(found: Silence) -> None:
    part = found.part("quieter", "bass")

    assert (part.windows, part.silent, part.share) == (6, 3, 0.5)
    assert part.mean_active == pytest.approx(part.active)
    assert part.scored is not None
    assert part.mean_active is not None
    assert part.mean_silent is not None
    assert part.scored == pytest.approx((part.mean_active + part.mean_silent) / 2)
    assert part.from_silence == pytest.approx(part.mean_silent / 2)


def test_the_order_turns_where_silence_is_left_out(found: Silence) -> None:
    parts = [found.part(name, "bass") for name in (ZEROS, "quieter", "better")]

    assert [part.rank_scored for part in parts] == [1, 2, 3]
    assert [part.rank_active for part in parts] == [3, 2, 1]
    assert found.stems == ("bass", "drums", ALL)


def test_a_metric_without_the_closed_form_has_no_points(tmp_path: Path) -> None:
    references = music()
    references[0, 0, :300] = 0.0
    eps = {"target": 1e-8, "error": 1e-8, "ratio": 0}
    metric = {**SDR, "parameters": {**SDR["parameters"], "eps": eps}}  # type: ignore[dict-item]
    heard = Heard(references, noisy(references, level=0.1))
    made = run(tmp_path, "one", {"one": heard}, [protocol(metric)])

    found = silence([made])

    assert not found.points
    assert not found.gains
    assert found.part("one", "bass").silent == 3
    assert not figures(found)
    assert "all zeros" in as_text(found)


def test_a_protocol_that_leaves_silence_out_is_not_blamed_for_it(tmp_path: Path) -> None:
    references = music()
    references[0, 0, :300] = 0.0
    runs = [
        run(
            tmp_path,
            name,
            {"one": Heard(references, noisy(references, level=level))},
            [protocol(silence=rule_of(reference="leave_out"))],
        )
        for name, level in (("base", 0.2), ("new", 0.1))
    ]

    text = " ".join(as_text(silence(runs)).split())

    assert "leaves silent references out, so that the gains in a table" in text


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    runs = two(tmp_path)
    other = run(
        tmp_path,
        "other",
        {"one": Heard(music(), music())},
        [protocol()],
        identity={"content": "1"},
    )

    with pytest.raises(StoreError, match="have no protocol that all share"):
        silence([*runs, other])
    with pytest.raises(UnknownNameError, match="si_sdri"):
        silence(runs, metric="si_sdr")
    with pytest.raises(UnknownNameError, match="better"):
        silence(runs, baseline="bettr")


def test_tables_say_the_same_in_every_form(found: Silence) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    document = json.loads(as_json(found))

    assert len(rows) == len(found.parts) == len(document["parts"]) == 9
    assert float(rows[0]["scored"]) == found.parts[0].scored
    assert document["points"][0]["reference_dbfs"] is None
    assert "| better " in as_markdown(found)
    assert all(len(line) <= 100 for line in as_text(found).split("\n")[:-2])


@pytest.mark.slow
def test_the_same_runs_give_the_same_figures(found: Silence, tmp_path: Path) -> None:
    first = write(found, tmp_path / "first")
    second = write(found, tmp_path / "second")

    assert [path.suffix for path in first] == [".png", ".pdf"] * 2
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_the_command_prints_a_table_and_writes_the_rest(sepeval: Command, tmp_path: Path) -> None:
    runs = two(tmp_path / "runs")

    done = sepeval("silence", tmp_path / "runs", "--baseline", "better", "-o", tmp_path / "out")

    assert done.code == 0
    assert "made on silent windows" in done.out
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    stem = "silence--two-stems.v1--si_sdri--"
    assert names == sorted(
        [
            f"{stem}{kind}.{end}"
            for kind in ("gains", "closed-form", "threshold")
            for end in ("png", "pdf")
        ]
        + ["silence.csv", "silence.json", "silence.md"]
    )
    printed = sepeval("silence", tmp_path / "runs", "--json")
    assert json.loads(printed.out)["metric"] == "si_sdri"
    assert sepeval("silence", runs[0].folder, "-p", "nothing").code == 2
    assert board(*runs).name == "better, quieter"


@pytest.mark.slow
@needs_audio
@pytest.mark.data
def test_the_committed_report_is_what_the_segments_give(tmp_path: Path) -> None:
    runs = [published(system, tmp_path) for system in SYSTEMS]

    found = silence(runs, baseline="Vanilla")

    with (REPORT / "silence.csv").open(newline="", encoding="utf-8") as file:
        known = {(row["system"], row["stem"]): row for row in csv.DictReader(file)}
    assert len(known) == len(found.parts) == 30
    for part in found.parts:
        row = known[part.system, part.stem]
        for name in ("scored", "active", "mean_silent", "rank_scored", "rank_active"):
            assert getattr(part, name) == pytest.approx(float(row[name]), abs=1e-6), name
    four = {one.stem: one for one in found.gains if one.system == "CD_4_step"}["guitar"]
    assert four.scored == pytest.approx(4.29, abs=0.005)
    assert four.on_active == pytest.approx(-0.59, abs=0.005)
    assert [found.part(ZEROS, stem).rank_scored for stem in ("guitar", ALL)] == [1, 6]
    assert [found.part(ZEROS, stem).rank_active for stem in ("guitar", ALL)] == [6, 6]
