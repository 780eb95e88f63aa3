"""How networks are run: counted passes, stems in another order, noise from before, compiled."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sepeval.errors import SeparatorError
from sepeval.inference import numerics
from sepeval.separators.bs_roformer import BSRoFormerSeparator
from sepeval.separators.dicose_unet import DicoseUNet
from sepeval.separators.network import NetworkSeparator
from sepeval.timing.execution import (
    compiled_or_error,
    passes,
    refuse_uncompiled,
    replaced,
    replacements,
)
from sepeval.timing.families import segment_function
from sepeval.timing.protocol import SegmentUnit
from tests.timing.tiny import BANDS, checkpoint, segment


def unit(**changes: Any) -> SegmentUnit:  # noqa: ANN401 - of any kind
    return SegmentUnit.model_validate(segment(**changes))


@pytest.fixture
def unet(tmp_path: Path) -> DicoseUNet:
    return DicoseUNet(checkpoint=checkpoint(tmp_path, "diffusion"), kind="diffusion")


@pytest.fixture
def bands(tmp_path: Path) -> BSRoFormerSeparator:
    path = checkpoint(tmp_path, "consistency", BANDS)
    return BSRoFormerSeparator(checkpoint=path, kind="consistency")


def run(separator: NetworkSeparator, **changes: Any) -> tuple[Tensor, dict[str, int]]:  # noqa: ANN401 - of any kind
    model = separator._model()
    function = segment_function(separator, model, unit(**changes), separator.describe())
    x = torch.randn(1, model.channels, 256, generator=torch.Generator().manual_seed(0)) / 10.0
    found: list[Tensor] = []
    with numerics("cpu", "fp32"):
        counted = passes(model.parts, lambda: found.append(function(x, [5])))
    return found[0], counted


def test_all_passes_of_stems_in_turn_are_counted(unet: DicoseUNet) -> None:
    _, counted = run(unet)

    assert counted == {"extractor": 2, "refiner": 2 * 4}
    assert sum(counted.values()) == unet._model().nfe


def test_stems_in_one_batch_are_one_pass_and_give_the_same(unet: DicoseUNet) -> None:
    in_turn, _ = run(unet, stems="sequence")
    at_once, counted = run(unet, stems="batch")
    as_run, _ = run(unet)

    assert counted == {"extractor": 1, "refiner": 4}
    assert torch.equal(in_turn, as_run)
    assert torch.allclose(at_once, as_run, atol=1e-5)


def test_bs_roformer_hears_the_mixture_once_and_refines_every_stem(
    bands: BSRoFormerSeparator,
) -> None:
    _, counted = run(bands)

    assert counted == {"extractor": 1, "refiner": 2}


@pytest.mark.parametrize("name", ["unet", "bands"])
def test_noise_from_before_gives_the_same_estimate_at_every_call(
    name: str, request: pytest.FixtureRequest
) -> None:
    separator = request.getfixturevalue(name)
    if name == "unet":
        separator = dataclasses.replace(separator, resamples=1, steps=1, s_churn=0.0)

    first, counted = run(separator, noise=False)
    as_run, expected = run(separator)

    assert counted == expected
    assert torch.allclose(first, as_run, atol=1e-6)  # one draw, and it is the same


def test_a_network_that_hears_no_stem_cannot_take_them_in_turn(bands: BSRoFormerSeparator) -> None:
    with pytest.raises(SeparatorError, match="cannot be timed with stems 'batch'"):
        run(bands, stems="batch")


def test_methods_are_replaced_inside_the_block_alone(unet: DicoseUNet) -> None:
    network = unet._model().parts["extractor"]
    before = dict(vars(network))

    with replaced(((network, "forward", lambda: 7),)):
        assert network() == 7

    assert vars(network).keys() == before.keys()


def test_eager_replaces_nothing(unet: DicoseUNet) -> None:
    assert replacements(unet._model().parts, "eager") == ()


@pytest.mark.slow
def test_each_arm_is_compiled_by_itself_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs: list[str] = []
    compiled = torch.compile

    def backend(graph: Any, _: object) -> Callable[..., Any]:  # noqa: ANN401 - as torch calls it
        graphs.append(type(graph).__name__)
        forward: Callable[..., Any] = graph.forward
        return forward

    def compile_(function: Any, *, mode: str, dynamic: bool) -> Any:  # noqa: ANN401 - likewise
        assert mode == "default"
        return compiled(function, backend=backend, dynamic=dynamic)

    monkeypatch.setattr(torch, "compile", compile_)
    separator = DicoseUNet(checkpoint=checkpoint(tmp_path, "deterministic"), kind="deterministic")
    model = separator._model()
    x = torch.randn(1, 1, 256)
    with numerics("cpu", "fp32"):
        expected = model.function(x, [0])

    for number in (1, 2):
        chosen = replacements(model.parts, "compiled")
        for _ in range(3):
            with replaced(chosen), compiled_or_error(), numerics("cpu", "fp32"):
                found = model.function(x, [0])
        assert torch.allclose(found, expected, atol=1e-6)
        assert len(graphs) == number


@pytest.mark.slow
def test_an_arm_is_compiled_anew_for_every_batch_of_a_doubling() -> None:
    network = torch.nn.Linear(4, 4)
    compiled = torch.compile(network.forward, backend="eager", dynamic=False)

    for batch in range(9):  # 1, 2, 4, ... 256: one more than torch's own limit
        with replaced(((network, "forward", compiled),)), compiled_or_error():
            assert network(torch.zeros(2**batch, 4)).shape == (2**batch, 4)


def test_what_cannot_be_compiled_is_told_with_the_way_out() -> None:
    from torch._dynamo import exc

    way_out = r"cannot be compiled.*executions \[eager\]"
    with pytest.raises(SeparatorError, match=way_out), compiled_or_error():
        raise exc.FailOnRecompileLimitHit("limit is hit")
    with pytest.raises(exc.TorchDynamoException, match="out of memory"), compiled_or_error():
        raise exc.TorchDynamoException("CUDA out of memory")


@pytest.mark.parametrize(
    ("counted", "message"),
    [({}, "no network is known"), ({"one": 1, "two": 0}, "two is run by no method")],
)
def test_what_is_compiled_in_name_alone_is_refused(counted: dict[str, int], message: str) -> None:
    refuse_uncompiled("eager", counted)
    refuse_uncompiled("own", {})
    refuse_uncompiled("compiled", {"one": 1})
    with pytest.raises(SeparatorError, match=message):
        refuse_uncompiled("compiled", counted)
