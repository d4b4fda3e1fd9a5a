"""Which variables are kernels, listed for every model; weight decay acts on them and no others."""

from typing import Any

import keras
import pytest

import zoo

IMAGE = (8, 8, 1)
GRU = ["gru_1/gru_cell/kernel", "gru_1/gru_cell/recurrent_kernel"]
BOTH = [
    f"{side}_1/lstm_cell/{name}"
    for side in ("backward", "forward")
    for name in ("kernel", "recurrent_kernel")
]
BLOCKS = ["lstm_1/cell/kernel", "lstm_1/cell/recurrent_kernel"]
CELL = ["lstm_1/lstm_cell/kernel", "lstm_1/lstm_cell/recurrent_kernel"]
NORMALIZED_CELL = ["lstm_1/cell/kernel", "lstm_1/cell/recurrent_kernel"]
CNN = ["convolution_1/kernel", "convolution_2/kernel", "dense/kernel", "scores/kernel"]
GAN = ["project/kernel", "enlarge/kernel", "draw/kernel"]
GAN += ["convolution_1/kernel", "convolution_2/kernel", "scores/kernel"]
POLICY = ["hidden_1/kernel", "hidden_2/kernel", "logits/kernel", "values/kernel"]
LENET5 = [f"{name}/kernel" for name in ("c1", "s2", "c3", "s4", "c5", "f6")]
RESNET = ["convolution/kernel", "scores/kernel"]
RESNET += [f"stage_{s}_block_1_convolution_{n}/kernel" for s in (1, 2, 3) for n in (1, 2)]
DENOISING = ["encoder_hidden_1/kernel", "code/kernel", "decoder_hidden_1/kernel", "pixels/kernel"]
# Model, input shape, options, kernels.
DECAYED: list[tuple[str, tuple[int | None, ...], dict[str, Any], list[str]]] = [
    ("perceptron", IMAGE, {}, ["scores/kernel"]),
    ("rosenblatt", IMAGE, {}, ["scores/kernel"]),
    ("linear_regression", (10,), {}, ["outputs/kernel"]),
    ("mlp", (5,), {"normalization": "none"}, ["hidden_1/kernel", "scores/kernel"]),
    ("mlp", (5,), {"normalization": "batch"}, ["hidden_1/kernel", "scores/kernel"]),
    ("mlp", (5,), {"normalization": "layer"}, ["hidden_1/kernel", "scores/kernel"]),
    ("mlp", (5,), {"normalization": "weight"}, ["scores/kernel"]),
    ("cnn", IMAGE, {"normalization": "none", "dense_units": 4}, CNN),
    ("cnn", IMAGE, {"normalization": "batch", "dense_units": 4}, CNN),
    ("cnn", IMAGE, {"normalization": "layer", "dense_units": 4}, CNN),
    ("cnn", IMAGE, {"normalization": "weight", "dense_units": 4}, ["scores/kernel"]),
    ("lenet", IMAGE, {}, LENET5),
    ("resnet", IMAGE, {"normalization": "none", "depth": 8}, RESNET),
    ("resnet", IMAGE, {"normalization": "batch", "depth": 8}, RESNET),
    ("resnet", IMAGE, {"normalization": "layer", "depth": 8}, RESNET),
    ("lstm", (None,), {"normalization": "none"}, [*CELL, "scores/kernel"]),
    ("lstm", (None,), {"normalization": "layer"}, [*NORMALIZED_CELL, "scores/kernel"]),
    ("lstm", (None,), {"normalization": "weight"}, ["scores/kernel"]),
    ("lstm_classifier", IMAGE, {"normalization": "none"}, [*CELL, "scores/kernel"]),
    ("lstm_classifier", IMAGE, {"normalization": "layer"}, [*NORMALIZED_CELL, "scores/kernel"]),
    ("lstm_classifier", IMAGE, {"normalization": "weight"}, ["scores/kernel"]),
    ("gru", (None,), {"units": 3}, [*GRU, "scores/kernel"]),
    ("bi_lstm", (5, 2), {"units": 3}, [*BOTH, "scores/kernel"]),
    ("lstm", (4,), {"cell": "memory_blocks"}, [*BLOCKS, "scores/kernel"]),
    ("lstm_regressor", (5, 2), {"normalization": "none"}, [*CELL, "outputs/kernel"]),
    ("lstm_regressor", (5, 2), {"normalization": "layer"}, [*NORMALIZED_CELL, "outputs/kernel"]),
    ("lstm_regressor", (5, 2), {"normalization": "weight"}, ["outputs/kernel"]),
    (
        "char_lstm",
        (None,),
        {"units": 4, "layers": 2},
        [f"lstm_{layer}/{name}" for layer in (1, 2) for name in ("kernel", "recurrent_kernel")]
        + ["scores/kernel"],
    ),
    ("gan", IMAGE, {"normalization": "none"}, GAN),
    ("gan", IMAGE, {"normalization": "batch"}, GAN),
    ("gan", IMAGE, {"normalization": "layer"}, GAN),
    ("autoencoder", IMAGE, {"kind": "variational"}, [*DENOISING, "log_variance/kernel"]),
    ("autoencoder", IMAGE, {"kind": "denoising"}, DENOISING),
    (
        "policy",
        (4,),
        {"shared": False},
        [*POLICY, "value_hidden_1/kernel", "value_hidden_2/kernel"],
    ),
    ("policy", (4,), {"shared": True}, POLICY),
]


def paths(model: keras.Model, *roles: str) -> list[str]:
    return sorted(v.path for v in model.trainable_variables if zoo.role_of(v) in roles)


def test_every_model_and_normalization_is_listed() -> None:
    assert {name for name, *_ in DECAYED} == set(zoo.list_models())
    for model in zoo.list_models():
        for option in ("normalization", "kind"):
            found = {o[option] for name, _, o, _ in DECAYED if name == model and option in o}
            choices = zoo.model_options(model).get(option)
            assert found == set(choices.choices or () if choices else ())


@pytest.mark.parametrize(
    ("name", "input_shape", "options", "expected"),
    DECAYED,
    ids=[f"{name}-{'-'.join(map(str, options.values()))}" for name, _, options, _ in DECAYED],
)
def test_kernels_are_those_listed(
    name: str, input_shape: tuple[int, ...], options: dict[str, Any], expected: list[str]
) -> None:
    model = zoo.create_model(name, num_classes=3, input_shape=input_shape, **options)
    assert paths(model, "kernel") == sorted(expected)
    normalized = options.get("normalization") == "weight"
    assert bool(paths(model, "kernel_length")) == normalized
    assert all(path.endswith("kernel_scale") for path in paths(model, "kernel_length"))
    everything = sorted(variable.path for variable in model.trainable_variables)
    assert paths(model, "kernel", "kernel_length", "other") == everything


def test_keras_layers_are_known_by_their_attributes_not_by_names() -> None:
    layers = keras.layers
    image, sequence = keras.Input((8, 8, 2)), keras.Input((5, 4))
    values = layers.SeparableConv2D(3, 3, name="my_bias")(image)
    values = layers.DepthwiseConv2D(3, name="gamma")(values)
    pooled = layers.GlobalAveragePooling2D()(layers.PReLU(name="kernel_like")(values))
    attended = layers.MultiHeadAttention(2, 3, name="attention")(sequence, sequence)
    attended = layers.LayerNormalization(name="my_kernel")(attended)
    read = layers.Bidirectional(layers.GRU(3, name="gru"), name="both")(attended)
    embedded = layers.Flatten()(layers.Embedding(6, 2, name="kernel_table")(keras.Input((3,))))
    kernel = layers.Dense(2, name="embeddings")(layers.Concatenate()([pooled, read]))
    model = keras.Model([image, sequence], kernel)
    zoo.mark_variables(model)
    zoo.mark_variables(keras.Model(embedded._keras_history.operation.input, embedded))
    attention = [f"attention/{part}/kernel" for part in ("query", "key", "value")]
    attention.append("attention/attention_output/kernel")
    recurrent = [
        f"both/{side}_gru/gru_cell/{name}"
        for side in ("forward", "backward")
        for name in ("kernel", "recurrent_kernel")
    ]
    separable = ["my_bias/depthwise_kernel", "my_bias/pointwise_kernel"]
    expected = [*attention, *recurrent, *separable, "gamma/kernel", "embeddings/kernel"]
    assert paths(model, "kernel") == sorted(expected)


class _Mixing(keras.layers.Layer):
    """A stranger's layer: nothing in it is called a kernel, and nothing but one is marked."""

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        self.mixing = self.add_weight((features, 1), "ones", name="mixing")
        self.gain = self.add_weight((1, features), "ones", name="gain")
        self.offset = self.add_weight((features,), "zeros", name="offset")
        table = self.add_weight((7, features), "ones", name="positions")
        self.table = zoo.mark_variable(table, "other")

    def call(self, inputs: Any) -> Any:
        return (inputs * self.gain + self.offset) @ self.mixing


class _Table(keras.layers.Embedding):
    """A stranger's embedding: its table stays one."""


@pytest.mark.usefixtures("clean_registry")
def test_a_strangers_layer_has_its_maps_decayed_and_what_it_marked() -> None:
    @zoo.register_model("strange", input_axes=("time",))
    def strange(input_shape: tuple[int], num_classes: int) -> keras.Model:
        """Mixes."""
        symbols = keras.Input(input_shape, dtype="int32")
        values = _Mixing(name="mix")(_Table(5, 3, name="table")(symbols))
        return keras.Model(symbols, values)

    model = zoo.create_model("strange", num_classes=1, input_shape=(4,))
    assert paths(model, "kernel") == ["mix/mixing"]
    assert paths(model, "other") == ["mix/gain", "mix/offset", "mix/positions", "table/embeddings"]


def test_an_unmarked_variable_and_an_unknown_role_are_refused() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    with pytest.raises(zoo.ModelError, match=r"dense/kernel' has no role.*zoo\.mark_variables"):
        zoo.role_of(model.trainable_variables[0])
    with pytest.raises(zoo.ModelError, match="allowed: kernel, kernel_length, other"):
        zoo.mark_variable(model.trainable_variables[0], "weights")  # type: ignore[arg-type]
