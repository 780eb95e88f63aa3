"""Sizes that a header claims are looked at before memory is taken."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from sepeval.errors import StoreError
from sepeval.store import parts
from sepeval.store.sealed import BLANK, seal
from tests.robustness.figures import count

pytestmark = pytest.mark.robustness


def _wav(claimed: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", claimed)
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + body + bytes(400)


def _rf64() -> bytes:
    form = struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)
    sizes = struct.pack("<QQQI", 1 << 42, 1 << 42, 1 << 40, 0)
    body = b"WAVEds64" + struct.pack("<I", 28) + sizes + b"fmt " + struct.pack("<I", 16) + form
    return b"RF64" + b"\xff" * 4 + body + b"data" + b"\xff" * 4 + bytes(400)


def _flac(folder: Path) -> bytes:
    soundfile.write(folder / "made.flac", np.zeros((5000, 2)), 8000, subtype="PCM_16")
    content = bytearray((folder / "made.flac").read_bytes())
    field = int.from_bytes(content[18:26], "big") >> 36 << 36 | (1 << 36) - 1
    content[18:26] = field.to_bytes(8, "big")
    return bytes(content)


def _parquet() -> bytes:
    """Many rows of nothing, in a few kilobytes, with a digest that is right."""
    whole = pa.table({"value": pa.nulls(1 << 28)})
    facts = {b"sepeval": b'{"schema": 2}', b"sepeval.digest": BLANK}
    sink = pa.BufferOutputStream()
    pq.write_table(whole.replace_schema_metadata(facts), sink, compression="zstd")
    return seal(sink.getvalue().to_pybytes())


def _zip(path: Path, name: str) -> None:
    """A quarter of a gigabyte of zeros, packed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, bytes(1 << 28))


BOMBS_IN_A_CHILD = """
import json, resource, sys
from pathlib import Path
from sepeval import audio
from sepeval.checkpoints import read
from sepeval.errors import SepevalError
from sepeval.inference.exported import load_exported
from sepeval.interchange.documents import read as read_museval
from sepeval.datasets.moisesdb import _document
from sepeval.datasets.slakh2100 import _sources
from sepeval.protocol.library import read as read_protocol
from sepeval.store import parts
from sepeval.types import AudioFile
import torch, numpy, soundfile

def pieces(path):
    with audio.Pieces() as opened:
        opened.open(AudioFile(path))

readers = {
    "audio": [
        lambda path: audio.probe(AudioFile(path)),
        lambda path: audio.read(AudioFile(path)),
        pieces,
    ],
    "table": [parts.read_table],
    "weights": [read],
    "graph": [lambda path: load_exported(path, device="cpu", precision="fp32")],
    "json": [read_museval, _document],
    "yaml": [read_protocol, _sources],
}
found = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    kind, _, _ = path.name.partition("-")
    for reader in readers[kind]:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            reader(path)
            told = "read"
        except SepevalError as error:
            told = str(error)[:200]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        found.setdefault(path.name, []).append([told, grown / 1024])
print(json.dumps(found))
"""


def test_sizes_in_headers_take_no_memory(tmp_path: Path) -> None:
    bombs = tmp_path / "bombs"
    bombs.mkdir()
    for claimed in (0x7FFFFFFF, 0xFFFFFFF0):
        (bombs / f"audio-{claimed}.wav").write_bytes(_wav(claimed))
    (bombs / "audio-rf64.wav").write_bytes(_rf64())
    (bombs / "audio-long.flac").write_bytes(_flac(tmp_path))
    (bombs / "table-rows.parquet").write_bytes(_parquet())
    head = struct.pack("<Q", 1 << 40)
    (bombs / "weights-head.safetensors").write_bytes(head + b"{}")
    shape = json.dumps({"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}})
    (bombs / "weights-shape.safetensors").write_bytes(
        struct.pack("<Q", len(shape)) + shape.encode() + bytes(64)
    )
    _zip(bombs / "weights-packed.pt", "a/data.pkl")
    _zip(bombs / "graph-packed.pt2", "a/models/model.json")
    for name in ("json-huge.json", "yaml-huge.yaml"):
        with (bombs / name).open("wb") as file:
            file.truncate(8 << 30)
    (bombs / "json-deep.json").write_bytes(b"[" * 3_000_000)
    (bombs / "yaml-deep.yaml").write_bytes(b"[" * 3_000_000)
    (bombs / "yaml-deep-small.yaml").write_bytes(b"[" * 200_000)

    done = subprocess.run(
        [sys.executable, "-c", BOMBS_IN_A_CHILD, str(bombs)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    for name, ends in json.loads(done.stdout.splitlines()[-1]).items():
        for told, grown in ends:
            count("bad inputs tried: sizes in headers")
            assert told != "read", name
            assert name in told, told
            assert grown < 200, (name, told, grown)  # MB; libraries are loaded on the way


def test_a_table_that_repeats_itself_is_still_read(tmp_path: Path) -> None:
    rows = 1 << 20
    table = pa.table({"value": pa.array(np.zeros(rows)), "stem": pa.array(["a"] * rows)})
    parts.write_table(tmp_path / "a.parquet", table, {})

    assert parts.read_table(tmp_path / "a.parquet")[0].num_rows == rows
    with pytest.raises(StoreError):
        parts.read_table(tmp_path / "b.parquet")
