"""The gated recurrent unit recomputed gate by gate in NumPy, in both of its forms."""

from typing import Any

import numpy as np
import pytest

import zoo


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def _gru_layer(
    sequence: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """Outputs `[batch, time, units]` on `[batch, time, features]`; one bias: the paper's form."""
    (w_z, w_r, w_g), (u_z, u_r, u_g) = (
        np.split(each, 3, axis=1) for each in (kernel, recurrent_kernel)
    )
    reset_after = bias.ndim == 2
    b_z, b_r, b_g = np.split(bias[0] if reset_after else bias, 3)
    d_z, d_r, d_g = np.split(bias[1] if reset_after else np.zeros_like(bias), 3)
    h = np.zeros((len(sequence), recurrent_kernel.shape[0]))
    outputs = []
    for x in np.moveaxis(sequence, 1, 0):
        z = _sigmoid(x @ w_z + b_z + h @ u_z + d_z)
        r = _sigmoid(x @ w_r + b_r + h @ u_r + d_r)
        inner = r * (h @ u_g + d_g) if reset_after else (r * h) @ u_g
        h = z * h + (1 - z) * np.tanh(x @ w_g + b_g + inner)
        outputs.append(h)
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("reset_after", [True, False])
def test_the_next_symbols_scores_are_the_documented_ones(reset_after: bool) -> None:
    options: dict[str, Any] = {"units": 4, "layers": 2, "embedding_dim": 3}
    model = zoo.create_model(
        "gru", num_classes=5, input_shape=(None,), reset_after=reset_after, **options
    )
    random = np.random.default_rng(0)
    weights = [random.normal(size=each.shape) for each in model.get_weights()]
    model.set_weights(weights)
    layers = 5 * 3 + 5 * 5 + sum(3 * 4 * (m + 4 + 1 + reset_after) for m in (3, 4))
    assert model.count_params() == layers
    symbols = random.integers(0, 5, (2, 6), dtype=np.int32)
    hidden = weights[0][symbols]
    for first in (1, 4):
        hidden = _gru_layer(hidden, *weights[first : first + 3])
    expected = hidden @ weights[7] + weights[8]
    np.testing.assert_allclose(model.predict_on_batch(symbols), expected, rtol=1e-3, atol=1e-4)


def test_a_later_symbol_does_not_change_earlier_scores() -> None:
    model = zoo.create_model("gru", num_classes=5, input_shape=(6,))
    symbols = np.array([[0, 1, 2, 3, 4, 0], [0, 1, 2, 3, 1, 2]], np.int32)
    scores = model.predict_on_batch(symbols)
    np.testing.assert_allclose(scores[0, :4], scores[1, :4], atol=1e-6)
    assert np.any(np.abs(scores[0, 4:] - scores[1, 4:]) > 1e-4)
