"""The 1-D U-Net: names, shapes and outputs of the published networks."""

import dataclasses

import pytest
import torch

from sepeval.errors import SeparatorError, ShapeError
from sepeval.networks.unet1d.config import PUBLISHED, UNet1dConfig, config_of
from sepeval.networks.unet1d.network import UNet1d
from tests.golden_cases import (
    listed,
    needs_state_dicts,
    noise,
    shapes,
)

TINY = UNet1dConfig(
    in_channels=1,
    channels=16,
    patch=4,
    multipliers=(1, 1, 2),
    factors=(2, 3),
    num_blocks=(1, 2),
    attentions=(False, True),
    heads=2,
    head_features=4,
    feed_forward=2,
    groups=4,
    kernel_multiplier=2,
    labels=4,
    has_time=True,
    has_bottleneck_attention=True,
)
DET = dataclasses.replace(PUBLISHED, has_time=False)
MSDM = dataclasses.replace(PUBLISHED, labels=0, in_channels=4)
TIME, LABEL = torch.zeros(1), torch.eye(4)[:1]
HYPER = {"attention_heads": 8, "resnet_groups": 8}
HYPER_SMALL = {"attention_heads": 2, "resnet_groups": 8}


def on_meta(config: UNet1dConfig) -> UNet1d:
    with torch.device("meta"):
        return UNet1d(config)


def count(network: UNet1d) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def tiny(config: UNet1dConfig = TINY) -> UNet1d:
    network = UNet1d(config).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return network


# --- shapes -------------------------------------------------------------------------------------


def test_the_output_is_as_long_as_the_input() -> None:
    assert TINY.multiple == 24

    out = tiny()(torch.zeros(2, 1, 72), time=torch.zeros(2), label=torch.eye(4)[:2])

    assert out.shape == (2, 1, 72)


def test_the_last_map_is_the_output() -> None:
    x = torch.linspace(-1.0, 1.0, 48).reshape(1, 1, 48)
    network = tiny()

    maps = network.maps(x, time=TIME, label=LABEL)

    assert len(maps) == 7  # patches, 2 down, bottleneck, 2 up, waveform
    assert maps[-1].tolist() == network(x, time=TIME, label=LABEL).tolist()


def test_injected_zeros_change_nothing() -> None:
    x = torch.linspace(-1.0, 1.0, 48).reshape(1, 1, 48)
    network = tiny()
    zeros = [torch.zeros_like(one) for one in (x, *network.maps(x, time=TIME, label=LABEL)[:-1])]

    assert (
        network(x, time=TIME, label=LABEL, injected=zeros).tolist()
        == network(x, time=TIME, label=LABEL).tolist()
    )


@pytest.mark.parametrize("place", range(7))
def test_every_injected_map_matters(place: int) -> None:
    x = torch.linspace(-1.0, 1.0, 48).reshape(1, 1, 48)
    network = tiny()
    maps = [torch.zeros_like(one) for one in (x, *network.maps(x, time=TIME, label=LABEL)[:-1])]
    maps[place] = maps[place] + torch.linspace(0.0, 1.0, maps[place].shape[-1])

    found = network(x, time=TIME, label=LABEL, injected=maps)

    assert (found - network(x, time=TIME, label=LABEL)).abs().max() > 1e-3


def test_items_do_not_hear_each_other() -> None:
    network = tiny()
    x = noise("x", (3, 1, 48))
    label = torch.eye(4)[:3]
    time = torch.tensor([0.1, 0.2, 0.3])

    both = network(x, time=time, label=label)

    for item in range(3):
        one = slice(item, item + 1)
        alone = network(x[one], time=time[one], label=label[one])
        torch.testing.assert_close(both[one], alone, atol=1e-4, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_network_runs_in_another_precision(dtype: torch.dtype) -> None:
    network = tiny().to(dtype)
    x = torch.linspace(-1.0, 1.0, 24, dtype=dtype).reshape(1, 1, 24)

    out = network(x, time=torch.zeros(1, dtype=dtype), label=torch.eye(4, dtype=dtype)[:1])

    assert out.dtype == dtype
    assert torch.isfinite(out).all()


def test_a_network_runs_under_autocast() -> None:
    network = tiny()
    with torch.autocast("cpu", torch.bfloat16):
        out = network(torch.zeros(1, 1, 24), time=torch.zeros(1), label=torch.eye(4)[:1])

    assert torch.isfinite(out).all()


# --- what is refused ----------------------------------------------------------------------------


def test_a_length_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(ShapeError, match="a multiple of 24 samples; found 25"):
        tiny()(torch.zeros(1, 1, 25), time=torch.zeros(1), label=torch.eye(4)[:1])


def test_a_wrong_number_of_maps_is_refused() -> None:
    with pytest.raises(ShapeError, match="7 maps can be injected into this network; found 1"):
        tiny()(
            torch.zeros(1, 1, 24),
            time=torch.zeros(1),
            label=torch.eye(4)[:1],
            injected=[torch.zeros(1)],
        )


def test_what_a_network_hears_must_be_told() -> None:
    with pytest.raises(ShapeError, match="needs a label"):
        tiny()(torch.zeros(1, 1, 24), time=torch.zeros(1))
    deaf = tiny(dataclasses.replace(TINY, has_time=False))
    with pytest.raises(ShapeError, match="takes no noise level"):
        deaf(torch.zeros(1, 1, 24), time=TIME, label=LABEL)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": (2,)}, "1 factors, 2 numbers of blocks"),
        ({"labels": 0, "has_time": False}, "it has none"),
        ({"in_channels": 3}, "a multiple of patch 4 and its 3 groups; found 16"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SeparatorError, match=message):
        dataclasses.replace(TINY, **changes)  # type: ignore[arg-type]  # that is the point


def test_a_configuration_comes_back_from_shapes() -> None:
    hyper = {"attention_heads": 2, "resnet_groups": 4, "use_skip_scale": True}

    assert config_of(shapes(on_meta(TINY)), hyper) == TINY


def test_a_configuration_without_groups_is_refused() -> None:
    with pytest.raises(SeparatorError, match="lack it; give the architecture in a card"):
        config_of(shapes(on_meta(TINY)), {"attention_heads": 2})


@pytest.mark.parametrize(
    ("name", "value"),
    [("use_skip_scale", False), ("use_nearest_upsample", True), ("patch_blocks", 2)],
)
def test_a_variant_that_shapes_do_not_tell_is_refused(name: str, value: object) -> None:
    with pytest.raises(SeparatorError, match=f"{name} {value!r} is a variant"):
        config_of(shapes(on_meta(TINY)), {"attention_heads": 2, "resnet_groups": 4, name: value})


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("to_in.module_list.0.block.block1.project.weight", (0, 1, 3)),
        ("to_in.module_list.0.block.block1.project.weight", (4, 1)),
        ("to_in.module_list.0.block.block1.project.weight", (400, 1, 3)),
        ("downsamples.0.downsample.weight", (16,)),
        ("upsamples.1.upsample.weight", (16, 16)),
        ("upsamples.1.upsample.weight", (16, 16, 1)),
    ],
)
def test_shapes_that_make_no_network_are_refused(name: str, shape: tuple[int, ...]) -> None:
    hyper = {"attention_heads": 2, "resnet_groups": 4}

    with pytest.raises(SeparatorError, match="make no 1-D U-Net"):
        config_of({**shapes(on_meta(TINY)), name: shape}, hyper)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(SeparatorError, match="no weights of a 1-D U-Net: to_in"):
        config_of({"layers.0.weight": (1, 2)}, HYPER)


# --- the published networks ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (DET, 405_231_900),
        (PUBLISHED, 405_496_220),
        (MSDM, 405_497_700),
        (dataclasses.replace(MSDM, in_channels=1), 405_491_100),
    ],
)
def test_the_published_networks_have_their_number_of_parameters(
    config: UNet1dConfig, parameters: int
) -> None:
    assert count(on_meta(config)) == parameters


EXTRACTOR = "pre_trained_mixture_feature_extractor_model.model.unet."
CHECKPOINTS = [
    ("Deterministic_model_unet", "model.unet.", DET),
    ("diffusion_model_unet", EXTRACTOR, DET),
    ("diffusion_model_unet", "model.unet.", PUBLISHED),
    ("diffusion_model_unet", "model.diffusion.net.", PUBLISHED),
    ("CD_unet", EXTRACTOR, DET),
    ("CD_unet", "net.model.unet.", PUBLISHED),
    ("CD_unet", "teacher_model.model.unet.", PUBLISHED),
    ("CD_unet", "target_model.model.unet.", PUBLISHED),
    ("MSDM_4ch", "model.unet.", MSDM),
    ("MSDM_4ch", "model.diffusion.net.", MSDM),
]


@pytest.mark.data
@needs_state_dicts
@pytest.mark.parametrize(("name", "prefix", "config"), CHECKPOINTS)
def test_names_and_shapes_are_those_of_the_published_checkpoints(
    name: str, prefix: str, config: UNet1dConfig
) -> None:
    expected = listed(name, prefix)

    assert expected
    assert shapes(on_meta(config)) == expected
    assert config_of(expected, HYPER) == config
