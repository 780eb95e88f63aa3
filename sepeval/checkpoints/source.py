"""Where weights come from: a path, or a file of a repository on the Hugging Face Hub.

    weights/det.safetensors
    hf://organisation/repository@revision/folder/file.ckpt

A revision is a commit, tag or branch. It is asked for because a branch moves on: the same words
would name other weights next month. The identity of a run holds the SHA-256 of the file, never
its address.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import NamedTuple

from sepeval.errors import DependencyError, SeparatorError

_HUB = "hf://"
_ADDRESS = re.compile(
    r"hf://(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[\w.-]+)/(?P<file>[\w.][^\\]*)"
)


class Address(NamedTuple):
    """A file on the Hub.

    Attributes:
        repository: `organisation/name`.
        revision: commit, tag or branch.
        file: path inside the repository.
    """

    repository: str
    revision: str
    file: str


def resolve(text: str) -> Path:
    """Return the local path of weights; those on the Hub are downloaded once into its cache.

    Args:
        text: a path, of a file or of a folder where a separator needs several; or
            `hf://organisation/repository@revision/file`.

    Raises:
        DependencyError: `huggingface_hub` is needed and not installed.
        SeparatorError: there is no such file, the address is malformed, or the Hub cannot be
            reached.
    """
    if not text.startswith(_HUB):
        path = _existing(text)
        if path is None:
            raise SeparatorError(f"weights {text!r:.300}: there is no such file or folder")
        return path
    return _downloaded(address(text))


def _existing(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError):  # a name that is too long, a folder that is closed, no home
        return None


def address(text: str) -> Address:
    """Return the parts of an address on the Hub.

    Raises:
        SeparatorError: it is malformed, or names no revision.

    Example:
        >>> address("hf://organisation/repository@v1.0/folder/model.ckpt").file
        'folder/model.ckpt'
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or ".." in found["file"].split("/"):
        message = (
            f"weights {text!r}: an address on the Hub is hf://organisation/repository@revision/file;"
            " the revision is a commit, tag or branch and is always given"
        )
        raise SeparatorError(message)
    return Address(found["repository"], found["revision"], found["file"])


def _downloaded(wanted: Address) -> Path:
    try:
        hub = importlib.import_module("huggingface_hub")
    except ImportError as error:
        message = (
            "weights on the Hub need huggingface_hub; install it with: pip install 'sepeval[hub]', "
            "or download the file by hand and give its path"
        )
        raise DependencyError(message) from error
    try:
        found = hub.hf_hub_download(
            repo_id=wanted.repository, filename=wanted.file, revision=wanted.revision
        )
    except Exception as error:  # the Hub's client raises its own errors and those of its transport
        first = str(error).strip().partition("\n")[0]
        message = (
            f"{wanted.file} of {wanted.repository}@{wanted.revision} cannot be fetched from the "
            f"Hub: {type(error).__name__}: {first[:200]}; without a network, download it by hand "
            "and give its path"
        )
        raise SeparatorError(message) from error
    return Path(found)
