"""Tiny checkpoints in the published forms, and ways to spoil them."""

from __future__ import annotations

import argparse
import sys
import types
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor

EXTRACTOR = "pre_trained_mixture_feature_extractor_model.model.unet."
UNET = "bottleneck.pre_block.block1.project.weight"
LABEL = "to_features.0.weight"
TIME = "to_time.0.0.weights"
INPUT = "to_in.module_list.0.block.block1.project.weight"

SHAPES = {UNET: (4, 4, 3), LABEL: (8, 4), TIME: (2,), INPUT: (1, 1, 3), "to_out.bias": (1,)}


def tensors(prefix: str, *left_out: str, **shapes: tuple[int, ...]) -> dict[str, Tensor]:
    """Tensors of something like a 1-D U-Net; the same for the same names."""
    found: dict[str, Tensor] = {}
    for name, shape in {**SHAPES, **shapes}.items():
        if name not in left_out:
            seed = torch.Generator().manual_seed(len(prefix + name))
            found[prefix + name] = torch.randn(shape, generator=seed)
    return found


def aliased(found: Mapping[str, Tensor], prefix: str, alias: str) -> dict[str, Tensor]:
    """The same tensors once more under another prefix."""
    again = {
        alias + name.removeprefix(prefix): one
        for name, one in found.items()
        if name.startswith(prefix)
    }
    return {**found, **again}


def lightning(path: Path, state: Mapping[str, Tensor], hyper: Mapping[str, object]) -> Path:
    """A checkpoint as Lightning writes it."""
    document = {
        "epoch": 1,
        "pytorch-lightning_version": "2.3.1",
        "state_dict": dict(state),
        "optimizer_states": [{"state": {}, "param_groups": [{"lr": 1e-4, "params": [0, 1]}]}],
        "hyper_parameters": dict(hyper),
    }
    torch.save(document, path)
    return path


def diffusion(path: Path) -> Path:
    """A diffusion checkpoint of a tiny 1-D U-Net, with a foreign object inside."""
    refiner = aliased(tensors("model.unet."), "model.unet.", "model.diffusion.net.")
    hyper: dict[str, object] = {"channels": 4, "attention_heads": 1, "resnet_groups": 1}
    hyper["diffusion_sigma_data"] = 0.2
    with foreign("audio_diffusion_pytorch_.diffusion", "LogNormalDistribution") as kind:
        hyper["diffusion_sigma_distribution"] = kind(mean=-3.0)
        return lightning(path, {**tensors(EXTRACTOR, TIME), **refiner}, hyper)


def consistency(path: Path) -> Path:
    """A consistency checkpoint of a tiny 1-D U-Net, with namespaces inside."""
    model = argparse.Namespace(channels=4, attention_heads=1, resnet_groups=1)
    parts = ("net.model.unet.", "teacher_model.model.unet.", "target_model.model.unet.")
    state = {key: one for prefix in parts for key, one in tensors(prefix).items()}
    cfg = argparse.Namespace(model=model, diffusion=argparse.Namespace(sigma_data=0.06))
    return lightning(path, {**tensors(EXTRACTOR, TIME), **state}, {"cfg": cfg})


@contextmanager
def foreign(module: str, name: str) -> Iterator[Callable[..., object]]:
    """A class of a package that is not installed; it is there only while files are made."""

    def keep(self: object, *_arguments: object, **fields: object) -> None:
        self.__dict__.update(fields)

    kind = type(name, (), {"__module__": module, "__init__": keep})
    names = [module.rsplit(".", cut)[0] for cut in range(module.count(".") + 1)]
    fakes = {one: types.ModuleType(one) for one in names}
    setattr(fakes[module], name, kind)
    with mock.patch.dict(sys.modules, fakes):
        yield kind


def rewritten(path: Path, change: Callable[[bytes], bytes], *, record: str = "data.pkl") -> Path:
    """A copy of a torch checkpoint with one record changed; its checksums are right again."""
    made = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for one in old.infolist():
            content = old.read(one)
            name = one.filename.partition("/")[2]
            new.writestr(one.filename, change(content) if name == record else content)
    return made


def calling(module: str, name: str, argument: str) -> Callable[[bytes], bytes]:
    """A change of a pickle: first call a function with a text, then go on as before."""
    text = argument.encode()
    head = len(text).to_bytes(4, "little")
    call = b"c" + f"{module}\n{name}\n".encode() + b"X" + head + text + b"\x85R0"
    return lambda pickle: pickle[:2] + call + pickle[2:]
