"""Encoders are found, identified by content, run, and refused with the reason."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from sepeval.encoders import encoder, facts
from sepeval.errors import DataError, DependencyError, ProtocolError
from tests.metrics import encoders

HERE = "tests.metrics.encoders"
SAMPLES = np.linspace(-1, 1, 20)

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


class Energies(torch.nn.Module):
    """Mean squares of stretches of eight samples, times a weight."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        return self.weight * samples.unfold(1, 8, 4).square().mean(-1)


def scripted(path: Path, *, weight: float = 1.0) -> Path:
    module = torch.jit.trace(Energies(weight), torch.zeros(1, 16))  # type: ignore[no-untyped-call]  # of torch
    module.save(str(path))
    return path


def test_a_torchscript_file_sees_one_row_of_samples(tmp_path: Path) -> None:
    path = scripted(tmp_path / "energies.pt", weight=2.0)

    found = encoder(str(path))(SAMPLES, rate=8000)

    expected = [2 * np.square(SAMPLES[start : start + 8]).mean() for start in (0, 4, 8, 12)]
    assert found.dtype == np.float64
    assert found == pytest.approx(np.array([expected]), rel=1e-6)


def test_a_callable_sees_samples_and_the_rate() -> None:
    samples = encoder(f"{HERE}:samples_themselves")(SAMPLES, rate=8000)
    rate = encoder(f"{HERE}:rate_it_is_told")(SAMPLES, rate=8000)

    assert samples.tolist() == SAMPLES.astype(np.float32).tolist()
    assert rate.tolist() == [8000.0]


def test_a_class_is_built_once_and_called() -> None:
    found = encoder(f"{HERE}:Doubled")(SAMPLES, rate=8000)

    assert found == pytest.approx(2 * SAMPLES, rel=1e-6)


def test_a_file_is_identified_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    one = scripted(tmp_path / "one.pt")
    copy = tmp_path / "copy.ts"
    copy.write_bytes(one.read_bytes())

    assert facts(str(one)) == facts(str(copy))
    assert facts(str(one)) == {
        "kind": "torchscript",
        "sha256": sha256(one.read_bytes()).hexdigest(),
    }
    assert facts(str(scripted(tmp_path / "other.pt", weight=2.0))) != facts(str(one))


def test_a_callable_is_identified_by_its_name_and_the_file_of_its_module() -> None:
    source = Path(encoders.__file__).read_bytes()

    assert facts(f"{HERE}:frames") == {
        "kind": "callable",
        "sha256": sha256(source).hexdigest(),
        "callable": f"{HERE}:frames",
    }


def test_a_file_that_changes_is_loaded_again(tmp_path: Path) -> None:
    path = scripted(tmp_path / "encoder.pt", weight=1.0)
    before = encoder(str(path))(SAMPLES, rate=8000)

    scripted(path, weight=3.0)

    assert encoder(str(path))(SAMPLES, rate=8000) == pytest.approx(3 * before, rel=1e-6)


def test_naming_an_encoder_by_its_facts_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loud_encoder.py").write_text("raise RuntimeError('it runs')\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert facts("loud_encoder:f")["kind"] == "callable"
    with pytest.raises(ProtocolError, match="cannot be built: RuntimeError: it runs"):
        encoder("loud_encoder:f")


@pytest.mark.parametrize("bare", ["", "outer", "outer/inner", "outer outer/inner"])
def test_the_packages_of_an_encoder_are_not_imported_to_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare: str
) -> None:
    module = tmp_path / "outer" / "inner" / "deep.py"
    module.parent.mkdir(parents=True)
    for package in (module.parent.parent, module.parent):
        (package / "__init__.py").write_text("raise RuntimeError('it runs')\n")
    for one in bare.split():  # a package without code of its own
        (tmp_path / one / "__init__.py").unlink()
    module.write_text("def f(samples, rate):\n    return samples\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    found = facts("outer.inner.deep:f")

    assert found["sha256"] == sha256(module.read_bytes()).hexdigest()
    assert set(sys.modules) == before
    with pytest.raises(ProtocolError, match=r"no module 'outer\.inner\.other'"):
        facts("outer.inner.other:f")
    with pytest.raises(ProtocolError, match=r"no module 'outer\.inner\.deep\.own'"):
        facts("outer.inner.deep.own:f")


def test_an_onnx_file_without_onnxruntime_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "encoder.onnx"
    path.write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(DependencyError, match="pip install onnxruntime"):
        encoder(str(path))


def test_a_damaged_onnx_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "encoder.onnx"
    path.write_bytes(b"whatever")

    with pytest.raises(ProtocolError, match=r"encoder\.onnx' is no ONNX model"):
        encoder(str(path))


@pytest.mark.parametrize("content", [b"", b"whatever"])
def test_a_damaged_torchscript_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "encoder.pt"
    path.write_bytes(content)

    with pytest.raises(ProtocolError, match=r"encoder\.pt' is no TorchScript file"):
        encoder(str(path))


def test_a_pickle_is_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(torch.nn.Linear(2, 2), path)

    with pytest.raises(ProtocolError, match="is no TorchScript file"):
        encoder(str(path))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("encoder.bin", "neither `module:callable` nor a file that ends in .pt"),
        (":frames", "neither `module:callable`"),
        ("nowhere.pt", "cannot be read"),
        ("no_such_module:f", "no module 'no_such_module'"),
        ("no_such_package.module:f", "no module"),
        (f"{HERE}:no_such_name", "cannot be built: AttributeError"),
        (f"{HERE}:Unbuildable", "cannot be built: TypeError"),
        (f"{HERE}:number", "is no callable; found int"),
    ],
)
def test_an_encoder_that_is_not_there_is_named_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=f"encoder '{name.replace('.', '[.]')}'.*{reason}"):
        encoder(name)


def test_a_callable_is_named_from_the_module_that_defines_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "second_hand.py").write_text(f"from {HERE} import Doubled, frames\n")
    monkeypatch.syspath_prepend(tmp_path)

    for name in ("frames", "Doubled"):
        with pytest.raises(ProtocolError, match=f"is defined in '{HERE}'; name it from there"):
            encoder(f"second_hand:{name}")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fails", "raised RuntimeError: too short"),
        ("not_finite", "returned NaN or infinity"),
        ("whole_numbers", "returned int64; expected floating-point numbers"),
    ],
)
def test_what_an_encoder_does_wrong_is_said(name: str, reason: str) -> None:
    with pytest.raises(DataError, match=f"{HERE}:{name}' on 20 samples at 8000 Hz {reason}"):
        encoder(f"{HERE}:{name}")(SAMPLES, rate=8000)


def test_a_torchscript_file_that_cannot_take_the_audio_says_so(tmp_path: Path) -> None:
    path = scripted(tmp_path / "encoder.pt")

    with pytest.raises(DataError, match="on 3 samples at 8000 Hz raised RuntimeError"):
        encoder(str(path))(SAMPLES[:3], rate=8000)
