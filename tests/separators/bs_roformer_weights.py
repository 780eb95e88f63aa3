"""Checkpoints of tiny BS-RoFormers with random weights, in the converted form."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from sepeval.checkpoints import Card, save
from sepeval.networks.bs_roformer.config import BSRoFormerConfig, RefinerConfig
from sepeval.networks.bs_roformer.network import BSRoFormer
from sepeval.networks.bs_roformer.refiner import Refiner

STEMS = ("bass", "drums")
RATE = 8000
CONFIG = BSRoFormerConfig(
    dim=8,
    depth=1,
    stereo=True,
    num_stems=2,
    time_transformer_depth=1,
    freq_transformer_depth=1,
    freqs_per_bands=(2, 4, 11),
    dim_head=4,
    heads=1,
    attn_dropout=0.1,
    ff_dropout=0.1,
    stft_n_fft=32,
    stft_hop_length=16,
    stft_win_length=32,
    mask_estimator_depth=2,
    mlp_expansion_factor=2,
)
SEGMENT = 1024


def write(folder: Path, kind: str) -> str:
    """Write a checkpoint of a kind, always the same bytes, and return its path."""
    extractor = BSRoFormer(CONFIG)
    parts = {"extractor": _weights(extractor, seed=1)}
    if kind != "deterministic":
        shape = RefinerConfig(CONFIG, stft_adapter_hidden=3, use_context_time=kind != "stacked")
        parts["refiner"] = _weights(Refiner(shape), seed=2)
    architecture = {**asdict(CONFIG), "freqs_per_bands": list(CONFIG.freqs_per_bands)}
    card = Card(
        separator="bs-roformer",
        kind=kind,
        architecture=architecture,
        rate=RATE,
        channels=2,
        stems=list(STEMS),
        segment=SEGMENT,
        precision="fp32",
        sigma_data=0.06 if kind in ("diffusion", "consistency") else None,
    )
    path = folder / f"{kind}.safetensors"
    if not path.exists():
        save(path, parts, card)
    return str(path)


deterministic = partial(write, kind="deterministic")
stacked = partial(write, kind="stacked")
diffusion = partial(write, kind="diffusion")
consistency = partial(write, kind="consistency")


def _weights(network: nn.Module, *, seed: int) -> dict[str, Tensor]:
    """Random weights that leave no path through the network silent."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, tensor in network.state_dict().items():
        draw = torch.randn(tensor.shape, generator=generator)
        is_analytic = name.endswith("rotary_embed.freqs")
        found[name] = tensor if is_analytic else 0.3 * draw + (tensor.ndim == 1)
    return found
