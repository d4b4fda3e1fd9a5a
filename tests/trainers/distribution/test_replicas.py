"""Several replicas and several workers compute what one device computes.

| runs | agree |
|---|---|
| 1 device, N replicas, N workers, without dropout | to 1e-5 in every loss, figure and variable |
| N replicas and N workers of one replica | bit for bit |
| all copies of a variable on one machine's devices | bit for bit |
| with dropout | only runs of equally many replicas, see `test_replica_runs` |
"""

import contextlib
import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
import replica_cases
import tensorflow as tf
from forked import Command
from places import ROOT
from replica_cases import CASES

import configs
import zoo
from trainers.distribution import replicas
from trainers.distribution.local_workers import free_addresses
from trainers.distribution.place import place
from trainers.distribution.signals import StopSignals
from trainers.problems import catalogue as problems

pytestmark = pytest.mark.usefixtures("plain_graphs")

WAIT_SECONDS = 600
# A machine runs the processes of one test side by side, so that each test trains many cases.
QUICK = ["autoencoder", "char_lstm streamed", "cnn batch", "linear_regression", "lstm streamed"]
QUICK += ["mlp everything", "perceptron", "rosenblatt"]
# Their batches are shared as those of others are: layers alone differ.
ALIKE = {"bi_lstm", "gru", "lenet", "lstm_classifier", "lstm_regressor", "resnet"}
# Of these, one with statistics, one with a state and one with all options meet as workers too.
ALL = pytest.param(sorted(CASES), sorted(CASES), id="all", marks=pytest.mark.slow)


@contextlib.contextmanager
def training(folder, names, parts=0, workers=1):
    """Train the named cases in other processes; yield what waits for each one's results."""
    addresses, processes = free_addresses(workers), []
    for index in range(workers):
        path = os.pathsep.join([str(ROOT), str(Path(replica_cases.__file__).parent)])
        environment = dict(os.environ, PYTHONPATH=path)
        if workers > 1:
            task = {"type": "worker", "index": index}
            value = {"cluster": {"worker": addresses}, "task": task}
            environment["TF_CONFIG"] = json.dumps(value)
        arguments = [folder / "found", parts, *names]
        processes.append(Command("replica_cases", *arguments, env=environment))

    def results():
        for index, process in enumerate(processes):
            _, errors = process.communicate(timeout=WAIT_SECONDS)
            assert process.returncode == 0, errors
            yield replica_cases.load(folder / f"found.{index}.npz")

    try:
        yield results
    finally:
        for process in processes:
            process.close()


def assert_same(case, one, other, tolerance):
    assert set(one) == set(other)
    assert any(name.startswith("sums") for name in one)
    assert any(np.any(one[name]) for name in one if name.startswith("optimizer"))
    assert other["copies differ"] == 0
    for name, value in one.items():
        if name.endswith("seed_generator_state") and tolerance == 0:
            continue  # every replica draws its own numbers, from other seeds
        np.testing.assert_allclose(
            other[name], value, rtol=tolerance, atol=tolerance, err_msg=f"{case}: {name}"
        )


def test_every_model_that_shares_batches_has_a_case():
    shares = {name for name in zoo.list_models() if problems.of_model(name).distributes}
    assert shares == {case.model for case in CASES.values()}
    assert shares == {CASES[name].model for name in QUICK} | ALIKE


# Two workers take as long as all of these replicas: they are in the longer form.
@pytest.mark.parametrize(("names", "meeting"), [pytest.param(QUICK, [], id="quick"), ALL])
def test_two_replicas_and_two_workers_compute_what_one_device_computes(
    tmp_path, two_replicas, names, meeting
):
    others = training(tmp_path, meeting, workers=2) if meeting else contextlib.nullcontext(tuple)
    with others as results:
        together = {}
        for name in names:
            with two_replicas.scope():
                together[name] = replica_cases.train(CASES[name])
            assert_same(name, replica_cases.train(CASES[name]), together[name], 1e-5)
        for worker in results():
            for name in meeting:
                assert_same(name, together[name], worker[name], 0)


@pytest.mark.slow
def test_four_replicas_compute_what_one_device_computes(tmp_path):
    with training(tmp_path, list(CASES), parts=4) as results:
        alone = {name: replica_cases.train(case) for name, case in CASES.items()}
        (found,) = results()
        for name in CASES:
            assert_same(name, alone[name], found[name], 1e-5)


@pytest.mark.slow
def test_three_workers_compute_what_one_device_computes(tmp_path):
    with training(tmp_path, list(CASES), workers=3) as results:
        alone = {name: replica_cases.train(case) for name, case in CASES.items()}
        first, *others = results()
        for name in CASES:
            assert_same(name, alone[name], first[name], 1e-5)
            for worker in others:
                assert_same(name, first[name], worker[name], 0)


def test_streamed_text_carries_its_state_as_text_in_memory_does():
    case = CASES["char_lstm streamed"]
    streamed = replica_cases.train(case)
    resident = replica_cases.train(dataclasses.replace(case, resident=True))
    for name, value in resident.items():
        np.testing.assert_array_equal(streamed[name], value, err_msg=name)


def test_parts_of_the_cpu_are_used_only_where_asked_for(two_replicas):
    assert two_replicas.num_replicas_in_sync == 2
    for strategy in ("auto", "one_device", "mirrored"):
        assert place(configs.Config(epochs=1, strategy=strategy), StopSignals()).strategy is None
    again = place(configs.Config(epochs=1, replicas=2, strategy="mirrored"), StopSignals())
    assert again.strategy is two_replicas


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 64])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_shares_are_contiguous_and_differ_by_one_row(rows, count):
    shares = [replicas.share(rows, number, count) for number in range(count)]
    assert [first for first, _ in shares] == list(np.cumsum([0, *(n for _, n in shares)])[:-1])
    lengths = [length for _, length in shares]
    assert sum(lengths) == rows
    assert max(lengths) - min(lengths) <= 1


def test_whole_and_total_put_shares_together_again(two_replicas):
    indices = tf.constant([5, 3, 9])

    def once(indices):
        own = replicas.own(indices)
        return replicas.whole(own, 3), replicas.total(tf.reduce_sum(own))

    with two_replicas.scope():
        whole, total = tf.function(lambda: replicas.run(once, indices))()
    assert (list(whole.numpy()), int(total)) == ([5, 3, 9], 17)
