"""A larger network starts where a smaller one ended."""

import numpy as np
import pytest

from training.architectures import unet
from training.growth import adopt, settle_experts, trained_experts
from training.inference import runner
from training.photo_denoiser import build

FEED = {
    "image": np.random.default_rng(0).random((1, 32, 48, 3), dtype=np.float32),
    "sigma": np.full((1, 32, 48, 1), 0.1, np.float32),
}


def trained(widths: tuple[int, ...], blocks: tuple[int, ...]):
    """A denoiser whose weights all count."""
    model = unet.build(widths, blocks)
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize(
    ("widths", "blocks"), [((8, 16), (1, 1)), ((8, 16), (3, 2)), ((8, 16, 24), (1, 1, 2)), ((8, 16, 24), (2, 3, 1))]
)
def test_blocks_and_levels_that_are_new_change_nothing(widths: tuple[int, ...], blocks: tuple[int, ...]) -> None:
    small, large = trained((8, 16), (1, 1)), unet.build(widths, blocks)
    adopt(small, large)
    before, after = runner(small)(FEED), runner(large)(FEED)
    assert np.abs(before - FEED["image"]).max() > 1e-3
    assert np.allclose(before, after, atol=1e-6)


def test_submodels_keep_their_places() -> None:
    small, large = build((8, 16), (1, 1)), build((8, 16, 24), (1, 1, 1), far=2)
    rng = np.random.default_rng(2)
    small.set_weights([rng.normal(0, 0.1, weight.shape) for weight in small.get_weights()])
    adopt(small, large)
    before, after = small(FEED), large(FEED)
    assert all(np.allclose(before[name], after[name], atol=1e-6) for name in ("image", "noise"))


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="down0_block1_first that this recipe's network has not"):
        adopt(trained((8, 16), (2, 1)), unet.build((8, 16), (1, 1)))
    with pytest.raises(ValueError, match=r"layer head is \[\(3, 3, 16, 8\)\], this recipe's \[\(3, 3, 16, 12\)\]"):
        adopt(trained((8, 16), (1, 1)), unet.build((12, 16), (1, 1)))


def blind(*experts: str, expert_blocks: tuple[int, ...] | None = None, seed: int | None = None):
    """A blind denoiser with `experts`, all of whose weights count if there is a `seed`."""
    model = build((8, 16), (1, 1), experts=experts, expert_blocks=expert_blocks)
    if seed is not None:
        rng = np.random.default_rng(seed)
        model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("blocks", [None, (2, 3)])
def test_experts_begin_as_the_network_for_all_noise(blocks: tuple[int, ...] | None) -> None:
    model = blind("white", "white-gray", expert_blocks=blocks)
    adopt(blind(seed=1), model)
    settle_experts(model, ())
    outputs = model(FEED)
    assert np.abs(outputs["image"] - FEED["image"]).max() > 1e-3
    for expert in ("white", "white-gray"):
        assert np.allclose(outputs[expert], outputs["image"], atol=1e-6)


def test_experts_grow_too() -> None:
    source, model = blind("white", seed=1), blind("white", expert_blocks=(2, 3))
    adopt(source, model)
    before, after = source(FEED), model(FEED)
    assert not np.allclose(after["white"], after["image"], atol=1e-3)
    assert all(np.allclose(after[name], before[name], atol=1e-6) for name in ("image", "white", "noise"))


def test_experts_that_are_trained_keep_what_they_learned() -> None:
    source, model = blind("white", seed=1), blind("white", "white-gray")
    adopt(source, model)
    settle_experts(model, ("white",))
    before, after = source(FEED), model(FEED)
    assert np.array_equal(after["white"], before["white"])
    assert np.array_equal(after["white-gray"], before["image"])
    assert not np.array_equal(after["white"], after["image"])


@pytest.mark.parametrize("blocks", [None, (2, 3)])
def test_experts_that_are_the_network_for_all_noise_grown_or_not_are_not_trained(
    blocks: tuple[int, ...] | None,
) -> None:
    model = blind("white", "white-gray", expert_blocks=blocks)
    settle_experts(model, ())
    assert trained_experts(model) == set()
    white = model.get_layer("white")
    white.set_weights([weight + 0.1 for weight in white.get_weights()])
    assert trained_experts(model) == {"white"}
    assert trained_experts(trained((8, 16), (1, 1))) == set(), "one that has none"


def test_a_network_without_an_expert_leaves_that_out() -> None:
    source, model = blind("white", "white-gray", seed=1), blind("white")
    adopt(source, model)
    before, after = source(FEED), model(FEED)
    assert all(np.array_equal(after[name], before[name]) for name in ("image", "white", "noise"))
