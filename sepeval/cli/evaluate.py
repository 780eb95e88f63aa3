"""Commands that make runs: demo, run, score, separate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sepeval.cli import build, options
from sepeval.cli.console import columns, progress, say, show

if TYPE_CHECKING:
    from sepeval.datasets.base import Dataset
    from sepeval.protocol import Protocol
    from sepeval.separators.base import Described
    from sepeval.store import Run
    from sepeval.types import Index


_MIXTURES = {None, "mixture", "mix"}  # file names that are no stem
_NAMED = 3  # files in a note
_TABLES = 2  # more protocols stand side by side


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = Path(
        "sepeval-demo"
    ),
    workers: options.Workers = 0,
) -> None:
    """Evaluate trivial and oracle separators on generated music, and report."""
    from sepeval.demo import demo as make

    with progress("demo") as told:
        shown = make(output, workers=_count(workers), told=told)
    show(shown)


def run(
    dataset: options.Name,
    data: options.Data,
    split: options.Split,
    separator: options.Separator,
    protocol: options.Protocols,
    choice: options.Choices = [],  # noqa: B006 - typer copies it
    setting: options.Settings = [],  # noqa: B006 - typer copies it
    chunk: options.Chunk = "",
    output: options.Output = Path("runs"),
    label: options.Label = "",
    seed: options.Seed = 0,
    replicates: Annotated[int, typer.Option(min=1, help="Draws of a stochastic separator.")] = 1,
    workers: options.Workers = 0,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = "",
    shard: options.Shard = "",
    tracks: Annotated[str, typer.Option(help="Ids, separated by commas; needs --partial.")] = "",
    partial: options.Partial = False,
    keep_estimates: Annotated[bool, typer.Option(help="Write the estimates as files.")] = False,
    engine: options.Engine = "scipy",
    reference_cache: options.ReferenceCache = 0.0,
    signals: options.Signals = True,
    retry_errors: options.RetryErrors = False,
    json: options.Json = False,
) -> None:
    """Evaluate a separator on a split of a dataset under protocols."""
    from sepeval.runner import Shard, evaluate

    share = Shard.parse(shard) if shard else None
    where = build.backend(backend)
    _refuse_conflicts(where, workers=workers)
    chosen = build.protocols(protocol)
    adapter = build.dataset(dataset, data, build.settings(choice, option="--choice"))
    index = adapter.index(split)
    if dataset == "folder":
        _tell_unclaimed(data, adapter)
    chosen = build.fitting(chosen, protocol, index)
    system = _separator(separator, setting, chunk, index.stems)
    with progress(label or separator) as told:
        made = evaluate(
            index,
            system,
            chosen,
            root=output,
            label=label or separator,
            seed=seed,
            replicates=replicates,
            workers=_count(workers, system) if where == "loky" else 1,
            backend=where,
            scheduler=scheduler,
            shard=share,
            tracks=[one for one in tracks.split(",") if one],
            allow_partial=partial,
            keep_estimates=keep_estimates,
            engine=build.engine(engine),
            shelf=build.shelf(reference_cache),
            with_signals=signals,
            retry_errors=retry_errors,
            told=told,
        )
    _present(made, chosen, json=json)


def score(
    references: Annotated[Path, typer.Argument(help="Folder of references.")],
    estimates: Annotated[Path, typer.Argument(help="Folder of estimates, laid out alike.")],
    protocol: options.Protocols,
    reference_pattern: Annotated[
        str, typer.Option(help="Such as {track}/{stem}.wav; found by itself if left out.")
    ] = "",
    estimate_pattern: Annotated[str, typer.Option(help="The same for the estimates.")] = "",
    mixture_pattern: Annotated[
        str, typer.Option(help="Such as {track}/mixture.wav; else the sum of the references.")
    ] = "",
    stems: Annotated[str, typer.Option(help="Names, separated by commas, if not told.")] = "",
    output: options.Output = Path("runs"),
    label: options.Label = "",
    workers: options.Workers = 0,
    engine: options.Engine = "scipy",
    reference_cache: options.ReferenceCache = 0.0,
    signals: options.Signals = True,
    retry_errors: options.RetryErrors = False,
    json: options.Json = False,
) -> None:
    """Score a folder of estimates against a folder of references."""
    from sepeval.datasets.base import DATASETS
    from sepeval.patterns import detect
    from sepeval.runner import evaluate
    from sepeval.separators.base import SEPARATORS

    chosen = build.protocols(protocol)
    names = _stems(references, reference_pattern, stems, chosen, is_all="all" in protocol)
    asked = tuple(dict.fromkeys([*names, *(stem for each in chosen for stem in each.stems)]))
    folder = DATASETS.get("folder")(  # type: ignore[call-arg]  # fields of the adapter
        root=references,
        references=reference_pattern or detect(references, stems=names),
        mixture=mixture_pattern or None,
        stems=names,
    )
    pattern = estimate_pattern or detect(estimates, stems=asked)
    files = SEPARATORS.get("files")(root=estimates, pattern=pattern)  # type: ignore[call-arg]
    (split,) = folder.splits()
    index = folder.index(split)
    _tell_unmatched(estimates, pattern, asked, index)
    _tell_unclaimed(references, folder, estimates.resolve() / pattern)
    chosen = build.fitting(chosen, protocol, index)
    name = label or estimates.resolve().name
    with progress(name) as told:
        made = evaluate(
            index,
            files,
            chosen,
            root=output,
            label=name,
            workers=_count(workers),
            engine=build.engine(engine),
            shelf=build.shelf(reference_cache),
            with_signals=signals,
            retry_errors=retry_errors,
            told=told,
        )
    _present(made, chosen, json=json)


def separate(
    dataset: options.Name,
    data: options.Data,
    split: options.Split,
    separator: options.Separator,
    protocol: options.Protocols,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of estimates.")],
    choice: options.Choices = [],  # noqa: B006 - typer copies it
    setting: options.Settings = [],  # noqa: B006 - typer copies it
    chunk: options.Chunk = "",
    seed: options.Seed = 0,
) -> None:
    """Separate a split into files, without scoring; the protocol says what is heard."""
    from sepeval.errors import SepevalError
    from sepeval.runner import separate as make

    chosen = build.protocols(protocol)
    if len(chosen) != 1:
        raise SepevalError("separate takes one protocol: it says what the separator hears")
    index = build.dataset(dataset, data, build.settings(choice, option="--choice")).index(split)
    system = _separator(separator, setting, chunk, index.stems)
    with progress(separator) as told:
        errors = make(index, system, chosen[0], folder=output, seed=seed, told=told)
    show(str(output))
    if errors:
        say(f"{len(errors)} of {len(index.tracks)} tracks could not be separated")
        raise typer.Exit(1)


def _tell_unmatched(root: Path, pattern: str, stems: Sequence[str], index: Index) -> None:
    """Say which tracks have estimates and no references."""
    from sepeval.patterns import Pattern

    if Pattern(pattern).has_track:
        known = {track.id for track in index.tracks}
        found = {one.track for one in Pattern(pattern).find(root, stems=stems)}
        for track in sorted(found - known):
            say(f"{track}: has estimates and no references; it is not scored")


def _tell_unclaimed(root: Path, folder: Dataset, estimates: Path | None = None) -> None:
    """Say which audio files below the references no pattern fits; estimates may lie there too."""
    from sepeval.patterns import unclaimed

    texts = [getattr(folder, name) for name in ("references", "mixture") if getattr(folder, name)]
    if estimates is not None and estimates.is_relative_to(root.resolve()):
        texts.append(estimates.relative_to(root.resolve()).as_posix())
    if left := unclaimed(root, texts):
        names = ", ".join(str(path.relative_to(root)) for path in left[:_NAMED])
        rest = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        count = f"{len(left)} audio file{'s' * (len(left) > 1)}"
        say(f"{root}: in no track, as no pattern fits ({texts[0]}): {count}: {names}{rest}")


def _stems(
    root: Path, pattern: str, given: str, protocols: Sequence[Protocol], *, is_all: bool
) -> tuple[str, ...]:
    """Return the stems of a folder: as told, as the protocols name them, or as files are named."""
    from sepeval.errors import DataError
    from sepeval.patterns import Pattern

    if given:
        return tuple(given.split(","))
    named = {one for each in protocols for one in each.sources_of_stems}
    if named and not is_all:
        return tuple(sorted(named))
    found = Pattern(pattern or "{track}/{stem}.wav").find(root)
    stems = dict.fromkeys(str(one.stem) for one in found if one.stem not in _MIXTURES)
    if not stems:
        raise DataError(f"{root}: name the stems with --stems: no {{track}}/{{stem}}.wav is there")
    return tuple(sorted(stems))


def _separator(name: str, setting: Sequence[str], chunk: str, stems: Sequence[str]) -> Described:
    from sepeval.errors import SepevalError
    from sepeval.separators.base import Separator
    from sepeval.separators.chunked import Chunked

    found = build.separator(name, build.settings(setting, option="--setting"), stems)
    if not chunk:
        return found
    if not isinstance(found, Separator):
        message = (
            f"--chunk cuts the mixture that a separator hears, and {name!r} hears none; leave "
            "--chunk out"
        )
        raise SepevalError(message)
    words = chunk.split(",")
    if len(words) != 4:
        message = (
            f"--chunk takes length,overlap,window,tail, such as 262144,0,none,drop; found {chunk!r}"
        )
        raise SepevalError(message)
    length, overlap, window, tail = words
    values = {"inner": found, "chunk": length, "overlap": overlap, "window": window, "tail": tail}
    return build.built(Chunked, values, what="chunks", option="--chunk")


def _refuse_conflicts(backend: str, *, workers: int) -> None:
    from sepeval.errors import SepevalError

    if backend != "loky" and workers:
        message = (
            f"--workers counts processes of this machine, and with --backend {backend} all workers "
            "of the cluster work; leave --workers out"
        )
        raise SepevalError(message)


def _count(workers: int, system: Described | None = None) -> int:
    """Return how many processes work: by themselves one per processor, one for a network."""
    from sepeval.separators.network import place

    if not workers and system is not None and place(system):
        return 1  # each process would hold the weights, and share one device
    return workers or os.cpu_count() or 1


def _present(made: Run, protocols: Sequence[Protocol], *, json: bool) -> None:
    """Print a run's tables, where it lies, and which tracks failed."""
    from sepeval.report import side_by_side, table

    names = [protocol.id for protocol in protocols]
    if len(names) > _TABLES and not json:
        show(side_by_side(made, protocols=names).as_text(columns()))
    elif json:
        tables = [table([made], name).as_json().rstrip() for name in names]
        show("[" + ",\n".join(tables) + "]")
    else:
        show("\n\n".join(table([made], name).as_text() for name in names))
    say(f"run: {made.folder}")
    for protocol in protocols:
        say(f"scores: {made.scores(protocol.id)}")
    for track in made.manifest.tracks:
        if track.missing:
            say(f"{track.id}: has no {', '.join(track.missing)}; see the protocol for what follows")
    failed = [track for track in made.manifest.tracks if track.trouble]
    if failed:
        say(
            f"{len(failed)} of {len(made.manifest.tracks)} tracks have errors; the same command "
            "with --retry-errors tries them again, and makes a new run where audio was changed"
        )
        raise typer.Exit(1)
