"""Folders of audio: no track is lost without a word."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.conftest import Command

MSDM = "slakh2100-msdm"


def test_a_track_with_dots_is_scored_and_audio_in_no_track_is_told(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    references = tmp_path / "ref"
    shutil.copytree(slakh / "test", references)
    (references / "Track01877").rename(references / "...And Justice for All")
    shutil.copytree(references / "Track01876", references / "more" / "Track01876")
    words = ("-p", MSDM, "-o", tmp_path / "runs", "--json")

    done = sepeval("score", references, references, *words)

    assert "2 of 2 tracks" in done.err, done.err
    told = next(line for line in done.err.splitlines() if "in no track" in line)
    assert "4 audio files: more/Track01876/bass.wav, " in told
    assert told.endswith(" and 1 more")


def test_audio_of_a_dataset_of_patterns_that_is_in_no_track_is_told(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    shutil.copytree(slakh / "test", root)
    shutil.copy(root / "Track01876" / "bass.wav", root / "bass.wav")
    choices = ("references={track}/{stem}.wav", "mixture=none", "stems=bass,drums,guitar,piano")
    words = [word for one in choices for word in ("-c", one)]

    done = sepeval(
        *("run", "-d", "folder", "--data", root, "--split", "all", *words),
        *("-s", "zeros", "-p", MSDM, "-o", tmp_path / "runs", "--json"),
    )

    assert done.code == 0, done.err
    assert "as no pattern fits ({track}/{stem}.wav): 1 audio file: bass.wav" in done.err
