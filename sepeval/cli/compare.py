"""The command `compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sepeval.cli import chosen, options
from sepeval.cli.console import columns, say, show

if TYPE_CHECKING:
    from sepeval.store import Run


def compare(
    runs: options.Runs,
    protocol: Annotated[
        str, typer.Option("--protocol", "-p", help="Its id or name; needed if there are several.")
    ] = "",
    baseline: Annotated[
        str, typer.Option(help="Name or folder of the run that others are held against.")
    ] = "",
    metric: Annotated[str, typer.Option(help="Name of a score; the first if left out.")] = "",
    summary: Annotated[str, typer.Option(help="Name of a reduction; the first if left out.")] = "",
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of intervals.")] = 0.95,
    draws: Annotated[int, typer.Option(min=100, help="Resamples of the tracks.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the resamples.")] = 0,
    gate: Annotated[
        list[str], typer.Option(help="Such as 'si_sdri>=-0.1'; exit 1 if it is not passed.")
    ] = [],  # noqa: B006 - typer copies it
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "markdown", "csv", "json"], typer.Option(help="Of what is printed.")
    ] = "text",
    decimals: Annotated[int, typer.Option(min=0, max=9)] = 2,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of figures; none if left out.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Compare systems track by track: differences, intervals, tests, ranks."""
    from sepeval.compare import broken, parsed
    from sepeval.compare import compare as make
    from sepeval.errors import StoreError
    from sepeval.report.figures.comparison import drawings
    from sepeval.report.tables.comparison import ComparisonText
    from sepeval.store import find_runs

    gates = [parsed(text) for text in gate]
    found: Sequence[Run] = find_runs(runs)
    if len(found) < 2:
        raise StoreError(f"a comparison takes two runs at least; found one, {found[0].folder}")
    name = protocol or _only(found)
    if not gates:  # a gate looks at every run
        found = chosen.under(found, runs, name)
    made = make(
        found,
        name,
        baseline=_system(baseline, found),
        metric=metric or (gates[0].metric if gates else ""),
        summary=summary,
        confidence=confidence,
        draws=draws,
        seed=seed,
    )
    reasons = [reason for one in gates for reason in broken(one, made)]
    text = ComparisonText(made, decimals)
    kind = "json" if json else format
    show(text.as_text(columns()) if kind == "text" else getattr(text, f"as_{kind}")())
    if output is not None:
        for drawing in drawings(made):
            for path in drawing.write(output, ("png", "pdf", "svg")):
                say(str(path))
    for reason in reasons:
        say(f"gate not passed: {reason}")
    if reasons:
        raise typer.Exit(1)


def _only(runs: Sequence[Run]) -> str:
    """Return the one protocol that all runs were scored under.

    Raises:
        StoreError: there is none, or there are several.
    """
    from sepeval.errors import StoreError
    from sepeval.results import by_protocol

    shared = [
        name
        for name in runs[0].manifest.protocols
        if all(name in run.manifest.protocols for run in runs)
    ]
    if len(shared) == 1:
        return shared[0]
    if not shared:
        counts = {name: len(own) for name, own in by_protocol(runs).items()}
        told = ", ".join(f"{name} of {count} runs" for name, count in counts.items()) or "none"
        message = (
            f"no protocol is common to these {len(runs)} runs; they have scores under {told}: "
            "choose one with --protocol, or score them under one (sepeval rescore)"
        )
        raise StoreError(message)
    raise StoreError(f"these runs share {', '.join(shared)}; choose one with --protocol")


def _system(baseline: str, runs: Sequence[Run]) -> str:
    """Return the name of the baseline, or the hash of the run whose folder it names."""
    place = Path(baseline).resolve()
    named = [run.manifest.hash for run in runs if baseline and run.folder.resolve() == place]
    return named[0] if named else baseline
