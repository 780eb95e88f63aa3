"""A diffusion network that separates vocals on the complex spectrogram of stereo audio.

The paper [1] says: diffusion as in EDM [2] on complex short-time spectra; a U-Net of the kind
DDPM++ [3] with the mixture beside the noisy target at its input; normalisation of the input by
frequency band; dual-path RoFormer blocks in place of attention between all pixels; a sinusoidal
embedding of the noise level; about 57 million parameters; 7 steps; chunks of 6 s.

It does not come with code or weights, and what is known here is its summary. All else is a choice
of this package, named where it is made: the transform, the bands, the widths and depths, where the
attention sits, how the bands are normalised. A network built here is therefore of that design, and
not that network; no number of the paper is expected from it.

References:
    [1] "Diff-VS: Efficient Audio-Aware Diffusion U-Net for Vocals Separation", arXiv:2604.01120,
        2026.
    [2] Karras, Aittala, Aila, Laine. "Elucidating the Design Space of Diffusion-Based Generative
        Models", NeurIPS 2022.
    [3] Song, Sohl-Dickstein, Kingma, Kumar, Ermon, Poole. "Score-Based Generative Modeling through
        Stochastic Differential Equations", ICLR 2021.
"""

from sepeval.networks.diff_vs.config import STANDARD, DiffVsConfig, config_of
from sepeval.networks.diff_vs.network import DiffVs
from sepeval.networks.diff_vs.spectrum import analysed, synthesised

__all__ = ["STANDARD", "DiffVs", "DiffVsConfig", "analysed", "config_of", "synthesised"]
