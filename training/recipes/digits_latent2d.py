"""`digits-latent2d`: handwritten digits as points of a plane, 784-128-64-10-2 and back, tanh.

Command:  python -m training fit digits-latent2d --data mnist.npz
Expected: 8 minutes on half of a Zen 4 core (15,500 steps) reach on the test images 80.3 % of the labels with the 5
          nearest neighbours (PCA at 2: 42.4 %), a squared error of 27.4 an image (43.5) and a binary cross-entropy of
          0.169 nats a pixel (0.230).
"""

from functools import partial

import keras

from training.architectures.dense import autoencoder
from training.dense_muon import AveragingDenseMuon
from training.digit_autoencoder import OwnTargets, card
from training.digits import SIDE
from training.recipe import Recipe, Stage

RECIPE = Recipe(
    name="digits-latent2d",
    summary="Places handwritten digits, white on black, on a plane: an embedding of two values.",
    build=lambda _: autoencoder((128, 64, 10, 2), "tanh"),
    load=OwnTargets,
    loss=keras.losses.mean_squared_error,
    # Length is one of only two things that the embedding says.
    card=partial(card, normalize=False),
    stages=(Stage(until=1.0, batch=128, size=SIDE),),
    epoch=55_000,
    minutes=8,
    rate=1e-2,
    decay_from=0.0,
    optimizer=AveragingDenseMuon,
)
