"""The ends of a symmetric matrix's spectrum from its products with vectors (Lanczos).

Sources: Lanczos, J. Res. Nat. Bur. Standards 45(4), 1950; Golub & Welsch, "Calculation of Gauss
Quadrature Rules", Math. Comp. 23, 1969 (the tridiagonal matrix's eigenvalues as nodes);
orthogonalizing everything twice: Giraud, Langou & Rozloznik, Comput. Math. Appl. 50, 2005.

From a random unit vector q_1 and q_0 = 0,

    alpha_k = q_k^T A q_k,    beta_k q_(k+1) = A q_k - alpha_k q_k - beta_(k-1) q_(k-1).

The eigenvalues theta of the tridiagonal matrix T of alpha and beta approach A's from inside, the
outermost first; with s the eigenvector of T, some eigenvalue of A is within beta_k |s_k| of theta.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Extremes(NamedTuple):
    """The outermost eigenvalues that were found, NaN where a product was not finite.

    top, bottom: the largest and the smallest; top_error, bottom_error: some eigenvalue is at most
    this far away; products: with A.
    """

    top: float
    bottom: float
    top_error: float
    bottom_error: float
    products: int

    @property
    def condition(self) -> float:
        """Return max(|top|, |bottom|) / min(|top|, |bottom|), at least 1.

        This is the condition number in the 2-norm of a definite matrix. An indefinite one, as
        Hessians of networks are, has eigenvalues nearer 0 than its ends: then it is a lower bound.
        It is infinite where the smaller end cannot be told from 0, and NaN for the zero matrix.
        """
        ends = sorted([(abs(self.top), self.top_error), (abs(self.bottom), self.bottom_error)])
        (smaller, error), (larger, _) = ends
        if larger == 0 or not np.isfinite(larger + smaller):
            return float("nan")
        return larger / smaller if smaller > error else float("inf")


def extremes(
    product: Callable[[np.ndarray], np.ndarray],
    size: int,
    *,
    iterations: int = 64,
    tolerance: float = 1e-5,
    rounding: float = float(np.finfo(np.float64).eps),
    seed: int = 0,
) -> Extremes:
    """Find the largest and the smallest eigenvalue of a symmetric A.

    A random start has a part along every eigenvector, so both ends are found unless one that
    barely shows hides behind an inner eigenvalue that has converged.

    Args:
        product: v -> A v, both float64 `[size]`.
        size: rows of A, at least 1.
        iterations: most products; the basis takes 8 iterations size bytes.
        tolerance: stop when both errors are this share of the larger |eigenvalue|, at least 0.
        rounding: relative error of a product; errors are not reported below 10 of these.
        seed: of the start.
    """
    most = min(iterations, size)
    basis = np.empty((most, size))
    alpha, beta = np.empty(most), np.empty(most)
    vector = np.random.default_rng(seed).normal(size=size)
    for k in range(most):
        basis[k] = vector / np.linalg.norm(vector)
        vector = product(basis[k])
        if not np.isfinite(vector).all():
            return Extremes(np.nan, np.nan, np.nan, np.nan, k + 1)
        alpha[k] = basis[k] @ vector
        # Made orthogonal to all of them: by the three-term recurrence alone, rounding would bring
        # eigenvalues that are found already back as copies.
        for _ in range(2):
            vector = vector - basis[: k + 1].T @ (basis[: k + 1] @ vector)
        beta[k] = np.linalg.norm(vector)
        off = beta[:k]
        theta, s = np.linalg.eigh(np.diag(alpha[: k + 1]) + np.diag(off, 1) + np.diag(off, -1))
        errors = beta[k] * np.abs(s[-1, [0, -1]])
        floor = 10 * rounding * np.abs(theta).max()
        # A basis that A does not leave holds every different eigenvalue.
        if beta[k] <= floor or errors.max() <= tolerance * np.abs(theta).max():
            break
    bottom_error, top_error = np.maximum(errors, floor)
    return Extremes(float(theta[-1]), float(theta[0]), float(top_error), float(bottom_error), k + 1)
