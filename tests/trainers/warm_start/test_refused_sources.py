"""What is no source of weights is refused in one line, and nothing is written."""

import numpy as np
import pytest
from safetensors.numpy import save_file

import configs
import zoo
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.run_arguments import parse
from trainers.errors import CheckpointError

CNN = ["--model", "cnn", "--model.filters", "4,6"]


def no_file(folder):
    return folder / "gone"


def another_kind(folder):
    (folder / "weights.h5").write_bytes(b"x")
    return folder / "weights.h5"


def no_run(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


def damaged(folder):
    (folder / "x.safetensors").write_bytes(b"\x08" + b"\0" * 30)
    return folder / "x.safetensors"


def damaged_model(folder):
    (folder / "x.keras").write_bytes(b"PK")
    return folder / "x.keras"


def not_finite(folder):
    path = folder / "x.safetensors"
    layer = {"kernel": np.full((3, 3, 1, 4), np.nan, np.float32), "bias": np.zeros(4, np.float32)}
    save_file({f"convolution_1/{name}": value for name, value in layer.items()}, path)
    return path


def of_another_model(folder):
    save_file({"hidden_1/kernel": np.ones((64, 30), np.float32)}, folder / "x.safetensors")
    return folder / "x.safetensors"


def of_a_checkpoint(folder):
    save_file({"model/0000": np.ones(1), "interval/weight": np.ones(1)}, folder / "x.safetensors")
    return folder / "x.safetensors"


REFUSED = {
    no_file: (2, "is not there"),
    another_kind: (2, "is of another kind"),
    no_run: (2, "has neither model.keras nor checkpoints"),
    damaged: (4, "cannot be read as safetensors"),
    damaged_model: (4, "is damaged or no .keras file"),
    not_finite: (4, "has numbers that no weight can be"),
    of_another_model: (4, "nothing in"),
    of_a_checkpoint: (4, "is part of a checkpoint"),
}


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_is_no_source_is_refused_in_one_line(make, train_here, tmp_path):
    path = make(tmp_path)
    with pytest.raises((configs.ConfigError, CheckpointError, zoo.ModelFileError)) as caught:
        train_here(tmp_path / "run", *CNN, "--steps", "1", "--init-from", str(path))
    code, text = describe(caught.value)
    assert (code, "\n" in text) == (REFUSED[make][0], False)
    assert REFUSED[make][1] in text
    assert not (tmp_path / "run").exists()


def test_an_adversary_has_no_weights_to_freeze():
    with pytest.raises(configs.ConfigError, match="has no single loss"):
        resolve(parse(["--model", "gan", "--freeze", "scores"]).config)
