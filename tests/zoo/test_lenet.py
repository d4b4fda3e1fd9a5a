"""LeNet as printed in 1998: its parameters layer by layer, and its forward pass in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.lenet import _LENET1_TABLE, _LENET5_TABLE


def _squashed(sums: np.ndarray) -> np.ndarray:
    return 1.7159 * np.tanh(2 / 3 * sums)


def _correlated(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Sums of `[batch, rows, columns]` times every position of one `[k, k]` window."""
    windows = np.lib.stride_tricks.sliding_window_view(images, kernel.shape, (1, 2))
    return np.einsum("bijkl,kl->bij", windows, kernel)


def _sums(images: np.ndarray) -> np.ndarray:
    """Sums of every 2 x 2 pixels of `[batch, rows, columns, maps]`."""
    batch, rows, columns, maps = images.shape
    return images.reshape(batch, rows // 2, 2, columns // 2, 2, maps).sum(axis=(2, 4))


def test_lenet5_has_the_papers_60_000_parameters_layer_by_layer() -> None:
    model = zoo.create_model("lenet", num_classes=10, input_shape=(28, 28, 1))
    counts = {layer.name: layer.count_params() for layer in model.layers if layer.count_params()}
    assert counts == {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48_120, "f6": 10_164}
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 60_000
    shapes = {name: model.get_layer(name).output.shape[1:] for name in counts}
    assert shapes["c1"], shapes["s2"] == ((28, 28, 6), (14, 14, 6))
    assert shapes["c3"], shapes["s4"] == ((10, 10, 16), (5, 5, 16))


@pytest.mark.parametrize(("variant", "parameters"), [("lenet1", 2_578), ("lenet4", 16_977)])
def test_smaller_ones_have_the_stated_parameters(variant: str, parameters: int) -> None:
    model = zoo.create_model("lenet", num_classes=10, input_shape=(28, 28, 1), variant=variant)
    assert model.count_params() == parameters


def test_tables_of_connections_have_the_papers_counts() -> None:
    assert [len(row) for row in _LENET5_TABLE] == [3] * 6 + [4] * 9 + [6]
    assert len(set(_LENET5_TABLE)) == 16
    # Every map of S2 is read by ten of C3's, and by every kind equally often.
    for rows, times in ((_LENET5_TABLE[:6], 3), (_LENET5_TABLE[6:12], 4), (_LENET5_TABLE, 10)):
        assert [sum(map_ in row for row in rows) for map_ in range(6)] == [times] * 6
    assert sum(map(len, _LENET1_TABLE)) == 20
    assert [sum(map_ in row for row in _LENET1_TABLE) for map_ in range(4)] == [5] * 4


def test_the_forward_pass_is_the_documented_one() -> None:
    model = zoo.create_model("lenet", num_classes=10, input_shape=(28, 28, 1))
    random = np.random.default_rng(0)
    weights = [0.3 * random.normal(size=each.shape) for each in model.get_weights()]
    model.set_weights(weights)
    images = random.uniform(size=(2, 28, 28, 1)).astype(np.float32)
    values = np.full((2, 32, 32), -0.1)
    values[:, 2:30, 2:30] = 1.275 * images[..., 0] - 0.1
    maps = [_correlated(values, weights[0][:, :, 0, n]) + weights[1][n] for n in range(6)]
    values = _squashed(_sums(_squashed(np.stack(maps, -1))) * weights[2] + weights[3])
    maps, connection = [], 0
    for number, row in enumerate(_LENET5_TABLE):
        total: Any = weights[5][number]
        for map_ in row:
            total = total + _correlated(values[..., map_], weights[4][:, :, connection])
            connection += 1
        maps.append(total)
    assert connection == 60
    values = _squashed(_sums(_squashed(np.stack(maps, -1))) * weights[6] + weights[7])
    values = _squashed(values.reshape(2, -1) @ weights[8] + weights[9])
    values = _squashed(values @ weights[10] + weights[11])
    from zoo.layers.lenet.bitmaps import class_codes

    penalties = ((values[:, None, :] - class_codes(10)) ** 2).sum(-1)
    np.testing.assert_allclose(model.predict_on_batch(images), -penalties, rtol=1e-4, atol=1e-3)


def test_parts_of_today_give_the_lenet_of_later_textbooks() -> None:
    model = zoo.create_model(
        "lenet",
        num_classes=10,
        input_shape=(28, 28, 1),
        pooling="max",
        connections="full",
        output="dense",
        activation="relu",
    )
    assert model.count_params() == 61_706
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("MaxPooling2D") == 2
    assert kinds.count("Conv2D") == 2


@pytest.mark.parametrize(
    ("variant", "shape", "factor", "corner"),
    [
        ("lenet5", (8, 8, 1), 3, 4),
        ("lenet1", (8, 8, 1), 3, 2),
        ("lenet5", (28, 28, 1), 1, 2),
        ("lenet1", (28, 28, 1), 1, 0),
        ("lenet5", (32, 32, 3), 1, 0),
    ],
)
def test_images_are_enlarged_and_framed(
    variant: str, shape: tuple[int, int, int], factor: int, corner: int
) -> None:
    model = zoo.create_model("lenet", num_classes=2, input_shape=shape, variant=variant)
    framed = keras.Model(model.input, model.get_layer("contrast").output)
    images = np.random.default_rng(0).uniform(size=(1, *shape)).astype(np.float32)
    side = 28 if variant == "lenet1" else 32
    expected = np.full((1, side, side, shape[2]), -0.1)
    rows, columns = (slice(corner, corner + factor * size) for size in shape[:2])
    expected[:, rows, columns] = 1.275 * images.repeat(factor, 1).repeat(factor, 2) - 0.1
    np.testing.assert_allclose(framed(images), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((33, 8, 1), {}, "33 x 8 pixels; allowed: up to 32 x 32"),
        ((32, 32, 3), {"variant": "lenet1"}, "32 x 32 pixels; allowed: up to 28 x 28"),
        ((8, 8, 1), {"variant": "lenet4", "output": "rbf"}, "does not read 84 units"),
        ((8, 8, 1), {"variant": "lenet-5"}, "did you mean 'lenet5'"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    shape: tuple[int, int, int], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(zoo.ModelOptionError, match=message) as caught:
        zoo.create_model("lenet", num_classes=2, input_shape=shape, **options)
    assert "\n" not in str(caught.value)
