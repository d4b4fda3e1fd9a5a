"""NumPy's memory as a tensor's, without a copy."""

from typing import Any

import numpy as np

from datasets.storage import ALIGNMENT


def as_tensor(array: np.ndarray) -> Any:
    """Return an array as a tensor on the current device; on a CPU it has the array's memory.

    That the array then must not change is the caller's promise. It is copied where TensorFlow runs
    on a GPU, and where it lies otherwise than TensorFlow reads it: see `Storage.allocate`.

    Args:
        array: of any shape.
    """
    import tensorflow as tf

    if (
        isinstance(array, np.memmap)
        # TensorFlow ends the process on a tensor that is not aligned.
        or array.ctypes.data % ALIGNMENT
        or not (array.flags.c_contiguous and array.flags.writeable and array.size)
        or tf.config.list_logical_devices("GPU")
    ):
        return tf.constant(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
