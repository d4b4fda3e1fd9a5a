"""`trainers.generate` on a small trained run, and what it says of bad input."""

import json

import pytest

import configs
from trainers import evaluate, generate
from trainers.errors import CheckpointError
from trainers.problems.text import vocabulary


@pytest.fixture(scope="module")
def run_dir(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "texts").mkdir()
    text = "to be or not to be, that is the question.\n" * 60
    (folder / "texts" / "a.poem").write_bytes(text.encode("utf-16-le"))
    (folder / "other").mkdir()
    other = text.replace("question", "answer").encode("utf-16-le")
    (folder / "other" / "a.poem").write_bytes(other)
    (folder / "texts" / "b.txt").write_text("Zebra\n")
    arguments = ["--model", "char_lstm", "--dataset", "text", "--steps", "40", "--batch-size", "4"]
    arguments += ["--data-path", str(folder / "texts"), "--model.units", "32"]
    arguments += ["--window-steps", "16", "--warmup-steps", "0", "--learning-rate", "0.02"]
    arguments += ["--pattern", "*.poem", "--encoding", "utf-16-le"]
    train_here(folder / "run", *arguments, "--histograms", "false")
    return folder / "run"


def test_text_continues_the_prompt_and_repeats_with_its_seed(run_dir, capsys):
    capsys.readouterr()
    texts = []
    for seed in ("1", "1", "2"):
        generate.main([str(run_dir), "--prompt", "to be", "--length", "50", "--seed", seed])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].startswith("to be")
    assert len(texts[0]) == len("to be") + 50 + 1
    assert set(texts[0]) <= set(vocabulary.read(run_dir))


def test_choice_of_files_and_their_encoding_are_saved_with_the_run(run_dir, capsys):
    saved = configs.load_recipe(run_dir / "config.yaml")["dataset"]
    assert (saved["pattern"], saved["encoding"]) == ("*.poem", "utf-16-le")
    evaluate.main([str(run_dir), "--json"])
    shown = json.loads(capsys.readouterr().out)
    summary = json.loads((run_dir / "summary.json").read_text())
    assert shown["loss"] == pytest.approx(summary["best"]["test"]["loss"])
    with pytest.raises(CheckpointError, match="is not the one the checkpoint was made with"):
        evaluate.main([str(run_dir), "--data-path", str(run_dir.parent / "other")])


def test_likeliest_text_is_what_was_learnt(run_dir, capsys):
    arguments = ["--prompt", "to be or not to be, that", "--temperature", "0", "--length", "18"]
    generate.main([str(run_dir), *arguments])
    assert capsys.readouterr().out == "to be or not to be, that is the question.\n\n"


def test_vocabulary_and_figures_lie_in_the_run_folder(run_dir):
    characters = json.loads((run_dir / "vocabulary.json").read_text(encoding="utf-8"))
    assert characters == sorted(set("to be or not to be, that is the question.\n"))
    test = json.loads((run_dir / "summary.json").read_text())["best"]["test"]
    assert {"loss", "accuracy", "bits_per_character", "perplexity"} <= set(test)
    assert test["loss"] < 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prompt", "Zebra"], "the prompt has 'Z', which the model has not seen; allowed: "),
        (["--prompt", ""], "--prompt is empty"),
        (["--temperature", "-1"], "--temperature is -1.0; give a finite number of at least 0"),
        (["--temperature", "nan"], "--temperature cannot be 'nan'"),
        (["--length", "0"], "--length is 0; give at least 1"),
        (["--seed", "-3"], "--seed is -3; give a number from 0 to 2147483647"),
        (["--lenght", "3"], "lenght"),
    ],
)
def test_bad_input_is_one_line(run_dir, arguments, message):
    with pytest.raises(configs.ConfigError) as caught:
        generate.main([str(run_dir), *arguments])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_run_without_text_and_damaged_vocabulary_are_refused(small_run, run_dir, tmp_path, capsys):
    with pytest.raises(configs.ConfigError, match="it is not a run of text"):
        generate.main([str(small_run[0])])
    (tmp_path / "config.yaml").write_bytes((run_dir / "config.yaml").read_bytes())
    (tmp_path / "vocabulary.json").write_text('["a", "a"]')
    with pytest.raises(CheckpointError, match="is damaged"):
        generate.main([str(tmp_path), "--prompt", "a"])
    vocabulary.write(tmp_path, ("a", "b", "c"))
    assert vocabulary.read(tmp_path) == ("a", "b", "c")
    (tmp_path / "vocabulary.json").write_text('["a", "b", "d"]\n')  # as valid as before
    with pytest.raises(CheckpointError, match="is damaged; continue the run with --resume, which"):
        generate.main([str(tmp_path), "--prompt", "a"])
    capsys.readouterr()
    vocabulary.write(tmp_path, ("a", "b", "c"))
    warning = f"warning: {tmp_path / 'vocabulary.json'} was damaged; written anew\n"
    assert capsys.readouterr().err == warning
    content = (run_dir / "model.keras").read_bytes()
    (tmp_path / "model.keras").write_bytes(content[:-100])
    with pytest.raises(CheckpointError, match="continue the run with --resume, which writes the"):
        generate.main([str(tmp_path), "--prompt", "a"])
    (tmp_path / "model.keras").unlink()
    (tmp_path / "vocabulary.sha256").unlink()  # as in a run of an earlier release
    with pytest.raises(configs.ConfigError, match="the run is not finished"):
        generate.main([str(tmp_path), "--prompt", "a"])


@pytest.mark.parametrize(("flag", "value"), [("--count", "3"), ("--output", "a.png")])
def test_what_draws_examples_is_refused_where_text_is_written(run_dir, flag, value):
    with pytest.raises(configs.ConfigError, match=f"{flag} changes nothing: .* writes text"):
        generate.main([str(run_dir), flag, value])
