"""Protocols are found by name or path; released ones are what they were when released."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sepeval.errors import ProtocolError, UnknownNameError
from sepeval.metrics.base import build
from sepeval.protocol import library, load, released
from tests.protocol.documents import document


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder of released protocols, in which `load` looks."""
    folder = tmp_path / "protocols"
    shutil.copytree(library.folder(), folder)
    monkeypatch.setattr(library, "folder", lambda: folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", released())
def test_a_released_protocol_is_what_was_released(name: str) -> None:
    found = load(name)

    assert found.id == name
    assert found.hash == library.checksums()[name]
    assert found.sources
    for entry in found.metrics:
        build(entry)


def test_checksums_name_every_released_protocol_and_no_other() -> None:
    lines = (library.folder() / "checksums.txt").read_text(encoding="ascii").splitlines()

    assert sorted(line.split()[1] for line in lines) == list(released())
    assert lines == sorted(lines, key=lambda line: line.split()[1])


def test_the_folder_holds_nothing_but_protocols_and_checksums() -> None:
    names = {path.name for path in library.folder().iterdir() if path.is_file()}

    assert names == {"checksums.txt", *(f"{name}.yaml" for name in released())}


def test_a_released_protocol_explains_itself_first() -> None:
    for name in released():
        text = (library.folder() / f"{name}.yaml").read_text(encoding="utf-8")
        assert text.startswith("# ")


def test_a_name_without_version_is_the_latest(copied: Path) -> None:
    checksums = copied / "checksums.txt"
    for version in (2, 10):
        path = copied / f"slakh2100-msdm.v{version}.yaml"
        shutil.copy(copied / "slakh2100-msdm.v1.yaml", path)
        edit(path, "version: 1", f"version: {version}")
        digest = library.read(path).hash
        checksums.write_text(checksums.read_text() + f"{digest}  slakh2100-msdm.v{version}\n")

    assert load("slakh2100-msdm").version == 10
    assert load("slakh2100-msdm.v2").version == 2


@pytest.mark.parametrize("name", ["slakh2100-msdm", "slakh2100-msdm.v1"])
def test_an_edited_released_protocol_is_refused(copied: Path, name: str) -> None:
    edit(copied / "slakh2100-msdm.v1.yaml", "min_active: 2", "min_active: 1")

    with pytest.raises(ProtocolError, match=r"slakh2100-msdm\.v1: .*never edited: copy it"):
        load(name)


def test_an_edited_explanation_is_no_edit(copied: Path) -> None:
    path = copied / "slakh2100-msdm.v1.yaml"
    edit(path, "title: ", "title: The ")
    path.write_text("# one more comment\n" + path.read_text(encoding="utf-8"), encoding="utf-8")

    assert load("slakh2100-msdm").title.startswith("The ")


def test_a_released_protocol_under_another_name_is_refused(copied: Path) -> None:
    edit(copied / "slakh2100-msdm.v1.yaml", "name: slakh2100-msdm", "name: slakh2100-mine")

    with pytest.raises(ProtocolError, match=r"slakh2100-mine\.v1: .*released was none"):
        load("slakh2100-msdm")


def test_an_edited_protocol_is_its_own_under_a_path_and_another_name(copied: Path) -> None:
    path = copied / "slakh2100-msdm.v1.yaml"
    edit(path, "min_active: 2", "min_active: 1")
    edit(path, "name: slakh2100-msdm", "name: mine")

    assert load(path).silence.min_active == 1
    assert load(str(path)) == load(path)


def test_an_edited_protocol_does_not_pass_as_the_released_one(copied: Path) -> None:
    path = copied / "slakh2100-msdm.v1.yaml"
    edit(path, "min_active: 2", "min_active: 1")

    with pytest.raises(ProtocolError, match="a released protocol is never edited"):
        load(path)


def test_a_metric_that_no_summary_shows_is_refused(copied: Path) -> None:
    path = copied / "slakh2100-dicose.v1.yaml"
    edit(path, "metrics: [sdr_silent, output_rms_silent]", "metrics: [sdr_silent]")

    with pytest.raises(ProtocolError, match="metric 'output_rms_silent' is in no summary"):
        load(path)


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'slakh-msdm'; did you mean .*'slakh2100-msdm'"):
        load("slakh-msdm")


def test_a_name_like_no_other_lists_what_is_known() -> None:
    with pytest.raises(UnknownNameError, match=r"known: .*musdb18-sisec18.*\. A file is named by"):
        load("?")


@pytest.mark.parametrize("name", ["slakh2100-msdm.v99", "slakh2100-msdm.v", "", ".v1"])
def test_a_version_that_does_not_exist_is_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError, match="no protocol is named"):
        load(name)


@pytest.mark.parametrize("ending", ["yaml", "yml"])
def test_a_file_is_found_by_its_ending(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"mine.{ending}"
    path.write_text(json.dumps(document()))

    assert load(path).id == "made-up.v1"


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"no\.yaml: cannot be read: No such file"):
        load(tmp_path / "no.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").mkdir()

    with pytest.raises(ProtocolError, match=r"x\.yaml: cannot be read: Is a directory"):
        load(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: \xff\xfe\n", "is not UTF-8 text"),
        ("name: a".encode("utf-16"), "is not UTF-8 text"),
        (b"", "document: .*found None"),
        (b"# only a comment\n", "document: .*found None"),
        (b"- a\n- b\n", "document: .*found \\['a', 'b'\\]"),
        (b"just text\n", "document: .*found 'just text'"),
        (b"4\n", "document: .*found 4"),
        (b"name: a\nname: b\n", "the key 'name' is given twice"),
        (b"name: [a\n", "line 2, column 1"),
        (b"a: &a [x]\nb: *a\n", "no tags"),
    ],
)
def test_a_file_that_is_no_protocol_is_refused_with_its_path(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)

    with pytest.raises(ProtocolError, match=message) as raised:
        load(path)

    assert str(raised.value).startswith(f"{path}: ")
    assert len(str(raised.value)) < 3000


def test_a_long_value_is_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(json.dumps(document(title=["long " * 10000])))

    with pytest.raises(ProtocolError, match=r"title: .*\.\.\.") as raised:
        load(path)

    assert len(str(raised.value)) < 400
