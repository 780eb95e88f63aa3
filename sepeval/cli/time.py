"""The command that times separators: time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from sepeval.cli import build, options
from sepeval.cli.console import say, show

if TYPE_CHECKING:
    from sepeval.store import Run
    from sepeval.timing import Subject

_PUBLISHED: Mapping[str, str] = {"source": "DiCoSe v2 (arXiv:2412.06965, revised), Table 3"}


def time(
    separator: Annotated[
        list[str],
        typer.Argument(help="Name, with settings of its own: dicose-unet,kind=consistency,steps=2"),
    ],
    protocol: Annotated[
        str, typer.Option("--protocol", "-p", help="Name or path of a timing protocol.")
    ] = "timing-fp32",
    setting: Annotated[
        list[str],
        typer.Option("--setting", "-S", help="key=value for all; checkpoint=random needs no file."),
    ] = [],  # noqa: B006 - typer copies it
    rate: Annotated[
        int | None, typer.Option(min=1, help="In Hz, for a separator without a network.")
    ] = None,
    channels: Annotated[int | None, typer.Option(min=1, help="Likewise.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of timings.")] = Path(
        "timings"
    ),
    scratch: Annotated[
        Path | None, typer.Option(help="Where random weights are written for the while.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Time separators side by side under a timing protocol, and print the table."""
    from sepeval.report.timing_tables import timing_table
    from sepeval.timing import load, time_separators

    chosen = load(protocol)
    shared = build.settings(setting, option="--setting")
    with TemporaryDirectory(dir=scratch, prefix="sepeval-") as folder:
        subjects = [
            _subject(text, shared, Path(folder), rate=rate, channels=channels) for text in separator
        ]
        made = time_separators(_distinct(subjects), chosen, root=output, told=say)
    found = timing_table([made])
    show(found.as_json() if json else found.as_text())
    say(str(made.folder))


def tables(paths: Sequence[Path], *, kind: str, mixed: bool, published: Sequence[str]) -> list[str]:
    """Return the tables of runs of timings, one per timing protocol, as `table --timing` asks.

    Without a filter the published times of DiCoSe's second version stand below.

    Raises:
        SepevalError: there is no such format, run, or published number.
    """
    from sepeval.errors import SepevalError
    from sepeval.report.timing_tables import by_protocol, timing_table
    from sepeval.timing import find

    if kind not in ("text", "markdown", "csv", "json"):
        message = f"times have the formats text, markdown, csv and json; found {kind!r}"
        raise SepevalError(message)
    filters = build.settings(published, option="--published") or _PUBLISHED
    return [
        str(getattr(timing_table(own, mixed=mixed, published=filters), f"as_{kind}")())
        for own in by_protocol(find(paths))
    ]


def plots(
    groups: Mapping[str, Sequence[Run]],
    paths: Sequence[Path],
    *,
    metric: str,
    folder: Path,
    mixed: bool,
) -> list[Path]:
    """Draw the scores of runs over the times of the same separators, and return the files.

    Args:
        groups: runs by the protocol that they are scored under.
        paths: of runs of timings.
        metric: name of a score; the first of the protocol if it is empty.
        folder: of the figures.
        mixed: accept times of several machines.

    Raises:
        StoreError: nothing was both scored and timed.
    """
    from sepeval.report.timing_plots import plot_timing
    from sepeval.timing import find

    timings = find(paths)
    return [
        path
        for name, runs in groups.items()
        for path in plot_timing(runs, name, timings, metric=metric, folder=folder, mixed=mixed)
    ]


def _subject(
    text: str, shared: dict[str, str], folder: Path, *, rate: int | None, channels: int | None
) -> Subject:
    """Return what a word of the command line names; random weights are written first."""
    from sepeval.errors import SepevalError
    from sepeval.separators.base import SEPARATORS, Separator
    from sepeval.timing import Subject
    from sepeval.timing.weights import RANDOM, card_named, random_checkpoint

    name, _, own = text.partition(",")
    pairs = [pair for pair in own.split(",") if pair]
    given = {**shared, **build.settings(pairs, option=f"separator {name!r}")}
    checkpoint = given.get("checkpoint", "")
    is_random = checkpoint.partition(":")[0] == RANDOM
    if is_random:
        SEPARATORS.get(name)  # a wrong name is told before a missing card
        card = card_named(checkpoint, name)
        say(f"{text}: drawing random weights")
        path = random_checkpoint(card, given.get("kind", "deterministic"), folder)
        given = {**given, "checkpoint": str(path)}
    found = build.separator(name, given, ())
    if not isinstance(found, Separator):
        message = (
            f"{name!r} hears no mixture, so there is nothing to time; see `sepeval separators`"
        )
        raise SepevalError(message)
    shown = ", ".join([name, *(pair for pair in pairs if pair != f"checkpoint={RANDOM}")])
    return Subject(shown, found, "random" if is_random else "loaded", rate, channels)


def _distinct(subjects: Sequence[Subject]) -> list[Subject]:
    """Return the subjects; two of one name are refused.

    Raises:
        SepevalError: a separator is named twice.
    """
    from sepeval.errors import SepevalError

    names = [one.name for one in subjects]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SepevalError(f"{twice[0]!r} is named twice; an arm is timed often enough by itself")
    return list(subjects)
