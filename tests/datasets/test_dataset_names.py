"""What stands where a dataset's name is asked for: paths, near names, folders of other things."""

import ast
import re
import shlex

import pytest
from imports import PACKAGES
from places import ROOT

import configs
import datasets
import zoo
from trainers.objectives.losses import LOSSES
from trainers.optimizers.catalogue import OPTIMIZERS


def refusal(name, data_dir=None):
    with pytest.raises(datasets.UnknownDatasetError) as caught:
        datasets.check_request(name, data_dir)
    assert "\n" not in str(caught.value)
    return str(caught.value)


PATHS = ["./pics", "../pics", "/home/me/pics", "~/pics", "$HOME/pics", ".\\pics", "C:\\pics"]
PATHS += ["C:/pics", "my pics/cats.zip", "poem.txt", "pics/"]


@pytest.mark.parametrize("name", PATHS)
def test_path_is_called_a_path_and_leads_to_the_users_own_text(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name == "pics/":
        (tmp_path / name).mkdir()
    text = refusal(name)
    assert f"dataset {name!r} is a path" in text
    kind = "images" if name == "pics/" else "text"
    assert f"`--dataset {kind} --data-path {shlex.quote(name)}`" in text
    assert "delete" not in text


def test_name_of_what_lies_here_is_a_path_and_a_url_is_a_url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "dataset 'poems' is a path" not in refusal("poems")
    (tmp_path / "poems").touch()
    assert "dataset 'poems' is a path" in refusal("poems")
    text = refusal("https://example.org/pics.zip")
    assert "is a URL" in text
    assert "download it first" in text


def test_advice_for_a_text_works_when_it_is_obeyed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my poem.txt").write_text("roses are red\n" * 100)
    command = refusal("./my poem.txt").split("`")[1]
    _, name, _, path = shlex.split(command)
    assert datasets.load(name, data_path=path).task == "next_character"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("MNIST", "mnist"),
        ("Mnist", "mnist"),
        ("mnist_", "mnist"),
        ("mnist/", "mnist"),
        ("CIFAR-10", "cifar10"),
        ("Fashion-MNIST", "fashion_mnist"),
        ("Cart-Pole", "cartpole"),
        ("acrobot", "Acrobot-v1"),
        ("Digits", "digits"),
        ("imdb", "imdb_reviews"),
        ("glu/cola", "glue"),
    ],
)
def test_name_in_other_letters_leads_to_the_name(given, meant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()  # where a system does not tell "MNIST" from "mnist"
    text = refusal(given, tmp_path) if given != "mnist/" else refusal(given)
    if given == "mnist/":
        assert "is a path" in text
        (tmp_path / "mnist").rmdir()
        text = refusal(given)
    assert f"unknown dataset {given!r}: did you mean {meant!r}" in text


def test_no_message_advises_to_delete_anything():
    found = []
    for path in (each for package in PACKAGES for each in (ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        told = {
            ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, documented)
        }
        found += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value not in told
            and re.search(r"(?i)\b((delete|erase|remove|wipe|unlink)\b|rm -)", node.value)
        ]
    assert found == []


def spelt_otherwise(names):
    for name in names:
        yield from ((each, name) for each in (name.upper(), name.replace("_", "-").title()))


def test_other_names_are_found_in_any_spelling():
    for given, name in spelt_otherwise(zoo.list_models()):
        with pytest.raises(zoo.UnknownModelError, match=f"did you mean {name!r}"):
            zoo.model_card(given)
    for names in (OPTIMIZERS, LOSSES, configs.recipes()):
        for given, name in spelt_otherwise(names):
            assert configs.nearest(given, names) == f"; did you mean {name!r}?"


def test_file_of_a_model_leads_to_import_and_a_recipes_name_to_model():
    with pytest.raises(zoo.UnknownModelError, match=r"brought with `--import 'my model.py'`"):
        zoo.model_card("my model.py")
    with pytest.raises(configs.ConfigError, match="existing YAML file, or --model mlp"):
        configs.load_recipe("mlp")


@pytest.mark.parametrize("inside", [[], ["cat.jpg", "dog/1.jpg"], ["1.0.0/notes.txt"]])
def test_folder_of_the_users_own_is_no_dataset_and_is_left_alone(inside, tmp_path):
    for name in inside:
        (tmp_path / "pets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pets" / name).touch()
    (tmp_path / "pets").mkdir(exist_ok=True)
    text = refusal("pets", tmp_path)
    assert f"{tmp_path / 'pets'} is a folder of files and no prepared dataset" in text
    assert "delete" not in text
    assert "other data are arrays" in text


@pytest.mark.parametrize("given", ["own_digits/", "own_digits:"])
def test_name_of_a_prepared_folder_as_a_shell_completes_it_leads_to_the_name(given, tmp_path):
    """Seen to fail where a name without its configuration went on to TFDS."""
    (tmp_path / "own_digits" / "1.0.0").mkdir(parents=True)
    (tmp_path / "own_digits" / "1.0.0" / "dataset_info.json").touch()
    with pytest.raises(datasets.UnknownDatasetError, match="did you mean 'own_digits'"):
        datasets.load(given, data_dir=tmp_path)


@pytest.mark.parametrize(
    ("given", "said"),
    [("mnist:9.9.9", "at version 9.9.9, only: 3.0.1"), ("mnist/x", "x not found")],
)
def test_wrong_version_or_configuration_is_named_in_few_words(given, said, tmp_path):
    """Seen to fail with the arguments that TFDS passed on left in."""
    with pytest.raises(datasets.DataError, match=said) as caught:
        datasets.load(given, data_dir=tmp_path)
    assert "builder_kwargs" not in str(caught.value)
    assert "closely match" not in str(caught.value)
    assert "check the name's configuration and version" in str(caught.value)
