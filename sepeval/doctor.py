"""What of the installation works, and the command that mends what does not."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from sepeval.fingerprint import cache_folder

_EXTRAS = {
    "demucs": ("demucs",),
    "dask": ("distributed",),
    "ray": ("ray",),
    "fast": ("ducc0",),
    "hub": ("huggingface_hub",),
    "onnx": ("onnxruntime",),
    "test": ("pytest", "hypothesis"),
}


@dataclass(frozen=True)
class Finding:
    """One part of the installation.

    Attributes:
        part: what was looked at.
        found: version or state.
        mend: the command that mends it; empty if nothing is to be done.
        is_needed: whether the default path needs it.
    """

    part: str
    found: str
    mend: str
    is_needed: bool


def examine() -> tuple[Finding, ...]:
    """Return what is installed, what is missing and what would mend it."""
    return (*_packages(), *_extras(), _protocols(), _gpu(), _ffmpeg(), _cache())


def _packages() -> list[Finding]:
    names = [line.split(";")[0] for line in requires("sepeval") or [] if "extra ==" not in line]
    found = []
    for line in names:
        name = line.split("[")[0]
        for sign in "<>=!~ ":
            name = name.split(sign)[0]
        try:
            found.append(Finding(name, version(name), "", is_needed=True))
        except PackageNotFoundError:
            mend = f"pip install '{line.strip()}'"
            found.append(Finding(name, "missing", mend, is_needed=True))
    return found


def _extras() -> list[Finding]:
    found = []
    for extra, modules in _EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        state = f"not installed ({', '.join(missing)})" if missing else "installed"
        mend = f"pip install 'sepeval[{extra}]'" if missing else ""
        found.append(Finding(f"extra {extra}", state, mend, is_needed=False))
    return found


def _protocols() -> Finding:
    from sepeval.errors import SepevalError
    from sepeval.protocol import load, released

    try:
        names = [load(name).id for name in released()]
    except SepevalError as error:
        return Finding(
            "protocols", str(error), "pip install --force-reinstall sepeval", is_needed=True
        )
    if not names:
        return Finding("protocols", "none", "pip install --force-reinstall sepeval", is_needed=True)
    return Finding("protocols", f"{len(names)} match their checksums", "", is_needed=True)


def _gpu() -> Finding:
    if importlib.util.find_spec("torch") is None:
        return Finding("GPU", "torch is missing", "", is_needed=False)
    import torch

    count = torch.cuda.device_count()
    names = ", ".join(torch.cuda.get_device_name(one) for one in range(count))
    return Finding("GPU", names or "none; everything runs on the processor", "", is_needed=False)


def _ffmpeg() -> Finding:
    there = shutil.which("ffmpeg")
    return Finding("ffmpeg", there or "none, and none is needed", "", is_needed=False)


def _cache() -> Finding:
    folder = cache_folder()
    place = next(one for one in (folder, *folder.parents) if one.exists())
    if os.access(place, os.W_OK):
        return Finding("cache", str(folder), "", is_needed=False)
    mend = f"export XDG_CACHE_HOME={Path.cwd() / '.cache'}"
    return Finding(
        "cache", f"{folder} cannot be written to; digests are made anew", mend, is_needed=False
    )
