"""The command that measures: bench."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from sepeval.cli import build, options
from sepeval.cli.console import say, show

if TYPE_CHECKING:
    from sepeval.bench.task import Tool


def bench(
    lengths: Annotated[str, typer.Option(help="Of the tracks, in seconds.")] = "30,60,240",
    estimates: Annotated[str, typer.Option(help="How many are scored together.")] = "1,5",
    engine: Annotated[
        str, typer.Option(help="scipy, ducc0, cuda, separated by commas; all if left out.")
    ] = "",
    tool: Annotated[
        str, typer.Option(help="Other tools to measure; `none` for none.")
    ] = "museval,fast_bss_eval,torchmetrics",
    tracks: Annotated[
        str, typer.Option("--set", help="musdb18: 50 tracks of that set's lengths instead.")
    ] = "",
    repeats: Annotated[int, typer.Option(min=1, help="Of sepeval; the fastest counts.")] = 3,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the plot.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Compare the time and memory of BSS Eval with other tools on this machine."""
    from sepeval.bench import compare, musdb18_set
    from sepeval.bench.presentation import as_json, as_text, drawing
    from sepeval.errors import SepevalError

    engines = [build.engine(one) for one in _words(engine)]
    if tracks not in ("", "musdb18"):
        raise SepevalError(f"--set knows musdb18; found {tracks!r}")
    if tracks:
        found = musdb18_set(engines=engines or [build.engine("scipy")], told=say)
    else:
        found = compare(
            lengths=_numbers(lengths, option="--lengths"),
            estimates=_numbers(estimates, option="--estimates"),
            engines=engines,
            tools=_tools(tool),
            repeats=repeats,
            told=say,
        )
    show(as_json(found) if json else as_text(found))
    if output is not None:
        for path in drawing(found).write(output, ("png", "pdf")):
            say(str(path))


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _numbers(text: str, *, option: str) -> list[int]:
    from sepeval.errors import SepevalError

    words = _words(text)
    if not words or not all(word.isascii() and word.isdigit() and int(word) for word in words):
        message = f"{option} takes whole numbers from 1, separated by commas; found {text!r}"
        raise SepevalError(message)
    return [int(word) for word in words]


def _tools(text: str) -> list[Tool]:
    from sepeval.bench.task import Tool
    from sepeval.errors import UnknownNameError
    from sepeval.registry import nearest

    known: dict[str, Tool] = {one: one for one in get_args(Tool) if one != "sepeval"}
    words = [] if text == "none" else _words(text)
    for word in words:
        if word not in known:
            raise UnknownNameError(f"no tool is named {word!r}; {nearest(word, known)}")
    return [known[word] for word in words]
