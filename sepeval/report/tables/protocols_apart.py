"""What one protocol does differently from the next, in few words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from sepeval.protocol import MetricEntry, Protocol, Segments, Sliding

NOTHING = "-"


@dataclass(frozen=True)
class Facts:
    """What a protocol does with one score; `-` where it does not apply.

    Attributes:
        windows: length and hop, and where they are cut.
        silence: what becomes of silent stems.
        eps: the largest stabiliser of the metric.
        channels: how channels become one score.
        means: whether signals lose their mean first: `removed` or `kept`.
    """

    windows: str
    silence: str
    eps: str
    channels: str
    means: str

    def told(self) -> tuple[str, ...]:
        """Return the facts that apply, each with its name; means that are kept are not told."""
        named = [(name, str(getattr(self, name))) for name in FACTS]
        return tuple(f"{name}: {value}" for name, value in named if value not in (NOTHING, "kept"))

    def shared(self, others: Iterable[Facts]) -> tuple[str, ...]:
        """Return the facts that all the others tell too."""
        known = [one.told() for one in others]
        return tuple(fact for fact in self.told() if all(fact in one for one in known))


FACTS = tuple(field.name for field in fields(Facts))


def facts(protocol: Protocol, entry: MetricEntry) -> Facts:
    """Return what a protocol does with one of its scores."""
    means = entry.parameters.get("zero_mean")
    return Facts(
        windows=_windows(protocol),
        silence=_silence(protocol, entry),
        eps=_eps(entry),
        channels=str(entry.parameters.get("channels", NOTHING)).replace("_", " "),
        means={True: "removed", False: "kept"}[means] if isinstance(means, bool) else NOTHING,
    )


def _windows(protocol: Protocol) -> str:
    rule = protocol.windows
    window = f"{rule.length_s:g} s / {rule.hop_s:g} s" if isinstance(rule, Sliding) else "whole"
    return f"{window} of {_place(protocol.segments)}"


def _place(segments: Segments | None) -> str:
    if segments is None:
        return "track"
    return f"{segments.length} samples" if segments.length else f"{segments.length_s:g} s"


def _silence(protocol: Protocol, entry: MetricEntry) -> str:
    """Return what becomes of silent stems; a shared mask is that of the run alone here."""
    if entry.where != "every_window":
        return f"only {entry.where.replace('_', ' ')}s"
    rule = protocol.silence
    if rule.other == "leave_out":
        mask = ", of all systems compared (here one)" if rule.mask == "shared" else ""
        return f"leaves out all stems{mask}"
    return "scored" if rule.reference == "score" else "left out"


def _eps(entry: MetricEntry) -> str:
    """Return the largest eps, and where it counts once per sample of a sum."""
    eps = entry.parameters.get("eps")
    named = eps if isinstance(eps, dict) else {"eps": eps, "gain": entry.parameters.get("gain_eps")}
    values = [float(one) for one in named.values() if isinstance(one, int | float)]
    if not values:
        return NOTHING
    if not max(values):
        return "none"
    return f"{max(values):.0e}" + (
        " per sample" if named.get("scale_counts") == "per_sample" else ""
    )
