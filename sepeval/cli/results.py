"""Commands that read runs: rescore, table, plot, report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sepeval.cli import build, options
from sepeval.cli.console import say, show

if TYPE_CHECKING:
    from sepeval.publications import PublishedLine
    from sepeval.store import Run


def rescore(
    runs: options.Runs,
    protocol: options.Protocols,
    workers: options.Workers = 0,
    json: options.Json = False,
) -> None:
    """Score stored runs under other protocols, without audio."""
    from sepeval.report import table
    from sepeval.runner import rescore_all
    from sepeval.store import find_runs

    chosen = build.protocols(protocol)
    count = workers or os.cpu_count() or 1
    made = rescore_all(find_runs(runs), chosen, workers=count)
    tables = [table(made, one.id) for one in chosen]
    show(_joined([one.as_json() if json else one.as_text() for one in tables], json=json))


def table(
    runs: options.Runs,
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "markdown", "csv", "json", "html"], typer.Option(help="Of the table.")
    ] = "text",
    decimals: Annotated[int, typer.Option(min=0, max=9)] = 2,
    mixed: Annotated[bool, typer.Option(help="Accept runs on other data, and mark them.")] = False,
    published: Annotated[
        list[str],
        typer.Option(help="key=value: show published numbers below, such as model=TAK1; repeat."),
    ] = [],  # noqa: B006 - typer copies it
    json: options.Json = False,
) -> None:
    """Print systems x stems, one table per protocol."""
    from sepeval.report import table as make
    from sepeval.store import find_runs

    found = find_runs(runs)
    others = _published(published)
    texts = []
    for name in _protocols(found, protocol):
        one = make(found, name, decimals=decimals, mixed=mixed, published=others)
        kind = "json" if json else format
        texts.append(str(getattr(one, f"as_{kind}")()))
    show(_joined(texts, json=json or format == "json"))


def plot(
    runs: options.Runs,
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    metric: Annotated[str, typer.Option(help="Name of a score; all if left out.")] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of figures.")] = Path(
        "figures"
    ),
) -> None:
    """Draw the scores of runs: every track, and what silence contributes."""
    from sepeval.errors import UnknownNameError
    from sepeval.registry import nearest
    from sepeval.report import plot as make
    from sepeval.store import find_runs

    found = find_runs(runs)
    for name in _protocols(found, protocol):
        known = [entry.name for entry in found[0].protocol(name).metrics]
        if metric and metric not in known:
            raise UnknownNameError(f"{name} has no metric {metric!r}; {nearest(metric, known)}")
        for one in [metric] if metric else known:
            show("\n".join(str(path) for path in make(found, name, metric=one, folder=output)))


def report(
    runs: options.Runs,
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the page.")] = Path(
        "report"
    ),
) -> None:
    """Write a page with tables, figures and provenance, which opens from disk."""
    from sepeval.report import page
    from sepeval.store import find_runs

    found = find_runs(runs)
    names = _protocols(found, protocol)
    show(str(page(found, output, protocols=names)))
    say("open it in a browser; it needs no server and no network")


def explain(
    runs: options.Runs,
    protocols: Annotated[str, typer.Option(help="Two names or paths, separated by a comma.")],
    metrics: Annotated[str, typer.Option(help="Their scores; the first of each if left out.")] = "",
    stem: Annotated[str, typer.Option(help="Whose number is explained.")] = "All",
    json: options.Json = False,
) -> None:
    """Say step by step why two protocols give a run two numbers."""
    import dataclasses
    import json as codec

    from sepeval.errors import SepevalError
    from sepeval.explain import explain as make
    from sepeval.store import find_runs

    chosen = build.protocols([protocols])
    names = metrics.split(",") if metrics else ["", ""]
    if len(chosen) != 2 or len(names) != 2:
        message = f"explain takes two protocols and two metrics; found {protocols!r}, {metrics!r}"
        raise SepevalError(message)
    pair = (names[0], names[1])
    found = [make(run, *chosen, metrics=pair, stem=stem) for run in find_runs(runs)]
    if json:
        show(codec.dumps([dataclasses.asdict(one) for one in found], indent=1))
    else:
        show("\n\n".join(one.as_text() for one in found))


def _protocols(runs: Sequence[Run], names: Sequence[str]) -> tuple[str, ...]:
    """Return the ids asked for, or all that every run was scored under."""
    from sepeval.errors import StoreError

    if names:
        words = [word for name in names for word in name.split(",") if word]
        return tuple(dict.fromkeys(runs[0].protocol(word).id for word in words))
    shared = [
        name
        for name in runs[0].manifest.protocols
        if all(name in run.manifest.protocols for run in runs)
    ]
    if not shared:
        message = "these runs share no protocol; name one run, or score them with `sepeval rescore`"
        raise StoreError(message)
    return tuple(shared)


def _published(filters: Sequence[str]) -> tuple[PublishedLine, ...]:
    """Return the published lines that the filters name; none without a filter."""
    from sepeval.errors import UnknownNameError
    from sepeval.publications import lines, numbers

    if not filters:
        return ()
    wanted = build.settings(filters, option="--published")
    found = lines(numbers(**wanted))
    if not found:
        named = ", ".join(f"{key}={text}" for key, text in wanted.items())
        raise UnknownNameError(f"--published: no published number has {named}")
    return found


def _joined(texts: Sequence[str], *, json: bool) -> str:
    if json:
        return "[" + ",\n".join(text.rstrip() for text in texts) + "]"
    return "\n\n".join(text.rstrip("\n") for text in texts)
