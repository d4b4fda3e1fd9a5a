"""What the models of `cell: memory_blocks` are told beside their size, and whether it fits."""

from dataclasses import dataclass, fields
from typing import Any

from zoo.errors import ModelOptionError


@dataclass(frozen=True)
class BlockOptions:
    """Options of `zoo.layers.recurrent.memory_blocks`, at their defaults where they are not given.

    Args:
        cells_per_block: cells that share two gates.
        biases: "all" units have one, or the "gates" alone.
        truncated: whether errors stop at the outputs of the step before.
        initial_range: above 0, weights start uniformly in +- this.
        input_gate_biases: their start, one for each block or one for all; none: as others.
        output_gate_biases: the same of output gates.
    """

    cells_per_block: int = 1
    biases: str = "all"
    truncated: bool = True
    initial_range: float = 0.0
    input_gate_biases: tuple[float, ...] = ()
    output_gate_biases: tuple[float, ...] = ()

    def check(self, model: str, cell: str, units: int, **of_lstm: tuple[Any, Any]) -> None:
        """Fails for options that have no effect on the chosen cell, or do not fit each other.

        Args:
            model: the model's name, for the message.
            cell: "lstm" or "memory_blocks".
            units: of a layer.
            **of_lstm: options of the other cell alone, each with its value and its default.

        Raises:
            ModelOptionError: one line for the first that does not fit.
        """
        if cell == "lstm":
            own = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
            for name, (value, default) in own.items():
                if value != default:
                    raise ModelOptionError(
                        f"model {model!r} got {name}={value!r} with cell='lstm', on which it has "
                        "no effect; use cell='memory_blocks', or leave it out"
                    )
            return
        for name, (value, default) in of_lstm.items():
            if value != default:
                raise ModelOptionError(
                    f"model {model!r} got {name}={value!r} with cell='memory_blocks', on which it "
                    "has no effect; use cell='lstm', or leave it out"
                )
        if units % self.cells_per_block:
            raise ModelOptionError(
                f"model {model!r} got units={units} with cells_per_block={self.cells_per_block}, "
                f"which does not divide them; use units={-units % self.cells_per_block + units}"
            )
        blocks = units // self.cells_per_block
        for name in ("input_gate_biases", "output_gate_biases"):
            count = len(getattr(self, name))
            if count not in (0, 1, blocks):
                raise ModelOptionError(
                    f"model {model!r} got {count} {name} for {blocks} blocks; give one for each, "
                    "one for all, or none"
                )
