"""`photo-ae`: an autoencoder of photographs at 128 x 128 pixels with an embedding of 256 values.

Command:  python -m training fit photo-ae --data FOLDER_OF_PHOTOGRAPHS --minutes 60
Expected: 62 minutes on one Zen 4 core, of which other work took a third (9,300 steps), reach on 331 held-out
          photographs 21.72 dB and an SSIM of 0.524 (PCA at 256: 20.56 dB, 0.411), and find all of them again after
          noise of sigma 25, JPEG of quality 30, a crop of 90 % and 20 % more or less brightness (PCA: 99.1 % of the
          crops).
"""

import keras

from training.architectures.photo_autoencoder import SIDE, build
from training.losses import pair_loss, psnr_loss
from training.muon import AveragingMuon
from training.photo_autoencoder import LATENT, Views, card, start
from training.recipe import Recipe, Stage


def _build(trunk: str) -> keras.Model:
    return build(LATENT, trunk=trunk)


RECIPE = Recipe(
    name="photo-ae",
    summary="Reconstructs photographs from 256 values, an embedding that finds them again.",
    build=_build,
    load=Views,
    loss={"image": psnr_loss, "embedding": pair_loss},
    card=card,
    stages=(Stage(until=1.0, batch=16, size=SIDE),),
    epoch=4_000,
    minutes=60,
    decay_from=0.5,
    optimizer=AveragingMuon,
    start=start,
)
