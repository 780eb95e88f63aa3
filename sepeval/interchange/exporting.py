"""From runs to museval's JSON, which its schema accepts and its `EvalStore` reads.

    <folder>/<split>/<track>.json

The JSON holds one set of scores per track and target, so vocals are those of the problem of vocals
and accompaniment where the run has them, as in museval. Whatever has no value is `NaN`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sepeval.errors import StoreError
from sepeval.interchange.problems import FOUR_STEMS, METRICS, PAIR, TWO_SOURCES, frames, unfit
from sepeval.protocol import Protocol
from sepeval.store import Run
from sepeval.store.files import write_text
from sepeval.store.run import slug
from sepeval.summary import score_frame
from sepeval.types import Status

_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]|^\.+")
_LONGEST = 240  # bytes of a file name without its ending


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        files: one per track.
        left_out: why a track has no file, by its id.
    """

    files: tuple[Path, ...]
    left_out: Mapping[str, str]


def export_museval(run: Run, folder: Path, *, replicate: int | None = None) -> Exported:
    """Write the scores of a run as museval's JSON, `<folder>/<split>/<track>.json`.

    Numbers are written whole; museval itself rounds to five decimals. A character that no file
    name may have becomes `_`. museval reads the folders `train` and `test`.

    Args:
        run: scored under `musdb18-sisec18`, `musdb18-sisec18-vocals` or another protocol with
            the same windows, silence and metrics.
        folder: where to write; files that exist must be the same.
        replicate: which one; needed where the run has several.

    Raises:
        StoreError: the run has no such scores, or several replicates; or a file cannot be
            written, or is there with another content.
    """
    owners = _owners(run)
    scores = {one.id: _scores(run, one, replicate) for one in owners.values()}
    names = _file_names(run)
    inside = folder / slug(run.manifest.split)
    origin = {"run": run.manifest.hash, "protocols": {one.id: one.hash for one in owners.values()}}
    left_out = {
        track: why for one in owners.values() for track, why in run.manifest.errors(one.id).items()
    }
    files: list[Path] = []
    for track in run.manifest.tracks:
        found = {stem: scores[one.id].get((track.id, stem), []) for stem, one in owners.items()}
        if track.id not in left_out and not all(found.values()):
            left_out[track.id] = "it has no windows"
        if track.id in left_out:
            continue
        targets = [{"name": one, "frames": _frames(found[one], owners[one])} for one in owners]
        path = inside / f"{names[track.id]}.json"
        text = json.dumps({"targets": targets, "sepeval": origin}, indent=2, ensure_ascii=False)
        _write(path, text + "\n")
        files.append(path)
    return Exported(tuple(files), left_out)


def _owners(run: Run) -> dict[str, Protocol]:
    """Return the protocol that each target's scores are taken from."""
    found = [run.protocol(name) for name in run.manifest.protocols]
    fit = [one for one in found if not unfit(one) and {e.name for e in one.metrics} == {*METRICS}]
    pairs = [one for one in fit if set(one.stems) == PAIR]
    others = [one for one in fit if set(one.stems) != PAIR]
    if not fit or len({frozenset(one.stems) for one in others}) > 1:
        message = (
            f"{run.folder}: museval's JSON holds sdr, isr, sir and sar under {FOUR_STEMS} and "
            f"{TWO_SOURCES}; the run has {', '.join(run.manifest.protocols) or 'no scores'}"
        )
        raise StoreError(message)
    return {stem: one for one in (*others[:1], *pairs[:1]) for stem in one.stems}


def _scores(
    run: Run, protocol: Protocol, replicate: int | None
) -> dict[tuple[str, str], list[dict[str, float]]]:
    """Return the frames of every track and stem: values by museval's names, nan where none."""
    table = score_frame(run, protocol)
    table = table[table["status"] != str(Status.ERROR)]
    known = sorted(int(one) for one in table["replicate"].unique())
    wanted = known[0] if replicate is None and len(known) == 1 else replicate
    if known and wanted not in known:
        message = (
            f"{run.folder}: has replicates {', '.join(map(str, known))}; museval's JSON holds one: "
            f"name it; found {replicate!r}"
        )
        raise StoreError(message)
    chosen = table[table["replicate"] == wanted]
    values = chosen["value"].where(chosen["status"] == str(Status.OK)).astype(float)
    keys = [chosen[name].astype(str) for name in ("track", "stem")]
    metrics = chosen["metric"].astype(str).map(METRICS)
    wide = values.groupby([*keys, chosen["start"], metrics], sort=False).first().unstack()
    rows = wide[list(METRICS.values())].groupby(level=["track", "stem"], sort=False)
    return {(str(track), str(stem)): _records(one) for (track, stem), one in rows}


def _records(values: pd.DataFrame) -> list[dict[str, float]]:
    ordered = values.sort_index(level="start")
    return [
        {str(key): float(one) for key, one in row.items()} for row in ordered.to_dict("records")
    ]


def _frames(values: list[dict[str, float]], protocol: Protocol) -> list[dict[str, object]]:
    windows = frames(protocol)
    return [
        {"time": number * windows.hop_s, "duration": windows.length_s, "metrics": metrics}
        for number, metrics in enumerate(values)
    ]


def _file_names(run: Run) -> dict[str, str]:
    """Return the name of each track's file; it lies in the folder whatever the id says."""
    names: dict[str, str] = {}
    for track in run.manifest.tracks:
        name = _UNSAFE.sub("_", track.id) or "_"
        name = name.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
        if name in names.values():
            message = f"{run.folder}: two tracks would be written as {name!r}.json"
            raise StoreError(message)
        names[track.id] = name
    return names


def _write(path: Path, text: str) -> None:
    try:
        there = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    if there is not None and there != text.encode("utf-8"):
        raise StoreError(f"{path}: is there with another content; name another folder")
    if there is None:
        write_text(path, text)
