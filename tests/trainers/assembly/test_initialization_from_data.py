import keras
import numpy as np
import pytest

import datasets
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse


def assembled(model, *options):
    plan = resolve(parse(["--model", model, "--model.normalization=weight", *options]).config)
    return assemble(plan, load_data(plan).dataset)


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_weight_normalized_units_start_with_mean_0_and_variance_1_on_the_data(model):
    parts = assembled(model, "--model.dropout=0")
    network = parts.step.model
    layer = next(layer for layer in network.layers if layer.name.endswith("normalization"))
    train = parts.dataset.splits["train"]
    inputs = train.inputs[datasets.sample_rows(train.size, 512)]
    sums = keras.Model(network.inputs, layer.output).predict(inputs, verbose=0)
    axes = tuple(range(sums.ndim - 1))
    np.testing.assert_allclose(sums.mean(axes), 0, atol=2e-5)
    np.testing.assert_allclose(sums.var(axes), 1, rtol=2e-4)


def test_recurrent_layers_keep_what_their_initializers_drew():
    model = assembled("lstm").step.model
    layer = next(layer for layer in model.layers if layer.name.endswith("normalization"))
    norms = np.linalg.norm(layer.kernels[0].numpy(), axis=0)
    np.testing.assert_allclose(layer.scales[0].numpy(), norms, rtol=1e-6)
