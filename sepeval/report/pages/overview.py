"""The first page of a report, and everything it leads to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from sepeval.audits.findings import counted
from sepeval.errors import UnknownNameError
from sepeval.publications import PublishedLine
from sepeval.report.pages.audited import Remark, audited
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.glance import glance
from sepeval.report.pages.groups import Group, grouped
from sepeval.report.pages.listening import Listened, listened
from sepeval.report.pages.provenance import as_yaml, origin
from sepeval.report.pages.sections import Section, section
from sepeval.report.pages.words import STATUSES
from sepeval.report.tables import literature
from sepeval.report.templates import rendered
from sepeval.results import by_protocol, gather
from sepeval.results.words import not_named, plain
from sepeval.store import Run
from sepeval.store.run import file_name

Told = Callable[[str], None]
ASSETS = ("report.css", "base.js", "tables.js", "rows.js", "timeline.js", "player.js", "track.js")


def page(
    runs: Sequence[Run],
    folder: Path,
    *,
    protocols: Sequence[str] | None = None,
    decimals: int = 2,
    published: Sequence[PublishedLine] = (),
    baseline: str = "",
    with_audio: bool = True,
    with_audits: bool = True,
    workers: int = 1,
    told: Told | None = None,
) -> Path:
    """Write a report and return the path of `index.html`. The same runs give the same bytes.

    Runs that measured different audio get tables of their own. Files that an earlier report left
    in the folder are deleted.

    Args:
        runs: all that the report is about.
        folder: where it goes; it is made.
        protocols: ids or names, each of at least one run; None for all that there are.
        decimals: shown in tables.
        published: numbers of others to show below the measured ones, in each table that they fit.
        baseline: name or hash of the system that the others are compared with; the first of each
            table if left out.
        with_audio: write files to hear, where the audio is at hand; pictures are made of it anyway.
        with_audits: look for what the numbers hide.
        workers: processes that work on the audio of tracks.
        told: called with what is done now, in a few words.

    Raises:
        StoreError: there is no run, a protocol is none of theirs, runs that measured the same
            audio are not comparable, or a file cannot be written.
        DataError: published lines are given and none has a metric and stem of a table.
        UnknownNameError: no run has the name or hash of the baseline.
    """
    tell = told or _silently
    groups = grouped(runs)
    _refuse_unknown(baseline, groups)
    out = Folder(folder)
    sections = _sections(groups, out, protocols, decimals, published, baseline, tell)
    sounds = [
        listened(
            group,
            next(one.protocol.id for one in sections if one.group is group),
            out,
            with_audio=with_audio,
            workers=workers,
            told=tell,
        )
        for group in {one.group.key: one.group for one in sections}.values()
    ]
    chosen = [one.protocol.id for one in sections]
    remarks = audited(groups, protocols=chosen, told=tell) if with_audits else None
    for group in groups:
        _write_tracks(group, [one for one in sections if one.group is group], out)
    out.text("rows.html", rendered("rows.html.j2", root=""))
    out.text("index.html", _overview(sections, sounds, remarks, out))
    for name in ASSETS:
        asset = resources.files("sepeval.report") / "html" / name
        out.text(f"assets/{name}", asset.read_text(encoding="utf-8"))
    out.finish()
    return folder / "index.html"


def _silently(_: str) -> None:
    """Tell nobody."""


def _refuse_unknown(baseline: str, groups: Sequence[Group]) -> None:
    names = [name for group in groups for name in group.names]
    hashes = [run.manifest.hash for group in groups for run in group.runs]
    if baseline and baseline not in [*names, *hashes]:
        raise UnknownNameError(not_named(baseline, names))


def _sections(
    groups: Sequence[Group],
    out: Folder,
    protocols: Sequence[str] | None,
    decimals: int,
    published: Sequence[PublishedLine],
    baseline: str,
    tell: Told,
) -> list[Section]:
    """Return the sections in the order of protocols, then of groups."""
    found = [run for group in groups for run in group.runs]
    names = list(by_protocol(found)) if protocols is None else protocols
    homes = []
    for name in names:
        scored = {run.folder for run in _scored(found, name)}
        for group in groups:
            own = [run for run in group.runs if run.folder in scored]
            homes += [(group, gather(own, name))] if own else []
    fit = literature.fitting([results.protocol for _, results in homes], published)
    sections = []
    for (group, results), lines in zip(homes, fit, strict=True):
        tell(f"{results.protocol.id} on {group.name}")
        made = section(results, group, out, decimals=decimals, published=lines, baseline=baseline)
        sections.append(made)
    return sections


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


def _write_tracks(group: Group, sections: Sequence[Section], out: Folder) -> None:
    """Write the page of every track, in the order of the first section's ranking."""
    if not sections:
        return
    records = {group.page(record): record for record in group.tracks}
    order = [line.page for line in sections[0].ranking.lines]
    for place, address in enumerate(order):
        record = records[address]
        near = [order[(place + step) % len(order)].rpartition("/")[2] for step in (-1, 1)]
        about = {
            "track": record.id,
            "systems": list(group.names),
            "sound": group.sound(record),
            "sections": [
                {"about": f"data/{one.anchor}.js", "rows": one.rows_file(record.id)}
                for one in sections
            ],
        }
        text = rendered(
            "track.html.j2",
            root="../../",
            name=plain(record.id) or file_name(record),
            group=group,
            place=place + 1,
            total=len(order),
            before=near[0],
            after=near[1],
            trouble=record.trouble,
            missing=record.missing,
            about=json.dumps(about, ensure_ascii=False),
        )
        out.text(address, text)


def _overview(
    sections: Sequence[Section],
    sounds: Sequence[Listened],
    remarks: Sequence[Remark] | None,
    out: Folder,
) -> str:
    runs = {run.folder: run for one in sections for run in one.group.runs}
    return rendered(
        "index.html.j2",
        root="",
        sections=sections,
        glances=[glance(own, out) for own in _by_group(sections)],
        sounds=sounds,
        remarks=remarks,
        counted=counted(one.finding for one in remarks or ()),
        origins=[origin(run) for run in runs.values()],
        documents=as_yaml(one.protocol for one in sections),
        statuses=[(str(status), meaning) for status, meaning in STATUSES.items()],
        labels=list(dict.fromkeys(plain(run.manifest.label) for run in runs.values())),
        data=list(dict.fromkeys(section.name for section in sections)),
        titles={section.protocol.id: section.protocol.title for section in sections},
    )


def _by_group(sections: Sequence[Section]) -> list[list[Section]]:
    found: dict[str, list[Section]] = {}
    for one in sections:
        found.setdefault(one.group.key, []).append(one)
    return list(found.values())
