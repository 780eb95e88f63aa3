"""Every combination of settings and seeds, each as an ordinary run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path

from sepeval.errors import SepevalError
from sepeval.protocol import Protocol
from sepeval.runner import Progress, evaluate
from sepeval.separators.base import Described
from sepeval.store import Run
from sepeval.sweeps.table import COLUMNS, Point, Sweep, refuse_other_data, tabulate, write
from sepeval.types import EngineName, Index


def grid(varied: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], ...]:
    """Return every combination of the values of settings; the last setting varies fastest.

    Raises:
        SepevalError: nothing is varied, or a setting has no values, or one value twice.

    Example:
        >>> grid({"steps": ["1", "2"], "rho": ["7"]})
        ({'steps': '1', 'rho': '7'}, {'steps': '2', 'rho': '7'})
    """
    if not varied:
        raise SepevalError("a sweep varies at least one setting, such as steps=1,2,4")
    for name, values in varied.items():
        if not values or len(set(values)) != len(values) or "" in values:
            message = f"{name}: needs values that all differ; found {','.join(values)!r}"
            raise SepevalError(message)
    return tuple(dict(zip(varied, values, strict=True)) for values in product(*varied.values()))


def sweep(
    index: Index,
    make: Callable[[Mapping[str, str]], Described],
    protocols: Sequence[Protocol],
    *,
    varied: Mapping[str, Sequence[str]],
    seeds: Sequence[int],
    folder: Path,
    label: str,
    baseline: Described | Run | None = None,
    workers: int = 1,
    tracks: Sequence[str] = (),
    allow_partial: bool = False,
    engine: EngineName = "scipy",
    told: Callable[[Progress], None] | None = None,
) -> Sweep:
    """Return the numbers of a separator at every combination of settings and seeds.

    Runs that are complete are not made again. The table is written when all runs are there.

    Args:
        index: the split, from a dataset adapter.
        make: returns the separator with these values of the varied settings.
        protocols: under which the scores are made.
        varied: values by setting, as texts.
        seeds: of the runs; a separator that is not stochastic is run once.
        folder: where runs and tables go.
        label: how the sweep is called.
        baseline: what the points are compared with, such as the deterministic model: a separator,
            or a run of one on the same tracks.
        workers: processes that work on tracks.
        tracks: ids of the tracks to evaluate; all if empty.
        allow_partial: see `runner.evaluate`.
        engine: see `runner.evaluate`.
        told: called after each track.

    Raises:
        SepevalError: a grid is empty, or see `runner.evaluate`.
        StoreError: the baseline was measured on other data, or a file cannot be written.
    """
    if not seeds or len(set(seeds)) != len(seeds):
        raise SepevalError(f"a sweep needs seeds that all differ; found {list(seeds)}")
    for name in varied:
        if name in COLUMNS:
            raise SepevalError(f"a sweep cannot vary {name!r}: its table has a column of that name")

    def made(separator: Described, name: str, seed: int) -> Run:
        return evaluate(
            index,
            separator,
            protocols,
            root=folder / "runs",
            label=name,
            seed=seed,
            workers=workers,
            tracks=tracks,
            allow_partial=allow_partial,
            engine=engine,
            told=told,
        )

    separators = [(settings, make(settings)) for settings in grid(varied)]
    beside = made(baseline, f"{label} baseline", 0) if isinstance(baseline, Described) else baseline
    points: list[Point] = []
    for settings, separator in separators:
        name = " ".join([label, *(f"{key}={value}" for key, value in settings.items())])
        draws = seeds if separator.is_stochastic else seeds[:1]
        for seed in draws:
            named = f"{name} seed={seed}" if separator.is_stochastic else name
            run = made(separator, named, seed)
            if beside is not None and not points:
                refuse_other_data(run, beside)
            points.append(Point(settings, seed if separator.is_stochastic else None, run))
    names = [protocol.id for protocol in protocols]
    found = tabulate(points, names, label=label, baseline=beside)
    write(found, folder)
    return found
