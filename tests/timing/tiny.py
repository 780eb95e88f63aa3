"""A small timing protocol, cards of tiny networks, and separators that need no network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sepeval.separators.base import Estimate, Plain, Separator
from sepeval.timing import Subject, TimingProtocol
from sepeval.timing.weights import card_named, random_checkpoint
from sepeval.types import Array

UNET: dict[str, Any] = {
    "separator": "dicose-unet",
    "kind": "",
    "architecture": {
        "extractor": {
            "in_channels": 1,
            "channels": 16,
            "patch": 4,
            "multipliers": [1, 1, 2],
            "factors": [2, 4],
            "num_blocks": [1, 1],
            "attentions": [False, True],
            "heads": 2,
            "head_features": 4,
            "feed_forward": 1,
            "groups": 4,
            "kernel_multiplier": 2,
            "labels": 2,
            "has_time": False,
            "has_bottleneck_attention": True,
        },
        "refiner": {"has_time": True},
    },
    "rate": 8000,
    "channels": 1,
    "stems": ["bass", "drums"],
    "segment": 256,
    "precision": "fp32",
    "sigma_data": 0.2,
    "sha256": "",
    "source": None,
}
BANDS: dict[str, Any] = {
    **UNET,
    "separator": "bs-roformer",
    "architecture": {
        "extractor": {
            "dim": 8,
            "depth": 1,
            "stereo": True,
            "num_stems": 2,
            "time_transformer_depth": 1,
            "freq_transformer_depth": 1,
            "freqs_per_bands": [2, 4, 11],
            "dim_head": 4,
            "heads": 1,
            "attn_dropout": 0.0,
            "ff_dropout": 0.0,
            "stft_n_fft": 32,
            "stft_hop_length": 16,
            "stft_win_length": 32,
            "mask_estimator_depth": 2,
            "mlp_expansion_factor": 2,
        },
        "refiner": {"stft_adapter_hidden": 3},
    },
    "channels": 2,
    "sigma_data": 0.06,
}

DOCUMENT: dict[str, Any] = {
    "name": "timing-tiny",
    "version": 1,
    "title": "tiny",
    "sources": ["a test"],
    "devices": ["cpu"],
    "segment": {
        "samples": "native",
        "batch": {"kind": "one"},
        "stems": "as_run",
        "transfer": False,
        "noise": True,
    },
    "track": None,
    "precisions": ["fp32"],
    "executions": ["eager"],
    "sound": {"level": 0.1, "seed": 0},
    "warm_up": {
        "calls": 2,
        "seconds": 0.0,
        "medians": 1,
        "window": 1,
        "tolerance": 0.5,
        "limit_s": 5.0,
    },
    "calls": {"count": 2, "seconds": 5.0, "at_least": 2},
    "cpu_threads": 1,
    "peak": {"cpu": 32, "cuda": 32, "calls": 2},
}


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - of any kind
    return {**DOCUMENT, **changes}


def protocol(**changes: Any) -> TimingProtocol:  # noqa: ANN401 - of any kind
    return TimingProtocol.model_validate(document(**changes))


def segment(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - of any kind
    return {**DOCUMENT["segment"], **changes}


def write_card(folder: Path, document: Mapping[str, Any] = UNET) -> Path:
    path = folder / f"{document['separator']}.yaml"
    path.write_text(yaml.safe_dump(dict(document)), encoding="utf-8")
    return path


def write_protocol(folder: Path, **changes: Any) -> Path:  # noqa: ANN401 - of any kind
    path = folder / "timing-tiny.v1.yaml"
    path.write_text(yaml.safe_dump(document(**changes)), encoding="utf-8")
    return path


def checkpoint(folder: Path, kind: str, document: Mapping[str, Any] = UNET) -> str:
    card = card_named(f"random:{write_card(folder, document)}", str(document["separator"]))
    return str(random_checkpoint(card, kind, folder))


class Halves(Separator):
    """Gives the mixture twice."""

    summary = "the mixture twice"

    @property
    def is_stochastic(self) -> bool:
        return False

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "halves"}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:  # noqa: ARG002 - as it is called
        import numpy as np

        return Estimate(("one", "two"), np.stack([mixture, mixture]) / 2.0)


def halves(**changes: Any) -> Subject:  # noqa: ANN401 - of any kind
    fields = {"separator": Halves(), "rate": 8000, "channels": 1, **changes}
    return Subject("halves", **fields)
