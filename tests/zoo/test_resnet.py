"""The residual network: the paper's parameters, and one block recomputed in NumPy."""

import keras
import numpy as np
import pytest

import zoo
from zoo.layers.shortcut import ZeroPaddedShortcut


@pytest.mark.parametrize(
    ("depth", "parameters", "printed"),
    [
        (20, 269_722, "0.27"),
        (32, 464_154, "0.46"),
        (44, 658_586, "0.66"),
        (56, 853_018, "0.85"),
        pytest.param(110, 1_727_962, "1.7", marks=pytest.mark.slow),
    ],
)
def test_depths_of_the_papers_table_6_have_its_parameters(
    depth: int, parameters: int, printed: str
) -> None:
    model = zoo.create_model("resnet", num_classes=10, input_shape=(32, 32, 3), depth=depth)
    trained = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trained == parameters
    assert f"{trained / 1e6:.{len(printed) - 2}f}" == printed
    # Layers with weights, one after another: the paper's count, without normalizations.
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") + kinds.count("Dense") == depth
    assert model.get_layer("means").input.shape == (None, 8, 8, 64)


def test_projections_are_trained_where_maps_or_sizes_change() -> None:
    plain, projected = (
        zoo.create_model("resnet", num_classes=2, input_shape=(8, 8, 1), depth=8, shortcut=each)
        for each in ("identity", "projection")
    )
    added = {v.path for v in projected.trainable_variables}
    added -= {v.path for v in plain.trainable_variables}
    assert len(added) == 2 * 3
    assert all("block_1_shortcut" in path for path in added)
    # A kernel of 1 x 1, a gain and an offset.
    count = (16 * 32 + 2 * 32) + (32 * 64 + 2 * 64)
    sizes = [sum(int(np.prod(v.shape)) for v in m.trainable_variables) for m in (plain, projected)]
    assert sizes[1] - sizes[0] == count


def _convolved(images: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """TensorFlow's "same": of even sides halved, zeros stand behind the image alone."""
    before = 1 if stride == 1 else 0
    padded = np.pad(images, ((0, 0), (before, 1), (before, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    return np.einsum("bijmkl,klmn->bijn", windows[:, ::stride, ::stride], kernel)


def test_blocks_are_the_documented_ones() -> None:
    model = zoo.create_model(
        "resnet",
        num_classes=3,
        input_shape=(4, 4, 1),
        depth=8,
        filters=2,
        normalization="none",
        activation="tanh",
    )
    random = np.random.default_rng(0)
    model.set_weights([0.5 * random.normal(size=each.shape) for each in model.get_weights()])
    images = random.normal(size=(2, 4, 4, 1)).astype(np.float32)

    def layer(name: str, values: np.ndarray, stride: int = 1) -> np.ndarray:
        kernel, bias = model.get_layer(name).get_weights()
        return _convolved(values, kernel, stride) + bias

    values = np.tanh(layer("convolution", images))
    for stage, maps in ((1, 2), (2, 4), (3, 8)):
        name, stride = f"stage_{stage}_block_1_convolution", 1 if stage == 1 else 2
        past = np.zeros((2, values.shape[1] // stride, values.shape[2] // stride, maps))
        past[..., : values.shape[3]] = values[:, ::stride, ::stride]
        inner = np.tanh(layer(f"{name}_1", values, stride))
        values = np.tanh(past + layer(f"{name}_2", inner))
    kernel, bias = model.get_layer("scores").get_weights()
    expected = values.mean((1, 2)) @ kernel + bias
    np.testing.assert_allclose(model.predict_on_batch(images), expected, rtol=1e-4, atol=1e-5)


def test_shortcut_of_odd_sides_is_rounded_up_and_saved() -> None:
    layer = ZeroPaddedShortcut(3, 2)
    images = np.random.default_rng(0).normal(size=(1, 5, 4, 2)).astype(np.float32)
    found = np.array(layer(images))
    assert found.shape == layer.compute_output_shape(images.shape) == (1, 3, 2, 3)
    np.testing.assert_array_equal(found[..., :2], images[:, ::2, ::2])
    assert not np.any(found[..., 2])
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert (again.filters, again.stride) == (3, 2)


@pytest.mark.parametrize(("depth", "nearest"), [(21, "20 and 26"), (9, "8 and 14"), (18, "14 and")])
def test_another_depth_is_answered_with_the_nearest(depth: int, nearest: str) -> None:
    with pytest.raises(zoo.ModelOptionError, match=rf"6 n \+ 2 layers.*nearest are {nearest}"):
        zoo.create_model("resnet", num_classes=2, input_shape=(8, 8, 1), depth=depth)
