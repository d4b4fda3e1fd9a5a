"""What an idea's text asks of the tree is answered from it, or the build ends in one line."""

import pytest
from places import ROOT

import configs
from trainers.site.pages.directives import Directives
from trainers.site.pages.ideas import Idea, filled
from trainers.site.pages.links import Links

PAGE = "ideas/neuron.md"


@pytest.fixture(scope="module")
def directives():
    return Directives(Links(ROOT), PAGE)


def idea(text):
    return Idea("neuron", "Neuron", "", "xor.png", (), (), text)


def test_code_is_the_functions_own_and_its_file_is_linked(directives):
    found = directives.code("trainers/objectives/losses.py", "_huber")
    assert "return keras.losses.huber(targets, outputs, delta=setting.config.huber_delta)" in found
    assert "](../api/trainers.objectives.md#trainers.objectives.losses), from line " in found


def test_an_experiment_has_picture_claim_verdict_ranges_and_command(directives):
    found = directives.experiment("xor")
    for words in (
        "](../images/xor.png)",
        "**Claim.** A perceptron cannot learn exclusive or",
        "**Verdict:** **holds**",
        "| mlp accuracy | each seed above 0.875 | by the claim |",
        "python -m trainers.reproduce xor",
        "](../api/trainers.experiments.md#trainers.experiments.xor)",
    ):
        assert words in found


def test_an_experiment_that_does_not_hold_says_so(directives):
    found = directives.experiment("initialization")
    assert "**Verdict:** **does not hold**: Adam's steps" in found
    assert "they train 5. Measured 20" in found


def test_tables_link_to_the_pages_of_what_they_list(directives):
    assert "| [`mlp`](../models/mlp.md) | classification | digits | 7,510 |" in directives.models(
        "mlp"
    )
    assert "| [`cnn:mnist`](../weights/cnn-mnist.md) |" in directives.weights("cnn:*")
    assert "| [`sonar`](../published/sonar.md) | Gorman" in directives.published("sonar")
    rows = directives.table("trainers/benchmarks/README.md", "model | batch | examples")
    assert rows.count("\n| `") > 10


def test_a_solution_is_a_tests_imports_and_body(directives):
    found = directives.exercise("neuron")
    assert found.startswith('??? success "A solution"\n\n    ```python\n    import numpy as np\n')
    assert "    weights += (t - y) * x\n" in found
    assert "def test_" not in found


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('code("zoo/mlp.py", "mpl")', "zoo/mlp.py defines no 'mpl'; did you mean 'mlp'?"),
        ('code("zoo/gone.py", "mlp")', "zoo/gone.py is not there"),
        ('experiment("xro")', "unknown experiment 'xro'; did you mean 'xor'?"),
        ('published("sona")', "unknown published figure 'sona'; did you mean 'sonar'?"),
        ('weights("cnn:mnits")', "no trained weights match cnn:mnits; did you mean 'cnn:mnist'?"),
        ('table("README.md", "no | such")', "has no table that begins with '| no | such'"),
        ('picture("gone.png", "a")', "links to .github/images/gone.png, which is not there"),
        ('exercise("gone")', "test_exercise_gone.py is not there"),
        ('to("zoo/gone")', "links to zoo/gone, which is not there"),
        ('cod("zoo/mlp.py", "mlp")', "'cod' is undefined; the directives are code, command,"),
        ("code()", "missing 2 required positional arguments"),
        ('code("zoo/mlp.py", "mlp"', "the directives are code, command,"),
    ],
)
def test_what_is_not_there_is_told_in_one_line_with_the_page(asked, told):
    with pytest.raises(configs.ConfigError) as caught:
        filled(idea(f"{{{{ {asked} }}}}"), Links(ROOT))
    text = str(caught.value)
    assert text.startswith("ideas/neuron.md: ")
    assert told in text
    assert "\n" not in text


def test_latex_in_an_ideas_text_stays_as_it_is():
    latex = r"$\hat{x}_{i}$ and $$\frac{{a}^{2}}{b}, \{#\}$$"
    assert filled(idea(latex), Links(ROOT)) == latex
