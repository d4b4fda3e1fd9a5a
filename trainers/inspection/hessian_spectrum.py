"""How the training objective curves: the ends of its Hessian's spectrum on a fixed batch.

Sources: LeCun, Simard & Pearlmutter, "Automatic learning rate maximization by on-line estimation
of the Hessian's eigenvectors", NIPS 1992: gradient descent on a quadratic diverges for a step
size above 2 / (largest eigenvalue), and takes a number of steps proportional to the condition
number. Sagun, Bottou & LeCun, arXiv:1611.07476, 2016: of networks' Hessians most eigenvalues are
near 0, and some negative.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.compiling import compiled
from trainers.inspection import lanczos
from trainers.objectives.penalty import L2Penalty
from trainers.optimizers.second_order.curvature import Curvature, Loss, hessian_product
from trainers.optimizers.second_order.flat import FlatView

# For the vectors that Lanczos keeps. A larger model gets fewer iterations, not an error.
_BASIS_BYTES = 2**30


class HessianSpectrum:
    """Looks at the Hessian of mean loss plus L2 penalty, changing nothing.

    As for `inspection.probe.Probe`, dropout is off and batch normalization uses its moving
    statistics, so that a run's figures differ by its weights alone.

    Args:
        model: with at least one trainable variable.
        loss: (targets, outputs) to one value per prediction.
        penalty: the objective's.
        batch: the examples.
    """

    def __init__(self, model: keras.Model, loss: Loss, penalty: L2Penalty, batch: Batch) -> None:
        view = FlatView(model.trainable_variables)
        size = int(batch.inputs.shape[0])
        # Tensors are captured by the compiled function, arrays would be copied into its graph.
        batch = tf.nest.map_structure(tf.convert_to_tensor, batch)
        product = hessian_product(model, loss, training=False)
        curvature = Curvature(view, product, penalty, micro_batch_size=size)
        # Without XLA, which takes longer to compile the second derivative than it saves here.
        # Variables on several devices have gradients only where each replica sees its own copy.
        self._product = compiled(
            lambda v: replicas.run(lambda u: curvature.product(batch, tf.range(size), u), v),
            "graph",
        )
        self._view = view

    def extremes(self, iterations: int = 64, tolerance: float = 1e-5) -> lanczos.Extremes:
        """Return the ends of the spectrum at the present weights, see `lanczos.extremes`."""

        def product(vector: np.ndarray) -> np.ndarray:
            return self._product(tf.constant(vector, self._view.dtype)).numpy().astype(np.float64)

        return lanczos.extremes(
            product,
            self._view.size,
            iterations=max(2, min(iterations, _BASIS_BYTES // (8 * self._view.size))),
            tolerance=tolerance,
            rounding=self._view.rounding,
        )

    def figures(self) -> dict[str, float]:
        """Return what is logged: both ends, and `lanczos.Extremes.condition` of them."""
        found = self.extremes()
        return {
            "hessian_top_eigenvalue": found.top,
            "hessian_bottom_eigenvalue": found.bottom,
            "hessian_condition": found.condition,
        }
