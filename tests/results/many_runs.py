"""Thousands of small runs: one that was made, copied under other labels and identities."""

from __future__ import annotations

from pathlib import Path

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.store import Run
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
    scores = run.scores(name).read_bytes()
    for number in range(count):
        identity = {**run.manifest.identity, "copy": number}
        update = {"identity": identity, "label": f"system{number:05d}"}
        copy = Run(folder / f"run{number:05d}", run.manifest.model_copy(update=update))
        copy.scores(name).parent.mkdir(parents=True)
        copy.scores(name).write_bytes(scores)
        (copy.folder / MANIFEST).write_text(as_text(copy.manifest), encoding="utf-8")  # not synced
