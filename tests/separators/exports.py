"""Tiny networks, exported, with their cards.

The network is mono and gives two stems: a filtered mixture and the rest of it, times a buffer.
"""

from __future__ import annotations

import io
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

RATE = 8000
CARD = f"""\
separator: exported
rate: {RATE}
channels: 1
stems: [bass, drums]
segment: 1024
precision: fp32
architecture:
  multiple: 2
  nfe: 3
"""


class Net(nn.Module):
    """[item 1 sample] to [item 2 1 sample]."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Conv1d(1, 1, 5, padding=2, bias=False)
        with torch.no_grad():
            self.filter.weight.copy_(torch.tensor([[[0.1, 0.2, 0.4, 0.2, 0.1]]]))
        self.register_buffer("gain", torch.tensor([0.5, 1.0]))

    def forward(self, chunks: Tensor) -> Tensor:
        low = self.filter(chunks)
        gain: Any = self.gain  # a buffer
        found: Tensor = torch.stack([low, chunks - low], dim=1) * gain[:, None, None]
        return found


class Drawing(Net):
    """Adds noise of its own."""

    def forward(self, chunks: Tensor) -> Tensor:
        return super().forward(chunks + torch.randn_like(chunks))


def archive(folder: Path) -> str:
    """Write `net.pt2` and its card, and return its path."""
    return written(folder / "net.pt2", _archive(Net))


def script(folder: Path) -> str:
    """Write `net.ts` and its card, and return its path."""
    return written(folder / "net.ts", _script(Net))


def written(path: Path, content: bytes, *, card: str = CARD) -> str:
    path.write_bytes(content)
    path.with_name(path.name + ".yaml").write_text(card)
    return str(path)


def exported(network: nn.Module) -> bytes:
    """The network as an archive of torch.export, for any number of items and samples."""
    item, sample = torch.export.Dim("item"), torch.export.Dim("sample")
    program = torch.export.export(
        network.eval(), (torch.zeros(2, 1, 64),), dynamic_shapes=({0: item, 2: sample},)
    )
    file = io.BytesIO()
    torch.export.save(program, file)
    return file.getvalue()


def scripted(network: nn.Module) -> bytes:
    """The network as TorchScript."""
    file = io.BytesIO()
    trace: Any = torch.jit.trace  # untyped
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        save: Any = torch.jit.save  # untyped
        save(trace(network.eval(), torch.zeros(2, 1, 64), check_trace=False), file)
    return file.getvalue()


@cache
def _script(kind: type[nn.Module]) -> bytes:
    return scripted(kind())


@cache
def _archive(kind: type[nn.Module]) -> bytes:
    return exported(kind())
