"""What a person sees: progress and messages on stderr, data on stdout."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sepeval.runner import Progress

_PLAIN_S = 5.0  # between two plain lines of progress


def say(message: str) -> None:
    """Write a message for the person to stderr."""
    sys.stderr.write(message + "\n")


def show(data: str) -> None:
    """Write data to stdout, with one line end."""
    sys.stdout.write(data.rstrip("\n") + "\n")


def columns() -> int:
    """Return how wide a line on stdout may be: the terminal's width, or 160 without one."""
    return shutil.get_terminal_size(fallback=(160, 24)).columns


@contextmanager
def progress(title: str) -> Iterator[Callable[[Progress], None]]:
    """Yield a function that shows progress: a bar with time left on a terminal, else lines."""
    if not sys.stderr.isatty():
        yield _plain(title)
        return
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
            if told.error:
                bar.console.print(f"{told.track}: {told.error}", markup=False, style="red")

        yield advance


def _plain(title: str) -> Callable[[Progress], None]:
    last = time.monotonic()

    def advance(told: Progress) -> None:
        nonlocal last
        if told.error:
            say(f"{told.label}: {told.track}: {told.error}")
        now = time.monotonic()
        if told.done == told.total or now - last > _PLAIN_S:
            last = now
            say(f"{title}: {told.label}: {told.done} of {told.total} tracks")

    return advance
