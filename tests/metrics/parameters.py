"""Every registered metric with parameters that are made up from the types of its fields.

A metric whose fields do not tell enough has its parameters in `EXAMPLES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sepeval.metrics.base import METRICS, Metric

_FRAMES = {"window": "hann", "ends": "reflect"}
_TRANSFORM = {"fft": 64, "hop": 16, "window": 64}
_BANDS: dict[str, Any] = {"mel_bands": 8, "rate": {"hz": 1000, "other": "refuse"}}
_DISTANCE: dict[str, Any] = {
    **_FRAMES,
    "channels": "each_then_mean",
    "resolutions": [_TRANSFORM],
    "weights": {"convergence": 1.0, "log": 1.0, "linear": 0.5},
    "normalised_by": "reference",
    "floor": 1e-8,
    "mel_bands": None,
    "a_weighting_taps": None,
    "rate": None,
}
_BLEED = {**_FRAMES, **_BANDS, "fft": 64, "hop": 16, "floor": 1e-5, "range_db": 80.0}
_WMSE = {
    "mixture_level": "own_channel",
    "weighting": "none",
    "rate": None,
    "inaudible_db": 68.0,
    "mixture_eps": 1e-8,
    "eps": 1e-8,
}
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "mrstft": [
        _DISTANCE,
        {**_DISTANCE, **_BANDS, "channels": "flattened"},
        {**_DISTANCE, "resolutions": [_TRANSFORM, {"fft": 128, "hop": 50, "window": 100}]},
    ],
    "aura_stft": [{**_DISTANCE, "slope": 10.0}],
    "aura_mrstft": [{**_DISTANCE, "slope": 10.0, "normalised_by": "estimate"}],
    "l1_freq": [
        {**_FRAMES, "fft": 64, "hop": 16, "channels": rule, "slope": 10.0}
        for rule in ("each_then_mean", "flattened")
    ],
    "log_wmse": [
        _WMSE,
        {**_WMSE, "mixture_level": "every_channel"},
        {**_WMSE, "weighting": "hearing", "rate": {"hz": 44100, "other": "as_if"}},
    ],
    "embedding_mse": [
        {
            "encoder": "tests.metrics.encoders:frames",
            "rate": 700,
            "resampler": "torchaudio_hann",
            "channels": rule,
        }
        for rule in ("downmixed", "each_then_mean")
    ],
    "bleedless": [{**_BLEED, "mean_over": over} for over in ("one_sided_bins", "all_bins")],
    "fullness": [{**_BLEED, "mean_over": over} for over in ("one_sided_bins", "all_bins")],
}


class Case(NamedTuple):
    """A metric with parameters."""

    name: str
    parameters: dict[str, Any]

    @property
    def kind(self) -> type[Metric]:
        return METRICS.get(self.name)

    @property
    def has_eps(self) -> bool:
        return any(isinstance(one, float) and one > 0 for one in leaves(self.parameters))


def leaves(value: object) -> Iterator[object]:
    for one in value.values() if isinstance(value, dict) else ():
        yield from leaves(one) if isinstance(one, dict) else [one]


def choices(name: str, field: FieldInfo) -> list[Any]:
    """Values for a field, the plainest first."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if kind is bool:
        return [False, True]
    if kind is float:
        return [0, 1e-8]
    if kind is int:
        return [4]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return variations(kind)
    raise NotImplementedError(f"the values of {name} cannot be made up")


def variations(kind: type[BaseModel]) -> list[dict[str, Any]]:
    """The plainest parameters, then each other choice of one field."""
    fields = {name: choices(name, field) for name, field in kind.model_fields.items()}
    plain = {name: found[0] for name, found in fields.items()}
    others = [{**plain, name: one} for name, found in fields.items() for one in found[1:]]
    return [plain, *others]


def cases() -> list[Case]:
    """Every metric whose parameters are known, with each of them."""
    found = []
    for name in METRICS.names():
        with suppress(NotImplementedError):
            known = EXAMPLES.get(name) or variations(METRICS.get(name))
            found += [Case(name, parameters) for parameters in known]
    return found
