"""The networks of the package `demucs`, built from data and applied to a mixture.

Only this module knows the package. Its classes are chosen from a table, its loaders are not used.

References:
    [1] Défossez, Usunier, Bottou, Bach. "Music Source Separation in the Waveform Domain",
        arXiv:1911.13254, 2019.
    [2] Défossez. "Hybrid Spectrogram and Waveform Source Separation", MDX Workshop, 2021.
    [3] Rouard, Massa, Défossez. "Hybrid Transformers for Music Source Separation", ICASSP 2023.
"""

from __future__ import annotations

import importlib
import inspect
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from sepeval.errors import DependencyError

CLASSES = {  # as files name them, and where they are: nothing else is ever built
    "demucs.demucs.Demucs": ("demucs.demucs", "Demucs"),
    "demucs.hdemucs.HDemucs": ("demucs.hdemucs", "HDemucs"),
    "demucs.htdemucs.HTDemucs": ("demucs.htdemucs", "HTDemucs"),
}
SILENCE = 1e-8  # added to the standard deviation that a mixture is divided by, as published
_DRAWING = Lock()  # the package draws from Python's own generator, which all threads share


def built(
    name: str,
    arguments: Sequence[object],
    options: Mapping[str, object],
    tensors: Mapping[str, Tensor],
) -> nn.Module:
    """Return a network with its weights; torch's own generator goes on as before.

    Options that the class no longer knows are left out, and old names of weights are known, as
    the package has it.

    Args:
        name: one of `CLASSES`.
        arguments: of the class, as plain values; fractions are texts such as `39/5`.
        options: its keyword arguments.
        tensors: the weights, often in half precision; the network computes in single.

    Raises:
        DependencyError: the package is not installed.
        TypeError: the arguments do not fit the class.
        ValueError: they do not fit each other.
        RuntimeError: the weights do not fit the network.
    """
    module, attribute = CLASSES[name]
    network = getattr(_package(module), attribute)
    known = inspect.signature(network).parameters
    chosen = {key: _fraction(value) for key, value in options.items() if key in known}
    with torch.random.fork_rng(devices=[]):  # initial weights are drawn, and replaced
        made: nn.Module = network(*(_fraction(value) for value in arguments), **chosen)
    made.load_state_dict(dict(tensors))
    return made


def bag(
    models: Sequence[nn.Module], weights: list[list[float]] | None, segment_s: float | None
) -> nn.Module:
    """Return models whose estimates are averaged.

    Args:
        models: of the same sources, rate and channels.
        weights: [model stem]; None: all alike.
        segment_s: seconds in a segment; None: as each model says.
    """
    made: nn.Module = _package("demucs.apply").BagOfModels(list(models), weights, segment_s)
    return made.eval()


def applied(
    network: nn.Module,
    mixture: Tensor,
    *,
    seed: int,
    shifts: int,
    split: bool,
    overlap: float,
    segment_s: float | None,
) -> Tensor:
    """Return the estimates of a mixture, as `demucs.api.Separator.separate_tensor` makes them.

    Args:
        network: of `bag`.
        mixture: [channel sample].
        seed: of the random shifts.
        shifts: passes over shifted copies; 0: one pass, not shifted.
        split: whether the mixture is cut into segments.
        overlap: share of a segment that neighbours have in common.
        segment_s: seconds in a segment; None: as the network says.

    Returns:
        [stem channel sample].
    """
    mono = mixture.mean(dim=0)
    mean = mono.mean()
    deviation = mono.std(correction=min(1, mono.numel() - 1)) + SILENCE
    with _python_random(seed):
        found: Tensor = _package("demucs.apply").apply_model(
            network,
            ((mixture - mean) / deviation)[None],
            shifts=shifts,
            split=split,
            overlap=overlap,
            segment=segment_s,
        )
    return found[0] * deviation + mean


@contextmanager
def _python_random(seed: int) -> Iterator[None]:
    """Let Python's own generator begin at a seed inside the block, and go on as before after it.

    The package draws from it, in transformers too, and takes no generator.
    """
    with _DRAWING:
        before = random.getstate()
        random.setstate(random.Random(seed).getstate())  # noqa: S311 - shifts are no secret
        try:
            yield
        finally:
            random.setstate(before)


def _fraction(value: object) -> object:
    """A fraction, such as the length of HT Demucs' segments in seconds; all else as it is."""
    if isinstance(value, Mapping) and value.get("_type") == "fraction":
        value = f"{value.get('numerator')}/{value.get('denominator')}"
    if isinstance(value, str) and re.fullmatch(r"\d+/[1-9]\d*", value):
        return Fraction(value)
    return value


def _package(module: str) -> Any:  # noqa: ANN401 - a module without annotations
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        message = f"{module} cannot be imported ({error}); run: pip install 'sepeval[demucs]'"
        raise DependencyError(message) from error
