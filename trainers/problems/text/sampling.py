"""Text from a model: draw one character after the other from its own predictions."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from trainers.engine.compiling import compiled
from trainers.problems.text import vocabulary

# Characters of one compiled call: enough to spare dispatch, few enough to read along.
_CHARACTERS_PER_CALL = 16


class Sampler:
    """Draws text from a model with the weights that it holds at that moment.

    The next character k has the probability softmax(s / T)_k for scores s and temperature T; at
    T = 0 it is the likeliest one.

    Args:
        model: see `trainers.problems.text.step.TextStep`.
        characters: what the symbols stand for.
    """

    def __init__(self, model: keras.Model, characters: tuple[str, ...]) -> None:
        self._model, self._characters = model, characters
        state = next(tensor for tensor in model.inputs if tensor.name == "state")
        self._zero = tf.zeros((1, *state.shape[1:]), state.dtype)
        self._continue = compiled(self._draw, "graph")
        # A prompt has any length: this one is traced with an open time axis.
        self._read = tf.function(
            self._last_scores,
            input_signature=[
                tf.TensorSpec([1, None], tf.int32),
                tf.TensorSpec(self._zero.shape, self._zero.dtype),
            ],
            autograph=False,
        )

    def stream(self, prompt: str, length: int, temperature: float, seed: int) -> Iterator[str]:
        """Yield `length` characters that follow `prompt`, in pieces.

        Args:
            prompt: at least one character, all of them in the vocabulary.
            length: at least 0.
            temperature: at least 0.
            seed: the same seed gives the same text.

        Raises:
            ConfigError: a character of the prompt is not in the vocabulary.
        """
        symbols = vocabulary.numbers(prompt, self._characters)
        scores, state = self._read(tf.constant([symbols], tf.int32), self._zero)
        done = 0
        while done < length:
            drawn, scores, state = self._continue(
                scores, state, tf.constant(temperature, tf.float32), tf.constant([seed, done])
            )
            wanted = np.asarray(drawn)[: length - done]
            yield "".join(self._characters[number] for number in wanted)
            done += len(wanted)

    def _last_scores(self, symbols: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = self._model({"symbols": symbols, "state": state}, training=False)
        return tf.cast(outputs["scores"][:, -1], tf.float32), outputs["state"]

    def _draw(
        self, scores: tf.Tensor, state: tf.Tensor, temperature: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        def draw(
            i: tf.Tensor, drawn: tf.TensorArray, scores: tf.Tensor, state: tf.Tensor
        ) -> tuple[tf.Tensor, tf.TensorArray, tf.Tensor, tf.Tensor]:
            symbol = next_symbol(scores, temperature, seed + tf.stack([0, i]))
            return i + 1, drawn.write(i, symbol[0]), *self._last_scores(symbol[:, None], state)

        drawn = tf.TensorArray(tf.int32, _CHARACTERS_PER_CALL)
        _, drawn, scores, state = tf.while_loop(
            lambda i, *_: i < _CHARACTERS_PER_CALL, draw, (0, drawn, scores, state)
        )
        return drawn.stack(), scores, state


def next_symbol(scores: tf.Tensor, temperature: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Return one symbol per row, int32 `[rows]`, drawn from softmax(scores / temperature).

    Args:
        scores: float32 `[rows, symbols]`.
        temperature: float32 `[]`, at least 0; 0 gives the likeliest symbol.
        seed: int32 `[2]`.
    """
    likeliest = tf.argmax(scores, axis=-1, output_type=tf.int32)
    # Below this the division overflows, and the likeliest symbol has all the probability.
    divisor = tf.maximum(temperature, 1e-6)
    shifted = (scores - tf.reduce_max(scores, axis=-1, keepdims=True)) / divisor
    drawn = tf.random.stateless_categorical(shifted, 1, seed, dtype=tf.int32)[:, 0]
    return tf.where(temperature > 0, drawn, likeliest)
