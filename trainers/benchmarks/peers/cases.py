"""What is trained: one row each, as arguments of `configs.recipe` and the data that they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import configs


@dataclass(frozen=True)
class Case:
    """One row.

    Args:
        name: of the row.
        kind: how the peers build the model: "mlp", "cnn", "symbols", "last_step", "text", "gan" or
            "vae".
        model: registered name.
        options: of the model, over its recipe's.
        optimizer: over the recipe's; learning rates are constant in all rows.
        batch_size: examples of an update.
        most_updates: of one turn.
        data: "recipe", or "pictures" of MNIST's shape, or "symbols", 64 of 65 in a sequence.
        tolerance: largest relative difference of the mean loss of a turn, or None where the
            frameworks draw different random numbers.
        default_fit: whether `fit` as it comes is timed too.
    """

    name: str
    kind: str
    model: str
    batch_size: int
    most_updates: int
    options: Mapping[str, Any] = field(default_factory=dict)
    optimizer: Mapping[str, Any] = field(default_factory=dict)
    data: str = "recipe"
    tolerance: float | None = 0.01
    default_fit: bool = True

    @property
    def config(self) -> configs.Config:
        """The run's configuration."""
        return configs.recipe(
            self.model,
            model=dict(self.options),
            optimizer={"schedule": "constant", "warmup_steps": 0, **self.optimizer},
            batch_size=self.batch_size,
        )


_TEXTBOOK = {"hidden_units": [30], "activation": "sigmoid", "dropout": 0.0}
_WIDE = {"hidden_units": [512, 512], "activation": "relu", "dropout": 0.0}
_SGD, _ADAM = {"name": "sgd", "learning_rate": 0.1}, {"name": "adam", "learning_rate": 1e-3}
# At 1e-3 the wide network knows its pictures by heart soon, and a last bit grows to per cents.
_GENTLE = {"name": "adam", "learning_rate": 1e-4}
_SLOW = {"name": "sgd", "learning_rate": 0.01}
# At 5e-3, as in the small LSTMs' recipes, a last bit grows to per cents once they have learned.
# Without the recipe's warm-up and clipping, which no peer's example has, its rate would diverge.
_PLAIN = {"learning_rate": 1e-3, "clip_norm": None}
_WHOLE = {"dropout": 0.0}

CASES = (
    Case("mlp 784-30-10 batch 1", "mlp", "mlp", 1, 20_000, _TEXTBOOK, _SLOW, "pictures",
         default_fit=False),
    Case("mlp 784-30-10 batch 10", "mlp", "mlp", 10, 6_000, _TEXTBOOK, _SGD, "pictures"),
    Case("mlp 784-30-10 batch 128", "mlp", "mlp", 128, 1_404, _TEXTBOOK, _SGD, "pictures"),
    Case("mlp 784-512-512-10 batch 128", "mlp", "mlp", 128, 468, _WIDE, _GENTLE, "pictures"),
    Case("mlp recipe batch 32", "mlp", "mlp", 32, 3_300, tolerance=None),
    Case("cnn 28x28 batch 128", "cnn", "cnn", 128, 50, _WHOLE, _ADAM, "pictures"),
    Case("lstm 32 reber batch 32", "symbols", "lstm", 32, 560, {}, _ADAM),
    Case("lstm 128 steps 64 batch 64", "symbols", "lstm", 64, 60,
         {"units": 128, "embedding_dim": 64}, _ADAM, "symbols"),
    Case("lstm_classifier digits batch 32", "last_step", "lstm_classifier", 32, 660, {}, _ADAM),
    Case("char_lstm 256 batch 64", "text", "char_lstm", 64, 30, {"units": 256, **_WHOLE}, _PLAIN),
    Case("char_lstm 512 batch 64", "text", "char_lstm", 64, 12, {"units": 512, **_WHOLE}, _PLAIN),
    Case("gan digits batch 64", "gan", "gan", 64, 160, tolerance=None),
    Case("autoencoder digits batch 32", "vae", "autoencoder", 32, 1_320, tolerance=None),
)  # fmt: skip


def find(patterns: str) -> list[Case]:
    """Return the rows whose names fit one of the patterns, which commas part.

    Raises:
        ConfigError: no row does.
    """
    wanted = [each.strip() for each in patterns.split(",")]
    found = [case for case in CASES if any(fnmatchcase(case.name, each) for each in wanted)]
    if not found:
        names = "; ".join(case.name for case in CASES)
        raise configs.ConfigError(
            f"no row matches {patterns!r}; allowed: a pattern such as 'mlp*', of {names}"
        )
    return found
