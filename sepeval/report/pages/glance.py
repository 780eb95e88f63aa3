"""The first numbers of all protocols beside each other: one line per system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sepeval.report.pages.closer import protocols_apart
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.pictures import Picture
from sepeval.report.pages.sections import Section
from sepeval.report.tables.blocks import Cell, legend
from sepeval.results.signature import in_order
from sepeval.results.words import headline
from sepeval.summary import ALL


@dataclass(frozen=True)
class Column:
    """The headline of one section, or the number of one stem where that has no value.

    Attributes:
        anchor: of the section.
        name: id of the protocol; with the stem where it stands for the headline.
        number: metric, stem and unit, and why the headline has no value.
    """

    anchor: str
    name: str
    number: str


@dataclass(frozen=True)
class Glance:
    """The first numbers of the sections of a group.

    Attributes:
        name: dataset and split.
        columns: one for each section; more where a section has numbers of stems alone.
        lines: a system's name, and for each column a cell with the address of the rows behind it;
            None where it has none.
        picture: the protocols against each other; None for a single one.
    """

    name: str
    columns: tuple[Column, ...]
    lines: tuple[tuple[str, tuple[tuple[Cell, str] | None, ...]], ...]
    picture: Picture | None

    @property
    def legend(self) -> str:
        """How best and second are shown; empty where no number is either."""
        return legend(found[0] for _, cells in self.lines for found in cells if found)


def glance(sections: Sequence[Section], folder: Folder) -> Glance:
    """Return the first number of each section, `All` or the first stem of its first block.

    Where no system has a value there, the stems that some system has a value of stand for it.

    Args:
        sections: of one group.
        folder: of the report, into which a figure of them goes.
    """
    group = sections[0].group
    shown = [(one, stem) for one in sections for stem in _stems(one)]
    columns = tuple(_column(*one) for one in shown)
    lines = tuple(
        (name, tuple(_cell(*one, place) for one in shown)) for place, name in enumerate(group.names)
    )
    picture = protocols_apart([one.results for one in sections], folder, f"figures/{group.key}")
    return Glance(group.name, columns, lines, picture)


def _stems(section: Section) -> tuple[str, ...]:
    """Return the headline; where no system has a value of it, the stems that some system has."""
    first = headline(section.table.blocks[0].stems)
    known = _known(section, any)
    return known if known and first not in known else (first,)


def _known(section: Section, of: Callable[[Iterable[bool]], bool]) -> tuple[str, ...]:
    """Return the stems that any or all systems have a value of."""
    block = section.table.blocks[0]
    measured = [cells for _, cells in block.lines[: len(section.results.systems)]]
    return tuple(
        stem
        for place, stem in enumerate(block.stems)
        if of(cells[place].number is not None for cells in measured)
    )


def _column(section: Section, stem: str) -> Column:
    block = section.table.blocks[0]
    first = headline(block.stems)
    unit = "" if block.unit == "1" else f", {block.unit}"
    number = f"{block.metric} of {stem}{unit}; {block.direction}"
    if first not in _known(section, any) and stem == _stems(section)[0]:
        number += f". {first} has no value: {_why(section)}"
    name = section.protocol.id
    return Column(section.anchor, name if stem == first else f"{name}, {stem}", number)


def _why(section: Section) -> str:
    """Return which stems some system has no value of, and what was left out of them."""
    block = section.table.blocks[0]
    lacking = [stem for stem in block.stems if stem not in _known(section, all)]
    stems = [stem for stem in lacking if stem != ALL] or lacking
    rows = [
        row
        for system in section.results.systems
        for row in system.rows_of(block.summary, block.metric)
        if row.stem in stems and row.value is None
    ]
    left = ", ".join(in_order(name for row in rows for name in row.left))
    return f"no score is used of {', '.join(stems)}" + (f" (left out: {left})" if left else "")


def _cell(section: Section, stem: str, place: int) -> tuple[Cell, str] | None:
    places = [section.group.place(system.run) for system in section.results.systems]
    if place not in places:
        return None
    block, line = section.table.blocks[0], places.index(place)
    return block.lines[line][1][block.stems.index(stem)], section.rows(0, stem, line)
