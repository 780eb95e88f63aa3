"""Energy metrics as `torchmetrics.Metric`, for a training or validation loop.

The values are the toolkit's own: every batch goes through the kernels that a run goes through, in
float64 on the CPU, without a gradient. A tensor that is in single precision stays what it is; only
the arithmetic after it is double.

    ProtocolMetric     what a table says: windows, silence rule and reductions of a protocol
    EnergyScore        one metric over whole signals, one number
    ValidationScores   the first as a callback, which logs it after each validation epoch

Recipe for a loop of one's own:

    score = ProtocolMetric(load_protocol("slakh2100-active"), "si_sdri")
    for epoch in range(epochs):
        train(model)
        score.reset()
        for references, mixture in validation:  # the first is [batch stem channel sample]
            with torch.no_grad():
                score.update(references, model(mixture), mixture, rate=22050)
        tracker.log({f"si_sdri/{stem}": one.item() for stem, one in score.compute().items()})

Recipe for a LightningModule whose batches are references and mixture:

    class Scores(ValidationScores, Callback): ...

    scores = Scores(load_protocol("slakh2100-active"), ["si_sdri"], rate=22050)
    Trainer(callbacks=[scores]).fit(model, training, validation)
"""

from sepeval.training.energy_score import EnergyScore
from sepeval.training.protocol_metric import ProtocolMetric
from sepeval.training.validation import Heard, ValidationScores, separated

__all__ = ["EnergyScore", "Heard", "ProtocolMetric", "ValidationScores", "separated"]
