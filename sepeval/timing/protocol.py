"""Timing protocols: documents that say what stands inside the clock, how often, and after what.

They lie in a folder of their own beside the protocols of scores, with checksums of their own:

    protocols/timing/<name>.v<n>.yaml
    protocols/timing/checksums.txt

Every field is required. The hash covers the meaning, and neither the name nor the explanations.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sepeval.errors import ProtocolError, UnknownNameError
from sepeval.fingerprint import of_document
from sepeval.inference import Precision
from sepeval.protocol import library
from sepeval.protocol.strict_yaml import LARGEST, parse
from sepeval.registry import nearest
from sepeval.texts import read_text

Execution: TypeAlias = Literal["eager", "compiled", "compiled_max_autotune"]
Stems: TypeAlias = Literal["as_run", "sequence", "batch"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class One(_Document):
    """One segment at a time.

    Attributes:
        kind: `one`.
    """

    kind: Literal["one"]


class Doubling(_Document):
    """As many segments at a time as are worth it: 1, 2, 4, ... are tried.

    Attributes:
        kind: `doubling`.
        gain: it ends where twice the batch gives less than this share more audio per second,
        memory: or where more than this share of a GPU's memory that was there for the arm is taken,
        limit: or at this batch.
        calls: timed for each batch, after one that is not counted; their median decides.
    """

    kind: Literal["doubling"]
    gain: Annotated[float, Field(ge=0)]
    memory: Annotated[float, Field(gt=0, le=1)]
    limit: Annotated[int, Field(ge=1)]
    calls: Annotated[int, Field(ge=1)]


class SegmentUnit(_Document):
    """One segment, from the samples in memory to the estimates of all stems.

    The spectra that a network computes are always inside the clock, reading files never is, and a
    segment has nothing to join.

    Attributes:
        samples: length of the segment; `native`: the one that the network was trained on.
        batch: segments at a time.
        stems: a network that is run once per stem takes them as the separator does by itself
            (`as_run`), one after another (`sequence`), or all as one batch (`batch`).
        transfer: whether the way to the device and back is inside the clock; its time is measured
            by itself all the same.
        noise: whether the draws of a stochastic separator are inside; else the same noise is
            drawn before and given again and again.
    """

    samples: Annotated[int, Field(gt=0)] | Literal["native"]
    batch: Annotated[One | Doubling, Field(discriminator="kind")]
    stems: Stems
    transfer: bool
    noise: bool


class TrackUnit(_Document):
    """A whole track, as a run separates it: chunks with their overlap, transfers, noise, joining.

    Attributes:
        seconds: length of the track.
    """

    seconds: Annotated[float, Field(gt=0)]


class WarmUp(_Document):
    """What comes before the calls that count; all of it is kept in the table of calls.

    Attributes:
        calls: at least so many,
        seconds: and for at least so long,
        medians: and until so many medians in a row agree,
        window: each of which is that of the last calls, so many,
        tolerance: and which agree if the largest is no more than this share above the smallest.
        limit_s: it ends all the same so many seconds after the first call, in which a network may
            be compiled, and the record says so.
    """

    calls: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(ge=0)]
    medians: Annotated[int, Field(ge=1)]
    window: Annotated[int, Field(ge=1)]
    tolerance: Annotated[float, Field(gt=0)]
    limit_s: Annotated[float, Field(gt=0)]


class Calls(_Document):
    """How many calls count.

    Attributes:
        count: of each arm,
        seconds: or fewer, once each arm had so many seconds on the average,
        at_least: but never fewer than these.
    """

    count: Annotated[int, Field(ge=2)]
    seconds: Annotated[float, Field(gt=0)]
    at_least: Annotated[int, Field(ge=2)]


class Peak(_Document):
    """The product of two square matrices, by which the peak of a device is measured.

    Attributes:
        cpu: rows on the CPU.
        cuda: rows on a GPU.
        calls: of which the fastest counts.
    """

    cpu: Annotated[int, Field(gt=0)]
    cuda: Annotated[int, Field(gt=0)]
    calls: Annotated[int, Field(ge=1)]


class Sound(_Document):
    """What the separators hear: normal noise, the same for all.

    Attributes:
        level: its standard deviation; full scale is 1.
        seed: it is drawn from.
    """

    level: Annotated[float, Field(gt=0)]
    seed: Annotated[int, Field(ge=0)]


class TimingProtocol(_Document):
    """How separators are timed.

    Attributes:
        name: lower case, begins with `timing-`, without the version.
        version: a released version is never edited.
        title: one line.
        sources: where the rules come from.
        devices: kinds of device it may be used on.
        segment: None: single segments are not timed.
        track: None: whole tracks are not timed.
        precisions: each is an arm of its own; they replace the separator's own setting.
        executions: likewise; `compiled` is torch.compile of every network.
        sound: that is heard.
        warm_up: before each arm.
        calls: that count; the arms take turns, forth and back (ABBA).
        cpu_threads: of torch, pinned to as many processors; `every`: all that may be used.
        peak: of the device.
    """

    name: Annotated[str, Field(pattern=r"^timing-[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    sources: Annotated[list[str], Field(min_length=1)]
    devices: Annotated[list[Literal["cpu", "cuda"]], Field(min_length=1)]
    segment: SegmentUnit | None
    track: TrackUnit | None
    precisions: Annotated[list[Precision], Field(min_length=1)]
    executions: Annotated[list[Execution], Field(min_length=1)]
    sound: Sound
    warm_up: WarmUp
    calls: Calls
    cpu_threads: Annotated[int, Field(gt=0)] | Literal["every"]
    peak: Peak

    @model_validator(mode="after")
    def _says_something(self) -> TimingProtocol:
        problems = []
        if self.segment is None and self.track is None:
            problems.append("neither segment nor track is timed")
        if self.calls.at_least > self.calls.count:
            problems.append("calls.at_least is more than calls.count")
        problems += [
            f"{field} names one twice"
            for field in ("devices", "precisions", "executions")
            if len(set(getattr(self, field))) < len(getattr(self, field))
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def id(self) -> str:
        """Name and version, such as `timing-fp32.v1`."""
        return f"{self.name}.v{self.version}"

    @property
    def hash(self) -> str:
        """SHA-256 of the meaning, as 64 hexadecimal digits."""
        told = {"name", "version", "title", "sources"}
        return of_document(self.model_dump(mode="json", exclude=told))


def folder() -> Path:
    """Return the folder of released timing protocols."""
    return library.folder() / "timing"


def released() -> tuple[str, ...]:
    """Return the ids of all released timing protocols, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.v*.yaml")))


def checksums() -> dict[str, str]:
    """Return the hash of every released timing protocol by id."""
    text = (folder() / "checksums.txt").read_text(encoding="ascii")
    return {line.split()[1]: line.split()[0] for line in text.splitlines() if line.strip()}


def load(name: str | Path) -> TimingProtocol:
    """Return a timing protocol.

    Args:
        name: of a released one (`timing-fp32`: its latest version), its id (`timing-fp32.v1`), or
            the path of a YAML file.

    Raises:
        UnknownNameError: there is none; the message offers the nearest.
        ProtocolError: the document has problems, or a released one was edited.
    """
    text = str(name)
    if text.endswith((".yaml", ".yml")) or "/" in text:
        return _unedited(read(Path(text)))
    ids = released()
    versions = [one for one in ids if text in (one, one.rpartition(".v")[0])]
    if not versions:
        names = {one.rpartition(".v")[0] for one in ids}
        message = f"no timing protocol is named {text!r}; {nearest(text, names)}"
        raise UnknownNameError(message)
    found = max(versions, key=lambda one: int(one.rpartition(".v")[2]))
    return _unedited(read(folder() / f"{found}.yaml"))


def read(path: Path) -> TimingProtocol:
    """Return the timing protocol in a file.

    Raises:
        ProtocolError: it cannot be read, or has problems; the message lists all of them.
    """
    text = read_text(path, error=ProtocolError, largest=LARGEST)
    try:
        return TimingProtocol.model_validate(parse(text, name=str(path)))
    except ValidationError as error:
        places = [".".join(map(str, one["loc"])) or "document" for one in error.errors()]
        lines = [
            f"{place}: {one['msg']}" for place, one in zip(places, error.errors(), strict=True)
        ]
        raise ProtocolError(f"{path}: {'; '.join(lines)}") from error


def _unedited(protocol: TimingProtocol) -> TimingProtocol:
    expected = checksums().get(protocol.id)
    if expected not in (None, protocol.hash):
        message = (
            f"{protocol.id}: its hash is {protocol.hash[:8]}, released was {expected[:8]}; a "
            "released protocol is never edited: copy it under a new name and give its path"
        )
        raise ProtocolError(message)
    return protocol
