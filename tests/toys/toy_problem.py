"""Make the toy problem from a configuration."""

import keras
from trainers.problems.toy.step import ToyStep

import datasets
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.parts import MakeOptimizer, ProblemParts
from trainers.problems.plan import Plan


def make(
    plan: Plan, dataset: datasets.Dataset, model: keras.Model, make_optimizer: MakeOptimizer
) -> ProblemParts:
    """Make the step; what a split's figures are, the usual evaluation says."""
    weights = OptimizedWeights(make_optimizer(), model.trainable_variables)
    return ProblemParts(ToyStep(model, weights, plan.config.problem.options["size"]))
