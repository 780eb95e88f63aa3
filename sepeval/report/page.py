"""A page about runs that opens from disk: tables, figures, counts, errors, provenance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepeval.protocol import Protocol
from sepeval.publications import PublishedLine
from sepeval.report import literature
from sepeval.report.plots import drawings
from sepeval.report.tables import Table, of_results
from sepeval.report.templates import rendered
from sepeval.report.words import STATUSES, measured, on_silence
from sepeval.results import Results, by_protocol, dataset_of, failed, gather, groups
from sepeval.results.words import count_of, plain
from sepeval.store import Run
from sepeval.store.files import write_text
from sepeval.store.run import slug

_FORMATS = ("svg", "png")


@dataclass(frozen=True)
class Picture:
    """One figure on the page.

    Attributes:
        source: address of the drawing, relative to the page.
        raster: address of the same as PNG.
        title: what it shows.
        words: its numbers as a text.
    """

    source: str
    raster: str
    title: str
    words: str


@dataclass(frozen=True)
class Fault:
    """Why a track has no scores.

    Attributes:
        track: its id.
        message: the error.
        systems: of which the track failed.
    """

    track: str
    message: str
    systems: str


@dataclass(frozen=True)
class Section:
    """Runs that measured the same audio, under one protocol.

    Attributes:
        anchor: its place on the page.
        protocol: what was measured.
        name: dataset and split.
        data: the same with choices, and how much of it.
        partial: empty, or how many tracks of how many.
        measured: what is scored, in words.
        on_silence: what happens where stems are silent, in words.
        table: the numbers.
        pictures: the figures.
        faults: tracks without scores.
    """

    anchor: str
    protocol: Protocol
    name: str
    data: str
    partial: str
    measured: str
    on_silence: str
    table: Table
    pictures: tuple[Picture, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Origin:
    """Where the numbers of a run come from.

    Attributes:
        name: label and hash.
        facts: names and values.
        documents: titles and JSON texts.
    """

    name: str
    facts: tuple[tuple[str, str], ...]
    documents: tuple[tuple[str, str], ...]


def page(
    runs: Sequence[Run],
    folder: Path,
    *,
    protocols: Sequence[str] | None = None,
    decimals: int = 2,
    published: Sequence[PublishedLine] = (),
) -> Path:
    """Write `index.html` and its figures, and return its path. The same runs give the same bytes.

    Runs that measured different audio get tables of their own.

    Args:
        runs: all that the page is about.
        folder: where the page goes; it is made.
        protocols: ids or names, each of at least one run; None for all that there are.
        decimals: shown in tables.
        published: numbers of others to show below the measured ones, in each table that they fit.

    Raises:
        StoreError: there is no run, a protocol is none of theirs, runs that measured the same
            audio are not comparable, or a file cannot be written.
        DataError: published lines are given and none has a metric and stem of a table.
    """
    found = [run for group in groups(runs) for run in group]
    names = list(by_protocol(found)) if protocols is None else protocols
    results = [gather(group, name) for name in names for group in groups(_scored(found, name))]
    fit = literature.fitting([one.protocol for one in results], published)
    sections = [
        _section(one, folder, decimals=decimals, published=lines)
        for one, lines in zip(results, fit, strict=True)
    ]
    text = rendered(
        "page.html.j2",
        sections=sections,
        origins=[_origin(run) for run in found],
        documents=_documents(sections),
        statuses=[(str(status), meaning) for status, meaning in STATUSES.items()],
        labels=list(dict.fromkeys(plain(run.manifest.label) for run in found)),
        data=list(dict.fromkeys(section.name for section in sections)),
        titles={section.protocol.id: section.protocol.title for section in sections},
    )
    path = folder / "index.html"
    write_text(path, text)
    return path


def _scored(runs: Sequence[Run], name: str) -> list[Run]:
    """Return the runs that were scored under a protocol; the error of one if none was."""
    found = [
        run
        for run in runs
        if any(name in (known, known.rpartition(".v")[0]) for known in run.manifest.protocols)
    ]
    if not found:
        runs[0].protocol(name)
    return found


def _section(
    results: Results, folder: Path, *, decimals: int, published: tuple[PublishedLine, ...]
) -> Section:
    first = results.systems[0].run
    tracks = count_of(len(first.manifest.tracks), "track")
    data = f"{plain(dataset_of(first))}: {first.manifest.partial or tracks}"
    anchor = slug(f"{results.protocol.id}--{first.manifest.hash}")
    return Section(
        anchor=anchor,
        protocol=results.protocol,
        name=plain(f"{first.manifest.dataset}/{first.manifest.split}"),
        data=data,
        partial=first.manifest.partial,
        measured=" ".join(measured(results.protocol)),
        on_silence=" ".join(on_silence(results.protocol)),
        table=of_results(results, decimals=decimals, published=published),
        pictures=_pictures(results, folder / "figures" / anchor),
        faults=_faults(results),
    )


def _pictures(results: Results, folder: Path) -> tuple[Picture, ...]:
    found = []
    for metric in dict.fromkeys(name for _, name in results.keys):
        for drawing in drawings(results, metric):
            paths = drawing.write(folder, _FORMATS)
            source, raster = (f"figures/{folder.name}/{path.name}" for path in paths)
            found.append(Picture(source, raster, drawing.title, drawing.words))
    return tuple(found)


def _faults(results: Results) -> tuple[Fault, ...]:
    """Return every error once, with the systems that have it."""
    shared: dict[tuple[str, str], list[str]] = {}
    for system in results.systems:
        for track, message in failed(system.run, results.protocol.id).items():
            shared.setdefault((track, message), []).append(system.name)
    everyone = len(results.systems)
    return tuple(
        Fault(track, message, "all systems" if len(names) == everyone > 1 else ", ".join(names))
        for (track, message), names in shared.items()
    )


def _origin(run: Run) -> Origin:
    manifest = run.manifest
    identity, environment = manifest.identity, manifest.environment
    facts = (
        ("run", run.folder.name),
        ("state", manifest.status),
        ("data", plain(dataset_of(run))),
        ("part of the split", manifest.partial or "the whole split"),
        ("tracks", f"{len(manifest.tracks)}, {len(failed(run, ''))} with errors"),
        ("seed", str(identity.get("seed"))),
        ("replicates", str(identity.get("replicates"))),
        ("sepeval", str(environment.get("sepeval"))),
        ("protocols", ", ".join(manifest.protocols)),
    )
    documents = (
        ("Separator", _json(identity.get("separator"))),
        ("Identity: what can change a number", _json(identity)),
        ("Environment: what is recorded beside it", _json(environment)),
    )
    return Origin(f"{plain(manifest.label)} {manifest.hash}", facts, documents)


def _documents(sections: Sequence[Section]) -> list[tuple[str, str]]:
    """Return the protocols as YAML, each once."""
    import yaml

    found = {
        f"{one.protocol.id}, hash {one.protocol.hash}": yaml.safe_dump(
            one.protocol.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=90
        )
        for one in sections
    }
    return list(found.items())


def _json(document: object) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
