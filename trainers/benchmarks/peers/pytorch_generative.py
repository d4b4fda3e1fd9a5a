"""PyTorch's generative adversarial network and variational autoencoder.

Random numbers differ from ours, so that losses are alike as means only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.benchmarks.peers.prepared import Prepared
from trainers.benchmarks.peers.pytorch_models import linear
from trainers.benchmarks.peers.pytorch_optimizer import Optimizer

Turn = Callable[[int], float]
_WINDOW, _STRIDE, _SLOPE, _DEVIATION = 4, 2, 0.2, 0.02


def prepare_generative(prepared: Prepared, *, compiled: bool) -> Turn:
    """Return the turn of "gan" or "vae", as `pytorch.prepare` does."""
    return (_vae if prepared.kind == "vae" else _gan)(prepared, compiled)


def _vae(prepared: Prepared, compiled: bool) -> Turn:
    images = torch.from_numpy(prepared.inputs).flatten(1)
    weights = prepared.weights
    hidden, mean, log_variance, wide, pixels = (
        linear(*pair) for pair in zip(weights[::2], weights[1::2], strict=True)
    )
    model = nn.ModuleList([hidden, mean, log_variance, wide, pixels])
    optimizer = Optimizer(model, prepared.optimizer)

    def loss_of(images: Tensor) -> Tensor:
        values = functional.relu(hidden(images))
        center, spread = mean(values), log_variance(values)
        codes = center + torch.exp(spread / 2) * torch.randn_like(center)
        scores = pixels(functional.relu(wide(codes)))
        drawn = functional.binary_cross_entropy_with_logits(scores, images, reduction="sum")
        kl = 0.5 * (center.square() + spread.exp() - 1 - spread).sum()
        return (drawn + kl) / len(images)

    loss: Any = torch.compile(loss_of) if compiled else loss_of

    def turn(number: int) -> float:
        total = torch.zeros(())
        for rows in torch.from_numpy(prepared.order[number]):
            optimizer.zero_grad()
            value = loss(images[rows])
            value.backward()
            optimizer.step()
            total += value.detach()
        return float(total) / len(prepared.order[number])

    return turn


class _Unflatten(nn.Module):
    """To `[batch, maps, rows, columns]` of half the shape's size twice."""

    def __init__(self, maps: int, rows: int, columns: int) -> None:
        super().__init__()
        self._shape = (-1, maps, rows, columns)

    def forward(self, values: Tensor) -> Tensor:
        return values.reshape(self._shape)


def generator(options: dict[str, Any], rows: int, columns: int, maps: int) -> nn.Sequential:
    """Return the drawing network: latents `[batch, d]` to images `[batch, maps, rows, columns]`."""
    filters, latent = options["filters"], options["latent_dim"]
    low, wide = (rows // 4, columns // 4), 2 * filters

    def enlarge(maps_in: int, maps_out: int, bias: bool) -> nn.Module:
        return nn.ConvTranspose2d(maps_in, maps_out, _WINDOW, _STRIDE, padding=1, bias=bias)

    normalized = options["normalization"] == "layer"
    values = low[0] * low[1] * wide
    network = nn.Sequential(
        nn.Linear(latent, values, bias=not normalized),
        nn.LayerNorm(values) if normalized else nn.Identity(),
        nn.ReLU(),
        _Unflatten(wide, *low),
        enlarge(wide, filters, not normalized),
        # Over all maps and pixels of an image, with a gain and an offset a map.
        nn.GroupNorm(1, filters) if normalized else nn.Identity(),
        nn.ReLU(),
        enlarge(filters, maps, True),
        nn.Sigmoid(),
    )
    return _initialized(network)


def discriminator(options: dict[str, Any], rows: int, columns: int, maps: int) -> nn.Sequential:
    """Return the judging network: images `[batch, maps, rows, columns]` to logits `[batch, 1]`."""
    layers: list[nn.Module] = []
    filters = options["filters"]
    for maps_in, maps_out in ((maps, filters), (filters, 2 * filters)):
        layers += [
            nn.Conv2d(maps_in, maps_out, _WINDOW, _STRIDE, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.Dropout(options["dropout"]),
        ]
    values = (rows // 4) * (columns // 4) * 2 * filters
    return _initialized(nn.Sequential(*layers, nn.Flatten(), nn.Linear(values, 1)))


def _initialized(network: nn.Sequential) -> nn.Sequential:
    for layer in network:
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, std=_DEVIATION)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


def _gan(prepared: Prepared, compiled: bool) -> Turn:
    images = torch.from_numpy(prepared.inputs).permute(0, 3, 1, 2).contiguous()
    maps, rows, columns = images.shape[1:]
    draw: Any = generator(prepared.options, rows, columns, maps)
    judge: Any = discriminator(prepared.options, rows, columns, maps)
    drawing, judging = (Optimizer(each, prepared.optimizer) for each in (draw, judge))
    averages, latest = (
        [each.detach().clone() for each in draw.parameters()],
        list(draw.parameters()),
    )
    momentum, latent = prepared.optimizer["ema_momentum"], prepared.options["latent_dim"]
    if compiled:
        draw, judge = torch.compile(draw), torch.compile(judge)
    ones = torch.ones((prepared.order.shape[2], 1))
    loss = functional.binary_cross_entropy_with_logits

    def update(real: Tensor) -> Tensor:
        fake = draw(torch.randn((len(real), latent)))
        judging.zero_grad()
        of_real, of_fake = judge(torch.cat([real, fake.detach()])).chunk(2)
        (loss(of_real, ones) + loss(of_fake, torch.zeros_like(ones))).backward()
        judging.step()
        drawing.zero_grad()
        # The judge's own gradient is not wanted: it is followed to the images alone.
        for each in judge.parameters():
            each.requires_grad_(False)
        value = loss(judge(fake), ones)
        value.backward()
        for each in judge.parameters():
            each.requires_grad_(True)
        drawing.step()
        if momentum is not None:
            with torch.no_grad():
                torch._foreach_lerp_(averages, [each.detach() for each in latest], 1 - momentum)
        return value.detach()

    def turn(number: int) -> float:
        total = torch.zeros(())
        for rows in torch.from_numpy(prepared.order[number]):
            total += update(images[rows])
        return float(total) / len(prepared.order[number])

    return turn
