"""`digits-simple`: the smallest autoencoder of handwritten digits, 784-32-784.

Command:  python -m training fit digits-simple --data mnist.npz
Expected: 2 minutes on half of a Zen 4 core (7,200 steps) reach on the test images a binary cross-entropy of 0.0908 nats
          a pixel (PCA at 32: 0.117), a squared error of 7.35 an image (11.9), and with the embedding's 5 nearest
          neighbours 97.6 % of the labels (97.2 %).
"""

from functools import partial

import keras

from training.architectures.dense import autoencoder
from training.dense_muon import AveragingDenseMuon
from training.digit_autoencoder import OwnTargets, card
from training.digits import SIDE
from training.recipe import Recipe, Stage

RECIPE = Recipe(
    name="digits-simple",
    summary="Reconstructs handwritten digits, white on black, from 32 values, with one dense layer each way.",
    build=lambda _: autoencoder((32,), "linear"),
    load=OwnTargets,
    loss=keras.losses.binary_crossentropy,
    card=partial(card, normalize=True),
    stages=(Stage(until=1.0, batch=128, size=SIDE),),
    epoch=55_000,
    minutes=2,
    rate=1e-2,
    decay_from=0.3,
    optimizer=AveragingDenseMuon,
)
