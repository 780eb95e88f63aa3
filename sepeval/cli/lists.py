"""Commands that list what there is: datasets, separators, metrics, protocols, runs, doctor."""

from __future__ import annotations

import dataclasses
import json as codec
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from sepeval.cli import build, options
from sepeval.cli.console import say, show

protocols = typer.Typer(
    help="List protocols, or show one.", rich_markup_mode=None, invoke_without_command=True
)


def datasets(
    name: Annotated[str, typer.Argument(help="Of an adapter, to explain it.")] = "",
    data: Annotated[Path | None, typer.Option("--data", help="Root folder, to index it.")] = None,
    split: Annotated[str, typer.Option(help="Name of the split.")] = "",
    choice: options.Choices = [],  # noqa: B006 - typer copies it
    json: options.Json = False,
) -> None:
    """List the dataset adapters, explain one with its choices, or index a folder with it."""
    import inspect

    from sepeval.datasets.base import DATASETS
    from sepeval.errors import SepevalError

    if not name:
        kinds = {one: DATASETS.get(one) for one in DATASETS.names()}
        rows = [
            {"name": one, "reads": kind.summary, "asks": _asks(kind, hidden={"root"})}
            for one, kind in kinds.items()
        ]
        _table(rows, json=json)
        return
    if data is None:
        kind = DATASETS.get(name)
        texts = [f"{name}: {kind.summary}", inspect.getdoc(kind) or ""]
        choices = _asks(kind, hidden={"root"}) or "none"
        show("\n\n".join([*texts, f"Choices (-c key=value): {choices}"]))
        say(f"to index a folder: sepeval datasets {name} --data FOLDER --split NAME")
        return
    adapter = build.dataset(name, data, build.settings(choice, option="--choice"))
    if not split:
        splits = ", ".join(adapter.splits())
        raise SepevalError(f"dataset {name!r}: name a split with --split; it has {splits}")
    index = adapter.index(split)
    rows = [
        {
            "track": track.id,
            "samples": str(track.length),
            "rate": str(track.rate),
            "channels": str(track.channels),
            "missing": ",".join(track.missing),
            "fault": track.fault,
        }
        for track in index.tracks
    ]
    _table(rows, json=json)
    if not index.is_complete:
        say(f"incomplete: {len(index.tracks)} tracks found, {index.expected} expected")
    if not index.is_complete or any(track.fault for track in index.tracks):
        raise typer.Exit(1)


def separators(
    name: Annotated[str, typer.Argument(help="One of them, explained; all if left out.")] = "",
    json: options.Json = False,
) -> None:
    """List the separators, or explain one with its settings."""
    import inspect

    from sepeval.separators.base import SEPARATORS
    from sepeval.separators.network import NetworkSeparator

    if name:
        kind = SEPARATORS.get(name)
        texts = [f"{name}: {kind.summary}", inspect.getdoc(kind) or ""]
        for base in kind.__mro__[1:]:
            told = inspect.cleandoc(base.__doc__ or "")
            if dataclasses.is_dataclass(base) and "Attributes:" in told:
                texts.append(f"What it shares with others:\n\n{told}")
        show("\n\n".join([*texts, f"Settings (-S key=value): {_asks(kind)}"]))
        return
    shared = {field.name for field in dataclasses.fields(NetworkSeparator)} - {"checkpoint"}
    rows = []
    for one in SEPARATORS.names():
        kind = SEPARATORS.get(one)
        hidden = shared if issubclass(kind, NetworkSeparator) and not json else set()
        rows.append({"name": one, "gives": kind.summary, "asks": _asks(kind, hidden=hidden)})
    _table(rows, json=json)
    if not json:
        say(f"every network also takes {', '.join(sorted(shared))}; see `sepeval separators NAME`")


def metrics(json: options.Json = False) -> None:
    """List the metrics and the parameters that a protocol gives them."""
    from sepeval.metrics.base import METRICS

    kinds = {one: METRICS.get(one) for one in METRICS.names()}
    rows = [
        {
            "name": f"{one}.v{kind.version}",
            "is": kind.summary,
            "unit": kind.unit,
            "asks": ", ".join(kind.model_fields),
        }
        for one, kind in kinds.items()
    ]
    _table(rows, json=json)


@protocols.callback()
def every_protocol(context: typer.Context, json: options.Json = False) -> None:
    """List the released protocols."""
    if context.invoked_subcommand is None:
        _list_protocols(json=json)


@protocols.command("list")
def list_protocols(json: options.Json = False) -> None:
    """List the released protocols with their hashes."""
    _list_protocols(json=json)


@protocols.command("show")
def show_protocol(name: str, json: options.Json = False) -> None:
    """Print a protocol, of scores or of times, as it was released, or as JSON with its hash."""
    from sepeval.protocol import library
    from sepeval.timing import protocol as timing

    is_timing = Path(name).name.startswith("timing-")
    home = timing.folder() if is_timing else library.folder()
    found = timing.load(name) if is_timing else library.load(name)
    if json:
        show(codec.dumps({**found.model_dump(mode="json"), "hash": found.hash}, indent=1))
        return
    path = Path(name) if name.endswith((".yaml", ".yml")) else home / f"{found.id}.yaml"
    show(path.read_text(encoding="utf-8"))
    say(f"hash: {found.hash}")


def runs(
    folders: options.Runs,
    json: options.Json = False,
) -> None:
    """List runs: of what, under which protocols, complete or not."""
    from sepeval.results import listed

    lines = listed(folders)
    rows = [
        {
            "label": line.label,
            "hash": line.hash,
            "data": line.data,
            "tracks": str(line.tracks or ""),
            "protocols": ",".join(line.protocols),
            "status": line.status,
            "sepeval": line.sepeval,
            "notes": "; ".join(line.notes),
            "folder": str(line.folder),
        }
        for line in lines
    ]
    _table(rows, json=json)
    if any(line.status == "damaged" for line in lines):
        raise typer.Exit(1)


def doctor(json: options.Json = False) -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    from sepeval.doctor import examine

    findings = examine()
    rows = [{"part": one.part, "found": one.found, "mend": one.mend} for one in findings]
    _table(rows, json=json)
    if any(one.is_needed and one.mend for one in findings):
        raise typer.Exit(1)


def _list_protocols(*, json: bool) -> None:
    from sepeval.protocol import load, released

    loaded = [load(name) for name in released()]
    rows = [
        {
            "name": one.id,
            "hash": one.hash[:8],
            "stems": ",".join(one.stems) or "every",
            "measures": one.title,
        }
        for one in loaded
    ]
    _table(rows, json=json)


def _asks(kind: type, *, hidden: Collection[str] = ()) -> str:
    """Return the settings of a plug-in, with their defaults in brackets."""
    needed = dataclasses.MISSING
    return ", ".join(
        one.name
        if one.default is needed
        else f"[{one.name}]"
        if one.default is None
        else f"[{one.name}={one.default}]"
        for one in dataclasses.fields(kind)
        if one.name not in hidden
    )


def _table(rows: Sequence[Mapping[str, str]], *, json: bool) -> None:
    """Print rows as aligned columns, or as JSON."""
    if json:
        show(codec.dumps([dict(row) for row in rows], indent=1))
        return
    if not rows:
        return
    names = [name for name in rows[0] if any(row[name] for row in rows)]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in names}
    lines = [dict.fromkeys(names, ""), *rows]
    lines[0] = {name: name for name in names}
    show(
        "\n".join(
            "  ".join(row[name].ljust(widths[name]) for name in names).rstrip() for row in lines
        )
    )
