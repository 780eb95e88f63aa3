"""Files that are spoiled, or made to run code, are refused by name, and nothing in them runs."""

from __future__ import annotations

import argparse
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from sepeval.checkpoints import contents, read
from sepeval.errors import SeparatorError
from tests.checkpoints import tiny


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return tiny.diffusion(tmp_path / "model.ckpt")


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        ("posix", "system", "posix.system"),
        ("os", "system", "os.system"),
        ("__builtin__", "eval", "builtins.eval"),
        ("builtins", "exec", "builtins.exec"),
        ("somebody", "Unknown", "somebody.Unknown"),
        ("__builtin__", "bytearray", "builtins.bytearray"),
        ("torch._utils", "_rebuild_sparse_tensor", "torch._utils._rebuild_sparse_tensor"),
    ],
)
def test_a_global_that_is_not_known_is_refused_by_name(
    sound: Path, module: str, name: str, told: str
) -> None:
    spoiled = tiny.rewritten(sound, tiny.calling(module, name, "x"))

    with pytest.raises(SeparatorError, match=f"names '{told}'"):
        read(spoiled)


def test_code_in_a_file_does_not_run(sound: Path, tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    change = tiny.calling("posix", "system", f"touch '{marker}'")

    with pytest.raises(SeparatorError, match=r"posix\.system"):
        read(tiny.rewritten(sound, change))

    assert not marker.exists()
    pickle.loads(change(pickle.dumps(1, protocol=2)))  # noqa: S301 - the change is a real attack
    assert marker.exists()


def test_code_in_an_old_file_does_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    content = (tmp_path / "a.pth").read_bytes()
    document = content.rfind(b"\x80\x02}", 0, content.find(b"_rebuild_tensor_v2"))
    change = tiny.calling("posix", "system", f"touch '{marker}'")
    (tmp_path / "a.pth").write_bytes(content[:document] + change(content[document:]))

    with pytest.raises(SeparatorError, match=r"posix\.system"):
        read(tmp_path / "a.pth")

    assert not marker.exists()


def test_a_name_taken_from_the_stack_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pt", pickle_protocol=4)

    with pytest.raises(SeparatorError, match=r"STACK_GLOBAL \(torch\._utils\._rebuild_tensor_v2\)"):
        read(tmp_path / "a.pt")


def test_a_bare_pickle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(pickle.dumps({"a": [1.0]}))

    with pytest.raises(SeparatorError, match="is a bare pickle"):
        read(tmp_path / "a.pt")


def test_torchscript_is_refused_by_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/constants.pkl", b"")
        archive.writestr("a/data.pkl", b"")

    with pytest.raises(SeparatorError, match="is a TorchScript file"):
        read(tmp_path / "a.pt")


def test_another_zip_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("letter.txt", b"hello")

    with pytest.raises(SeparatorError, match=r"no data\.pkl"):
        read(tmp_path / "a.pt")


def test_compressed_records_are_refused(sound: Path) -> None:
    packed = sound.with_name("packed.ckpt")
    with (
        zipfile.ZipFile(sound) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.infolist():
            new.writestr(one.filename, old.read(one))

    with pytest.raises(SeparatorError, match="is compressed"):
        read(packed)


def test_two_records_of_one_name_are_refused(sound: Path) -> None:
    with zipfile.ZipFile(sound, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(archive.namelist()[0], b"another pickle")

    with pytest.raises(SeparatorError, match="two records named"):
        read(sound)


def test_big_endian_numbers_are_refused(sound: Path) -> None:
    with pytest.raises(SeparatorError, match="big-endian"):
        read(tiny.rewritten(sound, lambda _: b"big", record="byteorder"))


def test_a_tensor_that_claims_more_than_its_record_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(1).expand(10**12)}, tmp_path / "a.pt")

    with pytest.raises(SeparatorError, match="'a' claims shape"):
        read(tmp_path / "a.pt")


def test_a_storage_that_claims_its_neighbours_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(60), "b": torch.ones(60)}, tmp_path / "a.pt")
    sizes = (b"K\x3c", b"K\x5a")  # BININT1 60, BININT1 90: of storages and shapes alike

    spoiled = tiny.rewritten(tmp_path / "a.pt", lambda content: content.replace(*sizes))

    with pytest.raises(SeparatorError, match="claim 720 bytes; the file stores 480"):
        read(spoiled)


def test_an_old_file_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(60)}, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    content = (tmp_path / "a.pth").read_bytes()
    (tmp_path / "a.pth").write_bytes(content.replace(b"K\x3c", b"J\xff\xff\xff\x7f"))

    with pytest.raises(SeparatorError, match="claims 2147483647 numbers"):
        read(tmp_path / "a.pth")


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.3, 0.7, 0.99, 0.9999])
@pytest.mark.parametrize("form", ["model.ckpt", "old.pth", "a.safetensors"])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, form: str, kept: float) -> None:
    path = tmp_path / form
    state = {"a": torch.arange(2000.0), "b": torch.arange(3000.0)}
    if form == "a.safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=form == "model.ckpt")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])

    with pytest.raises(SeparatorError, match=form):
        read(path)


def test_a_flipped_byte_is_refused_or_changes_nothing(sound: Path) -> None:
    content = sound.read_bytes()
    before = read(sound)
    places = np.random.default_rng(5).integers(0, len(content), 150)
    spoiled = sound.with_name("spoiled.ckpt")
    refused = 0

    for place in places:
        spoiled.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
        try:
            after = read(spoiled)
        except SeparatorError:
            refused += 1
            continue
        assert after.hyper == before.hyper
        assert after.tensors.keys() == before.tensors.keys()
        assert all(torch.equal(after.tensors[key], one) for key, one in before.tensors.items())

    assert refused > 50  # most bytes of so small a file are records, the rest is padding


def test_a_header_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", 10**12) + b"{}")

    with pytest.raises(SeparatorError, match="claims 1000000000000 bytes and the file holds 10"):
        read(tmp_path / "a.safetensors")


def test_a_torch_file_under_the_name_of_safetensors_is_refused(sound: Path) -> None:
    renamed = sound.rename(sound.with_name("a.safetensors"))

    with pytest.raises(SeparatorError, match="no safetensors file"):
        read(renamed)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([torch.ones(1)], "holds a list"),
        ({}, "holds no tensors"),
        ({"a": torch.ones(1), "b": 3}, "'b' is a int"),
        ({3: torch.ones(1)}, "3 is a Tensor"),
    ],
)
def test_what_is_no_state_dict_is_refused(tmp_path: Path, document: object, told: str) -> None:
    torch.save(document, tmp_path / "a.pt")

    with pytest.raises(SeparatorError, match=told):
        read(tmp_path / "a.pt")


def test_demucs_of_another_class_is_refused(tmp_path: Path) -> None:
    state = {"a": torch.ones(1)}
    document = {"klass": argparse.Namespace, "args": (), "kwargs": {}, "state": state}
    torch.save(document, tmp_path / "a.th")

    with pytest.raises(SeparatorError, match=r"its class is 'argparse\.Namespace'"):
        read(tmp_path / "a.th")


def test_a_class_in_metadata_is_never_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metadata = {"klass": "builtins.print", "args": '["called"]', "kwargs": "{}"}
    save_file({"a": torch.ones(1)}, tmp_path / "a.safetensors", metadata=metadata)

    with pytest.raises(SeparatorError, match=r"names the class 'builtins\.print'"):
        contents(read(tmp_path / "a.safetensors"))

    assert capsys.readouterr().out == ""


def test_hyper_parameters_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    bomb: list[object] = [0]
    for _ in range(30):
        bomb = [bomb, bomb]  # a few bytes each in the pickle, doubled with every level
    tiny.lightning(tmp_path / "a.ckpt", {"a": torch.ones(1)}, {"bomb": bomb})

    with pytest.raises(SeparatorError, match="more than 20000 values"):
        read(tmp_path / "a.ckpt")
