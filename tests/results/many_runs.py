"""Thousands of small runs: one that was made, copied under other labels and identities."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.store import Run, parts
from sepeval.store.manifest import as_text
from sepeval.store.run import MANIFEST

PROTOCOL = "nussl-si-sdr"
TRACKS = 4


def one_run(folder: Path) -> Run:
    kind = DATASETS.get("synthetic")
    dataset = kind(  # type: ignore[call-arg]
        root=folder / "data", layout="slakh2100_22050", tracks=TRACKS, seconds=3.0, seed=5
    )
    system = SEPARATORS.get("ideal_ratio_mask")()
    protocols = [load_protocol(PROTOCOL)]
    return evaluate(dataset.index("test"), system, protocols, root=folder / "one", label="one")


def write_many(run: Run, folder: Path, count: int) -> None:
    """Write copies of a run without its statistics, which neither a list nor a table asks for."""
    name = f"{PROTOCOL}.v1"
    scores, facts = run.read_table(run.scores(name))
    for number in range(count):
        identity = {**run.manifest.identity, "copy": number}
        update = {"identity": identity, "label": f"system{number:05d}"}
        manifest = run.manifest.model_copy(update=update)
        copy = Run(folder / f"run{number:05d}", manifest)
        path = copy.scores(name)
        data = parts.encoded(scores, {**facts, **copy.origin(path)})
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        named = {path.relative_to(copy.folder).as_posix(): hashlib.sha256(data).hexdigest()}
        text = as_text(manifest.model_copy(update={"parts": named}))
        (copy.folder / MANIFEST).write_text(text, encoding="utf-8")  # not synced
