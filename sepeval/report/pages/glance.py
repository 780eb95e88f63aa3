"""The first numbers of all protocols beside each other: one line per system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sepeval.report.blocks import Cell
from sepeval.report.pages.sections import Section


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
    """

    name: str
    columns: tuple[Column, ...]
    lines: tuple[tuple[str, tuple[tuple[Cell, str] | None, ...]], ...]


def glance(sections: Sequence[Section]) -> Glance:
    """Return the first number of each section, the last stem of its first block, by system."""
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
    return Glance(group.name, tuple(columns), lines)


def _cell(section: Section, place: int) -> tuple[Cell, str] | None:
    places = [section.group.place(system.run) for system in section.results.systems]
    if place not in places:
        return None
    block, line = section.table.blocks[0], places.index(place)
    return block.lines[line][1][-1], section.rows(0, block.stems[-1], line)
