"""PyTorch's modules of the rows, with the weights that ours begin with."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trainers.benchmarks.peers.prepared import Prepared

_ACTIVATIONS = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU}


def linear(kernel: np.ndarray, bias: np.ndarray) -> nn.Linear:
    """Return the layer of a kernel `[features, units]` and a bias."""
    layer = nn.Linear(*kernel.shape)
    _set(layer.weight, kernel.T)
    _set(layer.bias, bias)
    return layer


def convolution(kernel: np.ndarray, bias: np.ndarray) -> nn.Conv2d:
    """Return the layer of a kernel `[rows, columns, maps in, maps out]`, padded to one size."""
    rows, columns, maps_in, maps_out = kernel.shape
    layer = nn.Conv2d(maps_in, maps_out, (rows, columns), padding="same")
    _set(layer.weight, kernel.transpose(3, 2, 0, 1))
    _set(layer.bias, bias)
    return layer


def _set(parameter: Tensor, value: np.ndarray) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))


def feed_forward(prepared: Prepared) -> nn.Sequential:
    """Return the multilayer perceptron or the convolutional network."""
    activation = _ACTIVATIONS[prepared.options["activation"]]
    dropout = prepared.options["dropout"]
    pairs = list(zip(prepared.weights[::2], prepared.weights[1::2], strict=True))
    layers: list[nn.Module] = []
    if prepared.kind == "cnn":
        for kernel, bias in pairs[:-1]:
            layers += [convolution(kernel, bias), activation(), nn.MaxPool2d(2)]
        # The scores' kernel reads [rows, columns, maps], as ours does.
        layers += [_ChannelsLast(), nn.Flatten(), linear(*pairs[-1])]
        return nn.Sequential(*layers)
    layers.append(nn.Flatten())
    for kernel, bias in pairs[:-1]:
        layers += [linear(kernel, bias), activation()]
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers, linear(*pairs[-1]))


class _ChannelsLast(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.permute(0, 2, 3, 1)


class Recurrent(nn.Module):
    """An LSTM over symbols, with scores at every step, or over features, with scores at its end."""

    def __init__(self, prepared: Prepared) -> None:
        super().__init__()
        weights = list(prepared.weights)
        self.embedding: nn.Embedding | None = None
        if prepared.kind != "last_step":
            table = torch.from_numpy(weights.pop(0).copy())
            self.embedding = nn.Embedding.from_pretrained(table, freeze=False)
        kernel, recurrent, bias, *scores = weights
        self.lstm = nn.LSTM(kernel.shape[0], recurrent.shape[0], batch_first=True)
        _set(self.lstm.weight_ih_l0, kernel.T)
        _set(self.lstm.weight_hh_l0, recurrent.T)
        _set(self.lstm.bias_ih_l0, bias)
        # PyTorch has two biases, whose sum would move twice as fast as ours.
        _set(self.lstm.bias_hh_l0, np.zeros_like(bias))
        self.lstm.bias_hh_l0.requires_grad_(False)
        self.scores = linear(*scores)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return scores `[batch, time, symbols]`, or `[batch, classes]` without an embedding."""
        hidden = self.lstm(self.embedded(inputs))[0]
        return self.scores(hidden if self.embedding is not None else hidden[:, -1])

    def embedded(self, inputs: Tensor) -> Tensor:
        """Return what the LSTM reads."""
        return inputs if self.embedding is None else self.embedding(inputs)


def following(model: Recurrent, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
    """Return scores of every step, and the state after the last, from a given one."""
    hidden, state = model.lstm(model.embedded(inputs), state)
    return model.scores(hidden), state
