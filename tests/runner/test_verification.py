"""What `verify` finds: nothing in a whole run, and each fault by its file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol, open_run
from sepeval.runner import Verified, rescore, verify
from sepeval.store import Run, parts
from sepeval.synthetic import write_slakh2100_22050
from sepeval.types import Index

STEMS = ("bass", "drums", "guitar", "piano")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("slakh")
    write_slakh2100_22050(root, tracks=2, seconds=3.0, seed=3)
    index: Index = DATASETS.get("slakh2100_22050")(root=root, edition="orig").index("test")  # type: ignore[call-arg]
    return evaluate(
        index,
        SEPARATORS.get("mixture")(stems=STEMS),
        [load_protocol("nussl-si-sdr"), load_protocol("torchmetrics-si-sdr")],
        root=tmp_path_factory.mktemp("runs"),
        label="x",
        allow_partial=True,
        keep_estimates=True,
    )


@pytest.fixture
def run(whole: Run, tmp_path: Path) -> Run:
    """A copy that may be damaged."""
    shutil.copytree(whole.folder, tmp_path / whole.folder.name)
    return open_run(tmp_path / whole.folder.name)


def found(run: Run) -> Verified:
    return verify(run.folder)


def only(run: Run, *, quick: bool = False) -> str:
    """The one fault there is."""
    (fault,) = verify(run.folder, quick=quick).faults
    return str(fault)


def with_parts(run: Run) -> Run:
    """The run with a manifest that takes its files as they are for right."""
    return run.save(run.manifest.model_copy(update={"parts": run.part_digests()}))


def test_a_whole_run_has_no_fault(run: Run) -> None:
    told = found(run)

    assert told.faults == ()
    assert told.scores == 2
    kept = [name for name in run.manifest.parts if name.startswith("estimates/")]
    assert len(kept) == 2 * len(STEMS)
    assert told.files == len(run.manifest.parts)
    assert "score tables made again with the same result" in told.as_line()


def test_nothing_is_written(run: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}

    found(run)

    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("pattern", ["cells/*/0001*", "timings/0000*", "estimates/*/bass.wav"])
def test_a_flipped_bit_is_found_and_named(run: Run, pattern: str, quick: bool) -> None:
    victim = sorted(run.folder.glob(pattern))[0]
    data = bytearray(victim.read_bytes())
    data[-9] ^= 1
    victim.write_bytes(data)

    faults = verify(run.folder, quick=quick).faults

    assert str(victim) in {fault.file for fault in faults}
    assert faults[0].expected.startswith("SHA-256 ")
    assert "give the command that made the run again" in faults[0].way_out


@pytest.mark.parametrize("quick", [True, False])
def test_a_part_that_is_gone_is_found(run: Run, quick: bool) -> None:
    victim = run.scores("nussl-si-sdr.v1")
    victim.unlink()

    faults = verify(run.folder, quick=quick).faults

    assert {fault.file for fault in faults} == {str(victim)}
    assert faults[0].found == "no file"
    assert "sepeval rescore" in faults[0].way_out


def test_a_score_that_its_cells_do_not_give_is_found(run: Run) -> None:
    path = run.scores("nussl-si-sdr.v1")
    table, facts = parts.read_table(path)
    values = table.column("value").to_pylist()
    values[0] += 0.01
    place = table.schema.get_field_index("value")
    parts.write_table(path, table.set_column(place, "value", pa.array(values)), facts)

    assert "1 values that differ, by 0.01 at most" in only(with_parts(run))
    assert verify(run.folder, quick=True).faults == ()


def test_a_score_of_another_version_of_its_metric_is_found(run: Run) -> None:
    metrics = {protocol: dict(records) for protocol, records in run.manifest.metrics.items()}
    name = next(iter(metrics["nussl-si-sdr.v1"]))
    record = metrics["nussl-si-sdr.v1"][name].model_copy(update={"version": 77})
    metrics["nussl-si-sdr.v1"][name] = record
    run.save(run.manifest.model_copy(update={"metrics": metrics}))

    assert f"expected scores of version 77 of {name}" in only(run)


def test_a_part_of_another_track_is_found(run: Run) -> None:
    (first, second) = sorted(run.folder.glob("timings/*"))
    shutil.copyfile(first, second)

    assert "expected a part of 'Track01877', found one of 'Track01876'" in only(with_parts(run))


def test_a_part_that_the_run_does_not_name_is_found(run: Run) -> None:
    (first, *_) = sorted(run.folder.glob("timings/*"))
    shutil.copyfile(first, first.with_name("0009-more.parquet"))

    assert "0009-more.parquet: expected no such part" in only(run)


def test_what_a_killed_writer_has_left_is_named_and_removed_by_rescoring(run: Run) -> None:
    (left := run.folder / "scores" / ".part-x1.parquet").write_bytes(b"PAR1")
    (also := run.folder / ".part-x2.json").write_text("{")

    faults = verify(run.folder).faults
    rescore(run, [load_protocol("nussl-si-sdr")])

    assert [fault.file for fault in faults] == [str(also), str(left)]
    assert all("the command that was broken off again" in fault.way_out for fault in faults)
    assert not left.exists()
    assert not also.exists()
    assert verify(run.folder).faults == ()


def test_scores_that_the_run_does_not_name_are_made_again_by_rescoring(run: Run) -> None:
    other = load_protocol("nussl-si-sdr").model_copy(update={"name": "mine"})
    before = run.manifest
    rescore(run, [other])
    run.save(before)  # as if it was killed when the scores were written and the manifest was not

    assert "mine.v1.parquet: expected no such part" in only(run)
    assert "score it again from its statistics: sepeval rescore" in only(run)
    rescore(run, [other])
    assert verify(run.folder).faults == ()


def identity(run: Run) -> dict[str, object]:
    return {"identity": {**run.manifest.identity, "seed": 4}}


def protocol(run: Run) -> dict[str, object]:
    documents = run.manifest.protocols
    other = {**documents["nussl-si-sdr.v1"], "silence": documents["nussl-si-sdr.v1"]["silence"]}
    other["silence"] = {**other["silence"], "estimate": "leave_out"}  # type: ignore[dict-item]
    return {"protocols": {**documents, "nussl-si-sdr.v1": other}}


def tracks(run: Run) -> dict[str, object]:
    return {"tracks": list(reversed(run.manifest.tracks))}


def unfinished(_run: Run) -> dict[str, object]:
    return {"status": "started"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (identity, "of the folder's name, found one whose hash is"),
        (protocol, "expected nussl-si-sdr.v1 as released"),
        (tracks, "expected the tracks of the identity"),
        (unfinished, "expected a complete run, found one that is not finished"),
    ],
)
def test_a_manifest_that_says_another_thing_is_found(
    run: Run, change: Callable[[Run], dict[str, object]], words: str
) -> None:
    run.save(run.manifest.model_copy(update=change(run)))

    assert any(words in str(fault) for fault in found(run).faults)


def test_a_damaged_manifest_and_damaged_places_are_found(run: Run) -> None:
    (run.folder / "places.json").write_text("{")
    assert "places.json" in only(run)
    (run.folder / "manifest.json").write_text("{")

    assert "manifest.json" in only(run)


def test_a_renamed_folder_is_no_fault(run: Run) -> None:
    run.folder.rename(run.folder.with_name("mine"))

    assert verify(run.folder.with_name("mine")).faults == ()
