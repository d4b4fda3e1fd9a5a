"""The policy network against NumPy, and where it starts."""

import numpy as np
import pytest

import zoo


@pytest.mark.parametrize("shared", [False, True])
def test_outputs_are_the_formulas(shared: bool) -> None:
    model = zoo.create_model(
        "policy", num_classes=3, input_shape=(4,), hidden_units=(6, 5), shared=shared
    )
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.get_weights()])
    observations = generator.normal(size=(7, 4)).astype(np.float32)

    def dense(values: np.ndarray, name: str) -> np.ndarray:
        kernel, bias = model.get_layer(name).get_weights()
        return values @ kernel + bias

    hidden = np.tanh(dense(np.tanh(dense(observations, "hidden_1")), "hidden_2"))
    logits = dense(hidden, "logits")
    if not shared:
        hidden = np.tanh(dense(np.tanh(dense(observations, "value_hidden_1")), "value_hidden_2"))
    outputs = model.predict_on_batch(observations)
    assert outputs["value"].shape == (7,)
    np.testing.assert_allclose(outputs["logits"], logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        outputs["value"], dense(hidden, "values")[:, 0], rtol=1e-4, atol=1e-5
    )


def test_hidden_kernels_start_orthogonal_and_the_last_ones_a_hundredth_of_that() -> None:
    model = zoo.create_model("policy", num_classes=2, input_shape=(4,))
    for name, scale in (("hidden_2", 1.0), ("value_hidden_2", 1.0), ("logits", 0.01)):
        kernel = model.get_layer(name).get_weights()[0]
        products = kernel.T @ kernel
        np.testing.assert_allclose(products, scale**2 * np.eye(len(products)), atol=1e-5 * scale)
    assert np.linalg.norm(model.get_layer("values").get_weights()[0]) == pytest.approx(0.01)


def test_scale_of_the_policy_is_of_its_scores_alone() -> None:
    model = zoo.create_model("policy", num_classes=2, input_shape=(4,), policy_scale=2.0)
    norms = [np.linalg.norm(model.get_layer(name).kernel, axis=0) for name in ("logits", "values")]
    np.testing.assert_allclose(norms[0], [2, 2], rtol=1e-5)
    np.testing.assert_allclose(norms[1], [0.01], rtol=1e-5)


def test_observations_of_more_axes_are_refused() -> None:
    with pytest.raises(zoo.ModelOptionError, match=r"expected \[features\]"):
        zoo.create_model("policy", num_classes=2, input_shape=(8, 8, 1))
