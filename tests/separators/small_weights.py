"""Tiny random weights in the published layouts, for separators of 8 kHz, bass and drums.

Functions that take a folder write into it once, and return what they wrote.
"""

import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from torch import nn

from sepeval.networks.diff_vs import DiffVs, DiffVsConfig
from sepeval.networks.msg_generator import MsgConfig, MsgGenerator
from sepeval.networks.open_unmix import OpenUnmix, OpenUnmixConfig
from sepeval.separators.diff_vs import save as save_diff_vs

Shaken = TypeVar("Shaken", bound=nn.Module)
STEMS = ("bass", "drums")
RATE = 8000
SMALL_DIFF_VS = DiffVsConfig(
    channels=1,
    transform=64,
    hop=16,
    bands=(8, 8, 16),
    subbands=2,
    width=8,
    multipliers=(1, 2),
    blocks=1,
    attention=(False, True),
    heads=2,
    head_width=4,
    groups=4,
)


@contextmanager
def drawn(seed: int) -> Iterator[None]:
    """Weights are initialised from this seed, and torch's own generator goes on as before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


DEMUCS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "v2": (
        "demucs.demucs.Demucs",
        {"channels": 4, "depth": 3, "lstm_layers": 1, "segment": 0.5},
    ),
    "v3": ("demucs.hdemucs.HDemucs", {"channels": 8, "depth": 3, "nfft": 256, "segment": 0.5}),
    "v4": (
        "demucs.htdemucs.HTDemucs",
        {
            "channels": 8,
            "depth": 3,
            "nfft": 256,
            "segment": Fraction(1, 2),
            "t_layers": 2,
            "t_heads": 2,
            "bottom_channels": 16,
        },
    ),
}


def demucs_class(name: str) -> Any:  # noqa: ANN401 - a class without annotations
    """A class of the package demucs by its full name; the test is skipped without the package."""
    pytest.importorskip("demucs", reason="the extra `demucs` is not installed")
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def demucs(folder: Path, *, version: str = "v2") -> Path:
    """One mono model, as the package saves it, in half precision."""
    name, shape = DEMUCS[version]
    options = {"audio_channels": 1, "samplerate": RATE, **shape}
    with drawn(int(version[1])):
        network = demucs_class(name)(list(STEMS), **options)
    document = {
        "klass": type(network),
        "args": (list(STEMS),),
        "kwargs": options,
        "state": {key: one.half() for key, one in network.state_dict().items()},
        "training_args": {},
    }
    path = folder / f"{version}.th"
    torch.save(document, path)
    return path


def umx(folder: Path) -> Path:
    """A folder as `open_unmix` writes it, below another."""
    return open_unmix(folder / "umx")


def generator(folder: Path) -> Path:
    """What `msg` writes, in a folder."""
    return msg(folder / "msg.pth")


def vocals(folder: Path) -> Path:
    """What `diff_vs` writes, in a folder."""
    return diff_vs(folder / "vocals.safetensors")


def open_unmix(folder: Path, *, channels: int = 1, stems: tuple[str, ...] = STEMS) -> Path:
    """A folder as those of `umxhq`, with the leftovers of old versions in one file."""
    folder.mkdir(parents=True)
    size, hop = 128, 32
    document = {"nfft": size, "nhop": hop, "sample_rate": RATE, "nb_channels": channels}
    (folder / "separator.json").write_text(json.dumps(document), encoding="utf-8")
    config = OpenUnmixConfig(
        bins=size // 2 + 1, max_bin=50, channels=channels, hidden=8, layers=3, bidirectional=True
    )
    for number, stem in enumerate(stems):
        with drawn(number):
            state = _shaken(OpenUnmix(config)).state_dict()
        old = {"stft.window": torch.hann_window(size), "sample_rate": torch.tensor(RATE)}
        name = f"{stem}-0123abcd.pth" if number else f"{stem}.pth"
        torch.save({**state, **({} if number else old)}, folder / name)
    return folder


def msg(path: Path, *, seed: int = 0) -> Path:
    """A state dict of the generator, as published but narrow."""
    config = MsgConfig(
        channels=(4, 8, 8, 8, 8, 8),
        kernel=8,
        stride=4,
        context=3,
        lstm_layers=0,
        skip=True,
        segment=16_000,
    )
    with drawn(seed):
        torch.save(_shaken(MsgGenerator(config)).state_dict(), path)
    return path


def diff_vs(path: Path, *, seed: int = 0) -> Path:
    """Weights with a card, of one channel at 8 kHz."""
    with drawn(seed):
        network = _shaken(DiffVs(SMALL_DIFF_VS))
    network.target_scale.fill_(0.1)
    save_diff_vs(network, path, rate=RATE, segment=1000, sigma_data=0.5)
    return path


def _shaken(network: Shaken) -> Shaken:
    """The network with every parameter moved at random, so that none is a constant."""
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return network.eval()
