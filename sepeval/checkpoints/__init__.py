"""Checkpoints: weights read from files that strangers wrote, without running what is in them."""

from sepeval.checkpoints.card import Card, Source, beside, card_of
from sepeval.checkpoints.contents import Contents, Network, contents, groups, recognised
from sepeval.checkpoints.converting import convert, save
from sepeval.checkpoints.filling import fill
from sepeval.checkpoints.inspecting import Inspection, inspect
from sepeval.checkpoints.layouts import LAYOUTS, Layout
from sepeval.checkpoints.plain import Plain
from sepeval.checkpoints.reading import Checkpoint, part, read, sha256_of
from sepeval.checkpoints.source import resolve

__all__ = [
    "LAYOUTS",
    "Card",
    "Checkpoint",
    "Contents",
    "Inspection",
    "Layout",
    "Network",
    "Plain",
    "Source",
    "beside",
    "card_of",
    "contents",
    "convert",
    "fill",
    "groups",
    "inspect",
    "part",
    "read",
    "recognised",
    "resolve",
    "save",
    "sha256_of",
]
