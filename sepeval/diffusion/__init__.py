"""Diffusion and consistency sampling: schedules, preconditionings, samplers and losses.

Everything is a pure function of a denoiser, the noise and the noise levels. A denoiser is any
callable that takes a noised state and its noise level σ and returns an estimate of the clean
state, so a new network gets every sampler for the price of one function.

Example:
    The best denoiser of white noise of variance 1 in noise of variance σ² scales by 1 / (1 + σ²).
    Sampling with it gives white noise of variance 1 back:

    >>> import torch
    >>> from sepeval.diffusion.samplers import heun
    >>> from sepeval.diffusion.schedules import karras, to_zero
    >>> def denoiser(x: torch.Tensor, sigma: float) -> torch.Tensor:
    ...     return x / (1.0 + sigma**2)
    >>> generator = torch.Generator().manual_seed(1)
    >>> def draw() -> torch.Tensor:
    ...     return torch.randn(1, 1, 10_000, generator=generator)
    >>> sigmas = to_zero(karras(20, sigma_max=80.0, sigma_min=0.002, rho=7.0))
    >>> found = heun(denoiser, torch.zeros(1, 1, 10_000), draw, sigmas)
    >>> found.nfe, round(found.x.std().item(), 1)
    (39, 1.0)
"""
