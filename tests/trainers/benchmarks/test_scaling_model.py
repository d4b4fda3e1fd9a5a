"""The model of scaling against numbers worked out by hand, and the tables of its benchmark."""

import pytest

import configs
from trainers.benchmarks import scale
from trainers.benchmarks.scaling_model import Machine, Work, efficiency, update_seconds

MACHINE = Machine(
    flops_per_second=1e12,
    utilization=0.5,
    bytes_per_second=1e9,
    latency_seconds=1e-5,
    overhead_seconds=1e-3,
    input_bytes_per_second=1e9,
)
WORK = Work(flops_per_example=1e9, batch_size=100, gradient_bytes=4e6, example_bytes=1e3)


def test_one_device_computes_and_exchanges_nothing():
    # 3 * 1e9 * 100 operations at 0.5e12 a second, and 1 ms beside.
    assert update_seconds(WORK, MACHINE, 1) == pytest.approx(0.6 + 0.001)
    assert efficiency(WORK, MACHINE, 1) == 1


def test_ring_sends_every_gradient_twice_but_a_share():
    # 2 * 3/4 * 4 MB at 1 GB/s, and six messages of 10 us.
    expected = 0.6 / 4 + 0.001 + 0.006 + 6e-5
    assert update_seconds(WORK, MACHINE, 4) == pytest.approx(expected)
    assert efficiency(WORK, MACHINE, 4) == pytest.approx(0.601 / (4 * expected))


def test_slow_input_decides_where_it_is_slower_than_arithmetic():
    heavy = Work(1e6, 100, 4e6, example_bytes=1e8)
    assert update_seconds(heavy, MACHINE, 4) == pytest.approx(100 * 1e8 / 1e9 / 4)


def test_every_model_that_shares_batches_is_a_case_without_dropout():
    cases = scale.cases()
    assert {"mlp", "cnn", "lstm", "linear_regression", "char_lstm"} <= set(cases)
    options = {name: configs.recipe(**case).model.options for name, case in cases.items()}
    assert options["cnn with batch normalization"]["normalization"] == "batch"
    assert "policy" not in cases
    assert options["mlp"]["dropout"] == 0


def test_exchange_is_counted_in_bytes():
    # 65 * 10 weights of 4 bytes, two figures of 8 bytes, and the batch's weight of 4 bytes.
    assert scale.exchanged_bytes({"name": "perceptron"}) == 650 * 4 + 2 * 8 + 4


def test_largest_difference_is_found_among_all_placements():
    found = {"a": {"differences": {"x": {"loss": 1e-7, "weights": 3e-6}}}}
    found["b"] = {"differences": {"x": {"loss": 2e-5, "weights": 0.0}}}
    assert scale.largest(found) == 2e-5
