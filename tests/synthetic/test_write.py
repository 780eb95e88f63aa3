"""The written datasets have the layouts, lengths and faults that were asked for."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from sepeval import audio
from sepeval.errors import DataError
from sepeval.synthetic.pathologies import MIXTURE, Pathology
from sepeval.synthetic.write import (
    MARKER,
    Placement,
    write_musdb18hq,
    write_slakh2100,
    write_slakh2100_22050,
)
from sepeval.types import Array, AudioFile

Writer = Callable[..., Path]
WRITERS: list[Writer] = [write_slakh2100, write_slakh2100_22050, write_musdb18hq]
SLAKH_KEYS = {
    "audio_rendered",
    "inst_class",
    "integrated_loudness",
    "is_drum",
    "midi_program_name",
    "midi_saved",
    "plugin_name",
    "program_num",
}


def samples(path: Path) -> Array:
    return audio.read(AudioFile(path)).samples


def digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def musdb_with(tmp_path: Path, pathology: Pathology, stem: str) -> Path:
    """The folder of the one track that has this fault."""
    fault = Placement(pathology, 0, stem)
    root = write_musdb18hq(tmp_path / "hq", tracks=1, seconds=1, seed=3, pathologies=(fault,))
    return next((root / "test").iterdir())


def test_slakh2100_has_sources_in_groups_and_a_mixture_that_is_their_sum(tmp_path: Path) -> None:
    root = write_slakh2100(tmp_path / "slakh", tracks=3, seconds=2, seed=1)

    tracks = sorted((root / "test").iterdir())
    assert [track.name for track in tracks] == ["Track01876", "Track01877", "Track01878"]
    for track in tracks:
        metadata = yaml.safe_load((track / "metadata.yaml").read_text())
        rendered = {name for name, one in metadata["stems"].items() if one["audio_rendered"]}
        files = {path.stem: samples(path) for path in (track / "stems").iterdir()}
        assert metadata["audio_dir"] == f"{track.name}/stems"
        assert files.keys() == rendered
        assert len(metadata["stems"]) == len(rendered) + 1
        assert all(metadata["stems"][name].keys() == SLAKH_KEYS for name in rendered)
        programs = [metadata["stems"][name]["program_num"] for name in rendered]
        assert {33, 128, 25, 0, 48} <= set(programs)
        assert audio.probe(AudioFile(track / "mix.flac"))[:2] == (44100, 1)
        assert (samples(track / "mix.flac") == sum(files.values())).all()


def test_some_track_has_two_sources_in_one_group(tmp_path: Path) -> None:
    root = write_slakh2100(tmp_path / "slakh", tracks=4, seconds=0.5, seed=1)

    counts = [len(list((track / "stems").iterdir())) for track in (root / "test").iterdir()]

    assert min(counts) >= 5
    assert max(counts) > 5


def test_slakh2100_22050_has_four_mono_files(tmp_path: Path) -> None:
    root = write_slakh2100_22050(
        tmp_path / "slakh", tracks=2, seconds=2, seed=1, split="validation"
    )

    for name in ("Track01501", "Track01502"):
        found = sorted((root / "validation" / name).iterdir())
        assert [path.name for path in found] == ["bass.wav", "drums.wav", "guitar.wav", "piano.wav"]
        assert {audio.probe(AudioFile(path))[:2] for path in found} == {(22050, 1)}


def test_musdb18hq_has_stereo_stems_and_their_sum(tmp_path: Path) -> None:
    root = write_musdb18hq(tmp_path / "hq", tracks=2, seconds=2, seed=1)

    for track in (root / "test").iterdir():
        artist, title = track.name.split(" - ")
        assert artist
        assert title
        stems = [samples(track / f"{name}.wav") for name in ("drums", "bass", "other", "vocals")]
        assert audio.probe(AudioFile(track / "mixture.wav"))[:2] == (44100, 2)
        assert (samples(track / "mixture.wav") == sum(stems)).all()


@pytest.mark.parametrize("write", WRITERS)
def test_lengths_differ_and_are_not_whole_seconds(write: Writer, tmp_path: Path) -> None:
    root = write(tmp_path / "data", tracks=3, seconds=1, seed=1)

    tracks = sorted((root / "test").iterdir())
    headers = [audio.probe(AudioFile(next(track.rglob("*.[wf][al]*")))) for track in tracks]
    assert len({header.length for header in headers}) == 3
    assert all(header.length % header.rate for header in headers)


@pytest.mark.parametrize("write", WRITERS)
def test_the_same_call_writes_the_same_bytes(write: Writer, tmp_path: Path) -> None:
    first = write(tmp_path / "first", tracks=2, seconds=0.5, seed=7)
    second = write(tmp_path / "second", tracks=2, seconds=0.5, seed=7)
    other = write(tmp_path / "other", tracks=2, seconds=0.5, seed=8)

    assert digests(first) == digests(second)
    assert not set(digests(first).values()) & set(digests(other).values())


def test_a_track_does_not_depend_on_how_many_follow(tmp_path: Path) -> None:
    one = digests(write_musdb18hq(tmp_path / "one", tracks=1, seconds=0.5, seed=7))
    two = digests(write_musdb18hq(tmp_path / "two", tracks=2, seconds=0.5, seed=7))

    one.pop(MARKER)

    assert one.items() <= two.items()


def test_a_dataset_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    root = write_musdb18hq(tmp_path / "hq", tracks=1, seconds=0.5, seed=7)
    times = {path: path.stat().st_mtime_ns for path in root.rglob("*")}

    write_musdb18hq(root, tracks=1, seconds=0.5, seed=7)

    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == times
    assert json.loads((root / MARKER).read_text())["seed"] == 7


def test_another_dataset_is_never_overwritten(tmp_path: Path) -> None:
    root = write_musdb18hq(tmp_path / "hq", tracks=1, seconds=0.5, seed=7)
    before = digests(root)

    with pytest.raises(DataError, match=r"with other arguments is here; choose another root"):
        write_musdb18hq(root, tracks=1, seconds=0.5, seed=8)
    assert digests(root) == before


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")

    with pytest.raises(DataError, match="expected a new or empty folder"):
        write_slakh2100(tmp_path, tracks=1, seconds=0.5, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_interrupted_dataset_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(audio, "write", full)

    with pytest.raises(DataError, match=r"cannot be written: .*No space left"):
        write_musdb18hq(tmp_path / "hq", tracks=1, seconds=0.5, seed=1)
    assert not list(tmp_path.iterdir())


def test_all_problems_of_a_request_are_in_one_message(tmp_path: Path) -> None:
    faults = (
        Placement(Pathology.OPPOSITE_CHANNELS, 0, "bass"),
        Placement(Pathology.CLIPPED, 4, "vocals"),
    )

    with pytest.raises(DataError) as caught:
        write_slakh2100(
            tmp_path / "x", tracks=0, seconds=0, seed=-1, split="exam", pathologies=faults
        )
    message = str(caught.value)
    for part in ("no split 'exam'", "0 seconds", "seed -1", "needs stereo", "'vocals'", "track 4"):
        assert part in message


def test_a_split_holds_no_more_tracks_than_the_real_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="51 tracks; test holds 1 to 50"):
        write_musdb18hq(tmp_path / "hq", tracks=51, seconds=1, seed=1)


@pytest.mark.parametrize("pathology", list(Pathology))
def test_every_fault_can_be_written_at_a_stem(pathology: Pathology, tmp_path: Path) -> None:
    track = musdb_with(tmp_path, pathology, "vocals")

    stems = {path.stem: samples(path) for path in track.iterdir()}
    if pathology is Pathology.MISSING:
        assert "vocals" not in stems
        return
    vocals = stems["vocals"]
    expected = {
        Pathology.SILENT_STEM: not vocals.any(),
        Pathology.OPPOSITE_CHANNELS: vocals.any() and not vocals.sum(axis=0).any(),
        Pathology.IDENTICAL_CHANNELS: vocals.any() and (vocals[0] == vocals[1]).all(),
        Pathology.HARD_PANNED: vocals[0].any() and not vocals[1].any(),
        Pathology.SHORTER: vocals.shape[1] < stems["bass"].shape[1],
    }
    assert expected.get(pathology, True)


@pytest.mark.parametrize("pathology", [Pathology.WRONG_GAIN, Pathology.OFFSET, Pathology.DELAYED])
def test_a_mixture_that_is_not_the_sum(pathology: Pathology, tmp_path: Path) -> None:
    track = musdb_with(tmp_path, pathology, MIXTURE)

    stems = sum(samples(track / f"{name}.wav") for name in ("drums", "bass", "other", "vocals"))

    assert np.abs(samples(track / "mixture.wav") - stems).max() > 0.005


def test_a_missing_stem_of_slakh2100_has_no_sources(tmp_path: Path) -> None:
    fault = Placement(Pathology.MISSING, 0, "guitar")
    root = write_slakh2100(tmp_path / "slakh", tracks=1, seconds=1, seed=1, pathologies=(fault,))

    track = root / "test" / "Track01876"
    sources = yaml.safe_load((track / "metadata.yaml").read_text())["stems"].values()
    assert not any(source["inst_class"] == "Guitar" for source in sources)
    assert any(source["inst_class"] == "Piano" for source in sources)


def test_a_silent_stem_of_slakh2100_has_silent_sources(tmp_path: Path) -> None:
    fault = Placement(Pathology.SILENT_STEM, 0, "guitar")
    root = write_slakh2100(tmp_path / "slakh", tracks=1, seconds=1, seed=1, pathologies=(fault,))

    track = root / "test" / "Track01876"
    sources = yaml.safe_load((track / "metadata.yaml").read_text())["stems"]
    guitars = [name for name, source in sources.items() if source["inst_class"] == "Guitar"]
    assert guitars
    assert all(not samples(track / "stems" / f"{name}.flac").any() for name in guitars)
