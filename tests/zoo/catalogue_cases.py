"""Every registered model at one size or more, with its parameters counted by hand."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One model at one size, with its parameters counted by hand.

    A model of several outputs has a dictionary of shapes.
    """

    model: str
    input_shape: tuple[int | None, ...]
    num_classes: int
    output_shape: Any
    parameters: int
    options: dict[str, Any]


def case(
    model: str,
    input_shape: tuple[int | None, ...],
    num_classes: int,
    output_shape: Any,
    parameters: int,
    **options: Any,
) -> Case:
    return Case(model, input_shape, num_classes, output_shape, parameters, options)


CASES = [
    case(
        "autoencoder",
        (8, 8, 1),
        10,
        {"scores": (8, 8, 1), "code": (8,), "log_variance": (8,)},
        65 * 128 + 129 * (8 + 8) + 9 * 128 + 129 * 64,
    ),
    case(
        "autoencoder",
        (6,),
        2,
        {"scores": (6,), "code": (2,)},
        7 * 5 + 6 * 3 + 4 * 2 + 3 * 3 + 4 * 5 + 6 * 6,
        kind="denoising",
        latent_dim=2,
        hidden_units=(5, 3),
    ),
    case("perceptron", (8, 8, 1), 10, (10,), 65 * 10),
    case("perceptron", (3,), 1, (1,), 4, output_activation="sigmoid"),
    case("perceptron", (3,), 2, (2,), 8, output_activation="step"),
    case("rosenblatt", (8, 8, 1), 10, (10,), 65 * 10),
    case("linear_regression", (10,), 1, (1,), 11),
    case("mlp", (8, 8, 1), 10, (10,), 65 * 30 + 31 * 10),
    case("mlp", (5,), 3, (3,), 6 * 3, hidden_units=(), output_activation="softmax"),
    case("mlp", (5,), 3, (3,), 6 * 4 + 5 * 2 + 3 * 3, hidden_units=[4, 2], dropout=0.5),
    case("mlp", (5,), 3, (3,), 6 * 4 + 10 * 2 + 12 * 3, hidden_units=(4, 2), shortcuts=True),
    # Batch normalization's moving mean and variance are counted too.
    case("mlp", (5,), 3, (3,), (5 + 4) * 4 + 5 * 3, hidden_units=(4,), normalization="batch"),
    case("mlp", (5,), 3, (3,), (5 + 2) * 4 + 5 * 3, hidden_units=(4,), normalization="layer"),
    case("mlp", (5,), 3, (3,), (5 + 2) * 4 + 5 * 3, hidden_units=(4,), normalization="weight"),
    case("cnn", (4, 4, 1), 2, (2,), (9 + 4) * 3 + 13 * 2, filters=(3,), normalization="batch"),
    case("cnn", (4, 4, 1), 2, (2,), (9 + 2) * 3 + 13 * 2, filters=(3,), normalization="layer"),
    case("cnn", (4, 4, 1), 2, (2,), (9 + 2) * 3 + 13 * 2, filters=(3,), normalization="weight"),
    case("cnn", (8, 8, 1), 10, (10,), 10 * 32 + 289 * 64 + (2 * 2 * 64 + 1) * 10),
    case("cnn", (28, 28, 1), 10, (10,), 10 * 32 + 289 * 64 + (7 * 7 * 64 + 1) * 10),
    case("cnn", (32, 32, 3), 10, (10,), 28 * 32 + 289 * 64 + (8 * 8 * 64 + 1) * 10),
    case(
        "cnn",
        (3, 2, 2),
        2,
        (2,),
        # 3 x 2 -> 1 x 1, after which nothing is left to pool.
        (4 * 2 + 1) * 3 + (4 * 3 + 1) * 4 + 5 * 6 + 7 * 2,
        filters=(3, 4),
        kernel_size=2,
        dense_units=6,
        dropout=0.5,
        output_activation="sigmoid",
    ),
    case("lenet", (8, 8, 1), 10, (10,), 2578, variant="lenet1"),
    case("lenet", (28, 28, 1), 10, (10,), 60_000),
    case(
        "lenet",
        (20, 32, 3),
        4,
        (4,),
        # Two more channels than one, and a score for each of four classes.
        (104 + 2 * 100) + 8 + 1616 + 32 + 401 * 37 + 38 * 4,
        variant="lenet4",
        output_activation="softmax",
    ),
    case(
        "lenet",
        (28, 28, 1),
        10,
        (10,),
        156 + 2416 + 48_120 + 10_164 + 850,
        pooling="max",
        connections="full",
        output="dense",
        activation="relu",
        initializer="he",
    ),
    # Gains, offsets, and moving means and variances of every convolution's maps.
    case(
        "resnet",
        (8, 8, 1),
        10,
        (10,),
        9 * (4 + 2 * 16 + 32 + 64 + 128 + 256) + 4 * (3 * 4 + 2 * 8 + 2 * 16) + 17 * 10,
        depth=8,
        filters=4,
    ),
    case(
        "resnet",
        (5, 4, 2),
        3,
        (3,),
        9 * (5 * 4 + 8 + 3 * 16 + 32 + 3 * 64) + (8 + 32) + 2 * (2 * 5 + 4 * 5 + 8 * 5) + 9 * 3,
        depth=14,
        filters=2,
        shortcut="projection",
        normalization="layer",
        output_activation="sigmoid",
    ),
    case("lstm", (9,), 7, (9, 7), 7 * 16 + 4 * 32 * (16 + 32 + 1) + 33 * 7),
    case(
        "lstm",
        (None,),
        5,
        (None, 5),
        5 * 3 + 4 * 4 * (3 + 4 + 1) + 4 * 4 * (4 + 4 + 1) + 5 * 5,
        units=4,
        layers=2,
        embedding_dim=3,
        dropout=0.25,
        output_activation="softmax",
    ),
    case("lstm", (9,), 7, (9, 7), 112 + 128 * (16 + 32 + 3) + 231, normalization="weight"),
    case("lstm", (9,), 7, (9, 7), 112 + 128 * (16 + 32 + 3) + 64 + 231, normalization="layer"),
    case("gru", (9,), 7, (9, 7), 7 * 16 + 3 * 32 * (16 + 32 + 2) + 33 * 7),
    case(
        "gru",
        (None,),
        5,
        (None, 5),
        5 * 3 + 3 * 4 * (3 + 4 + 1) + 3 * 4 * (4 + 4 + 1) + 5 * 5,
        units=4,
        layers=2,
        embedding_dim=3,
        dropout=0.25,
        reset_after=False,
        output_activation="softmax",
    ),
    case("bi_lstm", (8, 8, 1), 10, (10,), 2 * 4 * 32 * (8 + 32 + 1) + 65 * 10),
    case(
        "bi_lstm",
        (None, 3),
        2,
        (2,),
        2 * 4 * 5 * (3 + 5 + 1) + 2 * 4 * 5 * (10 + 5 + 1) + 11 * 2,
        units=5,
        layers=2,
        dropout=0.25,
    ),
    case("lstm_classifier", (8, 8, 1), 10, (10,), 4 * 32 * (8 + 32 + 1) + 33 * 10),
    case("lstm_classifier", (4, 3, 2), 2, (2,), 4 * 5 * (6 + 5 + 1) + 6 * 2, units=5),
    case(
        "lstm_classifier",
        (None, 3),
        2,
        (2,),
        4 * 5 * (3 + 5 + 1) + 4 * 5 * (5 + 5 + 1) + 6 * 2,
        units=5,
        layers=2,
        dropout=0.25,
    ),
    case("lstm_regressor", (6, 3), 2, (2,), 4 * 32 * (3 + 32 + 1) + 33 * 2),
    case(
        "lstm_regressor",
        (None, 1),
        1,
        (1,),
        4 * 5 * (1 + 5 + 3) + 2 * 5 + 6,
        units=5,
        normalization="layer",
    ),
    case(
        "char_lstm",
        (None,),
        7,
        {"scores": (None, 7), "state": (2, 2, 4)},
        7 * 3 + 4 * 4 * (3 + 4 + 1) + 4 * 4 * (4 + 4 + 1) + 5 * 7,
        units=4,
        layers=2,
        embedding_dim=3,
        dropout=0.25,
    ),
    case(
        "char_lstm",
        (6,),
        5,
        {"scores": (6, 5), "state": (1, 2, 16)},
        5 * 64 + 4 * 16 * (64 + 16 + 1) + 17 * 5,
        units=16,
    ),
    case(
        "gan",
        (8, 8, 1),
        10,
        {"images": (8, 8, 1), "scores": (1,)},
        # The generator, whose normalizations take the place of biases, and the discriminator.
        (64 + 2) * 256 + (16 * 64 + 2) * 32 + (16 * 32 + 1) + 17 * 32 + 513 * 64 + 257,
    ),
    case(
        "gan",
        (12, 20, 3),
        2,
        {"images": (12, 20, 3), "scores": (1,)},
        (5 + 1) * 60 + (16 * 4 + 1) * 2 + (16 * 2 + 1) * 3 + 49 * 2 + 33 * 4 + 61,
        latent_dim=5,
        filters=2,
        normalization="none",
        dropout=0.0,
    ),
    case(
        "gan",
        (4, 4, 1),
        2,
        {"images": (4, 4, 1), "scores": (1,)},
        (5 + 4) * 4 + (16 * 4 + 4) * 2 + (16 * 2 + 1) + 17 * 2 + 33 * 4 + 5,
        latent_dim=5,
        filters=2,
        normalization="batch",
    ),
    case(
        "gan",
        (2,),
        8,
        {"points": (2,), "scores": (1,)},
        (3 + 4) * 6 + (6 + 4) * 5 + 6 * 2 + 5 * 3 * 4 + 5 * 3 * 4 + 5,
        latent_dim=3,
        normalization="batch",
        generator_units=(6, 5),
        discriminator_units=(4, 4),
        maxout_pieces=3,
        pack=2,
    ),
    case(
        "policy",
        (4,),
        2,
        {"logits": (2,), "value": ()},
        2 * (5 * 64 + 65 * 64) + 65 * (2 + 1),
    ),
    case(
        "policy",
        (3,),
        5,
        {"logits": (5,), "value": ()},
        4 * 6 + 7 * (5 + 1),
        hidden_units=(6,),
        activation="relu",
        shared=True,
    ),
]
