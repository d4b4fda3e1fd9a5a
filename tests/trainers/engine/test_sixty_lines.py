"""The reader's loop in 60 lines is the real one: it ends in the same weights."""

import keras
import numpy as np
from places import ROOT

import configs
import zoo
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.engine import sixty_lines
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop

EPOCHS = 2


def test_sixty_lines_and_the_real_loop_train_mlp_to_equal_weights():
    """The recipe itself: Adam, its cosine schedule, dropout, and a smaller last batch."""
    dataset, plan, _ = load_data(resolve(configs.recipe("mlp", epochs=EPOCHS)))
    parts = assemble(plan, dataset)
    loop = Loop(parts.step, "graph")
    feed = Feed.of(dataset, parts.batch_size, plan.config.seed)
    totals = loop.train(feed, 0, EPOCHS * feed.steps_per_epoch)

    config = plan.config
    keras.utils.set_random_seed(config.seed)
    model = zoo.create_model(
        "mlp",
        num_classes=dataset.num_classes,
        input_shape=dataset.input_shape,
        **config.model.options,
    )
    steps = EPOCHS * feed.steps_per_epoch
    rule = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(config.optimizer.learning_rate, steps)
    )
    before = [variable.numpy() for variable in model.trainable_variables]
    losses = sixty_lines.train(model, rule, dataset.splits["train"], config.batch_size, EPOCHS)

    assert feed.remainder > 0
    for own, real in zip(model.variables, parts.step.model.variables, strict=True):
        np.testing.assert_array_equal(own.numpy(), real.numpy(), err_msg=own.path)
    for own, old in zip(model.trainable_variables, before, strict=True):
        assert np.abs(own.numpy() - old).max() > 0.01
    assert losses[1] < losses[0] < 2.4
    assert int(rule.iterations) == steps
    assert np.isfinite(totals.means["loss"])


def test_sixty_lines_are_no_more_than_that():
    text = (ROOT / "trainers" / "engine" / "sixty_lines.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
