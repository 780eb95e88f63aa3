"""BS-RoFormer and its diffusion and consistency refiner.

Convention: audio is `[item channel sample]` float32; hidden states are `[item frame band feature]`;
parameter names are those of the published checkpoints, without the prefix of the training wrapper.

References:
    [1] Lu, Wang, Kong, Hung. "Music source separation with band-split RoPE Transformer", ICASSP
        2024.
    [2] Karchkhadze, Izadi, Dubnov. "Improving source extraction with diffusion and consistency
        models", arXiv:2412.06965, 2024.
"""
