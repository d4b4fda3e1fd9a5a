"""Which weights of another model fit: by path, by order of counted layers, and layer by layer."""

import keras
import numpy as np
import pytest

import configs
import zoo
from trainers.assembly.freezing import freeze
from trainers.warm_start.matching import matches
from zoo.weights.variable_names import named_weights

CNN = {
    "convolution_1/kernel": (3, 3, 1, 4),
    "convolution_1/bias": (4,),
    "scores/kernel": (16, 10),
    "scores/bias": (10,),
}


def test_the_same_model_is_taken_whole():
    found = matches(CNN, CNN)
    assert found.taken == {name: name for name in CNN}
    assert (found.not_taken, found.unused) == ({}, [])


def test_other_classes_leave_the_last_layer():
    found = matches(CNN, CNN | {"scores/kernel": (16, 5), "scores/bias": (5,)})
    assert list(found.taken) == ["convolution_1/kernel", "convolution_1/bias"]
    assert found.not_taken == {
        "scores/kernel": "(16, 10) -> (16, 5)",
        "scores/bias": "(10,) -> (5,)",
    }
    assert found.unused == []


def test_a_layer_is_taken_whole_or_not_at_all():
    found = matches(CNN, CNN | {"scores/kernel": (64, 10)})
    assert found.not_taken["scores/bias"] == "its layer is not taken whole"
    assert list(found.taken) == ["convolution_1/kernel", "convolution_1/bias"]


def test_more_and_fewer_layers_are_told():
    found = matches(CNN | {"extra/kernel": (2, 2)}, CNN | {"convolution_2/kernel": (3, 3, 4, 4)})
    assert found.not_taken == {"convolution_2/kernel": "not in the source"}
    assert found.unused == ["extra/kernel"]


def test_counters_of_keras_are_matched_by_order():
    source = {"dense/kernel": (2, 3), "dense_1/kernel": (3, 4), "scores/kernel": (4, 1)}
    model = {"dense_7/kernel": (2, 3), "dense_8/kernel": (3, 4), "scores/kernel": (4, 1)}
    assert matches(source, model).taken == {
        "dense_7/kernel": "dense/kernel",
        "dense_8/kernel": "dense_1/kernel",
        "scores/kernel": "scores/kernel",
    }
    # A subclassed model has its own name in its paths, and when it is loaded it has not.
    model = {f"net_1/{name}": shape for name, shape in model.items()}
    assert list(matches(source, model).taken.values()) == list(source)
    # The third layer of the one is the third of the other, though the first two have one path.
    found = matches(
        {"dense_1/kernel": (2, 2), "dense_2/kernel": (2, 2), "dense_5/kernel": (2, 2)},
        {"dense_1/kernel": (2, 2), "dense_2/kernel": (2, 2), "dense_9/kernel": (2, 2)},
    )
    assert found.taken["dense_9/kernel"] == "dense_5/kernel"


def test_names_do_not_depend_on_what_else_was_built():
    def names():
        model = zoo.create_model("lstm_classifier", num_classes=3, input_shape=(4, 2))
        return list(named_weights(model))

    assert names() == names()
    assert "scores/kernel" in names()
    assert not [name for name in names() if "seed" in name]


def frozen_cnn(patterns, **options):
    model = zoo.create_model("cnn", num_classes=3, input_shape=(8, 8, 1), filters=(2, 3), **options)
    freeze(model, patterns)
    return model, [name for name, v in named_weights(model).items() if v.trainable]


@pytest.mark.parametrize(
    ("patterns", "trained"),
    [
        ("convolution_*", ["scores/kernel", "scores/bias"]),
        (
            "convolution_1",
            ["convolution_2/kernel", "convolution_2/bias", "scores/kernel", "scores/bias"],
        ),
        ("convolution_?/kernel, scores", ["convolution_1/bias", "convolution_2/bias"]),
        ("*/kernel", ["convolution_1/bias", "convolution_2/bias", "scores/bias"]),
    ],
)
def test_patterns_are_of_variables_and_of_layers(patterns, trained):
    model, found = frozen_cnn(patterns)
    assert found == trained
    assert len(model.trainable_variables) == len(trained)
    # A layer that is frozen in part is still one that trains.
    assert model.get_layer("scores").trainable == any(name.startswith("scores") for name in trained)


def test_frozen_batch_normalization_keeps_its_statistics():
    model, _ = frozen_cnn("convolution_1*", normalization="batch")
    layers = [each for each in model.layers if isinstance(each, keras.layers.BatchNormalization)]
    frozen = [each for each in layers if not each.trainable]
    assert 0 < len(frozen) < len(layers)
    model(np.random.default_rng(0).normal(5, 3, (6, 8, 8, 1)).astype(np.float32), training=True)
    for layer in layers:
        moved = np.abs(layer.moving_mean.numpy()).max() > 0
        assert moved == (layer not in frozen)


def test_what_freezes_nothing_or_all_is_refused():
    with pytest.raises(configs.ConfigError, match="did you mean 'convolution_1'"):
        frozen_cnn("convolution1")
    with pytest.raises(configs.ConfigError, match="none of the 6 trainable variables"):
        frozen_cnn("*")
