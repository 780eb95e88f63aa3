"""Tracks that cannot be read: missing, empty, truncated or unequal files."""

from __future__ import annotations

from collections.abc import Iterator

from sepeval.audits.base import Finding, Split, audit


@audit("faulty_tracks", of="splits", pitfalls=("P41", "P43"))
def faulty_tracks(split: Split) -> Iterator[Finding]:
    """Which tracks cannot be read, and why?"""
    heard = {survey.track: survey.error for survey in split.surveys}
    for track in split.index.tracks:
        reason = track.fault or heard.get(track.id, "")
        if reason:
            yield Finding(
                audit="faulty_tracks",
                severity="error",
                subject=split.name,
                where=track.id,
                message=f"{reason.rstrip('.')}.",
                way_out="copy the track again; a score without it is over part of the split",
            )
