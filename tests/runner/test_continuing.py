"""A run that was broken off, or has lost or damaged parts, is made whole by the same command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol, open_run
from sepeval.errors import SeparatorError, StoreError
from sepeval.runner import job
from sepeval.runner.workers import Progress
from sepeval.store import Run
from sepeval.synthetic import write_slakh2100_22050
from sepeval.types import Index

STEMS = ("bass", "drums", "guitar", "piano")
FILE, SUM = "torchmetrics-si-sdr", "nussl-si-sdr"  # they hear two mixtures: two sets of cells
ACTIVE = "silence-pes-eps"  # hears what `FILE` hears, and cuts it elsewhere


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("slakh")
    write_slakh2100_22050(root, tracks=2, seconds=3.0, seed=3)
    return DATASETS.get("slakh2100_22050")(root=root, edition="orig").index("test")  # type: ignore[call-arg]


def made(index: Index, root: Path, *names: str, **options: object) -> Run:
    separator = options.pop("separator", SEPARATORS.get("mixture")(stems=STEMS))
    protocols = [load_protocol(name) for name in names or (FILE, SUM)]
    return evaluate(
        index,
        separator,  # type: ignore[arg-type]
        protocols,
        root=root,
        label="x",
        allow_partial=True,
        **options,  # type: ignore[arg-type]
    )


def contents(run: Run) -> dict[str, bytes]:
    return {
        path.relative_to(run.folder).as_posix(): path.read_bytes()
        for path in sorted(run.folder.rglob("*.parquet"))
        if path.parent.name != "timings"
    }


class PowerCutError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", [1, 2, 4, 6, 9, 11])
def test_a_run_broken_off_before_any_part_ends_with_the_same_bytes(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    whole = made(index, tmp_path / "whole")
    parts = 0
    write = job.parts.write_table

    def cut(path: Path, *others: object) -> None:
        nonlocal parts
        parts += 1
        if parts == after:
            raise PowerCutError
        write(path, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(job.parts, "write_table", cut)
    with pytest.raises(PowerCutError):
        made(index, tmp_path / "cut")
    monkeypatch.setattr(job.parts, "write_table", write)
    again = made(index, tmp_path / "cut")

    assert contents(again) == contents(whole)
    assert [one.key for one in again.manifest.layouts] == [
        one.key for one in whole.manifest.layouts
    ]
    assert len(list(again.folder.rglob("timings/*"))) == 2


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("room", ["cells", "signals", "timings", "scores"])
@pytest.mark.parametrize("damage", [flip, empty, Path.unlink])
def test_a_lost_part_is_made_again_for_every_protocol_of_the_run(
    index: Index, tmp_path: Path, room: str, damage: Callable[[Path], None]
) -> None:
    run = made(index, tmp_path, FILE)
    made(index, tmp_path, SUM)
    before = contents(run)
    victim = sorted((run.folder / room).rglob("*.parquet"))[0]
    damage(victim)
    told: list[Progress] = []

    again = made(index, tmp_path, SUM, told=told.append)

    assert contents(again) == before
    assert victim.exists()
    assert [str(victim) in one.note for one in told if one.note] == [True]


def test_a_damaged_part_of_a_run_that_never_was_complete_is_found(
    index: Index, tmp_path: Path
) -> None:
    run = made(index, tmp_path)
    before = contents(run)
    run.save(run.manifest.model_copy(update={"status": "started", "parts": {}}))
    for victim in (*run.folder.glob("signals/*/0000*"), *run.folder.glob("cells/*/0001*")):
        flip(victim)

    assert contents(made(index, tmp_path)) == before


def test_a_part_of_another_run_is_replaced(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path)
    other = made(index, tmp_path, separator=SEPARATORS.get("zeros")(stems=STEMS))
    before = contents(run)
    (victim, *_) = run.folder.glob("cells/*/0000*")
    (source, *_) = other.folder.glob("cells/*/0000*")
    victim.write_bytes(source.read_bytes())
    told: list[Progress] = []

    again = made(index, tmp_path, told=told.append)

    assert "is not the file that the run was finished with" in told[0].note
    assert contents(again) == before


def test_reading_refuses_a_damaged_part_with_its_name_and_the_way_out(
    index: Index, tmp_path: Path
) -> None:
    run = made(index, tmp_path)
    flip(run.scores("nussl-si-sdr.v1"))

    with pytest.raises(StoreError, match=r"nussl-si-sdr.v1.parquet: is damaged.*makes it again"):
        run.read_scores("nussl-si-sdr.v1")


@pytest.mark.parametrize("text", ["", "{", "half"])
def test_a_damaged_manifest_is_put_aside_and_made_again(
    index: Index, tmp_path: Path, text: str
) -> None:
    run = made(index, tmp_path)
    before = contents(run)
    path = run.folder / "manifest.json"
    path.write_text(path.read_text()[:900] if text == "half" else text)
    told: list[Progress] = []
    with pytest.raises(StoreError, match=r"manifest\.json: is .*damaged"):
        open_run(run.folder)

    again = made(index, tmp_path, told=told.append)

    assert "put aside as manifest.damaged.json" in told[0].note
    assert contents(again) == before
    assert again.manifest.model_copy(update={"parts": {}}) == run.manifest.model_copy(
        update={"parts": {}}
    )


def test_a_changed_manifest_is_damaged_and_a_newer_one_is_refused(
    index: Index, tmp_path: Path
) -> None:
    run = made(index, tmp_path)
    path = run.folder / "manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"label": "x"', '"label": "y"'))
    with pytest.raises(StoreError, match=r"manifest\.json: is damaged: the SHA-256 of its text"):
        open_run(run.folder)
    document = json.loads(text)
    del document["sha256"]
    path.write_text(json.dumps({**document, "schema_version": 7, "more": 1}))

    with pytest.raises(StoreError, match="with schema 7; this sepeval reads schema 1"):
        made(index, tmp_path)


def test_one_that_is_cut_for_more_protocols_keeps_its_cells(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path, FILE, ACTIVE)
    before = contents(run)
    next(run.folder.glob("cells/*/0000*")).unlink()

    again = made(index, tmp_path, FILE)

    assert contents(again) == before
    assert again.manifest.layouts == run.manifest.layouts


def test_estimates_that_were_broken_off_are_written_again(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(index, tmp_path)
    write = job.audio.write

    def cut(path: Path, *others: object, **options: object) -> None:
        if path.stem == "guitar":
            raise PowerCutError
        write(path, *others, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(job.audio, "write", cut)
    with pytest.raises(PowerCutError):
        made(index, tmp_path, keep_estimates=True)
    monkeypatch.setattr(job.audio, "write", write)
    run = made(index, tmp_path, keep_estimates=True)

    for track in run.manifest.tracks:
        assert {path.stem for path in run.estimates(track).iterdir()} == set(STEMS)


class Moody:
    """A separator that fails while it is told to."""

    fails = True

    @classmethod
    def estimate(cls, mixture: np.ndarray, rate: int, seed: int) -> dict[str, np.ndarray]:  # noqa: ARG003
        if cls.fails:
            raise SeparatorError("out of memory")
        return dict.fromkeys(STEMS, mixture)


def moody(mixture: np.ndarray, rate: int, seed: int) -> dict[str, np.ndarray]:
    return Moody.estimate(mixture, rate, seed)


def test_errors_are_kept_unless_they_are_tried_again(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    separator = SEPARATORS.get("callable")(target=f"{__name__}:moody", stems=STEMS)
    failed = made(index, tmp_path, separator=separator)
    monkeypatch.setattr(Moody, "fails", False)

    kept = made(index, tmp_path, separator=separator)
    tried = made(index, tmp_path, separator=separator, retry_errors=True)

    assert all("out of memory" in track.trouble for track in failed.manifest.tracks)
    assert kept.manifest.tracks == failed.manifest.tracks
    assert [track.trouble for track in tried.manifest.tracks] == ["", ""]
    assert contents(tried) == contents(made(index, tmp_path / "new", separator=separator))


def test_a_run_that_is_being_written_is_refused(index: Index, tmp_path: Path) -> None:
    def again(_told: Progress) -> None:
        made(index, tmp_path)

    with pytest.raises(StoreError, match="writes into this run"):
        made(index, tmp_path, told=again)
