"""The published layouts of checkpoints, as data: which names belong to which network.

A layout is told by the names of its tensors. Every name must lie below a prefix of one of its
parts, or below one that inference does not need: a second name of the same tensors, the teacher
of a distillation, its moving average.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Steps = tuple[str, ...]  # keys to follow inside the hyper-parameters

SLAKH = ("bass", "drums", "guitar", "piano")
MUSDB = ("drums", "bass", "other", "vocals")

_EXTRACTOR = "pre_trained_mixture_feature_extractor_model.model.unet."
_EXTRACTOR_CONFIG = "pre_trained_mixture_feature_extractor_model_config"
_TEACHERS = ("teacher_model.", "target_model.")

_UNET = "bottleneck.pre_block.block1.project.weight"
_UNET_TIME = "to_time.0.0.weights"
UNET_INPUT = "to_in.module_list.0.block.block1.project.weight"  # [narrow in_channels kernel]
_UNET_LABEL = "to_features.0.weight"
_BANDS = "band_split.to_features.0.0.gamma"
_BANDS_TIME = "to_time.0.1.weight"
_ADAPTER = "stft_feature_adapter.1.weight"

# What weights do not tell of the published networks, for files without hyper-parameters: it holds
# where these tensors have the shapes of the published network.
_UNET_PUBLISHED = {
    "to_mapping.0.weight": (1024, 1024),
    "downsamples.5.transformer.attention.fn.to_q.weight": (1024, 1024),
}
_UNET_NUMBERS = {"attention_heads": 8, "resnet_groups": 8}
_BANDS_PUBLISHED = {
    "final_norm.gamma": (384,),
    "mask_estimators.3.to_freqs.61.0.2.bias": (1032,),
}
_BANDS_NUMBERS = {
    "stereo": True,
    "stft_n_fft": 2048,
    "stft_hop_length": 441,
    "stft_win_length": 2048,
}


@dataclass(frozen=True)
class Part:
    """One network inside a file.

    Attributes:
        prefix: of its tensors.
        has: names that it holds, without the prefix.
        lacks: names that another network would hold.
        hyper: where its hyper-parameters are.
    """

    prefix: str
    has: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    hyper: Steps = ()


@dataclass(frozen=True)
class Layout:
    """How the weights of one system are named.

    Attributes:
        name: for people.
        separator: registered name of the separator that fits.
        kind: what the separator is to make of the weights.
        parts: the networks, by the separator's name for them.
        dropped: prefixes of tensors that inference does not need.
        sigma_data: where the hyper-parameters say it.
        rate: in Hz; None where the file tells.
        channels: of the audio.
        stems: in the order of the output.
        segment: samples that the networks were trained on; None where any length will do.
        in_channels: of a 1-D U-Net, where nothing else tells two layouts apart.
        published: shapes by name that the published network has.
        numbers: what its hyper-parameters say, for files that lack them.
    """

    name: str
    separator: str
    kind: str
    parts: Mapping[str, Part]
    dropped: tuple[str, ...] = ()
    sigma_data: Steps = ()
    rate: int | None = None
    channels: int | None = None
    stems: tuple[str, ...] = ()
    segment: int | None = None
    in_channels: Literal["any", "one", "many"] = "any"
    published: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    numbers: Mapping[str, int | bool] = field(default_factory=dict)


def _unet(
    name: str,
    kind: str,
    parts: Mapping[str, Part],
    *,
    dropped: tuple[str, ...] = (),
    sigma_data: Steps = (),
) -> Layout:
    return Layout(
        f"DiCoSe, 1-D U-Net, {name}",
        "dicose-unet",
        kind,
        parts,
        dropped=dropped,
        sigma_data=sigma_data,
        rate=22050,
        channels=1,
        stems=SLAKH,
        segment=262144,
        published=_UNET_PUBLISHED,
        numbers=_UNET_NUMBERS,
    )


def _bands(
    name: str,
    kind: str,
    parts: Mapping[str, Part],
    *,
    dropped: tuple[str, ...] = (),
    sigma_data: Steps = (),
) -> Layout:
    return Layout(
        name,
        "bs-roformer",
        kind,
        parts,
        dropped=dropped,
        sigma_data=sigma_data,
        rate=44100,
        channels=2,
        stems=MUSDB,
        segment=485100,
        published=_BANDS_PUBLISHED,
        numbers=_BANDS_NUMBERS,
    )


def _scores(name: str, separator: str) -> Layout:
    """A U-Net without labels, whose channels are sources (MSDM) or one source (ISDM)."""
    return Layout(
        name,
        separator,
        "diffusion",
        {"network": Part("model.unet.", (_UNET, _UNET_TIME), (_UNET_LABEL,))},
        dropped=("model.diffusion.net.",),
        sigma_data=("diffusion_sigma_data",),
        rate=22050,
        channels=1,
        stems=SLAKH if separator == "msdm" else (),
        segment=262144,
        in_channels="many" if separator == "msdm" else "one",
        published=_UNET_PUBLISHED,
        numbers=_UNET_NUMBERS,
    )


def _whole(name: str, separator: str, *has: str, rate: int, channels: int) -> Layout:
    """One network under its own names, for one stem."""
    parts = {"network": Part("", has)}
    return Layout(name, separator, "deterministic", parts, rate=rate, channels=channels)


def _unet_pair(prefix: str, *lacks: str, hyper: Steps = ()) -> dict[str, Part]:
    time = () if _UNET_TIME in lacks else (_UNET_TIME,)
    return {
        "extractor": Part(_EXTRACTOR, (_UNET, _UNET_LABEL), (_UNET_TIME,), hyper),
        "refiner": Part(prefix, (_UNET, _UNET_LABEL, *time), lacks, hyper),
    }


def _bands_pair(prefix: str, *lacks: str, hyper: Steps, extractor: Steps) -> dict[str, Part]:
    time = () if _BANDS_TIME in lacks else (_BANDS_TIME,)
    return {
        "extractor": Part(_EXTRACTOR, (_BANDS,), (_ADAPTER,), extractor),
        "refiner": Part(prefix, (_BANDS, _ADAPTER, *time), lacks, hyper),
    }


_DIFFUSION_CONFIG: Steps = ("diffusion_model_config",)
_CD_MODEL: Steps = ("cfg", "model")
_CD_SIGMA: Steps = ("cfg", "diffusion", "sigma_data")
_ALIAS = ("model.diffusion.net.",)
_CD_ALIAS = ("net.model.diffusion.net.", *_TEACHERS)
_DET_UNET = ((_UNET, _UNET_LABEL), (_UNET_TIME,))
_DET_BANDS = ((_BANDS,), (_ADAPTER,))

LAYOUTS: tuple[Layout, ...] = (
    _unet("deterministic", "deterministic", {"network": Part("model.unet.", *_DET_UNET)}),
    _unet(
        "diffusion",
        "diffusion",
        _unet_pair("model.unet."),
        dropped=_ALIAS,
        sigma_data=("diffusion_sigma_data",),
    ),
    _unet(
        "consistency",
        "consistency",
        _unet_pair("net.model.unet.", hyper=_CD_MODEL),
        dropped=_CD_ALIAS,
        sigma_data=_CD_SIGMA,
    ),
    _bands(
        "DiCoSe, BS-RoFormer, deterministic",
        "deterministic",
        {"network": Part("model.unet.", *_DET_BANDS)},
    ),
    _bands(
        "DiCoSe, BS-RoFormer, stacked deterministic",
        "stacked",
        _bands_pair(
            "model.unet.",
            _BANDS_TIME,
            hyper=_DIFFUSION_CONFIG,
            extractor=(_EXTRACTOR_CONFIG,),
        ),
        dropped=_ALIAS,
    ),
    _bands(
        "DiCoSe, BS-RoFormer, diffusion",
        "diffusion",
        _bands_pair("model.unet.", hyper=_DIFFUSION_CONFIG, extractor=(_EXTRACTOR_CONFIG,)),
        dropped=_ALIAS,
        sigma_data=(*_DIFFUSION_CONFIG, "diffusion_sigma_data"),
    ),
    _bands(
        "DiCoSe, BS-RoFormer, consistency",
        "consistency",
        _bands_pair("net.model.unet.", hyper=_CD_MODEL, extractor=(*_CD_MODEL, _EXTRACTOR_CONFIG)),
        dropped=_CD_ALIAS,
        sigma_data=_CD_SIGMA,
    ),
    _bands("MSST, BS-RoFormer", "deterministic", {"network": Part("", *_DET_BANDS)}),
    _unet("deterministic, bare", "deterministic", {"network": Part("", *_DET_UNET)}),
    _scores("MSDM, 1-D U-Net on four sources", "msdm"),
    _scores("ISDM, 1-D U-Net on one source", "isdm"),
    _whole(
        "Open-Unmix, one target",
        "open-unmix",
        *("fc1.weight", "lstm.weight_ih_l0", "fc3.weight", "output_mean"),
        rate=44100,
        channels=2,
    ),
    _whole(
        "MSG, generator",
        "msg",
        *("outconv.weight", "encoder.0.0.weight"),
        rate=16000,
        channels=1,
    ),
)
"""Layouts that the names of tensors tell."""

BARE = Layout("one network", "", "", {"network": Part("", ())})
"""Told by a card alone."""

PAIR = Layout(
    "two networks",
    "",
    "",
    {"extractor": Part("extractor.", ()), "refiner": Part("refiner.", ())},
)
"""Told by a card and the prefixes of a converted file."""

DEMUCS = Layout("Demucs", "demucs", "deterministic", {"network": Part("", ())})
"""Told by the class that the file names, which is compared with three names and never called."""

# Hyper-parameters that shape a network; the rest is of training and stays out of cards.
SHAPING = frozenset(
    [
        *("in_channels", "channels", "patch_factor", "patch_blocks", "resnet_groups"),
        *("kernel_multiplier_downsample", "multipliers", "factors", "num_blocks", "attentions"),
        *("attention_heads", "attention_features", "attention_multiplier", "context_features"),
        *("use_nearest_upsample", "use_skip_scale", "use_attention_bottleneck"),
        *("dim", "depth", "stereo", "num_stems", "time_transformer_depth"),
        *("freq_transformer_depth", "linear_transformer_depth", "freqs_per_bands", "dim_head"),
        *("heads", "attn_dropout", "ff_dropout", "dim_freqs_in", "stft_n_fft", "stft_hop_length"),
        *("stft_win_length", "stft_normalized", "mask_estimator_depth", "mlp_expansion_factor"),
        *("skip_connection", "zero_dc", "stft_adapter_hidden", "stft_adapter_type"),
        *("klass", "args", "kwargs"),
    ]
)
