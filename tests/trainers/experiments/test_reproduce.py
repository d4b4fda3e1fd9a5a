"""Every experiment in its shortened form, and the verdict on made-up outcomes."""

import json
from pathlib import Path

import pytest

import configs
import trainers.experiments
from trainers import reproduce
from trainers.experiments import experiment, results

FOLDER = Path(trainers.experiments.__file__).parent


@pytest.mark.parametrize("name", experiment.names())
def test_claim_holds_in_the_shortened_form(name, tmp_path, capsys):
    reproduce.main([name, "--short", "--output", str(tmp_path)])
    row = json.loads((tmp_path / "results.json").read_text())[name]
    assert row["held"] is True
    assert (tmp_path / name / "plot.png").stat().st_size > 10_000
    assert f"| `{name}` |" in (tmp_path / "results.md").read_text()
    assert f"running {name}" in capsys.readouterr().err
    # A second call reads the result instead of running again.
    reproduce.main([name, "--short", "--output", str(tmp_path)])
    assert "running" not in capsys.readouterr().err


def recipe(low: float, high: float) -> experiment.Recipe:
    expected = {"figure": (low, high)}
    return experiment.Recipe("made_up", "module", "claim", "source", {}, {}, expected)


@pytest.mark.parametrize(
    ("values", "held"),
    [([1.0, 2.0], True), ([2.0, 3.0], False), ([0.4, 0.5], False), ([float("nan")], False)],
)
def test_figure_is_judged_by_its_mean(values, held):
    outcome = experiment.Outcome({"figure": values})
    (check,) = experiment.verdict(recipe(0.5, 2.0), outcome)
    assert check.held is held


def test_failing_claim_exits_1(monkeypatch, tmp_path):
    name = experiment.names()[0]
    made_up = {"checks": [{"text": "FAILS  x = 1, expected 2"}], "held": False}
    monkeypatch.setattr(results, "finished", lambda *_: made_up)
    with pytest.raises(reproduce.ClaimFailed, match=name) as caught:
        reproduce.main([name, "--output", str(tmp_path)])
    assert caught.value.exit_code == 1


def test_unknown_experiment_names_the_nearest():
    with pytest.raises(configs.ConfigError, match="did you mean 'xor'"):
        reproduce.main(["xorr"])


def test_every_recipe_has_its_module_and_every_module_its_recipe():
    texts = {path.stem: path.read_text() for path in FOLDER.glob("*.py")}
    # `run` of results.py takes no settings: it runs the others.
    modules = {name for name, text in texts.items() if "\ndef run(settings: " in text}
    assert modules == set(experiment.names())
    assert modules == {name for name, text in texts.items() if "\ndef draw(" in text}
