"""A section of a report: runs that measured the same audio, under one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from sepeval.protocol import Protocol
from sepeval.publications import PublishedLine
from sepeval.report.figures.kinds import drawings
from sepeval.report.figures.tracks import words_of
from sepeval.report.pages.closer import Look, looks
from sepeval.report.pages.comparing import Compared, compared
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.groups import Group
from sepeval.report.pages.pictures import Picture, drawn
from sepeval.report.pages.ranking import Ranking, ranking
from sepeval.report.pages.rows import STATUSES, Rows, rows_of
from sepeval.report.pages.scripts import script
from sepeval.report.pages.words import measured, on_silence
from sepeval.report.tables.scores import Table, of_results
from sepeval.results import Results, dataset_of, failed
from sepeval.results.traits import direction
from sepeval.results.words import count_of, plain
from sepeval.store import Run
from sepeval.store.run import file_name, slug


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
        anchor: its place on the page, and the name of its folders.
        group: the runs, with those that were not scored under this protocol.
        results: the numbers.
        data: dataset and split with choices, and how much of it.
        partial: empty, or how many tracks of how many.
        measured: what is scored, in words.
        on_silence: what happens where stems are silent, in words.
        table: the numbers as they are shown.
        ranking: the tracks, the worst first.
        comparison: None for a single system.
        pictures: figures.
        looks: figures that look closer.
        faults: tracks without scores.
    """

    anchor: str
    group: Group
    results: Results
    data: str
    partial: str
    measured: str
    on_silence: str
    table: Table
    ranking: Ranking
    comparison: Compared | None
    pictures: tuple[Picture, ...]
    looks: tuple[Look, ...]
    faults: tuple[Fault, ...]

    @property
    def protocol(self) -> Protocol:
        """What was measured."""
        return self.results.protocol

    @property
    def name(self) -> str:
        """Dataset and split."""
        return self.group.name

    def rows(self, key: int, stem: str, system: int, track: str = "") -> str:
        """Return the address of the rows behind a number.

        Args:
            key: place of its summary and metric.
            stem: its column.
            system: its line.
            track: id of the one whose number it is; of all tracks if left out.
        """
        asked = {"section": self.anchor, "number": key, "stem": stem, "system": system}
        return f"rows.html#{urlencode(asked | ({'track': track} if track else {}))}"

    def rows_file(self, track: str) -> str:
        """Return the address of the script with a track's rows."""
        record = next(one for one in self.group.tracks if one.id == track)
        return f"data/{self.anchor}/{file_name(record)}.js"


def section(
    results: Results,
    group: Group,
    folder: Folder,
    *,
    decimals: int,
    published: tuple[PublishedLine, ...],
    baseline: str,
) -> Section:
    """Return a section, and write its figures and rows into the folder of the report."""
    first = results.systems[0].run
    tracks = count_of(len(first.manifest.tracks), "track")
    anchor = slug(f"{results.protocol.id}--{first.manifest.hash}")
    where = f"figures/{anchor}"
    found = rows_of(results)
    order = ranking(results, found.values[0], group, decimals=decimals)
    made = Section(
        anchor=anchor,
        group=group,
        results=results,
        data=f"{plain(dataset_of(first))}: {first.manifest.partial or tracks}",
        partial=first.manifest.partial,
        measured=" ".join(measured(results.protocol)),
        on_silence=" ".join(on_silence(results.protocol)),
        table=of_results(results, decimals=decimals, published=published),
        ranking=order,
        comparison=compared(results, folder, where, baseline=baseline, decimals=decimals),
        pictures=_pictures(results, folder, where),
        looks=looks(results, order, folder, where, baseline=baseline),
        faults=_faults(results),
    )
    for track, packed in found.tracks.items():
        name = made.rows_file(track)
        folder.text(name, script(name, packed))
    folder.text(f"data/{anchor}.js", script(f"data/{anchor}.js", _about(made, found)))
    return made


def _about(made: Section, found: Rows) -> dict[str, object]:
    """Return what pages must know of a section to show its rows."""
    protocol, results = made.protocol, made.results
    summaries = {summary.name: summary for summary in protocol.summaries}
    keys = [
        {
            "summary": one.summary,
            "metric": one.metric,
            "unit": results.metrics[one.metric].unit,
            "up": results.metrics[one.metric].higher_is_better,
            "direction": direction(results.metrics[one.metric]),
            "stems": list(one.stems),
            "all": list(summaries[one.summary].all_stems),
            "inside": words_of(summaries[one.summary]),
            "infinite": summaries[one.summary].infinite,
            "numbers": [
                [cell.text for cell in cells] for _, cells in block.lines[: len(results.systems)]
            ],
        }
        for one, block in zip(found.values, made.table.blocks, strict=True)
    ]
    records = {record.id: record for record in made.group.tracks}
    return {
        "anchor": made.anchor,
        "protocol": protocol.id,
        "hash": protocol.hash[:8],
        "title": protocol.title,
        "measured": made.measured,
        "name": made.name,
        "systems": [system.name for system in results.systems],
        "runs": [system.run.folder.name for system in results.systems],
        "places": [made.group.place(system.run) for system in results.systems],
        "statuses": list(STATUSES),
        "keys": keys,
        "tracks": [
            {
                "id": track,
                "name": plain(track),
                "rows": made.rows_file(track),
                "page": made.group.page(records[track]),
                "rate": _rate(results, track),
            }
            for track in found.tracks
        ],
    }


def _rate(results: Results, track: str) -> int | None:
    """Return the rate at which a track was heard, in Hz; None where nobody recorded it."""
    rule = results.protocol.audio.rate
    if rule != "native":
        return rule
    return next((one for run in results.runs if (one := _stored_rate(run, results, track))), None)


def _stored_rate(run: Run, results: Results, track: str) -> int | None:
    record = next(one for one in run.manifest.tracks if one.id == track)
    for layout in run.manifest.layouts:
        path = run.cells(layout.key, record)
        if results.protocol.id in layout.protocols and path.is_file():
            return int(str(run.read_table(path)[1]["rate"]))
    return None


def _pictures(results: Results, folder: Folder, where: str) -> tuple[Picture, ...]:
    return tuple(
        drawn(drawing, folder, where)
        for metric in dict.fromkeys(name for _, name in results.keys)
        for drawing in drawings(results, metric)
    )


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
