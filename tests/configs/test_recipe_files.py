"""Recipe files: read as plain data, and refused in one line when they are anything else."""

import os
import subprocess
import sys
import time

import pytest
from places import ROOT

import configs


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "recipe.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_text


def alias_bomb():
    levels = [f"k{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return "k0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "\n".join(levels)


REFUSED = {
    "alias bomb": (alias_bomb(), "line 1: anchors and aliases are not allowed"),
    "merge key": ("a: &x {b: 1}\nc: {<<: *x}", "line 1: anchors and aliases are not allowed"),
    "python tag": ("a: !!python/object/apply:os.system [ls]", "line 1: tags are not allowed"),
    "standard tag": ("seed: !!int 3", "line 1: tags are not allowed"),
    "own tag": ("a: 1\nb: !thing {c: 1}", "line 2: tags are not allowed"),
    "duplicate key": ("seed: 1\nseed: 2", "line 2: the key 'seed' is given twice"),
    "deep lists": ("a: " + "[" * 30_000, "line 1: nested deeper than 8 levels"),
    "deep mappings": (
        "\n".join(" " * i + f"k{i}:" for i in range(200)),
        "line 9: nested deeper than 8 levels",
    ),
    "not UTF-8": (b"model: \xff\xfe", "is not UTF-8 text (byte 7)"),
    "list": ("- 1\n- 2", "holds [1, 2] alone; write `key: value` lines"),
    "text": ("just words", "holds 'just words' alone; write `key: value` lines"),
    "number": ("3", "holds 3 alone; write `key: value` lines"),
    "unclosed": ("a: [1, 2", "is not valid YAML: "),
    "tabs": ("a:\n\tb: 1", "is not valid YAML: "),
    "two documents": ("a: 1\n---\nb: 2", "is not valid YAML: "),
    "control character": ("a: \x07", "is not valid YAML: "),
    "endless number": ("seed: " + "9" * 5000, "line 1: a number of 5000 characters"),
    "null key": ("~: 3", "line 1: the key null is not a word"),
    "number as key": ("a: {3: 4}", "line 1: the key 3 is not a word"),
    "directive": ("%YAML 9.9\n---\na: 1", "is not valid YAML: "),
    "too large": ("# " + "x" * 70_000, "is larger than 65536 bytes; a recipe is a short file"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_fault_38_yaml_bomb_depth_tags_and_duplicates_are_refused_at_once(write, case):
    """One line and under a second; seen to fail without the refusal of each in `_Reader`."""
    text, wanted = REFUSED[case]
    path = write(text)
    started = time.process_time()
    with pytest.raises(configs.ConfigError) as caught:
        configs.load_recipe(path)
    assert time.process_time() - started < 1.0
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"recipe {path}") or message.startswith(f"{path} is larger")
    assert wanted in message
    assert message.count("recipe.yaml") == 1


def test_missing_recipe_says_what_to_give(tmp_path):
    path = tmp_path / "none.yaml"
    with pytest.raises(configs.ConfigError) as caught:
        configs.load_recipe(path)
    assert str(caught.value) == (
        f"recipe {path} cannot be read (No such file or directory); "
        "give --config an existing YAML file"
    )


def test_folder_instead_of_a_recipe_is_refused(tmp_path):
    with pytest.raises(configs.ConfigError, match="cannot be read \\(Is a directory\\)"):
        configs.load_recipe(tmp_path)


def test_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path):
    """That of a shell's `<(...)` has a writer. Seen to fail, and to wait for ever, without the
    refusal of pipes with a name."""
    os.mkfifo(tmp_path / "pipe.yaml")
    code = f"import configs; configs.load_recipe({str(tmp_path / 'pipe.yaml')!r})"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.stderr.strip().endswith(
        "is a pipe, and nobody may write to it; give --config a file"
    )
    reader, writer = os.pipe()
    os.write(writer, b"seed: 3")
    os.close(writer)
    try:
        assert configs.load_recipe(f"/dev/fd/{reader}") == {"seed": 3}
    finally:
        os.close(reader)


def test_recipe_values_follow_yaml_1_2(write):
    read = configs.load_recipe(
        write("a: 1e-3\nb: on\nc: 010\nd: true\ne: null\nf: 'é'\ng: 12:30\nh: 1_0\ni: '3'")
    )
    assert read == {
        **{"a": 0.001, "b": "on", "c": 10, "d": True, "e": None, "f": "é"},
        **{"g": "12:30", "h": "1_0", "i": "3"},
    }
    assert type(read["a"]) is float


def test_empty_recipe_changes_nothing(write):
    assert configs.load_recipe(write("# only a comment\n")) == {}


def test_the_largest_allowed_recipe_and_depth_are_read(write):
    assert configs.load_recipe(write("a: 1\n# " + "x" * (65_536 - 7))) == {"a": 1}
    assert configs.load_recipe(write("a: [[[[[[[1]]]]]]]")) == {"a": [[[[[[[1]]]]]]]}


def test_recipes_lists_the_shipped_files():
    names = configs.recipes()
    assert "mlp" in names
    assert "lstm" in names
    assert all(configs.recipe_path(name).is_file() for name in names)
