"""What silent references do to a number: per stem, per system, and in the order of a table.

On a window whose reference is zero, the improvement of the scale-invariant SDR has a closed form,

    SI-SDRi = 10 log₁₀ (E_mixture + eps) / (E_estimate + eps),

the level of the mixture over the level of the leak. It says nothing about the separation of a
sound, and it weighs as much as any other window. Here the scores under a protocol are parted into
windows whose reference sounds and windows whose reference is silent, by the protocol's own rule.
"""

from sepeval.silence.facts import ZEROS, Gain, Part, Point, Silence
from sepeval.silence.splitting import silence

__all__ = ["ZEROS", "Gain", "Part", "Point", "Silence", "silence"]
