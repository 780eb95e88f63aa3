"""Noise levels from the largest to the smallest."""

from __future__ import annotations

from sepeval.errors import ShapeError


def karras(count: int, *, sigma_max: float, sigma_min: float, rho: float) -> tuple[float, ...]:
    """Noise levels that are evenly spaced after the ρ-th root is taken.

        σᵢ = (σ_max^(1/ρ) + i / (count − 1) (σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ

    A single level is σ_max. Consistency models take one level more than they make steps, and
    evaluate the network at all but the last.

    Args:
        count: number of levels, at least 1.
        sigma_max: the first, above 0.
        sigma_min: the last, above 0.
        rho: ρ; the larger, the more levels are small.

    Returns:
        [level], falling.

    Raises:
        ShapeError: there is no level, or 0 < σ_min ≤ σ_max does not hold.

    References:
        [1] Karras, Aittala, Aila, Laine. "Elucidating the Design Space of Diffusion-Based
            Generative Models", NeurIPS 2022, eq. 5.

    Example:
        >>> [round(sigma, 6) for sigma in karras(3, sigma_max=0.002, sigma_min=0.0001, rho=9.0)]
        [0.002, 0.000506, 0.0001]
    """
    if count < 1 or not 0.0 < sigma_min <= sigma_max:
        message = (
            "a schedule needs at least one level and 0 < sigma_min <= sigma_max; found "
            f"{count} levels from {sigma_max} to {sigma_min}"
        )
        raise ShapeError(message)
    if count == 1:
        return (sigma_max,)
    first, last = sigma_max ** (1.0 / rho), sigma_min ** (1.0 / rho)
    return tuple(float((first + i / (count - 1) * (last - first)) ** rho) for i in range(count))


def to_zero(sigmas: tuple[float, ...]) -> tuple[float, ...]:
    """Return the levels followed by 0, where a solver ends.

    Example:
        >>> to_zero((2.0, 1.0))
        (2.0, 1.0, 0.0)
    """
    return (*sigmas, 0.0)
