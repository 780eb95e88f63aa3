"""A protocol as a whole, and its hash.

The hash covers the meaning of a protocol, and neither its name, its version nor its explanations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from sepeval.errors import ProtocolError
from sepeval.fingerprint import of_document
from sepeval.protocol.rules import (
    AudioRule,
    Document,
    MetricEntry,
    Segments,
    Silence,
    Sliding,
    Summary,
    Whole,
)


class Protocol(Document):
    """What is measured, from files to the numbers of a table.

    Attributes:
        name: lower case, without the version.
        version: a released version is never edited.
        title: one line.
        sources: where the definition comes from.
        stems: what is scored; each stem is the sum of the named stems of the dataset. In a file
            also `every`: each stem of the dataset by itself, filled in by `for_stems`.
        every_stem: whether the file says `every`.
        audio: what is heard and compared.
        segments: stretches from which windows are cut; None for the whole track.
        windows: stretches that are scored.
        silence: which signals are silent, and what follows.
        metrics: the scores.
        summaries: the numbers of a table.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    sources: Annotated[list[str], Field(min_length=1)]
    stems: dict[str, list[str]]
    every_stem: bool
    audio: AudioRule
    segments: Segments | None
    windows: Annotated[Sliding | Whole, Field(discriminator="kind")]
    silence: Silence
    metrics: Annotated[list[MetricEntry], Field(min_length=1)]
    summaries: Annotated[list[Summary], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _spell_out_every(cls, document: object) -> object:
        if not isinstance(document, dict) or "every_stem" in document:
            return document
        every = document.get("stems") == "every"
        stems: dict[str, object] = {"stems": {}} if every else {}
        return {**document, **stems, "every_stem": every}

    @model_validator(mode="after")
    def _names_fit(self) -> Protocol:
        metrics = [entry.name for entry in self.metrics]
        problems = [f"two metrics are named {name!r}" for name in _repeated(metrics)]
        shown = {name for summary in self.summaries for name in summary.metrics}
        problems += [f"metric {name!r} is in no summary" for name in metrics if name not in shown]
        for summary in self.summaries:
            wrong = [name for name in summary.metrics if name not in metrics]
            if summary.all_stems == "every":
                wrong += [] if self.every_stem else ["every"]
            elif not self.every_stem or self.stems:
                wrong += [name for name in summary.all_stems if name not in self.stems]
            problems += [f"summary {summary.name!r} names unknown {name!r}" for name in wrong]
        if not self.stems and not self.every_stem:
            problems.append("no stem is named")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def id(self) -> str:
        """Name and version, such as `slakh2100-msdm.v1`."""
        return f"{self.name}.v{self.version}"

    @property
    def hash(self) -> str:
        """SHA-256 of the meaning: 64 hexadecimal digits."""
        meaning = self.model_dump(exclude={"name", "version", "title", "sources", "every_stem"})
        if self.every_stem:
            meaning["stems"] = "every"
            for summary in meaning["summaries"]:
                summary["all_stems"] = "every" if summary["all_stems"] else []
        return of_document(_canonical(meaning))

    @property
    def sources_of_stems(self) -> tuple[str, ...]:
        """The dataset's stems that the protocol's stems are made of, each once."""
        return tuple(dict.fromkeys(part for parts in self.stems.values() for part in parts))

    def for_stems(self, stems: Iterable[str]) -> Protocol:
        """Return the protocol with `every` stem spelled out; its hash stays the same.

        Args:
            stems: of the dataset, in its order.
        """
        if not self.every_stem:
            return self
        names = list(stems)
        summaries = [
            one.model_copy(update={"all_stems": names}) if one.all_stems else one
            for one in self.summaries
        ]
        update = {"stems": {name: [name] for name in names}, "summaries": summaries}
        return self.model_copy(update=update)


def in_samples(seconds: float, rate: int) -> int:
    """Return a duration in samples.

    Raises:
        ProtocolError: it is not a whole number of samples.

    Example:
        >>> in_samples(0.5, 44100)
        22050
    """
    samples = seconds * rate
    if abs(samples - round(samples)) > 1e-6:
        message = f"{seconds} s at {rate} Hz is {samples:.4f} samples; it must be a whole number"
        raise ProtocolError(message)
    return round(samples)


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _canonical(value: object) -> object:
    """Spell equal numbers equally, so that the hash sees 4 and 4.0 as the same."""
    if isinstance(value, Mapping):
        return {key: _canonical(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
