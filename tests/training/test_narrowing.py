"""A network starts from one whose blocks are wider inside."""

import keras
import numpy as np
import pytest

from training.architectures import estimator
from training.narrowing import narrow, reconstructed

PICTURES = np.random.default_rng(0).random((6, 64, 64, 3), dtype=np.float32)
BLOCKS = ("down1", "down2", "far0")


def wide() -> keras.Model:
    """An estimator whose weights all count."""
    model = estimator.build(far=1, whiteness=True)
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.15, weight.shape) for weight in model.get_weights()])
    return model


def narrower(inside: tuple[int, int]) -> keras.Model:
    return estimator.build(far=1, inside=inside, whiteness=True)


def answers(model: keras.Model) -> np.ndarray:
    return np.asarray(model.predict(PICTURES, verbose=0))


def only_first(model: keras.Model, count: int) -> None:
    """Make each block of `model` ignore all but the first `count` channels inside it."""
    for block in BLOCKS:
        layer = model.get_layer(f"{block}_second")
        kernel, bias = layer.get_weights()
        kernel[:, :, count:] = 0
        layer.set_weights([kernel, bias])


def test_channels_that_nothing_reads_are_not_missed() -> None:
    source, target = wide(), narrower((10, 10))
    only_first(source, 10)
    narrow(source, target, PICTURES)
    expected = answers(source)
    assert np.abs(answers(target) - expected).max() < 0.01 * np.ptp(expected)


def test_what_is_left_makes_up_for_what_went() -> None:
    source, target, cut = wide(), narrower((20, 36)), wide()
    expected = answers(source)
    narrow(source, target, PICTURES)
    only_first(cut, 36)
    missed, missed_by_a_cut = (np.square(answers(model) - expected).mean() for model in (target, cut))
    assert missed < 0.2 * missed_by_a_cut
    assert np.array_equal(answers(source), expected), "the source stays as it was"


def test_of_channels_that_tell_the_same_one_goes() -> None:
    rng = np.random.default_rng(0)
    taps = rng.normal(size=(500, 3, 1))
    taps[:, 1] = 2 * taps[:, 0]
    wanted = taps[:, 0] + 3 * taps[:, 2] + 5
    kept, weights, bias = reconstructed(taps, wanted, 2)
    assert 2 in kept
    assert (taps[:, kept, 0] @ weights[:, 0] + bias) == pytest.approx(wanted, abs=1e-2)
    assert bias == pytest.approx([5], abs=1e-2)


def test_the_same_network_is_copied() -> None:
    source, target = wide(), estimator.build(far=1, whiteness=True)
    narrow(source, target, PICTURES)
    assert np.array_equal(answers(source), answers(target))


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="far0_first that this recipe's network has not"):
        narrow(wide(), estimator.build(whiteness=True), PICTURES)
    with pytest.raises(ValueError, match="has a layer kind_first that"):
        narrow(wide(), estimator.build(far=1), PICTURES)
    with pytest.raises(ValueError, match=r"its layer head is \[\(3, 3, 12, 20\), \(20,\)\], this recipe's"):
        narrow(wide(), estimator.build(widths=(24, 28, 48), far=1, whiteness=True), PICTURES)
