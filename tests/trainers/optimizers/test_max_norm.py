"""The bound on each unit's incoming weights, after the updates of the loop that users run."""

import numpy as np
import pytest

import configs
import zoo
from trainers.engine.batch import Batch
from trainers.optimizers.catalogue import build_optimizer
from trainers.optimizers.weights import OptimizedWeights
from trainers.runs import checkpoints

RUN = "--learning-rate 0.1 --batch-size 64 --histograms false --evaluate-every-steps 20"
# By model: the hidden layers whose units are bounded, and the axes that their weights come in by.
BOUNDED = {
    "mlp": ("--model.hidden-units 20,10", {"hidden_1": (0,), "hidden_2": (0,)}),
    "cnn": (
        "--model.filters 4 --model.dense-units 6",
        {"convolution_1": (0, 1, 2), "dense": (0,)},
    ),
}
LIMIT = 0.7
DROPPED = "--model.dropout 0.2 --model.input-dropout 0.2"


def norms(kernel, axes):
    return np.sqrt(np.sum(np.square(np.array(kernel)), axis=axes))


@pytest.mark.parametrize(
    ("model", "more"),
    [
        pytest.param("mlp", f"--compile xla --optimizer adam {DROPPED}", marks=pytest.mark.slow),
        ("mlp", "--compile graph --optimizer momentum --precision mixed_float16"),
        ("cnn", "--optimizer adam"),
    ],
)
def test_no_hidden_units_weights_are_longer_after_a_run(train_here, tmp_path, model, more):
    arguments, layers = BOUNDED[model]
    options = [*RUN.split(), *arguments.split(), *more.split(), "--model.max-norm", str(LIMIT)]
    train_here(tmp_path / "run", "--model", model, *options, "--steps", "20")
    trained = zoo.trained_model(zoo.load_model(tmp_path / "run" / "model.keras"))
    for name, axes in layers.items():
        lengths = norms(trained.get_layer(name).kernel, axes)
        assert np.all(lengths <= LIMIT * (1 + 1e-6)), name
        assert np.any(lengths > LIMIT * (1 - 1e-5)), f"{name}: nothing has reached the bound"
    # The scores' are as long as they like.
    assert norms(trained.get_layer("scores").kernel, (0,)).max() > LIMIT


def test_resumed_run_ends_with_the_same_bounded_weights(train_here, tmp_path):
    options = ["--model", "mlp", *RUN.split(), "--model.max-norm", str(LIMIT), "--schedule"]
    options += ["constant", "--optimizer", "momentum", "--checkpoint-every-steps", "10"]
    train_here(tmp_path / "straight", *options, "--steps", "20")
    train_here(tmp_path / "parts", *options, "--steps", "10")
    train_here(tmp_path / "parts", "--resume", "--steps", "20")
    one, other = (
        checkpoints.load_newest(tmp_path / name / "checkpoints").arrays
        for name in ("straight", "parts")
    )
    for name, value in one.items():
        np.testing.assert_array_equal(other[name], value, err_msg=name)


def test_an_update_is_the_rules_then_the_documented_bound():
    model = zoo.create_model("mlp", num_classes=2, input_shape=(4,), hidden_units=(3,), max_norm=1)
    before = [np.array(v) for v in model.trainable_variables]
    config = configs.OptimizerConfig(name="sgd", learning_rate=0.5)
    weights = OptimizedWeights(build_optimizer(config, "float32", 1), model.trainable_variables)
    random = np.random.default_rng(0)
    gradients = [random.normal(size=w.shape).astype(np.float32) for w in before]
    weights.apply(gradients, Batch(None, None, None), None)
    stepped = [w - 0.5 * g for w, g in zip(before, gradients, strict=True)]
    bound = np.minimum(1, 1 / norms(stepped[0], (0,)))
    assert np.any(bound < 1)
    np.testing.assert_allclose(model.trainable_variables[0], stepped[0] * bound, rtol=1e-5)
    for variable, expected in zip(model.trainable_variables[1:], stepped[1:], strict=True):
        np.testing.assert_allclose(variable, expected, rtol=1e-6)
