"""From indexed files to signals that fit together, by the rules of a protocol.

Nothing is resampled, padded, cut or summed here unless the protocol says so by name. A short track
is loaded as arrays; of a long one whose estimates are files, only what is looked at is read.
"""

from sepeval.loading.rules import heard_rate, missing_stems
from sepeval.loading.tracks import Aligned, align, load, stream

__all__ = ["Aligned", "align", "heard_rate", "load", "missing_stems", "stream"]
