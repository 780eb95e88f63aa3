"""The commands. Each imports what it needs when it is called, so that help comes at once."""

from __future__ import annotations

import typer

from sepeval.cli import (
    audit,
    bench,
    checkpoint,
    cite,
    compare,
    evaluate,
    interchange,
    lists,
    merge,
    results,
    silence,
    sweep,
    time,
    verify,
)

app = typer.Typer(
    name="sepeval",
    help="Reproducible evaluation of music source separation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(evaluate.demo)
app.command()(evaluate.run)
app.command()(evaluate.score)
app.command()(evaluate.separate)
app.command()(sweep.sweep)
app.command()(time.time)
app.command()(merge.merge)
app.command()(verify.verify)
app.command()(lists.runs)
app.command()(results.rescore)
app.command()(results.explain)
app.command()(compare.compare)
app.command()(audit.audit)
app.command()(silence.silence)
app.command()(results.table)
app.command()(results.plot)
app.command()(cite.cite)
app.command()(results.report)
app.command()(lists.datasets)
app.command()(lists.separators)
app.command()(lists.metrics)
app.add_typer(lists.protocols, name="protocols")
app.add_typer(interchange.imports, name="import")
app.add_typer(interchange.exports, name="export")
app.add_typer(checkpoint.checkpoint, name="checkpoint")
app.command()(lists.doctor)
app.command()(bench.bench)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Reproducible evaluation of music source separation."""
    if version:
        from sepeval import __version__

        typer.echo(__version__)
        raise typer.Exit
