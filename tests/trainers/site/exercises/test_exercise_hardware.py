"""Exercise: the operations of a small network, and what a machine could do with them."""

import zoo
from zoo.catalogue.flops import flops_per_example


def test_the_operations_of_a_small_network():
    # Two for each weight, a multiplication and an addition, and one for each bias.
    by_hand = (2 * 784 * 30 + 30) + (2 * 30 * 10 + 10)
    model = zoo.create_model("mlp", num_classes=10, input_shape=(28, 28, 1), hidden_units=(30,))
    assert flops_per_example(model) == by_hand == 47_680

    # Forward, back to the inputs, back to the weights: three times, for 10 examples.
    per_update = 3 * 10 * by_hand
    updates_per_second = 200e9 / per_update
    assert 139_000 < updates_per_second < 140_000
    # The table has 6,739 and 22,821: most of the time goes into starting small operations.
    assert 22_821 / updates_per_second < 0.2
