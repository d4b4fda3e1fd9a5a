"""Reading models from source files."""

from pathlib import Path

import pytest

import zoo
from zoo.catalogue.index import modules_with_custom_objects, read_models


def _write(folder: Path, decorator: str, options: str, name: str = "model.py") -> None:
    (folder / name).write_text(
        f"import nothing_of_this_name\n\n@{decorator}\n"
        f"def build(input_shape, num_classes, *, {options}):\n    '''Summary.\n\n    More.'''\n"
    )


def test_a_model_is_read_without_importing_its_file(tmp_path: Path) -> None:
    _write(
        tmp_path,
        'register_model("renamed", task="regression", input_axes=("time features",), '
        'ranges={"units": "[1, inf)"})',
        "units: int = 2, shift: float = -0.5, kind: Literal['a'] | None = None",
    )
    entry = read_models(tmp_path, "somewhere")["renamed"]
    assert (entry.module, entry.builder, entry.task) == ("somewhere.model", "build", "regression")
    assert entry.summary == "Summary."
    assert entry.input_axes == ("time features",)
    assert list(entry.options.values()) == [
        zoo.Option("units", "int", 2, interval="[1, inf)"),
        zoo.Option("shift", "float", -0.5),
        zoo.Option("kind", "Literal['a'] | None", None, choices=("a",)),
    ]


@pytest.mark.parametrize(
    ("decorator", "options", "message"),
    [
        ("register_model(task=TASK)", "units: int = 2", "task=TASK is not a literal"),
        ("register_model(**MORE)", "units: int = 2", "=MORE is not a literal"),
        ("register_model(papers='x')", "units: int = 2", "no argument 'papers'; allowed: task"),
        ("register_model(task='an X')", "units: int = 2", "the task 'an X'; allowed: a snake_case"),
        ("register_model", "units: int = 2", "with parentheses"),
        ("register_model()", "units: int = UNITS", "units=UNITS is not a literal"),
        ("register_model()", "units: int = 'two'", "default 'two'; allowed: int"),
        ("register_model()", "units: int", "needs a type and a default"),
        ("register_model()", "units=2", "needs a type and a default"),
        ("register_model()", "units: list[int] = [2]", r"type list\[int\]; allowed: int"),
        ("register_model(ranges={'x': '[0, 1)'})", "units: int = 2", "not options"),
        ("register_model(ranges={'units': '>0'})", "units: int = 2", "not of the form"),
    ],
)
def test_what_cannot_be_read_fails_with_file_and_line(
    tmp_path: Path, decorator: str, options: str, message: str
) -> None:
    _write(tmp_path, decorator, options)
    with pytest.raises(zoo.ModelError, match=rf"model\.py:3: .*{message}"):
        read_models(tmp_path)


def test_two_files_with_one_name_fail(tmp_path: Path) -> None:
    _write(tmp_path, "register_model()", "units: int = 2", "first.py")
    _write(tmp_path, "register_model()", "units: int = 2", "second.py")
    with pytest.raises(zoo.ModelError, match=r"second\.py:3: .*'build'.* taken by zoo\.first"):
        read_models(tmp_path)


def test_a_folder_inside_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    _write(tmp_path / "inside", "register_model()", "units: int = 2")
    assert read_models(tmp_path, "somewhere")["build"].module == "somewhere.inside.model"


def test_files_that_register_nothing_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("this is ( not Python")
    assert read_models(tmp_path) == {}


def test_modules_with_custom_objects_are_found() -> None:
    assert "zoo.layers.activations" in modules_with_custom_objects()
