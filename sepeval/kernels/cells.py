"""Inner products of references, estimates and mixture over stretches of time.

For each cell and channel the Gram matrix of

    x = [references, estimates, mixture, 1]

is kept in float64. That alone would not do for good estimates: ‖e − a r‖² formed from ‖e‖²,
⟨e, r⟩ and ‖r‖² cancels to rounding noise. So the part of each estimate, and of the mixture, that is
orthogonal to the stem's reference inside the cell is formed from samples and its energy kept:

    e = a_c r + q_c,   a_c = ⟨e, r⟩_c / ‖r‖_c²,   ρ_c = ‖q_c‖².

Cells join without cancellation, because every term is positive. For any gain a

    ‖e − a r‖² = Σ_c ρ_c + (a_c − a)² ‖r‖_c².

With more than one channel a further row holds the same for the sum of all channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sepeval.errors import ShapeError
from sepeval.kernels.windows import Gather
from sepeval.types import Array, IntArray, Signal, Stems

_BLOCK = 1 << 16  # samples whose rows of float64 stay in the processor's cache
_CANCELS = 1e-4  # share of ‖e‖² below which ‖q‖² is formed from samples; above, 1e-11 of it is lost


@dataclass(frozen=True)
class Statistics:
    """Inner products over stretches of time, cells or windows.

    Attributes:
        gram: [stretch channel signal signal], with signals in the order references, estimates,
            mixture, 1. The channel axis has the channels, then their sum if there are several.
        residual: [stretch channel 2 stem], ρ of the estimate and of the mixture against each
            stem's reference.
        stems: how many stems there are.
    """

    gram: Array
    residual: Array
    stems: int

    @property
    def channels(self) -> int:
        """Number of audio channels, without the row of their sum."""
        rows = int(self.gram.shape[1])
        return rows if rows == 1 else rows - 1

    @property
    def reference(self) -> Array:
        """[stretch channel stem], energy of the references."""
        return np.diagonal(self.gram, axis1=2, axis2=3)[..., : self.stems]

    @property
    def estimate(self) -> Array:
        """[stretch channel stem], energy of the estimates."""
        return np.diagonal(self.gram, axis1=2, axis2=3)[..., self.stems : 2 * self.stems]

    @property
    def cross(self) -> Array:
        """[stretch channel 2 stem], ⟨estimate, reference⟩ and ⟨mixture, reference⟩."""
        own = np.diagonal(self.gram[:, :, self.stems : 2 * self.stems], axis1=2, axis2=3)
        mixture = self.gram[:, :, 2 * self.stems, : self.stems]
        return np.stack([own[..., : self.stems], mixture], axis=2)

    def select(self, stems: list[int]) -> Statistics:
        """Return the statistics of some of the stems, in that order."""
        count = self.stems
        if stems == list(range(count)):
            return self
        signals = [*stems, *(count + stem for stem in stems), 2 * count, 2 * count + 1]
        gram = self.gram[:, :, signals][:, :, :, signals]
        return Statistics(gram, self.residual[..., stems], len(stems))


def measure(references: Stems, estimates: Stems, mixture: Signal, edges: IntArray) -> Statistics:
    """Return the statistics of every cell.

    Args:
        references: [stem channel sample].
        estimates: [stem channel sample].
        mixture: [channel sample].
        edges: [edge] int64, ascending; cell i runs from edge i to edge i + 1.

    Raises:
        ShapeError: the arrays do not fit together.
    """
    stems, channels, length = references.shape
    if estimates.shape != references.shape or mixture.shape != (channels, length):
        message = (
            f"references {list(references.shape)}, estimates {list(estimates.shape)} and mixture "
            f"{list(mixture.shape)} must be [stem channel sample] twice and [channel sample]"
        )
        raise ShapeError(message)
    rows = channels + 1 if channels > 1 else 1
    signals = 2 * stems + 2
    gram = np.zeros((len(edges) - 1, rows, signals, signals))
    residual = np.zeros((len(edges) - 1, rows, 2, stems))
    buffer = np.empty((2 * stems + 1, min(_BLOCK, length)))
    for cell, (start, stop) in enumerate(pairwise(edges.tolist())):
        blocks: list[list[tuple[Array, Array]]] = [[] for _ in range(rows)]
        for begin in range(start, stop, _BLOCK):
            time = slice(begin, min(begin + _BLOCK, stop))
            true, guess, heard = references[:, :, time], estimates[:, :, time], mixture[:, time]
            x = buffer[:, : heard.shape[1]]
            for row in range(rows):
                if row == channels:
                    true.sum(axis=1, out=x[:stems])
                    guess.sum(axis=1, out=x[stems:-1])
                    heard.sum(axis=0, out=x[-1])
                else:
                    x[:stems] = true[:, row]
                    x[stems:-1] = guess[:, row]
                    x[-1] = heard[row]
                blocks[row].append(_block(x, stems))
        for row in range(rows):
            gram[cell, row], residual[cell, row] = _joined(blocks[row], stems)
    return Statistics(gram, residual, stems)


def join(cells: Statistics, into: Gather) -> Statistics:
    """Return the statistics of windows, as sums of cells.

    Args:
        cells: statistics of the cells.
        into: the cells of each window.
    """
    if (into.counts == 1).all() and np.array_equal(into.cells, np.arange(len(cells.gram))):
        return cells  # each window is one cell
    gram = _sums(cells.gram[into.cells], into)
    cross, energy = cells.cross[into.cells], cells.reference[into.cells][:, :, None]
    gain = _gain(cross, energy)
    whole = Statistics(gram, np.empty(0), cells.stems)
    gain_of_window = _gain(whole.cross, whole.reference[:, :, None])
    apart = (gain - np.repeat(gain_of_window, into.counts, axis=0)) ** 2 * energy
    return Statistics(gram, _sums(cells.residual[into.cells] + apart, into), cells.stems)


def _block(x: Array, stems: int) -> tuple[Array, Array]:
    """Return Gram matrix and residual energies of a block [signal sample] that fits the cache."""
    count = len(x)
    gram = np.empty((count + 1, count + 1))
    gram[:count, :count] = x @ x.T
    gram[:count, count] = gram[count, :count] = x.sum(axis=1)
    gram[count, count] = x.shape[1]
    energies = np.diagonal(gram)
    cross = np.stack([np.diagonal(gram[stems : 2 * stems, :stems]), gram[2 * stems, :stems]])
    of_signal = np.stack([energies[stems : 2 * stems], np.full(stems, energies[2 * stems])])
    gain = _gain(cross, np.broadcast_to(energies[:stems], cross.shape))
    residual = of_signal - gain * cross
    for which, stem in np.argwhere(residual < _CANCELS * of_signal):
        signal = x[stems + stem] if which == 0 else x[2 * stems]
        rest = signal - gain[which, stem] * x[stem]
        residual[which, stem] = rest @ rest
    return gram, residual


def _joined(blocks: list[tuple[Array, Array]], stems: int) -> tuple[Array, Array]:
    if len(blocks) == 1:
        return blocks[0]
    gram = np.stack([one for one, _ in blocks])[:, None]
    residual = np.stack([one for _, one in blocks])[:, None]
    count = np.array([len(blocks)])
    into = Gather(np.arange(len(blocks)), np.array([0]), count)
    whole = join(Statistics(gram, residual, stems), into)
    return whole.gram[0, 0], whole.residual[0, 0]


def _gain(cross: Array, energy: Array) -> Array:
    """Return ⟨e, r⟩ / ‖r‖², and 0 where the reference is all zero."""
    return np.divide(cross, energy, out=np.zeros_like(cross), where=energy > 0)


def _sums(values: Array, into: Gather) -> Array:
    """Return the sum of each window's cells; 0 for a window without cells."""
    sums = np.zeros((len(into.counts), *values.shape[1:]))
    filled = into.counts > 0
    if filled.any():
        sums[filled] = np.add.reduceat(values, into.offsets[filled], axis=0)
    return sums
