"""The command `cite`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sepeval.cli import build
from sepeval.cli.console import show


def cite(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="Runs, or folders of runs; or name what to cite.")
    ] = None,
    protocol: Annotated[
        list[str], typer.Option("--protocol", "-p", help="Name or path; repeat.")
    ] = [],  # noqa: B006 - typer copies it
    dataset: Annotated[list[str], typer.Option("--dataset", "-d", help="Its name; repeat.")] = [],  # noqa: B006 - typer copies it
) -> None:
    """Print BibTeX for the protocols and datasets of runs, or of those named."""
    from sepeval.citations import bibtex, checked_dataset
    from sepeval.errors import SepevalError
    from sepeval.store import find_runs

    found = find_runs(runs) if runs else ()
    documents = {one.id: one for one in build.protocols(protocol)}
    for run in found:
        if not protocol:
            documents |= {name: run.protocol(name) for name in run.manifest.protocols}
    names = [checked_dataset(name) for name in dataset]
    names += [run.manifest.dataset for run in found]
    if not documents and not names:
        raise SepevalError("name runs, protocols (-p) or datasets (-d) to cite")
    show(bibtex(protocols=list(documents.values()), datasets=list(dict.fromkeys(names))))
