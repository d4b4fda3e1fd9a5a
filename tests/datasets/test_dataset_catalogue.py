import subprocess
import sys

import pytest
from places import ROOT

import datasets
from datasets.catalogue import EMBEDDED_DATASETS


def test_listing_imports_no_tensorflow_tfds_or_sklearn():
    code = (
        "import sys, datasets; names = datasets.list_datasets(); "
        "heavy = {'tensorflow', 'tensorflow_datasets', 'sklearn'} & set(sys.modules); "
        "print(names, sorted(heavy))"
    )
    root = ROOT
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    names = ["adding", "arrays", "breast_cancer", "cartpole", "diabetes", "digits", "grid"]
    names += ["images", "iris", "longley", "mnist_5k", "oscillators", "parity", "reber", "ring"]
    names += ["short_corridor", "spirals", "stdlib_source", "symmetry", "table"]
    names += ["temporal_order", "text", "wine", "xor"]
    assert done.stdout.strip() == f"{names} []"


def test_pattern_selects_names():
    assert datasets.list_datasets("di*") == ["diabetes", "digits"]
    assert datasets.list_datasets("none*") == []


def test_every_row_names_a_builder_that_tfds_calls_by_the_row_name():
    for name, row in EMBEDDED_DATASETS.items():
        assert row.builder_class().name == name
        assert row.task in {"classification", "regression", "next_symbol", "next_character"}
        assert datasets.dataset_description(name) == row.description


def test_description_of_the_users_text_names_its_argument():
    assert "data_path" in datasets.dataset_description("text")


def test_description_of_a_tfds_name_points_to_its_page():
    assert datasets.dataset_description("mnist").endswith("/catalog/mnist")


@pytest.mark.parametrize(
    ("given", "near"), [("digist", "'digits'"), ("minst", "'mnist'"), ("rebre", "'reber'")]
)
@pytest.mark.parametrize("function", [datasets.load, datasets.dataset_description])
def test_misspelt_name_gets_its_nearest_match_on_one_line(function, given, near):
    with pytest.raises(datasets.UnknownDatasetError) as caught:
        function(given)
    text = str(caught.value)
    assert repr(given) in text
    assert near in text
    assert ", ".join(datasets.list_datasets()) in text
    assert "\n" not in text


@pytest.mark.parametrize("given", ["", "huggingface:squad", "/"])
def test_names_that_would_need_a_network_to_look_up_are_unknown(given, tmp_path):
    with pytest.raises(datasets.UnknownDatasetError):
        datasets.load(given, data_dir=tmp_path)


def test_package_names_its_project():
    assert datasets.PROJECT == "keras-fundamentals-zoo"


def test_every_public_name_resolves():
    for name in datasets.__all__:
        assert getattr(datasets, name) is not None
    with pytest.raises(AttributeError, match="'nothing'"):
        datasets.nothing  # noqa: B018
