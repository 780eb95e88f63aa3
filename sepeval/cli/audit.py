"""The command that looks for what is wrong: audit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sepeval.cli import build, chosen, options
from sepeval.cli.console import columns, say, show

if TYPE_CHECKING:
    from sepeval.audits.base import Split, Subject, Table
    from sepeval.datasets.base import Dataset
    from sepeval.store import Run

_TABLES = (".csv", ".tex")
_WIDEST = 80  # columns that text is read in


def audit(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Runs or folders of runs; tables (.csv, .tex); with -d, a dataset."),
    ] = None,
    dataset: Annotated[
        str, typer.Option("--dataset", "-d", help="Audit a dataset: its name, as for run.")
    ] = "",
    data: Annotated[Path | None, typer.Option("--data", help="Root folder of the dataset.")] = None,
    split: Annotated[str, typer.Option(help="Name of the split; never assumed.")] = "",
    choice: options.Choices = [],  # noqa: B006 - typer copies it
    against: Annotated[
        list[str], typer.Option(help="Another split, searched for the same music; repeat.")
    ] = [],  # noqa: B006 - typer copies it
    headers: Annotated[
        bool, typer.Option("--headers", help="Of a dataset read names and headers only.")
    ] = False,
    protocol: Annotated[
        list[str], typer.Option("--protocol", "-p", help="Of runs, look at these only; repeat.")
    ] = [],  # noqa: B006 - typer copies it
    only: Annotated[
        str, typer.Option(help="Names of audits, separated by commas; `list` lists them.")
    ] = "",
    fail_on: Annotated[
        Literal["note", "warning", "error", "never"],
        typer.Option(help="Exit with 1 where a finding is as severe as this, or more."),
    ] = "error",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of findings.parquet and .json.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Tell all evidence.")] = False,
    workers: options.Workers = 0,
    json: options.Json = False,
) -> None:
    """Look for what is wrong with runs, a dataset or a table, and what it would change."""
    from sepeval.audits import findings
    from sepeval.audits.base import failing
    from sepeval.audits.running import audit_all
    from sepeval.errors import SepevalError

    if only == "list":
        show(_listed())
        return
    rest, data = _apart(paths or [], data, dataset)
    subjects = _subjects(rest, protocol)
    if dataset or data is not None or split:
        if data is None or not (dataset and split):
            raise SepevalError("a dataset is named by its folder, --dataset and --split together")
        root = build.dataset(dataset, data, build.settings(choice, option="--choice"))
        count = workers or os.cpu_count() or 1
        subjects.append(_split(root, split, against, headers=headers, workers=count))
    if not subjects:
        raise SepevalError("name runs, tables, or a dataset with --dataset, --data and --split")
    found = audit_all(subjects, only=[one for one in only.split(",") if one])
    show(findings.as_json(found) if json else findings.as_text(found, width=_width(), full=full))
    if output is not None:
        for path in findings.write(found, output):
            say(str(path))
    if fail_on != "never" and failing(found, least=fail_on):
        raise typer.Exit(1)


def _apart(
    paths: Sequence[Path], data: Path | None, dataset: str
) -> tuple[list[Path], Path | None]:
    """Return runs and tables, and the folder of the dataset, which may be among the paths.

    Raises:
        SepevalError: a folder holds no runs and cannot be the dataset.
    """
    from sepeval.errors import SepevalError

    others = [path for path in paths if path.is_dir() and not _holds_runs(path)]
    rest = [path for path in paths if path not in others]
    if not others:
        return rest, data
    if dataset and data is None and len(others) == 1:
        return rest, others[0]
    if not dataset:
        raise SepevalError(
            f"{others[0]}: holds no runs; a dataset needs its name and a split, as in "
            f"`sepeval audit -d musdb18hq {others[0]} --split test` (sepeval datasets lists names)"
        )
    return [*rest, *others], data


def _holds_runs(path: Path) -> bool:
    from sepeval.errors import StoreError
    from sepeval.store import run_folders

    try:
        return bool(run_folders([path]))
    except StoreError:
        return False


def _subjects(paths: Sequence[Path], protocols: Sequence[str]) -> list[Subject]:
    """Return the tables, each by itself, and all runs as one subject, under some protocols.

    Raises:
        StoreError: a run has no scores under a protocol.
        UnknownNameError: no run has any under it.
    """
    from sepeval.audits.base import Runs
    from sepeval.store import find_runs

    tables = [path for path in paths if path.suffix.lower() in _TABLES]
    folders = [path for path in paths if path not in tables]
    subjects: list[Subject] = [_table(path) for path in tables]
    if folders:
        names = [word for text in protocols for word in text.split(",")]
        runs: Sequence[Run] = find_runs(folders)
        _check(runs, names)
        for name in names:
            runs = chosen.under(runs, folders, name)
        subjects.append(Runs(tuple(_under(run, names) for run in runs)))
    return subjects


def _check(runs: Sequence[Run], names: Sequence[str]) -> None:
    from sepeval.errors import UnknownNameError
    from sepeval.registry import nearest

    known = {name for run in runs for name in run.manifest.protocols}
    short = {name.rpartition(".v")[0] for name in known}
    for name in names:
        if name not in known | short:
            close = nearest(name, known if ".v" in name else short)
            raise UnknownNameError(f"no run has scores under {name!r}; {close}")


def _under(run: Run, names: Sequence[str]) -> Run:
    """Return the run as if it were scored under these protocols only; under all if none is named.

    Raises:
        StoreError: it has no scores under one of them.
    """
    if not names:
        return run
    kept = {run.protocol(name).id for name in names}
    changed = {
        "protocols": {key: one for key, one in run.manifest.protocols.items() if key in kept},
        "metrics": {key: one for key, one in run.manifest.metrics.items() if key in kept},
    }
    return replace(run, manifest=run.manifest.model_copy(update=changed))


def _table(path: Path) -> Table:
    from sepeval import printed
    from sepeval.audits.base import Table
    from sepeval.errors import DataError
    from sepeval.texts import read_text

    text = read_text(path, error=DataError)
    printed.numbers(text, name=str(path))  # refuses what is no table, once for all audits
    return Table(path, text)


def _split(
    dataset: Dataset, split: str, against: Sequence[str], *, headers: bool, workers: int
) -> Split:
    from sepeval.audits.base import Split
    from sepeval.audits.listening import listen

    if headers:
        return Split(dataset.index(split))
    others = tuple(listen(dataset.index(other), workers=workers) for other in against)
    return listen(dataset.index(split), workers=workers, others=others)


def _listed() -> str:
    from sepeval.audits.base import AUDITS

    audits = [AUDITS.get(name) for name in AUDITS.names()]
    lines = [
        f"{one.of:<7} {one.name:<24} {one.question} {' '.join(one.pitfalls)}".rstrip()
        for one in sorted(audits, key=lambda one: (one.of, one.name))
    ]
    return "\n".join(lines)


def _width() -> int:
    return min(columns(), _WIDEST)
