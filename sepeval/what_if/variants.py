"""Protocols that differ in one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from sepeval.protocol import Protocol, Summary


def changed_silence(protocol: Protocol, **fields: object) -> Protocol:
    """Return a protocol with other fields in its silence rule."""
    return protocol.model_copy(update={"silence": protocol.silence.model_copy(update=fields)})


def changed_metrics(
    protocol: Protocol,
    change: Callable[[Mapping[str, JsonValue]], Mapping[str, JsonValue]],
) -> Protocol:
    """Return a protocol whose metrics have other parameters.

    Args:
        protocol: as it is.
        change: returns the parameters of a metric, changed or not.
    """
    metrics = [
        entry.model_copy(update={"parameters": dict(change(entry.parameters))})
        for entry in protocol.metrics
    ]
    return protocol.model_copy(update={"metrics": metrics})


def changed_summaries(protocol: Protocol, change: Callable[[Summary], Summary]) -> Protocol:
    """Return a protocol whose reductions are changed; their names stay."""
    return protocol.model_copy(update={"summaries": [change(one) for one in protocol.summaries]})
