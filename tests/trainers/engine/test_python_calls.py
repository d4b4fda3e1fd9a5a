"""What Python raises inside a graph leaves it as it was raised."""

import pytest
import tensorflow as tf

from trainers.engine.compiling import as_raised, compiled, python_call


class OwnError(Exception):
    """No error of TensorFlow's."""


def fail(value):
    raise OwnError(f"at {value:g}")


CALL = compiled(lambda value: python_call(fail, [value], tf.float32), "graph")


def test_error_of_python_leaves_a_graph_as_it_is():
    with pytest.raises(OwnError, match=r"^at 3$"), as_raised():
        CALL(tf.constant(3.0))
    with pytest.raises(tf.errors.OpError):
        CALL(tf.constant(3.0))


def test_error_of_tensorflow_is_not_taken_for_an_earlier_one_of_python():
    with pytest.raises(tf.errors.OpError):
        CALL(tf.constant(3.0))
    checked = compiled(lambda value: tf.debugging.check_numerics(value, "no"), "graph")
    with pytest.raises(tf.errors.InvalidArgumentError), as_raised():
        checked(tf.constant(float("nan")))


def test_value_of_python_comes_back():
    double = compiled(lambda value: python_call(lambda x: 2 * x, [value], tf.float32), "graph")
    with as_raised():
        assert float(double(tf.constant(2.5))) == 5
