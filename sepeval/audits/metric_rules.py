"""What stands inside a metric: eps, precision, means, channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from pydantic import JsonValue

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.undoing import whole_tracks
from sepeval.protocol import Protocol
from sepeval.what_if import Case, Comparison, cases, changed_metrics, scores, strongest

Parameters = Mapping[str, JsonValue]
_LEAST_DB = 0.05
_MOVED_DB = 0.1  # a score that moves by more is decided by its eps
_SINGLE, _DOUBLE = 1.1920928955078125e-07, 2.220446049250313e-16  # eps of torchmetrics, by dtype
_OFFSET = 1e-3  # full scale at 1: -60 dBFS
_RULES = ("each_then_mean", "energies_summed", "flattened", "downmixed")


@audit("eps", of="runs", pitfalls=("P4", "P27"))
def eps(runs: Runs) -> Iterator[Finding]:
    """How much of a number is decided by eps, and by where it is added?"""
    for case in cases(runs.runs):
        variants = {
            "a hundred times larger": _scaled(case.protocol, 100.0),
            "a hundred times smaller": _scaled(case.protocol, 0.01),
            "added to the gain once per sample": _per_sample(case.protocol),
        }
        yield from _strongest(
            runs,
            case,
            "eps",
            variants,
            "With eps {name}, {words}",
            "state eps and its place; leave out windows whose score it decides",
            extra=_decided(case, variants["a hundred times larger"]),
        )


@audit("precision", of="runs", pitfalls=("P5",))
def precision(runs: Runs) -> Iterator[Finding]:
    """Does single precision, or the eps that follows from it, change a number?"""
    for case in cases(runs.runs):
        variants = {
            "energies rounded to float32": _with(case.protocol, "precision", "float32"),
            "energies in float64": _with(case.protocol, "precision", "float64"),
            "the eps of float32": _same_eps(case.protocol, _SINGLE),
            "the eps of float64": _same_eps(case.protocol, _DOUBLE),
        }
        yield from _strongest(
            runs,
            case,
            "precision",
            variants,
            "With {name}, {words}",
            "state the precision; take an eps that does not follow from it",
        )


@audit("mean_removal", of="runs", pitfalls=("P25",))
def mean_removal(runs: Runs) -> Iterator[Finding]:
    """Does a constant offset in a signal decide a number?"""
    for case in cases(runs.runs):
        offsets = _offsets(case)
        told = ""
        if offsets:
            most = offsets[0]
            told = (
                f". The largest offset that an estimate adds is {most['offset']:+.4f}, in "
                f"{most['stem']} of {most['track']} of {most['system']}"
            )
        variants = {
            "means removed": _with(case.protocol, "zero_mean", value=True),
            "means kept": _with(case.protocol, "zero_mean", value=False),
        }
        yield from _strongest(
            runs,
            case,
            "mean_removal",
            variants,
            "With {name}, {words}" + told.replace("{", "{{").replace("}", "}}"),
            "remove the offset from the audio, or state whether the metric does",
            beside=offsets,
        )


@audit("channel_rule", of="runs", pitfalls=("P23", "P24"))
def channel_rule(runs: Runs) -> Iterator[Finding]:
    """How much does a number depend on how channels are joined?"""
    for case in cases(runs.runs):
        variants = {
            f"channels {rule.replace('_', ' ')}": _with(case.protocol, "channels", rule)
            for rule in _RULES
        }
        yield from _strongest(
            runs,
            case,
            "channel_rule",
            variants,
            "With {name}, {words}",
            "state the rule; one gain per channel hides an error of balance",
        )


def _strongest(
    runs: Runs,
    case: Case,
    name: str,
    variants: Mapping[str, Protocol],
    message: str,
    way_out: str,
    *,
    extra: list[Mapping[str, Plain]] | None = None,
    beside: list[Mapping[str, Plain]] | None = None,
) -> Iterator[Finding]:
    """Yield the finding of the variant that moves the table most, if it moves."""
    found: dict[str, Comparison] = {}
    for told, variant in variants.items():
        comparison = None if variant == case.protocol else case.under(variant)
        if comparison is not None:
            found[told] = comparison
    most = strongest(found)
    if most is None or (most.effect < _LEAST_DB and not most.turns):
        return
    yield Finding(
        audit=name,
        severity="warning" if most.turns else "note",
        subject=runs.name,
        where=case.board.title,
        message=message.format(name=most.name, words=most.words),
        way_out=way_out,
        **most.facts([*(beside or []), *(extra or _all(found))]),
    )


def _all(found: Mapping[str, Comparison]) -> list[Mapping[str, Plain]]:
    return [
        {"variant": told, **row} for told, one in found.items() for row in one.facts()["evidence"]
    ]


def _offsets(case: Case) -> list[Mapping[str, Plain]]:
    """Return which estimates have a mean above -60 dBFS that their reference has not."""
    rows: list[Mapping[str, Plain]] = []
    for system, run in zip(case.board.names, case.board.runs, strict=True):
        for track in whole_tracks(run):
            count, gram = len(track.stems), track.statistics.gram[0, : track.statistics.channels]
            means = gram[:, : 2 * count, -1] / track.length
            added = means[:, count:] - means[:, :count]
            for place, stem in enumerate(track.stems):
                offset = float(added[np.argmax(np.abs(added[:, place])), place])
                if abs(offset) > _OFFSET:
                    rows.append(
                        {"system": system, "track": track.track, "stem": stem, "offset": offset}
                    )
    rows.sort(key=lambda row: -abs(float(str(row["offset"]))))
    return rows


def _with(protocol: Protocol, name: str, value: JsonValue) -> Protocol:
    """Return a protocol with another parameter in all metrics that have it."""
    return changed_metrics(protocol, lambda own: {**own, name: value} if name in own else own)


def _eps(protocol: Protocol, change: Callable[[Parameters], Parameters]) -> Protocol:
    def changed(own: Parameters) -> Parameters:
        found = own.get("eps")
        return {**own, "eps": dict(change(found))} if isinstance(found, dict) else own

    return changed_metrics(protocol, changed)


def _scaled(protocol: Protocol, factor: float) -> Protocol:
    return _eps(
        protocol,
        lambda own: {
            name: value * factor if isinstance(value, int | float) else value
            for name, value in own.items()
        },
    )


def _per_sample(protocol: Protocol) -> Protocol:
    return _eps(
        protocol, lambda own: {**own, "scale_counts": "per_sample"} if own.get("scale") else own
    )


def _same_eps(protocol: Protocol, value: float) -> Protocol:
    """Return a protocol with another eps wherever there is one that is not zero."""
    return _eps(
        protocol,
        lambda own: {
            name: value if isinstance(old, int | float) and old and name != "ratio" else old
            for name, old in own.items()
        },
    )


def _decided(case: Case, larger: Protocol) -> list[Mapping[str, Plain]]:
    """Return how many scores a larger eps moves, by system, metric and stem."""
    rows: list[Mapping[str, Plain]] = []
    if larger == case.protocol:
        return rows
    for system, key in case.systems.items():
        before, after = scores(key, case.protocol), scores(key, larger)
        values = before["value"].to_numpy(np.float64)
        moved = np.abs(after["value"].to_numpy(np.float64) - values) > _MOVED_DB
        known = before.assign(moved=moved)[np.isfinite(values)]
        for (metric, stem), own in known.groupby(["metric", "stem"], observed=True):
            rows.append(
                {
                    "system": system,
                    "metric": str(metric),
                    "stem": str(stem),
                    "scores": len(own),
                    "decided_by_eps": int(own["moved"].sum()),
                    "mean_of_decided": float(own["value"][own["moved"]].mean())
                    if own["moved"].any()
                    else None,
                }
            )
    rows.sort(key=lambda row: -int(str(row["decided_by_eps"])))
    return rows
