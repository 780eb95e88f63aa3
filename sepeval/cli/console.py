"""What a person sees: progress and messages on stderr, data on stdout."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sepeval.runner import Progress


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_PLAIN_S = 5.0  # between two plain lines of progress


def say(message: str) -> None:
    """Write a message for the person to stderr."""
    sys.stderr.write(visible(message) + "\n")


def show(data: str) -> None:
    """Write data to stdout, with one line end."""
    sys.stdout.write(visible(data.rstrip("\n")) + "\n")


def visible(text: str) -> str:
    """Return a text without signs that move a terminal's cursor or turn its writing around.

    Names of tracks, labels and files come from data. Line ends and tabs stay.
    """
    return _UNSEEN.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def columns() -> int:
    """Return how wide a line on stdout may be: the terminal's width, or 160 without one."""
    return shutil.get_terminal_size(fallback=(160, 24)).columns


@contextmanager
def progress(title: str) -> Iterator[Callable[[Progress], None]]:
    """Yield a function that shows progress: a bar with time left on a terminal, else lines.

    Where the work is broken off, it says how many tracks are kept.
    """
    from sepeval.cli import StoppedError
    from sepeval.errors import StoreError

    last: Progress | None = None
    with _bar(title) if sys.stderr.isatty() else nullcontext(_plain(title)) as shown:

        def advance(told: Progress) -> None:
            nonlocal last
            last = told
            shown(told)

        try:
            yield advance
        except (StoppedError, StoreError):
            if last is not None:
                say(f"{last.label}: {last.done} of {last.total} tracks are finished and kept")
            raise


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)

        def advance(told: Progress) -> None:
            bar.update(task, total=told.total, completed=told.done, description=told.label)
            if told.note:
                bar.console.print(f"{told.label}: {told.note}", markup=False)
            if told.error:
                bar.console.print(f"{told.track}: {told.error}", markup=False, style="red")

        yield advance


def _plain(title: str) -> Callable[[Progress], None]:
    last = time.monotonic()

    def advance(told: Progress) -> None:
        nonlocal last
        if told.note:
            say(f"{told.label}: {told.note}")
        if told.error:
            say(f"{told.label}: {told.track}: {told.error}")
        now = time.monotonic()
        if told.done == told.total or now - last > _PLAIN_S:
            last = now
            say(f"{title}: {told.label}: {told.done} of {told.total} tracks")

    return advance
