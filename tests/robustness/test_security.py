"""Nothing in a file is run, and no name in a file leads out of its folder or takes the memory."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import sepeval
from sepeval.datasets.folder import Folder
from sepeval.errors import DataError, SepevalError
from sepeval.patterns import Pattern, is_plain_name
from sepeval.runner import evaluate
from sepeval.separators.trivial import Mixture
from sepeval.store.manifest import Layout
from sepeval.store.run import file_name, folder_name
from tests.miniatures import folder as miniature
from tests.miniatures import noise, write_sound
from tests.protocol.documents import protocol
from tests.robustness.damage import STRANGE
from tests.robustness.figures import count

pytestmark = pytest.mark.robustness
PACKAGE = Path(sepeval.__file__).parent

# What could run code that a file brings, and the only places where it may stand. Each of them gets
# what the user names, an entry point, or a file that was examined before.
DANGEROUS = {
    "pickle": {"inference/exported.py": "the name of an error"},
    "marshal": {},
    "shelve": {},
    "dill": {},
    "cloudpickle": {},
    "eval": {},
    "exec": {},
    "compile": {"timing/execution.py": "torch.compile of a network that is built here"},
    "__import__": {},
    "importlib.import_module": {
        "__init__.py": "modules of this package",
        "registry.py": "modules of this package",
        "runner/cluster.py": "dask and ray, by constant names",
        "separators/foreign.py": "module:callable, named by the user",
        "encoders.py": "module:callable, named by the protocol that the user gives",
        "networks/demucs_package.py": "the package demucs, by constant names",
        "checkpoints/source.py": "the package huggingface_hub",
        "inference/exported.py": "the package onnxruntime",
    },
    "importlib.util.find_spec": {
        "encoders.py": "of a name without dots; of others it imports the packages",
        "doctor.py": "of packages by constant names",
        "bench/tools.py": "of packages by constant names",
    },
    "importlib.util.spec_from_file_location": {"bench/tools.py": "museval's own file"},
    "yaml.load": {
        "texts.py": "a loader of plain values",
        "protocol/strict_yaml.py": "a loader of plain values",
    },
    "yaml.unsafe_load": {},
    "yaml.full_load": {},
    "torch.load": {
        "checkpoints/pickled.py": "weights_only, after the file was examined",
        "inference/exported.py": "weights_only",
    },
    "torch.jit.load": {
        "inference/exported.py": "TorchScript, named by the user",
        "encoders.py": "TorchScript, named by the protocol that the user gives",
    },
    "torch.export.load": {"inference/exported.py": "an archive that was examined"},
    "torch.hub.load": {},
    "numpy.load": {},
    "np.load": {},
    "pd.read_pickle": {},
    "joblib.load": {},
    "os.system": {},
    "os.popen": {},
    "subprocess.run": {
        "timing/machine.py": "nvidia-smi, a fixed command",
        "bench/task.py": "this package, a fixed command",
    },
    "subprocess.Popen": {},
    "tarfile": {},
    "shutil.unpack_archive": {},
}


def _named(node: ast.AST) -> str:
    """Dotted name of what is called or looked up; empty where it has none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = _named(node.value)
        return f"{above}.{node.attr}" if above else ""
    return ""


def _uses(path: Path) -> Iterator[tuple[str, ast.AST]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)
            yield str(node.module), node
        elif isinstance(node, ast.Call):
            yield _named(node.func), node
        elif isinstance(node, ast.Attribute):
            yield _named(node), node


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_nothing_runs_what_a_file_brings(path: Path) -> None:
    place = str(path.relative_to(PACKAGE))
    for name, node in _uses(path):
        allowed = DANGEROUS.get(name)
        assert allowed is None or place in allowed, f"{place}:{node.lineno}: {name}"  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            given = {one.arg: one.value for one in node.keywords}
            if name == "torch.load":
                assert ast.unparse(given["weights_only"]) == "True", place
            shell = given.get("shell")
            assert shell is None, f"{place}:{node.lineno}: a shell"
            assert not name.endswith((".extractall", ".extract")), f"{place}:{node.lineno}: {name}"
    count("modules searched for code that runs files")


def test_every_exception_is_still_needed() -> None:
    for name, places in DANGEROUS.items():
        for place in places:
            found = {used for used, _ in _uses(PACKAGE / place)}
            text = (PACKAGE / place).read_text(encoding="utf-8")
            assert name in found or f"{name}" in text, f"{place} no longer uses {name}"


NAMES = [one for one in STRANGE if isinstance(one, str)]
NAMES += [
    "CON",
    "aux.wav",
    "a" * 300,
    "ä" * 200,
    "..\u2215up",
    "\u2024\u2024/x",
    "%2e%2e",
    "a\u202egpj",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_below_its_folder(tmp_path: Path, name: str) -> None:
    for text in ("{track}/{stem}.wav", "x_{stem}_{track}.wav", "{stem}.flac"):
        try:
            found = Pattern(text).path(tmp_path, track=name, stem=name)
        except DataError:
            assert not is_plain_name(name)
        else:
            assert tmp_path in found.resolve().parents
    inside = tmp_path / folder_name(name)
    stored = tmp_path / file_name({"number": 0, "id": name, "missing": [], "error": ""})
    for one in (inside, stored):
        assert one.resolve().parent == tmp_path.resolve()
        one.mkdir()
    count("names tried")


@pytest.mark.parametrize("stem", ["../../up", "/up", "..", "a/b", "a\\b"])
def test_a_stem_of_a_protocol_writes_nowhere_else(tmp_path: Path, stem: str) -> None:
    data, runs = tmp_path / "data", tmp_path / "deep" / "er" / "runs"
    for name in ("a", "b"):
        write_sound(data / "song" / f"{name}.wav", noise(1, channels=1, length=400), rate=1000)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    index = Folder(
        root=data, references="{track}/{stem}.wav", mixture=None, stems=("a", "b")
    ).index("all")
    document = protocol("a", stems={stem: ["a"], "b": ["b"]})

    with suppress(SepevalError):
        evaluate(index, Mixture((stem, "b")), [document], root=runs, label="x", keep_estimates=True)
    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert all(path.is_relative_to(runs) for path in made)


@pytest.mark.parametrize("key", ["../up", "/up", "a/b", "", "."])
def test_a_layout_is_no_path(key: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Layout(key=key, audio={}, stems={}, protocols=[])


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    miniature.write(tmp_path)
    pipe = tmp_path / "original" / "original_bass_0.wav"
    pipe.unlink()
    os.mkfifo(pipe)

    index = miniature.MINIATURE.at(tmp_path).index("all")

    assert "bass" in next(track for track in index.tracks if track.id == "0").missing


def test_an_odd_name_of_a_track_is_refused(tmp_path: Path) -> None:
    write_sound(tmp_path / "a\x1b[2J" / "a.wav", noise(1, channels=1, length=9), rate=1000)
    data = Folder(root=tmp_path, references="{track}/{stem}.wav", mixture=None, stems=("a",))

    with pytest.raises(DataError, match=r"signs that are not seen; rename it") as raised:
        data.index("all")

    assert "\x1b" not in str(raised.value)
