"""One process of `trainers.bench peers`: a framework, which waits on its input for its turn.

Every line in is a JSON object with "do", every line out the answer, or {"failed": reason}.

| do | with | answer |
| --- | --- | --- |
| prepare | row, contender, turns, seconds, folder | what is known of the row |
| stage | contender, turn | nothing: the turn's examples are ready |
| turn | contender, turn | seconds, and the mean loss |
| forget | | nothing: the row's memory is free |
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Worker:
    """The contenders of one process, as they are prepared for a row.

    Args:
        threads: of PyTorch's operations, or 0.
    """

    threads: int = 0
    turns: dict[str, Callable[[int], float]] = field(default_factory=dict)
    stages: dict[str, Callable[[int], None]] = field(default_factory=dict)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a line says."""
        what, contender = asked["do"], asked.get("contender", "")
        if what == "forget":
            self.turns.clear()
            self.stages.clear()
            gc.collect()
            return {}
        if what == "prepare":
            return self._prepare(asked, contender)
        if what == "stage":
            self.stages.get(contender, lambda _: None)(asked["turn"])
            return {}
        started = time.perf_counter()
        loss = self.turns[contender](asked["turn"])
        return {"seconds": time.perf_counter() - started, "loss": loss}

    def _prepare(self, asked: dict[str, Any], contender: str) -> dict[str, Any]:
        folder = Path(asked["folder"])
        if contender == "ours":
            module: Any = importlib.import_module("trainers.benchmarks.peers.ours")
            arguments = asked["row"], asked["turns"], asked["seconds"], folder
            self.turns[contender], about = module.prepare(*arguments)
            return about
        from trainers.benchmarks.peers.prepared import Prepared

        prepared = Prepared.load(folder)
        if contender.startswith("fit"):
            module = importlib.import_module("trainers.benchmarks.peers.keras_fit")
            best = contender == "fit best"
            made = module.prepare(asked["row"], prepared, best=best)
            self.turns[contender], self.stages[contender], options = made
            return {"options": options}
        if contender.startswith("torch"):
            module = importlib.import_module("trainers.benchmarks.peers.pytorch")
            module.use_threads(self.threads)
            self.turns[contender] = module.prepare(prepared, compiled="compiled" in contender)
            return {}
        module = importlib.import_module("trainers.benchmarks.peers.jax_scan")
        self.turns[contender] = module.prepare(prepared)
        return {}


def main(threads: int) -> None:
    """Answer every line of standard input, until it ends."""
    # What a framework prints belongs to the errors.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(threads)
    for line in sys.stdin:
        try:
            found = worker.answer(json.loads(line))
        except Exception as error:
            first = (str(error).strip() or repr(error)).splitlines()[0]
            found = {"failed": f"{type(error).__name__}: {first}"}
        print(json.dumps(found), file=answers, flush=True)
