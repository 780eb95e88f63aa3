"""The command that tells what silent stems do to a number: silence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sepeval.cli import chosen, options
from sepeval.cli.console import columns, say, show

_FILES = {"text": "txt", "markdown": "md", "csv": "csv", "json": "json"}


def silence(
    runs: options.Runs,
    protocol: Annotated[
        str, typer.Option("--protocol", "-p", help="One that all runs have; the first if left out.")
    ] = "",
    metric: Annotated[str, typer.Option(help="Name of a score; the first if left out.")] = "",
    baseline: Annotated[
        str, typer.Option(help="Label of the run that gains are measured from; the first's.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of tables (md, csv, json) and figures."),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "markdown", "csv", "json"], typer.Option(help="Of what is printed.")
    ] = "text",
    json: options.Json = False,
) -> None:
    """Part a number into windows whose reference sounds and windows whose reference is silent."""
    from sepeval.report.figures import silence as silence_plots
    from sepeval.report.figures.threshold import thresholds
    from sepeval.report.tables import silence as silence_tables
    from sepeval.silence import silence as parted
    from sepeval.store import find_runs
    from sepeval.store.files import write_text

    shown = tuple(find_runs(runs))
    if protocol:
        shown = tuple(chosen.under(shown, runs, protocol))
    found = parted(shown, protocol=protocol, metric=metric, baseline=baseline)
    texts = {
        "markdown": silence_tables.as_markdown,
        "csv": silence_tables.as_csv,
        "json": silence_tables.as_json,
    }
    kind = "json" if json else format
    if kind == "text":
        show(silence_tables.as_text(found, width=columns()))
    else:
        show(texts[kind](found))
    if output is not None:
        for name, make in texts.items():
            write_text(output / f"silence.{_FILES[name]}", make(found).rstrip("\n") + "\n")
        for path in silence_plots.write(found, output):
            say(str(path))
        for drawing in thresholds(found.runs, found.protocol.id):
            for path in drawing.write(output, silence_plots.FORMATS):
                say(str(path))
