"""A comparison as text, as JSON, and as a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sepeval.bench.comparison import Bench
from sepeval.bench.task import Result, Work
from sepeval.report.drawing.canvas import Drawing, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GIGABYTE = 1e9
TITLES: dict[Work, str] = {
    "windows": "BSS Eval v4: four stereo stems at 44.1 kHz, windows of 1 s, 512 taps",
    "whole": "SDR, SIR and SAR of the sources version: four mono stems, the whole track, 512 taps",
}
YARDSTICKS: dict[Work, str] = {"windows": "museval", "whole": "first tool"}
COLUMNS = ("tool", "audio", "estimates", "time", "ratio", "peak memory", "above input", "differs")


def as_text(bench: Bench) -> str:
    """Return aligned tables for a terminal."""
    parts = [f"machine: {bench.machine}"]
    for work, title in TITLES.items():
        own = [one for one in bench.results if one.task.work == work]
        if own:
            lines = [list(COLUMNS), *(_line(bench, one) for one in own)]
            parts += [title, _aligned(lines)]
    parts.append(
        "ratio: time of museval (of the first tool in the second table) over time of the tool. "
        "peak memory is of the process; above input: what the work adds to interpreter, libraries "
        "and audio.\ndiffers: the largest difference of any score from museval (the first tool). "
        "*: the time of one estimate, multiplied."
    )
    parts += [f"not measured: {one}" for one in bench.missing]
    return "\n\n".join(parts) + "\n"


def as_json(bench: Bench) -> str:
    """Return a document with one entry per measurement."""
    document = {
        "machine": bench.machine,
        "missing": list(bench.missing),
        "results": [
            {
                "work": one.task.work,
                "tool": one.task.name,
                "tracks": len(one.task.seconds),
                "audio_s": sum(one.task.seconds),
                "estimates": one.task.estimates,
                "seconds": one.seconds,
                "is_multiplied": one.scaled,
                "ratio": bench.ratio(one),
                "peak_bytes": one.peak,
                "above_input_bytes": one.peak - one.before,
                "difference_db": bench.difference(one),
            }
            for one in bench.results
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def drawing(bench: Bench) -> Drawing:
    """Return time and memory over track length; one line per tool and number of estimates."""
    return Drawing(
        name="bench",
        title="Time and memory of BSS Eval v4 over the length of a track",
        words=as_text(bench),
        draw=lambda: _draw(bench),
    )


def _line(bench: Bench, result: Result) -> list[str]:
    ratio, difference = bench.ratio(result), bench.difference(result)
    task = result.task
    audio = f"{sum(task.seconds)} s"
    if len(task.seconds) > 1:
        audio += f" ({len(task.seconds)} tracks)"
    return [
        task.name,
        audio,
        str(task.estimates),
        f"{result.seconds:.2f} s{'*' if result.scaled else ''}",
        "" if ratio is None else f"{ratio:.1f}",
        f"{result.peak / GIGABYTE:.2f} GB",
        f"{(result.peak - result.before) / GIGABYTE:.2f} GB",
        "" if difference is None else f"{difference:.0e} dB",
    ]


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            word.ljust(width) if column == 0 else word.rjust(width)
            for column, (word, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _draw(bench: Bench) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 4.4))
    figure.set_layout_engine("constrained", rect=(0, 0.16, 1, 0.84))
    time, memory = figure.subplots(1, 2)
    own = [one for one in bench.results if one.task.work == "windows" and one.values]
    kinds = list(dict.fromkeys((one.task.name, one.task.estimates) for one in own))
    names = list(dict.fromkeys(name for name, _ in kinds))
    for name, count in kinds:
        chosen = [one for one in own if (one.task.name, one.task.estimates) == (name, count)]
        chosen.sort(key=lambda one: one.task.seconds)
        colour, marker = look(names.index(name))
        style = "-" if count == 1 else "--"
        shown = f"{name}, {count} estimate{'s' if count > 1 else ''}"
        lengths = [sum(one.task.seconds) for one in chosen]
        look_of: dict[str, Any] = {
            "color": colour,
            "marker": marker,
            "linestyle": style,
            "label": shown,
        }
        time.plot(lengths, [one.seconds for one in chosen], **look_of)
        if not chosen[0].scaled:
            added = [(one.peak - one.before) / GIGABYTE for one in chosen]
            memory.plot(lengths, added, **look_of)
    _name(time, "time, in seconds", log=True)
    _name(memory, "memory above input, in GB", log=False)
    figure.suptitle(TITLES["windows"], fontsize=10.5)
    lines, labels = time.get_legend_handles_labels()
    figure.legend(
        lines,
        labels,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.04),
        ncols=len(names),  # a tool below the other: one estimate, several
        fontsize=7,
        frameon=False,
        handlelength=4,
    )
    figure.text(0.01, 0.01, bench.machine, fontsize=5, parse_math=False)
    return figure


def _name(axes: Axes, label: str, *, log: bool) -> None:
    axes.set_xlabel("length of the track, in seconds")
    axes.set_ylabel(label)
    if log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.grid(color="#DDDDDD", linewidth=0.6)
