"""Everything that is raised on purpose.

A message names the file, track or stem, what was expected, what was found and the way out.
`ShapeError` is for callers of the API; the others can be a user's mistake and are shown without
a traceback by the command line.
"""

from __future__ import annotations


class SepevalError(Exception):
    """Base of every error that this package raises on purpose."""


class ProtocolError(SepevalError):
    """A protocol document is malformed, unknown, or cannot be applied to the audio at hand."""


class DataError(SepevalError):
    """Audio or metadata is missing, damaged, or not what the dataset or protocol expects."""


class ShapeError(SepevalError):
    """Arrays do not have the shapes that a function needs."""


class SeparatorError(SepevalError):
    """A separator cannot be built, or returns something that is no estimate."""


class StoreError(SepevalError):
    """A run cannot be read or written."""


class DamagedError(StoreError):
    """A file of a run is not as it was written."""


class DependencyError(SepevalError):
    """A package or a device that was asked for by name is not there."""


class UnknownNameError(SepevalError):
    """No plug-in, protocol, stem or track has this name."""
