"""The command that checks whether runs are what they say they are."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from sepeval.cli import options
from sepeval.cli.console import show


def verify(
    runs: options.Runs,
    quick: Annotated[
        bool, typer.Option("--quick", help="Compare checksums only; make no scores again.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Check every checksum and identity of runs, and make their scores again to compare."""
    import json as codec

    from sepeval.runner import verify as check
    from sepeval.store import run_folders

    found = [check(folder, quick=quick) for folder in run_folders(runs)]
    if json:
        shown = [{**dataclasses.asdict(one), "folder": str(one.folder)} for one in found]
        show(codec.dumps(shown, indent=1, ensure_ascii=False))
    else:
        for one in found:
            show(one.as_line())
            for fault in one.faults:
                show(f"  {fault}")
    if any(one.faults for one in found):
        raise typer.Exit(1)
