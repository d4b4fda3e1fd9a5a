"""PyTorch's models and loop, eager or with `torch.compile`, as its users write them for speed.

The examples are resident tensors, a batch is an index of them; the optimizer is a fused one, and
gradients are set to None. Only the loss is kept of an update.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.benchmarks.peers.prepared import Prepared
from trainers.benchmarks.peers.pytorch_generative import prepare_generative
from trainers.benchmarks.peers.pytorch_models import Recurrent, feed_forward, following
from trainers.benchmarks.peers.pytorch_optimizer import Optimizer

Turn = Callable[[int], float]
Loss = Callable[..., Tensor]


def prepare(prepared: Prepared, *, compiled: bool) -> Turn:
    """Return the turn of a row: train on the examples of turn n, and return their mean loss.

    Args:
        prepared: where all contenders start.
        compiled: whether the pass from a batch to its loss goes through `torch.compile`.
    """
    if prepared.kind in ("gan", "vae"):
        return prepare_generative(prepared, compiled=compiled)
    turns = {"symbols": _symbols, "text": _text}
    return turns.get(prepared.kind, _supervised)(prepared, compiled)


def _tensors(prepared: Prepared) -> tuple[Tensor, Tensor, Tensor]:
    return (
        torch.from_numpy(prepared.inputs),
        torch.from_numpy(prepared.targets).long(),
        torch.from_numpy(prepared.example_weights),
    )


def _supervised(prepared: Prepared, compiled: bool) -> Turn:
    inputs, targets, _ = _tensors(prepared)
    model: nn.Module
    if prepared.kind == "last_step":
        model, inputs = Recurrent(prepared), inputs.flatten(2)
    else:
        model = feed_forward(prepared)
    if prepared.kind == "cnn":
        inputs = inputs.permute(0, 3, 1, 2).contiguous()
    optimizer = Optimizer(model, prepared.optimizer)

    def loss_of(inputs: Tensor, targets: Tensor) -> Tensor:
        return functional.cross_entropy(model(inputs), targets)

    loss: Loss = torch.compile(loss_of) if compiled else loss_of

    def turn(number: int) -> float:
        total = torch.zeros(())
        for rows in torch.from_numpy(prepared.order[number]):
            optimizer.zero_grad()
            value = loss(inputs[rows], targets[rows])
            value.backward()
            optimizer.step()
            total += value.detach()
        return float(total) / len(prepared.order[number])

    return turn


def _symbols(prepared: Prepared, compiled: bool) -> Turn:
    inputs, targets, weights = _tensors(prepared)
    model = Recurrent(prepared)
    optimizer = Optimizer(model, prepared.optimizer)

    def loss_of(inputs: Tensor, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        losses = functional.cross_entropy(model(inputs).mT, targets, reduction="none")
        weight = weights.sum()
        return (losses * weights).sum() / weight, weight

    loss: Any = torch.compile(loss_of) if compiled else loss_of

    def turn(number: int) -> float:
        total, weight = torch.zeros(()), torch.zeros(())
        steps = prepared.steps[number].tolist()
        for rows, length in zip(torch.from_numpy(prepared.order[number]), steps, strict=True):
            optimizer.zero_grad()
            # A batch ends where its longest sequence does.
            value, counted = loss(*(each[rows, :length] for each in (inputs, targets, weights)))
            value.backward()
            optimizer.step()
            total += value.detach() * counted
            weight += counted
        return float(total / weight)

    return turn


def _text(prepared: Prepared, compiled: bool) -> Turn:
    inputs, targets, _ = _tensors(prepared)
    model = Recurrent(prepared)
    optimizer = Optimizer(model, prepared.optimizer)
    shape = (1, prepared.order.shape[2], prepared.options["units"])
    state = (torch.zeros(shape), torch.zeros(shape))

    def loss_of(inputs: Tensor, targets: Tensor, state: Any) -> tuple[Tensor, Any]:
        scores, state = following(model, inputs, state)
        return functional.cross_entropy(scores.flatten(0, 1), targets.flatten()), state

    loss: Any = torch.compile(loss_of) if compiled else loss_of

    def turn(number: int) -> float:
        nonlocal state
        total = torch.zeros(())
        follows = torch.from_numpy(prepared.follows[number])[:, None, :, None]
        for rows, keep in zip(torch.from_numpy(prepared.order[number]), follows, strict=True):
            optimizer.zero_grad()
            kept = tuple(each.detach() * keep for each in state)
            value, state = loss(inputs[rows], targets[rows], kept)
            value.backward()
            optimizer.step()
            total += value.detach()
        return float(total) / len(prepared.order[number])

    return turn


def use_threads(count: int) -> None:
    """Let operations use so many threads."""
    torch.set_num_threads(count)
