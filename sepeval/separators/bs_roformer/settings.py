"""What the published evaluations used: sampling, and the way over a track."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from sepeval.diffusion.sampling import Sampling, chosen
from sepeval.errors import SeparatorError

NAME = "bs-roformer"
Kind: TypeAlias = Literal["deterministic", "stacked", "diffusion", "consistency"]
Stitching: TypeAlias = Literal["dicose", "msst"]

STITCHING: Mapping[str, Mapping[str, Any]] = {
    # consecutive segments, the last one filled up with zeros
    "dicose": {"chunk": 485100, "overlap": 0, "window": "none", "tail": "pad", "border": "none"},
    # num_overlap 2, and fades over a tenth of a chunk
    "msst": {
        "chunk": 485100,
        "overlap": 242550,
        "window": "msst",
        "tail": "msst",
        "border": "reflect",
    },
}
_SIGMA_DATA = 0.06  # of the published refiners, for files that do not say
_LEVELS = {"sigma_min": 1e-4, "rho": 9.0}
_RELEASED: Mapping[str, Mapping[str, Any]] = {  # the settings of the released evaluation
    "diffusion": {
        **_LEVELS,
        "sampler": "euler",
        "steps": 3,
        "resamples": 1,
        "s_churn": 1.0,
        "sigma_max": 0.002,
    },
    "consistency": {**_LEVELS, "sampler": "multistep_released", "steps": 1},
}
_SIGMA_MAX = {1: 0.003934, 2: 0.004391}  # of the consistency model, by steps


def stitched(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with those that a published stitching stands for.

    Raises:
        SeparatorError: one of them is given otherwise.
    """
    settings = dict(given)
    name = str(settings.get("stitching"))
    for key, value in STITCHING.get(name, {}).items():
        if str(settings.setdefault(key, value)) != str(value):  # the command line gives texts
            message = (
                f"{NAME}: stitching {name!r} has {key} {value!r}; found {settings[key]!r}. "
                "Give either the name or the settings"
            )
            raise SeparatorError(message)
    return settings


def sampling_of(
    kind: Kind, given: Mapping[str, Any], *, sigma_data: float | None
) -> Sampling | None:
    """Return how a kind samples, every number spelled out; None for the kinds that do not.

    Args:
        kind: of the separator.
        given: by the names of `Sampling`; None stands for the published value.
        sigma_data: what the checkpoint says.

    Raises:
        SeparatorError: the settings do not fit the kind or each other.
    """
    published = {**_RELEASED.get(kind, {}), "sigma_data": sigma_data or _SIGMA_DATA}
    try:
        return chosen(kind, given, published, sigma_max=_SIGMA_MAX)
    except SeparatorError as error:
        raise SeparatorError(f"{NAME}: {error}") from error
