"""The numbers that shape a BS-RoFormer, and how they are read off its weights.

Fields have the names of the published configuration files, so that a file and a card say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sepeval.errors import SeparatorError

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]

_NEEDED = ("stereo", "stft_n_fft", "stft_hop_length", "stft_win_length")  # no shape tells these
_REFUSED = {  # variants of the architecture that no published four-stem checkpoint uses
    "linear_transformer_depth": 0,
    "skip_connection": False,
    "stft_normalized": False,
    "zero_dc": True,
}


@dataclass(frozen=True)
class BSRoFormerConfig:
    """The shape of a BS-RoFormer.

    Attributes:
        dim: features of a token.
        depth: number of pairs of a transformer over frames and one over bands.
        stereo: two channels, else one.
        num_stems: number of mask estimators, one per stem.
        time_transformer_depth: layers of a transformer over frames.
        freq_transformer_depth: layers of a transformer over bands.
        freqs_per_bands: frequencies in each band, from low to high; their sum is
            `stft_n_fft // 2 + 1`.
        dim_head: features of an attention head.
        heads: number of attention heads.
        attn_dropout: probability, in training only.
        ff_dropout: probability, in training only.
        stft_n_fft: length of the Fourier transform, in samples.
        stft_hop_length: samples from one frame to the next.
        stft_win_length: samples of the Hann window.
        mask_estimator_depth: linear layers of a mask estimator.
        mlp_expansion_factor: hidden width of a mask estimator, in units of `dim`.
    """

    dim: int
    depth: int
    stereo: bool
    num_stems: int
    time_transformer_depth: int
    freq_transformer_depth: int
    freqs_per_bands: tuple[int, ...]
    dim_head: int
    heads: int
    attn_dropout: float
    ff_dropout: float
    stft_n_fft: int
    stft_hop_length: int
    stft_win_length: int
    mask_estimator_depth: int
    mlp_expansion_factor: int

    def __post_init__(self) -> None:
        if sum(self.freqs_per_bands) != self.stft_n_fft // 2 + 1:
            message = (
                f"the bands of a BS-RoFormer must hold {self.stft_n_fft // 2 + 1} frequencies "
                f"(stft_n_fft {self.stft_n_fft}); found {sum(self.freqs_per_bands)}"
            )
            raise SeparatorError(message)

    @property
    def channels(self) -> int:
        """Number of audio channels."""
        return 2 if self.stereo else 1


@dataclass(frozen=True)
class RefinerConfig:
    """The shape of a refiner: a BS-RoFormer with adapters, and with FiLM unless it is Det.2.

    Attributes:
        trunk: the BS-RoFormer inside, of the same shape as the extractor.
        stft_adapter_hidden: channels inside the convolutional adapter.
        use_context_time: the noise level and the stem modulate every layer; False for Det.2.
    """

    trunk: BSRoFormerConfig
    stft_adapter_hidden: int
    use_context_time: bool


RELEASED = BSRoFormerConfig(  # of DiCoSe's checkpoints and MSST's bs_roformer_384_8_2_485100
    dim=384,
    depth=8,
    stereo=True,
    num_stems=4,
    time_transformer_depth=1,
    freq_transformer_depth=1,
    freqs_per_bands=(2,) * 24 + (4,) * 12 + (12,) * 8 + (24,) * 8 + (48,) * 8 + (128, 129),
    dim_head=64,
    heads=8,
    attn_dropout=0.1,
    ff_dropout=0.1,
    stft_n_fft=2048,
    stft_hop_length=441,
    stft_win_length=2048,
    mask_estimator_depth=2,
    mlp_expansion_factor=2,
)
RELEASED_REFINER = RefinerConfig(RELEASED, stft_adapter_hidden=128, use_context_time=True)
RELEASED_DET2 = RefinerConfig(RELEASED, stft_adapter_hidden=128, use_context_time=False)


def config_of(shapes: Shapes, hyper: Mapping[str, object]) -> BSRoFormerConfig:
    """Return the configuration of the network that these weights belong to.

    What the shapes of the weights tell is taken from them; `hyper` gives the rest.

    Args:
        shapes: shape by bare parameter name, of a BS-RoFormer or a refiner.
        hyper: hyper-parameters by their published names; `stereo`, `stft_n_fft`,
            `stft_hop_length` and `stft_win_length` are needed.

    Raises:
        SeparatorError: a weight or a hyper-parameter is missing, or a variant of the architecture
            is asked for that is not built here.
    """
    missing = [name for name in _NEEDED if name not in hyper]
    if missing:
        message = (
            f"a BS-RoFormer needs {', '.join(missing)}, which its weights do not tell; give them "
            "as architecture in the card beside the file"
        )
        raise SeparatorError(message)
    for name, only in _REFUSED.items():
        if hyper.get(name, only) != only:
            message = f"a BS-RoFormer with {name} {hyper[name]!r} is not built here; only {only!r}"
            raise SeparatorError(message)
    stereo = bool(hyper["stereo"])
    dim = _shape(shapes, "final_norm.gamma")[0]
    heads = _shape(shapes, "layers.0.0.layers.0.0.to_gates.weight")[0]
    bands = _count(shapes, r"band_split\.to_features\.(\d+)\.")
    parts = 4 if stereo else 2  # real and imaginary part of each channel
    return BSRoFormerConfig(
        dim=dim,
        depth=_count(shapes, r"layers\.(\d+)\."),
        stereo=stereo,
        num_stems=_count(shapes, r"mask_estimators\.(\d+)\."),
        time_transformer_depth=_count(shapes, r"layers\.0\.0\.layers\.(\d+)\."),
        freq_transformer_depth=_count(shapes, r"layers\.0\.1\.layers\.(\d+)\."),
        freqs_per_bands=tuple(
            _shape(shapes, f"band_split.to_features.{band}.0.gamma")[0] // parts
            for band in range(bands)
        ),
        dim_head=_shape(shapes, "layers.0.0.layers.0.0.to_qkv.weight")[0] // (3 * heads),
        heads=heads,
        attn_dropout=_number(hyper, "attn_dropout", absent=0.0),
        ff_dropout=_number(hyper, "ff_dropout", absent=0.0),
        stft_n_fft=int(_number(hyper, "stft_n_fft")),
        stft_hop_length=int(_number(hyper, "stft_hop_length")),
        stft_win_length=int(_number(hyper, "stft_win_length")),
        mask_estimator_depth=_count(
            shapes, r"mask_estimators\.0\.to_freqs\.0\.0\.(\d+)\.weight", step=2
        ),
        mlp_expansion_factor=_shape(shapes, "mask_estimators.0.to_freqs.0.0.0.weight")[0] // dim,
    )


def refiner_config_of(shapes: Shapes, hyper: Mapping[str, object]) -> RefinerConfig:
    """Return the configuration of the refiner that these weights belong to; see `config_of`."""
    return RefinerConfig(
        trunk=config_of(shapes, hyper),
        stft_adapter_hidden=_shape(shapes, "stft_feature_adapter.1.weight")[0],
        use_context_time="to_time.0.1.weight" in shapes,
    )


def _shape(shapes: Shapes, name: str) -> tuple[int, ...]:
    if name not in shapes:
        message = f"these are no weights of a BS-RoFormer: {name} is missing"
        raise SeparatorError(message)
    return shapes[name]


def _count(shapes: Shapes, pattern: str, *, step: int = 1) -> int:
    """How many indices 0, step, 2 step, ... the pattern finds at the start of the names."""
    found = {int(match[1]) for name in shapes if (match := re.match(pattern, name))}
    if found != set(range(0, step * len(found), step)) or not found:
        message = f"these are no weights of a BS-RoFormer: {pattern!r} finds {sorted(found)}"
        raise SeparatorError(message)
    return len(found)


def _number(hyper: Mapping[str, object], name: str, *, absent: float | None = None) -> float:
    value = hyper.get(name, absent)
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{name} of a BS-RoFormer must be a number; found {value!r}"
        raise SeparatorError(message)
    return value
