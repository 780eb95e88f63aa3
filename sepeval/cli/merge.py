"""The command that joins the shares of several machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepeval.cli.console import say, show


def merge(
    shares: Annotated[
        list[Path], typer.Argument(help="All shares of one run, or folders that hold them.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of runs.")],
    other_versions: Annotated[
        bool,
        typer.Option(
            "--other-versions", help="Accept shares made with different versions of packages."
        ),
    ] = False,
) -> None:
    """Join the shares that `sepeval run --shard i/n` made into one run."""
    from sepeval.runner import merge as join
    from sepeval.store import find_runs

    made = join(find_runs(shares), root=output, other_versions=other_versions)
    show(str(made.folder))
    say(f"{len(made.manifest.tracks)} tracks; the shares are not needed any more")
