from __future__ import annotations

from pathlib import Path

from sepeval.datasets.slakh2100_22050 import Slakh2100Repack
from sepeval.protocol import load
from sepeval.runner import evaluate
from sepeval.separators.files import Files
from sepeval.separators.trivial import Mixture
from sepeval.store import Run
from sepeval.store.places import changed, read_places
from sepeval.synthetic import write_slakh2100_22050
from sepeval.types import Index


def made(root: Path, *, keep: bool) -> Run:
    protocol = load("slakh2100-msdm")
    return evaluate(
        split(root),
        Mixture(tuple(protocol.stems)),
        [protocol],
        root=root / "runs",
        label="mixture",
        allow_partial=True,
        keep_estimates=keep,
    )


def split(root: Path) -> Index:
    write_slakh2100_22050(root / "data", tracks=1, seconds=8, seed=1)
    return Slakh2100Repack(root=root / "data", edition="redux").index("test")


def test_a_run_says_where_its_references_and_its_kept_estimates_lie(tmp_path: Path) -> None:
    run = made(tmp_path, keep=True)

    found = read_places(run.folder)

    assert found is not None
    (track,) = found.tracks.values()
    assert set(track.stems) == set(track.estimates) == {"bass", "drums", "guitar", "piano"}
    assert all(place.path.startswith("estimates/") for place in track.estimates.values())
    every = [*track.references, *track.estimates.values()]
    assert changed(every, run.folder) == {}


def test_estimates_that_were_not_kept_have_no_place(tmp_path: Path) -> None:
    found = read_places(made(tmp_path, keep=False).folder)

    assert found is not None
    assert all(not track.estimates for track in found.tracks.values())


def test_the_same_command_after_the_data_moved_says_the_new_place(tmp_path: Path) -> None:
    kept = made(tmp_path, keep=True).folder / "estimates"
    estimates = tmp_path / "estimates"
    kept.rename(estimates)
    protocol = load("slakh2100-msdm")

    def evaluated(root: Path) -> Run:
        separator = Files(root=root, pattern="{track}/{stem}.wav")
        index = split(tmp_path)
        return evaluate(
            index, separator, [protocol], root=tmp_path, label="files", allow_partial=True
        )

    first = evaluated(estimates)
    estimates.rename(tmp_path / "moved")
    second = evaluated(tmp_path / "moved")

    found = read_places(second.folder)
    assert first.folder == second.folder
    assert found is not None
    (track,) = found.tracks.values()
    assert all("/moved/" in place.path for place in track.estimates.values())
    assert changed(track.estimates.values(), second.folder) == {}


def test_places_change_no_identity(tmp_path: Path) -> None:
    first, second = (made(tmp_path / name, keep=False) for name in ("a", "b"))

    assert first.manifest.hash == second.manifest.hash
    assert "places" not in str(first.manifest.identity)
