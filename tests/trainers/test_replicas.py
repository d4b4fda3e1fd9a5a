"""Several replicas and several workers compute what one device computes.

| runs | agree |
|---|---|
| 1 device, N replicas, N workers, without dropout | to 1e-5 in every loss, figure and variable |
| N replicas and N workers of one replica | bit for bit |
| all copies of a variable on one machine's devices | bit for bit |
| with dropout | only runs of equally many replicas, see `test_replica_runs` |
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import replica_cases
import tensorflow as tf
from replica_cases import CASES

import zoo
from trainers import problems, replicas
from trainers.launch import free_addresses

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 600
# In one process, so that every case is trained on one device once.
pytestmark = pytest.mark.xdist_group("replicas")

QUICK = {"autoencoder", "char_lstm streamed", "cnn batch", "linear_regression"}
QUICK |= {"lstm streamed", "lstm_classifier", "mlp", "mlp everything", "perceptron", "rosenblatt"}


def each_case(quick):
    marks = {name: () if name in quick else pytest.mark.slow for name in CASES}
    return pytest.mark.parametrize("case", [pytest.param(n, marks=marks[n]) for n in CASES])


def start(output, names, parts=0, workers=1):
    """Start processes that train the named cases; each writes `output`.INDEX.npz."""
    addresses, processes = free_addresses(workers), []
    for index in range(workers):
        environment = dict(os.environ, PYTHONPATH=str(ROOT), TF_CPP_MIN_LOG_LEVEL="3")
        if workers > 1:
            task = {"type": "worker", "index": index}
            value = {"cluster": {"worker": addresses}, "task": task}
            environment["TF_CONFIG"] = json.dumps(value)
        command = [sys.executable, replica_cases.__file__, str(output), str(parts), *names]
        processes.append(
            subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        )
    return processes


@pytest.fixture(scope="module")
def elsewhere(request, tmp_path_factory):
    """Results of the other processes, by test: one list entry for each process.

    All of them train the cases that are to be tested, one kind of placement after the other.
    """
    kinds = {
        "test_two_workers_equal_two_replicas": {"workers": 2},
        "test_four_replicas_equal_one_device": {"parts": 4},
        "test_three_workers_equal_one_device": {"workers": 3},
    }
    folder, results = tmp_path_factory.mktemp("replicas"), {}

    def of(test):
        if test not in results:
            names = [
                item.callspec.params["case"]
                for item in request.session.items
                if getattr(item, "originalname", "") == test
            ]
            processes = start(folder / test, names, **kinds[test])
            for process in processes:
                _, errors = process.communicate(timeout=WAIT_SECONDS)
                assert process.returncode == 0, errors
            paths = [folder / f"{test}.{i}.npz" for i in range(len(processes))]
            results[test] = [replica_cases.load(path) for path in paths]
        return results[test]

    return of


@pytest.fixture(scope="module")
def alone():
    found = {}

    def of(case):
        if case not in found:
            found[case] = replica_cases.train(CASES[case])
        return found[case]

    return of


@pytest.fixture(scope="module")
def together(two_replicas):
    found = {}

    def of(case):
        if case not in found:
            with two_replicas.scope():
                found[case] = replica_cases.train(CASES[case])
        return found[case]

    return of


def assert_same(one, other, tolerance):
    assert set(one) == set(other)
    assert any(name.startswith("sums") for name in one)
    assert other["copies differ"] == 0
    for name, value in one.items():
        if name.endswith("seed_generator_state") and tolerance == 0:
            continue  # every replica draws its own numbers, from other seeds
        np.testing.assert_allclose(other[name], value, rtol=tolerance, atol=tolerance, err_msg=name)


def test_every_model_that_shares_batches_has_a_case():
    shares = {name for name in zoo.list_models() if problems.of_model(name).distributes}
    assert shares == {case.model for case in CASES.values()}
    assert shares == {CASES[name].model for name in QUICK}


@each_case(QUICK)
def test_two_replicas_equal_one_device(case, alone, together):
    first = alone(case)
    assert_same(first, together(case), 1e-5)
    moved = [name for name in first if name.startswith("optimizer")]
    assert any(np.any(first[name] != 0) for name in moved)


@each_case(QUICK)
def test_two_workers_equal_two_replicas(case, together, elsewhere):
    for worker in elsewhere("test_two_workers_equal_two_replicas"):
        assert_same(together(case), worker[case], 0)


@each_case({"cnn batch"})
@pytest.mark.slow
def test_four_replicas_equal_one_device(case, alone, elsewhere):
    (result,) = elsewhere("test_four_replicas_equal_one_device")
    assert_same(alone(case), result[case], 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(CASES))
def test_three_workers_equal_one_device(case, alone, elsewhere):
    first, *others = elsewhere("test_three_workers_equal_one_device")
    assert_same(alone(case), first[case], 1e-5)
    for worker in others:
        assert_same(first[case], worker[case], 0)


def test_streamed_text_carries_its_state_as_text_in_memory_does(alone):
    streamed = alone("char_lstm streamed")
    case = CASES["char_lstm streamed"]
    resident = replica_cases.train(
        replica_cases.Case(case.model, case.arguments, batch_size=3, updates=case.updates)
    )
    for name, value in resident.items():
        np.testing.assert_array_equal(streamed[name], value, err_msg=name)


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
