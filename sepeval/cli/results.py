"""Commands that read runs: rescore, table, plot, report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sepeval.cli import build, chosen, figures, options
from sepeval.cli import time as times
from sepeval.cli.console import columns, say, show

if TYPE_CHECKING:
    from sepeval.publications import PublishedLine
    from sepeval.report.tables.scores import Table
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

    found = find_runs(runs)
    documents = build.servable(build.protocols(protocol), protocol, found)
    count = workers or os.cpu_count() or 1
    made = rescore_all(found, documents, workers=count)
    tables = [table(made, one.id) for one in documents]
    kind = "json" if json else "text"
    show(_joined([str(getattr(one, f"as_{kind}")()) for one in tables], kind=kind))


def table(
    runs: options.Runs,
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "markdown", "csv", "json", "html", "latex", "latex-input"],
        typer.Option(help="Of the table; latex compiles as it is, latex-input is for a paper."),
    ] = "text",
    decimals: Annotated[int, typer.Option(min=0, max=9)] = 2,
    mixed: options.Mixed = False,
    published: options.Published = [],  # noqa: B006 - typer copies it
    baseline: Annotated[
        str, typer.Option(help="Mark numbers that differ from this system's, tested over tracks.")
    ] = "",
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="All protocols of a run in one table.")
    ] = False,
    timing: Annotated[
        bool, typer.Option("--timing", help="The runs are of `sepeval time`: print their times.")
    ] = False,
    scores: Annotated[
        list[Path],
        typer.Option(help="With --timing: scored runs, whose numbers stand beside the times."),
    ] = [],  # noqa: B006 - typer copies it
    json: options.Json = False,
) -> None:
    """Print systems x stems, one table per protocol; or each run under all protocols."""
    from sepeval.errors import SepevalError
    from sepeval.report import table as make
    from sepeval.report.tables.literature import fitting
    from sepeval.store import find_runs

    kind = "json" if json else format
    if timing:
        times.refuse_of_scores(
            protocol, baseline=baseline, side_by_side=side_by_side, scores=scores
        )
        made = times.tables(
            runs,
            kind=kind,
            mixed=mixed,
            published=published,
            scores=scores,
            protocol=chosen.words(protocol),
        )
        show(_joined(made, kind=kind))
        return
    if scores:
        raise SepevalError("--scores stand beside times; add --timing, or name them as runs")
    found = find_runs(runs)
    if side_by_side:
        _refuse_beside(kind, published=published)
        show(_side_by_side(found, protocol, kind=kind, decimals=decimals))
        return
    groups = chosen.groups(found, runs, protocol)
    documents = [own[0].protocol(name) for name, own in groups.items()]
    others = fitting(documents, _published(published))
    tables = [
        make(own, name, decimals=decimals, mixed=mixed, published=fit, baseline=baseline)
        for (name, own), fit in zip(groups.items(), others, strict=True)
    ]
    if kind.startswith("latex"):
        one = _only(tables)
        show(one.as_latex(is_document=kind == "latex"))
        _tell_code_points(one)
        return
    show(_joined([str(getattr(one, f"as_{kind}")()) for one in tables], kind=kind))


def plot(
    runs: options.Runs,
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    metric: Annotated[str, typer.Option(help="Name of a score; all if left out.")] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of figures.")] = Path(
        "figures"
    ),
    mixed: options.Mixed = False,
    timing: Annotated[
        list[Path], typer.Option(help="Runs of `sepeval time`: draw the scores over their times.")
    ] = [],  # noqa: B006 - typer copies it
    kind: figures.Kind = None,
    width: figures.Width = "page",
    track: figures.Track = "",
    baseline: figures.Baseline = "",
    stem: figures.Stem = "All",
) -> None:
    """Draw the scores of runs: every track and what silence contributes, or another kind."""
    from sepeval.store import find_runs

    found = find_runs(runs)
    asked = figures.Asked(kind, output, width, track, baseline, stem, mixed)
    if timing:
        groups = chosen.groups(found, runs, protocol)
        paths = times.plots(groups, timing, metric=metric, asked=asked)
    elif kind == "protocols" or (kind == "scatter" and len(found) == 1):
        paths = figures.across(asked, found, chosen.words(protocol), metric)
    else:
        groups = chosen.groups(found, runs, protocol)
        metrics = {name: chosen.metrics_of(own[0].protocol(name)) for name, own in groups.items()}
        if metric:
            metrics = chosen.with_metric(metrics, metric, everywhere=bool(protocol))
        paths = figures.within(asked, groups, metrics)
    show("\n".join(str(path) for path in paths))


def report(
    runs: options.Runs,
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the report.")] = Path(
        "report"
    ),
    published: options.Published = [],  # noqa: B006 - typer copies it
    baseline: Annotated[
        str, typer.Option(help="System that the others are compared with; the first if left out.")
    ] = "",
    audio: Annotated[
        bool, typer.Option("--audio/--no-audio", help="Files to hear, where the audio is at hand.")
    ] = True,
    audits: Annotated[
        bool, typer.Option("--audits/--no-audits", help="Look for what the numbers hide.")
    ] = True,
    workers: options.Workers = 0,
) -> None:
    """Write a folder with tables, figures, findings and a page per track, which opens from disk."""
    from sepeval.report import page
    from sepeval.store import find_runs

    path = page(
        find_runs(runs),
        output,
        protocols=chosen.words(protocol) or None,
        published=_published(published),
        baseline=baseline,
        with_audio=audio,
        with_audits=audits,
        workers=workers or os.cpu_count() or 1,
        told=lambda words: say(f"report: {words}"),
    )
    show(str(path))
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

    pair = build.protocols([protocols])
    names = metrics.split(",") if metrics else ["", ""]
    if len(pair) != 2 or len(names) != 2:
        message = f"explain takes two protocols and two metrics; found {protocols!r}, {metrics!r}"
        raise SepevalError(message)
    scores = (names[0], names[1])
    found = [make(run, *pair, metrics=scores, stem=stem) for run in find_runs(runs)]
    if json:
        show(codec.dumps([dataclasses.asdict(one) for one in found], indent=1))
    else:
        show("\n\n".join(one.as_text() for one in found))


def _only(tables: Sequence[Table]) -> Table:
    """Return the one table there is.

    Raises:
        SepevalError: there are several.
    """
    from sepeval.errors import SepevalError

    if len(tables) > 1:
        names = ", ".join(one.results.protocol.id for one in tables)
        raise SepevalError(f"LaTeX is written of one protocol; choose one with --protocol: {names}")
    return tables[0]


def _tell_code_points(table: Table) -> None:
    from sepeval.report.tables.latex import beyond_latin

    labels = [
        text for one in table.blocks for text in (*one.stems, *(name for name, _ in one.lines))
    ]
    found = beyond_latin([*labels, *table.notes])
    if found:
        say(f"LaTeX has no letters for some signs of {'; '.join(found)}; their codes are printed")


def _refuse_beside(kind: str, *, published: Sequence[str]) -> None:
    from sepeval.errors import SepevalError

    if kind in ("html", "latex", "latex-input"):
        message = (
            f"--side-by-side has the formats text, markdown, csv and json, found {kind!r}; a page "
            "of all protocols is made by `sepeval report`"
        )
        raise SepevalError(message)
    if published:
        raise SepevalError("--published stands in tables of one protocol; leave out --side-by-side")


def _side_by_side(runs: Sequence[Run], names: Sequence[str], *, kind: str, decimals: int) -> str:
    """Return each run under the protocols asked for, or under all that it has."""
    from sepeval.report import side_by_side

    asked = chosen.words(names) or None
    made = [side_by_side(run, protocols=asked, decimals=decimals) for run in runs]
    if kind == "text":
        return _joined([one.as_text(columns()) for one in made], kind=kind)
    return _joined([str(getattr(one, f"as_{kind}")()) for one in made], kind=kind)


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


def _joined(texts: Sequence[str], *, kind: str) -> str:
    """Return several tables as one text; of CSV the line of names comes once."""
    if kind == "json":
        return "[" + ",\n".join(text.rstrip() for text in texts) + "]"
    if kind == "csv":
        return "".join([*texts[:1], *(text.partition("\n")[2] for text in texts[1:])])
    return "\n\n".join(text.rstrip("\n") for text in texts)
