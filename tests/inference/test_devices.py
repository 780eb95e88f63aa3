"""Devices that are there, and precision that is restored."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from sepeval.errors import DependencyError, SeparatorError
from sepeval.inference import hardware, numerics, refuse_missing_device, torch_device

BACKENDS: Any = torch.backends  # the stubs lack the newer attributes


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Whatever a test has set is as before."""
    before = torch.get_float32_matmul_precision(), BACKENDS.cudnn.allow_tf32
    knobs = [(one, one.fp32_precision) for one in (BACKENDS, BACKENDS.cudnn.conv)]
    yield
    torch.set_float32_matmul_precision(before[0])
    BACKENDS.cudnn.allow_tf32 = before[1]
    for one, value in knobs:
        one.fp32_precision = value


def state() -> list[str]:
    knobs = (
        *(BACKENDS, BACKENDS.cudnn, BACKENDS.mkldnn.matmul, BACKENDS.mkldnn.conv),
        *(BACKENDS.mkldnn.rnn, BACKENDS.cuda.matmul, BACKENDS.cudnn.conv, BACKENDS.cudnn.rnn),
    )
    found = [one.fp32_precision for one in knobs]
    return [*found, torch.get_float32_matmul_precision(), str(BACKENDS.cudnn.benchmark)]


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "cuda:-1"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(SeparatorError, match="expected cpu, cuda, cuda:<number> or mps"):
        torch_device(name)


@pytest.mark.parametrize("name", ["cuda:97", "cpu:3"])
def test_a_device_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(DependencyError, match=f"device '{name}' is not there: torch"):
        torch_device(name)


def test_tf32_is_a_mode_of_cuda_alone() -> None:
    with pytest.raises(SeparatorError, match="on 'cpu' it would be fp32"):
        refuse_missing_device("cpu", "tf32")


def test_the_cpu_has_no_name() -> None:
    assert hardware("cpu") == ""


def test_fp32_is_strict_inside_and_as_before_outside() -> None:
    before = state()

    with numerics("cpu", "fp32"):
        assert torch.get_float32_matmul_precision() == "highest"
        assert BACKENDS.cuda.matmul.allow_tf32 is False
        assert BACKENDS.cudnn.allow_tf32 is False
        assert BACKENDS.mkldnn.matmul.fp32_precision == "ieee"

    assert state() == before


def test_settings_of_the_user_are_overruled_and_restored() -> None:
    torch.set_float32_matmul_precision("medium")
    before = state()

    with numerics("cpu", "fp32"):
        assert torch.get_float32_matmul_precision() == "highest"
        assert BACKENDS.mkldnn.matmul.fp32_precision == "ieee"

    assert state() == before


def test_newer_settings_are_overruled_and_restored_too() -> None:
    BACKENDS.fp32_precision = "tf32"
    BACKENDS.cudnn.conv.fp32_precision = "ieee"
    before = state()

    with numerics("cpu", "bf16"):
        assert BACKENDS.mkldnn.conv.fp32_precision == "ieee"
        assert BACKENDS.cudnn.allow_tf32 is False

    assert state() == before


def test_settings_are_restored_after_an_error() -> None:
    before = state()

    with pytest.raises(KeyError), numerics("cpu", "fp32"):
        raise KeyError

    assert state() == before


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_products_are_computed_at_the_precision(precision: Any, expected: torch.dtype) -> None:  # noqa: ANN401 - a literal
    ones = torch.ones(4, 4)

    with numerics("cpu", precision):
        assert (ones @ ones).dtype == expected


def test_gradients_are_not_kept() -> None:
    weight = torch.nn.Parameter(torch.ones(3))

    with numerics("cpu", "fp32"):
        assert not (weight * 2.0).requires_grad


@pytest.mark.gpu
def test_tf32_is_off_in_fp32_on_a_gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    left, right = torch.randn(2, 512, 512, dtype=torch.float64)
    exact = left @ right

    errors = []
    for precision in ("fp32", "tf32"):
        with numerics("cuda", precision):
            found = left.float().cuda() @ right.float().cuda()
        errors.append(float((found.cpu().double() - exact).abs().max()))

    assert errors[0] < 1e-3 < errors[1]
