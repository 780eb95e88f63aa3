"""Where the numbers of a report come from: runs and protocols as documents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sepeval.protocol import Protocol
from sepeval.results import dataset_of, failed
from sepeval.results.words import plain
from sepeval.store import Run


@dataclass(frozen=True)
class Origin:
    """Where the numbers of a run come from.

    Attributes:
        name: label and hash.
        facts: names and values.
        documents: titles and JSON texts.
    """

    name: str
    facts: tuple[tuple[str, str], ...]
    documents: tuple[tuple[str, str], ...]


def origin(run: Run) -> Origin:
    """Return what a run records of itself."""
    manifest = run.manifest
    identity, environment = manifest.identity, manifest.environment
    facts = (
        ("run", run.folder.name),
        ("state", manifest.status),
        ("data", plain(dataset_of(run))),
        ("part of the split", manifest.partial or "the whole split"),
        ("tracks", f"{len(manifest.tracks)}, {len(failed(run, ''))} with errors"),
        ("seed", str(identity.get("seed"))),
        ("replicates", str(identity.get("replicates"))),
        ("sepeval", str(environment.get("sepeval"))),
        ("protocols", ", ".join(manifest.protocols)),
    )
    documents = (
        ("Separator", _json(identity.get("separator"))),
        ("Identity: what can change a number", _json(identity)),
        ("Environment: what is recorded beside it", _json(environment)),
    )
    return Origin(f"{plain(manifest.label)} {manifest.hash}", facts, documents)


def as_yaml(protocols: Iterable[Protocol]) -> list[tuple[str, str]]:
    """Return titles and texts of protocols, each once."""
    import yaml

    found = {
        f"{one.id}, hash {one.hash}": yaml.safe_dump(
            one.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=90
        )
        for one in protocols
    }
    return list(found.items())


def _json(document: object) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
