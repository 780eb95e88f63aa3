"""What stands inside metrics of spectra: which bins are counted, and whose norm is below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from pydantic import JsonValue

from sepeval.audits.base import Finding, Runs, audit
from sepeval.protocol import Protocol
from sepeval.what_if import cases, changed_metrics, part

_LEAST = 0.05  # points, or what else the unit is


@audit("one_sided_means", of="runs", pitfalls=("P39",))
def one_sided_means(runs: Runs) -> Iterator[Finding]:
    """Does a mean run over the bins alone that differ in one direction?

    `bleedless` and `fullness` divide by the number of bins that are louder, or softer, so that a
    few bins count like all. The sums and both numbers are stored.
    """
    yield from _exchanged(
        runs,
        "one_sided_means",
        "mean_over",
        {"one_sided_bins": "all_bins", "all_bins": "one_sided_bins"},
        "Means run over {0}; over {1}, {words}",
        "say which bins a mean counts; show how many bins differ",
    )


@audit("exchanged_arguments", of="runs", pitfalls=("P38",))
def exchanged_arguments(runs: Runs) -> Iterator[Finding]:
    """Whose norm is below a spectral convergence, the reference's or the estimate's?

    A program that hands the two over in the other order normalises by the estimate, so that a
    louder estimate scores better. The norms of both are stored.
    """
    yield from _exchanged(
        runs,
        "exchanged_arguments",
        "normalised_by",
        {"estimate": "reference", "reference": "estimate"},
        "The convergence is normalised by the {0}; by the {1}, {words}",
        "state whose norm it is; the definition has the reference's",
    )


def _exchanged(
    runs: Runs, name: str, parameter: str, other: Mapping[str, str], message: str, way_out: str
) -> Iterator[Finding]:
    """Yield what moves when a parameter of some metrics has its other value."""

    def change(parameters: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        return {**parameters, parameter: other[str(parameters[parameter])]}

    for case in cases(runs.runs, partial(_having, parameter=parameter)):
        comparison = case.under(changed_metrics(case.protocol, change))
        if comparison is None or (comparison.effect < _LEAST and not comparison.turns):
            continue
        is_now = str(case.protocol.metrics[0].parameters[parameter])
        told = [one.replace("_", " ") for one in (is_now, other[is_now])]
        yield Finding(
            audit=name,
            severity="warning" if comparison.turns else "note",
            subject=runs.name,
            where=case.board.title,
            message=message.format(*told, words=comparison.words),
            way_out=way_out,
            **comparison.facts(),
        )


def _having(protocol: Protocol, *, parameter: str) -> Protocol | None:
    return part(protocol, {one.name for one in protocol.metrics if parameter in one.parameters})
