"""Files from outside are looked at before they are believed; each fault is one message."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sepeval.errors import DataError, StoreError
from sepeval.interchange import documents as reading
from sepeval.interchange import import_museval
from tests.interchange.museval_json import FIVE, FOUR, document, numbers, system, write

Document = dict[str, Any]


def frame(made: Document) -> Document:
    found: Document = made["targets"][1]["frames"][1]
    return found


def change(made: Document, key: str, value: object) -> None:
    frame(made)[key] = value


def metric(made: Document, value: object) -> None:
    frame(made)["metrics"]["SIR"] = value


DAMAGES: dict[str, tuple[Callable[[Document], object], str]] = {
    "no targets": (lambda made: made.pop("targets"), "has no list of targets"),
    "targets are empty": (lambda made: made["targets"].clear(), "has no list of targets"),
    "a target without name": (lambda made: made["targets"][0].pop("name"), "a target has no name"),
    "a target that is text": (lambda made: made["targets"].append("x"), "a target has no name"),
    "a name with control signs": (
        lambda made: made["targets"][0].update(name="a\x1b[2J"),
        "a target has no name",
    ),
    "a target twice": (lambda made: made["targets"].append(made["targets"][0]), "two targets"),
    "no frames": (lambda made: made["targets"][0].pop("frames"), "has no list of frames"),
    "frames are empty": (lambda made: made["targets"][0]["frames"].clear(), "no list of frames"),
    "fewer frames": (
        lambda made: made["targets"][0]["frames"].pop(),
        "different numbers of frames: vocals 2, drums 3",
    ),
    "no metrics": (lambda made: frame(made).pop("metrics"), "'drums', frame 1: has no time"),
    "a metric is missing": (lambda made: frame(made)["metrics"].pop("ISR"), "frame 1: has no time"),
    "metrics are a number": (lambda made: change(made, "metrics", 3), "frame 1: has no time"),
    "null": (lambda made: metric(made, None), "frame 1: None is no number"),
    "text": (lambda made: metric(made, "5.1"), "frame 1: '5.1' is no number"),
    "truth": (lambda made: metric(made, value=True), "frame 1: True is no number"),
    "a list": (lambda made: metric(made, [1.0]), r"frame 1: \[1.0\] is no number"),
    "far too large": (lambda made: metric(made, 10**400), "a number is too large"),
    "a gap": (lambda made: change(made, "time", 2.0), "lies at 2.0 s and is 1.0 s long"),
    "time is nan": (lambda made: change(made, "time", float("nan")), "lies at nan s"),
    "another length": (lambda made: change(made, "duration", 2.0), "is 2.0 s long"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_document_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    damage, message = DAMAGES[name]
    made = document(numbers(FOUR, 3, seed=1))
    damage(made)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(made), encoding="utf-8")

    with pytest.raises(DataError, match=message) as raised:
        import_museval(path, root=tmp_path / "runs")

    assert str(path) in str(raised.value)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be parsed: Expecting value"),
        (b'{"targets": [', "cannot be parsed"),
        (b"[" * 100_000, "is nested too deeply|cannot be parsed"),
        (b'{"targets": [{"name": "vocals", "frames": 1' + b"0" * 5000 + b"}]}", "cannot be parsed"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"[1, 2]", "has no list of targets"),
        (b"null", "has no list of targets"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        import_museval(path, root=tmp_path / "runs")


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file was read"))

    with pytest.raises(DataError, match=f"has {10 << 30} bytes; a document"):
        reading.read(path)


def test_a_folder_without_files_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "empty" / "test").mkdir(parents=True)

    with pytest.raises(DataError, match=r"holds no JSON files; expected <track>\.json"):
        import_museval(tmp_path / "empty", root=tmp_path / "runs")
    with pytest.raises(DataError, match="is no file and no folder"):
        import_museval(tmp_path / "absent", root=tmp_path / "runs")


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "json" / "a.json").mkdir(parents=True)

    with pytest.raises(DataError, match=r"a\.json: cannot be read: Is a directory"):
        import_museval(tmp_path / "json", root=tmp_path / "runs")


def test_an_unreadable_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "a.json").symlink_to(tmp_path / "absent.json")

    with pytest.raises(DataError, match=r"a\.json: cannot be read: No such file"):
        import_museval(tmp_path / "json", root=tmp_path / "runs")


def test_files_in_two_places_are_ambiguous(tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR)
    system(tmp_path / "json" / "test", FOUR)

    with pytest.raises(DataError, match="holds JSON files itself and in test"):
        import_museval(tmp_path / "json", root=tmp_path / "runs")


def test_a_label_names_one_system(tmp_path: Path) -> None:
    for name in "AB":
        system(tmp_path / "json" / name / "test", FOUR)

    with pytest.raises(DataError, match="holds 2 systems"):
        import_museval(tmp_path / "json", root=tmp_path / "runs", label="mine")


def test_tracks_of_a_run_are_scored_alike(tmp_path: Path) -> None:
    write(tmp_path / "json" / "a.json", numbers(FOUR, 2, seed=1))
    write(tmp_path / "json" / "b.json", numbers(FIVE, 2, seed=1))

    with pytest.raises(DataError, match=r"b\.json: has accompaniment, bass.*a\.json has bass"):
        import_museval(tmp_path / "json", root=tmp_path / "runs")


def test_targets_of_another_problem_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.json", numbers(("drums", "bass"), 2, seed=1))

    with pytest.raises(DataError, match="has bass, drums, scored together; no protocol given"):
        import_museval(tmp_path / "a.json", root=tmp_path / "runs")


def test_frames_of_another_length_are_of_another_protocol(tmp_path: Path) -> None:
    made = document(numbers(FOUR, 3, seed=1), hop_s=1.5, length_s=2.0)
    (tmp_path / "a.json").write_text(json.dumps(made), encoding="utf-8")

    with pytest.raises(DataError, match=r"has frames of 2.0 s every 1.5 s; musdb18-sisec18"):
        import_museval(tmp_path / "a.json", root=tmp_path / "runs")


@pytest.mark.parametrize("name", ["a..", "~", "-rf", "a:b*c?", "a%2fb", "ü" * 100])
def test_names_with_odd_characters_stay_below_the_root(tmp_path: Path, name: str) -> None:
    write(tmp_path / "json" / f"{name}.json", numbers(FOUR, 2, seed=1))
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    (run,) = import_museval(tmp_path / "json", root=tmp_path / "runs" / "here", label=f"../{name}")

    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert all(path.is_relative_to(tmp_path / "runs" / "here") for path in made)
    assert [track.id for track in run.manifest.tracks] == [name]


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such file names")
@pytest.mark.parametrize("name", [b"\xff", b"a\nb", b"a\x1b[2J"])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name + b".json"))
    write(path, numbers(FOUR, 2, seed=1))

    with pytest.raises(DataError, match="cannot be shown; rename the file"):
        import_museval(tmp_path, root=tmp_path / "runs")


def test_hidden_files_are_no_tracks(tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR, tracks=1)
    (tmp_path / "json" / "._Artist.json").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "json" / "description.md").write_text("a system", encoding="utf-8")

    (run,) = import_museval(tmp_path / "json", root=tmp_path / "runs")

    assert len(run.manifest.tracks) == 1


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR, tracks=1)
    (tmp_path / "runs").write_text("", encoding="utf-8")

    with pytest.raises(StoreError, match="cannot be written"):
        import_museval(tmp_path / "json", root=tmp_path / "runs")
