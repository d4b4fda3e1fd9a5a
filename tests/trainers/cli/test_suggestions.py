"""A flag that does not exist: the message names the one that is meant."""

import pytest

import configs
import zoo
from trainers import run
from trainers.cli import suggestions
from trainers.cli.options import arguments
from trainers.optimizers.catalogue import OPTIMIZERS


def message_of(argv):
    with pytest.raises(configs.ConfigError) as caught:
        run.main([*argv, "--print-config"])
    return str(caught.value)


MEANT = {
    "--lr": "did you mean '--learning-rate'?",
    "--lr=0.1": "did you mean '--learning-rate'?",
    "--LR": "did you mean '--learning-rate'?",
    "--bs": "did you mean '--batch-size'?",
    "--lr-schedule": "did you mean '--schedule'?",
    "--lr_scheduler": "did you mean '--schedule'?",
    "--optim": "did you mean '--optimizer'?",
    "--momentum": "it is --optimizer.momentum of --optimizer momentum or rmsprop;",
    "--nesterov": "it is --optimizer.nesterov of --optimizer momentum;",
    "--damping": "it is --optimizer.damping of --optimizer newton or natural_gradient;",
    "--beta1": "did you mean '--optimizer.beta-1'?",
    "--eps": "did you mean '--optimizer.epsilon'?",
    "--dropout": "did you mean '--model.dropout'?",
    "--hidden-size": "did you mean '--model.hidden-units'?",
    "--filters": "it is --model.filters of --model ",
    "--gpus": "did you mean '--replicas'?",
    "--wd": "did you mean '--weight-decay'?",
    "--val-split": "did you mean '--validation-fraction'?",
    "--max-steps": "did you mean '--steps'?",
    "--num-epochs": "did you mean '--epochs'?",
    "--output-dir": "did you mean '--run-dir'?",
    "--lerning-rate": "did you mean '--learning-rate'?",
    "--hitsograms": "did you mean '--histograms'?",
    "--xyzzy": "unknown option --xyzzy; --help",
}


@pytest.mark.parametrize("flag", sorted(MEANT))
def test_flag_is_answered_by_what_it_means(flag):
    argv = [flag] if "=" in flag else [flag, "0.1"]
    message = message_of(argv)
    assert MEANT[flag] in message
    assert message.endswith(" --help lists them all")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("model", "flag", "meant"),
    [
        ("lstm", "--hidden-size", "--model.units"),
        ("policy", "--gamma", "--problem.discount"),
        ("policy", "--n-steps", "--problem.horizon-steps"),
        ("cnn", "--maps", "--model.filters"),
    ],
)
def test_suggestion_is_an_option_of_the_model_that_is_named(model, flag, meant):
    assert f"did you mean {meant!r}?" in message_of(["--model", model, flag, "3"])


def test_option_of_the_named_optimizer_is_suggested_itself():
    message = message_of(["--optimizer", "momentum", "--momentum", "0.9"])
    assert "did you mean '--optimizer.momentum'?" in message


def test_every_meaning_leads_to_an_option_that_exists():
    known = {"run-dir", "resume", "config", "print-config", "dry-run", "import"}
    for model in zoo.list_models():
        for optimizer in OPTIMIZERS:
            for each in arguments(model, optimizer):
                known.add(each.short_flag.removeprefix("--"))
    assert set(suggestions._MEANINGS) <= known
