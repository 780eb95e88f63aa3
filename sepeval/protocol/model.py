"""The fields of a protocol document.

Every field is required: a protocol that leaves something unsaid is refused. The hash of a protocol
covers its meaning and neither its name, its version nor its explanations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from sepeval.errors import ProtocolError
from sepeval.fingerprint import of_document

Axis = Literal["window", "track", "replicate"]
Reduction = Literal["mean", "median", "lower_median"]
Left = Literal["score", "leave_out"]


class Document(BaseModel):
    """A part of a protocol: frozen, strict, without unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class LengthRule(Document):
    """What happens to signals of unequal length.

    Attributes:
        tolerance_s: largest difference that is accepted, in seconds; None accepts any.
        rule: `cut` every signal to the shortest; `pad` with zeros: references to the longest of
            them, estimates (which are then also cut) to the length of the references.
    """

    tolerance_s: Annotated[float, Field(ge=0)] | None
    rule: Literal["cut", "pad"]


class AudioRule(Document):
    """What is heard and compared.

    Attributes:
        rate: in Hz, or `native` for the rate of the files.
        resampler: how another rate becomes `rate`; `none` refuses other rates.
        channels: `mono` or `stereo` refuse other counts; `any` does not.
        mixture: the mixture `file` of the dataset, or the `sum` of the sources that the protocol's
            stems are made of. A dataset without mixture files has the sum only.
        references: lengths of the stems of one track among themselves, and of its mixture file.
        estimates: lengths of estimates against references.
        multiple_of: the track is cut to the largest multiple of so many samples; None leaves it.
        missing: a stem that a track does not have is `silent`, is left out (`leave_out`), or makes
            the track an `error`.
    """

    rate: Annotated[int, Field(gt=0)] | Literal["native"]
    resampler: Literal["none", "soxr_vhq", "torchaudio_hann"]
    channels: Literal["any", "mono", "stereo"]
    mixture: Literal["file", "sum"]
    references: LengthRule
    estimates: LengthRule
    multiple_of: Annotated[int, Field(gt=0)] | None
    missing: Literal["silent", "leave_out", "error"]


class Segments(Document):
    """Stretches from which windows are cut, one after the other.

    Attributes:
        length: in samples, or in seconds with `length_s`; one of the two is null.
        length_s: in seconds.
        tail: a shorter rest is dropped (`drop`), kept (`partial`), or zero-padded (`pad`).
        min_active: a segment with fewer active references is left out; 0 keeps all.
    """

    length: Annotated[int, Field(gt=0)] | None
    length_s: Annotated[float, Field(gt=0)] | None
    tail: Literal["drop", "partial", "pad"]
    min_active: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _one_length(self) -> Segments:
        if (self.length is None) == (self.length_s is None):
            raise ValueError("give either length (samples) or length_s (seconds), the other null")
        return self


class Sliding(Document):
    """Windows of equal length and hop.

    Attributes:
        length_s: in seconds.
        hop_s: in seconds.
        tail: the rest is dropped; kept as one shorter window that reaches the end (`partial`), if
            it holds more than length - hop; or that window is zero-padded (`pad`).
        shorter: a signal no longer than a window gives `one_window` of its own length, or `none`;
            `as_tail` lets the tail rule decide.
    """

    kind: Literal["sliding"]
    length_s: Annotated[float, Field(gt=0)]
    hop_s: Annotated[float, Field(gt=0)]
    tail: Literal["drop", "partial", "pad"]
    shorter: Literal["one_window", "none", "as_tail"]


class Whole(Document):
    """One window that is the whole track, or the whole segment."""

    kind: Literal["whole"]


class Silence(Document):
    """Which signals are silent in a window, and what follows.

    Attributes:
        rule: `norm_per_sample` ‖x‖₂ / n < threshold, norm over all channels, n samples per
            channel; `rms_dbfs` RMS over samples and channels below the threshold in dBFS;
            `zero` all samples are zero; `zero_channel_sum` the sum of the channels is zero at
            every sample.
        threshold: of the rule; null for the two zero rules.
        min_active: a window with fewer active references is left out for all stems; 0 keeps all.
        reference: what a silent reference leads to, for its own stem.
        estimate: what a silent estimate leads to, for its own stem.
        other: what another stem's silent reference or estimate leads to.
        mask: windows that are left out are each system's `own`, or `shared`: a window that any of
            the systems compared leaves out is left out for all of them.
    """

    rule: Literal["norm_per_sample", "rms_dbfs", "zero", "zero_channel_sum"]
    threshold: float | None
    min_active: Annotated[int, Field(ge=0)]
    reference: Left
    estimate: Left
    other: Left
    mask: Literal["own", "shared"]

    @model_validator(mode="after")
    def _threshold_fits(self) -> Silence:
        if (self.threshold is None) != self.rule.startswith("zero"):
            raise ValueError(f"rule {self.rule!r} and threshold {self.threshold!r} do not fit")
        return self


class MetricEntry(Document):
    """One score per stem and window.

    Attributes:
        name: how the score is called in tables.
        metric: the registered metric.
        where: windows in which it is asked for: `every_window`, or only those with an
            `active_reference`, a `silent_reference` or a `silent_estimate` by the silence rule. In
            others it is undefined.
        parameters: of that metric; it names all of them.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    metric: str
    where: Literal["every_window", "active_reference", "silent_reference", "silent_estimate"]
    parameters: Mapping[str, JsonValue]


class Step(Document):
    """One reduction: the axes that vanish together, and by which statistic."""

    over: Annotated[list[Axis], Field(min_length=1)]
    by: Reduction


class Summary(Document):
    """How scores become one number per stem, and one for all stems.

    Attributes:
        name: how the number is called ("median of medians").
        metrics: names of metric entries that are reduced this way.
        steps: reductions in order; together they name each of window, track, replicate once.
        all_stems: stems that enter "All"; empty where the protocol has no such number; `every`
            where the protocol scores every stem of the dataset.
        all_by: how their numbers become "All".
        infinite: infinite scores are left out (`leave_out`) or kept (`keep`).
    """

    name: str
    metrics: Annotated[list[str], Field(min_length=1)]
    steps: Annotated[list[Step], Field(min_length=1)]
    all_stems: list[str] | Literal["every"]
    all_by: Reduction
    infinite: Literal["leave_out", "keep"]

    @model_validator(mode="after")
    def _every_axis_once(self) -> Summary:
        axes = [axis for step in self.steps for axis in step.over]
        if sorted(axes) != ["replicate", "track", "window"]:
            found = ", ".join(axes)
            raise ValueError(f"steps must name window, track and replicate once; found {found}")
        return self


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
