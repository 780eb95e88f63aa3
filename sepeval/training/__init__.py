"""Energy metrics as `torchmetrics.Metric`, for a training or validation loop.

The values are the toolkit's own: every batch goes through the kernels that a run goes through, in
float64 on the CPU, without a gradient. A tensor that is in single precision stays what it is; only
the arithmetic after it is double.

    ProtocolMetric   what a table says: windows, silence rule and reductions of a protocol
    EnergyScore      one metric over whole signals, one number

Recipe for a LightningModule:

    class Separator(LightningModule):
        def __init__(self):
            super().__init__()
            self.score = ProtocolMetric(load_protocol("slakh2100-active"), "si_sdri")

        def validation_step(self, batch, number):
            references, mixture = batch  # [batch stem channel sample], [batch channel sample]
            self.score.update(references, self(mixture), rate=22050)

        def on_validation_epoch_end(self):
            self.log_dict({f"si_sdri/{stem}": one for stem, one in self.score.compute().items()})
            self.score.reset()
"""

from sepeval.training.energy_score import EnergyScore
from sepeval.training.protocol_metric import ProtocolMetric

__all__ = ["EnergyScore", "ProtocolMetric"]
