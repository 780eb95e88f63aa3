"""The numbers that shape a 1-D U-Net, and how they are read from a checkpoint."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sepeval.errors import SeparatorError

Shapes = Mapping[str, tuple[int, ...]]

_HEADS = "attention_heads"  # as the training code names them in `hyper_parameters`
_GROUPS = "resnet_groups"
_SWITCHES = {"use_nearest_upsample": False, "use_skip_scale": True, "patch_blocks": 1}


@dataclass(frozen=True)
class UNet1dConfig:
    """What shapes the network. Level 0 is the one next to the waveform.

    Attributes:
        in_channels: channels of the waveform, in and out.
        channels: width behind the patches.
        patch: samples that become one position.
        multipliers: width of each level's end in `channels`; one more than there are levels.
        factors: by how much each level shortens its input.
        num_blocks: ResNet blocks of each level.
        attentions: whether each level ends with a transformer.
        heads: attention heads.
        head_features: width of a head.
        feed_forward: width of a transformer's hidden layer, over that of its level.
        groups: of the group norms; those of the patches have one group per waveform channel.
        kernel_multiplier: kernel of a down-sampling convolution, less one, over its factor.
        labels: length of the one-hot label; 0 for a network without.
        has_time: whether the network hears the noise level.
        has_bottleneck_attention: whether there is attention between the way down and up.

    Raises:
        SeparatorError: the numbers do not fit together.
    """

    in_channels: int
    channels: int
    patch: int
    multipliers: tuple[int, ...]
    factors: tuple[int, ...]
    num_blocks: tuple[int, ...]
    attentions: tuple[bool, ...]
    heads: int
    head_features: int
    feed_forward: int
    groups: int
    kernel_multiplier: int
    labels: int
    has_time: bool
    has_bottleneck_attention: bool

    def __post_init__(self) -> None:
        lengths = {len(self.factors), len(self.num_blocks), len(self.attentions)}
        if lengths != {len(self.multipliers) - 1}:
            message = (
                "a 1-D U-Net needs one factor, number of blocks and attention per level, and one "
                f"multiplier more; found {len(self.factors)} factors, {len(self.num_blocks)} "
                f"numbers of blocks, {len(self.attentions)} attentions and "
                f"{len(self.multipliers)} multipliers"
            )
            raise SeparatorError(message)
        if not self.labels and not self.has_time:
            raise SeparatorError("a 1-D U-Net needs a label, the noise level, or both; it has none")
        narrow = self.channels / self.patch / min(self.patch, self.in_channels)
        if narrow != int(narrow):
            message = (
                f"channels must be a multiple of patch {self.patch} and its "
                f"{min(self.patch, self.in_channels)} groups; found {self.channels}"
            )
            raise SeparatorError(message)

    @property
    def multiple(self) -> int:
        """Samples that the length of the waveform must be a multiple of."""
        return self.patch * math.prod(self.factors)

    @property
    def mapping(self) -> int:
        """Width of the vector that noise level and label become."""
        return 4 * self.channels


PUBLISHED = UNet1dConfig(
    in_channels=1,
    channels=256,
    patch=16,
    multipliers=(1, 2, 4, 4, 4, 4, 4),
    factors=(4, 4, 4, 2, 2, 2),
    num_blocks=(2, 2, 2, 2, 2, 2),
    attentions=(False, False, False, True, True, True),
    heads=8,
    head_features=128,
    feed_forward=2,
    groups=8,
    kernel_multiplier=2,
    labels=4,
    has_time=True,
    has_bottleneck_attention=True,
)
"""DiCoSe's refiner. Its deterministic network has no time; MSDM's four channels and no labels."""


def config_of(shapes: Shapes, hyper: Mapping[str, object]) -> UNet1dConfig:
    """Return the configuration of a checkpoint.

    Shapes tell all but two numbers, the groups of the norms and the heads of the attention; these
    come from the hyper-parameters that were saved beside the weights.

    Args:
        shapes: of every tensor, by the bare name inside the network.
        hyper: hyper-parameters, by the names of the training code.

    Raises:
        SeparatorError: the tensors are not those of a 1-D U-Net, or the hyper-parameters lack
            groups or heads, or tell of a variant that was not published.
    """
    _refuse_variants(hyper)
    try:
        return _of_shapes(shapes, hyper)
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        message = f"the shapes of these weights make no 1-D U-Net: {error!r}"
        raise SeparatorError(message) from error


def _of_shapes(shapes: Shapes, hyper: Mapping[str, object]) -> UNet1dConfig:
    """As `config_of`, for shapes that are not checked."""
    needed = ("to_in.module_list.0.block.block1.project.weight", "downsamples.0.downsample.weight")
    for name in (*needed, "bottleneck.pre_block.block1.project.weight"):
        if name not in shapes:
            raise SeparatorError(f"these are no weights of a 1-D U-Net: {name} is missing")
    narrow, in_channels, _ = shapes[needed[0]]
    channels = shapes[needed[1]][1]
    levels = _count(shapes, r"downsamples\.(\d+)\.downsample\.weight")
    widths = [channels, *(shapes[f"downsamples.{i}.downsample.weight"][0] for i in range(levels))]
    ups = [f"upsamples.{levels - 1 - level}.upsample.weight" for level in range(levels)]
    factors = tuple(shapes[name][2] // 2 for name in ups)
    kernel = shapes[needed[1]][2]
    attention = _attention(shapes)
    heads = _number(hyper, _HEADS) if attention else 1
    return UNet1dConfig(
        in_channels=in_channels,
        channels=channels,
        patch=channels // narrow,
        multipliers=tuple(width // channels for width in widths),
        factors=factors,
        num_blocks=tuple(
            _count(shapes, rf"downsamples\.{level}\.blocks\.(\d+)\.block1\.project\.weight")
            for level in range(levels)
        ),
        attentions=tuple(
            f"downsamples.{level}.transformer.attention.fn.to_q.weight" in shapes
            for level in range(levels)
        ),
        heads=heads,
        head_features=attention // heads,
        feed_forward=_feed_forward(shapes),
        groups=_number(hyper, _GROUPS),
        kernel_multiplier=(kernel - 1) // factors[0],
        labels=shapes.get("to_features.0.weight", (0, 0))[1],
        has_time="to_time.0.0.weights" in shapes,
        has_bottleneck_attention="bottleneck.attention.fn.to_q.weight" in shapes,
    )


def _count(shapes: Shapes, pattern: str) -> int:
    """How many different numbers stand where the pattern has its group."""
    return len({found[1] for name in shapes if (found := re.fullmatch(pattern, name))})


def _attention(shapes: Shapes) -> int:
    """Heads times features of a head; 0 where there is no attention."""
    found = [shape[0] for name, shape in shapes.items() if name.endswith(".fn.to_q.weight")]
    return found[0] if found else 0


def _feed_forward(shapes: Shapes) -> int:
    found = [shape for name, shape in shapes.items() if name.endswith("feed_forward.1.weight")]
    return found[0][0] // found[0][1] if found else 1


def _number(hyper: Mapping[str, object], name: str) -> int:
    found = hyper.get(name)
    if isinstance(found, int) and found > 0:
        return found
    message = (
        f"the weights do not tell {name!r}, and the hyper-parameters lack it; give the "
        "architecture in a card beside the file"
    )
    raise SeparatorError(message)


def _refuse_variants(hyper: Mapping[str, object]) -> None:
    """Refuse what the training code could switch and the published networks do not."""
    for name, published in _SWITCHES.items():
        if hyper.get(name, published) != published:
            message = (
                f"{name} {hyper[name]!r} is a variant of the 1-D U-Net that is not built here; "
                f"published is {published!r}"
            )
            raise SeparatorError(message)
