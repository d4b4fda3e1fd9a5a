"""Which checkpoint may continue which run."""

import dataclasses
import shutil
from pathlib import Path

import pytest
import tensorflow as tf

import configs
import zoo
from trainers import evaluate, run
from trainers.cli.exit import describe
from trainers.errors import CheckpointError
from trainers.runs import compatibility

CONFIG = configs.Config(model=configs.ModelConfig("mlp", {"hidden_units": [8]}), epochs=2)
FINGERPRINT = "a1" * 32


def check(fingerprint=FINGERPRINT, **changes):
    saved = {"config": configs.to_dict(CONFIG), "dataset_fingerprint": FINGERPRINT}
    compatibility.require_same_run(saved, dataclasses.replace(CONFIG, **changes), fingerprint)


def test_unchanged_run_continues():
    check()


ALLOWED = {
    "epochs": 9,
    "steps": 9,
    "log_every_steps": 9,
    "evaluate_every_steps": 9,
    "log_test": True,
    "checkpoint_every_steps": 9,
    "keep_checkpoints": 9,
    "early_stopping_patience": 9,
    "histograms": False,
    "report": False,
    "track": "mlflow",
    "profile": "10,20",
    "diagnostics": True,
    "dataset.data_dir": "elsewhere",
    "dataset.max_resident_gib": 0.0,
    "dataset.data_path": "elsewhere",
    "strategy": "mirrored",
    "replicas": 2,
    "devices": "CPU:0",
    "start_timeout_seconds": 9,
    "peer_timeout_seconds": 9,
    "imports": ("moved/my_models.py",),
}


def changed(key, value):
    section, dot, name = key.partition(".")
    if not dot:
        return {key: value}
    return {section: dataclasses.replace(getattr(CONFIG, section), **{name: value})}


def test_allow_list_is_the_documented_one():
    assert set(ALLOWED) == compatibility.MAY_CHANGE


@pytest.mark.parametrize("key", sorted(ALLOWED))
def test_what_leaves_the_weights_alone_may_change(key):
    check(**changed(key, ALLOWED[key]))


REFUSED = {
    "batch_size": 9,
    "micro_batch_size": 9,
    "seed": 9,
    "compile": "eager",
    "precision": "mixed_bfloat16",
    "best_by": "metric",
    "loss.name": "hinge",
    "loss.huber_delta": 9.0,
    "dataset.validation_fraction": 0.5,
    "dataset.split_seed": 9,
    "optimizer.learning_rate": 9.0,
    "optimizer.schedule": "cosine",
    "optimizer.warmup_steps": 9,
    "optimizer.clip_norm": 9.0,
}


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_fault_41_what_shapes_the_weights_may_not_change(key):
    """Seen to fail without the comparison with what may change in `compatibility`."""
    with pytest.raises(configs.ConfigError) as caught:
        check(**changed(key, REFUSED[key]))
    message = str(caught.value)
    assert message.startswith(f"settings changed since the checkpoint: {key} ")
    assert f"-> {REFUSED[key]!r}; on --resume only checkpoint_every_steps, " in message


def test_length_of_a_scheduled_run_may_not_change():
    cosine = dataclasses.replace(CONFIG, optimizer=configs.OptimizerConfig(schedule="cosine"))
    saved = {"config": configs.to_dict(cosine), "dataset_fingerprint": FINGERPRINT}
    compatibility.require_same_run(
        saved, dataclasses.replace(cosine, log_every_steps=3), FINGERPRINT
    )
    with pytest.raises(configs.ConfigError, match="epochs 2 -> 3"):
        compatibility.require_same_run(saved, dataclasses.replace(cosine, epochs=3), FINGERPRINT)


def test_a_run_that_no_command_could_repeat_is_told_how_python_goes_on():
    in_memory = dataclasses.replace(CONFIG, dataset=configs.DatasetConfig("arrays"))
    told = compatibility.going_on(Path("runs/a"), in_memory, "--epochs", "3")
    assert told.startswith("trainers.fit(model, data, init_from='runs/a', epochs=3)")
    on_files = dataclasses.replace(in_memory.dataset, data_path="a.npz")
    command = compatibility.going_on(
        Path("runs/a"), dataclasses.replace(CONFIG, dataset=on_files), "--epochs", "3"
    )
    assert command.endswith("--config runs/a/config.yaml --init-from runs/a --epochs 3")


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("model.name", "mlp", "cnn"),
        ("optimizer.name", "adam", "sgd"),
        ("dataset.name", "digits", "mnist"),
    ],
)
def test_fault_40_another_model_optimizer_or_dataset_is_named(key, before, after):
    """Seen to fail without the comparison of names in `compatibility`."""
    with pytest.raises(CheckpointError) as caught:
        check(**changed(key, after))
    assert describe(caught.value) == (
        4,
        f"the checkpoint was made with {key} {before!r}, this run asks for {after!r}; "
        "resume with the former, or start another --run-dir",
    )


def test_fault_32_dataset_changed_since_the_checkpoint_is_refused(
    copied_run, prepared_data, tmp_path
):
    """One pixel of one shard is another: resuming and evaluating are refused, nothing is lost.

    Seen to fail without comparing fingerprints.
    """
    shutil.copytree(prepared_data / "digits", tmp_path / "data" / "digits")
    (path,) = (tmp_path / "data" / "digits").glob("*/digits-train.tfrecord-*")
    records = [raw.numpy() for raw in tf.data.TFRecordDataset(str(path))]
    example = tf.train.Example.FromString(records[3])
    pixels = tf.io.decode_png(example.features.feature["image"].bytes_list.value[0]).numpy()
    pixels[4, 4] ^= 1
    example.features.feature["image"].bytes_list.value[0] = tf.io.encode_png(pixels).numpy()
    records[3] = example.SerializeToString()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    before = {path: path.read_bytes() for path in copied_run.rglob("*") if path.is_file()}
    resumed = ["--resume", "--epochs", "3", "--run-dir"]
    for command, argv in ((run, resumed), (evaluate, [])):
        with pytest.raises(CheckpointError) as caught:
            command.main([*argv, str(copied_run), "--data-dir", str(tmp_path / "data")])
        code, text = describe(caught.value)
        assert code == 4
        assert "dataset 'digits' is not the one the checkpoint was made with (fingerprint" in text
    assert {path: path.read_bytes() for path in before} == before


def test_changed_data_are_told_by_their_fingerprints():
    with pytest.raises(CheckpointError) as caught:
        check("b2" * 32)
    assert describe(caught.value) == (
        4,
        "dataset 'digits' is not the one the checkpoint was made with "
        "(fingerprint b2b2b2b2b2b2, then a1a1a1a1a1a1); restore the data, or start another "
        "--run-dir",
    )


@pytest.mark.parametrize("then", [FINGERPRINT, f"carved1-{FINGERPRINT}"])
def test_splits_carved_by_another_rule_are_told_from_changed_data(then):
    saved = {"config": configs.to_dict(CONFIG), "dataset_fingerprint": then}
    with pytest.raises(CheckpointError) as caught:
        compatibility.require_same_run(saved, CONFIG, f"carved2-{'b2' * 32}")
    code, text = describe(caught.value)
    assert code == 4
    assert "the splits that dataset 'digits' lacks were carved from train by another rule" in text
    assert "continue with the release that wrote it, or start another --run-dir" in text


def test_splits_carved_by_the_same_rule_are_compared_by_content():
    saved = {"config": configs.to_dict(CONFIG), "dataset_fingerprint": f"carved2-{FINGERPRINT}"}
    compatibility.require_same_run(saved, CONFIG, f"carved2-{FINGERPRINT}")
    with pytest.raises(CheckpointError, match=r"fingerprint b2b2b2b2b2b2, then a1a1a1a1a1a1"):
        compatibility.require_same_run(saved, CONFIG, f"carved2-{'b2' * 32}")


def test_setting_that_the_saving_release_did_not_have_stands_at_its_default():
    saved = {"config": configs.to_dict(CONFIG), "dataset_fingerprint": FINGERPRINT}
    del saved["config"]["dataset"]["split_seed"]
    compatibility.require_same_run(saved, CONFIG, FINGERPRINT)
    other = dataclasses.replace(CONFIG, dataset=configs.DatasetConfig(split_seed=1))
    with pytest.raises(configs.ConfigError, match=r"dataset.split_seed 0 -> 1"):
        compatibility.require_same_run(saved, other, FINGERPRINT)


def test_option_that_the_saving_release_did_not_have_stands_at_its_default():
    """Seen to fail where settings alone were filled in: a model's new option shut out its runs."""
    options = {name: option.default for name, option in zoo.model_options("mlp").items()}
    options |= {"hidden_units": [8]}
    config = dataclasses.replace(CONFIG, model=configs.ModelConfig("mlp", options))
    saved = {"config": configs.to_dict(CONFIG), "dataset_fingerprint": FINGERPRINT}
    compatibility.require_same_run(saved, config, FINGERPRINT)
    options |= {"dropout": 0.5}
    with pytest.raises(configs.ConfigError, match=r"model\.dropout 0\.0 -> 0\.5"):
        compatibility.require_same_run(saved, config, FINGERPRINT)


def test_what_may_change_and_did_is_told():
    saved = {"config": configs.to_dict(CONFIG)}
    assert compatibility.allowed_changes(saved, CONFIG) == []
    after = dataclasses.replace(CONFIG, epochs=3, seed=9, imports=("mine.py",))
    assert compatibility.allowed_changes(saved, after) == [
        "epochs 2 -> 3",
        "imports [] -> ['mine.py']",
    ]
    del saved["config"]["imports"]  # as in a checkpoint of a release without it
    assert compatibility.allowed_changes(saved, after) == ["epochs 2 -> 3"]
