"""The only package that touches audio files: whole, or piece by piece."""

from sepeval.audio.files import ENCODINGS, Audio, AudioInfo, probe, read, write
from sepeval.audio.pieces import Opened, Pieces

__all__ = ["ENCODINGS", "Audio", "AudioInfo", "Opened", "Pieces", "probe", "read", "write"]
