"""From museval's JSON to runs that hold scores and no statistics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from sepeval.datasets.official import MUSDB18
from sepeval.errors import DataError
from sepeval.fingerprint import of_document
from sepeval.interchange.documents import TrackDocument, read
from sepeval.interchange.problems import FOUR_STEMS, TWO_SOURCES, frames, problem, unfit
from sepeval.interchange.scores import score_table
from sepeval.interchange.systems import System, systems
from sepeval.protocol import Protocol, load
from sepeval.store import Manifest, Run, TrackRecord, create, parts
from sepeval.store.lock import locked
from sepeval.store.manifest import SCHEMA, environment, metric_records
from sepeval.store.mending import mend
from sepeval.store.run import folder_of

ORIGIN = "imported: museval json"


def import_museval(
    path: Path,
    *,
    root: Path,
    label: str = "",
    dataset: str = "museval-json",
    rate: int = 44100,
    protocols: Sequence[Protocol] = (),
    workers: int = 1,
) -> tuple[Run, ...]:
    """Return runs made of museval's JSON files, one for each system and split.

    A run holds scores and no statistics: it has tables and figures like any other, and cannot be
    scored again. A NaN is `undefined`, whatever it stood for. Where a file has both vocals and
    accompaniment, its vocals belong to the problem of these two sources, and vocals are
    `undefined` under a protocol of four stems.

    Args:
        path: one file, a folder of files, or a campaign: `<system>/{train,test}/<track>.json`.
        root: folder of runs.
        label: how the run is called in tables; the name of the system's folder if empty.
        dataset: recorded as the dataset; the files name none.
        rate: in Hz, by which seconds become samples; the files state none.
        protocols: under which the scores are kept; `musdb18-sisec18` and
            `musdb18-sisec18-vocals` if empty. Those that a file has no scores for are left out.
        workers: processes that read.

    Raises:
        DataError: a file is damaged, or its targets, frames or scores are of no protocol given;
            or one label is given for several systems.
        StoreError: a run cannot be written.
    """
    chosen = tuple(protocols) or (load(FOUR_STEMS), load(TWO_SOURCES))
    reasons = [reason for reason in map(unfit, chosen) if reason]
    if reasons:
        raise DataError(f"{path}: {'; '.join(reasons)}; the run can only keep museval's own scores")
    found = systems(path)
    names = {system.name for system in found}
    if label and len(names) > 1:
        message = f"{path}: holds {len(names)} systems; they are called by their folders, not label"
        raise DataError(message)
    named = [one._replace(name=label or one.name) for one in found]
    if workers == 1 or len(named) == 1:
        return tuple(_run(one, root, dataset, rate, chosen) for one in named)
    from joblib import Parallel, delayed

    made = Parallel(n_jobs=min(workers, len(named)))(
        delayed(_run)(one, root, dataset, rate, chosen) for one in named
    )
    return tuple(made)


def _run(system: System, root: Path, dataset: str, rate: int, protocols: Sequence[Protocol]) -> Run:
    documents = [read(path) for path in system.files]
    targets = _targets(system, documents)
    kept = [(one, part) for one in protocols if (part := problem(one, targets)) is not None]
    if not kept:
        message = (
            f"{system.files[0]}: has {', '.join(targets)}, scored together; no protocol given "
            f"scores these ({', '.join(one.id for one in protocols)})"
        )
        raise DataError(message)
    for document, path in zip(documents, system.files, strict=True):
        for protocol, _ in kept:
            _refuse_other_frames(path, document, protocol)
    manifest = _manifest(system, documents, dataset, rate, [one for one, _ in kept])
    folder = folder_of(root, manifest, separator=system.name)
    with locked(folder):
        damaged = mend(folder)
        run = create(root, manifest, separator=system.name)
        texts = {one.id: one.model_dump(mode="json") for one, _ in kept}
        update = {"protocols": texts, "metrics": {one.id: metric_records(one) for one, _ in kept}}
        done = run.manifest.model_copy(update={"status": "complete", **update})
        if done == run.manifest and not damaged:
            return run
        for protocol, part in kept:
            table = score_table(documents, protocol, part, rate)
            facts = {"protocol": protocol.id, "hash": protocol.hash}
            parts.write_table(run.scores(protocol.id), table, facts)
        return run.save(done.model_copy(update={"parts": run.part_digests()}))


def _targets(system: System, documents: Sequence[TrackDocument]) -> list[str]:
    first = sorted(documents[0].targets)
    for document, path in zip(documents, system.files, strict=True):
        if sorted(document.targets) != first:
            message = (
                f"{path}: has {', '.join(sorted(document.targets))}; {system.files[0].name} has "
                f"{', '.join(first)}; the tracks of a run are scored alike"
            )
            raise DataError(message)
    return first


def _refuse_other_frames(path: Path, document: TrackDocument, protocol: Protocol) -> None:
    wanted = frames(protocol)
    hop = wanted.hop_s if document.hop_s is None else document.hop_s
    if max(abs(document.length_s - wanted.length_s), abs(hop - wanted.hop_s)) > 1e-6:
        message = (
            f"{path}: has frames of {document.length_s} s every {hop} s; {protocol.id} scores "
            f"{wanted.length_s} s every {wanted.hop_s} s"
        )
        raise DataError(message)


def _manifest(
    system: System,
    documents: Sequence[TrackDocument],
    dataset: str,
    rate: int,
    protocols: Sequence[Protocol],
) -> Manifest:
    choices = {"rate": str(rate)}
    tracks = [document.track for document in documents]
    versions = sorted({document.version for document in documents if document.version})
    used = {stem for protocol in protocols for stem in protocol.stems}
    targets = sorted(documents[0].targets)
    identity: dict[str, JsonValue] = {
        "dataset": dataset,
        "split": system.split,
        "choices": dict(choices),
        "tracks": list(tracks),
        "separator": {"origin": ORIGIN},
        "files": of_document({document.track: document.sha256 for document in documents}),
        "seed": None,
        "replicates": 1,
    }
    recorded: dict[str, JsonValue] = {
        "imported": {
            "origin": ORIGIN,
            "museval": list(versions),
            "targets": list(targets),
            "targets not kept": [one for one in targets if one not in used],
        }
    }
    return Manifest(
        schema_version=SCHEMA,
        identity=identity,
        environment={**environment(workers=1), **recorded},
        label=system.name,
        dataset=dataset,
        split=system.split,
        choices=choices,
        partial=_partial(dataset, system.split, len(tracks)),
        status="started",
        tracks=[
            TrackRecord(number=number, id=track, missing=[], error="")
            for number, track in enumerate(tracks)
        ],
        layouts=[],
        protocols={},
        parts={},
    )


def _partial(dataset: str, split: str, count: int) -> str:
    """Return how many tracks of how many there are, where the split is a known one."""
    if dataset not in ("musdb18", "musdb18hq") or split not in MUSDB18:
        return ""
    whole = MUSDB18[split].expected
    return "" if count == whole else f"{count} of {whole} tracks"
