"""Commands on files of weights: what is in them, and their plainest form."""

from __future__ import annotations

import json as codec
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepeval.cli import options
from sepeval.cli.console import columns, say, show

if TYPE_CHECKING:
    from sepeval.checkpoints import Inspection

_SHOWN = 4  # tensors of a group that are listed unless all are asked for

checkpoint = typer.Typer(help="Inspect or convert files of weights.", rich_markup_mode=None)
_File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="A path, or hf://organisation/repository@revision/file."),
]


@checkpoint.callback()
def every_checkpoint() -> None:
    """Inspect or convert files of weights; no code in them is run."""


@checkpoint.command("inspect")
def inspect_checkpoint(
    file: _File,
    every: Annotated[
        bool, typer.Option("--all", help="List every tensor and every hyper-parameter.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Say what a file of weights holds, and which separator it fits."""
    from sepeval.checkpoints import inspect, resolve

    found = inspect(resolve(file))
    if json:
        show(codec.dumps(_document(found), indent=1))
    else:
        show("\n".join(_lines(found, every=every)))
    if found.problem:
        raise typer.Exit(1)


@checkpoint.command("convert")
def convert_checkpoint(
    file: _File,
    output: Annotated[Path, typer.Option("--output", "-o", help="Ends in .safetensors.")],
    stems: Annotated[
        str, typer.Option(help="In the order of the output, by commas; default: as published.")
    ] = "",
    rate: Annotated[int | None, typer.Option(min=1, help="In Hz; default: as published.")] = None,
    channels: Annotated[
        int | None, typer.Option(min=1, help="Of the audio; default: as published.")
    ] = None,
    segment: Annotated[
        int | None, typer.Option(min=1, help="Samples trained on; default: as published.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Write weights as safetensors, with a card that says what they belong to."""
    from sepeval.checkpoints import beside, convert, resolve

    card = convert(
        resolve(file),
        output,
        stems=[word for word in stems.split(",") if word],
        rate=rate,
        channels=channels,
        segment=segment,
    )
    if json:
        show(codec.dumps(card.model_dump(mode="json"), indent=1))
        return
    say(f"weights: {output}\ncard: {beside(output)}")
    show(f"separator  {card.separator}, {card.kind}\nsha256     {card.sha256}")


def _document(found: Inspection) -> dict[str, object]:
    """What was found, as plain values."""
    layout = found.layout
    return {
        "path": str(found.path),
        "format": found.format,
        "size": found.size,
        "sha256": found.sha256,
        "tensors": len(found.shapes),
        "parameters": found.parameters,
        "unique_parameters": found.unique,
        "types": dict(found.types),
        "layout": layout and layout.name,
        "separator": layout and layout.separator,
        "kind": layout and layout.kind,
        "networks": found.networks,
        "sigma_data": found.sigma_data,
        "problem": found.problem,
        "groups": [one._asdict() for one in found.groups],
        "hyper_parameters": found.hyper,
        "shapes": {name: list(shape) for name, shape in found.shapes.items()},
        "card": found.card and found.card.model_dump(mode="json"),
    }


def _lines(found: Inspection, *, every: bool) -> Iterator[str]:
    """What was found, for a terminal."""
    layout = found.layout
    types = ", ".join(f"{count} {name}" for name, count in found.types.items())
    yield f"file        {found.path}"
    yield f"format      {found.format}, {found.size:,} bytes"
    yield f"sha256      {found.sha256}"
    yield f"tensors     {len(found.shapes):,} ({types})"
    yield f"parameters  {found.parameters:,} ({found.unique:,} unique)"
    yield from _wrapped("layout", "not known" if layout is None else layout.name)
    if layout is not None:
        yield f"fits        separator {layout.separator}, {layout.kind or 'its only kind'}"
    if found.sigma_data is not None:
        yield f"sigma_data  {found.sigma_data:g}"
    if found.problem:
        yield from _wrapped("problem", found.problem)
    yield ""
    yield f"{'tensors':>8}  {'parameters':>13}  names begin with"
    for one in found.groups:
        role = f"  ({one.role})" if one.role else ""
        line = f"{one.tensors:>8,}  {one.parameters:>13,}  {one.prefix}{role}"
        if len(line) > columns() and role:
            line = f"{one.tensors:>8,}  {one.parameters:>13,}  {one.prefix}\n{'':25}{role.strip()}"
        yield line
    yield from _hyper(found, every=every)
    yield from _tensors(found, every=every)


def _tensors(found: Inspection, *, every: bool) -> Iterator[str]:
    """Names and shapes, without the beginnings that they share."""
    from sepeval.checkpoints import groups

    by_prefix = groups(found.shapes, (one.prefix for one in found.groups))
    for group in found.groups:
        if group.role == "not needed" and not every:
            continue
        names = by_prefix[group.prefix]
        yield from ("", f"below {group.prefix}" if group.role else group.prefix)
        for name in names if every else names[:_SHOWN]:
            shape = " × ".join(map(str, found.shapes[name])) or "one number"
            yield f"  {name.removeprefix(group.prefix) or name}  {shape}"
        if len(names) > _SHOWN and not every:
            yield f"  ... {len(names) - _SHOWN:,} more; --all lists them"


def _hyper(found: Inspection, *, every: bool) -> Iterator[str]:
    """Hyper-parameters: those that shape the networks, or all of the file."""
    if every:
        yield from ("", "hyper-parameters of the file")
        yield from (f"{name}  {value}" for name, value in _flat(found.hyper))
        return
    said: dict[str, list[str]] = {}
    for part, hyper in found.networks.items():
        text = ", ".join(f"{key} {_short(value)}" for key, value in hyper.items())
        said.setdefault(text or "no hyper-parameters", []).append(part)
    for text, parts in said.items():
        yield ""
        yield from _wrapped("both" if len(parts) > 1 else parts[0], text)


def _short(value: object) -> str:
    """A value in one piece; a long one has spaces, at which a line can end."""
    text = codec.dumps(value, separators=(",", ":"))
    return text if len(text) <= 40 else codec.dumps(value)


def _flat(hyper: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of nested mappings, by dotted name."""
    for key, value in hyper.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", codec.dumps(value)


def _wrapped(word: str, text: str) -> list[str]:
    """A word, and beside it a text in as many lines as it needs."""
    return textwrap.wrap(
        text,
        width=min(columns(), 100),
        initial_indent=f"{word:<12}",
        subsequent_indent=" " * 12,
        break_on_hyphens=False,
    )
