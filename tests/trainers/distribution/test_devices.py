"""Which devices a configuration takes, worked out without having them."""

import pytest

import configs
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.distribution.devices import device_names


def names(*argv, gpus):
    plan = resolve(parse(["--model", "mlp", *argv]).config)
    return device_names(plan.config, gpus, plan.shares_batches)


def test_auto_takes_every_gpu_and_without_one_the_cpu():
    assert names(gpus=0) == ["CPU:0"]
    assert names(gpus=1) == ["GPU:0"]
    assert names(gpus=3) == ["GPU:0", "GPU:1", "GPU:2"]


def test_auto_takes_one_gpu_where_a_batch_cannot_be_shared():
    assert names("--model", "gan", gpus=3) == ["GPU:0"]
    assert names("--optimizer", "newton", "--model.dropout", "0", gpus=3) == ["GPU:0"]


def test_one_device_replicas_and_devices_choose_among_gpus():
    assert names("--strategy", "one_device", gpus=3) == ["GPU:0"]
    assert names("--strategy", "mirrored", "--replicas", "2", gpus=3) == ["GPU:0", "GPU:1"]
    assert names("--devices", "GPU:2,gpu:0", gpus=3) == ["GPU:2", "GPU:0"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--replicas", "4"], "--replicas 4, but this machine has 3 GPUs; give at most 3"),
        (["--devices", "GPU:3"], "--devices has 'GPU:3'; allowed, each once: GPU:0, GPU:1, GPU:2"),
        (["--devices", "GPU:1,GPU:1"], "--devices is 'GPU:1,GPU:1'; give each device once"),
        (["--devices", "GPU:0", "--replicas", "2"], "--replicas 2 with 1 --devices"),
        (["--devices", "GPU:0,GPU:1", "--strategy", "one_device"], "name one of them"),
    ],
)
def test_devices_that_are_not_there_are_refused(argv, message):
    with pytest.raises(configs.ConfigError) as caught:
        names(*argv, gpus=3)
    assert message in str(caught.value)
