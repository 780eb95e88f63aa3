"""Damaged metadata of datasets: the track has a fault, or is read; the others stay as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sepeval.audits.absent_stems import never_rendered
from sepeval.audits.base import Split
from sepeval.datasets.base import Dataset
from sepeval.datasets.moisesdb import MoisesDB
from sepeval.datasets.slakh2100 import Slakh2100
from sepeval.types import Index
from tests.miniatures import moisesdb, slakh2100
from tests.robustness.damage import STRANGE, damaged, ends_well, refused_or, rounds, spoiled

pytestmark = pytest.mark.robustness
KIND = "metadata of datasets"
BOMBS = {
    "deep.json": b"[" * 200_000,
    "deep keys.json": b'{"stems": ' * 100_000,
    "deep.yaml": b"stems: " + b"[" * 200_000,
    "deep flow.yaml": b"{a: " * 100_000,
    "deep lists.yaml": b"- " * 100_000,
    "digits.json": b'{"stems": 1' + b"0" * 100_000 + b"}",
    "digits.yaml": b"stems: 1" + b"0" * 100_000,
    "laughs.yaml": b"\n".join(
        [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        + [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 40)]
        + [b"stems: *a39"]
    ),
    "itself.yaml": b"stems: &a\n  S00: *a\n",
    "merged.yaml": b"stems: &a {<<: *a}",
    "object.yaml": b"stems: !!python/object/apply:os.system [touch it-ran]",
    "utf-16": "stems: {}".encode("utf-16"),
    "nothing": b"",
    "zeros": bytes(1000),
    "surrogate.json": b'{"stems": [{"stemName": "vocals", "tracks": '
    b'[{"id": "\\ud800", "extension": "wav"}]}]}',
    "surrogate.yaml": b'stems: {"\\ud800": {audio_rendered: true, inst_class: "Bass", '
    b"is_drum: false, program_num: 33}}",
}


class Copy:
    """A tiny dataset, and the metadata of one of its tracks."""

    def __init__(self, root: Path, dataset: Dataset, split: str, file: Path, other: str) -> None:
        self.root, self.dataset, self.split, self.file = root, dataset, split, file
        self.other = other  # a track that is sound

    def index(self, content: bytes) -> Index | None:
        """Put other metadata in the place of the track's, and index the split."""
        self.file.write_bytes(content)
        found = ends_well(KIND, lambda: self.dataset.index(self.split))
        assert found is not None, "one damaged track costs the whole split"
        for track in found.tracks:
            (track.fault + "".join(track.stems)).encode()
            assert track.fault or track.length > 0
            files = [file for files in track.stems.values() for file in files]
            inside = [one.path.resolve().is_relative_to(self.root.resolve()) for one in files]
            assert all(inside)
        assert not next(track for track in found.tracks if track.id == self.other).fault
        return found


@pytest.fixture
def slakh(tmp_path: Path) -> Copy:
    slakh2100.write(tmp_path)
    dataset = Slakh2100(root=tmp_path, grouping="inst_class", edition="orig")
    file = tmp_path / "test" / "Track01877" / "metadata.yaml"
    return Copy(tmp_path, dataset, "test", file, "Track01876")


@pytest.fixture
def moises(tmp_path: Path) -> Copy:
    moisesdb.write(tmp_path)
    dataset = MoisesDB(root=tmp_path, grouping="four_stems")
    file = tmp_path / "provider_b" / moisesdb.FULL / "data.json"
    return Copy(tmp_path, dataset, "all", file, moisesdb.NO_BASS)


@pytest.fixture(params=["slakh", "moises"])
def either(request: pytest.FixtureRequest) -> Copy:
    found: Copy = request.getfixturevalue(request.param)
    return found


def _document(copy: Copy) -> Any:  # noqa: ANN401 - plain values
    found = yaml.safe_load(copy.file.read_bytes())
    assert isinstance(found, dict)
    return found


def _write(copy: Copy) -> Callable[[object], bytes]:
    if copy.file.suffix == ".json":
        return lambda document: json.dumps(document).encode()
    return lambda document: yaml.safe_dump(document, allow_unicode=True).encode(
        "utf-8", "surrogatepass"
    )


def test_damaged_bytes_cost_one_track_at_most(either: Copy) -> None:
    for content in damaged(either.file.read_bytes(), rounds(300)):
        either.index(content)


def test_strange_values_cost_one_track_at_most(either: Copy) -> None:
    write = _write(either)
    for document in spoiled(_document(either), rounds(400)):
        either.index(write(document))


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_take_memory_or_run_code_costs_one_track(either: Copy, name: str) -> None:
    found = either.index(BOMBS[name])

    assert found is not None
    assert any(track.fault for track in found.tracks)
    assert not (Path.cwd() / "it-ran").exists()


def _names() -> Iterator[str]:
    return (one for one in STRANGE if isinstance(one, str))


@pytest.mark.parametrize("name", [*_names(), "x" * 300, "../../../Track01876/stems/S00"])
def test_a_name_in_metadata_stays_in_the_folder_of_its_track(
    slakh: Copy, moises: Copy, name: str
) -> None:
    source = {"audio_rendered": True, "inst_class": "Bass", "is_drum": False, "program_num": 33}
    listed = {"stemName": "vocals", "tracks": [{"id": name, "extension": "wav"}]}
    odd = {"stemName": name, "tracks": [{"id": "x", "extension": "wav"}]}
    extension = {"stemName": "vocals", "tracks": [{"id": "vocals-0", "extension": name}]}

    slakh.index(json.dumps({"stems": {name: source}}).encode())
    for one in (listed, odd, extension):
        moises.index(json.dumps({"stems": [one]}).encode())


@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(max_examples=rounds(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_costs_one_track_at_most(either: Copy, content: bytes) -> None:
    either.index(content)


def test_the_audit_of_metadata_ends_well(slakh: Copy) -> None:
    index = slakh.dataset.index("test")
    contents = [*BOMBS.values(), *damaged(slakh.file.read_bytes(), rounds(100))]
    contents += [_write(slakh)(one) for one in spoiled(_document(slakh), rounds(100))]

    for content in contents:
        slakh.file.write_bytes(content)
        refused_or(lambda: list(never_rendered(Split(index))))
