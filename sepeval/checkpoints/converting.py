"""Checkpoints in their plainest form: a safetensors file and the card beside it.

    out.safetensors         one network: its own names; two: `extractor.` and `refiner.` before them
    out.safetensors.yaml    the card

The numbers are those of the source, bit for bit. Second names of a tensor, teachers and moving
averages stay behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from sepeval.checkpoints.card import Card, Source, as_yaml, beside
from sepeval.checkpoints.contents import Contents, Network, contents
from sepeval.checkpoints.layouts import UNET_INPUT
from sepeval.checkpoints.reading import read
from sepeval.errors import SeparatorError
from sepeval.fingerprint import digest

if TYPE_CHECKING:
    from torch import Tensor

SUFFIX = ".safetensors"


class Told(NamedTuple):
    """What is said of the audio, by whoever says it; None and nothing where it is not said."""

    stems: tuple[str, ...] = ()
    rate: int | None = None
    channels: int | None = None
    segment: int | None = None


def convert(
    path: Path,
    out: Path,
    *,
    stems: Sequence[str] = (),
    rate: int | None = None,
    channels: int | None = None,
    segment: int | None = None,
) -> Card:
    """Write the weights of a checkpoint as safetensors with a card; return the card.

    Args:
        path: the checkpoint.
        out: ends in `.safetensors`; neither it nor its card may exist.
        stems: in the order of the output, where the published ones are not meant.
        rate: in Hz, likewise.
        channels: of the audio, likewise.
        segment: samples that the network was trained on, likewise.

    Raises:
        SeparatorError: the checkpoint is damaged or not recognised, something about it is not
            known, or a file would be overwritten.
    """
    refuse_existing(out)
    checkpoint = read(path)
    found = contents(checkpoint)
    card = _card(found, path, Told(tuple(stems), rate, channels, segment))
    source = Source(file=path.name, sha256=checkpoint.sha256())
    parts = {name: network.tensors for name, network in found.networks.items()}
    return save(out, parts, card.model_copy(update={"source": source}))


def save(out: Path, parts: Mapping[str, Mapping[str, Tensor]], card: Card) -> Card:
    """Write networks as one safetensors file with a card; return the card with the digest.

    Args:
        out: ends in `.safetensors`; neither it nor its card may exist.
        parts: tensors by name of the part; a single part keeps its own names.
        card: its `sha256` is filled in.

    Raises:
        SeparatorError: a file would be overwritten, or cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    refuse_existing(out)
    named = parts if len(parts) > 1 else {"": next(iter(parts.values()))}
    tensors = _own_memory(
        {
            f"{part}.{name}" if part else name: tensor
            for part, ones in named.items()
            for name, tensor in ones.items()
        }
    )
    new = out.with_name(f".{out.name}.{uuid4().hex[:8]}")
    new_card = beside(new)
    try:
        save_file(tensors, new)
        card = card.model_copy(update={"sha256": digest(new)})
        new_card.write_text(as_yaml(card), encoding="utf-8")
        new.chmod(new_card.stat().st_mode)  # safetensors writes for the owner alone
        refuse_existing(out)
        new.rename(out)
        new_card.rename(beside(out))
    except (OSError, SafetensorError) as error:
        raise SeparatorError(f"{out}: cannot be written: {error}") from error
    finally:
        new.unlink(missing_ok=True)
        new_card.unlink(missing_ok=True)
    return card


def refuse_existing(out: Path) -> None:
    """Refuse an output that is there already, or that has another ending.

    Raises:
        SeparatorError: it is.
    """
    if out.suffix != SUFFIX:
        raise SeparatorError(f"{out}: the name of converted weights ends in {SUFFIX}")
    for one in (out, beside(out)):
        if one.exists():
            raise SeparatorError(f"{one}: is there already and is never overwritten")


def _own_memory(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return dense tensors of which no two share memory; only those that do are copied."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        whole = storage.nbytes() == tensor.numel() * tensor.element_size()
        shared = storage.data_ptr() in seen or not whole
        seen.add(storage.data_ptr())
        dense = tensor.detach().contiguous()
        found[name] = dense.clone() if shared and dense.data_ptr() == tensor.data_ptr() else dense
    return found


def _card(found: Contents, path: Path, given: Told) -> Card:
    """The card of converted weights, still without digests."""
    layout = found.layout
    network = next(iter(found.networks.values()))
    said = _demucs(network)
    stems = given.stems or layout.stems or said.stems
    rate = given.rate or layout.rate or said.rate
    channels = given.channels or layout.channels or said.channels
    segment = given.segment or layout.segment or said.segment
    if not stems or rate is None or channels is None:
        known = (("stems", stems), ("rate", rate), ("channels", channels))
        lacking = ", ".join(name for name, value in known if not value)
        message = f"{path}: as {layout.name} it does not tell its {lacking}; name them"
        raise SeparatorError(message)
    count = _outputs(network)
    if count is not None and count != len(stems):
        message = (
            f"{path}: gives {count} stems; {len(stems)} are named ({', '.join(stems)}); name those "
            "that it gives, in its order"
        )
        raise SeparatorError(message)
    return Card(
        separator=layout.separator,
        kind=layout.kind,
        architecture={name: dict(one.hyper) for name, one in found.networks.items()},
        rate=rate,
        channels=channels,
        stems=list(stems),
        segment=segment,
        precision="fp32" if found.card is None else found.card.precision,
        sigma_data=found.sigma_data,
    )


def _demucs(network: Network) -> Told:
    """What the arguments of Demucs' classes say."""
    kwargs = network.hyper.get("kwargs")
    if not isinstance(kwargs, dict):
        return Told()
    sources = kwargs.get("sources")
    rate, channels = kwargs.get("samplerate", 44100), kwargs.get("audio_channels", 2)
    return Told(
        stems=tuple(map(str, sources)) if isinstance(sources, list) else (),
        rate=rate if isinstance(rate, int) else None,
        channels=channels if isinstance(channels, int) else None,
    )


def _outputs(network: Network) -> int | None:
    """How many stems a network gives; None where its weights do not tell."""
    shapes = network.shapes
    labels = shapes.get("to_features.0.weight")
    if labels is not None and len(labels) == 2:
        return labels[1]
    masks = {name.split(".")[1] for name in shapes if name.startswith("mask_estimators.")}
    if masks:
        return len(masks)
    waveform = shapes.get(UNET_INPUT)
    return waveform[1] if waveform is not None and len(waveform) == 3 else None
