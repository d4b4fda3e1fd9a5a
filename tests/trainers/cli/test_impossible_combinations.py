"""Settings that are right alone and exclude each other: refused by the command, nothing written."""

import pytest

import configs
import datasets
import zoo
from trainers import run
from trainers.cli.exit import describe

IMPOSSIBLE = {
    "--epochs 1 --steps 1": "both of epochs and steps",
    "--compile eager --precision mixed_float16": "loss scaling needs a compiled step",
    "--compile eager --replicas 2": "--compile eager with 2 replicas",
    "--schedule epochs": "without its rates",
    "--epoch-rates 0.1x2,0.01": "which does not read it",
    "--schedule epochs --epoch-rates 0.1x2,0.01 --learning-rate 0.2": "the first of epoch_rates",
    "--strategy one_device --replicas 2": "--strategy one_device with --replicas 2",
    "--strategy one_device --devices CPU:0,CPU:1": "name one of them",
    "--devices CPU:0,CPU:0": "give each device once",
    "--devices CPU:0,CPU:1 --replicas 3": "--replicas 3 with 2 --devices",
    "--strategy multi_worker": "finds no cluster",
    "--optimizer batch_gd --batch-size 32": "--batch-size does not apply",
    "--optimizer newton --batch-size 32 --model.dropout 0.5": "dropout 0.5 makes another",
    "--optimizer newton --model.dropout 0 --normalization batch": "batch normalization changes",
    "--optimizer newton --model.dropout 0 --precision mixed_float16": "precision 'mixed_float16'",
    "--optimizer newton --model.dropout 0 --precision mixed_bfloat16": "precision 'mixed_bf",
    "--optimizer newton --model.dropout 0 --clip-norm 1": "does not clip its gradient",
    "--optimizer newton --model.dropout 0 --loss hinge": "needs a loss with curvature",
    "--optimizer newton --model.dropout 0 --replicas 2": "trains on one device",
    "--optimizer natural_gradient --model.dropout 0 --clip-norm 1": "does not clip",
    "--optimizer natural_gradient --model.dropout 0 --replicas 2": "trains on one device",
    "--model lstm_classifier --model.cell memory_blocks --optimizer newton": "truncated memory",
    "--model perceptron --model.output-activation step --optimizer newton": "outputs with a",
    "--model policy --optimizer newton": "needs the loss of a supervised model",
    "--model gan --optimizer natural_gradient": "needs the loss of a supervised model",
    "--model policy --diagnostics true": "diagnostics need the loss",
    "--model gan --loss.l2 0.1": "L2 penalty is for supervised models",
    "--model policy --compile xla": "--compile xla cannot train 'policy'",
    "--model policy --replicas 2": "trains on one device",
    "--model policy --loss mse": "loss",
    "--model char_lstm --loss mse": "loss",
    "--model linear_regression --loss cross_entropy": "loss",
    "--model gan --dataset diabetes": "is for classification, dataset 'diabetes' for regression",
    "--model lstm --dataset digits": "dataset 'digits' for classification",
    "--model cnn --dataset cartpole": "dataset 'cartpole' for control",
    "--model char_lstm --dataset reber": "dataset 'reber' for",
    "--dataset digits --data-path book.txt": "allowed only with dataset",
    "--model char_lstm --dataset text": "data_path",
    "--model mlp --resume": "--resume needs --run-dir",
    "--run-dir x --resume --config y.yaml": "--config does not apply",
}


@pytest.mark.usefixtures("before_tensorflow")
@pytest.mark.parametrize("words", sorted(IMPOSSIBLE))
def test_fault_39_options_that_exclude_each_other_are_refused(words, tmp_path, monkeypatch):
    """Before TensorFlow is waited for, whichever comes first.

    Each was seen to fail without its own refusal, and those of strategy and devices where `resolve`
    leaves them to `place`, which checks again once TensorFlow is there.
    """
    monkeypatch.chdir(tmp_path)
    pairs = [pair.split() for pair in words.replace(" --", "\n--").split("\n")]
    for order in (pairs, pairs[::-1]):
        with pytest.raises((configs.ConfigError, zoo.ModelError, datasets.DataError)) as caught:
            run.main([word for pair in order for word in pair])
        code, text = describe(caught.value)
        assert code in (2, 3)  # 3: what a dataset is not given, or does not take
        assert code == 2 or "data_path" in text
        assert IMPOSSIBLE[words] in text
        assert "\n" not in text
    assert list(tmp_path.iterdir()) == []
