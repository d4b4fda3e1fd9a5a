"""What a study has found: the best trial as a recipe, all trials as a table, and pictures.

The validation split alone decides. Each trial is an ordinary run, whose summary has its figures on
the test split; of these only the best trial's is read here, once it is chosen.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.cli.extensions import import_flags
from trainers.objectives.metrics import is_detail
from trainers.output.files import replace_file
from trainers.output.theme import Theme
from trainers.runs.guard import Guard
from trainers.tune import pictures
from trainers.tune.study import REASON, SECONDS, STEPS, Study, trial_folder
from zoo.process.shell import command_line, shown

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_SHOWN_TRIALS = 10


def write(study: Study, theme: Theme = "light") -> dict[str, Any]:
    """Write what was found so far, and return the summary."""
    folder, best = study.folder, study.best
    importances = pictures.importances(study)
    values = summary(study, importances)
    if best is not None:
        replace_file(folder / "best.yaml", _recipe(study, best, values).encode())
    replace_file(folder / "trials.csv", _table(study).encode())
    guarded = Guard()
    for name, draw in pictures.PICTURES.items():
        guarded(f"the picture {name}", lambda draw=draw: draw(study, importances, theme))  # type: ignore[misc]
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    replace_file(folder / "summary.json", text.encode())
    return values


def summary(study: Study, importances: dict[str, float]) -> dict[str, Any]:
    """Return what is written to summary.json."""
    best, states = study.best, [trial.state.name.lower() for trial in study.trials]
    result: dict[str, Any] = {
        "kind": "study",
        "monitor": study.setting.monitor,
        "trials": {state: states.count(state) for state in dict.fromkeys(states)},
        "importances": importances,
        "best": None,
    }
    if best is not None:
        run = trial_folder(study.folder, best.number)
        ended = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        result["best"] = {
            "trial": best.number,
            "settings": study.settings(best.params),
            "value": best.value,
            "validation": ended["best"]["validation"],
            "test": ended["best"]["test"],
            "final_weights_sha256": ended["final_weights_sha256"],
        }
    return result


def _recipe(study: Study, best: FrozenTrial, values: dict[str, Any]) -> str:
    """Return the best trial's configuration as a recipe, with what it reached and how it is run."""
    run = trial_folder(study.folder, best.number)
    found = values["best"]
    test = "  ".join(
        f"{name} {value:.4f}" for name, value in found["test"].items() if not is_detail(name)
    )
    lines = [
        f"The best of {len(study.trials)} trials, number {best.number}: validation "
        f"{study.setting.monitor} {best.value:.6g}.",
        f"On the test split, of this one alone and after it was chosen: {test}",
        f"Found by: {study.setting.command}",
        f"Train it: {_train(study)}",
    ]
    # A line's end in what was typed would end the comment.
    head = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    return head + (run / "config.yaml").read_text(encoding="utf-8")


def _train(study: Study) -> str:
    imports = import_flags(study.setting.config.get("imports", ()))
    recipe = study.folder / "best.yaml"
    return command_line("python -m trainers.run", "--config", recipe, *imports)


def _ranked(study: Study) -> list[FrozenTrial]:
    """Return the trials, the best first: whole ones, those ended early, those that failed.

    One that was ended early stands by its last validation.
    """
    order = {"COMPLETE": 0, "PRUNED": 1, "RUNNING": 2, "FAIL": 3, "WAITING": 4}
    sign = -1 if study.setting.higher_is_better else 1

    def key(trial: FrozenTrial) -> tuple[int, float, int]:
        value = trial.value if trial.state.name == "COMPLETE" else pictures.last_value(trial)
        return order[trial.state.name], sign * (value or 0.0), trial.number

    return sorted(study.trials, key=key)


def _table(study: Study) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    keys = list(study.space)
    rows.writerow(["trial", "state", study.setting.monitor, "steps", "seconds", *keys, "reason"])
    for trial in study.trials:
        about = trial.user_attrs
        rows.writerow(
            [
                trial.number,
                trial.state.name.lower(),
                trial.value if trial.state.name == "COMPLETE" else "",
                about.get(STEPS, ""),
                about.get(SECONDS, ""),
                *(trial.params.get(key, "") for key in keys),
                about.get(REASON, ""),
            ]
        )
    return text.getvalue()


def summary_text(study: Study, values: dict[str, Any]) -> str:
    """Return the table and the lines that end the command."""
    from rich.console import Console
    from rich.table import Table

    counts = ", ".join(f"{count} {_WORDS[state]}" for state, count in values["trials"].items())
    table = Table(title=f"{len(study.trials)} trials: {counts}")
    table.add_column("trial", justify="right")
    table.add_column(f"validation {study.setting.monitor}", justify="right")
    for key in study.space:
        table.add_column(key.rpartition(".")[2].replace("_", " "), justify="right")
    table.add_column("")
    for trial in _ranked(study)[:_SHOWN_TRIALS]:
        whole = trial.state.name == "COMPLETE"
        value = trial.value if whole else pictures.last_value(trial)
        drawn = [trial.params.get(key, "") for key in study.space]
        table.add_row(
            str(trial.number),
            "-" if value is None else f"{value:.5g}",
            *(f"{each:.4g}" if isinstance(each, float) else str(each) for each in drawn),
            "" if whole else trial.user_attrs.get(REASON, _WORDS[trial.state.name.lower()]),
        )
    console = Console(width=100, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join([captured.get().rstrip("\n"), *_lines(study, values)])


_WORDS = {
    "complete": "whole",
    "pruned": "ended early",
    "fail": "failed",
    "running": "not over yet",
    "waiting": "waiting",
}


def _lines(study: Study, values: dict[str, Any]) -> list[str]:
    folder, best = study.folder, values["best"]
    lines = []
    if values["importances"]:
        told = ", ".join(f"{key} {share:.0%}" for key, share in values["importances"].items())
        lines.append(f"matters   {told}")
    if best is not None:
        test = {name: value for name, value in best["test"].items() if not is_detail(name)}
        figures = "  ".join(f"{name} {value:.4f}" for name, value in test.items())
        lines += [
            f"best      trial {best['trial']}, validation {study.setting.monitor} "
            f"{best['value']:.6g}; chosen on it, so better than new data show",
            f"test      {figures}  (of this one alone, after it was chosen)",
        ]
    lines += [
        f"study     {shown(folder)}: trials.csv, importance.png, history.png, slices.png",
        f"look      {command_line('tensorboard', '--logdir', folder / 'trials')}",
    ]
    if best is not None:
        lines += [f"train     {_train(study)}", f"          {_train(study)} --seeds 0-4"]
    return lines


def picture_paths(folder: Path) -> list[Path]:
    """Return where the pictures are."""
    return [folder / name for name in pictures.PICTURES]
