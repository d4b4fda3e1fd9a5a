"""Every experiment in its shortened form, and which results are shown again."""

import json
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from places import ROOT

import configs
import trainers.experiments
from trainers import reproduce
from trainers.experiments import experiment, results
from trainers.runs import provenance

FOLDER = Path(trainers.experiments.__file__).parent
MODULE = """
import sys
from trainers.experiments.experiment import Outcome


def run(settings, report):
    print("measuring", file=sys.stderr)
    return Outcome({"figure": settings["values"]})


def draw(outcome, figure):
    figure.subplots()
"""
RECIPE = """
claim: One is one.
source: none
settings: {values: [1.0, 1.1]}
short: {}
expected: {figure: {every_seed: [0.5, 2]}}
"""


# The others train for a minute together; `test_experiments_mutations.py` runs parts of each, and
# the files beside it test their formulas.
QUICK = {"activations"}
NAMES = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name in experiment.names()
]
# What the recipes' remarks explain.
DOES_NOT_HOLD = {"initialization": {"normal_trainable_share_of_depth_adam"}}


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_as_told_in_the_shortened_form(name, tmp_path, capsys):
    told = DOES_NOT_HOLD.get(name, set())
    with pytest.raises(reproduce.ClaimFailed) if told else nullcontext():
        reproduce.main([name, "--short", "--output", str(tmp_path)])
    row = json.loads((tmp_path / "results.json").read_text())[name]
    assert {check["figure"] for check in row["checks"] if not check["held"]} == told
    assert (tmp_path / name / "plot.png").stat().st_size > 10_000
    assert f"| `{name}` |" in (tmp_path / "results.md").read_text()
    assert f"running {name}" in capsys.readouterr().err


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Register an experiment of the user's own; return its module's path and a command's words."""
    module, recipe = tmp_path / "own_claim.py", tmp_path / "own_claim.yaml"
    module.write_text(MODULE)
    recipe.write_text(RECIPE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(experiment._added, "own_claim", raising=False)
    experiment.register_experiment("own_claim", recipe, "own_claim")
    yield module, ["own_claim", "--output", str(tmp_path / "out")]
    del experiment._added["own_claim"]


def measured(words, capsys, monkeypatch):
    """Run the command as a new process would; return whether it measured, and what it printed."""
    monkeypatch.delitem(results.sys.modules, "own_claim", raising=False)
    reproduce.main(words)
    out, errors = capsys.readouterr()
    return "measuring" in errors, out


def test_a_result_is_shown_again_with_its_date_and_revision_only_for_the_same_code(
    own, capsys, monkeypatch
):
    module, words = own
    monkeypatch.setattr(provenance, "git_revision", lambda: "0123456789abcdef+changes")
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC, revision 0123456789\+changes"
    ran, out = measured(words, capsys, monkeypatch)
    assert ran
    assert re.search(rf"^  measured {when}$", out, re.MULTILINE)
    ran, out = measured(words, capsys, monkeypatch)
    assert not ran
    assert re.search(
        rf"^  not measured again: the result of the same code and settings from {when}$",
        out,
        re.MULTILINE,
    )
    assert "holds  figure = 1 to 1.1 over 2 values, each expected 0.5 to 2" in out
    assert measured([*words, "--again"], capsys, monkeypatch)[0]
    module.write_text(MODULE + "# changed\n")
    assert measured(words, capsys, monkeypatch)[0]
    assert not measured(words, capsys, monkeypatch)[0]
    # A module beside it, which it may import.
    module.with_name("neighbour.py").write_text("")
    assert measured(words, capsys, monkeypatch)[0]
    # A version of a package.
    versions = {**provenance.versions(), "keras": "0"}
    monkeypatch.setattr(provenance, "versions", lambda: versions)
    assert measured(words, capsys, monkeypatch)[0]
    # Other settings, other ranges.
    recipe = module.with_suffix(".yaml")
    for change in ("[1.0, 1.2]", "0.6, 2"):
        old = {"[1.0, 1.2]": "[1.0, 1.1]", "0.6, 2": "0.5, 2"}[change]
        recipe.write_text(recipe.read_text().replace(old, change))
        assert measured(words, capsys, monkeypatch)[0]
        assert not measured(words, capsys, monkeypatch)[0]


def test_a_run_that_fails_leaves_no_earlier_verdict(own, tmp_path, capsys, monkeypatch):
    module, words = own
    measured(words, capsys, monkeypatch)
    assert "| holds |" in (tmp_path / "out" / "results.md").read_text()
    module.write_text(MODULE.replace("return Outcome", "raise OSError('no such thing')  # "))
    for _ in range(2):
        with pytest.raises(OSError, match="no such thing"):
            measured(words, capsys, monkeypatch)
        assert "holds" not in capsys.readouterr().out
    assert "own_claim" not in (tmp_path / "out" / "results.md").read_text()
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == {}


def test_a_run_that_was_replaced_in_memory_is_run(own, capsys, monkeypatch):
    _, words = own
    measured(words, capsys, monkeypatch)

    def broken(settings, report):
        raise OSError("no such thing")

    reproduce.main([*words, "--again"])
    monkeypatch.setattr(results.sys.modules["own_claim"], "run", broken)
    with pytest.raises(OSError, match="no such thing"):
        reproduce.main(words)


def test_the_table_says_which_results_are_of_other_code(own, tmp_path, capsys, monkeypatch):
    module, words = own
    measured(words, capsys, monkeypatch)
    table = tmp_path / "out" / "results.md"
    assert "other code than now" not in table.read_text()
    module.write_text(MODULE + "# changed\n")
    results.write_table(tmp_path / "out")
    (row,) = [line for line in table.read_text().splitlines() if "One is one." in line]
    assert "UTC, " in row
    assert row.split("|")[5].strip().endswith(", other code than now")


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"own_claim": {"held": true}}', "[]", "[" * 100_000]
)
def test_damaged_or_older_results_are_measured_anew(content, own, tmp_path, capsys, monkeypatch):
    _, words = own
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text(content)
    ran, out = measured(words, capsys, monkeypatch)
    assert ran
    assert "holds  figure" in out


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("held", False),
        ("checks", None),
        ("git_revision", 5),
        ("seconds", "x"),
        ("measured", "2020-01-01 00:00 UTC"),
        ("seal", None),
    ],
)
def test_a_result_with_a_changed_field_is_measured_anew(
    field, value, own, tmp_path, capsys, monkeypatch
):
    """Seen to fail without the comparison of the row's seal."""
    _, words = own
    measured(words, capsys, monkeypatch)
    path = tmp_path / "out" / "results.json"
    rows = json.loads(path.read_text())
    rows["own_claim"][field] = value
    path.write_text(json.dumps(rows))
    results.write_table(tmp_path / "out")
    assert "own_claim" not in (tmp_path / "out" / "results.md").read_text()
    reproduce.main(words)
    out, err = capsys.readouterr()
    assert err.count("is damaged: its results of own_claim are measured anew") == 1
    assert err.count("measuring") == 1
    assert "  measured " in out
    assert not measured(words, capsys, monkeypatch)[0]


def test_every_source_of_the_project_decides_the_hash_of_its_code(tmp_path, monkeypatch):
    for name in ("zoo/a.py", "trainers/engine/b.py", "datasets/c.py", "configs/d.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "trainers" / "runs" / "p.py"))
    seen = {provenance.code_sha256()}
    assert provenance.code_sha256() in seen
    for path in sorted(tmp_path.rglob("*.*")):
        path.write_text("other")
        seen.add(provenance.code_sha256())
    (tmp_path / "zoo" / "a.py").rename(tmp_path / "zoo" / "z.py")
    seen.add(provenance.code_sha256())
    assert len(seen) == 6


def test_a_claim_that_does_not_hold_exits_1(own, capsys, monkeypatch):
    module, words = own
    recipe = module.with_suffix(".yaml")
    recipe.write_text(RECIPE.replace("[0.5, 2]", "[0.5, 1.05]") + "remark: It is more.\n")
    for _ in range(2):
        with pytest.raises(reproduce.ClaimFailed, match="own_claim") as caught:
            measured(words, capsys, monkeypatch)
        assert caught.value.exit_code == 1
        assert "DOES NOT HOLD  figure" in capsys.readouterr().out
    table = (module.parent / "out" / "results.md").read_text()
    assert "| **does not hold**: It is more. |" in table


def test_unknown_experiment_names_the_nearest():
    with pytest.raises(configs.ConfigError, match="did you mean 'xor'"):
        reproduce.main(["xorr"])


def test_every_recipe_has_its_module_and_every_module_its_recipe():
    texts = {path.stem: path.read_text() for path in FOLDER.glob("*.py")}
    # `run` of results.py takes no settings: it runs the others.
    modules = {name for name, text in texts.items() if "\ndef run(settings: " in text}
    assert modules == set(experiment.names())
    assert modules == {name for name, text in texts.items() if "\ndef draw(" in text}


def test_the_page_has_every_claim_as_its_recipe_does():
    page = (ROOT / "trainers" / "experiments" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| [^|]* \| ([^|]*) \|", page, re.MULTILINE)
    recipes = [experiment.load(name) for name in experiment.names()]
    assert rows == [
        (each.name, each.claim, results.ranges_text(each.ranges).strip()) for each in recipes
    ]


def test_every_range_says_how_it_came_to_be():
    for name in experiment.names():
        recipe = experiment.load(name)
        assert recipe.ranges.keys() == recipe.expected.keys()
    text = results.ranges_text({"a": "after the result", "b": "by theory", "c": "after the result"})
    assert text == "1 by theory, 2 after the result (a, c)"
