"""Damaged runs: every bit is noticed, and what is well-formed and wrong is refused or harmless."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sepeval import audio
from sepeval.audits import findings
from sepeval.audits.base import Finding, Runs
from sepeval.audits.running import audit_all
from sepeval.datasets.folder import Folder
from sepeval.report import table
from sepeval.runner import evaluate
from sepeval.runner.rescoring import score_table
from sepeval.separators.trivial import Mixture
from sepeval.store import Run, find_runs, parts
from sepeval.store.places import read_places
from sepeval.store.sealed import BLANK, seal
from sepeval.store.signals import path_of, read_signals
from sepeval.summary import score_frame, summarise
from sepeval.timing import records
from sepeval.types import Status
from tests.protocol.documents import protocol, sdr, si_sdr, sliding
from tests.robustness.damage import damaged, ends_well, refused_or, rounds, spoiled
from tests.robustness.test_bad_metadata import BOMBS
from tests.timing.made import arm, timing

pytestmark = pytest.mark.robustness
RATE = 1000
ONE = protocol(windows=sliding(0.2, 0.1), metrics=[sdr(), si_sdr()])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two tracks under two protocols; reading it again gives no error."""
    root = tmp_path_factory.mktemp("sound")
    generator = np.random.default_rng(0)
    for track in ("one", "two"):
        for stem in "ab":
            path = root / "data" / track / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            samples = generator.uniform(-0.5, 0.5, (2, 700))
            audio.write(path, samples, rate=RATE, encoding="PCM_16")
    data = Folder(
        root=root / "data", references="{track}/{stem}.wav", mixture=None, stems=("a", "b")
    )
    run = evaluate(data.index("all"), Mixture(("a", "b")), [ONE], root=root / "runs", label="sound")
    look(run.folder)
    return run.folder


def look(folder: Path) -> None:
    """Read a run in all ways, each of which may refuse it; every number must have a status."""
    runs = find_runs([folder])
    for run in runs:
        refused_or(read_places, run.folder)
        for name in run.manifest.protocols:
            refused_or(_scores, run, name)
            refused_or(summarise, run, name)
            refused_or(_made_again, run, name)
            refused_or(_shown, run, name)
        for layout in run.manifest.layouts:
            for track in run.manifest.tracks:
                refused_or(read_signals, path_of(run, layout.key, track))


def _made_again(run: Run, name: str) -> None:
    score_table(run, run.protocol(name))


def _shown(run: Run, name: str) -> None:
    table([run], name).as_text(100)


def _audited(runs: tuple[Run, ...]) -> None:
    audit_all([Runs(runs)], only=[])


def _scores(run: Run, name: str) -> None:
    found = score_frame(run, run.protocol(name))
    assert set(found["status"].astype(str)) <= set(Status)
    assert (found["value"].notna() == (found["status"].astype(str) == "ok")).all()
    assert np.isfinite(found["value"].dropna()).all()


def _copy(sound: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(sound, to)
    return to


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


def test_every_damage_to_a_file_of_a_run_is_noticed(sound: Path, tmp_path: Path) -> None:
    for path in _files(sound):
        content = path.read_bytes()
        folder = _copy(sound, tmp_path / sound.name)
        place = folder / path.relative_to(sound)
        for spoilt in damaged(content, rounds(48), seed=len(content)):
            place.write_bytes(spoilt)
            if path.suffix == ".parquet":
                found: object = ends_well("runs", parts.read_table, place)
            elif path.name == "places.json":
                found = ends_well("runs", read_places, folder)
            else:
                found = ends_well("runs", find_runs, [folder])
            assert found is None, path
            if spoilt[-1] % 8 == 0:
                refused_or(look, folder)


def _unsealed(path: Path) -> Any:  # noqa: ANN401 - plain values
    document = json.loads(path.read_text(encoding="utf-8"))
    document.pop("sha256", None)
    return document


@pytest.mark.parametrize("name", ["manifest.json", "places.json"])
def test_a_strange_record_is_refused_or_harmless(sound: Path, tmp_path: Path, name: str) -> None:
    folder = _copy(sound, tmp_path / sound.name)

    for document in spoiled(_unsealed(sound / name), rounds(150)):
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
        ends_well("runs", look, folder)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_no_record(sound: Path, tmp_path: Path, bomb: str) -> None:
    folder = _copy(sound, tmp_path / sound.name)
    for name in ("places.json", "manifest.json"):
        (folder / name).write_bytes(BOMBS[bomb])
        ends_well("runs", look, folder)


def _strange_table(path: Path, seed: int) -> bytes:
    """A Parquet file whose digest is right, and whose facts or columns are others."""
    draw = np.random.default_rng(seed)
    whole = pq.read_table(path)
    facts = json.loads(whole.schema.metadata[b"sepeval"])
    way = seed % 6
    if way < 3:
        facts = next(iter(spoiled(facts, 1, seed=seed)))
    elif way == 3:
        whole = whole.slice(0, int(draw.integers(0, whole.num_rows + 1)))
    else:
        names = list(whole.column_names)
        name = names[int(draw.integers(len(names)))]
        column = whole.column(name)
        empty = pa.nulls(len(column), column.type)
        texts = pa.array([f"=x{n}" for n in range(len(column))])
        place = names.index(name)
        whole = [
            whole.drop_columns([name]),
            whole.set_column(place, name, empty),
            whole.set_column(place, name, texts),
        ][int(draw.integers(3))]
    kept = {b"sepeval": json.dumps(facts).encode(), b"sepeval.digest": BLANK}
    sink = pa.BufferOutputStream()
    pq.write_table(whole.replace_schema_metadata(kept), sink, store_schema=True)
    return seal(sink.getvalue().to_pybytes())


def test_a_strange_table_is_refused_or_harmless(sound: Path, tmp_path: Path) -> None:
    for path in _files(sound):
        if path.suffix != ".parquet":
            continue
        folder = _copy(sound, tmp_path / sound.name)
        for seed in range(rounds(32)):
            (folder / path.relative_to(sound)).write_bytes(_strange_table(path, seed))
            ends_well("runs", look, folder)


def test_damaged_timings_are_noticed(tmp_path: Path) -> None:
    known = timing(tmp_path, [arm(0, "a")], [1.0])
    made = records.write(tmp_path / "sound", known.record, known.calls)
    for name in (records.RECORD, records.CALLS):
        folder = _copy(made.folder, tmp_path / made.folder.name)
        content = (folder / name).read_bytes()
        for spoilt in damaged(content, rounds(150)):
            (folder / name).write_bytes(spoilt)
            ends_well("runs of timings", records.read, folder)
        if name == records.RECORD:
            for document in spoiled(_unsealed(made.folder / name), rounds(200)):
                (folder / name).write_text(json.dumps(document), encoding="utf-8")
                ends_well("runs of timings", records.read, folder)


def test_damaged_findings_are_noticed(tmp_path: Path) -> None:
    one = Finding(audit="x", severity="note", subject="run", message="m", evidence=({"a": 1},))
    path, _ = findings.write([one], tmp_path)
    content = path.read_bytes()

    for spoilt in damaged(content, rounds(150)):
        path.write_bytes(spoilt)
        assert ends_well("findings", findings.read, path) is None
    for seed in range(rounds(32)):
        path.write_bytes(content)
        path.write_bytes(_strange_table(path, seed))
        ends_well("findings", findings.read, path)
