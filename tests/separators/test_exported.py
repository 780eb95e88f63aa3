"""Exported networks: they run as their card says, and what is more than a network is refused."""

import io
import json
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from sepeval.errors import DependencyError, SeparatorError
from sepeval.separators.exported import Exported
from sepeval.types import Array
from tests.separators import exports

HAS_ONNX = find_spec("onnxruntime") is not None and find_spec("onnx") is not None


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def expected(mixture: Array) -> Array:
    """What the network makes of a mono mixture, by NumPy."""
    low = np.convolve(mixture[0], [0.1, 0.2, 0.4, 0.2, 0.1], "same")[None]
    return np.stack([0.5 * low, mixture - low])


def mixture(length: int) -> Array:
    return np.random.default_rng(length).standard_normal((1, length))


def separate(checkpoint: str, length: int = 900, **settings: Any) -> Any:  # noqa: ANN401 - fields
    separator = Exported(checkpoint=checkpoint, **settings)
    return separator.separate(mixture(length), rate=exports.RATE, seed=0)


@pytest.mark.parametrize("write", [exports.archive, exports.script])
def test_an_exported_network_does_what_it_did(write: Callable[[Path], str], tmp_path: Path) -> None:
    found = separate(write(tmp_path))

    assert found.stems == ("bass", "drums")
    assert found.nfe == 3
    assert found.audio == pytest.approx(expected(mixture(900)), abs=1e-5)  # float32


@pytest.mark.parametrize("batch", [1, 4])
def test_chunks_have_the_length_that_the_card_says(batch: int, tmp_path: Path) -> None:
    assert separate(exports.archive(tmp_path), 5000, batch=batch).nfe == 3 * 5


def test_a_description_holds_card_and_digest_and_no_path(tmp_path: Path) -> None:
    description = Exported(checkpoint=exports.archive(tmp_path)).describe()

    assert description["format"] == "torch.export"
    assert description["card"] == {
        "rate": 8000,
        "channels": 1,
        "stems": ["bass", "drums"],
        "segment": 1024,
        "precision": "fp32",
        "multiple": 2,
        "nfe": 3,
    }
    assert str(tmp_path) not in json.dumps(description)


def test_a_file_that_changes_is_loaded_again(tmp_path: Path) -> None:
    path = exports.archive(tmp_path)
    before = separate(path).audio

    network = exports.Net()
    network.gain.mul_(2.0)  # type: ignore[operator]  # a buffer
    Path(path).write_bytes(exports.exported(network))

    assert separate(path).audio == pytest.approx(2.0 * before, rel=1e-6)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (None, "has no card; write net.pt2.yaml beside it"),
        (exports.CARD.replace(": exported", ": msdm"), "card is for the separator 'msdm'"),
        (exports.CARD.replace("nfe: 3", "nfe: 0"), "whole numbers from 1; found nfe: 0"),
        (exports.CARD.replace("nfe", "hop"), "multiple and nfe, whole .* found hop: 3"),
        (exports.CARD.replace("rate: 8000\n", ""), "rate is missing"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    card: str | None, message: str, tmp_path: Path
) -> None:
    path = Path(exports.archive(tmp_path))
    place = path.with_name("net.pt2.yaml")
    place.unlink() if card is None else place.write_text(card)

    with pytest.raises(SeparatorError, match=message):
        separate(str(path))


def test_another_ending_is_refused(tmp_path: Path) -> None:
    path = exports.written(tmp_path / "net.safetensors", b"x")

    with pytest.raises(SeparatorError, match=r"an exported network ends in .pt2, .onnx"):
        separate(path)


@pytest.mark.parametrize("name", ["net.pt2", "net.ts"])
def test_a_damaged_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match=f"{name}: is no"):
        separate(exports.written(tmp_path / name, b"damaged"))


@pytest.mark.parametrize("name", ["net.pt2", "net.ts"])
def test_a_graph_that_draws_noise_is_refused(name: str, tmp_path: Path) -> None:
    made = exports.exported if name == "net.pt2" else exports.scripted
    path = exports.written(tmp_path / name, made(exports.Drawing()))

    with pytest.raises(SeparatorError, match="draws random numbers"):
        separate(path)


def tampered(content: bytes, change: Callable[[str, bytes], bytes], *, more: str = "") -> bytes:
    """An archive with changed files, and an empty one besides."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        if more:
            new.writestr(more, b"")
    return file.getvalue()


def graph(old: str, new: str) -> Callable[[str, bytes], bytes]:
    """A change of words in the archive's documents."""

    def change(_name: str, content: bytes) -> bytes:
        return content.replace(old.encode(), new.encode())

    return change


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("torch.ops.aten.sub.Tensor", "torch.os.system", "target 'torch.os.system'"),
        ("torch.ops.aten.sub.Tensor", "torch.ops.aten.from_file", "target 'torch.ops.aten.from_"),
        ("torch.ops.aten.sub.Tensor", "math.__class__.x", "target 'math.__class__.x'"),
        ('"use_pickle": false', '"use_pickle": true', "use_pickle 'True'"),
        ("Symbol('s34',", "eval(chr(33),", "expr_str"),
        ("Symbol('s34',", "Symbol('s34').__class__(", "expr_str"),
        ('"guards_code": []', '"guards_code": ["exec(1)"]', "guards_code"),
        ('"guards_code": []', '"guards_code": ["L[\'x\'].y == 1"]', "guards_code"),
        ('["chunks"]', '["chunks=1, *_"]', "forward_arg_names"),
    ],
)
def test_an_archive_that_could_run_other_code_is_refused(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    whole = exports.exported(exports.Net())
    content = tampered(whole, graph(old, new))
    assert content != tampered(whole, graph("", "")), "the change hits nothing"

    with pytest.raises(SeparatorError, match=f"{message}.*it is not loaded"):
        separate(exports.written(tmp_path / "net.pt2", content))


@pytest.mark.parametrize("more", ["archive/data/aotinductor/net/x.so", "archive/extra/a.txt"])
def test_an_archive_that_holds_more_is_refused(more: str, tmp_path: Path) -> None:
    content = tampered(exports.exported(exports.Net()), graph("", ""), more=more)

    with pytest.raises(SeparatorError, match=r"is no plain archive of torch\.export"):
        separate(exports.written(tmp_path / "net.pt2", content))


class Touch:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("touched"),))  # type: ignore[return-value]  # runs when unpickled


def test_sample_inputs_are_not_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = io.BytesIO()
    torch.save(((Touch(),), {}), file)

    def change(name: str, content: bytes) -> bytes:
        return file.getvalue() if name.endswith("model.pt") else content

    content = tampered(exports.exported(exports.Net()), change)

    with pytest.raises(SeparatorError, match="sample inputs hold more than tensors"):
        separate(exports.written(tmp_path / "net.pt2", content))
    assert not Path("touched").exists()


def test_onnx_without_its_runtime_is_an_error_with_the_command(tmp_path: Path) -> None:
    if HAS_ONNX:
        pytest.skip("onnxruntime is installed")

    with pytest.raises(DependencyError, match=r"pip install 'sepeval\[onnx\]'"):
        separate(exports.written(tmp_path / "net.onnx", b"x"))


def onnx(network: nn.Module, folder: Path) -> str:
    program = torch.onnx.export(
        network.eval(),
        (torch.zeros(2, 1, 64),),
        dynamic_shapes=({0: torch.export.Dim("item"), 2: torch.export.Dim("sample")},),
        dynamo=True,
        external_data=False,
    )
    assert program is not None
    program.save(str(folder / "net.onnx"))
    return exports.written(folder / "net.onnx", (folder / "net.onnx").read_bytes())


@pytest.mark.skipif(not HAS_ONNX, reason="needs onnx and onnxruntime")
@pytest.mark.filterwarnings("ignore")  # the exporter's own
def test_an_onnx_network_does_what_it_did(tmp_path: Path) -> None:
    found = separate(onnx(exports.Net(), tmp_path), 5000)

    alone = separate(exports.archive(tmp_path), 5000)
    assert found.audio == pytest.approx(alone.audio, abs=1e-5)  # float32, other kernels


@pytest.mark.skipif(not HAS_ONNX, reason="needs onnx and onnxruntime")
@pytest.mark.filterwarnings("ignore")  # the exporter's own
def test_an_onnx_network_is_refused_what_it_cannot_do(tmp_path: Path) -> None:
    path = onnx(exports.Net(), tmp_path)

    with pytest.raises(SeparatorError, match="'bf16' cannot be had from it"):
        separate(path, precision="bf16")
    with pytest.raises(SeparatorError, match="draws random numbers"):
        separate(onnx(exports.Drawing(), tmp_path))
    with pytest.raises(SeparatorError, match="is no ONNX network"):
        separate(exports.written(tmp_path / "bad.onnx", b"damaged"))


class Forgotten(nn.Module):
    """A network with dropout that `eval` does not reach."""

    def forward(self, chunks: torch.Tensor) -> torch.Tensor:
        lost = nn.functional.dropout(chunks, 0.5, training=True)
        return torch.stack([lost, chunks], dim=1)


@pytest.mark.parametrize("made", [(exports.scripted, "pt"), (exports.exported, "pt2")])
def test_dropout_that_was_left_on_is_refused(
    made: tuple[Callable[[nn.Module], bytes], str], tmp_path: Path
) -> None:
    write, ending = made
    checkpoint = exports.written(tmp_path / f"network.{ending}", write(Forgotten()))

    with pytest.raises(SeparatorError, match="gives two outputs for one input"):
        separate(checkpoint)


def test_a_length_that_the_graph_does_not_take_is_told(tmp_path: Path) -> None:
    file = io.BytesIO()
    torch.export.save(torch.export.export(exports.Net().eval(), (torch.zeros(1, 1, 1024),)), file)
    checkpoint = exports.written(tmp_path / "fixed.pt2", file.getvalue())

    assert separate(checkpoint, 2048).audio.shape == (2, 1, 2048)
    with pytest.raises(SeparatorError, match=r"fixed\.pt2: fails on chunks \[1, 1, 512\]"):
        separate(checkpoint, 2000, chunk=512)
