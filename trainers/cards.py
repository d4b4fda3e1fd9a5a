"""`python -m trainers.cards`: train every recipe and write what was measured where it is shown.

Three places show the same figures and are written here, never by hand: `zoo/measured.json` (the
registry's cards), the `# measured:` line of each recipe, and the README's model table.
"""

from __future__ import annotations

import fnmatch
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import configs
import zoo
from trainers import command_line, problems
from trainers.command import command_parser, parse_command
from trainers.errors import run_main
from trainers.run_folder import replace_file
from trainers.signals import StopSignals

_ROOT = Path(__file__).parent.parent
_MEASURED = _ROOT / "zoo" / "measured.json"
_README = _ROOT / "README.md"
_TABLE = re.compile(r"(<!-- models:[^\n]*-->\n).*?(<!-- /models -->)", re.DOTALL)


def main(argv: list[str]) -> None:
    """Measure the recipes whose names match `--models`, keeping the figures of the others.

    A recipe called like a model is the model's own and fills its card; of any other one only
    the header is written.
    """
    parser = command_parser(
        "cards",
        "Train every recipe and record its figures in the registry and the README.",
    )
    parser.add_argument("--models", type=str, default="*", help="pattern of recipe names")
    parser.add_argument("--data-dir", type=str, help="folder of prepared TFDS data")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    names = fnmatch.filter(configs.recipes(), arguments.models)
    if not names:
        raise configs.ConfigError(
            f"no recipe matches {arguments.models!r}; allowed: {', '.join(configs.recipes())}"
        )
    measured = json.loads(_MEASURED.read_text()) if _MEASURED.exists() else {}
    for name in names:
        figures = measure(name, arguments.data_dir)
        _write_recipe_line(configs.recipe_path(name), figures)
        if zoo.is_model(name):
            measured[name] = figures
            text = json.dumps(dict(sorted(measured.items())), indent=2) + "\n"
            replace_file(_MEASURED, text.encode())
    _write_table(measured)


def measure(name: str, data_dir: str | None) -> dict[str, Any]:
    """Run a recipe as `python -m trainers.run` does, and return its card's figures."""
    import trainers.quiet  # noqa: F401
    from trainers import environment
    from trainers.assembly import assemble, load_dataset, resolve
    from trainers.train import train
    from zoo.flops import flops_per_example

    if zoo.is_model(name):
        chosen, arguments = f"--model {name}", ["--model", name]
    else:
        chosen = f"--config configs/{name}.yaml"
        arguments = ["--config", str(configs.recipe_path(name))]
    if data_dir:
        arguments += ["--data-dir", data_dir]
    config = resolve(command_line.parse(arguments).config)
    print(f"measuring {name}", file=sys.stderr)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, StopSignals() as stop:
        summary = train(config, Path(folder) / "run", stop)
    seconds = time.perf_counter() - started
    test = summary["best"]["test"]
    headline = problems.of_model(config.model.name).headline
    metric = "loss above the oracle's" if headline == "excess_ratio" else headline
    value = test[headline]
    model = assemble(config, load_dataset(config)).step.model
    return {
        "parameters": model.count_params(),
        "flops_per_example": flops_per_example(model),
        "metric": metric,
        "value": value,
        "command": f"python -m trainers.run {chosen}",
        "hardware": environment.hardware_line(),
        "seconds": seconds,
    }


def shown(figures: dict[str, Any]) -> str:
    """Return a metric for people: "accuracy 0.961", "loss above the oracle's 0.13%"."""
    if "oracle" in figures["metric"]:
        return f"{figures['metric']} {figures['value']:.2%}"
    return f"{figures['metric'].replace('_', ' ')} {figures['value']:.4g}"


def _write_recipe_line(path: Path, figures: dict[str, Any]) -> None:
    line = (
        f"# measured: test {shown(figures)}, {figures['seconds']:.0f} s with data and evaluation, "
        f"on {figures['hardware']}"
    )
    text = re.sub(r"^# measured:.*$", lambda _: line, path.read_text(), flags=re.MULTILINE)
    replace_file(path, text.encode())


def _write_table(measured: dict[str, Any]) -> None:
    rows = ["| model | task | dataset | parameters | FLOPs per example | test figure | time |"]
    rows += ["|---|---|---|---:|---:|---|---:|"]
    for name in zoo.list_models():
        if name in measured:
            card, figures = zoo.model_card(name), measured[name]
            rows.append(
                f"| `{name}` | {card.task.replace('_', ' ')} | {card.default_dataset} "
                f"| {figures['parameters']:,} | {figures['flops_per_example']:,} "
                f"| {shown(figures)} | {figures['seconds']:.0f} s |"
            )
    text = _README.read_text()
    table = "\n".join(rows)
    replace_file(_README, _TABLE.sub(lambda m: f"{m[1]}{table}\n{m[2]}", text).encode())


if __name__ == "__main__":
    run_main(main)
