"""Curvature products keep recurrent layers off cuDNN, which has no second derivative."""

import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers.engine.batch import Batch
from trainers.objectives import losses
from trainers.optimizers.second_order.cudnn import without_cudnn
from trainers.optimizers.second_order.curvature import (
    gauss_newton_product,
    hessian_product,
    output_hessian,
)
from zoo.layers.recurrent.fused_lstm import KerasLSTM

pytestmark = pytest.mark.usefixtures("plain_graphs")


@pytest.fixture
def choices(monkeypatch):
    """What every recurrence that runs from now on has been allowed."""
    seen = []
    original = KerasLSTM.inner_loop

    def inner_loop(self, *arguments, **keywords):
        seen.append(self.use_cudnn)
        return original(self, *arguments, **keywords)

    monkeypatch.setattr(KerasLSTM, "inner_loop", inner_loop)
    return seen


@pytest.mark.parametrize("normalization", ["none", "weight"])
def test_products_are_traced_without_cudnn_and_the_model_keeps_its_choice(choices, normalization):
    model = zoo.create_model(
        "lstm_classifier", num_classes=3, input_shape=(4, 2), units=2, normalization=normalization
    )
    loss = losses.loss_function(configs.LossConfig("cross_entropy"), "classes", 3, "linear")
    random = np.random.default_rng(0)
    inputs = tf.constant(random.normal(size=(5, 4, 2)).astype(np.float32))
    batch = Batch(inputs, tf.constant(random.integers(0, 3, 5)), tf.ones(5))
    direction = [tf.ones(variable.shape) for variable in model.trainable_variables]
    for product in (
        hessian_product(model, loss),
        gauss_newton_product(model, output_hessian(loss)),
    ):
        choices.clear()
        tf.function(product)(batch, direction)
        assert set(choices) == {False}
    choices.clear()
    model(inputs)
    assert choices == ["auto"]


def test_the_choice_comes_back_after_an_error():
    model = zoo.create_model("lstm_classifier", num_classes=3, input_shape=(4, 2), units=2)
    with pytest.raises(ZeroDivisionError), without_cudnn(model):
        raise ZeroDivisionError
    assert [x.use_cudnn for x in model.layers if hasattr(x, "use_cudnn")] == ["auto"]
