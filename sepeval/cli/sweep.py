"""The command that looks for settings: sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepeval.cli import build, options
from sepeval.cli.console import progress, say, show

if TYPE_CHECKING:
    from sepeval.separators.base import Described
    from sepeval.store import Run


def sweep(
    dataset: options.Name,
    data: options.Data,
    separator: options.Separator,
    protocol: options.Protocols,
    vary: Annotated[
        list[str], typer.Option("--vary", "-V", help="setting=values, such as steps=1,2,4; repeat.")
    ],
    split: Annotated[str, typer.Option(help="Else the validation split of the dataset.")] = "",
    seeds: Annotated[str, typer.Option(help="Separated by commas.")] = "0",
    baseline: Annotated[
        str, typer.Option(help="What it is compared with: a run's folder, or a separator.")
    ] = "",
    baseline_setting: Annotated[
        list[str], typer.Option("--baseline-setting", "-B", help="key=value of that separator.")
    ] = [],  # noqa: B006 - typer copies it
    choice: options.Choices = [],  # noqa: B006 - typer copies it
    setting: options.Settings = [],  # noqa: B006 - typer copies it
    metric: Annotated[str, typer.Option(help="To show; else si_sdri, or the first.")] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the sweep.")] = Path(
        "sweep"
    ),
    label: options.Label = "",
    workers: Annotated[
        int, typer.Option(min=1, help="Processes, each with its own copy of the network.")
    ] = 1,
    tracks: Annotated[str, typer.Option(help="Ids, separated by commas; needs --partial.")] = "",
    partial: options.Partial = False,
    engine: options.Engine = "scipy",
) -> None:
    """Run a separator at every combination of settings and seeds, and plot its scores."""
    from sepeval import sweeps
    from sepeval.errors import SepevalError, UnknownNameError
    from sepeval.registry import nearest
    from sepeval.report.figures.sweep import plot_sweep
    from sepeval.report.tables.sweep import WARNING, chosen, words

    adapter = build.dataset(dataset, data, build.settings(choice, option="--choice"))
    name = split or sweeps.validation_split(adapter.splits())
    index = adapter.index(name)
    protocols = build.fitting(build.protocols(protocol), protocol, index)
    fixed = build.settings(setting, option="--setting")
    varied = {
        key: values.split(",") for key, values in build.settings(vary, option="--vary").items()
    }
    twice = sorted(set(fixed) & set(varied))
    if twice:
        raise SepevalError(f"{twice[0]!r} is given by --setting and by --vary; leave one out")
    known = dict.fromkeys(one for each in protocols for one in (e.name for e in each.metrics))
    if metric and metric not in known:
        raise UnknownNameError(f"no metric {metric!r}; {nearest(metric, known)}")
    if sweeps.is_test(name):
        say(f"{WARNING} Choose them on a validation split, and score the choice on {name!r} once.")
    with progress(label or separator) as told:
        found = sweeps.sweep(
            index,
            lambda values: build.separator(separator, {**fixed, **values}, index.stems),
            protocols,
            varied=varied,
            seeds=_seeds(seeds),
            folder=output,
            label=label or separator,
            baseline=_baseline(baseline, baseline_setting, index.stems),
            workers=workers,
            tracks=[one for one in tracks.split(",") if one],
            allow_partial=partial,
            engine=build.engine(engine),
            told=told,
        )
    show(words(chosen(found, metric=metric, stem="", x="", panel="")))
    for path in (output / sweeps.TABLE, output / sweeps.SHEET):
        say(str(path))
    for path in plot_sweep(found, metric=metric, folder=output):
        say(str(path))
    if found.is_test:
        say(WARNING)
    if int(found.rows["failed"].sum()):
        say("some tracks have errors; see the column `failed`")
        raise typer.Exit(1)


def _seeds(text: str) -> list[int]:
    from sepeval.errors import SepevalError

    words = [word for word in text.split(",") if word]
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        raise SepevalError(f"--seeds takes whole numbers, separated by commas; found {text!r}")
    return [int(word) for word in words]


def _baseline(name: str, given: Sequence[str], stems: Sequence[str]) -> Described | Run | None:
    """Return the run in a folder of that name, or the separator of that name."""
    from sepeval.errors import SepevalError
    from sepeval.store import find_runs

    settings = build.settings(given, option="--baseline-setting")
    if name and Path(name).is_dir():
        (run, *others) = find_runs([Path(name)])
        if others:
            raise SepevalError(f"{name}: holds {len(others) + 1} runs; name the folder of one")
        return run
    if not name:
        if settings:
            raise SepevalError("--baseline-setting needs --baseline with a separator's name")
        return None
    return build.separator(name, settings, stems)
