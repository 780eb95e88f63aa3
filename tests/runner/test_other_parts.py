"""A whole, sealed file in the place of another is refused by every reader, and named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sepeval import load_protocol, open_run
from sepeval.errors import DamagedError, StoreError
from sepeval.report.figures.quality import cost_of
from sepeval.results import gather
from sepeval.runner import Shard, merge, verify
from sepeval.runner.rescoring import rescore
from sepeval.store import Run, parts
from sepeval.store.lock import locked
from sepeval.store.manifest import Share, as_text, parse
from sepeval.store.mending import mend
from sepeval.store.places import read_places
from sepeval.store.signals import path_of, read_signals
from sepeval.types import Index
from tests.runner.four_tracks import index, made

__all__ = ["index"]  # a fixture

SDR = "msst-si-sdr"
OTHER = "is not the file that the run was finished with: its SHA-256 is .*, expected "


@pytest.fixture(scope="module")
def whole(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made(index, tmp_path_factory.mktemp("whole"), keep_estimates=True)


@pytest.fixture(scope="module")
def another(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made(index, tmp_path_factory.mktemp("another"), "ideal_binary_mask")


@pytest.fixture(scope="module")
def halves(index: Index, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    root = tmp_path_factory.mktemp("halves")
    return [made(index, root, shard=Shard.parse(f"{one}/2"), keep_estimates=True) for one in (1, 2)]


@pytest.fixture
def run(whole: Run, tmp_path: Path) -> Run:
    """A copy that may be damaged."""
    return copied(whole, tmp_path)


def copied(run: Run, root: Path) -> Run:
    shutil.copytree(run.folder, root / run.folder.name)
    return open_run(root / run.folder.name)


def files(run: Run, pattern: str) -> list[Path]:
    return sorted(run.folder.glob(pattern))


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def without_origin(run: Run) -> Run:
    """The run as it was written before parts told where they belong."""
    for path in run.folder.rglob("*.parquet"):
        table, facts = parts.read_table(path)
        parts.write_table(path, table, {k: v for k, v in facts.items() if k not in ("run", "part")})
    return run.save(run.manifest.model_copy(update={"parts": run.part_digests()}))


def test_a_complete_run_refuses_cells_of_another_track(run: Run) -> None:
    first, *_, last = files(run, "cells/*/*")
    shutil.copy(first, last)

    with pytest.raises(DamagedError, match=f"{last.name}: {OTHER}"):
        rescore(run, [load_protocol(SDR)])


def test_a_complete_run_refuses_signals_and_timings_of_another_track(run: Run) -> None:
    for pattern in ("signals/*/*", "timings/*"):
        first, *_, last = files(run, pattern)
        shutil.copy(first, last)
    with pytest.raises(DamagedError, match=OTHER):
        cost_of(run)
    path = path_of(run, run.manifest.layouts[0].key, run.manifest.tracks[-1])
    with pytest.raises(DamagedError, match=OTHER):
        read_signals(path, read=run.read_table)


@pytest.mark.parametrize("which", ["another", "share"])
def test_a_complete_run_refuses_scores_of_another(
    run: Run, another: Run, halves: list[Run], which: str
) -> None:
    source = {"another": another, "share": halves[0]}[which]
    shutil.copy(source.scores(f"{SDR}.v1"), run.scores(f"{SDR}.v1"))

    with pytest.raises(DamagedError, match=OTHER):
        gather([run], SDR)


def test_places_of_another_run_are_refused(run: Run, another: Run) -> None:
    shutil.copy(another.folder / "places.json", run.folder / "places.json")

    with pytest.raises(DamagedError, match=OTHER):
        read_places(run.folder, named=run.named("places.json"))


def other_track(run: Run, _another: Run) -> None:
    first, *_, last = files(run, "cells/*/*")
    shutil.copy(first, last)


def other_run(run: Run, another: Run) -> None:
    shutil.copy(files(another, "cells/*/*")[0], files(run, "cells/*/*")[0])


def other_layout(run: Run, _another: Run) -> None:
    first = files(run, "cells/*/*")[0]
    table, facts = parts.read_table(first)
    parts.write_table(first, table, {**facts, "part": f"cells/0a/{first.name}"})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (other_track, "expected a part of '.*', found one of '.*'; move it out of the run"),
        (other_run, "expected a part of run .*, found one of run "),
        (other_layout, "expected cells/.*, found cells/0a/"),
    ],
)
def test_a_run_that_is_not_complete_refuses_a_part_of_another_place(
    run: Run, another: Run, spoil: Callable[[Run, Run], None], words: str
) -> None:
    spoil(run, another)
    started = run.save(run.manifest.model_copy(update={"status": "started"}))

    with pytest.raises(DamagedError, match=words):
        rescore(started, [load_protocol(SDR)])


@pytest.mark.parametrize("spoil", [other_track, other_run])
def test_parts_that_are_adopted_after_a_damaged_manifest_are_looked_at(
    run: Run, another: Run, index: Index, spoil: Callable[[Run, Run], None]
) -> None:
    before = contents(run.folder / "scores"), contents(run.folder / "cells")
    spoil(run, another)
    (run.folder / "manifest.json").write_bytes(b"{")

    again = made(index, run.folder.parent, keep_estimates=True)

    assert (contents(again.folder / "scores"), contents(again.folder / "cells")) == before


def test_parts_that_do_not_tell_their_place_are_read(run: Run) -> None:
    older = without_origin(run)

    assert verify(older.folder).faults == ()
    assert mend(older.folder) == ()
    assert rescore(older, [load_protocol(SDR)]).manifest.status == "complete"


@pytest.mark.parametrize("what", ["gone", "dangling", "folder"])
def test_places_are_part_of_a_complete_run_and_estimates_are_checked_without_them(
    run: Run, what: str
) -> None:
    path = run.folder / "places.json"
    path.unlink()
    if what == "dangling":
        path.symlink_to("/nowhere")
    if what == "folder":
        path.mkdir()
    estimate = files(run, "estimates/*/bass.wav")[0]
    estimate.write_bytes(estimate.read_bytes()[:-1])

    assert {fault.file for fault in verify(run.folder).faults} == {str(path), str(estimate)}


@pytest.mark.parametrize("with_places", [True, False])
@pytest.mark.parametrize("is_lost", [True, False])
def test_a_damaged_or_lost_estimate_is_made_again(
    run: Run, index: Index, with_places: bool, is_lost: bool
) -> None:
    before = contents(run.folder / "estimates")
    estimate = files(run, "estimates/*/bass.wav")[0]
    estimate.write_bytes(estimate.read_bytes()[:-1] + b"x")
    if is_lost:
        estimate.unlink()
    if not with_places:
        (run.folder / "places.json").unlink()

    made(index, run.folder.parent, keep_estimates=True)

    assert contents(run.folder / "estimates") == before
    assert verify(run.folder).faults == ()


def test_a_folder_in_the_place_of_scores_is_a_fault_and_the_advice_is_to_remove_it(
    run: Run,
) -> None:
    path = run.scores(f"{SDR}.v1")
    path.unlink()
    path.mkdir()

    assert {fault.file for fault in verify(run.folder).faults} == {str(path)}
    assert "remove that folder" in str(verify(run.folder).faults[0])
    with pytest.raises(StoreError, match="a folder stands in its place; remove that folder"):
        run.read_scores(f"{SDR}.v1")
    with pytest.raises(StoreError, match="a folder stands in its place; remove that folder"):
        rescore(run, [load_protocol("msst-sdr")])


def test_parts_that_cannot_be_reached_are_faults(run: Run) -> None:
    named = {**run.manifest.parts, f"timings/{'x' * 300}.parquet": "0" * 64}
    run.save(run.manifest.model_copy(update={"parts": named}))
    assert "File name too long" in str(verify(run.folder).faults)
    if os.geteuid():
        (run.folder / "cells").chmod(0)
        assert "Permission denied" in str(verify(run.folder).faults)
        (run.folder / "cells").chmod(0o755)


@pytest.mark.parametrize("name", ["manifest.json", "places.json", "lock"])
def test_a_folder_in_the_place_of_a_file_is_to_be_removed(
    run: Run, index: Index, name: str
) -> None:
    (run.folder / name).unlink(missing_ok=True)
    (run.folder / name).mkdir()

    with pytest.raises(StoreError, match=rf"{name}: cannot .*; remove that folder"):
        made(index, run.folder.parent)


def test_a_file_in_the_place_of_a_folder_is_to_be_removed(run: Run, index: Index) -> None:
    shutil.rmtree(run.folder / "cells")
    (run.folder / "cells").write_text("x")

    with pytest.raises(StoreError, match="a file stands in the place of its folder; remove it"):
        rescore(run, [load_protocol(SDR)])
    with pytest.raises(StoreError, match="a file stands in the place of its folder; remove it"):
        made(index, run.folder.parent)


def test_a_merge_makes_lost_scores_and_parts_again(halves: list[Run], tmp_path: Path) -> None:
    run = merge(halves, root=tmp_path)
    before = contents(run.folder)
    for path in (run.scores(f"{SDR}.v1"), files(run, "cells/*/*")[0], run.folder / "places.json"):
        path.unlink()

    merge(halves, root=tmp_path)

    assert contents(run.folder) == before
    assert verify(run.folder).faults == ()


def test_a_refused_merge_leaves_nothing_behind(run: Run, halves: list[Run]) -> None:
    shutil.rmtree(run.folder / "cells")
    run.save(run.manifest.model_copy(update={"status": "started", "parts": {}}))
    before = contents(run.folder)

    with pytest.raises(StoreError, match=r"timings/.*: is another file than"):
        merge(halves, root=run.folder.parent)

    assert contents(run.folder) == before
    with locked(run.folder):
        assert mend(run.folder) == ()


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({"tracks": []}, "tracks: "),
        ({"layouts": []}, "parts are of layouts that it does not list"),
        ({"share": Share.model_construct(number=0, count=0, whole="")}, "share.number: "),
        ({"share": Share.model_construct(number=3, count=2, whole="")}, "share 3/2 is none of 2"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(
    run: Run, update: dict[str, object], words: str
) -> None:
    text = as_text(run.manifest.model_copy(update=update))

    with pytest.raises(StoreError, match=words):
        parse(text, name="m")
    (run.folder / "manifest.json").write_text(text)
    assert words.split(":", maxsplit=1)[0] in str(verify(run.folder).faults)


def test_a_manifest_that_tells_a_track_twice_is_refused(run: Run) -> None:
    tracks = [*run.manifest.tracks, run.manifest.tracks[0]]

    with pytest.raises(StoreError, match="two tracks have the same number"):
        parse(as_text(run.manifest.model_copy(update={"tracks": tracks})), name="m")


@pytest.mark.parametrize("name", ["../../x.wav", "estimates/../../y/x.wav", "/x.wav", "a\\..\\x"])
def test_a_manifest_whose_parts_lie_outside_the_run_is_refused(run: Run, name: str) -> None:
    named = {**run.manifest.parts, name: "0" * 64}

    with pytest.raises(StoreError, match="is not inside the run"):
        parse(as_text(run.manifest.model_copy(update={"parts": named})), name="m")


def test_a_folder_that_a_link_leads_to_is_not_emptied(run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "track"
    outside.mkdir(parents=True)
    (outside / "bass.wav").write_bytes(b"mine")
    (run.folder / "estimates" / "linked").symlink_to(outside)
    named = {**run.manifest.parts, "estimates/linked/bass.wav": "0" * 64}
    run.save(run.manifest.model_copy(update={"parts": named}))

    assert len(mend(run.folder)) == 1
    assert (outside / "bass.wav").read_bytes() == b"mine"
