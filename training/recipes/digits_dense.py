"""`digits-dense`: a deep dense autoencoder of handwritten digits, 784-256-128-256-784, sigmoids all through.

Command:  python -m training fit digits-dense --data mnist.npz --epochs 20
Expected: 0.0043 is the mean squared error on the test images that Adam with the same loss reaches in as many epochs
          (python -m training gallery --only digits-dense); the original reached 0.0849.
"""

from functools import partial

import keras

from training.architectures.dense import autoencoder
from training.digit_autoencoder import OwnTargets, card
from training.digits import SIDE
from training.recipe import Recipe, Stage

RECIPE = Recipe(
    name="digits-dense",
    summary="Reconstructs handwritten digits, white on black, from 128 values between 0 and 1.",
    build=lambda _: autoencoder((256, 128), "sigmoid", code="sigmoid"),
    load=OwnTargets,
    loss=keras.losses.binary_crossentropy,
    card=partial(card, normalize=True),
    stages=(Stage(until=1.0, batch=128, size=SIDE),),
    epoch=55_000,
    minutes=2,
    rate=3e-3,
)
