"""Damaged checkpoints: what they are is told, or why they are refused; nothing in them runs."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from sepeval.checkpoints import contents, inspect, read
from sepeval.checkpoints.card import Card, as_yaml, beside
from sepeval.fingerprint import digest
from sepeval.inference.exported import load_exported
from sepeval.separators.demucs import _of_yaml
from sepeval.separators.msdm.weights import listed
from sepeval.separators.open_unmix import _transform
from tests.checkpoints import tiny
from tests.robustness.damage import damaged, ends_well, rounds, spoiled
from tests.robustness.test_bad_metadata import BOMBS
from tests.separators.exports import exported, scripted

pytestmark = pytest.mark.robustness
KIND = "checkpoints"


def _legacy(path: Path) -> Path:
    torch.save(tiny.tensors(""), path, _use_new_zipfile_serialization=False)
    return path


def _safe(path: Path) -> Path:
    metadata = {"klass": "demucs.htdemucs.HTDemucs", "args": "[1, [2]]", "kwargs": '{"a": 1e5}'}
    save_file(tiny.tensors("net."), path, metadata)
    return path


FORMS: dict[str, Callable[[Path], Path]] = {
    "lightning.ckpt": tiny.diffusion,
    "namespaces.ckpt": tiny.consistency,
    "legacy.pt": _legacy,
    "a.safetensors": _safe,
}


def _look(path: Path) -> Callable[[], object]:
    def look() -> object:
        found = inspect(path)
        json.dumps(found.hyper, allow_nan=False).encode()
        assert found.parameters >= 0
        return found

    return look


@pytest.mark.parametrize("name", FORMS)
def test_a_damaged_file_is_told_or_refused(tmp_path: Path, name: str) -> None:
    content = FORMS[name](tmp_path / name).read_bytes()
    path = tmp_path / f"x{Path(name).suffix}"
    cases = [*damaged(content, rounds(300)), *damaged(content, rounds(300), seed=1, head=600)]

    for spoilt in cases:
        path.write_bytes(spoilt)
        ends_well(KIND, _look(path))


@pytest.mark.parametrize("name", ["lightning.ckpt", "namespaces.ckpt"])
def test_a_damaged_pickle_with_the_right_checksum_is_told_or_refused(
    tmp_path: Path, name: str
) -> None:
    path = FORMS[name](tmp_path / name)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickle = archive.read(next(one for one in names if one.endswith("data.pkl")))

    for spoilt in damaged(pickle, rounds(500)):
        made = tiny.rewritten(path, lambda _, spoilt=spoilt: spoilt)  # type: ignore[misc]
        ends_well(KIND, _look(made))


def test_a_damaged_header_of_safetensors_is_told_or_refused(tmp_path: Path) -> None:
    content = _safe(tmp_path / "a.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    document, data = json.loads(content[8 : 8 + size]), content[8 + size :]
    path = tmp_path / "x.safetensors"

    for plain in spoiled(document, rounds(500)):
        head = json.dumps(plain).encode()
        path.write_bytes(len(head).to_bytes(8, "little") + head + data)
        ends_well(KIND, _look(path))


@pytest.mark.parametrize("name", FORMS)
def test_a_card_finds_every_damage(tmp_path: Path, name: str) -> None:
    path = FORMS[name](tmp_path / name)
    content = path.read_bytes()
    card = Card(
        separator="dicose_unet",
        rate=22050,
        channels=1,
        stems=["bass"],
        segment=None,
        precision="fp32",
        sha256=digest(path),
    )
    beside(path).write_text(as_yaml(card), encoding="utf-8")

    for spoilt in damaged(content, rounds(200)):
        path.write_bytes(spoilt)
        assert ends_well(KIND, lambda: contents(read(path))) is None


@pytest.mark.parametrize("name", FORMS)
def test_half_a_file_is_refused(tmp_path: Path, name: str) -> None:
    content = FORMS[name](tmp_path / name).read_bytes()
    path = tmp_path / f"x{Path(name).suffix}"

    for share in np.linspace(0, 0.999, rounds(64)):
        path.write_bytes(content[: int(share * len(content))])
        assert ends_well(KIND, _look(path)) is None


DOCUMENTS: dict[str, tuple[Callable[[Path], object], Mapping[str, Any]]] = {
    "bag.yaml": (
        lambda path: _of_yaml(path, str(path)),
        {"models": ["a", "b"], "weights": [[1.0, 0.5], [0, 1]], "segment": 7.8},
    ),
    "isdm.yaml": (listed, {"stems": {"bass": "a.ckpt", "drums": "b.ckpt"}}),
    "separator.json": (
        lambda path: _transform(str(path)),
        {"nfft": 128, "nhop": 32, "sample_rate": 8000, "nb_channels": 1},
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_damaged_document_beside_weights_is_read_or_refused(tmp_path: Path, name: str) -> None:
    look, document = DOCUMENTS[name]
    for other in ("a.th", "b.th", "a.ckpt", "b.ckpt"):
        (tmp_path / other).touch()
    path = tmp_path / name
    content = yaml.safe_dump(document) if name.endswith("yaml") else json.dumps(document)
    cases = [*damaged(content.encode(), rounds(300)), *BOMBS.values()]
    cases += [
        json.dumps(one).encode("utf-8", "surrogatepass") for one in spoiled(document, rounds(400))
    ]

    for spoilt in cases:
        path.write_bytes(spoilt)
        ends_well("documents beside weights", lambda: look(path))


@pytest.mark.parametrize("name", ["a.pt", "a.pt2"])
def test_a_damaged_graph_is_a_graph_or_refused(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    network = torch.nn.Sequential(
        torch.nn.Conv1d(1, 2, 3, padding=1), torch.nn.Unflatten(1, (2, 1))
    )
    content = (exported if name == "a.pt2" else scripted)(network.eval())
    path = tmp_path / name

    for spoilt in (*damaged(content, rounds(400)), *BOMBS.values()):
        path.write_bytes(spoilt)
        ends_well("graphs", _loaded, path)
    assert len(capfd.readouterr().err) < 2000  # no flood


def _loaded(path: Path) -> object:
    return load_exported(path, device="cpu", precision="fp32")


def test_a_zip_file_of_anything_is_refused(tmp_path: Path) -> None:
    for names in (["../data.pkl"], ["/data.pkl"], ["a/data.pkl"] * 2, ["a/data.pkl", "b/x"]):
        stream = BytesIO()
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w") as archive:
            for number, one in enumerate(names):
                archive.writestr(
                    zipfile.ZipInfo(one, (2000 + number, 1, 1, 0, 0, 0)), b"\x80\x02N."
                )
        (tmp_path / "a.pt").write_bytes(stream.getvalue())

        assert ends_well(KIND, _look(tmp_path / "a.pt")) is None
    assert [one.name for one in tmp_path.iterdir()] == ["a.pt"]
