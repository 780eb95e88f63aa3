"""Each data audit finds what is planted, and the clean sets set off none of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepeval.audits.base import AUDITS, Split, failing
from sepeval.audits.listening import listen, stem_of
from sepeval.audits.running import audit_all
from sepeval.datasets.official import slakh2100
from sepeval.datasets.slakh2100_22050 import Slakh2100Repack
from sepeval.synthetic import write_slakh2100_22050
from sepeval.types import Index, Track
from tests.audits.planting import LAYOUTS, findings, heard, index
from tests.shared_data import DATA, RATE, STEMS, TRACKS, joined, needs_audio, needs_golden, rows

LISTS = DATA / "slakh" / "duplicates.json"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_clean_sets_set_off_no_alarm(tmp_path: Path, layout: str) -> None:
    split = heard(tmp_path, layout, seconds=10.0)

    assert failing(audit_all([split]), least="warning") == ()


@pytest.mark.parametrize(
    ("layout", "fault", "name", "told"),
    [
        ("slakh2100_22050", "missing:1:guitar", "absent_stems", "guitar"),
        ("slakh2100_22050", "silent_stem:1:bass", "empty_stems", "bass"),
        ("slakh2100", "wrong_gain:0:mixture", "mixture_sum", "-7.7 dB"),
        ("slakh2100", "delayed:0:bass", "mixture_sum", "Track01876"),
        ("musdb18hq", "wrong_gain:1:vocals", "mixture_sum", "channel"),
        ("musdb18hq", "opposite_channels:0:drums", "opposite_channels", "drums"),
        ("musdb18hq", "identical_channels:0:drums", "equal_channels", "equal"),
        ("musdb18hq", "hard_panned:0:drums", "equal_channels", "one empty"),
        ("musdb18hq", "offset:0:bass", "offset", "bass.wav"),
        ("slakh2100_22050", "clipped:0:drums", "clipping", "drums.wav"),
        ("slakh2100_22050", "shorter:0:drums", "unequal_lengths", "drums.wav"),
        ("musdb18hq", "missing:0:vocals", "faulty_tracks", "lacks vocals.wav"),
    ],
)
def test_a_planted_fault_is_found_by_its_audit(
    tmp_path: Path, layout: str, fault: str, name: str, told: str
) -> None:
    split = heard(tmp_path, layout, fault)

    found = findings(split, name)

    assert found
    assert any(told in f"{one.where} {one.message} {one.evidence}" for one in found)


def test_the_rest_of_a_stem_is_counted_by_three_rules(tmp_path: Path) -> None:
    split = heard(tmp_path, "slakh2100_22050", "silent_part:0:drums", seconds=30.0)

    (found,) = (one for one in findings(split, "stem_activity") if one.where == "drums")

    silent = {row["rule"]: row["silent"] for row in found.evidence if "rule" in row}
    assert len(silent) == 3
    assert all(int(str(count)) >= 3 for count in silent.values())


def test_the_windows_of_a_paper_are_those_of_its_protocol(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050", "silent_stem:0:drums", tracks=1, seconds=14.0)

    (found,) = (one for one in findings(listen(split), "stem_activity") if one.where == "drums")

    (msdm,) = (row for row in found.evidence if str(row.get("rule")).startswith("slakh2100-msdm"))
    assert (msdm["silent"], msdm["windows"]) == (5, 5)  # 11.9 s of 14, the last of them 3.9 s long


def test_windows_after_the_end_of_a_track_are_no_silence() -> None:
    playing = np.random.default_rng(1).standard_normal((2, 24 * 44100))  # 2.2 segments of 11 s

    assert not any(one.silent for one in stem_of(playing, 44100).activity)


@pytest.mark.data
@needs_golden
@needs_audio
def test_the_share_of_silence_is_that_of_the_original_code() -> None:
    for track, segments in TRACKS.items():
        active = [row for row in rows("msdm", "activity") if row["track"] == track]
        for stem, signal in zip(STEMS, joined("original", segments), strict=True):
            own = stem_of(signal, RATE).activity[0]
            silent = sum(not row[f"active_{stem}"] for row in active)
            assert (own.silent, own.windows) == (silent, len(active))


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050")
    (file,) = split.tracks[0].stems["bass"]
    file.path.write_bytes(file.path.read_bytes()[:5000])

    (found,) = findings(listen(split), "faulty_tracks")

    assert found.severity == "error"
    assert "bass.wav" in found.message


def test_a_split_with_too_few_tracks_is_an_error(tmp_path: Path) -> None:
    root = write_slakh2100_22050(tmp_path / "a", tracks=2, seconds=3.0, seed=1)
    split = Split(Slakh2100Repack(root=root, edition="orig").index("test"))

    (found,) = findings(split, "completeness")

    assert found.severity == "error"
    assert "225" in found.message


def test_tracks_in_another_folder_and_strays_are_told(tmp_path: Path) -> None:
    root = write_slakh2100_22050(tmp_path / "a", tracks=2, seconds=3.0, seed=1)
    (root / "test").rename(root / "train")
    (root / "train" / "notes").mkdir()
    split = Split(Slakh2100Repack(root=root, edition="orig").index("test"))

    moved, strays = findings(split, "misplaced_tracks")

    assert "2 tracks" in moved.message
    assert strays.evidence == ({"folder": "notes"},)


def test_a_source_that_was_never_rendered_is_told(tmp_path: Path) -> None:
    (found,) = findings(heard(tmp_path, "slakh2100"), "never_rendered")

    assert found.severity == "note"
    assert "Sound Effects" in str(found.evidence)


def test_files_of_another_format_are_told(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050")
    (file,) = split.tracks[0].stems["bass"]
    samples, rate = soundfile.read(file.path)
    soundfile.write(file.path, samples * 0.7, rate, subtype="FLOAT")

    (found,) = findings(listen(split), "formats")

    assert "sample format" in found.where


def test_tracks_of_another_rate_are_told(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050")
    other = replace(split.tracks[1], rate=44100)

    (found,) = findings(Split(replace(split, tracks=(split.tracks[0], other))), "formats")

    assert "44100 Hz" in found.message


def test_a_copied_file_is_found_under_its_other_name(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050")
    one, two = split.tracks[0].stems["bass"][0].path, split.tracks[0].stems["drums"][0].path
    two.write_bytes(one.read_bytes())

    (found,) = findings(listen(split), "same_stems")

    assert found.severity == "error"


def test_a_track_is_found_again_at_another_level_in_another_split(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050", tracks=1, seconds=40.0)
    other = index(tmp_path / "b", "slakh2100_22050", tracks=2, seconds=40.0)
    for stem, (file,) in split.tracks[0].stems.items():
        samples, rate = soundfile.read(file.path)
        path = other.tracks[1].stems[stem][0].path
        soundfile.write(path, 0.5 * samples[3000:], rate, subtype="PCM_16")
    beside = listen(replace(other, split="train", tracks=other.tracks[1:]))

    (found,) = findings(listen(split, others=(beside,)), "same_audio")

    assert found.where == "and synthetic/train"
    assert found.evidence[0]["other"] == other.tracks[1].id


@pytest.mark.parametrize("moved_s", [0.03, 0.3])
def test_the_same_recording_from_another_start_is_no_other_rendering(
    tmp_path: Path, moved_s: float
) -> None:
    split = index(tmp_path, "slakh2100_22050", tracks=2, seconds=40.0)
    for stem, (file,) in split.tracks[0].stems.items():
        samples, rate = soundfile.read(file.path)
        moved = np.roll(samples, int(moved_s * rate))
        soundfile.write(split.tracks[1].stems[stem][0].path, moved, rate, subtype="PCM_16")

    (found,) = findings(listen(split), "same_audio")

    assert found.severity == "error"
    assert found.evidence[0]["same"] == "audio"


def _progression(seed: int) -> np.ndarray:
    """Chords of one key, one a second, over a floor: the pattern of many pieces."""
    generator = np.random.default_rng(seed)
    time = np.arange(RATE) / RATE
    fall = np.exp(-time / 0.2)
    chords = [
        sum(np.sin(2 * np.pi * key * time) for key in generator.choice(_KEY, 3)) * fall
        for _ in range(24)
    ]
    return np.concatenate(chords) * 0.05 + 0.003 * generator.standard_normal(24 * RATE)


_KEY = (220.0, 261.0, 329.0, 392.0, 440.0, 523.0)


def test_pieces_in_one_key_and_tempo_are_not_there_twice(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050", tracks=8, seconds=24.0)
    for place, track in enumerate(split.tracks):
        for (file,) in track.stems.values():
            soundfile.write(file.path, _progression(place) / 4, RATE, subtype="FLOAT")

    assert findings(listen(split), "same_audio") == []


def test_a_track_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    split = index(tmp_path, "slakh2100_22050", tracks=1)
    twice = replace(split, tracks=(split.tracks[0], replace(split.tracks[0], id="again")))

    found, short = sorted(findings(listen(twice), "same_audio"), key=lambda one: one.severity)

    assert found.evidence[0]["same"] == "samples"
    assert (short.severity, short.where) == ("note", "too short")
    assert "2 of 2 tracks are too short" in short.message


def test_channels_that_cancel_up_to_the_rounding_of_the_file_are_found(tmp_path: Path) -> None:
    split = index(tmp_path, "musdb18hq", tracks=1)
    (file,) = split.tracks[0].stems["vocals"]
    one = 0.1 * np.random.default_rng(1).standard_normal(4 * 44100)
    pair = np.stack([np.floor(one * 2**15), np.floor(-one * 2**15)], axis=1) / 2**15
    soundfile.write(file.path, pair, 44100, subtype="PCM_16")

    (found,) = findings(listen(split), "opposite_channels")

    assert "1 stem is L = -R, 1 of them up to the rounding" in found.message
    soundfile.write(file.path, pair + [[1e-3, 0.0]] * np.ones((len(pair), 1)), 44100, "PCM_16")
    assert findings(listen(split), "opposite_channels") == []


def test_57_of_225_test_tracks_of_slakh_share_their_midi_with_train(tmp_path: Path) -> None:
    tracks = tuple(
        Track(name, "test", 22050, 1, 100, {}, None) for name in slakh2100("orig")["test"]
    )
    whole = Index("slakh2100_22050", "test", {"edition": "orig"}, ("bass",), tracks, 225)

    (found,) = findings(Split(whole), "same_midi")

    assert "57 of 225 tracks (25.3 %)" in found.message
    assert "70 (31.1 %)" in found.message
    assert tmp_path.exists()


@pytest.mark.data
@pytest.mark.skipif(not LISTS.is_file(), reason=f"no official lists at {LISTS}")
def test_the_shared_midi_files_are_those_of_the_official_list() -> None:
    partners = {
        name: facts["midi_duplicates"] for name, facts in json.loads(LISTS.read_text()).items()
    }
    train = set(slakh2100("orig")["train"])
    tracks = tuple(
        Track(name, "test", 22050, 1, 100, {}, None) for name in slakh2100("orig")["test"]
    )
    whole = Index("slakh2100", "test", {"edition": "orig"}, ("bass",), tracks, 225)

    (found,) = findings(Split(whole), "same_midi")

    told = {row["track"] for row in found.evidence if "train" in str(row["in"])}
    assert told == {track.id for track in tracks if train & set(partners[track.id])}


@pytest.mark.parametrize("edition", ["split2", "redux"])
def test_the_corrected_editions_share_nothing(edition: str) -> None:
    names = slakh2100(edition)["test"]
    tracks = tuple(Track(name, "test", 22050, 1, 100, {}, None) for name in names)
    whole = Index("slakh2100_22050", "test", {"edition": edition}, ("bass",), tracks, len(names))

    assert findings(Split(whole), "same_midi") == []


def test_a_coded_copy_beside_the_waves_is_told(tmp_path: Path) -> None:
    split = index(tmp_path, "musdb18hq")
    mixture = split.tracks[0].mixture
    assert mixture is not None
    folder = mixture.path.parent
    (folder.parent / f"{folder.name}.stem.mp4").write_bytes(b"")

    (found,) = findings(Split(split), "coded_copies")

    assert found.evidence[0]["track"] == split.tracks[0].id


def test_every_audit_of_a_split_looks_at_one_that_nobody_has_listened_to(tmp_path: Path) -> None:
    split = Split(index(tmp_path, "slakh2100"))

    names = [name for name in AUDITS.names() if AUDITS.get(name).of == "splits"]

    assert names
    assert all(np.isfinite(len(findings(split, name))) for name in names)
