"""What is exported is what museval reads; reading it back gives the same numbers."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sepeval.errors import StoreError
from sepeval.interchange import export_csv, export_museval, import_museval
from sepeval.store import Run, parts
from sepeval.summary import summarise
from tests.interchange.museval_json import FIVE, FOUR, METRICS, museval_aggregate, system
from tests.report import runs as written

FOUR_STEMS, TWO_SOURCES = "musdb18-sisec18.v1", "musdb18-sisec18-vocals.v1"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Three tracks of five targets."""
    system(tmp_path / "json" / "test", FIVE)
    (found,) = import_museval(tmp_path / "json", root=tmp_path / "runs")
    return found


def read(folder: Path) -> dict[str, dict[str, list[list[float]]]]:
    """Numbers of exported files by track and target, [frame metric]."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        targets = json.loads(path.read_text(encoding="utf-8"))["targets"]
        found[path.stem] = {
            one["name"]: [[frame["metrics"][key] for key in METRICS] for frame in one["frames"]]
            for one in targets
        }
    return found


@pytest.mark.parametrize("targets", [FOUR, FIVE, ("vocals", "accompaniment")])
def test_a_round_trip_gives_the_same_numbers(tmp_path: Path, targets: tuple[str, ...]) -> None:
    made = system(tmp_path / "json" / "test", targets)
    (first,) = import_museval(tmp_path / "json", root=tmp_path / "runs")
    done = export_museval(first, tmp_path / "out")
    (second,) = import_museval(tmp_path / "out", root=tmp_path / "again", label="json")

    back = read(tmp_path / "out" / "test")

    assert len(done.files) == 3
    assert not done.left_out
    for track, by_stem in made.items():
        for stem, rows in by_stem.items():
            assert np.array_equal(np.array(back[track][stem]), rows, equal_nan=True)
    for name in first.manifest.protocols:
        assert first.read_scores(name).equals(second.read_scores(name))
        assert summarise(first, name) == summarise(second, name)


def test_musevals_own_schema_accepts_it(run: Run, tmp_path: Path) -> None:
    found = importlib.util.find_spec("museval")
    assert found is not None
    (folder,) = found.submodule_search_locations or [""]
    schema = json.loads((Path(folder) / "musdb.schema.json").read_text(encoding="utf-8"))

    for path in export_museval(run, tmp_path / "out").files:
        importlib.import_module("jsonschema").validate(json.loads(path.read_text("utf-8")), schema)


def test_musevals_own_reader_finds_the_same_medians(run: Run, tmp_path: Path) -> None:
    export_museval(run, tmp_path / "out")

    with museval_aggregate() as museval:
        store = museval.EvalStore(frames_agg="median", tracks_agg="median")
        store.add_eval_dir(str(tmp_path / "out"))
        medians = store.agg_frames_tracks_scores()

    ours = {
        (row.stem, row.metric.upper()): row.value
        for name in (FOUR_STEMS, TWO_SOURCES)
        for row in summarise(run, name)
        if row.value is not None and row.stem != "All"
    }
    assert len(ours) == len(medians) == 20
    assert all(medians[key] == pytest.approx(value, abs=1e-12) for key, value in ours.items())


def test_musevals_own_writer_is_read(tmp_path: Path) -> None:
    values = {name: np.array([1.25, np.inf, np.nan]) for name in METRICS}
    with museval_aggregate() as museval:
        track = museval.TrackStore("a", win=1.0, hop=1.0)
        for stem in FOUR:
            track.add_target(stem, values)
        track.validate()
        track.save(str(tmp_path / "a.json"))

    (run,) = import_museval(tmp_path / "a.json", root=tmp_path / "runs")

    frame = run.read_scores(FOUR_STEMS).to_pandas()
    drums = frame[(frame["stem"] == "drums") & (frame["metric"] == "isr")]
    assert drums["status"].tolist() == ["ok", "undefined", "undefined"]
    assert drums["value"].iloc[0] == 1.25


def test_a_file_says_which_run_it_is_from(run: Run, tmp_path: Path) -> None:
    path = export_museval(run, tmp_path / "out").files[0]

    origin = json.loads(path.read_text(encoding="utf-8"))["sepeval"]
    assert origin["run"] == run.manifest.hash
    assert set(origin["protocols"]) == {FOUR_STEMS, TWO_SOURCES}


def test_an_existing_file_is_kept(run: Run, tmp_path: Path) -> None:
    files = export_museval(run, tmp_path / "out").files
    export_museval(run, tmp_path / "out")
    files[0].write_text("{}", encoding="utf-8")

    with pytest.raises(StoreError, match="is there with another content"):
        export_museval(run, tmp_path / "out")

    assert files[0].read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize(
    "name", ["../../out", "/etc/passwd", "..", "a/b", "\\\\server\\x", "a\x00b"]
)
def test_a_track_id_never_leads_out_of_the_folder(run: Run, tmp_path: Path, name: str) -> None:
    odd = renamed(run, name)

    (path, *_) = export_museval(odd, tmp_path / "out").files

    assert path.resolve().parent == (tmp_path / "out" / "test").resolve()


def test_two_tracks_of_one_file_name_are_refused(run: Run, tmp_path: Path) -> None:
    first, second, _ = (track.id for track in run.manifest.tracks)
    odd = renamed(renamed(run, "a/b", first), "a\\b", second)

    with pytest.raises(StoreError, match="two tracks would be written as 'a_b'"):
        export_museval(odd, tmp_path / "out")


def renamed(run: Run, name: str, track: str = "") -> Run:
    """The run with another id of a track, the first if none is named, in its tables too."""
    old = track or run.manifest.tracks[0].id
    for protocol in run.manifest.protocols:
        frame = run.read_scores(protocol).to_pandas()
        frame["track"] = frame["track"].astype(str).replace(old, name)
        parts.write_table(run.scores(protocol), pa.Table.from_pandas(frame), {"schema": 1})
    tracks = [
        one.model_copy(update={"id": name}) if one.id == old else one for one in run.manifest.tracks
    ]
    update = {"tracks": tracks, "parts": run.part_digests()}
    return run.save(run.manifest.model_copy(update=update))


def test_a_run_of_another_measure_cannot_be_exported(tmp_path: Path) -> None:
    scores = written.two_tracks((1.0, 2.0), (3.0, 4.0))

    with pytest.raises(StoreError, match=r"holds sdr, isr, sir and sar under musdb18-sisec18"):
        export_museval(written.write(tmp_path, "other", scores), tmp_path / "out")


def test_csv_holds_every_score_and_every_number(run: Run, tmp_path: Path) -> None:
    files = export_csv(run, tmp_path / "out")

    assert [path.name for path in files] == [
        f"{name}.{kind}.csv"
        for name in (FOUR_STEMS, TWO_SOURCES)
        for kind in ("scores", "summary")
    ]  # fmt: skip
    frame = run.read_scores(FOUR_STEMS).to_pandas()
    back = list(csv.DictReader(files[0].read_text(encoding="utf-8").splitlines()))
    values = [float(row["value"] or "nan") for row in back]
    assert np.array_equal(values, frame["value"], equal_nan=True)
    assert [row["status"] for row in back] == frame["status"].tolist()
    rows = list(csv.DictReader(files[3].read_text(encoding="utf-8").splitlines()))
    known = {(row.stem, row.metric): row.value for row in summarise(run, TWO_SOURCES)}
    for row in rows:
        value = known[row["stem"], row["metric"]]
        assert row["value"] == ("" if value is None else repr(value))


def test_csv_of_a_run_without_scores_is_refused(tmp_path: Path, run: Run) -> None:
    bare = Run(run.folder, run.manifest.model_copy(update={"protocols": {}}))

    with pytest.raises(StoreError, match="has no scores"):
        export_csv(bare, tmp_path / "out")
