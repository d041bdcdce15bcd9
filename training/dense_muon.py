"""The optimizer of deep and narrow networks of dense layers: Muon for all but their narrowest kernels."""

import keras

from training.muon import AveragingMuon

NARROWEST = 8


@keras.saving.register_keras_serializable(package="limpid-training")
class AveragingDenseMuon(AveragingMuon):
    """Muon for kernels down to a width of `NARROWEST`, with averaged weights: see training.muon.

    Measured on 784-128-64-10-2 and back, 4,000 steps: with this 79 % of held-out digits had the label of most of their
    5 nearest neighbours, with training.muon, which leaves 64-10 and 10-64 to AdamW, 66 %, and with AdamW alone 68 %.
    """

    narrowest = NARROWEST
