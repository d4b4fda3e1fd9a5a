import numpy as np
import pytest

import zoo
from trainers.objectives.penalty import L2Penalty


@pytest.mark.parametrize(("name", "shape"), [("mlp", (4,)), ("lstm", (5,))])
def test_penalty_is_of_the_weights_that_are_used_not_of_their_directions(name, shape):
    model = zoo.create_model(name, num_classes=3, input_shape=shape, normalization="weight")
    expected = 0.0
    variables = {variable.path: variable.numpy() for variable in model.trainable_variables}
    for path, values in variables.items():
        if path.endswith("kernel_scale"):
            # Make g differ from ||v||, and w = g v / ||v|| its own sum of squares.
            (scale,) = (v for v in model.trainable_variables if v.path == path)
            scale.assign(values * 3)
            expected += float(np.square(values * 3).sum())
    expected += float(np.square(variables["scores/kernel"]).sum())
    tensors = [variable.value for variable in model.trainable_variables]
    penalty = L2Penalty(model.trainable_variables, 0.2)
    assert float(penalty.value(tensors)) == pytest.approx(0.5 * 0.2 * expected, rel=1e-6)
