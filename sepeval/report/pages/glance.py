"""The first numbers of all protocols beside each other: one line per system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sepeval.report.pages.closer import protocols_apart
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.pictures import Picture
from sepeval.report.pages.sections import Section
from sepeval.report.tables.blocks import Cell


@dataclass(frozen=True)
class Column:
    """The first number of one section.

    Attributes:
        anchor: of the section.
        protocol: id.
        number: metric, stem and unit.
    """

    anchor: str
    protocol: str
    number: str


@dataclass(frozen=True)
class Glance:
    """The first numbers of the sections of a group.

    Attributes:
        name: dataset and split.
        columns: one for each section.
        lines: a system's name, and for each section a cell with the address of the rows behind it;
            None where it has none.
        picture: the protocols against each other; None for a single one.
    """

    name: str
    columns: tuple[Column, ...]
    lines: tuple[tuple[str, tuple[tuple[Cell, str] | None, ...]], ...]
    picture: Picture | None


def glance(sections: Sequence[Section], folder: Folder) -> Glance:
    """Return the first number of each section, the last stem of its first block, by system.

    Args:
        sections: of one group.
        folder: of the report, into which a figure of them goes.
    """
    group = sections[0].group
    columns = []
    for one in sections:
        block = one.table.blocks[0]
        unit = "" if block.unit == "1" else f", {block.unit}"
        number = f"{block.metric} of {block.stems[-1]}{unit}; {block.direction}"
        columns.append(Column(one.anchor, one.protocol.id, number))
    lines = tuple(
        (name, tuple(_cell(one, place) for one in sections))
        for place, name in enumerate(group.names)
    )
    picture = protocols_apart([one.results for one in sections], folder, f"figures/{group.key}")
    return Glance(group.name, tuple(columns), lines, picture)


def _cell(section: Section, place: int) -> tuple[Cell, str] | None:
    places = [section.group.place(system.run) for system in section.results.systems]
    if place not in places:
        return None
    block, line = section.table.blocks[0], places.index(place)
    return block.lines[line][1][-1], section.rows(0, block.stems[-1], line)
