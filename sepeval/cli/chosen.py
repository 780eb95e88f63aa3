"""Which runs, protocols and scores of what was found a command shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sepeval.cli.console import say

if TYPE_CHECKING:
    from sepeval.protocol import Protocol
    from sepeval.store import Run


def under(runs: Sequence[Run], paths: Sequence[Path], protocol: str) -> Sequence[Run]:
    """Return the runs that have scores under a protocol; those left out are told.

    Only a run that stands in a folder of runs is left out. One that was named itself stays, so
    that it is refused; so do all where none has scores under it.

    Args:
        runs: that were found.
        paths: in which they were found.
        protocol: id or name.
    """
    named = {path.resolve() for path in paths}
    without = [
        run
        for run in runs
        if run.folder.resolve() not in named
        and not any(protocol in (own, own.rpartition(".v")[0]) for own in run.manifest.protocols)
    ]
    if not without or len(without) == len(runs):
        return runs
    names = ", ".join(run.manifest.label for run in without)
    say(f"no scores under {protocol}, so left out: {names}")
    return [run for run in runs if run not in without]


def words(names: Sequence[str]) -> list[str]:
    """Return names of protocols; a path stands for the id of the protocol in that file."""
    from sepeval.protocol import load

    words = [word for name in names for word in name.split(",") if word]
    return [load(word).id if word.endswith((".yaml", ".yml")) else word for word in words]


def groups(
    runs: Sequence[Run], paths: Sequence[Path], names: Sequence[str]
) -> Mapping[str, Sequence[Run]]:
    """Return the protocols asked for, or all there are, each with the runs that are shown under it.

    Raises:
        StoreError: a protocol was asked for and no run has scores under it, or none has any.
    """
    from sepeval.errors import StoreError
    from sepeval.results import by_protocol

    for run in runs:
        if run.manifest.status != "complete":
            say(f"{run.folder}: is not complete; run the command that makes it again to finish it")
    if not names:
        found = by_protocol(runs)
        if not found:
            raise StoreError("none of these runs has scores yet")
        return found
    kept = [under(runs, paths, word) for word in words(names)]
    return {own[0].protocol(word).id: own for own, word in zip(kept, words(names), strict=True)}


def metrics_of(protocol: Protocol) -> list[str]:
    """Return the scores that a protocol's tables show."""
    return list(dict.fromkeys(name for summary in protocol.summaries for name in summary.metrics))


def with_metric(
    metrics: Mapping[str, list[str]], metric: str, *, everywhere: bool
) -> dict[str, list[str]]:
    """Return the protocols that have a metric, with that metric alone.

    Raises:
        UnknownNameError: none has it, or, where it is asked for everywhere, one has it not.
    """
    from sepeval.errors import UnknownNameError
    from sepeval.registry import nearest

    without = [name for name, own in metrics.items() if metric not in own]
    if without and (everywhere or len(without) == len(metrics)):
        known = dict.fromkeys(one for name in without for one in metrics[name])
        message = f"{', '.join(without)} has no metric {metric!r}; {nearest(metric, known)}"
        raise UnknownNameError(message)
    return {name: [metric] for name in metrics if name not in without}
