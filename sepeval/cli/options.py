"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Protocols = Annotated[
    list[str],
    typer.Option("--protocol", "-p", help="Name or path; repeat, or separate by commas."),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder of runs.")]
Label = Annotated[str, typer.Option(help="How the run is called in tables.")]
Seed = Annotated[int, typer.Option(help="From which all seeds are derived.")]
Workers = Annotated[
    int,
    typer.Option(
        min=0,
        help="Processes; 0: one per processor, one for a network. Fewer where memory is short.",
    ),
]
Shard = Annotated[
    str,
    typer.Option(
        metavar="I/N",
        help="Only the I-th of N shares of the tracks, which `sepeval merge` joins.",
    ),
]
Backend = Annotated[
    str,
    typer.Option(help="loky: processes of this machine; dask or ray: the workers of a cluster."),
]
Scheduler = Annotated[
    str, typer.Option(help="Address of the cluster, such as tcp://host:8786 of Dask.")
]
Engine = Annotated[
    str, typer.Option(help="Who computes BSS Eval's filters: scipy, ducc0 or cuda; same scores.")
]
ReferenceCache = Annotated[
    float,
    typer.Option(
        "--reference-cache",
        min=0,
        metavar="GB",
        help="Keep what BSS Eval makes of the references for later runs; 0: do not.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Runs = Annotated[list[Path], typer.Argument(help="Runs, or folders of runs.")]
Mixed = Annotated[bool, typer.Option("--mixed", help="Accept runs on other data, and mark them.")]
Published = Annotated[
    list[str],
    typer.Option(help="key=value: show published numbers below, such as model=TAK1; repeat."),
]
Name = Annotated[str, typer.Option("--dataset", "-d", help="See `sepeval datasets`.")]
Data = Annotated[Path, typer.Option("--data", help="Root folder of the dataset.")]
Split = Annotated[str, typer.Option(help="Name of the split; never assumed.")]
Choices = Annotated[
    list[str], typer.Option("--choice", "-c", help="key=value, what the dataset asks for.")
]
Separator = Annotated[
    str, typer.Option("--separator", "-s", help="See `sepeval separators`; or module:callable.")
]
Settings = Annotated[
    list[str], typer.Option("--setting", "-S", help="key=value, what the separator asks for.")
]
Partial = Annotated[
    bool, typer.Option("--partial", help="Accept part of a split; every table then says so.")
]
Chunk = Annotated[
    str,
    typer.Option(
        help="Separate in chunks: length,overlap,window,tail, such as 262144,0,none,drop."
    ),
]
Signals = Annotated[
    bool, typer.Option("--signals/--no-signals", help="Store what audits ask of the signals.")
]
RetryErrors = Annotated[
    bool,
    typer.Option("--retry-errors", help="Try again the tracks that had errors in a finished run."),
]
