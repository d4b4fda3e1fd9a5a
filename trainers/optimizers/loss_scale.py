"""What 16-bit training does out of sight: its loss scale, and the updates it skipped.

Under `mixed_float16` the loss is multiplied by a scale so that small gradients do not vanish, and
gradients are divided by it again; where one overflows the update is skipped and the scale halved
(Micikevicius et al. 2018, section 3.2; dynamic scaling as in Keras's `LossScaleOptimizer`).
"""

from __future__ import annotations

import keras
import numpy as np


def figures(optimizer: object, updates: int) -> dict[str, float]:
    """Return `loss_scale` and `skipped_steps`, or nothing for an optimizer that does not scale.

    Args:
        optimizer: a Keras optimizer, or anything else.
        updates: how many updates the run has done, skipped ones included.
    """
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return {}
    # Through NumPy: Python's float() does not know a variable that lies on several devices.
    scale, applied = (
        float(np.asarray(keras.ops.convert_to_numpy(variable)))
        for variable in (optimizer.dynamic_scale, optimizer.iterations)
    )
    return {"loss_scale": scale, "skipped_steps": updates - applied}
