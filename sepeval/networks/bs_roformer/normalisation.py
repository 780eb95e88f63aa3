"""Root-mean-square normalisation of features."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's manual uses
from torch import Tensor, nn


class RMSNorm(nn.Module):
    """Scales features to the root mean square 1, then each by its own gain.

        y = γ √d x / max(‖x‖, 10⁻¹²)

    Attributes:
        gamma: [feature], γ.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised; [... feature] both."""
        normed: Tensor = F.normalize(x, dim=-1) * self.gamma.shape[0] ** 0.5 * self.gamma
        return normed
