"""The rooms of the house: who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sepeval

PACKAGE = Path(sepeval.__file__).parent

# A module imports only from layers to its left (above); members of one layer do not know each
# other. A name stands for a module or a package.
LAYERS = (
    ("errors",),
    ("types", "texts", "csv_text"),
    ("kernels",),
    ("networks", "diffusion"),
    ("registry", "fingerprint", "patterns", "audio"),
    ("protocol", "synthetic", "encoders"),
    ("checkpoints", "inference"),
    ("datasets", "separators", "metrics"),
    ("scoring",),
    ("loading", "store", "reference_cache", "publications", "citations"),
    ("runner", "summary", "timing"),
    ("results", "what_if", "printed"),
    ("interchange", "explain", "compare", "sweeps", "silence", "audits"),
    ("report",),
    ("demo", "doctor", "bench", "training"),
    ("cli",),
    ("__main__",),
)
LAYER = {name: level for level, names in enumerate(LAYERS) for name in names}
PLUG_INS = ("datasets", "separators", "metrics", "audits")
SHARED = ("base", "official", "network")  # the only modules of a package that its plug-ins import
HEAVY = ("torch", "matplotlib", "museval", "pandas", "scipy", "pyarrow", "numpy")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted names below `sepeval` that a module imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "sepeval"}


def test_every_room_has_its_place() -> None:
    assert {room(path) for path in modules()} == set(LAYER)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_import_only_from_layers_to_their_left(path: Path) -> None:
    own = room(path)

    for name in imports(path):
        other = name.split(".")[1]
        if other in LAYER and other != own:
            assert LAYER[other] < LAYER[own], f"{path.name} imports {name}"


@pytest.mark.parametrize("package", PLUG_INS)
def test_a_plug_in_knows_of_its_package_only_what_all_share(package: str) -> None:
    for path in (PACKAGE / package).glob("*.py"):
        if path.stem not in (*SHARED, "__init__"):
            own = {name for name in imports(path) if name.split(".")[1] == package}
            assert {name.split(".")[2] for name in own} <= set(SHARED), path.name


def test_only_audio_touches_audio_files() -> None:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        if room(path) != "audio":
            assert "import soundfile" not in text, path
            assert "import av\n" not in text, path


def test_only_the_store_touches_parquet() -> None:
    for path in modules():
        if room(path) != "store":
            text = path.read_text(encoding="utf-8")
            assert "pyarrow.parquet" not in text, path
            assert "to_pandas" not in text, f"{path}: takes Arrow's threads; see parts.data_frame"


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, sepeval\n"
        f"loaded = sorted(set({HEAVY!r}) & set(sys.modules))\nsys.exit(' '.join(loaded))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom sepeval.cli.app import app\n"
        f"loaded = sorted(set({HEAVY!r}) & set(sys.modules))\nsys.exit(' '.join(loaded))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "misc"}

    assert not drawers & {path.stem for path in modules()}


def test_files_stay_small() -> None:
    long = {
        str(path.relative_to(PACKAGE)): count
        for path in modules()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 320
    }

    assert long == {}


@pytest.mark.parametrize("forbidden", ["np.random.seed", "random.seed(", "torch.manual_seed"])
def test_randomness_has_no_global_state(forbidden: str) -> None:
    for path in modules():
        assert forbidden not in path.read_text(encoding="utf-8"), path
