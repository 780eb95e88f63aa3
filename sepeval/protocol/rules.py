"""The parts of a protocol document: what is heard, cut, left out and scored.

Every field is required: a protocol that leaves something unsaid is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

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
