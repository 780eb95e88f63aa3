"""What of the audio a set of protocols looks at.

Protocols that hear the same thing (rate, mixture, lengths) share one view, and so one set of
cells. Its stems are the union of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sepeval.fingerprint import of_document
from sepeval.protocol import AudioRule, Protocol


@dataclass(frozen=True)
class View:
    """One way of looking at a track.

    Attributes:
        audio: rate, mixture and lengths.
        stems: what is compared; each stem is the sum of the named sources of the dataset.
        protocols: those that share the view.
        cut_for: all protocols of the run: cells are cut at the edges of all their windows, so that
            each can be asked of every view.
    """

    audio: AudioRule
    stems: Mapping[str, tuple[str, ...]]
    protocols: tuple[Protocol, ...]
    cut_for: tuple[Protocol, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The dataset's stems that enter, each once; their sum is the mixture of rule `sum`."""
        return tuple(dict.fromkeys(part for parts in self.stems.values() for part in parts))

    @property
    def layout(self) -> str:
        """Eight hexadecimal digits that stand for the view and all its window edges."""
        cuts = sorted(
            {of_document([_dump(one.segments), _dump(one.windows)]) for one in self.cut_for}
        )
        stems = {stem: list(parts) for stem, parts in self.stems.items()}
        return of_document([self.audio.model_dump(), stems, list(stems), cuts])[:8]

    def serves(self, protocol: Protocol) -> bool:
        """Return whether the view holds every stem of the protocol, heard as it wants."""
        return self.admits(protocol) and set(protocol.stems) <= set(self.stems)

    def admits(self, protocol: Protocol) -> bool:
        """Return whether the protocol hears the same and means the same by shared stems."""
        agree = all(
            self.stems.get(stem, tuple(parts)) == tuple(parts)
            for stem, parts in protocol.stems.items()
        )
        sources = set(protocol.sources_of_stems)
        same_sum = self.audio.mixture == "file" or sources == set(self.sources)
        return agree and same_sum and self.audio == protocol.audio


def views(protocols: Sequence[Protocol]) -> tuple[View, ...]:
    """Return the fewest views that serve all protocols, in the order of first need."""
    found: list[View] = []
    cut_for = tuple(protocols)
    for protocol in protocols:
        stems = {stem: tuple(parts) for stem, parts in protocol.stems.items()}
        for place, view in enumerate(found):
            if view.admits(protocol):
                joined = (*view.protocols, protocol)
                found[place] = View(view.audio, {**view.stems, **stems}, joined, cut_for)
                break
        else:
            found.append(View(protocol.audio, stems, (protocol,), cut_for))
    return tuple(found)


def _dump(part: object) -> object:
    return None if part is None else part.model_dump()  # type: ignore[attr-defined]  # a Document
