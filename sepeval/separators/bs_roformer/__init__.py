"""BS-RoFormer and its refiners, from the checkpoints of DiCoSe and MSST.

    deterministic  the BS-RoFormer alone; from a refiner's checkpoint, its extractor
    stacked        Det.2: a second network refines the estimates of the first, without noise
    diffusion      the second network is a denoiser, which a sampler calls along falling noise
    consistency    the second network leads from any noise level to the clean stem at once

The extractor hears the mixture once per chunk, and its features serve all stems. DiCoSe's own code
computes them under fp16 autocast whatever the rest is computed in; here everything has the one
precision of the settings, fp32 unless it is said.

Unlike there, the noise that the released sampler draws and drops is not drawn; as the seeds are
other ones too, this changes nothing that could be compared.

References:
    [1] Lu, Wang, Kong, Hung. "Music source separation with band-split RoPE Transformer", ICASSP
        2024.
    [2] Karchkhadze, Izadi, Dubnov. "Improving source extraction with diffusion and consistency
        models", arXiv:2412.06965, 2024.
"""

from sepeval.separators.bs_roformer.separator import BSRoFormerSeparator

__all__ = ["BSRoFormerSeparator"]
