"""A registry of Keras models.

>>> import zoo
>>> zoo.list_models("*lstm*")
['bi_lstm', 'char_lstm', 'lstm', 'lstm_classifier', 'lstm_regressor']
>>> model = zoo.create_model("cnn", num_classes=10, input_shape=(28, 28, 1), filters=(16, 32))
>>> model = zoo.create_model("cnn", weights="mnist")  # trained; zoo.list_weights() names them all

Listing models and reading their options and cards imports neither Keras nor TensorFlow;
creating a model does. `python -m zoo` prints the registry. Once this package is imported,
`keras.saving.load_model` knows every layer in the models that runs save.
"""

from zoo.catalogue import registration
from zoo.catalogue.cards import ModelCard, model_card
from zoo.catalogue.options import Option
from zoo.catalogue.registry import (
    create_model,
    is_model,
    list_models,
    load_model,
    model_options,
    register_model,
)
from zoo.catalogue.trained import put_weights
from zoo.catalogue.words import Activation, Initializer
from zoo.errors import (
    ExtensionError,
    ModelError,
    ModelFileError,
    ModelOptionError,
    UnknownModelError,
    UnknownWeightsError,
)
from zoo.layers.roles import mark_variable, mark_variables, role_of
from zoo.preparation.deployable import deployable, described, trained_model
from zoo.weights.cards import WeightsCard, weights_card
from zoo.weights.names import list_weights

__all__ = [
    "Activation",
    "ExtensionError",
    "Initializer",
    "ModelCard",
    "ModelError",
    "ModelFileError",
    "ModelOptionError",
    "Option",
    "UnknownModelError",
    "UnknownWeightsError",
    "WeightsCard",
    "create_model",
    "deployable",
    "described",
    "is_model",
    "list_models",
    "list_weights",
    "load_model",
    "mark_variable",
    "mark_variables",
    "model_card",
    "model_options",
    "put_weights",
    "register_model",
    "role_of",
    "trained_model",
    "weights_card",
]

registration.with_keras()
