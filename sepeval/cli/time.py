"""The command that times separators: time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sepeval.cli import StoppedError, build, options
from sepeval.cli.console import say, show

if TYPE_CHECKING:
    from sepeval.cli.figures import Asked
    from sepeval.store import Run
    from sepeval.timing import Subject

_RANDOM = "random"  # stands for a checkpoint; see `timing.weights`
_PUBLISHED: Mapping[str, str] = {"source": "DiCoSe v2 (arXiv:2412.06965, revised), Table 3"}


def time(
    separator: Annotated[
        list[str],
        typer.Argument(help="Name, with settings of its own: dicose-unet,kind=consistency,steps=2"),
    ],
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol",
            "-p",
            help="Name or path of a timing protocol; `sepeval protocols show NAME` prints one.",
        ),
    ] = "timing-fp32",
    setting: Annotated[
        list[str],
        typer.Option("--setting", "-S", help="key=value for all; checkpoint=random needs no file."),
    ] = [],  # noqa: B006 - typer copies it
    rate: Annotated[
        int | None, typer.Option(min=1, help="In Hz, for a separator without a network.")
    ] = None,
    channels: Annotated[int | None, typer.Option(min=1, help="Likewise.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of timings.")] = Path(
        "timings"
    ),
    scratch: Annotated[
        Path | None, typer.Option(help="Where random weights are written for the while.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Time separators side by side under a timing protocol, and print the table.

    Timing protocols: timing-fp32, timing-precisions (for a GPU), timing-best-batch,
    timing-stems-at-once, timing-stems-in-turn. Ends with 1 if a way of running one failed; the
    others are timed all the same.
    """
    from sepeval.report.tables.timing import timing_table
    from sepeval.timing import device_for, load, time_separators

    chosen = load(protocol)
    shared = build.settings(setting, option="--setting")
    subjects = [_subject(text, shared, rate=rate, channels=channels) for text in separator]
    device_for(_distinct(subjects), chosen)  # a wrong request is told before weights are drawn
    with TemporaryDirectory(dir=scratch, prefix="sepeval-") as folder:
        drawn = [
            _with_weights(one, text, Path(folder))
            for one, text in zip(subjects, separator, strict=True)
        ]
        try:
            made = time_separators(drawn, chosen, root=output, told=say)
        except StoppedError:
            _tell_of_the_unfinished(output, chosen.id)
            raise typer.Exit(130) from None
    if made.record.arms:
        found = timing_table([made])
        show(found.as_json() if json else found.as_text())
    for one in made.record.failed:
        say(f"failed: {one.title}: {one.reason}")
    say(str(made.folder))
    if made.record.failed:
        raise typer.Exit(1)


def tables(
    paths: Sequence[Path],
    *,
    kind: str,
    mixed: bool,
    published: Sequence[str],
    scores: Sequence[Path] = (),
    protocol: Sequence[str] = (),
) -> list[str]:
    """Return the tables of runs of timings, one per timing protocol, as `table --timing` asks.

    Without a filter the published times of DiCoSe's second version stand below. With scored runs
    their numbers under one protocol stand beside the times of the same separators.

    Raises:
        SepevalError: there is no such format, run, or published number.
    """
    from sepeval.errors import SepevalError
    from sepeval.report.tables.timed_quality import joined
    from sepeval.report.tables.timing import by_protocol, timing_table
    from sepeval.store import find_runs
    from sepeval.timing import find

    if kind not in ("text", "markdown", "csv", "json"):
        message = f"times have the formats text, markdown, csv and json; found {kind!r}"
        raise SepevalError(message)
    filters = build.settings(published, option="--published") or _PUBLISHED
    found = find_runs(list(scores)) if scores else ()
    made = []
    for own in by_protocol(find(paths)):
        quality = joined(found, _one(protocol, found), own, mixed=mixed) if found else None
        one = timing_table(own, mixed=mixed, published=filters, quality=quality)
        made.append(str(getattr(one, f"as_{kind}")()))
    return made


def _one(protocol: Sequence[str], runs: Sequence[Run]) -> str:
    """Return the one protocol that was asked for, or the only one that the runs have.

    Raises:
        SepevalError: there are several.
    """
    from sepeval.errors import SepevalError

    known = [word for name in protocol for word in name.split(",")]
    known = known or list(dict.fromkeys(name for run in runs for name in run.manifest.protocols))
    if len(known) != 1:
        message = (
            f"numbers beside times are of one protocol: choose one with -p: {', '.join(known)}"
        )
        raise SepevalError(message)
    return known[0]


def refuse_of_scores(
    protocol: Sequence[str], *, baseline: str, side_by_side: bool, scores: Sequence[Path] = ()
) -> None:
    """Do nothing if no option was given that is for scores alone.

    Raises:
        SepevalError: one was given.
    """
    from sepeval.errors import SepevalError

    asked = {
        "--protocol": not scores and protocol,
        "--baseline": baseline,
        "--side-by-side": side_by_side,
    }
    given = [name for name, value in asked.items() if value]
    if given:
        message = (
            f"{', '.join(given)}: is for scores; a table of times has one part for each timing "
            "protocol, and ratios to its first row. Leave it out, leave out --timing, or name "
            "scored runs with --scores"
        )
        raise SepevalError(message)


def plots(
    groups: Mapping[str, Sequence[Run]],
    paths: Sequence[Path],
    *,
    metric: str,
    asked: Asked,
) -> list[Path]:
    """Draw the scores of runs over the times of the same separators, and return the files.

    Times under several timing protocols are figures of their own, which bear its name.

    Args:
        groups: runs by the protocol that they are scored under.
        paths: of runs of timings.
        metric: name of a score; the first of the protocol if it is empty.
        asked: folder and width of the figures, and whether times of several machines are accepted.

    Raises:
        StoreError: nothing was both scored and timed, or two timing protocols have one name.
    """
    from sepeval.errors import StoreError
    from sepeval.report.figures.timing import plot_timing
    from sepeval.report.tables.timing import by_protocol
    from sepeval.timing import find

    timed = by_protocol(find(paths))
    names = [own[0].record.protocol_id for own in timed]
    if len(set(names)) < len(names):
        message = f"two timing protocols have one name ({', '.join(names)}); give folders of one"
        raise StoreError(message)
    return [
        path
        for name, runs in groups.items()
        for own in timed
        for path in plot_timing(
            runs,
            name,
            own,
            metric=metric,
            folder=asked.folder,
            mixed=asked.mixed,
            width=asked.width,
        )
    ]


def _subject(
    text: str, shared: dict[str, str], *, rate: int | None, channels: int | None
) -> Subject:
    """Return what a word of the command line names; random weights are still to be drawn."""
    from sepeval.errors import SepevalError
    from sepeval.separators.base import SEPARATORS, Separator
    from sepeval.timing import Subject
    from sepeval.timing.weights import card_named

    name, _, own = text.partition(",")
    pairs = [pair for pair in own.split(",") if pair]
    given = {**shared, **build.settings(pairs, option=f"separator {name!r}")}
    checkpoint = given.get("checkpoint", "")
    is_random = checkpoint.partition(":")[0] == _RANDOM
    if is_random:
        SEPARATORS.get(name)  # a wrong name is told before a missing card
        card_named(checkpoint, name)
    if name == "mixture" and "stems" not in given:
        message = "'mixture' must be told its stems here: add -S stems=bass,drums,other,vocals"
        raise SepevalError(message)
    found = build.separator(name, given, ())
    if not isinstance(found, Separator):
        message = (
            f"{name!r} hears no mixture, so there is nothing to time; see `sepeval separators`"
        )
        raise SepevalError(message)
    return Subject(
        _shown(name, found, pairs, shared),
        found,
        "random" if is_random else "loaded",
        rate,
        channels,
    )


def _with_weights(subject: Subject, text: str, folder: Path) -> Subject:
    """Return a subject whose random weights, if it is to have such, are written in a folder."""
    from sepeval.timing.weights import card_named, random_checkpoint

    if subject.weights != "random":
        return subject
    own: Any = subject.separator  # has both fields, or there is no card of it
    say(f"{subject.name}: drawing random weights")
    card = card_named(own.checkpoint, text.partition(",")[0])
    path = random_checkpoint(card, own.kind, folder)
    return replace(subject, separator=replace(own, checkpoint=str(path)))


def _tell_of_the_unfinished(output: Path, protocol: str) -> None:
    """Say where the calls of a run lie that was interrupted just now."""
    found = sorted(output.glob(f"{protocol}--unfinished-*"), key=lambda one: one.stat().st_mtime)
    say(f"interrupted; what was timed lies in {found[-1]}" if found else "interrupted")
    say("the same command begins anew, as arms of two runs have not taken turns")


def _shown(name: str, separator: object, pairs: Sequence[str], shared: Mapping[str, str]) -> str:
    """Return a name for tables: with what was given for it, and for all where it is no default.

    The device is the table's, and of a checkpoint the name tells it from the next.
    """
    own = [pair for pair in pairs if pair.partition("=")[0] not in ("checkpoint", "device")]
    files = [pair.partition("=")[2] for pair in pairs if pair.startswith("checkpoint=")]
    own += [f"checkpoint={Path(file).name}" for file in files if file != _RANDOM]
    keys = {pair.partition("=")[0] for pair in pairs}
    given = [
        f"{key}={text}"
        for key, text in shared.items()
        if key not in {"checkpoint", "device", *keys} and not _is_default(separator, key)
    ]
    return ", ".join([name, *own, *given])


def _is_default(separator: object, key: str) -> bool:
    """Return whether a separator's field has the value that it has if it is not given."""
    if not is_dataclass(separator):
        return False
    found = [one.default for one in fields(separator) if one.name == key]
    return bool(found) and found[0] == getattr(separator, key)


def _distinct(subjects: Sequence[Subject]) -> list[Subject]:
    """Return the subjects; two of one name are refused.

    Raises:
        SepevalError: a separator is named twice.
    """
    from sepeval.errors import SepevalError

    names = [one.name for one in subjects]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SepevalError(f"{twice[0]!r} is named twice; an arm is timed often enough by itself")
    return list(subjects)
