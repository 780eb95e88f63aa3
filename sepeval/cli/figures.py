"""Which figures `sepeval plot` draws: options, and the call that makes each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from sepeval.store import Run

KindName: TypeAlias = Literal[
    "tracks",
    "silence",
    "scatter",
    "time",
    "quality",
    "protocols",
    "differences",
    "ranks",
]
Kind = Annotated[KindName | None, typer.Option(help="Of figures; tracks and silence if left out.")]
Width = Annotated[
    Literal["page", "one", "two"],
    typer.Option(help="A page, or one or two columns of a paper (3.35 or 6.9 inches)."),
]
Track = Annotated[str, typer.Option(help="Id of the track that `--kind time` shows.")]
Baseline = Annotated[
    str, typer.Option(help="System that scatter and differences hold the others against.")
]
Stem = Annotated[str, typer.Option(help="Whose numbers `--kind protocols` shows.")]


@dataclass(frozen=True)
class Asked:
    """What a user asks of figures.

    Attributes:
        kind: of figures; None for tracks and silence.
        folder: where they go.
        width: of a figure.
        track: id of one track, for `time`.
        baseline: name of a system, for `scatter` and `differences`.
        stem: whose numbers `protocols` shows.
        mixed: whether runs on other data are accepted.
    """

    kind: KindName | None
    folder: Path
    width: Literal["page", "one", "two"]
    track: str
    baseline: str
    stem: str
    mixed: bool


def across(asked: Asked, runs: Sequence[Run], names: Sequence[str], metric: str) -> list[Path]:
    """Write the figure that shows several protocols, and return its paths.

    Args:
        asked: of kind `protocols`, or `scatter` of one run.
        runs: that are shown.
        names: of protocols; none for all.
        metric: name of a score; of a scatter two may be given, separated by a comma.

    Raises:
        SepevalError: a scatter of one run is not given two protocols.
    """
    from sepeval.errors import SepevalError
    from sepeval.report.figures.kinds import plot_against
    from sepeval.report.figures.rosetta import plot_protocols

    if asked.kind == "protocols":
        return plot_protocols(
            runs,
            names,
            metric=metric,
            stem=asked.stem,
            folder=asked.folder,
            mixed=asked.mixed,
            width=asked.width,
        )
    metrics = metric.split(",") if "," in metric else [metric, metric]
    if len(names) != 2 or len(metrics) != 2:
        message = (
            "a scatter takes two systems, or one system and two protocols "
            f"(--protocol A,B); found one system and {len(names) or 'no'} protocols"
        )
        raise SepevalError(message)
    return plot_against(
        runs[0],
        (names[0], names[1]),
        metrics=(metrics[0], metrics[1]),
        folder=asked.folder,
        width=asked.width,
    )


def within(
    asked: Asked, groups: Mapping[str, Sequence[Run]], metrics: Mapping[str, Sequence[str]]
) -> list[Path]:
    """Write the figures of each protocol and score, and return their paths.

    Args:
        asked: of any kind but `protocols`.
        groups: runs by protocol.
        metrics: scores by protocol.

    Raises:
        SepevalError: `time` is asked for without a track.
    """
    from sepeval.errors import SepevalError
    from sepeval.report import plot

    if asked.kind == "time" and not asked.track:
        ids = [track.id for track in next(iter(groups.values()))[0].manifest.tracks]
        raise SepevalError(f"--kind time shows one track: name it with --track, such as {ids[0]!r}")
    if asked.kind == "protocols":
        raise SepevalError("--kind protocols shows several protocols at once")
    return [
        path
        for name, own in metrics.items()
        for one in own
        for path in plot(
            groups[name],
            name,
            metric=one,
            folder=asked.folder,
            mixed=asked.mixed,
            kinds=(asked.kind,) if asked.kind else ("tracks", "silence"),
            width=asked.width,
            track=asked.track,
            baseline=asked.baseline,
        )
    ]
