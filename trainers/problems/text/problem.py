"""Make a model of text from a configuration: its step, its evaluation, a sample now and then."""

from __future__ import annotations

import keras

import datasets
from trainers.engine import compiling
from trainers.engine.hooks import Hooks, Moment
from trainers.engine.length import batch_size_of
from trainers.optimizers.weights import OptimizedWeights
from trainers.output.files import replace_file
from trainers.problems.examples import of_batches
from trainers.problems.parts import MakeOptimizer, ProblemParts
from trainers.problems.plan import Plan
from trainers.problems.text import vocabulary
from trainers.problems.text.evaluation import TextEvaluation
from trainers.problems.text.sampling import Sampler
from trainers.problems.text.step import TextStep

_SAMPLE_LENGTH = 400


def make(
    plan: Plan, dataset: datasets.Dataset, model: keras.Model, make_optimizer: MakeOptimizer
) -> ProblemParts:
    """Make the step that reads as many streams of the dataset's text as a batch has rows."""
    config = plan.config
    streams = batch_size_of(config, dataset.splits["train"].size)
    weights = OptimizedWeights(
        make_optimizer(), model.trainable_variables, clip_norm=config.optimizer.clip_norm
    )
    step = TextStep(model, weights, streams)
    sampler, start = Sampler(model, dataset.class_names), vocabulary.beginning(dataset.class_names)

    def drawn() -> str:
        return "".join(sampler.stream(start, _SAMPLE_LENGTH, temperature=0.8, seed=config.seed))

    def sample(moment: Moment) -> None:
        moment.shows.text("sample", f"```\n{drawn()}\n```", moment.step)

    def final_sample(moment: Moment) -> None:
        (moment.folder / "samples").mkdir(exist_ok=True)
        replace_file(moment.folder / "samples" / "final.txt", drawn().encode())

    hooks = Hooks(
        begin=[lambda folder: vocabulary.write(folder, dataset.class_names) if folder else None],
        on_validation=[sample],
        at_end=[final_sample],
    )
    mode = compiling.choose(config.compile, model, streams)
    examples = of_batches(step, step.evaluate_each)
    return ProblemParts(step, TextEvaluation(step, mode), hooks, examples=examples)
