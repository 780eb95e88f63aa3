"""Demucs, Hybrid Demucs and Hybrid Transformer Demucs, through the package `demucs`.

The package computes; its loaders are not used, because they unpickle files and call whatever class
a file names. Weights are read here without running code of theirs, and the class is one of three.

    955717e8-8726e21a.th    one model, as published; also without the checksum in its name
    955717e8.safetensors    one model, as published on the Hub
    htdemucs_ft.yaml        a bag: names of models that lie beside it, and their weights per stem
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.separators.base import SEPARATORS, Plain
from sepeval.separators.network import Model, NetworkSeparator, weights_digest
from sepeval.texts import read_yaml

if TYPE_CHECKING:
    from torch import Tensor, nn

_LARGEST = 1e6  # of a weight, and of seconds
PUBLISHED = ("hdemucs_mmi", "htdemucs", "htdemucs_6s", "htdemucs_ft", "mdx", "mdx_extra")  # bags


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("demucs")
class Demucs(NetworkSeparator):
    """Demucs v2, v3 and v4, as `demucs.api.Separator` applies them.

    The mixture is taken whole, unless `chunk` says otherwise: mean and standard deviation of the
    mono mixture are taken out, shifts and segments are the package's own, and what was taken out
    comes back. `nfe` counts the passes over the mixture: models in the bag times shifts.

        -s demucs -S checkpoint=htdemucs -S shifts=1

    Attributes:
        checkpoint: a `.th`, a `.safetensors`, a bag's YAML, or the name of a published bag, which
            stands for `hf://adefossez/<its repository>@main/<name>.yaml`.
        shifts: passes over randomly shifted copies, whose estimates are averaged; 0: one pass,
            not shifted.
        split: whether the mixture is cut into segments that are joined under a triangle. Without
            it the whole mixture goes through the network at once, which is not what HT Demucs was
            trained on.
        segment_s: seconds in such a segment; None: as the model says.
        segment_overlap: share of a segment that two neighbours have in common.
    """

    summary: ClassVar[str] = "Demucs v2, Hybrid Demucs, HT Demucs (extra `demucs`)"
    shifts: Annotated[int, Field(ge=0)] = 1
    split: bool = True
    segment_s: Annotated[float, Field(gt=0)] | None = None
    segment_overlap: Annotated[float, Field(ge=0, lt=1)] = 0.25

    @field_validator("checkpoint")
    @classmethod
    def _published_name(cls, checkpoint: str) -> str:
        if checkpoint not in PUBLISHED or Path(checkpoint).exists():
            return checkpoint
        kind = "HTDemucs" if checkpoint.startswith("htdemucs") else "Demucs"
        rest = checkpoint.removeprefix("htdemucs").removeprefix("_")
        repository = f"{kind}-{rest}" if rest else kind
        return f"hf://adefossez/{repository}@main/{checkpoint}.yaml"

    @property
    def is_stochastic(self) -> bool:
        """Whether copies are shifted at random."""
        return self.shifts > 0

    @property
    def _name(self) -> str:
        return "demucs"

    def _settings(self) -> Mapping[str, Plain]:
        return {
            "models_sha256": list(self._digests()[1:]),
            "shifts": self.shifts,
            "split": self.split,
            "segment_s": self.segment_s,
            "segment_overlap": self.segment_overlap,
        }

    def _model(self) -> Model:
        import torch

        from sepeval.networks.demucs_package import applied

        network = _loaded(self.checkpoint, self._digests(), self.device)
        longest = getattr(network, "max_allowed_segment", float("inf"))
        if self.segment_s is not None and self.segment_s > longest:
            message = (
                f"demucs: segments of {self.segment_s} s are longer than the {float(longest):g} s "
                "that HT Demucs can take; choose a smaller segment_s"
            )
            raise SeparatorError(message)

        def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
            try:
                found = [
                    applied(
                        network,
                        mixture,
                        seed=seed if self.shifts else 0,
                        shifts=self.shifts,
                        split=self.split,
                        overlap=self.segment_overlap,
                        segment_s=self.segment_s,
                    )
                    for mixture, seed in zip(chunks, seeds, strict=True)
                ]
            except ValueError as error:  # HT Demucs refuses more than its segment without `split`
                raise SeparatorError(f"demucs: {error}; say split=true, or a chunk") from error
            return torch.stack(found)

        return Model(
            stems=tuple(network.sources),
            rate=int(network.samplerate),
            channels=int(network.audio_channels),
            segment=None,
            function=function,
            nfe=len(network.models) * max(self.shifts, 1),
            parts={f"model {place}": one for place, one in enumerate(network.models, start=1)},
        )

    def _digests(self) -> tuple[str, ...]:
        """Digests of the checkpoint itself, and of each model."""
        models = (_digest(path) for path in _bag(self.checkpoint).models)
        return (weights_digest(self.checkpoint), *models)


class _Bag(NamedTuple):
    """The files of a bag; a single model is a bag of one."""

    models: tuple[Path, ...]
    weights: list[list[float]] | None  # [model stem]; None: all alike
    segment_s: float | None


@functools.lru_cache(maxsize=1)
def _loaded(checkpoint: str, digests: tuple[str, ...], device: str) -> Any:  # noqa: ANN401, ARG001 - a class of demucs; the digests are part of the key
    """The bag, on the device."""
    from sepeval.networks.demucs_package import bag

    files = _bag(checkpoint)
    models: list[Any] = [_network(path) for path in files.models]
    first = models[0]
    for path, model in zip(files.models, models, strict=True):
        for name in ("sources", "samplerate", "audio_channels"):
            if getattr(model, name) != getattr(first, name):
                message = (
                    f"{path}: {name} is {getattr(model, name)}; that of {files.models[0].name} is "
                    f"{getattr(first, name)}"
                )
                raise SeparatorError(message)
    if files.weights is not None and any(len(row) != len(first.sources) for row in files.weights):
        raise SeparatorError(f"{checkpoint}: needs one weight for each of {first.sources}")
    return bag(models, files.weights, files.segment_s).to(device)


def _network(path: Path) -> nn.Module:
    """One model, with its weights, on the CPU."""
    from sepeval.checkpoints import contents, read
    from sepeval.networks.demucs_package import CLASSES, built

    checkpoint = read(path)
    found = contents(checkpoint)
    if found.layout.separator != "demucs":
        message = (
            f"{path}: is {found.layout.name}; the separator for it is {found.layout.separator}"
        )
        raise SeparatorError(message)
    (network,) = found.networks.values()
    name, arguments, options = (network.hyper.get(key) for key in ("klass", "args", "kwargs"))
    if name not in CLASSES:
        message = (
            f"{path}: its class is {name!r}; known are {', '.join(CLASSES)}. A file of weights "
            "chooses among them, and nothing it names is called"
        )
        raise SeparatorError(message)
    if "structure" in checkpoint.hyper:
        raise SeparatorError(f"{path}: its weights are quantised, which is not read")
    if not isinstance(arguments, list) or not isinstance(options, dict):
        raise SeparatorError(f"{path}: does not say with which arguments its class is built")
    try:
        return built(str(name), arguments, options, network.tensors)
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise SeparatorError(f"{path}: {name} cannot be built as it says: {told:.300}") from error


def _bag(checkpoint: str) -> _Bag:
    """The files that a checkpoint stands for.

    Raises:
        SeparatorError: a file is missing, or the YAML is no bag.
    """
    from sepeval.checkpoints import resolve

    path = resolve(checkpoint)
    if path.suffix not in (".yaml", ".yml"):
        return _Bag((path,), None, None)
    return _of_yaml(path, checkpoint)


def _of_yaml(path: Path, checkpoint: str) -> _Bag:
    found = read_yaml(path, error=SeparatorError)
    document: dict[str, Any] = found if isinstance(found, dict) else {}  # values are checked below
    names = document.get("models")
    if not isinstance(names, list) or not all(re.fullmatch(r"\w+", str(one)) for one in names):
        raise SeparatorError(f"{path}: is no bag of models: it has no list `models` of their names")
    weights, segment = document.get("weights"), document.get("segment")
    if weights is not None and not _is_table(weights, rows=len(names)):
        message = f"{path}: weights must be {len(names)} lists of numbers, one list per model"
        raise SeparatorError(message)
    if segment is not None and not _is_number(segment):
        raise SeparatorError(f"{path}: segment must be seconds; found {segment!r:.60}")
    models = tuple(_beside(path, checkpoint, str(name)) for name in names)
    return _Bag(models, weights, None if segment is None else float(segment))


def _is_table(weights: object, *, rows: int) -> bool:
    return (
        isinstance(weights, list)
        and len(weights) == rows
        and all(isinstance(row, list) for row in weights)
        and all(_is_number(value) for row in weights for value in row)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < _LARGEST


def _beside(bag: Path, checkpoint: str, name: str) -> Path:
    """The file of one model of a bag."""
    from sepeval.checkpoints import resolve

    if checkpoint.startswith("hf://"):
        return resolve(f"{checkpoint.rpartition('/')[0]}/{name}.safetensors")
    patterns = (f"{name}.th", f"{name}-*.th", f"{name}.safetensors")
    found = [path for pattern in patterns for path in sorted(bag.parent.glob(pattern))]
    if len(found) != 1:
        message = (
            f"{bag}: expected one of {', '.join(patterns)} beside it; "
            f"found {', '.join(path.name for path in found) or 'none'}"
        )
        raise SeparatorError(message)
    return found[0]


def _digest(path: Path) -> str:
    from sepeval.checkpoints import sha256_of

    return sha256_of(path)
