"""Protocol documents for tests: one that is valid, and changes to it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sepeval.protocol import Protocol

NO_EPS: dict[str, float] = {"target": 0, "error": 0, "ratio": 0}
NO_SCALED_EPS: dict[str, Any] = {"scale": 0, "scale_counts": "once", **NO_EPS}
WHOLE: dict[str, Any] = {"kind": "whole"}
LEAVE_OUT = {"reference": "leave_out", "estimate": "leave_out", "other": "leave_out"}


def sliding(
    length_s: float, hop_s: float, *, tail: str = "partial", shorter: str = "as_tail"
) -> dict[str, Any]:
    """Return the part `windows` of a document."""
    return {
        "kind": "sliding",
        "length_s": length_s,
        "hop_s": hop_s,
        "tail": tail,
        "shorter": shorter,
    }


def silence(
    rule: str, threshold: float | None = None, *, min_active: int = 0, **outcomes: str
) -> dict[str, Any]:
    """Return the part `silence` of a document; what is not named is scored."""
    scored = {"reference": "score", "estimate": "score", "other": "score", "mask": "own"}
    return {"rule": rule, "threshold": threshold, "min_active": min_active, **scored, **outcomes}


def sdr(name: str = "sdr", **changes: object) -> dict[str, Any]:
    """Return an entry for the plain SDR without eps."""
    parameters = {
        "eps": NO_EPS,
        "zero_mean": False,
        "channels": "each_then_mean",
        "precision": "float64",
    }
    entry = {"name": name, "metric": "sdr", "where": "every_window"}
    return {**entry, "parameters": {**parameters, **changes}}


def si_sdr(name: str = "si_sdr", metric: str = "si_sdr", **changes: object) -> dict[str, Any]:
    """Return an entry for the scale-invariant SDR, or its improvement, without eps."""
    entry = sdr(name, **{"eps": NO_SCALED_EPS, **changes})
    return {**entry, "metric": metric}


def scaled_eps(eps: float, *, ratio: float = 0, scale_counts: str = "once") -> dict[str, Any]:
    """Return stabilisers that are equal wherever an energy is stabilised."""
    return {
        "scale": eps,
        "scale_counts": scale_counts,
        "target": eps,
        "error": eps,
        "ratio": ratio,
    }


def plain_eps(eps: float) -> dict[str, float]:
    """Return equal stabilisers of target and error."""
    return {"target": eps, "error": eps, "ratio": 0}


def document(*stems: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a document
    """Return a valid document: whole track, nothing left out, plain SDR.

    Args:
        stems: what is scored; `a` and `b` if none is named.
        changes: parts of the document that are replaced. `metrics` also names the summary's.
    """
    names = stems or ("a", "b")
    whole: dict[str, Any] = {
        "name": "made-up",
        "version": 1,
        "title": "a protocol of a test",
        "sources": ["nowhere"],
        "stems": {stem: [stem] for stem in names},
        "audio": {
            "rate": "native",
            "resampler": "none",
            "channels": "any",
            "mixture": "sum",
            "references": {"tolerance_s": 0, "rule": "cut"},
            "estimates": {"tolerance_s": 0, "rule": "cut"},
            "multiple_of": None,
            "missing": "silent",
        },
        "segments": None,
        "windows": WHOLE,
        "silence": silence("zero"),
        "metrics": [sdr()],
    }
    whole.update(changes)
    whole.setdefault(
        "summaries",
        [
            {
                "name": "mean",
                "metrics": [entry["name"] for entry in whole["metrics"]],
                "steps": [{"over": ["window", "track", "replicate"], "by": "mean"}],
                "all_stems": list(whole["stems"]),
                "all_by": "mean",
                "infinite": "keep",
            }
        ],
    )
    return deepcopy(whole)


def protocol(*stems: str, **changes: Any) -> Protocol:  # noqa: ANN401 - any part of a document
    """Return the protocol of `document`."""
    return Protocol.model_validate(document(*stems, **changes))
