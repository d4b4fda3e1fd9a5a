"""The pages' networks give what Keras's give, from the same weights."""

import numpy as np
import pytest

import zoo

EXPRESSION = """
input.map((x) => {
  const network = zoo.networks[%r];
  return network(zoo.arrays(%r), x);
})
"""


def given(evaluated, network, weights, inputs):
    """Return what the page's network makes of each row."""
    rows = [np.asarray(row, float).tolist() for row in inputs]
    return evaluated(EXPRESSION % (network, weights), weights.replace(":", "-"), given=rows)


@pytest.fixture(scope="module")
def pictures(assets, evaluated):
    """The twenty digits of the pages as numbers in [0, 1], `[20, 784]`, and their labels."""
    found = evaluated(
        "({labels: zoo.stored.get('digits').labels, bytes: zoo.bytes(zoo.stored.get('digits')"
        ".base64)})",
        "digits",
    )
    return np.float32(found["bytes"]).reshape(20, 784) / np.float32(255), found["labels"]


@pytest.mark.parametrize("name", ["perceptron", "mlp", "cnn"])
def test_classifiers_give_the_scores_that_keras_gives(name, pictures, evaluated):
    images, labels = pictures
    model = zoo.create_model(name, weights="mnist")
    expected = model(images.reshape(20, 28, 28, 1), training=False).numpy()
    results = given(evaluated, name, f"{name}:mnist", images)
    scores = np.array([result["scores"] for result in results])
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
    # What the page says of them: all are named rightly, but for the last 9.
    assert (scores.argmax(1) == labels)[:19].all()
    assert scores.argmax(1)[19] == {"perceptron": 0, "mlp": 5, "cnn": 9}[name]


@pytest.mark.parametrize(
    ("network", "layers"),
    [
        ("mlp", {"hidden": "hidden_1_activation"}),
        ("cnn", {"first": "convolution_1_activation", "second": "convolution_2_activation"}),
    ],
)
def test_activations_are_those_of_the_layers(network, layers, pictures, evaluated):
    import keras

    images = pictures[0][3:5]
    model = zoo.create_model(network, weights="mnist")
    inside = keras.Model(model.input, [model.get_layer(name).output for name in layers.values()])
    outputs = inside(images.reshape(-1, 28, 28, 1), training=False)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    results = given(evaluated, network, f"{network}:mnist", images)
    for name, expected in zip(layers, outputs, strict=True):
        found = np.array([result[name] for result in results]).reshape(expected.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_the_autoencoder_encodes_and_decodes_as_keras_does(pictures, evaluated):
    images = pictures[0][:6]
    model = zoo.create_model("autoencoder", weights="mnist")
    outputs = model(images.reshape(-1, 28, 28, 1), training=False)
    codes = given(evaluated, "encoder", "autoencoder:mnist", images)
    np.testing.assert_allclose(codes, outputs["code"], rtol=1e-5, atol=1e-5)
    pixels = given(evaluated, "decoder", "autoencoder:mnist", codes)
    scores = outputs["scores"].numpy().reshape(6, 784)
    np.testing.assert_allclose(pixels, 1 / (1 + np.exp(-scores)), atol=1e-5)


def test_char_lstm_reads_a_prompt_as_keras_does(evaluated):
    name = "char_lstm:stdlib_source"
    symbols = zoo.weights_card(name).preparation["inputs"]["symbols"]
    text = 'def read(self, path):\n    """Return what the file at `path` holds."""\n'
    prompt = [symbols.index(letter) for letter in text[:64]]
    model = zoo.create_model("char_lstm", weights="stdlib_source")
    zeros = np.zeros((1, 1, 2, 256), np.float32)
    outputs = model({"symbols": np.array([prompt], np.int32), "state": zeros}, training=False)
    result = evaluated(
        """
        (() => {
          const arrays = zoo.arrays("char_lstm:stdlib_source");
          let state = zoo.networks.startOfText(arrays);
          const scores = [];
          for (const symbol of input) {
            const after = zoo.networks.charLstm(arrays, symbol, state);
            state = after.state;
            scores.push(after.scores);
          }
          return { scores, state, symbols: zoo.stored.get("char_lstm:stdlib_source").symbols };
        })()
        """,
        "char_lstm-stdlib_source",
        given=prompt,
    )
    assert result["symbols"] == symbols
    np.testing.assert_allclose(result["scores"], outputs["scores"][0], rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(result["state"]["h"], outputs["state"][0, 0, 0], atol=1e-5)
    np.testing.assert_allclose(result["state"]["c"], outputs["state"][0, 0, 1], atol=2e-5)


def test_the_policy_gives_the_scores_and_the_value_that_keras_gives(evaluated):
    observations = np.random.default_rng(0).normal(0, 0.2, (8, 4)).astype(np.float32)
    outputs = zoo.create_model("policy", weights="cartpole")(observations, training=False)
    results = given(evaluated, "policy", "policy:cartpole", observations)
    scores = [result["scores"] for result in results]
    np.testing.assert_allclose(scores, outputs["logits"], rtol=1e-5, atol=1e-5)
    values = [result["value"] for result in results]
    np.testing.assert_allclose(values, outputs["value"], rtol=1e-5, atol=1e-5)


def test_softmax_sums_to_one_however_large_the_scores_are(evaluated):
    shares = evaluated("zoo.softmax([1000, 1001, 1002, 1000], 2)")
    weights = np.exp(np.array([0, 0.5, 1, 0]))
    np.testing.assert_allclose(shares, weights / weights.sum(), rtol=1e-12)
