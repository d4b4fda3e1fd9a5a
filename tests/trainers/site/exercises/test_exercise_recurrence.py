"""Exercise: one step of an LSTM by hand, and a cell that forgets nothing."""

import keras
import numpy as np
from scipy.special import expit


def step(x, h, c, kernel, recurrent, bias):
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    c = expit(f) * c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(c), c


def test_one_step_of_an_lstm_by_hand():
    random = np.random.default_rng(0)
    shapes = [(3, 8), (2, 8), (8,)]
    kernel, recurrent, bias = (random.normal(size=shape) for shape in shapes)
    x, h, c = (random.normal(size=(5, size)) for size in (3, 2, 2))
    cell = keras.layers.LSTMCell(2, dtype="float64")
    cell.build((None, 3))
    cell.set_weights([kernel, recurrent, bias])
    output, (_, memory) = cell(x, [h, c])
    np.testing.assert_allclose(step(x, h, c, kernel, recurrent, bias)[0], output, rtol=1e-9)
    np.testing.assert_allclose(step(x, h, c, kernel, recurrent, bias)[1], memory, rtol=1e-9)

    # The input gate shut and the forget gate open: the cell stays, whatever comes in.
    bias = np.repeat([-50.0, 50.0, 0.0, 0.0], 2)
    remembered = c
    for _ in range(1000):
        x = random.normal(size=(5, 3))
        h, remembered = step(x, h, remembered, kernel, recurrent, bias)
    np.testing.assert_allclose(remembered, c, rtol=1e-6)
