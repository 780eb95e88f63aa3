"""Commands that take scores from other tools, and give them: import, export."""

from __future__ import annotations

import json as codec
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepeval.cli import build, options
from sepeval.cli.console import say, show

if TYPE_CHECKING:
    from sepeval.store import Run

imports = typer.Typer(help="Make runs of other tools' scores.", rich_markup_mode=None)
exports = typer.Typer(help="Write runs for other tools.", rich_markup_mode=None)
_Folder = Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")]
_One = Annotated[Path, typer.Argument(help="A run, or a folder that holds one.")]


@imports.callback()
def every_import() -> None:
    """Make runs of other tools' scores."""


@exports.callback()
def every_export() -> None:
    """Write runs for other tools."""


@imports.command("museval")
def import_museval(
    path: Annotated[
        Path, typer.Argument(help="A JSON file, a folder of them, or <system>/{train,test}/*.json.")
    ],
    output: options.Output = Path("runs"),
    label: options.Label = "",
    dataset: Annotated[
        str, typer.Option(help="Recorded as the dataset; the files name none.")
    ] = "museval-json",
    rate: Annotated[int, typer.Option(min=1, help="In Hz; the files state none.")] = 44100,
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    workers: options.Workers = 0,
    json: options.Json = False,
) -> None:
    """Make runs of museval's JSON; they hold scores and no statistics."""
    from sepeval.interchange import import_museval as make

    made = make(
        path,
        root=output,
        label=label,
        dataset=dataset,
        rate=rate,
        protocols=build.protocols(protocol),
        workers=workers or os.cpu_count() or 1,
    )
    rows = [
        {
            "label": run.manifest.label,
            "split": run.manifest.split,
            "tracks": len(run.manifest.tracks),
            "protocols": list(run.manifest.protocols),
            "run": str(run.folder),
        }
        for run in made
    ]
    show(codec.dumps(rows, indent=1) if json else "\n".join(str(row["run"]) for row in rows))
    count = "1 run" if len(made) == 1 else f"{len(made)} runs"
    tracks = sum(len(run.manifest.tracks) for run in made)
    say(f"{count}, {tracks} tracks in all; see them with `sepeval table`")


@exports.command("museval")
def export_museval(
    run: _One,
    output: _Folder,
    replicate: Annotated[
        int | None, typer.Option(min=0, help="Which one, where a run has several.")
    ] = None,
) -> None:
    """Write a run as museval's JSON: <output>/<split>/<track>.json."""
    from sepeval.interchange import export_museval as write

    done = write(_one(run), output, replicate=replicate)
    show("\n".join(str(path) for path in done.files))
    for track, reason in done.left_out.items():
        say(f"{track}: not written: {reason}")
    if done.left_out:
        raise typer.Exit(1)


@exports.command("csv")
def export_csv(run: _One, output: _Folder) -> None:
    """Write a run's scores and the numbers of its tables, two CSV files per protocol."""
    from sepeval.interchange import export_csv as write

    show("\n".join(str(path) for path in write(_one(run), output)))


def _one(path: Path) -> Run:
    from sepeval.errors import StoreError
    from sepeval.store import find_runs

    found = find_runs([path])
    if len(found) != 1:
        raise StoreError(f"{path}: holds {len(found)} runs; name one of them")
    return found[0]
