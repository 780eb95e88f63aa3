"""Which protocols a dataset can be scored under."""

from __future__ import annotations

from sepeval.protocol import Protocol
from sepeval.types import Index

_CHANNELS = {"mono": 1, "stereo": 2}


def misfit(protocol: Protocol, index: Index) -> str:
    """Return why a split cannot be scored under a protocol, as a message; empty if it can.

    Stems are compared with the dataset's; rate and channels with the first track that can be read.
    """
    unknown = [one for one in protocol.sources_of_stems if one not in index.stems]
    if unknown:
        return (
            f"{protocol.id} scores {', '.join(protocol.stems)}; the dataset "
            f"{index.dataset!r} has {', '.join(index.stems)}, not {', '.join(unknown)}"
        )
    track = next((one for one in index.tracks if not one.fault), None)
    if track is None:
        return ""
    rule = protocol.audio
    if rule.rate not in ("native", track.rate) and rule.resampler == "none":
        return f"{protocol.id} is for {rule.rate} Hz; track {track.id!r} has {track.rate} Hz"
    if _CHANNELS.get(rule.channels, track.channels) != track.channels:
        return (
            f"{protocol.id} is for {rule.channels} audio; track {track.id!r} has "
            f"{track.channels} channels"
        )
    return ""
