"""DiCoSe's 1-D U-Net: a network told which stem to give, and the refiners behind it.

    deterministic  x_s = F(mixture, s), once per stem
    stacked        Det.2: a second such network hears the estimate of the first, without noise
    diffusion      the second network is a denoiser, which a sampler calls along falling noise
    consistency    the second network leads from any noise level to the clean stem at once

The second network gets the mixture and the maps of the first added to its own layers. The papers
give results of Det.2; its code was not released, so that `stacked` is a reading of "the same two
networks, no noise": one call on the first estimate, no preconditioning, no clamp.

The released evaluation cuts a track into consecutive chunks of 262144 samples and drops the end;
say `tail=drop` for that. Its stochastic samplers have no seed, and draw noise that they drop; here
nothing is drawn in vain, and each stem has noise of its own, from the seed of its chunk. On a GPU
it computes in fp32 with TF32 in convolutions and without in matrix products, which lies between
`precision=fp32` and `precision=tf32`.

References:
    [1] Karchkhadze, Izadi, Dubnov. "Improving source extraction with diffusion and consistency
        models", arXiv:2412.06965, 2024.
"""

from sepeval.separators.dicose_unet.separator import DicoseUNet

__all__ = ["DicoseUNet"]
