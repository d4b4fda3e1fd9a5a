"""An LSTM's steps in NumPy, as `zoo.recurrent.lstm` has the equations."""

from typing import Any

import numpy as np


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def lstm_layer(
    sequence: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray,
    activation: Any = np.tanh,
) -> np.ndarray:
    """Outputs `[batch, time, units]` of one layer on `[batch, time, features]`."""
    kernels = np.split(kernel, 4, axis=1)
    recurrent_kernels = np.split(recurrent_kernel, 4, axis=1)
    biases = np.split(bias, 4)
    output = cell = np.zeros((len(sequence), recurrent_kernel.shape[0]))
    outputs = []
    for time in range(sequence.shape[1]):
        input_gate, forget_gate, candidate, output_gate = (
            sequence[:, time] @ w + output @ u + b
            for w, u, b in zip(kernels, recurrent_kernels, biases, strict=True)
        )
        cell = sigmoid(forget_gate) * cell + sigmoid(input_gate) * activation(candidate)
        output = sigmoid(output_gate) * activation(cell)
        outputs.append(output)
    return np.stack(outputs, axis=1)
